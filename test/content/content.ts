/** Contents of every kind for the tests, and their bytes by hand. */
import { callKeyFrom, type Content, type ContentFormat } from 'polyratchet/content';
import { lengthField, varintField } from '../wire/bytes.js';

export const payload = { form: 'payload' } as const satisfies ContentFormat;
export const message = { form: 'message' } as const satisfies ContentFormat;
export const FORMATS = [payload, message] as const;

/** Id and chat on the wire. */
export const ID = lengthField(1001, '3EB0C431');
export const CHAT = lengthField(1002, 'bob@example.org');

/** A Message of the application's: a conversation. */
export const TEXT = lengthField(1, 'hello');

/** DeviceListMetadata on the wire, version 2. */
export const METADATA = [...lengthField(1, varintField(2, 1_700_000_000)), ...varintField(2, 2)];

/** A message with every part. */
export const full: Content = {
  messageId: '3EB0C431',
  chat: 'bob@example.org',
  body: Uint8Array.from(TEXT),
  senderKeyDistribution: { groupId: '1234-5678@g.us', message: Uint8Array.of(1, 2, 3) },
  call: { callKey: callKeyFrom(new Uint8Array(32).fill(7)) },
  protocolMessage: { type: 'appStateSyncKeyShare', body: Uint8Array.of(10, 0) },
  deviceListMetadata: {
    senderKeyHash: new Uint8Array(10).fill(1),
    senderTimestamp: 1_700_000_000_000,
    senderKeyIndexes: [0, 1, 300],
    senderAccountType: 'e2ee',
    receiverAccountType: 'hosted',
    recipientKeyHash: new Uint8Array(32).fill(2),
    recipientTimestamp: 1_700_000_001_000,
    recipientKeyIndexes: [],
  },
  groupChange: Uint8Array.of(4, 5),
};

/** Some bytes one after the other. */
export function bytesOf(...parts: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flat());
}
