/**
 * ProtocolMessage: what an account's own devices tell each other, such as app-state keys and history.
 *
 *     ProtocolMessage {2 type, and the message of that type in a field of its own}
 *
 * The message of a type travels here as bytes; the room that it belongs to reads them. Types that are not listed are the
 * application's (a revoked or an edited message, for example).
 *
 * @module
 */
import { inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import {
  bytes,
  decodeMessage,
  enumeration,
  nested,
  optional,
  required,
  uint32,
  type Kind,
  type Table,
} from '../wire/index.js';

/** The library's types, by the names of WhatsApp's fields, with their numbers. */
const TYPE_NUMBERS = {
  historySyncNotification: 5,
  appStateSyncKeyShare: 6,
  appStateSyncKeyRequest: 7,
  initialSecurityNotificationSettingSync: 9,
  appStateFatalExceptionNotification: 10,
  peerDataOperationRequest: 16,
  peerDataOperationResponse: 17,
} as const;

/** A type of protocol message that is the library's and not the application's. */
export type ProtocolType = keyof typeof TYPE_NUMBERS;

/** What one device of an account tells another. */
export interface ProtocolMessage {
  /** What it is about. */
  readonly type: ProtocolType;
  /** The serialised message of that type. */
  readonly body: Uint8Array;
}

type Bodies = Readonly<Partial<Record<ProtocolType, Uint8Array>>>;

interface Fields extends Bodies {
  readonly type: ProtocolType;
}

/** Peers set further fields, such as a time. */
const fields: Kind<Fields> = nested<Fields>({
  name: 'ProtocolMessage',
  unknown: 'skip',
  rows: {
    type: required(2, enumeration(TYPE_NUMBERS)),
    historySyncNotification: optional(6, bytes()),
    appStateSyncKeyShare: optional(7, bytes()),
    appStateSyncKeyRequest: optional(8, bytes()),
    initialSecurityNotificationSettingSync: optional(9, bytes()),
    appStateFatalExceptionNotification: optional(10, bytes()),
    peerDataOperationRequest: optional(16, bytes()),
    peerDataOperationResponse: optional(17, bytes()),
  },
});

/** A protocol message of the library: its type's own message is there, and no other type's. */
export const protocolMessage: Kind<ProtocolMessage> = {
  wireType: 2,
  size: (value) => fields.size(toFields(value)),
  write: (writer, value) => {
    fields.write(writer, toFields(value));
  },
  read: (reader) => {
    const { type, ...bodies } = fields.read(reader);
    const body = bodies[type];
    if (body === undefined || Object.keys(bodies).length > 1) {
      return reader.fail(`a message of type ${type} alone`, 'another');
    }
    return { type, body };
  },
};

function toFields(value: ProtocolMessage): Fields {
  const { type, body } = inputObject('protocolMessage', value);
  return { type, [type]: inputBytes('protocolMessage.body', body) };
}

const peek: Table<{ readonly type: number }> = {
  name: 'ProtocolMessage',
  unknown: 'skip',
  rows: { type: required(2, uint32, 0) },
};

const LIBRARY_TYPES: ReadonlySet<number> = new Set(Object.values(TYPE_NUMBERS));

/**
 * Whether a serialised ProtocolMessage is of one of the library's types.
 *
 * @throws PolyratchetError `malformed`
 */
export function isLibraryProtocolMessage(content: Uint8Array): boolean {
  return LIBRARY_TYPES.has(decodeMessage(peek, content).type);
}
