/**
 * Linking, on the companion: it shows a QR code or a code, waits for the primary, and signs in turn.
 *
 * @module
 */
import { accountOf, inputAccount, type Address } from '../core/address.js';
import { copyBytes, inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { randomBytes } from '../core/random.js';
import {
  assumeDeviceList,
  CODE_LINK_LIFETIME_MS,
  completeLink,
  createLinkOffer,
  decodeCompanionCodeLink,
  decodeLinkOffer,
  encodeCompanionCodeLink,
  encodeLinkOffer,
  finishCodeLink,
  inputLabels,
  LINK_OFFER_LIFETIME_MS,
  offerCodeLink,
  startCodeLink,
  type CompanionLabels,
} from '../devices/index.js';
import { generateIdentity, generateRegistrationId } from '../identity/index.js';
import type { CheckedLinkingServer } from './checkedServer.js';
import { findSelf, type Core } from './core.js';
import { DEVICE, deviceList, IDENTITY, LINK, LINKED_DEVICE } from './keys.js';
import type { LinkApproval } from './linking.js';
import { createPreKeys } from './prekeys.js';
import { alreadyThere } from './primary.js';
import type { Transaction } from './transaction.js';

/** What a device says of itself when it wants to be linked. */
export interface OfferLinkOptions extends CompanionLabels {
  /** The public key of its transport, 32 bytes that mean nothing here; random unless given. */
  readonly transportKey?: Uint8Array;
}

/** What a device says that wants to be linked by code. */
export interface OfferCodeLinkOptions extends OfferLinkOptions {
  /** The account of the phone into which the person will type the code. */
  readonly account: Address;
  /** A code of the application's own choice, eight characters of its alphabet; random unless given. */
  readonly code?: string;
}

/** What asks a server at intervals. */
export type Ask = <Answer>(until: number, ask: () => Promise<Answer | undefined>) => Promise<Answer>;

const TRANSPORT_KEY_LENGTH = 32;

/** Begins a link by QR code: returns its text. */
export async function beginQrLink(
  core: Core,
  server: CheckedLinkingServer,
  options: OfferLinkOptions,
): Promise<string> {
  const labels = inputLabels(inputObject('options', options));
  const noiseKey = transportKeyOf(core, options);
  await core.transactor.run(requireNew);
  const ref = await server.offerLink(labels);
  const { random } = core.settings;
  return core.transactor.run(async (tx) => {
    await requireNew(tx);
    await tx.load(LINK);
    const identity = generateIdentity(random);
    const { offer, qr } = createLinkOffer({ ...labels, identity, noiseKey, ref, random, now: tx.now });
    tx.set(IDENTITY, identity);
    tx.set(LINK, { offer: encodeLinkOffer(offer), ref });
    return qr;
  });
}

function transportKeyOf({ settings }: Core, { transportKey }: OfferLinkOptions): Uint8Array {
  if (transportKey === undefined) return randomBytes(settings.random, TRANSPORT_KEY_LENGTH);
  return copyBytes(inputBytes('transportKey', transportKey, TRANSPORT_KEY_LENGTH));
}

async function requireNew(tx: Transaction): Promise<void> {
  if ((await findSelf(tx, DEVICE)) !== undefined) throw alreadyThere();
}

/** Begins a link by code: returns the code as it is shown. */
export async function beginCodeLink(
  core: Core,
  server: CheckedLinkingServer,
  options: OfferCodeLinkOptions,
): Promise<string> {
  const { code } = inputObject('options', options);
  const account = inputAccount('account', options.account);
  const labels = inputLabels(options);
  await core.transactor.run(requireNew);
  const { random } = core.settings;
  const noiseKey = transportKeyOf(core, options);
  const started = startCodeLink({
    ...labels,
    noiseKey,
    ...(code === undefined ? {} : { code }),
    random,
    now: core.settings.clock.now(),
  });
  const { wrappedEphemeral } = started.hello;
  const ref = await server.offerLink({ ...labels, code: { account, wrappedEphemeral } });
  const link = offerCodeLink({ link: started.link, ref });
  await core.transactor.run(async (tx) => {
    await requireNew(tx);
    await tx.load(LINK);
    tx.set(IDENTITY, generateIdentity(random));
    tx.set(LINK, { codeLink: encodeCompanionCodeLink(link), ref, account });
  });
  return started.code;
}

/** Waits for the primary, by code and by QR code; returns the address that this device has then. */
export async function awaitLink(core: Core, server: CheckedLinkingServer, ask: Ask): Promise<Address> {
  const { clock } = core.settings;
  const begun = await core.transactor.run((tx) => tx.read(LINK));
  const ref = begun?.ref;
  if (begun === undefined || ref === undefined) {
    throw new PolyratchetError('link-expired', { why: 'used' });
  }
  if (begun.codeLink !== undefined) {
    const until = clock.now() + CODE_LINK_LIFETIME_MS;
    const hello = await ask(until, async () => (await server.fetchLink(ref)).answer);
    const finish = await core.transactor.run(async (tx) => {
      await tx.load(IDENTITY, LINK);
      const { codeLink: link, ...rest } = tx.get(LINK) ?? {};
      const identity = tx.get(IDENTITY);
      if (link === undefined || identity === undefined) {
        throw new PolyratchetError('link-expired', { why: 'used' });
      }
      const { random } = core.settings;
      const finished = finishCodeLink({
        link: decodeCompanionCodeLink(link),
        identity,
        hello,
        random,
        now: tx.now,
      });
      tx.set(LINK, { ...rest, offer: encodeLinkOffer(finished.offer) });
      return finished.finish;
    });
    await server.finishLink(finish);
  }
  const until = clock.now() + LINK_OFFER_LIFETIME_MS;
  const approval = await ask(until, async () => (await server.fetchLink(ref)).approval);
  const address = await core.transactor.run((tx) => takeApproval(core, tx, approval));
  await leaveReply(core, server);
  return address;
}

/** Takes the primary's approval: from here on this is a device of the account. */
async function takeApproval(
  core: Core,
  tx: Transaction,
  { container, address }: LinkApproval,
): Promise<Address> {
  const account = accountOf(address);
  await tx.load(IDENTITY, LINK, LINKED_DEVICE, DEVICE, deviceList(account));
  const identity = tx.get(IDENTITY);
  const link = tx.get(LINK);
  if (identity === undefined || link?.offer === undefined || link.ref === undefined) {
    throw new PolyratchetError('link-expired', { why: 'used' });
  }
  const { random, hosted } = core.settings;
  if (link.account !== undefined && link.account !== account) {
    throw new PolyratchetError('link-mismatch', { account, why: 'identity' });
  }
  const offer = decodeLinkOffer(link.offer);
  const { device, reply } = completeLink({
    offer,
    identity,
    container,
    address,
    hosted,
    random,
    now: tx.now,
  });
  const { primaryIdentity } = device;
  tx.set(LINKED_DEVICE, device);
  tx.set(DEVICE, { address, registrationId: generateRegistrationId(random) });
  tx.set(deviceList(account), assumeDeviceList({ account, primaryIdentity, now: tx.now }));
  tx.set(LINK, { reply, ref: link.ref });
  await createPreKeys(core, tx, identity);
  return address;
}

/** Leaves this device's signature for the primary, unless it has it. */
export async function leaveReply(core: Core, server: CheckedLinkingServer): Promise<void> {
  const link = await core.transactor.run((tx) => tx.read(LINK));
  if (link?.reply === undefined || link.ref === undefined) return;
  try {
    await server.completeLink(link.ref, link.reply);
  } catch (error) {
    // An exchange that is over has the reply, or is of no use any more.
    if (!PolyratchetError.is(error, 'link-expired')) throw error;
  }
  await core.transactor.run(async (tx) => {
    await tx.remove(LINK);
  });
}
