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
import { progressTable, standingTable, type GroupStanding, type Progress } from './state.js';

/** What groups are called. */
export const GROUPS = 'group/';

/** What is known of a group. */
export function groupRecord(group: Address): RecordKey<GroupRecord> {
  return { name: `${GROUPS}${group}`, encode: encodeGroup, decode: decodeGroup };
}

/** How sure we are of a group: written with each change of it, and with each message that is sent to it. */
export function groupStanding(group: Address): RecordKey<GroupStanding> {
  return tableKey(`group-standing/${group}`, standingTable);
}

/** What the marks of groups are called that we are no member of any more. */
export const LEFT = 'group-left/';

/** Marks a group that is known, and that we are no member of any more. */
export function leftGroup(group: Address): RecordKey<UsedId> {
  return usedId(`${LEFT}${group}`);
}

/** What the marks are called of who has written under our state of a group. */
export function agreedPrefix(group: Address): string {
  return `group-agreed/${group} `;
}

/** Marks an account that has written under our state of a group: it cannot say later that it knows another. */
export function agreedBy(group: Address, account: Address): RecordKey<UsedId> {
  return usedId(`${agreedPrefix(group)}${account}`);
}

/** Our sender key of a group: keys. */
export function ownSenderKey(group: Address): RecordKey<SenderKey> {
  return { name: `group-key/${group}`, encode: encodeSenderKey, decode: decodeSenderKey };
}

/** Who was given our sender key of a group. */
export function keyHolders(group: Address): RecordKey<GroupKeyHolders> {
  return { name: `group-holders/${group}`, encode: encodeKeyHolders, decode: decodeKeyHolders };
}

/** What the sender keys of other devices are called. */
export const RECEIVED = 'group-received/';

/** What the sender keys of a device are called. */
export function receivedPrefix(device: Address): string {
  return `${RECEIVED}${device} `;
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

/** What the marks are called of groups of which this device was not told, and that a sender was asked for. */
export const UNKNOWN = 'group-unknown/';

/** What the marks of one of them are called. */
export function unknownPrefix(group: Address): string {
  return `${UNKNOWN}${group} `;
}

/** When an account that has written to a group was asked for its state, of which this device was not told. */
export function askedForUnknown(group: Address, account: Address): RecordKey<UsedId> {
  return usedId(`${unknownPrefix(group)}${account}`);
}

/** What the marks of answers are called. */
export const ANSWERED = 'group-answered/';

/** When a device was told a group's state because it had asked. */
export function answeredTo(group: Address, device: Address): RecordKey<UsedId> {
  return usedId(`${ANSWERED}${group} ${device}`);
}

/** What the marks of disputes are called. */
export const DISPUTED = 'group-disputed/';

/** When the application was told last that somebody is not believed about a group. */
export function disputedBy(group: Address, account: Address): RecordKey<UsedId> {
  return usedId(`${DISPUTED}${group} ${account}`);
}

/** On a companion: that it has asked for all groups of its account. */
export const ASKED_FOR_ALL: RecordKey<UsedId> = usedId('groups-asked-for');

/** On the primary: how far it has got with telling its companions of all groups. */
export const TELLING_ALL: RecordKey<Progress> = tableKey('groups-telling', progressTable);
