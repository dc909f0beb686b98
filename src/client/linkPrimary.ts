/**
 * Linking, on the primary: with the person's consent it approves a companion, and takes its answer.
 *
 * @module
 */
import { accountOf, deviceAddress, parseAddress, type Address } from '../core/address.js';
import { describe } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import {
  acceptCodeLink,
  answerCodeLink,
  APPROVAL_LIFETIME_MS,
  approveLink,
  CODE_LINK_LIFETIME_MS,
  confirmCompanion,
  LINK_OFFER_LIFETIME_MS,
  parseLinkQr,
  requireConfirmation,
  type LinkRequest,
  type UserConfirmation,
} from '../devices/index.js';
import { connected, type Core } from './core.js';
import { STOPPING_CODES } from './deadline.js';
import { approval, APPROVALS, OWN_DEVICES, PENDING_LIST } from './keys.js';
import type { Ask } from './linkCompanion.js';
import type { LinkExchange } from './linking.js';
import { noticeOf } from './lists.js';
import { loadPrimary, publishList, signer, storeList } from './primary.js';
import { loadSelf } from './core.js';
import type { Approval } from './state.js';
import type { Transaction } from './transaction.js';

/** A QR code that the person has scanned. */
export interface ApproveLinkOptions {
  /** Its text. */
  readonly qr: string;
  /** The person's consent, at most 60 s old. */
  readonly userConfirmed: UserConfirmation;
}

/** A code that the person has typed. */
export interface ApproveCodeLinkOptions {
  /** The code as it was typed. */
  readonly code: string;
  /** Which of {@link LinkExchange} it is for, by its ref; without it, the one that asks. */
  readonly ref?: string;
  /** The person's consent, at most 60 s old. */
  readonly userConfirmed: UserConfirmation;
}

/** Approves the companion whose QR code was scanned; returns its address once it has answered. */
export async function approveQrLink(core: Core, ask: Ask, options: ApproveLinkOptions): Promise<Address> {
  const { qr, userConfirmed } = inputObject('options', options);
  const request = parseLinkQr(qr);
  const { account } = await core.transactor.run((tx) => loadPrimary(tx));
  requireConfirmation({ account, userConfirmed, now: core.settings.clock.now() });
  return approve(core, ask, request, userConfirmed);
}

/** Approves the companion that shows a code; returns its address once it has answered. */
export async function approveCodeLink(
  core: Core,
  ask: Ask,
  options: ApproveCodeLinkOptions,
): Promise<Address> {
  const { code, ref, userConfirmed } = inputObject('options', options);
  const { identity, account } = await core.transactor.run((tx) => loadPrimary(tx));
  const { clock, random } = core.settings;
  requireConfirmation({ account, userConfirmed, now: clock.now() });
  const server = connected(core);
  const hello = chosen(await server.fetchLinkOffers(), ref).hello;
  if (hello === undefined) throw new PolyratchetError('link-mismatch', { why: 'reference' });
  const answered = answerCodeLink({ identity, code, hello, random, now: clock.now() });
  await server.answerLink(answered.hello);
  const until = clock.now() + CODE_LINK_LIFETIME_MS;
  const finish = await ask(until, async () => (await server.fetchLink(hello.ref)).finish);
  const { request } = acceptCodeLink({ link: answered.link, identity, finish, now: clock.now() });
  return approve(core, ask, request, userConfirmed);
}

/** The exchange of a ref, or the only one. */
function chosen(offers: readonly LinkExchange[], ref: string | undefined): LinkExchange {
  const found = ref === undefined ? offers : offers.filter((offer) => offer.ref === ref);
  const [offer, ...others] = found;
  if (offer === undefined) throw new PolyratchetError('link-expired', { why: 'expired' });
  if (others.length === 0) return offer;
  throw invalidArgument('ref', `that of one of the ${found.length} offers in linkOffers()`, describe(ref));
}

async function approve(
  core: Core,
  ask: Ask,
  request: LinkRequest,
  userConfirmed: UserConfirmation,
): Promise<Address> {
  const server = connected(core);
  const { name, platform } = await server.fetchLink(request.ref);
  const serverTime = await server.fetchTime();
  const keyIndex = await core.transactor.run(async (tx) => {
    const self = await loadPrimary(tx);
    const approved = approveLink({
      devices: self.devices,
      request,
      userConfirmed,
      name,
      platform,
      ...signer(core, self, tx.now, serverTime),
    });
    const { container, companion, removed } = approved;
    tx.set(OWN_DEVICES, approved.devices);
    await tx.remove(...removed.map(({ keyIndex }) => approval(keyIndex)));
    await tx.load(approval(companion.keyIndex));
    const { ref } = request;
    tx.set(approval(companion.keyIndex), { ref, keyIndex: companion.keyIndex, container, at: tx.now });
    return companion.keyIndex;
  });
  const until = core.settings.clock.now() + LINK_OFFER_LIFETIME_MS;
  const address = await ask(until, () => settleApproval(core, keyIndex));
  await publishUntil(core, ask, until);
  return address;
}

/** Publishes the list as it is with the companion, which is linked already: what fails for so long is for the upkeep. */
async function publishUntil(core: Core, ask: Ask, until: number): Promise<void> {
  try {
    await ask(until, () => publishList(core).then(() => true));
  } catch (error) {
    if (!PolyratchetError.is(error)) throw error;
  }
}

/** Goes on with an approval: leaves it at the server, and takes the companion's answer if it has come. */
async function settleApproval(core: Core, keyIndex: number): Promise<Address | undefined> {
  const found = await core.transactor.run((tx) => findApproval(tx, keyIndex));
  if (found.kind === 'linked') return found.address;
  const server = connected(core);
  const { ref, container } = found.approval;
  let exchange = await server.fetchLink(ref);
  if (exchange.approval === undefined) {
    await server.approveLink(ref, container);
    exchange = await server.fetchLink(ref);
  }
  const { signedIdentity, approval: left } = exchange;
  if (signedIdentity === undefined || left === undefined) return undefined;
  return core.transactor.run((tx) => confirm(core, tx, keyIndex, left.address, signedIdentity));
}

/** An approval that waits for its companion; or the companion's address, where its answer was taken already. */
type FoundApproval =
  | { readonly kind: 'waiting'; readonly approval: Approval }
  | { readonly kind: 'linked'; readonly address: Address };

async function findApproval(tx: Transaction, keyIndex: number): Promise<FoundApproval> {
  const { account, devices } = await loadPrimary(tx, approval(keyIndex));
  const waiting = tx.get(approval(keyIndex));
  if (waiting !== undefined) return { kind: 'waiting', approval: waiting };
  const link = devices.companions.find((companion) => companion.keyIndex === keyIndex)?.link;
  if (link?.kind === 'confirmed') return { kind: 'linked', address: deviceAddress(account, link.device) };
  throw new PolyratchetError('link-expired', { why: 'used' });
}

/** Takes the companion's own signature: it is one of the account's devices now. Returns its address. */
async function confirm(
  core: Core,
  tx: Transaction,
  keyIndex: number,
  address: Address,
  signedIdentity: Uint8Array,
): Promise<Address> {
  // The upkeep may have been quicker.
  const found = await findApproval(tx, keyIndex);
  if (found.kind === 'linked') return found.address;
  const self = await loadPrimary(tx, approval(keyIndex), PENDING_LIST);
  const { device } = parseAddress(address);
  if (accountOf(address) !== self.account)
    throw new PolyratchetError('link-mismatch', { why: 'device-number' });
  const devices = confirmCompanion({ devices: self.devices, keyIndex, device, signedIdentity });
  await storeList(core, tx, self, { devices, removed: [] });
  await tx.remove(approval(keyIndex));
  const { own } = await loadSelf(tx);
  const notice = noticeOf(self.own.record, own.record, tx.now, core.settings.hosted);
  const added = own.record.companions
    .filter((companion) => companion.device === device)
    .map(({ identity }) => ({ address, keyIndex, identity }));
  tx.emit({ kind: 'devices-changed', account: self.account, added, removed: [], notice });
  tx.emit({ kind: 'linked', device: address });
  return address;
}

/** Goes on with approvals that an earlier run has left, and forgets those that nobody took up. */
export async function resumeApprovals(core: Core): Promise<void> {
  for await (const names of core.records.names(APPROVALS)) {
    for (const name of names) {
      const key = approval(Number(name.slice(APPROVALS.length)));
      const isOver = await core.transactor.run(async (tx) => {
        const pending = await tx.read(key);
        if (pending === undefined || tx.now <= pending.at + APPROVAL_LIFETIME_MS) return false;
        await tx.remove(key);
        return true;
      });
      if (isOver) continue;
      try {
        const address = await settleApproval(core, Number(name.slice(APPROVALS.length)));
        if (address !== undefined) await publishList(core);
      } catch (error) {
        // An exchange that the server has forgotten, or in which the companion lies; the approval leaves the list by itself.
        if (!PolyratchetError.is(error) || STOPPING_CODES.includes(error.code)) throw error;
      }
    }
  }
}
