/**
 * Device-list metadata inside messages: what this device knows of both lists, so that a server that shows somebody an old
 * one is found out by the next message.
 *
 *     key hash = first 10 bytes of SHA-256(identity keys of the devices that the list names, sorted, one after the other)
 *
 * Only devices that the list of the stated time names are hashed: the primary, and companions with a valid key index.
 * Who knows the same list then hashes the same keys, whatever was linked since and whatever has expired meanwhile.
 *
 * @module
 */
import { concat } from '../core/bytes.js';
import { inputObject, inputTime } from '../core/check.js';
import type { DeviceListMetadata } from '../content/index.js';
import { sha256, type PublicKey } from '../crypto/index.js';
import { STATED_LIST_AGE_MS } from './limits.js';
import { inputRecord, timestampOf, validIndexesOf, type DeviceListRecord } from './listState.js';

/** Bytes of a key hash: what is seen on the wire. */
export const KEY_HASH_LENGTH = 10;

/** One side's half of the metadata. */
export interface DeviceListStatement {
  /** Truncated hash of the identity keys; absent if there are no companions. */
  readonly keyHash?: Uint8Array;
  /** The list's time, milliseconds since 1970. */
  readonly timestamp?: number;
  /** Key indexes of the devices that were hashed, where not all are known. */
  readonly keyIndexes?: readonly number[];
}

/** Both ends of a message. */
export interface DeviceListMetadataOptions {
  /** What is known of the sender's own account. */
  readonly sender: DeviceListRecord;
  /** What is known of the recipient's account; absent for a group. */
  readonly recipient?: DeviceListRecord;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The metadata to put into a message.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import { createDeviceListMetadata, deviceListOf, type DeviceListRecord, type OwnDevices } from 'polyratchet/devices';
 *
 * declare const devices: OwnDevices;
 * declare const bob: DeviceListRecord;
 * createDeviceListMetadata({ sender: deviceListOf(devices), recipient: bob, now: Date.now() });
 * ```
 */
export function createDeviceListMetadata(options: DeviceListMetadataOptions): DeviceListMetadata {
  const { recipient } = inputObject('options', options);
  const now = inputTime('now', options.now);
  const ours = statementOf(inputRecord(options.sender, 'sender'), now);
  const theirs = recipient === undefined ? {} : statementOf(inputRecord(recipient, 'recipient'), now);
  return {
    ...(ours.keyHash === undefined ? {} : { senderKeyHash: ours.keyHash }),
    ...(ours.timestamp === undefined ? {} : { senderTimestamp: ours.timestamp }),
    ...(ours.keyIndexes === undefined ? {} : { senderKeyIndexes: ours.keyIndexes }),
    ...(theirs.keyHash === undefined ? {} : { recipientKeyHash: theirs.keyHash }),
    ...(theirs.timestamp === undefined ? {} : { recipientTimestamp: theirs.timestamp }),
    ...(theirs.keyIndexes === undefined ? {} : { recipientKeyIndexes: theirs.keyIndexes }),
  };
}

function statementOf(record: DeviceListRecord, now: number): DeviceListStatement {
  const timestamp = timestampOf(record);
  if (validIndexesOf(record).length === 0) {
    return now < timestamp + STATED_LIST_AGE_MS ? { timestamp } : {};
  }
  const { devices, open } = namedDevices(record);
  return {
    keyHash: keyHashOf(devices, KEY_HASH_LENGTH),
    timestamp,
    ...(open.length === 0 ? {} : { keyIndexes: devices.map(({ keyIndex }) => keyIndex) }),
  };
}

/** A device that a list names. */
export interface NamedDevice {
  readonly keyIndex: number;
  readonly identity: PublicKey;
}

/** The devices that the list names: those whose identity is known, and the key indexes of the others. */
export function namedDevices(record: DeviceListRecord): {
  readonly devices: readonly NamedDevice[];
  readonly open: readonly number[];
} {
  const devices = record.companions.map(({ details, identity }) => ({
    keyIndex: details.keyIndex,
    identity,
  }));
  const indexes = validIndexesOf(record);
  return {
    devices: [
      { keyIndex: 0, identity: record.primaryIdentity },
      ...devices.filter(({ keyIndex }) => indexes.includes(keyIndex)),
    ],
    open: indexes.filter((index) => !devices.some(({ keyIndex }) => keyIndex === index)),
  };
}

/** The hash of the devices' identity keys, `length` bytes. */
export function keyHashOf(devices: readonly NamedDevice[], length: number): Uint8Array {
  const keys = devices.map(({ identity }) => identity).sort(byBytes);
  return sha256(concat(...keys)).slice(0, length);
}

/** Unsigned lexicographic order of byte strings of one length. */
function byBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
