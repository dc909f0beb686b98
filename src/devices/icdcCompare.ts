/**
 * Device-list metadata of a message that has been decrypted, beside what is known here: every difference has a name and
 * says what to fetch.
 *
 * @module
 */
import { deviceAddress, MAX_DEVICE } from '../core/address.js';
import { copyBytes, equalBytes, inputBytes } from '../core/bytes.js';
import { inputInteger, inputObject, inputTime } from '../core/check.js';
import type { DeviceListMetadata } from '../content/index.js';
import type { DeviceFetch } from './accepted.js';
import { expectNewerList, type NewerListHint } from './expected.js';
import { keyHashOf, namedDevices, type DeviceListStatement } from './icdc.js';
import { addressed, type RemovedDevice } from './list.js';
import { inputRecord, timestampOf, validIndexesOf, type DeviceListRecord } from './listState.js';

/** What one half of the metadata says, beside what is known. */
export type MetadataComparison =
  | {
      /** The same list and the same identity keys, or no companions on either side. */
      readonly kind: 'agrees';
    }
  | {
      /** The other device knows an older list, or none: it is behind, or its message was long on the way. */
      readonly kind: 'older';
    }
  | {
      /** The other device knows a newer list, or one from the future; see `expectNewerList`, also for whose word counts. */
      readonly kind: 'newer' | 'from-future';
      /** The time of that list, milliseconds since 1970. */
      readonly timestamp: number;
      /** What to store; the same record where a contact speaks of our own list. */
      readonly record: DeviceListRecord;
      /** What to ask the server for. */
      readonly fetch: readonly DeviceFetch[];
    }
  | {
      /** The primary itself says that it has no companions any more. */
      readonly kind: 'primary-only';
      /** When it had its last one, milliseconds since 1970. */
      readonly timestamp: number;
      /** What to store. */
      readonly record: DeviceListRecord;
      /** The companions that are there no more. */
      readonly removed: readonly RemovedDevice[];
    }
  | {
      /** The lists are of one time, and the identity keys under them are not the same. */
      readonly kind: 'differs';
      /** The hash of what is known here, as long as the other; absent where no companions are known. */
      readonly expected?: Uint8Array;
      /** The hash that came, 8 … 32 bytes; absent where the other side knows of no companions. */
      readonly got?: Uint8Array;
      /** What to ask the server for. */
      readonly fetch: readonly DeviceFetch[];
    }
  | {
      /** The lists are of one time, and identity keys that were hashed are not known here. */
      readonly kind: 'unknown';
      /** What to ask the server for. */
      readonly fetch: readonly DeviceFetch[];
    };

/** A message's metadata, and what is known here. */
export interface CompareMetadataOptions {
  /** The metadata, from inside an authenticated message. */
  readonly metadata: DeviceListMetadata;
  /** What is known of the sender's account. */
  readonly sender: DeviceListRecord;
  /** Number of the device that sent the message; 0 for the primary. */
  readonly device: number;
  /** What is known of the own account; absent for a group message, which has the sender's half only. */
  readonly own?: DeviceListRecord;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Both halves of a message's metadata. */
export interface MetadataComparisons {
  /** About the sender's list. */
  readonly sender: MetadataComparison;
  /** About the own list; absent where there was nothing to compare it with. */
  readonly recipient?: MetadataComparison;
}

/**
 * Compares a message's metadata with what is known. Hashes are compared only where the lists are of one time.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import type { DeviceListMetadata } from 'polyratchet/content';
 * import { compareDeviceListMetadata, type DeviceListRecord } from 'polyratchet/devices';
 *
 * declare const metadata: DeviceListMetadata; // of a message from alice's primary
 * declare const alice: DeviceListRecord;
 * const { sender } = compareDeviceListMetadata({ metadata, sender: alice, device: 0, now: Date.now() });
 * if (sender.kind === 'differs') console.log('somebody is shown another list', sender.fetch);
 * ```
 */
export function compareDeviceListMetadata(options: CompareMetadataOptions): MetadataComparisons {
  const { own } = inputObject('options', options);
  const metadata = inputObject('metadata', options.metadata);
  const now = inputTime('now', options.now);
  const device = inputInteger('device', options.device, 0, MAX_DEVICE);
  const record = inputRecord(options.sender, 'sender');
  const sender = compareSender(record, senderHalf(metadata), device, now);
  if (own === undefined) return { sender };
  return { sender, recipient: compareRecipient(inputRecord(own, 'own'), recipientHalf(metadata), now) };
}

/** The sender knows its own list: only a message that is late has an older one, and silence is a statement. */
function compareSender(
  record: DeviceListRecord,
  stated: DeviceListStatement,
  device: number,
  now: number,
): MetadataComparison {
  const { keyHash, timestamp } = stated;
  if (timestamp === undefined) {
    const isSilence = keyHash === undefined && validIndexesOf(record).length === 0;
    return isSilence ? { kind: 'agrees' } : differs(record, stated);
  }
  const compared = compareTimed(record, { ...stated, timestamp }, 'account', now);
  if (compared.kind !== 'newer' || device !== 0 || keyHash !== undefined) return compared;
  return {
    kind: 'primary-only',
    timestamp,
    record: aloneSince(record, timestamp),
    removed: record.companions.map((companion) => ({
      ...addressed(record.account, companion),
      why: 'revoked',
    })),
  };
}

/** The recipient's list is not the sender's own: knowing nothing of it is being behind, and a newer one is hearsay. */
function compareRecipient(
  record: DeviceListRecord,
  stated: DeviceListStatement,
  now: number,
): MetadataComparison {
  const { keyHash, timestamp } = stated;
  if (timestamp !== undefined) return compareTimed(record, { ...stated, timestamp }, 'contact', now);
  if (keyHash !== undefined) return differs(record, stated);
  return { kind: validIndexesOf(record).length === 0 ? 'agrees' : 'older' };
}

function compareTimed(
  record: DeviceListRecord,
  stated: DeviceListStatement & { readonly timestamp: number },
  source: NewerListHint['source'],
  now: number,
): MetadataComparison {
  const { timestamp } = stated;
  const known = timestampOf(record);
  if (timestamp < known) return { kind: 'older' };
  if (timestamp === known) return compareHashes(record, stated);
  const { kind, ...rest } = expectNewerList({ record, timestamp, source, now });
  return { kind: kind === 'from-future' ? kind : 'newer', timestamp, ...rest };
}

function compareHashes(record: DeviceListRecord, stated: DeviceListStatement): MetadataComparison {
  const { keyHash, keyIndexes } = stated;
  const indexes = validIndexesOf(record);
  if (keyHash === undefined) return indexes.length === 0 ? { kind: 'agrees' } : differs(record, stated);
  const hashed = keyIndexes ?? [0, ...indexes];
  if (indexes.length === 0 || hashed.some((index) => index !== 0 && !indexes.includes(index))) {
    return differs(record, stated);
  }
  const { devices, open } = namedDevices(record);
  if (hashed.some((index) => open.includes(index))) return { kind: 'unknown', fetch: fetchAll(record) };
  const expected = keyHashOf(
    devices.filter(({ keyIndex }) => hashed.includes(keyIndex)),
    keyHash.length,
  );
  return equalBytes(expected, keyHash) ? { kind: 'agrees' } : differs(record, stated, expected);
}

function differs(
  record: DeviceListRecord,
  { keyHash }: DeviceListStatement,
  expected?: Uint8Array,
): MetadataComparison {
  return {
    kind: 'differs',
    ...(expected === undefined ? {} : { expected }),
    ...(keyHash === undefined ? {} : { got: keyHash }),
    fetch: fetchAll(record),
  };
}

/** The list, and the identity of every device but the primary that is known or claimed. */
function fetchAll({ account, companions, refused }: DeviceListRecord): readonly DeviceFetch[] {
  const numbers = new Set([...companions, ...refused].map(({ device }) => device));
  return [
    { kind: 'list', account },
    ...[...numbers].map((device) => ({ kind: 'identity' as const, device: deviceAddress(account, device) })),
  ];
}

/** The primary without companions, by its own word: what it has signed before that time is a rollback from now on. */
function aloneSince(record: DeviceListRecord, timestamp: number): DeviceListRecord {
  const { account, primaryIdentity, expected } = record;
  return {
    account,
    primaryIdentity,
    list: { kind: 'assumed', timestamp, floor: timestamp },
    companions: [],
    refused: [],
    ...(expected !== undefined && expected.timestamp > timestamp ? { expected } : {}),
  };
}

function senderHalf(metadata: DeviceListMetadata): DeviceListStatement {
  const { senderKeyHash, senderTimestamp, senderKeyIndexes } = metadata;
  return statement(senderKeyHash, senderTimestamp, senderKeyIndexes);
}

function recipientHalf(metadata: DeviceListMetadata): DeviceListStatement {
  const { recipientKeyHash, recipientTimestamp, recipientKeyIndexes } = metadata;
  return statement(recipientKeyHash, recipientTimestamp, recipientKeyIndexes);
}

function statement(
  keyHash: Uint8Array | undefined,
  timestamp: number | undefined,
  keyIndexes: readonly number[] | undefined,
): DeviceListStatement {
  return {
    ...(keyHash === undefined ? {} : { keyHash: copyBytes(inputBytes('metadata.keyHash', keyHash)) }),
    ...(timestamp === undefined ? {} : { timestamp: inputTime('metadata.timestamp', timestamp) }),
    ...(keyIndexes === undefined || keyIndexes.length === 0 ? {} : { keyIndexes }),
  };
}
