/**
 * Encrypting a message for whom it is for: the plan, the bundles that it lacks, the envelopes.
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import {
  planFanout,
  sealEnvelopes,
  type FanoutPlan,
  type OutgoingMessage,
  type SealedEnvelopes,
} from '../fanout/index.js';
import type { PreKeyBundle } from '../identity/index.js';
import { connected, isOwnTrouble, keepPlan, loadSelf, loadSessions, type Core, type Self } from './core.js';
import type { ClientEvents } from './events.js';
import { deviceList, message, session } from './keys.js';
import { accountsOf, refreshLists } from './lists.js';
import { partOf } from './parts.js';
import type { Transaction } from './transaction.js';

/** Where a message goes. */
export interface Destination {
  /** The recipient's account, or the group. */
  readonly chat: Address;
  /** The accounts that it is written to; the own one may be among them. */
  readonly accounts: readonly Address[];
}

/** The plan of a message, with the lists and sessions that are known. */
export async function planChat(
  core: Core,
  tx: Transaction,
  { account, own }: Self,
  { chat, accounts }: Destination,
): Promise<FanoutPlan> {
  const others = accounts.filter((address) => address !== account);
  await tx.load(...others.map(deviceList));
  const recipients = others.map((address) => {
    const record = tx.get(deviceList(address));
    if (record !== undefined) return record;
    throw new PolyratchetError('device-unverified', { account: address, why: 'no-list' });
  });
  const { hosted } = core.settings;
  const isGroup = chat !== account && !accounts.includes(chat);
  const options = { own, recipients, hosted, now: tx.now, ...(isGroup ? { group: chat } : {}) };
  const known = core.plans.get(chat);
  const before = { ...options, ...(known === undefined ? {} : { previous: known }) };
  const drafted = planFanout({ ...before, sessions: NO_SESSIONS });
  const sessions = await loadSessions(tx, devicesOf(drafted));
  const isAsBefore = [...drafted.recipients, ...drafted.ownDevices].every(
    ({ kind, device }) => kind !== 'ready' || sessions.get(device)?.current !== undefined,
  );
  return planFanout({ ...options, sessions, ...(isAsBefore ? { previous: drafted } : {}) });
}

const NO_SESSIONS = { get: (): undefined => undefined };

/** The devices that a plan names. */
export function devicesOf({ recipients, ownDevices }: FanoutPlan): readonly Address[] {
  return [...recipients, ...ownDevices].map(({ device }) => device);
}

/** What was fetched for one message: everything is asked for once. */
export class Fetched {
  readonly #lists = new Set<Address>();
  readonly #asked = new Set<Address>();
  /** The bundles that came. */
  readonly bundles: Map<Address, PreKeyBundle> = new Map<Address, PreKeyBundle>();

  /** What has to be fetched before a message with this plan is encrypted. */
  missing({ bundles, fetch }: Pick<FanoutPlan, 'bundles' | 'fetch'>): Missing | undefined {
    const lists = accountsOf(fetch).filter((account) => !this.#lists.has(account));
    const devices = bundles.filter((device) => !this.#asked.has(device));
    return lists.length + devices.length === 0 ? undefined : { lists, bundles: devices };
  }

  /** Fetches it; what the server does not answer for was not asked for. */
  async fetch(core: Core, { lists, bundles }: Missing): Promise<void> {
    await refreshLists(core, lists);
    for (const account of lists) this.#lists.add(account);
    if (lists.length > 0 || bundles.length === 0) return;
    const found = await connected(core).fetchBundles(bundles);
    for (const device of bundles) this.#asked.add(device);
    for (const [device, bundle] of found) this.bundles.set(device, bundle);
  }

  /** Whether the list of an account was asked for. */
  hasAsked(account: Address): boolean {
    return this.#lists.has(account);
  }
}

/** Accounts and devices to ask the server for. */
export interface Missing {
  readonly lists: readonly Address[];
  readonly bundles: readonly Address[];
}

/** What a transaction has encrypted. */
export interface SealedPart extends SealedEnvelopes {
  /** Whether others are left for the next transaction: the outcomes and the plan are those of some devices only. */
  readonly isPart: boolean;
}

/** Encrypts a message for devices of a plan that were not sent it, as many as there is room for; writes sessions and message. */
export async function sealStep(
  core: Core,
  tx: Transaction,
  self: Self,
  whole: FanoutPlan,
  outgoing: OutgoingMessage,
  fetched: Fetched,
): Promise<SealedPart> {
  const { identity, registrationId, deviceIdentity } = self;
  const { bundles } = fetched;
  const seal = async (plan: FanoutPlan): Promise<SealedEnvelopes> =>
    sealEnvelopes({
      plan,
      message: outgoing,
      identity,
      registrationId,
      ...(deviceIdentity === undefined ? {} : { deviceIdentity }),
      sessions: await loadSessions(tx, devicesOf(plan)),
      bundles,
      random: core.settings.random,
      now: tx.now,
    });
  const failed = new Set<Address>();
  let part = partOf(whole, outgoing, bundles, failed);
  let sealed = await seal(part.plan);
  // A part for which nobody could be encrypted would look like the end.
  while (part.isPart && sealed.envelopes.length === 0) {
    for (const device of devicesOf(part.plan)) failed.add(device);
    part = partOf(whole, outgoing, bundles, failed);
    sealed = await seal(part.plan);
  }
  for (const [device, renewed] of sealed.sessions) tx.set(session(device), renewed);
  await tx.load(message(outgoing.messageId));
  tx.set(message(outgoing.messageId), sealed.message);
  for (const outcome of sealed.outcomes) {
    if (outcome.kind !== 'failed') continue;
    if (isOwnTrouble(outcome.error)) throw outcome.error;
    const changed = identityChange(outcome.error);
    if (changed !== undefined) tx.emit(changed);
  }
  return { ...sealed, isPart: part.isPart };
}

/**
 * Checks that somebody gets a message: that it was sent may not be said of one which no device of its recipients can read.
 *
 * @throws PolyratchetError `no-session`: the server has no bundle of them; or what is wrong with the bundles that came.
 */
export function requireReached({ recipients }: FanoutPlan, { outcomes, isPart }: SealedPart): void {
  if (isPart) return;
  const theirs = outcomes.slice(0, recipients.length);
  if (theirs.length === 0 || theirs.some(({ kind }) => kind === 'sealed' || kind === 'sent-before')) return;
  const failed = theirs.find((outcome) => outcome.kind === 'failed');
  const [first] = recipients;
  throw (
    failed?.error ?? new PolyratchetError('no-session', first === undefined ? {} : { device: first.device })
  );
}

/** Tells of a primary with another identity, where nothing was written because of it. */
export function tellIdentityChange({ events }: Core, error: unknown): void {
  const changed = PolyratchetError.is(error) ? identityChange(error) : undefined;
  if (changed !== undefined) events.emit(changed);
}

/** A primary with another identity is for the person to decide about. */
function identityChange(error: PolyratchetError): ClientEvents['identity-changed'] | undefined {
  if (!PolyratchetError.is(error, 'untrusted-identity')) return undefined;
  const { device, expected, got } = error.data;
  if (device === undefined || accountOf(device) !== device) return undefined;
  return { kind: 'identity-changed', account: device, expected, got };
}

/** What is known of a round that was encrypted. */
export interface Round {
  /** Its plan, where it is for all devices that the message is for. */
  readonly plan?: FanoutPlan;
  /** Whether another part follows. */
  readonly isPart: boolean;
}

/** What is known of what was encrypted; the plan is kept for the next message. */
export function roundOf(core: Core, { plan, isPart }: SealedPart): Round {
  if (isPart) return { isPart };
  keepPlan(core, plan);
  return { plan, isPart };
}

/** The accounts of a message that may still read it. */
async function readersOf(
  { features }: Core,
  tx: Transaction,
  self: Self,
  outgoing: OutgoingMessage,
): Promise<readonly Address[]> {
  const readers: Address[] = [];
  for (const account of outgoing.accounts) {
    const answers = await Promise.all(
      features.map((feature) => feature.mayRead(tx, self, outgoing, account)),
    );
    if (!answers.includes(false)) readers.push(account);
  }
  return readers;
}

/** Encrypts another round of a message that is stored, and hands the result on within the same transaction. */
export async function sealRound(
  core: Core,
  messageId: string,
  fetched: Fetched,
  then: (tx: Transaction, sealed: SealedPart | undefined) => Promise<void>,
): Promise<Round> {
  for (;;) {
    const step = await core.transactor.run(async (tx): Promise<Missing | Round> => {
      const outgoing = await tx.read(message(messageId));
      if (outgoing === undefined) {
        await then(tx, undefined);
        return { isPart: false };
      }
      const self = await loadSelf(tx);
      const accounts = await readersOf(core, tx, self, outgoing);
      const plan = await planChat(core, tx, self, { chat: outgoing.chat, accounts });
      const missing = fetched.missing(plan);
      if (missing !== undefined) return missing;
      const sealed = await sealStep(core, tx, self, plan, outgoing, fetched);
      requireReached(plan, sealed);
      await then(tx, sealed);
      return roundOf(core, sealed);
    });
    if (!('lists' in step)) return step;
    await fetched.fetch(core, step);
  }
}
