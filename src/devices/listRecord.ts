/**
 * What is known of an account's devices as a stored record.
 *
 * @module
 */
import { MAX_DEVICE } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import type { PublicKey } from '../crypto/index.js';
import {
  accountText,
  bytes,
  decodeRecord,
  encodeRecord,
  enumeration,
  nested,
  optional,
  rawPublicKey,
  repeated,
  required,
  uint32,
  uint53,
  type Table,
} from '../wire/index.js';
import { MAX_DEVICES } from './limits.js';
import {
  companionFrom,
  inputRecord,
  signedListFrom,
  type DeviceListRecord,
  type ExpectedList,
  type KnownList,
  type RefusedDevice,
  type WhyExcluded,
} from './listState.js';

type AssumedList = Omit<Extract<KnownList, { kind: 'assumed' }>, 'kind'>;

/** A companion as it is stored: its details are read anew from what was signed. */
interface CompanionRecord {
  readonly device: number;
  readonly identity: PublicKey;
  readonly signedIdentity: Uint8Array;
}

interface StoredList {
  readonly account: string;
  readonly primaryIdentity: PublicKey;
  readonly assumed?: AssumedList;
  readonly signed?: Uint8Array;
  readonly companions: readonly CompanionRecord[];
  readonly refused: readonly RefusedDevice[];
  readonly expected?: ExpectedList;
}

const assumedTable: Table<AssumedList> = {
  name: 'deviceList.assumed',
  unknown: 'reject',
  rows: { timestamp: required(1, uint53), floor: required(2, uint53) },
};

const companionTable: Table<CompanionRecord> = {
  name: 'deviceList.companion',
  unknown: 'reject',
  rows: {
    device: required(1, uint32),
    identity: required(2, rawPublicKey),
    signedIdentity: required(3, bytes()),
  },
};

const why = enumeration<WhyExcluded>({
  unsigned: 1,
  'other-primary': 2,
  hosted: 3,
  'other-key-index': 4,
  'other-raw-id': 5,
  'identity-unknown': 6,
  'invalid-signature': 7,
  malformed: 8,
  'unsupported-version': 9,
  'from-future': 10,
  'no-list': 11,
  duplicate: 12,
  'too-many': 13,
  revoked: 14,
  expired: 15,
  'newer-list-expected': 16,
});

const refusedTable: Table<RefusedDevice> = {
  name: 'deviceList.refused',
  unknown: 'reject',
  rows: { device: required(1, uint32), keyIndex: optional(2, uint32), why: required(3, why) },
};

const expectedTable: Table<ExpectedList> = {
  name: 'deviceList.expected',
  unknown: 'reject',
  rows: { timestamp: required(1, uint53), since: required(2, uint53) },
};

const deviceListTable: Table<StoredList> = {
  name: 'deviceList',
  unknown: 'reject',
  rows: {
    account: required(1, accountText),
    primaryIdentity: required(2, rawPublicKey),
    assumed: optional(3, nested(assumedTable)),
    signed: optional(4, bytes()),
    companions: repeated(5, nested(companionTable), MAX_DEVICES - 1),
    refused: repeated(6, nested(refusedTable), MAX_DEVICES),
    expected: optional(7, nested(expectedTable)),
  },
};

/**
 * A device list as bytes to store.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import { decodeDeviceList, encodeDeviceList, type DeviceListRecord } from 'polyratchet/devices';
 *
 * declare const record: DeviceListRecord;
 * const stored = encodeDeviceList(record); // versioned bytes
 * const again = decodeDeviceList(stored);
 * ```
 */
export function encodeDeviceList(record: DeviceListRecord): Uint8Array {
  const { account, primaryIdentity, list, companions, refused, expected } = inputRecord(record);
  return encodeRecord(deviceListTable, {
    account,
    primaryIdentity,
    ...(list.kind === 'signed'
      ? { signed: list.bytes }
      : { assumed: { timestamp: list.timestamp, floor: list.floor } }),
    companions: companions.map(({ device, identity, signedIdentity }) => ({
      device,
      identity,
      signedIdentity,
    })),
    refused,
    ...(expected === undefined ? {} : { expected }),
  });
}

/**
 * Reads a stored device list strictly. Its signatures were verified before it was stored; that nobody changed the bytes is
 * the store's business.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`, `too-large`; `invalid-argument`: no bytes.
 */
export function decodeDeviceList(record: Uint8Array): DeviceListRecord {
  const { assumed, signed, ...rest } = decodeRecord(deviceListTable, record);
  const companions = rest.companions.map(({ device, identity, signedIdentity }) =>
    companionFrom(device, identity, signedIdentity),
  );
  companions.reduce((before, { device }) => {
    if (device > before && device <= MAX_DEVICE) return device;
    throw malformed('companions', 'growing device numbers');
  }, 0);
  if (rest.refused.some(({ device }) => device < 1 || device > MAX_DEVICE)) {
    throw malformed('refused', 'device numbers of companions');
  }
  return { ...rest, list: listOf(assumed, signed, companions.length), companions };
}

function listOf(
  assumed: AssumedList | undefined,
  signed: Uint8Array | undefined,
  companions: number,
): KnownList {
  if (signed !== undefined && assumed === undefined) return signedListFrom(signed);
  if (assumed !== undefined && signed === undefined && companions === 0)
    return { kind: 'assumed', ...assumed };
  throw malformed('list', 'a signed one, or an assumed one without companions');
}

function malformed(field: string, expected: string): PolyratchetError {
  return new PolyratchetError('malformed', { what: 'deviceList', field, expected, got: 'another value' });
}
