/** The same meaning to a peer's codec: WhatsApp's definitions in protobufjs read what we write, and we what it writes. */
import fc from 'fast-check';
import protobuf from 'protobufjs/light.js';
import {
  callKeyFrom,
  decodeContent,
  encodeContent,
  wrapDeviceSent,
  type Content,
  type DeviceListMetadata,
} from 'polyratchet/content';
import { expect, inject, test } from 'vitest';
import { copyBytes, toHex } from '../../src/core/bytes.js';
import { reveal } from '../../src/core/secret.js';
import { message } from './content.js';

const field = (id: number, type: string): protobuf.IField => ({ id, type });
const packed = (id: number): protobuf.IField => ({
  id,
  type: 'uint32',
  rule: 'repeated',
  options: { packed: true },
});

/** A message that says which of its fields are there, zeros included. */
const messageOf = (fields: Record<string, protobuf.IField>): protobuf.IType => ({
  edition: 'proto2',
  fields,
});

/** The part of WhatsApp's definitions that the library and these tests use. */
const peer = protobuf.Root.fromJSON({
  nested: {
    Message: messageOf({
      conversation: field(1, 'string'),
      senderKeyDistributionMessage: field(2, 'SenderKeyDistributionMessage'),
      call: field(10, 'Call'),
      protocolMessage: field(12, 'ProtocolMessage'),
      deviceSentMessage: field(31, 'DeviceSentMessage'),
      messageContextInfo: field(35, 'MessageContextInfo'),
      messageId: field(1001, 'string'),
      chat: field(1002, 'string'),
      groupChange: field(1003, 'bytes'),
    }),
    SenderKeyDistributionMessage: messageOf({
      groupId: field(1, 'string'),
      axolotlSenderKeyDistributionMessage: field(2, 'bytes'),
    }),
    Call: messageOf({ callKey: field(1, 'bytes') }),
    ProtocolMessage: messageOf({
      type: field(2, 'uint32'),
      appStateSyncKeyShare: field(7, 'bytes'),
      timestampMs: field(15, 'uint32'),
    }),
    DeviceSentMessage: messageOf({
      destinationJid: field(1, 'string'),
      message: field(2, 'Message'),
      phash: field(3, 'string'),
    }),
    MessageContextInfo: messageOf({
      deviceListMetadata: field(1, 'DeviceListMetadata'),
      deviceListMetadataVersion: field(2, 'int32'),
      messageSecret: field(3, 'bytes'),
      paddingBytes: field(4, 'bytes'),
    }),
    DeviceListMetadata: messageOf({
      senderKeyHash: field(1, 'bytes'),
      senderTimestamp: field(2, 'uint64'),
      senderKeyIndexes: packed(3),
      senderAccountType: field(4, 'uint32'),
      receiverAccountType: field(5, 'uint32'),
      recipientKeyHash: field(8, 'bytes'),
      recipientTimestamp: field(9, 'uint64'),
      recipientKeyIndexes: packed(10),
    }),
  },
});
const Message = peer.lookupType('Message');
const ACCOUNT_TYPES = { e2ee: 0, hosted: 1 };

const hash = fc.uint8Array({ minLength: 8, maxLength: 32 });
const time = fc.nat(2_000_000_000).map((seconds) => seconds * 1_000);
const indexes = fc.array(fc.nat(0xffff_ffff), { minLength: 1, maxLength: 64 });
const accountType = fc.constantFrom('e2ee' as const, 'hosted' as const);
const some = { requiredKeys: [] };

const metadata: fc.Arbitrary<DeviceListMetadata> = fc.record(
  {
    senderKeyHash: hash,
    senderTimestamp: time,
    senderKeyIndexes: indexes,
    senderAccountType: accountType,
    receiverAccountType: accountType,
    recipientKeyHash: hash,
    recipientTimestamp: time,
    recipientKeyIndexes: indexes,
  },
  some,
);

/** What an application sends, and what the library adds. */
interface Sample {
  readonly application: Record<string, unknown>;
  readonly content: Content;
}

const samples: fc.Arbitrary<Sample> = fc
  .record({
    application: fc.record(
      {
        conversation: fc.string({ unit: 'grapheme' }),
        messageContextInfo: fc.record({ messageSecret: hash, paddingBytes: hash }, some),
      },
      some,
    ),
    content: fc.record(
      {
        messageId: fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme-ascii' }),
        chat: fc.constantFrom('bob@s.whatsapp.net', '77@lid', '1234-5678@g.us'),
        senderKeyDistribution: fc.record({ groupId: fc.constant('1@g.us'), message: hash }),
        call: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((key) => ({ callKey: callKeyFrom(key) })),
        protocolMessage: fc.record({ type: fc.constant('appStateSyncKeyShare' as const), body: hash }),
        deviceListMetadata: metadata,
        groupChange: hash,
      },
      { requiredKeys: ['messageId', 'chat'] },
    ),
  })
  .map(({ application, content }) => ({
    application,
    content: { ...content, body: copyBytes(Message.encode(application).finish()) },
  }));

const numRuns = inject('backend') === 'node' ? 200 : 50;

test('a peer reads what we write', () => {
  fc.assert(
    fc.property(samples, (sample) => {
      const plaintext = encodeContent({ format: message, content: sample.content });
      expect(readable(plaintext)).toEqual(readable(Message.encode(asPeer(sample)).finish()));
    }),
    { numRuns },
  );
});

test('a peer reads our copies', () => {
  fc.assert(
    fc.property(samples, (sample) => {
      const plaintext = encodeContent({ format: message, content: sample.content });
      const copy = wrapDeviceSent({ plaintext, participantHash: '2:ABCDEFGH' });
      const { messageId, chat, messageContextInfo, ...parts } = asPeer(sample);
      const inner = {
        messageId,
        chat,
        ...parts,
        ...(messageContextInfo === undefined ? {} : { messageContextInfo }),
      };
      const theirs = {
        deviceSentMessage: { destinationJid: chat, message: inner, phash: '2:ABCDEFGH' },
        ...(messageContextInfo === undefined ? {} : { messageContextInfo }),
        messageId,
        chat,
      };
      expect(readable(copy)).toEqual(readable(Message.encode(theirs).finish()));
      const received = decodeContent({ format: message, plaintext: Message.encode(theirs).finish() });
      expect(received.deviceSent).toEqual({ destination: chat, participantHash: '2:ABCDEFGH' });
    }),
    { numRuns },
  );
});

test('we read what a peer writes', () => {
  fc.assert(
    fc.property(samples, (sample) => {
      const plaintext = copyBytes(Message.encode(asPeer(sample)).finish());
      const received = decodeContent({ format: message, plaintext });
      const { body: _body, ...parts } = sample.content;
      const { body, ...readParts } = received;
      expect(comparable(readParts)).toEqual(comparable({ kind: 'bound', ...parts }));
      expect(body).toEqual(sample.application['conversation'] === undefined ? undefined : plaintext);
    }),
    { numRuns },
  );
});

test('fields of other parts that we do not know are no obstacle', () => {
  const plaintext = Message.encode({
    protocolMessage: { type: 6, appStateSyncKeyShare: Uint8Array.of(1), timestampMs: 5 },
    messageId: '1',
    chat: 'bob@lid',
  }).finish();
  expect(decodeContent({ format: message, plaintext }).protocolMessage).toEqual({
    type: 'appStateSyncKeyShare',
    body: Uint8Array.of(1),
  });
});

/** The whole message as the peer would fill it in. */
function asPeer({ application, content }: Sample): Record<string, unknown> {
  const { senderKeyDistribution, call, protocolMessage, deviceListMetadata, messageId, chat, groupChange } =
    content;
  const context = application['messageContextInfo'] as object | undefined;
  return {
    ...application,
    messageId,
    chat,
    ...(senderKeyDistribution && {
      senderKeyDistributionMessage: {
        groupId: senderKeyDistribution.groupId,
        axolotlSenderKeyDistributionMessage: senderKeyDistribution.message,
      },
    }),
    ...(call && { call: { callKey: reveal(call.callKey) } }),
    ...(protocolMessage && { protocolMessage: { type: 6, appStateSyncKeyShare: protocolMessage.body } }),
    ...(deviceListMetadata && {
      messageContextInfo: {
        ...context,
        deviceListMetadata: metadataAsPeer(deviceListMetadata),
        deviceListMetadataVersion: 2,
      },
    }),
    ...(groupChange && { groupChange }),
  };
}

function metadataAsPeer(metadata: DeviceListMetadata): Record<string, unknown> {
  const { senderTimestamp, recipientTimestamp, senderAccountType, receiverAccountType, ...rest } = metadata;
  return {
    ...rest,
    ...(senderTimestamp !== undefined && { senderTimestamp: senderTimestamp / 1_000 }),
    ...(recipientTimestamp !== undefined && { recipientTimestamp: recipientTimestamp / 1_000 }),
    ...(senderAccountType && { senderAccountType: ACCOUNT_TYPES[senderAccountType] }),
    ...(receiverAccountType && { receiverAccountType: ACCOUNT_TYPES[receiverAccountType] }),
  };
}

/** What the peer finds in bytes. */
function readable(bytes: Uint8Array): Record<string, unknown> {
  return Message.toObject(Message.decode(bytes), { longs: String, bytes: String });
}

function comparable({
  call,
  ...rest
}: Record<string, unknown> & { readonly call?: Content['call'] }): object {
  return { ...rest, ...(call && { call: toHex(reveal(call.callKey)) }) };
}
