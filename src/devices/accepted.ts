/**
 * Which devices of an account count now: the one answer for the fanout, the security code and what is received.
 *
 * @module
 */
import { deviceAddress, type Address } from '../core/address.js';
import { copyBytes } from '../core/bytes.js';
import { inputObject, inputTime } from '../core/check.js';
import type { PublicKey } from '../crypto/index.js';
import { LIST_LIFETIME_MS, NEWER_LIST_GRACE_MS } from './limits.js';
import {
  inputRecord,
  isAssumptionOver,
  isLive,
  timestampOf,
  validIndexesOf,
  type DeviceListRecord,
  type RefusedDevice,
  type VerifiedCompanion,
  type WhyExcluded,
} from './listState.js';

/** A device to which messages may be encrypted, and whose identity stands behind the security code. */
export interface AcceptedDevice {
  /** Its address. */
  readonly address: Address;
  /** Its device number; 0 for the primary. */
  readonly device: number;
  /** Its key index; 0 for the primary. */
  readonly keyIndex: number;
  /** Its identity key, 32 bytes. */
  readonly identity: PublicKey;
  /** Whether it is a hosting provider's. */
  readonly hosted: boolean;
}

/** A device that is left out. */
export interface ExcludedDevice {
  /** Its address. */
  readonly address: Address;
  /** Its device number. */
  readonly device: number;
  /** Its key index, as far as it is known. */
  readonly keyIndex?: number;
  /** Why. */
  readonly why: WhyExcluded;
}

/** What to ask the server for. */
export type DeviceFetch =
  | {
      /** The account's devices and its signed list. */
      readonly kind: 'list';
      /** The account's address. */
      readonly account: Address;
    }
  | {
      /** The identity key of a device and what vouches for it: they come with its bundle. */
      readonly kind: 'identity';
      /** The device's address. */
      readonly device: Address;
    };

/** The devices that count now, and those that do not. */
export interface AcceptedDevices {
  /** `incomplete`: the primary vouches for a device whose identity is not known yet, so there is no security code. */
  readonly kind: 'complete' | 'incomplete';
  /** The primary, then the companions in the order of their device numbers. */
  readonly devices: readonly AcceptedDevice[];
  /** Everything else that is known, with the reasons. */
  readonly excluded: readonly ExcludedDevice[];
  /** What would make the answer complete, or fresh. */
  readonly fetch: readonly DeviceFetch[];
  /** Until then only another record changes the answer: milliseconds since 1970, or `Infinity`. */
  readonly validUntil: number;
}

/** Of which account, and when. */
export interface AcceptedDevicesOptions {
  /** What is known of the account. */
  readonly record: DeviceListRecord;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether devices of hosting providers count; by default they do not. */
  readonly hosted?: boolean;
}

/**
 * The devices that count: verified, not revoked, and named by a list that is neither expired nor known to be replaced.
 *
 * The primary always counts. Without a usable list it is alone.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import { acceptedDevices, type DeviceListRecord } from 'polyratchet/devices';
 *
 * declare const record: DeviceListRecord;
 * const { devices, excluded } = acceptedDevices({ record, now: Date.now() });
 * for (const { address, identity } of devices) console.log('encrypt to', address, identity);
 * for (const { address, why } of excluded) console.log('left out', address, why);
 * ```
 */
export function acceptedDevices(options: AcceptedDevicesOptions): AcceptedDevices {
  const record = inputRecord(inputObject('options', options).record);
  const now = inputTime('now', options.now);
  const { account, companions } = record;
  const outdated = whyOutdated(record, now);
  const hosted = options.hosted === true;
  const whyOut = (companion: VerifiedCompanion): WhyExcluded | undefined =>
    outdated ?? (isHosted(record, companion) && !hosted ? 'hosted' : undefined);
  const refused = record.refused.filter(({ device }) => !companions.some((known) => known.device === device));
  const missing = outdated === undefined ? missingDevices(record, refused) : NOTHING_MISSING;
  const wantsList =
    outdated !== undefined ||
    missing.nameless ||
    refused.some(({ why }) => why === 'no-list') ||
    isAssumptionOver(record.list, now);
  const fetchIdentity = (device: number): DeviceFetch => ({
    kind: 'identity',
    device: deviceAddress(account, device),
  });
  return {
    kind: missing.nameless || missing.devices.length > 0 ? 'incomplete' : 'complete',
    devices: [
      primaryOf(record),
      ...companions
        .filter((companion) => whyOut(companion) === undefined)
        .map((companion) => accepted(record, companion)),
    ],
    excluded: [
      ...companions.flatMap((companion) => excluded(account, companion, whyOut(companion))),
      ...refused.map((device) => ({ ...device, address: deviceAddress(account, device.device) })),
    ],
    fetch: [
      ...(wantsList ? [{ kind: 'list' as const, account }] : []),
      ...missing.devices.map(fetchIdentity),
    ],
    validUntil: Math.min(...turningPoints(record).filter((moment) => moment >= now)),
  };
}

/** The last moments of what passes with time: the list's life, the grace after a hint, the assumption of no list. */
function turningPoints(record: DeviceListRecord): readonly number[] {
  const { list, expected } = record;
  return [
    ...(hasCompanions(record) ? [timestampOf(record) + LIST_LIFETIME_MS] : []),
    ...(expected === undefined ? [] : [expected.since + NEWER_LIST_GRACE_MS]),
    ...(list.kind === 'assumed' ? [list.timestamp + LIST_LIFETIME_MS] : []),
  ];
}

function primaryOf({ account, primaryIdentity }: DeviceListRecord): AcceptedDevice {
  const identity = copyBytes(primaryIdentity) as PublicKey;
  return { address: account, device: 0, keyIndex: 0, identity, hosted: false };
}

function accepted(record: DeviceListRecord, companion: VerifiedCompanion): AcceptedDevice {
  const { device, details, identity } = companion;
  return {
    address: deviceAddress(record.account, device),
    device,
    keyIndex: details.keyIndex,
    identity: copyBytes(identity) as PublicKey,
    hosted: isHosted(record, companion),
  };
}

function excluded(
  account: Address,
  { device, details }: VerifiedCompanion,
  why: WhyExcluded | undefined,
): readonly ExcludedDevice[] {
  if (why === undefined) return [];
  return [{ address: deviceAddress(account, device), device, keyIndex: details.keyIndex, why }];
}

/** Why the list of companions does not count any more, if so. */
function whyOutdated(record: DeviceListRecord, now: number): WhyExcluded | undefined {
  const { expected } = record;
  if (hasCompanions(record) && now > timestampOf(record) + LIST_LIFETIME_MS) return 'expired';
  if (expected !== undefined && now > expected.since + NEWER_LIST_GRACE_MS) return 'newer-list-expected';
  return undefined;
}

/** Whether the account has companions, as far as is known; a primary that is alone needs no fresh list. */
export function hasCompanions(record: DeviceListRecord): boolean {
  return record.companions.length > 0 || validIndexesOf(record).length > 0;
}

/** Devices whose identity is not known. */
interface MissingDevices {
  /** Numbers of those that the server names. */
  readonly devices: readonly number[];
  /** Whether the list vouches for a key index that nothing else names. */
  readonly nameless: boolean;
}

const NOTHING_MISSING: MissingDevices = { devices: [], nameless: false };

/**
 * The key indexes of the list that no verified device has, and the devices that may have been linked after it. The
 * server could make up the latter, and so withhold a security code; it could do that by not answering at all.
 */
function missingDevices(record: DeviceListRecord, refused: readonly RefusedDevice[]): MissingDevices {
  const open = validIndexesOf(record).filter(
    (index) => !record.companions.some(({ details }) => details.keyIndex === index),
  );
  const unknown = refused.filter(
    ({ why, keyIndex }) =>
      (why === 'identity-unknown' && (keyIndex === undefined || isLive(record.list, keyIndex))) ||
      (why === 'unsigned' && keyIndex !== undefined && open.includes(keyIndex)),
  );
  return {
    devices: unknown.map(({ device }) => device),
    nameless: open.some((index) => !unknown.some(({ keyIndex }) => keyIndex === index)),
  };
}

function isHosted({ list }: DeviceListRecord, { details }: VerifiedCompanion): boolean {
  const kinds = [details.accountType, details.deviceType, list.kind === 'signed' && list.details.accountType];
  return kinds.includes('hosted');
}
