/**
 * The client's own records: who this device is, which keys it has published, what it has sent and received.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { messageIdText, type VerifiedChat } from '../content/index.js';
import { MAX_DEVICES } from '../devices/index.js';
import type { Envelope, EnvelopeType } from '../fanout/index.js';
import {
  accountText,
  bytes,
  decodeRecord,
  deviceText,
  encodeRecord,
  enumeration,
  nested,
  optional,
  repeated,
  required,
  string,
  uint32,
  uint53,
  type Table,
} from '../wire/index.js';
import type { RecordKey } from './records.js';

/** A record of a table under a name. */
export function tableKey<Value extends object>(name: string, table: Table<Value>): RecordKey<Value> {
  return {
    name,
    encode: (value) => encodeRecord(table, value),
    decode: (record) => decodeRecord(table, record),
  };
}

/** Which device this is. */
export interface DeviceState {
  /** Its address; the primary has that of the account. */
  readonly address: Address;
  /** Its registration id. */
  readonly registrationId: number;
}

/** The table of {@link DeviceState}. */
export const deviceTable: Table<DeviceState> = {
  name: 'client.device',
  unknown: 'reject',
  rows: { address: required(1, deviceText), registrationId: required(2, uint32) },
};

/** A signed prekey that was replaced. */
export interface ReplacedPreKey {
  /** Its id. */
  readonly id: number;
  /** When its successor was made, milliseconds since 1970. */
  readonly at: number;
}

/** Keys that are stored and may not have reached the server. */
export interface PendingPreKeys {
  /** Names the publication, so that it happens once. */
  readonly id: string;
  /** Ids of the new one-time prekeys. */
  readonly oneTimePreKeyIds: readonly number[];
}

/** Which prekeys this device has. */
export interface PreKeyState {
  /** The last id of a one-time prekey. */
  readonly lastOneTimeId: number;
  /** Id of the signed prekey that counts now. */
  readonly signedId: number;
  /** Those before, whose private keys are still kept. */
  readonly replaced: readonly ReplacedPreKey[];
  /** What is to be published. */
  readonly pending?: PendingPreKeys;
}

/** Signed prekeys that are kept at a time: a month of weekly ones, and room for clocks that were wrong. */
const MAX_REPLACED = 64;

/** One-time prekeys in one publication. */
const MAX_PENDING = 10_000;

/** The table of {@link PreKeyState}. */
export const preKeyTable: Table<PreKeyState> = {
  name: 'client.preKeys',
  unknown: 'reject',
  rows: {
    lastOneTimeId: required(1, uint32),
    signedId: required(2, uint32),
    replaced: repeated(
      3,
      nested<ReplacedPreKey>({
        name: 'client.preKeys.replaced',
        unknown: 'reject',
        rows: { id: required(1, uint32), at: required(2, uint53) },
      }),
      MAX_REPLACED,
    ),
    pending: optional(
      4,
      nested<PendingPreKeys>({
        name: 'client.preKeys.pending',
        unknown: 'reject',
        rows: { id: required(1, string), oneTimePreKeyIds: repeated(2, uint32, MAX_PENDING) },
      }),
    ),
  },
};

/** A list of devices that is signed and may not have reached the server. */
export interface PendingList {
  /** Device numbers that the server lets in no more. */
  readonly removed: readonly number[];
}

/** The table of {@link PendingList}. */
export const pendingListTable: Table<PendingList> = {
  name: 'client.pendingList',
  unknown: 'reject',
  rows: { removed: repeated(1, uint32, MAX_DEVICES) },
};

const TYPES: Readonly<Record<EnvelopeType, number>> = { prekey: 1, message: 2, senderkey: 3, retry: 4 };

/** The table of envelopes: on their way out, or waiting for somebody to vouch for their sender. */
export const envelopeTable: Table<Envelope> = {
  name: 'client.envelope',
  unknown: 'reject',
  rows: {
    id: required(1, messageIdText),
    from: required(2, deviceText),
    to: required(3, deviceText),
    type: required(4, enumeration(TYPES)),
    bytes: required(5, bytes()),
    deviceIdentity: optional(6, bytes()),
    at: required(7, uint53),
    group: optional(8, accountText),
  },
};

/** Envelopes of one record: a message to 5,125 devices takes several. */
export const MAX_ENVELOPES = 512;

/** Envelopes that are to be sent. */
export interface OutboxEntry {
  /** The message's id. */
  readonly messageId: string;
  /** Names the send at the server. */
  readonly sendId: string;
  /** Whether it is a round of a message to all devices, so that the server's answer counts. */
  readonly round: number;
  /** Participant hash of the round's plan. */
  readonly participantHash?: string;
  /** Records with more envelopes. */
  readonly more: number;
  /** The envelopes; a round that has none yet is to be encrypted first. */
  readonly envelopes: readonly Envelope[];
}

/** The table of {@link OutboxEntry}. */
export const outboxTable: Table<OutboxEntry> = {
  name: 'client.outbox',
  unknown: 'reject',
  rows: {
    messageId: required(1, messageIdText),
    sendId: required(2, string),
    round: required(3, uint32),
    participantHash: optional(4, string),
    more: required(5, uint32),
    envelopes: repeated(6, nested(envelopeTable), MAX_ENVELOPES),
  },
};

/** An id that was used: by a caller to send, or by a sender whose message was received. */
export interface UsedId {
  /** When, milliseconds since 1970. */
  readonly at: number;
}

/** The table of {@link UsedId}. */
export const usedIdTable: Table<UsedId> = {
  name: 'client.usedId',
  unknown: 'reject',
  rows: { at: required(1, uint53) },
};

/** A message in the inbox. */
export interface InboxMessage {
  /** Its id. */
  readonly id: string;
  /** Address of the device that sent it. */
  readonly from: Address;
  /** What its chat is. */
  readonly kind: VerifiedChat['kind'];
  /** Where it is shown. */
  readonly chat: Address;
  /** The application's bytes. */
  readonly body: Uint8Array;
  /** When it was received, milliseconds since 1970. */
  readonly receivedAt: number;
}

/** The table of {@link InboxMessage}. */
export const inboxTable: Table<InboxMessage> = {
  name: 'client.inbox',
  unknown: 'reject',
  rows: {
    id: required(1, messageIdText),
    from: required(2, deviceText),
    kind: required(3, enumeration({ incoming: 1, outgoing: 2, group: 3 })),
    chat: required(4, accountText),
    body: required(5, bytes()),
    receivedAt: required(6, uint53),
  },
};

/** How far this companion's own link has come. */
export interface LinkState {
  /** By code, before the primary has answered: the bytes of `encodeCompanionCodeLink`. */
  readonly codeLink?: Uint8Array;
  /** While the primary is waited for: the bytes of `encodeLinkOffer`. */
  readonly offer?: Uint8Array;
  /** Once this device is linked: what is to be left for the primary. */
  readonly reply?: Uint8Array;
  /** Names the exchange at the server, once it has a name. */
  readonly ref?: string;
  /** By code: the account that was asked. */
  readonly account?: Address;
}

/** The table of {@link LinkState}. */
export const linkTable: Table<LinkState> = {
  name: 'client.link',
  unknown: 'reject',
  rows: {
    codeLink: optional(1, bytes()),
    offer: optional(2, bytes()),
    reply: optional(3, bytes()),
    ref: optional(4, string),
    account: optional(5, accountText),
  },
};

/** A link that this primary has approved, and that the companion has not answered. */
export interface Approval {
  /** Names the exchange at the server. */
  readonly ref: string;
  /** The companion's key index. */
  readonly keyIndex: number;
  /** ADVSignedDeviceIdentityHMAC bytes for the companion. */
  readonly container: Uint8Array;
  /** When it was approved, milliseconds since 1970. */
  readonly at: number;
}

/** The table of {@link Approval}. */
export const approvalTable: Table<Approval> = {
  name: 'client.approval',
  unknown: 'reject',
  rows: {
    ref: required(1, string),
    keyIndex: required(2, uint32),
    container: required(3, bytes()),
    at: required(4, uint53),
  },
};
