/**
 * The names of a client's records: what a store of it holds.
 *
 * Addresses have neither spaces nor commas, so a space ends them; what comes last in a name may have any character.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import {
  decodeDeviceList,
  decodeLinkedDevice,
  decodeOwnDevices,
  encodeDeviceList,
  encodeLinkedDevice,
  encodeOwnDevices,
  type DeviceListRecord,
  type LinkedDevice,
  type OwnDevices,
} from '../devices/index.js';
import {
  decodeHeldMessages,
  decodeOutgoingMessage,
  decodeRetryAnswers,
  decodeRetryRequests,
  encodeHeldMessages,
  encodeOutgoingMessage,
  encodeRetryAnswers,
  encodeRetryRequests,
  type CachedMessage,
  type Envelope,
  type HeldMessages,
  type OutgoingMessage,
  type RetryAnswers,
  type RetryRequests,
} from '../fanout/index.js';
import {
  decodeIdentity,
  decodeOneTimePreKey,
  decodeSignedPreKey,
  encodeIdentity,
  encodeOneTimePreKey,
  encodeSignedPreKey,
  type Identity,
  type OneTimePreKey,
  type SignedPreKey,
} from '../identity/index.js';
import { decodeSession, encodeSession, type Session } from '../session/index.js';
import type { RecordKey } from './records.js';
import {
  approvalTable,
  deviceTable,
  envelopeTable,
  inboxTable,
  linkTable,
  outboxTable,
  pendingListTable,
  preKeyTable,
  tableKey,
  usedIdTable,
  type Approval,
  type DeviceState,
  type InboxMessage,
  type LinkState,
  type OutboxEntry,
  type PendingList,
  type PreKeyState,
  type UsedId,
} from './state.js';

/** Which device this is. */
export const DEVICE: RecordKey<DeviceState> = tableKey('device', deviceTable);

/** Its identity: a private key. */
export const IDENTITY: RecordKey<Identity> = {
  name: 'identity',
  encode: encodeIdentity,
  decode: decodeIdentity,
};

/** On the primary: the account's devices. */
export const OWN_DEVICES: RecordKey<OwnDevices> = {
  name: 'own-devices',
  encode: encodeOwnDevices,
  decode: decodeOwnDevices,
};

/** On the primary: that its list is to be published. */
export const PENDING_LIST: RecordKey<PendingList> = tableKey('pending-list', pendingListTable);

/** On a companion: its place in the account. */
export const LINKED_DEVICE: RecordKey<LinkedDevice> = {
  name: 'linked-device',
  encode: encodeLinkedDevice,
  decode: decodeLinkedDevice,
};

/** Which prekeys there are. */
export const PREKEYS: RecordKey<PreKeyState> = tableKey('prekeys', preKeyTable);

/** What one-time prekeys are called. */
export const ONE_TIME_PREKEYS = 'one-time-prekey/';

/** A one-time prekey: a private key. */
export function oneTimePreKey(id: number): RecordKey<OneTimePreKey> {
  return { name: `${ONE_TIME_PREKEYS}${id}`, encode: encodeOneTimePreKey, decode: decodeOneTimePreKey };
}

/** A signed prekey: a private key. */
export function signedPreKey(id: number): RecordKey<SignedPreKey> {
  return { name: `signed-prekey/${id}`, encode: encodeSignedPreKey, decode: decodeSignedPreKey };
}

/** What device lists are called. */
export const LISTS = 'list/';

/** What is known of an account's devices. */
export function deviceList(account: Address): RecordKey<DeviceListRecord> {
  return { name: `${LISTS}${account}`, encode: encodeDeviceList, decode: decodeDeviceList };
}

/** What sessions are called. */
export const SESSIONS = 'session/';

/** The session with a device: keys. */
export function session(device: Address): RecordKey<Session> {
  return { name: `${SESSIONS}${device}`, encode: encodeSession, decode: decodeSession };
}

/** What outgoing messages are called. */
export const MESSAGES = 'message/';

/** A message of ours: what it says, and who was sent it. It is kept for a day, for those who ask again. */
export function message(id: string): RecordKey<OutgoingMessage> {
  return { name: `${MESSAGES}${id}`, encode: encodeOutgoingMessage, decode: decodeOutgoingMessage };
}

/** What the marks of messages that are kept are called. */
export const KEPT = 'kept/';

/** Marks a message as sent, and kept for those who ask again: the marks are in the order of their times. */
export function keptMessage({ messageId, sentAt }: CachedMessage): RecordKey<UsedId> {
  return usedId(`${KEPT}${sortable(sentAt)} ${messageId}`);
}

/** The message that a mark is about. */
export function keptOf(name: string): CachedMessage {
  const at = KEPT.length + TIME_DIGITS;
  return { sentAt: Number(name.slice(KEPT.length, at)), messageId: name.slice(at + 1) };
}

/** What ids that were used to send are called. */
export const SENT = 'sent/';

/** An id that was used to send. */
export function sentId(id: string): RecordKey<UsedId> {
  return usedId(`${SENT}${id}`);
}

/** An id that was used, by its name. */
export function usedId(name: string): RecordKey<UsedId> {
  return tableKey(name, usedIdTable);
}

/** What entries of the outbox are called. */
export const OUTBOX = 'outbox/';

/** What is to be sent; entries are in the order of their times. */
export function outboxEntry(name: string): RecordKey<OutboxEntry> {
  return tableKey(name, outboxTable);
}

/** The name of an entry, and of its further records. */
export function outboxName(at: number, label: string): string {
  return `${OUTBOX}${sortable(at)} ${label}`;
}

/** What messages in the inbox are called. */
export const INBOX = 'inbox/';

/** A message that the application has not acknowledged. */
export function inboxMessage(name: string): RecordKey<InboxMessage> {
  return tableKey(name, inboxTable);
}

/** The name of a message in the inbox. */
export function inboxName(at: number, device: Address, id: string): string {
  return `${INBOX}${sortable(at)} ${device} ${id}`;
}

/** What events that were not told are called. */
export const UNTOLD = 'untold/';

/** The name of an event that was not told: events are in the order of their times. */
export function untoldName(at: number): string {
  return `${UNTOLD}${sortable(at)}`;
}

/** What ids that were received are called. */
export const SEEN = 'seen/';

/** An id that a device has used: a message of it with the same id is a repetition. Another device chooses its own ids. */
export function seenId(device: Address, id: string): RecordKey<UsedId> {
  return usedId(`${SEEN}${device} ${id}`);
}

/** What the requests for messages are called. */
export const ASKED = 'asked/';

/** What a device was asked to send again. */
export function retryRequests(device: Address): RecordKey<RetryRequests> {
  return { name: `${ASKED}${device}`, encode: encodeRetryRequests, decode: decodeRetryRequests };
}

/** What the answers to such requests are called. */
export const ANSWERED = 'answered/';

/** What a device was sent again. */
export function retryAnswers(device: Address): RecordKey<RetryAnswers> {
  return { name: `${ANSWERED}${device}`, encode: encodeRetryAnswers, decode: decodeRetryAnswers };
}

/** What the lists of held messages are called. */
export const HELD = 'held/';

/** Which messages of an account wait until something vouches for their senders. */
export function heldMessages(account: Address): RecordKey<HeldMessages> {
  return { name: `${HELD}${account}`, encode: encodeHeldMessages, decode: decodeHeldMessages };
}

/** A message that waits. */
export function heldEnvelope(device: Address, id: string): RecordKey<Envelope> {
  return tableKey(`held-envelope/${device} ${id}`, envelopeTable);
}

/** On a companion that is not linked yet, or whose answer has not reached the server. */
export const LINK: RecordKey<LinkState> = tableKey('link', linkTable);

/** What approved links are called. */
export const APPROVALS = 'approval/';

/** On the primary: a link that it has approved. */
export function approval(keyIndex: number): RecordKey<Approval> {
  return tableKey(`${APPROVALS}${keyIndex}`, approvalTable);
}

/** What the wishes of companions to be unlinked are called. */
export const LOGOUTS = 'logout/';

/** On the primary: a companion that has logged itself out. */
export function logoutOf(device: Address): RecordKey<UsedId> {
  return usedId(`${LOGOUTS}${device}`);
}

/** Digits of a time in a name: enough for every safe integer. */
const TIME_DIGITS = 16;

function sortable(at: number): string {
  return String(at).padStart(TIME_DIGITS, '0');
}
