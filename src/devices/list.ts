/**
 * A contact's device list: what a server answers becomes what this device believes, as far as the primary has signed it.
 *
 *     answer ─▸ signed list ─ under the pinned key? newer? not from the future? alive? ─▸ list
 *            └▸ each device ─ both signatures? this registration? a live key index? ───▸ companion, or a reason
 *
 * The server's word adds nothing and removes nothing: a companion stays until a newer signed list leaves it out, and a
 * key index, a raw id or an identity is taken from signed details only.
 *
 * @module
 */
import { deviceAddress, inputAccount, type Address } from '../core/address.js';
import { copyBytes, equalBytes } from '../core/bytes.js';
import { inputObject, inputTime } from '../core/check.js';
import type { PublicKey } from '../crypto/index.js';
import { admit } from './admit.js';
import { inputAnswer, type DeviceListAnswer } from './answer.js';
import { MAX_DEVICES } from './limits.js';
import {
  assumeDeviceList,
  inputRecord,
  isLive,
  timestampOf,
  type DeviceListRecord,
  type ExpectedList,
  type KnownList,
  type RefusedDevice,
  type VerifiedCompanion,
} from './listState.js';
import { isOtherRegistration, nextList, pinnedPrimary, type PinnedPrimary } from './nextList.js';

/** An answer, and what is known so far. */
export interface MergeDeviceListOptions {
  /** The account's address. */
  readonly account: Address;
  /** What is known of it; absent for an account never seen. */
  readonly record?: DeviceListRecord;
  /** The pinned identity key of its primary, 32 bytes; without it and without a record, the answer's is the first. */
  readonly primaryIdentity?: Uint8Array;
  /** What the server says. */
  readonly answer: DeviceListAnswer;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A companion that came. */
export interface AddedDevice {
  /** Its address. */
  readonly address: Address;
  /** Its key index. */
  readonly keyIndex: number;
  /** Its identity key, 32 bytes. */
  readonly identity: PublicKey;
}

/** A companion that went: its sessions go, and what it was given is replaced. */
export interface RemovedDevice extends AddedDevice {
  /** `moved`: another device has its address, or it has another address now. */
  readonly why: 'revoked' | 're-registered' | 'moved';
}

/** What an answer has changed. */
export interface DeviceListMerge {
  /** `re-registered`: the account began anew under the same primary identity, and nothing from before counts. */
  readonly kind: 'unchanged' | 'updated' | 're-registered';
  /** What to store; the very record that came in where nothing has changed. */
  readonly record: DeviceListRecord;
  /** The primary's identity key, and whether it is seen for the first time. */
  readonly primary: PinnedPrimary;
  /** Companions that were not there before. */
  readonly added: readonly AddedDevice[];
  /** Companions that are there no more. */
  readonly removed: readonly RemovedDevice[];
}

/**
 * Merges a server's answer into what is known of an account's devices.
 *
 * Devices that are left out are in `record.refused`, and in the `excluded` of `acceptedDevices`, with their reasons. A
 * signature that was verified before is not verified again.
 *
 * @throws PolyratchetError `untrusted-identity`: another primary identity than the pinned one; `invalid-signature`,
 *   `device-unverified`, `malformed`: the list is not the primary's; `list-rollback`, `list-fork`, `list-from-future`,
 *   `list-expired`; `too-large`: more than 64 devices; `invalid-key`, `invalid-argument`. Nothing has changed then.
 * @example
 * ```ts no-run
 * import { acceptedDevices, mergeDeviceList, type DeviceListAnswer } from 'polyratchet/devices';
 *
 * declare const answer: DeviceListAnswer; // what the server says of bob
 * const now = Date.now();
 * const { record, primary, added, removed } = mergeDeviceList({ account: 'bob@example.org', answer, now });
 * if (primary.kind === 'first') console.log('seen for the first time', primary.key);
 * console.log(added, removed, acceptedDevices({ record, now }));
 * ```
 */
export function mergeDeviceList(options: MergeDeviceListOptions): DeviceListMerge {
  const now = inputTime('now', inputObject('options', options).now);
  const account = inputAccount('account', options.account);
  const answer = inputAnswer(options.answer);
  const before = options.record === undefined ? undefined : inputRecord(options.record);
  const primary = pinnedPrimary(account, before, options.primaryIdentity, answer);
  const base = before ?? assumeDeviceList({ account, primaryIdentity: primary.key, now });

  const list = nextList(base, answer.signedList, now);
  const reRegistered = isOtherRegistration(base.list, list);
  const known = reRegistered ? [] : base.companions.filter(({ details }) => isLive(list, details.keyIndex));
  const { companions, refused } = admit(answer.devices, { list, known, primaryIdentity: primary.key, now });
  const isNamed = (device: number): boolean => answer.devices.some((claim) => claim.device === device);
  const others = answer.partial === true ? base.refused.filter(({ device }) => !isNamed(device)) : [];
  const record: DeviceListRecord = {
    account,
    primaryIdentity: base.primaryIdentity,
    list,
    companions,
    refused: [...others, ...refused].slice(-MAX_DEVICES),
    ...stillExpected(base.expected, list),
  };
  const unchanged = before !== undefined && isUnchanged(before, record);
  return {
    kind: reRegistered ? 're-registered' : unchanged ? 'unchanged' : 'updated',
    record: unchanged ? before : record,
    primary,
    ...difference(base, record, reRegistered),
  };
}

/**
 * The companions that came and went between two records of one account.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function compareDeviceLists(options: {
  /** What was known. */
  readonly before: DeviceListRecord;
  /** What is known now. */
  readonly after: DeviceListRecord;
}): Pick<DeviceListMerge, 'added' | 'removed'> {
  const { before, after } = inputObject('options', options);
  const [old, now] = [inputRecord(before, 'before'), inputRecord(after, 'after')];
  return difference(old, now, isOtherRegistration(old.list, now.list));
}

/** The companions that came and went; after a registration anew, those from before went even if they came back. */
function difference(
  before: DeviceListRecord,
  { account, list, companions }: DeviceListRecord,
  reRegistered: boolean,
): Pick<DeviceListMerge, 'added' | 'removed'> {
  const isIn = (all: readonly VerifiedCompanion[], companion: VerifiedCompanion): boolean =>
    !reRegistered && all.some((other) => isSame(other, companion));
  const why = ({ details }: VerifiedCompanion): RemovedDevice['why'] => {
    if (reRegistered) return 're-registered';
    return isLive(list, details.keyIndex) ? 'moved' : 'revoked';
  };
  return {
    added: companions
      .filter((companion) => !isIn(before.companions, companion))
      .map((companion) => addressed(account, companion)),
    removed: before.companions
      .filter((old) => !isIn(companions, old))
      .map((old) => ({ ...addressed(account, old), why: why(old) })),
  };
}

function isSame(a: VerifiedCompanion, b: VerifiedCompanion): boolean {
  return a.device === b.device && equalBytes(a.identity, b.identity);
}

/** A companion as it is told of. */
export function addressed(account: Address, { device, identity, details }: VerifiedCompanion): AddedDevice {
  const address = deviceAddress(account, device);
  return { address, keyIndex: details.keyIndex, identity: copyBytes(identity) as PublicKey };
}

/** The list that a peer has named, as long as none of its time has come. */
function stillExpected(
  expected: ExpectedList | undefined,
  list: KnownList,
): Pick<DeviceListRecord, 'expected'> {
  if (expected === undefined || timestampOf({ list }) >= expected.timestamp) return {};
  return { expected };
}

/** Whether nothing is new: lists and companions that stay are the very objects of before. */
function isUnchanged(before: DeviceListRecord, after: DeviceListRecord): boolean {
  const isRefusedAlike = (a: RefusedDevice, b: RefusedDevice | undefined): boolean =>
    a.device === b?.device && a.keyIndex === b.keyIndex && a.why === b.why;
  return (
    before.list === after.list &&
    before.expected === after.expected &&
    before.companions.length === after.companions.length &&
    before.companions.every((companion, i) => companion === after.companions[i]) &&
    before.refused.length === after.refused.length &&
    before.refused.every((device, i) => isRefusedAlike(device, after.refused[i]))
  );
}
