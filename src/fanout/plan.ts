/**
 * The plan of a send: for every device of both sides, whether it gets the message, what is missing for that, or why not.
 *
 *     what is known of each account ─▸ acceptedDevices ─▸ all but this device ─▸ ready, or needs a bundle
 *                                                     └▸ refused, with the reason
 *
 * A plan follows from device lists, which are immutable values and change rarely. So it is kept and handed in again: as
 * long as the very same lists are passed and none of them has expired, planning is a comparison of references.
 *
 * @module
 */
import { inputAccount, type Address } from '../core/address.js';
import { inputList, inputObject, inputTime } from '../core/check.js';
import { invalidArgument } from '../core/refusals.js';
import type { DeviceListMetadata } from '../content/index.js';
import {
  acceptedDevices,
  createDeviceListMetadata,
  type DeviceFetch,
  type DeviceListRecord,
} from '../devices/index.js';
import { addressesOf, ownAddress, type OwnDevice } from './account.js';
import { participantHash } from './participantHash.js';
import {
  bundlesFor,
  isAccepted,
  planned,
  statusIn,
  withStatus,
  type PlannedDevice,
  type SessionLookup,
} from './planned.js';

/** A plan is made anew after this time: what it says of bundles and of old lists is then no older than that. */
export const PLAN_LIFETIME_MS: number = 60 * 60 * 1000;

/** Who sends to whom. */
export interface PlanFanoutOptions {
  /** This device. */
  readonly own: OwnDevice;
  /**
   * What is known of each recipient: one account, or the members of a group. The own account may be among them, and counts
   * as our own. Nobody at all: the message is for our own other devices.
   */
  readonly recipients: readonly DeviceListRecord[];
  /** Address of the group, if it is one. */
  readonly group?: Address;
  /** The sessions that we have. */
  readonly sessions: SessionLookup;
  /** Whether devices of hosting providers count; by default they do not. */
  readonly hosted?: boolean;
  /** The plan of the last send in this chat: it comes back as it is where nothing has changed. */
  readonly previous?: FanoutPlan;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** Who gets a message in a chat. */
export interface FanoutPlan {
  /** Address of this device. */
  readonly from: Address;
  /** The chat: the group, the recipient's account, or our own. */
  readonly chat: Address;
  /** The devices of the recipients. */
  readonly recipients: readonly PlannedDevice[];
  /** Our own devices but this one: they get copies. */
  readonly ownDevices: readonly PlannedDevice[];
  /** Participant hash of all devices that are accepted. */
  readonly participantHash: string;
  /** What the message says of the device lists. */
  readonly metadata: DeviceListMetadata;
  /** The devices whose bundles are to be fetched. */
  readonly bundles: readonly Address[];
  /** Lists and identities whose absence keeps devices out: to be fetched, now or later. */
  readonly fetch: readonly DeviceFetch[];
  /** What it was made from. */
  readonly basis: PlanBasis;
}

/** What a plan was made from. */
export interface PlanBasis {
  /** What was known of our own account. */
  readonly own: DeviceListRecord;
  /** Number of this device. */
  readonly device: number;
  /** The other addresses of our own account. */
  readonly aliases: readonly Address[];
  /** What was known of each recipient. */
  readonly recipients: readonly DeviceListRecord[];
  /** Whether it is for a group. */
  readonly group: boolean;
  /** Whether devices of hosting providers counted. */
  readonly hosted: boolean;
  /** The time from which it holds, milliseconds since 1970. */
  readonly validFrom: number;
  /** The last moment at which it holds, milliseconds since 1970. */
  readonly validUntil: number;
}

/**
 * Plans a send: every device of both sides with what becomes of it.
 *
 * The devices are those of `acceptedDevices`, for each account, but for this one. Keep the plan and pass it as `previous`
 * with the next send: with the same lists and within its time it is returned as it is.
 *
 * @throws PolyratchetError `invalid-argument`: also two records of one account, or several recipients without a group.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { assumeDeviceList } from 'polyratchet/devices';
 * import { planFanout } from 'polyratchet/fanout';
 * import { generateIdentity } from 'polyratchet/identity';
 *
 * const now = Date.now();
 * const known = (account: string) =>
 *   assumeDeviceList({ account, primaryIdentity: generateIdentity(systemRandom).publicKey, now });
 * const [alice, bob] = [known('alice@example.org'), known('bob@example.org')];
 *
 * const plan = planFanout({ own: { record: alice, device: 0 }, recipients: [bob], sessions: new Map(), now });
 * console.log(plan.recipients[0]?.kind, plan.bundles); // needs-bundle [ 'bob@example.org' ]
 * ```
 */
export function planFanout(options: PlanFanoutOptions): FanoutPlan {
  const { own, recipients, group, sessions, previous } = inputObject('options', options);
  const now = inputTime('now', options.now);
  inputObject('own', own);
  inputList('recipients', recipients);
  const status = statusIn(sessions, now);
  if (previous !== undefined && holds(previous, options)) {
    return previous.bundles.length === 0 ? previous : withStatus(previous, status);
  }
  const hosted = options.hosted === true;
  const ownAddresses = addressesOf('own', own);
  const from = ownAddress(own);
  const others = otherAccounts(recipients, ownAddresses);
  const [recipient] = group === undefined ? others : [];
  const ourAccepted = acceptedDevices({ record: own.record, now, hosted });
  const theirAccepted = others.map((record) => acceptedDevices({ record, now, hosted }));
  const accepted = [ourAccepted, ...theirAccepted];
  const ownDevices = planned(ourAccepted, status).filter(({ device }) => device !== from);
  const theirDevices = theirAccepted.flatMap((each) => planned(each, status));
  const gets = [...theirDevices, ...ownDevices].filter(isAccepted);
  const sides = { sender: own.record, ...(recipient === undefined ? {} : { recipient }) };
  return {
    from,
    chat: chatOf(own.record, others, group),
    recipients: theirDevices,
    ownDevices,
    participantHash: participantHash(gets.map(({ device }) => device)),
    metadata: createDeviceListMetadata({ ...sides, now }),
    bundles: bundlesFor(gets),
    fetch: accepted.flatMap(({ fetch }) => fetch),
    basis: {
      own: own.record,
      device: own.device,
      aliases: ownAddresses.slice(1),
      recipients: [...recipients],
      group: group !== undefined,
      hosted,
      validFrom: now,
      validUntil: accepted.reduce(
        (earliest, { validUntil }) => Math.min(earliest, validUntil),
        now + PLAN_LIFETIME_MS,
      ),
    },
  };
}

/** Whether a plan was made from the very same values, and its time has neither passed nor been set back. */
function holds(
  { chat, basis }: FanoutPlan,
  { own, recipients, group, hosted = false, now }: PlanFanoutOptions,
): boolean {
  return (
    basis.validFrom <= now &&
    now <= basis.validUntil &&
    basis.own === own.record &&
    basis.device === own.device &&
    basis.hosted === hosted &&
    (group === undefined ? !basis.group : basis.group && chat === group) &&
    isSameList(basis.aliases, own.aliases ?? []) &&
    isSameList(basis.recipients, recipients)
  );
}

/** Whether two lists hold the very same items; a list that a caller has changed in place is found out. */
function isSameList(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && before.every((item, i) => item === after[i]);
}

/** The recipients without ourselves, each account once. */
function otherAccounts(
  recipients: readonly DeviceListRecord[],
  ownAddresses: readonly Address[],
): readonly DeviceListRecord[] {
  const others = recipients.filter(
    (record) =>
      !ownAddresses.includes(inputAccount('recipients.account', inputObject('recipients', record).account)),
  );
  if (new Set(others.map(({ account }) => account)).size === others.length) return others;
  throw invalidArgument('recipients', 'each account once', 'one twice');
}

/** The chat that the message belongs to. */
function chatOf(
  own: DeviceListRecord,
  [recipient, ...more]: readonly DeviceListRecord[],
  group: Address | undefined,
): Address {
  if (group !== undefined) return inputAccount('group', group);
  if (more.length > 0)
    throw invalidArgument('recipients', 'one account, or a group', `${1 + more.length} accounts`);
  return recipient?.account ?? own.account;
}
