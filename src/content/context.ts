/**
 * MessageContextInfo: what a message says about the device lists of both sides, from inside the encryption.
 *
 *     MessageContextInfo {1 deviceListMetadata, 2 deviceListMetadataVersion}
 *
 * A server that shows somebody an old list, or one with a device too many, is found out by the first message that was
 * sent under another. "Sender key" and "recipient key" mean identity keys here, not those of groups.
 *
 * @module
 */
import { inputObject } from '../core/check.js';
import {
  bytes,
  decodeMessage,
  encodeMessage,
  enumeration,
  nested,
  optional,
  packedUint32,
  seconds,
  uint32,
  type Table,
} from '../wire/index.js';

/** The version of the metadata, WhatsApp's: written, and the only one that is read. */
export const DEVICE_LIST_METADATA_VERSION = 2;

/** Most key indexes of one side: as many as a whole device list may have devices. */
export const MAX_KEY_INDEXES = 64;

/** Whether all devices of an account are its owner's, or one is somebody's who answers in its name. */
export type AccountType = 'e2ee' | 'hosted';

/** What the sender of a message knows of the device lists of both sides; a group message has the sender's half only. */
export interface DeviceListMetadata {
  /** Truncated hash of the sender's identity keys, 8 … 32 bytes; absent if the sender has no companions. */
  readonly senderKeyHash?: Uint8Array;
  /** Timestamp of the sender's list, milliseconds since 1970 (on the wire whole seconds). */
  readonly senderTimestamp?: number;
  /** Key indexes of the devices that were hashed, where the sender does not know all of them; at most 64. */
  readonly senderKeyIndexes?: readonly number[];
  /** Type of the sender's account. */
  readonly senderAccountType?: AccountType;
  /** Type of the recipient's account. */
  readonly receiverAccountType?: AccountType;
  /** Truncated hash of the recipient's identity keys, 8 … 32 bytes. */
  readonly recipientKeyHash?: Uint8Array;
  /** Timestamp of the recipient's list, milliseconds since 1970 (on the wire whole seconds). */
  readonly recipientTimestamp?: number;
  /** Key indexes of the devices that were hashed, where the sender does not know all of them; at most 64. */
  readonly recipientKeyIndexes?: readonly number[];
}

/** The library's part of MessageContextInfo. */
interface MessageContextInfo {
  readonly deviceListMetadata?: DeviceListMetadata;
  readonly deviceListMetadataVersion?: number;
}

/** Ten bytes are seen; fewer than eight could be met by chance, and SHA-256 has no more than 32. */
const keyHash = bytes(8, 32);

const accountType = enumeration<AccountType>({ e2ee: 0, hosted: 1 });

/** Peers may add fields. */
const deviceListMetadataTable: Table<DeviceListMetadata> = {
  name: 'DeviceListMetadata',
  unknown: 'skip',
  rows: {
    senderKeyHash: optional(1, keyHash),
    senderTimestamp: optional(2, seconds),
    senderKeyIndexes: optional(3, packedUint32(MAX_KEY_INDEXES)),
    senderAccountType: optional(4, accountType),
    receiverAccountType: optional(5, accountType),
    recipientKeyHash: optional(8, keyHash),
    recipientTimestamp: optional(9, seconds),
    recipientKeyIndexes: optional(10, packedUint32(MAX_KEY_INDEXES)),
  },
};

/** What else is in it is the application's. */
const messageContextInfoTable: Table<MessageContextInfo> = {
  name: 'MessageContextInfo',
  unknown: 'skip',
  rows: {
    deviceListMetadata: optional(1, nested(deviceListMetadataTable)),
    deviceListMetadataVersion: optional(2, uint32),
  },
};

/**
 * The library's fields of a MessageContextInfo; they can be appended to another's that has none of them.
 *
 * @throws PolyratchetError `invalid-argument`
 * @internal
 */
export function encodeContext(deviceListMetadata: DeviceListMetadata): Uint8Array {
  return encodeMessage(messageContextInfoTable, {
    deviceListMetadata: inputObject('deviceListMetadata', deviceListMetadata),
    deviceListMetadataVersion: DEVICE_LIST_METADATA_VERSION,
  });
}

/**
 * What a MessageContextInfo says about device lists; nothing if it says it in another version.
 *
 * @throws PolyratchetError `malformed`
 */
export function decodeContext(context: Uint8Array): DeviceListMetadata | undefined {
  const { deviceListMetadata, deviceListMetadataVersion } = decodeMessage(messageContextInfoTable, context);
  return deviceListMetadataVersion === DEVICE_LIST_METADATA_VERSION ? deviceListMetadata : undefined;
}

/** Whether a field of a MessageContextInfo is the library's. */
export function isLibraryContextField({ number }: { readonly number: number }): boolean {
  return Object.values(messageContextInfoTable.rows).some((row) => row.number === number);
}
