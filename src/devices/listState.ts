/**
 * What this device knows of an account's devices: the pinned primary identity, the newest list that it has signed, the
 * companions that are verified under both.
 *
 * @module
 */
import { inputAccount, parseAddress, type Address } from '../core/address.js';
import { copyBytes, inputBytes } from '../core/bytes.js';
import { inputList, inputObject, inputTime } from '../core/check.js';
import type { WhyUnverified } from '../core/errors.js';
import { KEY_LENGTH, publicKeyFrom, type PublicKey } from '../crypto/index.js';
import {
  decodeDeviceIdentity,
  decodeKeyIndexList,
  decodeSignedDeviceIdentity,
  decodeSignedKeyIndexList,
  type DeviceIdentity,
  type KeyIndexList,
} from './adv.js';
import { ASSUMED_LIST_AGE_MS, LIST_LIFETIME_MS } from './limits.js';
import { inputOwnDevices, type OwnDevices } from './ownList.js';

/** The newest list that counts. */
export type KnownList =
  | {
      /** None with a signature: the primary is taken to be alone. */
      readonly kind: 'assumed';
      /** The time that it is taken to be of, milliseconds since 1970. */
      readonly timestamp: number;
      /** A signed list from before this time is a rollback; 0 if the primary's key has said nothing yet. */
      readonly floor: number;
    }
  | {
      /** Signed by the pinned primary identity. */
      readonly kind: 'signed';
      /** ADVSignedKeyIndexList bytes, as they came. */
      readonly bytes: Uint8Array;
      /** What they say. */
      readonly details: KeyIndexList;
    };

/** A companion for which both signatures hold under the pinned primary identity. */
export interface VerifiedCompanion {
  /** Its device number, 1 … 65535: a label of the server's. */
  readonly device: number;
  /** Its identity key, 32 bytes. */
  readonly identity: PublicKey;
  /** ADVSignedDeviceIdentity bytes, as they came. */
  readonly signedIdentity: Uint8Array;
  /** What they say. */
  readonly details: DeviceIdentity;
}

/** Why a device is left out. */
export type WhyExcluded =
  | WhyUnverified
  /** The list does not name its key index any more. */
  | 'revoked'
  /** The list is older than its lifetime. */
  | 'expired'
  /** A newer list was named two days ago, and has not come. */
  | 'newer-list-expected';

/** A device that the server names and that is not accepted. */
export interface RefusedDevice {
  /** Its device number, 1 … 65535. */
  readonly device: number;
  /** Its key index, as the server or its own details say. */
  readonly keyIndex?: number;
  /** Why it is left out. */
  readonly why: WhyExcluded;
}

/** A newer list that a device of the account has named. */
export interface ExpectedList {
  /** Its time, milliseconds since 1970. */
  readonly timestamp: number;
  /** When a newer list was named first, milliseconds since 1970. */
  readonly since: number;
}

/** What is known of an account's devices. */
export interface DeviceListRecord {
  /** The account's address. */
  readonly account: Address;
  /** The pinned identity key of its primary, 32 bytes. */
  readonly primaryIdentity: PublicKey;
  /** The newest list. */
  readonly list: KnownList;
  /** The companions that are verified, in the order of their device numbers. */
  readonly companions: readonly VerifiedCompanion[];
  /** What else the server has named. */
  readonly refused: readonly RefusedDevice[];
  /** A newer list that a device of the account has named and that has not come. */
  readonly expected?: ExpectedList;
}

/** An account whose primary identity is known, and nothing else. */
export interface AssumeDeviceListOptions {
  /** The account's address. */
  readonly account: Address;
  /** Its primary's identity key, 32 bytes. */
  readonly primaryIdentity: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The record of an account whose list was never seen: the primary alone, and a day until a list is wanted.
 *
 * @throws PolyratchetError `invalid-key`, `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { acceptedDevices, assumeDeviceList } from 'polyratchet/devices';
 * import { generateIdentity } from 'polyratchet/identity';
 *
 * const now = Date.now();
 * const primaryIdentity = generateIdentity(systemRandom).publicKey; // in real life: from its bundle
 * const record = assumeDeviceList({ account: 'bob@example.org', primaryIdentity, now });
 * acceptedDevices({ record, now }).devices; // the primary alone
 * ```
 */
export function assumeDeviceList(options: AssumeDeviceListOptions): DeviceListRecord {
  const { account, primaryIdentity, now } = inputObject('options', options);
  return {
    account: inputAccount('account', account),
    primaryIdentity: publicKeyFrom('primaryIdentity', primaryIdentity),
    list: assumedList(inputTime('now', now), 0),
    companions: [],
    refused: [],
  };
}

/**
 * The primary's own devices as everybody else comes to know them, so that one function says who is accepted.
 *
 * A companion that was approved and has not come yet is an index without a device: `acceptedDevices` says `incomplete`.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function deviceListOf(devices: OwnDevices): DeviceListRecord {
  const { account, primaryIdentity, companions, signedList } = inputOwnDevices(devices);
  return {
    account,
    primaryIdentity,
    list: signedListFrom(signedList),
    companions: companions
      .flatMap(({ identity, link }) =>
        link.kind === 'confirmed' ? [companionFrom(link.device, identity, link.signedIdentity)] : [],
      )
      .sort((a, b) => a.device - b.device),
    refused: [],
  };
}

/** What stands for a list where there is none. */
export function assumedList(now: number, floor: number): KnownList {
  return { kind: 'assumed', timestamp: Math.max(0, now - ASSUMED_LIST_AGE_MS), floor };
}

/** Whether an account has been taken to have no companions for so long that the server should be asked again. */
export function isAssumptionOver(
  list: KnownList,
  now: number,
): list is Extract<KnownList, { kind: 'assumed' }> {
  return list.kind === 'assumed' && now > list.timestamp + LIST_LIFETIME_MS;
}

/** A list whose signature was verified before. */
export function signedListFrom(signedList: Uint8Array): KnownList {
  const bytes = copyBytes(signedList);
  return { kind: 'signed', bytes, details: decodeKeyIndexList(decodeSignedKeyIndexList(bytes).details) };
}

/** A companion whose signatures were verified before. */
export function companionFrom(
  device: number,
  identity: PublicKey,
  signedIdentity: Uint8Array,
): VerifiedCompanion {
  const bytes = copyBytes(signedIdentity);
  const details = decodeDeviceIdentity(decodeSignedDeviceIdentity(bytes).details);
  return { device, identity, signedIdentity: bytes, details };
}

/** When the primary spoke last: the time of the signed list, else the floor; milliseconds since 1970. */
export function timestampOf({ list }: Pick<DeviceListRecord, 'list'>): number {
  return list.kind === 'signed' ? list.details.timestamp : list.floor;
}

/** The key indexes of companions that the list names. */
export function validIndexesOf({ list }: DeviceListRecord): readonly number[] {
  return list.kind === 'signed' ? list.details.validIndexes.filter((index) => index !== 0) : [];
}

/**
 * Whether a key index counts under the list: it is named, or was given after the list was signed.
 *
 * The second is safe only for a device that the primary has signed for, and lasts as long as the list does.
 */
export function isLive(list: KnownList, keyIndex: number): boolean {
  if (list.kind === 'assumed') return false;
  return keyIndex > list.details.currentIndex || list.details.validIndexes.includes(keyIndex);
}

/**
 * A record, if the value can be one.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputRecord(record: DeviceListRecord, name = 'record'): DeviceListRecord {
  const { account, primaryIdentity, list, companions, refused } = inputObject(name, record);
  parseAddress(account);
  inputBytes(`${name}.primaryIdentity`, primaryIdentity, KEY_LENGTH);
  inputObject(`${name}.list`, list);
  inputList(`${name}.companions`, companions);
  inputList(`${name}.refused`, refused);
  return record;
}
