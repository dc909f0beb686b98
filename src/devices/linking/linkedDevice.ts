/**
 * What a linked companion keeps about its place in the account.
 *
 * @module
 */
import { parseAddress, type Address } from '../../core/address.js';
import { malformed } from '../../core/refusals.js';
import type { PublicKey } from '../../crypto/index.js';
import {
  bytes,
  decodeRecord,
  encodeRecord,
  rawPublicKey,
  required,
  string,
  uint32,
  uint53,
  type Table,
} from '../../wire/index.js';
import { MAX_ADV_LENGTH } from '../adv.js';

/** A companion's place in its account. */
export interface LinkedDevice {
  /** Its address, with the number that the server has given it. */
  readonly address: Address;
  /** Names the registration of the account that it belongs to. */
  readonly rawId: number;
  /** Its key index, which the primary has given it. */
  readonly keyIndex: number;
  /** When the primary approved it, milliseconds since 1970. */
  readonly linkedAt: number;
  /** The primary's identity key, pinned: 32 bytes. */
  readonly primaryIdentity: PublicKey;
  /** Its ADVSignedDeviceIdentity bytes with both signatures: they go with every first message and every bundle. */
  readonly signedIdentity: Uint8Array;
}

const linkedDeviceTable: Table<LinkedDevice> = {
  name: 'linkedDevice',
  unknown: 'reject',
  rows: {
    address: required(1, string),
    rawId: required(2, uint32),
    keyIndex: required(3, uint32),
    linkedAt: required(4, uint53),
    primaryIdentity: required(5, rawPublicKey),
    signedIdentity: required(6, bytes(1, MAX_ADV_LENGTH)),
  },
};

/**
 * The companion's place as bytes to store; they hold no secret.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeLinkedDevice(device: LinkedDevice): Uint8Array {
  return encodeRecord(linkedDeviceTable, device);
}

/**
 * Reads a stored place.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeLinkedDevice(record: Uint8Array): LinkedDevice {
  const device = decodeRecord(linkedDeviceTable, record);
  if (isCompanion(device.address)) return device;
  throw malformed(
    linkedDeviceTable.name,
    'address',
    'that of a companion',
    `${device.address.length} characters`,
  );
}

function isCompanion(address: Address): boolean {
  try {
    return parseAddress(address).device !== 0;
  } catch {
    return false;
  }
}
