/**
 * The names of the records of groups.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import type { Envelope } from '../../fanout/index.js';
import {
  decodeGroup,
  decodeKeyHolders,
  decodeWaitingMessages,
  encodeGroup,
  encodeKeyHolders,
  encodeWaitingMessages,
  type GroupKeyHolders,
  type GroupRecord,
  type WaitingMessages,
} from '../../group/index.js';
import {
  decodeReceivedSenderKey,
  decodeSenderKey,
  encodeReceivedSenderKey,
  encodeSenderKey,
  type ReceivedSenderKey,
  type SenderKey,
} from '../../senderkey/index.js';
import { usedId } from '../keys.js';
import type { RecordKey } from '../records.js';
import { envelopeTable, tableKey, type UsedId } from '../state.js';

/** What groups are called. */
export const GROUPS = 'group/';

/** What is known of a group. */
export function groupRecord(group: Address): RecordKey<GroupRecord> {
  return { name: `${GROUPS}${group}`, encode: encodeGroup, decode: decodeGroup };
}

/** Our sender key of a group: keys. */
export function ownSenderKey(group: Address): RecordKey<SenderKey> {
  return { name: `group-key/${group}`, encode: encodeSenderKey, decode: decodeSenderKey };
}

/** Who was given our sender key of a group. */
export function keyHolders(group: Address): RecordKey<GroupKeyHolders> {
  return { name: `group-holders/${group}`, encode: encodeKeyHolders, decode: decodeKeyHolders };
}

/** What the sender keys of a device are called. */
export function receivedPrefix(device: Address): string {
  return `group-received/${device} `;
}

/** What a device has given us for a group: keys. */
export function receivedSenderKey(device: Address, group: Address): RecordKey<ReceivedSenderKey> {
  return {
    name: `${receivedPrefix(device)}${group}`,
    encode: encodeReceivedSenderKey,
    decode: decodeReceivedSenderKey,
  };
}

/** What the lists of waiting messages are called. */
export const WAITING = 'group-waiting/';

/** Which messages of a group wait for a key, a list or a change. */
export function waitingMessages(group: Address): RecordKey<WaitingMessages> {
  return { name: `${WAITING}${group}`, encode: encodeWaitingMessages, decode: decodeWaitingMessages };
}

/** A message that waits. */
export function waitingEnvelope(group: Address, device: Address, id: string): RecordKey<Envelope> {
  return tableKey(`group-envelope/${group} ${device} ${id}`, envelopeTable);
}

/** What the marks of questions are called. */
export const ASKED = 'group-asked/';

/** When an account was asked for a group's state last. */
export function askedFor(group: Address, account: Address): RecordKey<UsedId> {
  return usedId(`${ASKED}${group} ${account}`);
}

/** On a companion: that it has asked for all groups of its account. */
export const ASKED_FOR_ALL: RecordKey<UsedId> = usedId('groups-asked-for');
