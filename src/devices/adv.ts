/**
 * ADV: what a primary signs about its companions and its device list, in WhatsApp's protobufs.
 *
 *     ADVKeyIndexList              1 raw id | 2 timestamp | 3 current index | 4 valid indexes, packed | 5 account type
 *     ADVSignedKeyIndexList        1 details | 2 account signature | 3 account signature key
 *     ADVDeviceIdentity            1 raw id | 2 timestamp | 3 key index | 4 account type | 5 device type
 *     ADVSignedDeviceIdentity      1 details | 2 account signature key | 3 account signature | 4 device signature
 *     ADVSignedDeviceIdentityHMAC  1 details | 2 HMAC | 3 account type
 *
 * `details` are the bytes of the message inside; signatures are over those bytes as they came, so they are kept and never
 * written anew. Peers may add fields, which the signatures cover and this library skips.
 *
 * @module
 */
import { inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { malformed } from '../core/refusals.js';
import { SIGNATURE_LENGTH, type PublicKey } from '../crypto/index.js';
import {
  bytes,
  decodeMessage,
  encodeMessage,
  enumeration,
  optional,
  packedUint32,
  rawPublicKey,
  required,
  seconds,
  uint32,
  type Table,
} from '../wire/index.js';

/** Whether an account or a device is its owner's, or a hosting provider's that answers in its name. */
export type AccountType = 'e2ee' | 'hosted';

/** Most valid indexes in a list: far more companions than any account may link. */
export const MAX_VALID_INDEXES = 64;

/** Longest ADV message: several times what the longest list and its signature need. */
export const MAX_ADV_LENGTH = 2_048;

/** Bytes of the container's HMAC. */
const MAC_LENGTH = 32;

/** Which key indexes an account's primary vouches for. */
export interface KeyIndexList {
  /** Names the registration of the account; any 32-bit number. */
  readonly rawId: number;
  /** When it was signed: milliseconds since 1970, whole seconds. */
  readonly timestamp: number;
  /** The highest key index given so far; what is above was linked after this list. */
  readonly currentIndex: number;
  /** Key indexes of the companions, each at most once and at most `currentIndex`. */
  readonly validIndexes: readonly number[];
  /** Kind of the account; absent as `e2ee`. */
  readonly accountType?: AccountType;
}

/** A key index list and the primary's signature. */
export interface SignedKeyIndexList {
  /** ADVKeyIndexList bytes. */
  readonly details: Uint8Array;
  /** The primary's signature `06 02` over the details, 64 bytes. */
  readonly accountSignature: Uint8Array;
  /** The primary's identity key as the list claims it, 32 bytes. */
  readonly accountSignatureKey?: PublicKey;
}

/** What a primary gives a companion. */
export interface DeviceIdentity {
  /** Names the registration of the account; any 32-bit number. */
  readonly rawId: number;
  /** When it was approved: milliseconds since 1970, whole seconds. */
  readonly timestamp: number;
  /** The companion's key index. */
  readonly keyIndex: number;
  /** Kind of the account; absent as `e2ee`. */
  readonly accountType?: AccountType;
  /** Kind of the device; absent as `e2ee`. */
  readonly deviceType?: AccountType;
}

/** A device identity and the signatures of both devices. */
export interface SignedDeviceIdentity {
  /** ADVDeviceIdentity bytes. */
  readonly details: Uint8Array;
  /** The primary's identity key as the message claims it, 32 bytes; left out where the receiver knows it. */
  readonly accountSignatureKey?: PublicKey;
  /** The primary's signature, 64 bytes. */
  readonly accountSignature: Uint8Array;
  /** The companion's signature, 64 bytes; absent until it has signed. */
  readonly deviceSignature?: Uint8Array;
}

/** A device identity on its way to the companion, under the secret of the link. */
export interface DeviceIdentityContainer {
  /** ADVSignedDeviceIdentity bytes. */
  readonly details: Uint8Array;
  /** HMAC-SHA-256 by the linking secret, 32 bytes. */
  readonly mac: Uint8Array;
  /** Kind of the account; absent as `e2ee`. */
  readonly accountType?: AccountType;
}

const accountType = enumeration<AccountType>({ e2ee: 0, hosted: 1 });
const signature = bytes(SIGNATURE_LENGTH);

/** A list as it travels: without companions the field of indexes is left out. */
type KeyIndexListMessage = Omit<KeyIndexList, 'validIndexes'> & Partial<Pick<KeyIndexList, 'validIndexes'>>;

const keyIndexListTable: Table<KeyIndexListMessage> = {
  name: 'ADVKeyIndexList',
  unknown: 'skip',
  rows: {
    rawId: required(1, uint32),
    timestamp: required(2, seconds),
    currentIndex: required(3, uint32),
    validIndexes: optional(4, packedUint32(MAX_VALID_INDEXES)),
    accountType: optional(5, accountType),
  },
};

const signedKeyIndexListTable: Table<SignedKeyIndexList> = {
  name: 'ADVSignedKeyIndexList',
  unknown: 'skip',
  rows: {
    details: required(1, bytes()),
    accountSignature: required(2, signature),
    accountSignatureKey: optional(3, rawPublicKey),
  },
};

const deviceIdentityTable: Table<DeviceIdentity> = {
  name: 'ADVDeviceIdentity',
  unknown: 'skip',
  rows: {
    rawId: required(1, uint32),
    timestamp: required(2, seconds),
    keyIndex: required(3, uint32),
    accountType: optional(4, accountType),
    deviceType: optional(5, accountType),
  },
};

const signedDeviceIdentityTable: Table<SignedDeviceIdentity> = {
  name: 'ADVSignedDeviceIdentity',
  unknown: 'skip',
  rows: {
    details: required(1, bytes()),
    accountSignatureKey: optional(2, rawPublicKey),
    accountSignature: required(3, signature),
    deviceSignature: optional(4, signature),
  },
};

const containerTable: Table<DeviceIdentityContainer> = {
  name: 'ADVSignedDeviceIdentityHMAC',
  unknown: 'skip',
  rows: {
    details: required(1, bytes()),
    mac: required(2, bytes(MAC_LENGTH)),
    accountType: optional(3, accountType),
  },
};

/**
 * ADVKeyIndexList bytes.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeKeyIndexList(keyIndexList: KeyIndexList): Uint8Array {
  const { validIndexes, ...list } = inputObject('keyIndexList', keyIndexList);
  return encodeMessage(keyIndexListTable, {
    ...list,
    ...(validIndexes.length === 0 ? {} : { validIndexes }),
  });
}

/**
 * Reads ADVKeyIndexList strictly: an index twice, or above the current one, is malformed too.
 *
 * @throws PolyratchetError `malformed`, `too-large`; `invalid-argument`: no bytes.
 */
export function decodeKeyIndexList(input: Uint8Array): KeyIndexList {
  const { validIndexes = [], ...list } = decode(keyIndexListTable, input);
  const isOdd = (index: number, at: number): boolean =>
    index > list.currentIndex || validIndexes.indexOf(index) !== at;
  if (!validIndexes.some(isOdd)) return { ...list, validIndexes };
  throw malformed(
    keyIndexListTable.name,
    'validIndexes',
    'each index once and at most the current one',
    'others',
  );
}

/**
 * ADVSignedKeyIndexList bytes.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeSignedKeyIndexList(list: SignedKeyIndexList): Uint8Array {
  return encodeMessage(signedKeyIndexListTable, list);
}

/**
 * Reads ADVSignedKeyIndexList strictly; nothing is verified.
 *
 * @throws PolyratchetError `malformed`, `too-large`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeSignedKeyIndexList(input: Uint8Array): SignedKeyIndexList {
  return decode(signedKeyIndexListTable, input);
}

/**
 * ADVDeviceIdentity bytes.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeDeviceIdentity(device: DeviceIdentity): Uint8Array {
  return encodeMessage(deviceIdentityTable, device);
}

/**
 * Reads ADVDeviceIdentity strictly; a companion's key index is never 0, which is the primary's.
 *
 * @throws PolyratchetError `malformed`, `too-large`; `invalid-argument`: no bytes.
 */
export function decodeDeviceIdentity(input: Uint8Array): DeviceIdentity {
  const device = decode(deviceIdentityTable, input);
  if (device.keyIndex !== 0) return device;
  throw malformed(deviceIdentityTable.name, 'keyIndex', 'a companion’s, from 1', '0');
}

/**
 * ADVSignedDeviceIdentity bytes.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeSignedDeviceIdentity(signed: SignedDeviceIdentity): Uint8Array {
  return encodeMessage(signedDeviceIdentityTable, signed);
}

/**
 * Reads ADVSignedDeviceIdentity strictly; nothing is verified.
 *
 * @throws PolyratchetError `malformed`, `too-large`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeSignedDeviceIdentity(input: Uint8Array): SignedDeviceIdentity {
  return decode(signedDeviceIdentityTable, input);
}

/**
 * ADVSignedDeviceIdentityHMAC bytes.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeDeviceIdentityContainer(container: DeviceIdentityContainer): Uint8Array {
  return encodeMessage(containerTable, container);
}

/**
 * Reads ADVSignedDeviceIdentityHMAC strictly; nothing is verified.
 *
 * @throws PolyratchetError `malformed`, `too-large`; `invalid-argument`: no bytes.
 */
export function decodeDeviceIdentityContainer(input: Uint8Array): DeviceIdentityContainer {
  return decode(containerTable, input);
}

function decode<Message extends object>(table: Table<Message>, input: Uint8Array): Message {
  const checked = inputBytes(table.name, input);
  if (checked.length <= MAX_ADV_LENGTH) return decodeMessage(table, checked);
  throw new PolyratchetError('too-large', { what: table.name, limit: MAX_ADV_LENGTH, got: checked.length });
}
