/** Content: the peer's definitions read every part that we write, and we read what it writes, with the same meaning. */
import assert from 'node:assert/strict';
import { deviceAddress, systemRandom as random } from 'polyratchet';
import {
  callKeyFrom,
  decodeContent,
  encodeContent,
  wrapDeviceSent,
  type ContentParts,
} from 'polyratchet/content';
import { compareParticipantHashes, decryptFrom, encryptFanout, participantHash } from 'polyratchet/fanout';
import { createBundle, generateIdentity, generateSignedPreKey } from 'polyratchet/identity';
import { createSession, decrypt, encrypt } from 'polyratchet/session';
import type { MessagePeer } from '../message.js';
import type { Case } from './talk.js';

export function contentCases(peer: MessagePeer): Case[] {
  return [
    ...parts().flatMap((part) => partCases(peer, part)),
    { name: 'content: our copies are theirs', run: async () => weCopy(peer) },
    { name: 'content: their copies are ours', run: async () => theyCopy(peer) },
    {
      name: 'content: a Message of theirs keeps its meaning among our fields',
      run: async () => splice(peer),
    },
    { name: 'content: their participant hash begins as ours', run: async () => hash(peer) },
    { name: 'content: they take our padding off, all 16 lengths', run: async () => wePad(peer) },
    { name: 'content: we take their padding off, all 16 lengths', run: async () => theyPad(peer) },
  ];
}

const binding = { messageId: '3EB0C431C26A1916E07A', chat: '1555@s.whatsapp.net' };
const bound = { form: 'message' } as const;
/** They know neither our id nor our chat, and drop them when they write again. */
const foreign = { form: 'message', foreign: true } as const;

/** A part of a message in our form and in theirs. */
interface Part {
  readonly name: string;
  readonly ours: ContentParts;
  readonly theirs: object;
}

function parts(): Part[] {
  const [bytes, callKey, hash] = [random(40), random(32), random(10)];
  const keyId = Buffer.from('000000009c01', 'hex');
  return [
    {
      name: 'sender-key distribution',
      ours: { senderKeyDistribution: { groupId: '1234-5678@g.us', message: bytes } },
      theirs: {
        senderKeyDistributionMessage: {
          groupId: '1234-5678@g.us',
          axolotlSenderKeyDistributionMessage: base64(bytes),
        },
      },
    },
    {
      name: 'call',
      ours: { call: { callKey: callKeyFrom(callKey) } },
      theirs: { call: { callKey: base64(callKey) } },
    },
    {
      name: 'app-state key request',
      ours: {
        protocolMessage: { type: 'appStateSyncKeyRequest', body: Buffer.from('0a080a06000000009c01', 'hex') },
      },
      theirs: {
        protocolMessage: { type: 7, appStateSyncKeyRequest: { keyIds: [{ keyId: base64(keyId) }] } },
      },
    },
    {
      name: 'app-state key share',
      ours: {
        protocolMessage: {
          type: 'appStateSyncKeyShare',
          body: Buffer.from('0a0a0a080a06000000009c01', 'hex'),
        },
      },
      theirs: {
        protocolMessage: {
          type: 6,
          appStateSyncKeyShare: { keys: [{ keyId: { keyId: base64(keyId) } }] },
        },
      },
    },
    {
      name: 'history notification',
      ours: {
        protocolMessage: { type: 'historySyncNotification', body: Buffer.from('1005300338014805', 'hex') },
      },
      theirs: {
        protocolMessage: {
          type: 5,
          historySyncNotification: { fileLength: 5, syncType: 3, chunkOrder: 1, progress: 5 },
        },
      },
    },
    {
      name: 'context',
      ours: {
        deviceListMetadata: {
          senderKeyHash: hash,
          senderTimestamp: 1_750_000_000_000,
          senderKeyIndexes: [0, 1, 300],
          senderAccountType: 'e2ee',
          receiverAccountType: 'hosted',
          recipientKeyHash: hash,
          recipientTimestamp: 1_750_000_001_000,
          recipientKeyIndexes: [7],
        },
      },
      theirs: {
        messageContextInfo: {
          deviceListMetadata: {
            senderKeyHash: base64(hash),
            senderTimestamp: 1_750_000_000,
            senderKeyIndexes: [0, 1, 300],
            senderAccountType: 0,
            receiverAccountType: 1,
            recipientKeyHash: base64(hash),
            recipientTimestamp: 1_750_000_001,
            recipientKeyIndexes: [7],
          },
          deviceListMetadataVersion: 2,
        },
      },
    },
  ];
}

function partCases(peer: MessagePeer, { name, ours, theirs }: Part): Case[] {
  return [
    {
      name: `content: ${name} of ours decodes, and means the same when they write it again`,
      run: async () => {
        const read = peer.decode(encodeContent({ format: bound, content: { ...binding, ...ours } }));
        assert.deepEqual(read, theirs);
        assertParts(decodeContent({ format: foreign, plaintext: peer.encode(read) }), ours);
      },
    },
    {
      name: `content: ${name} of theirs decodes, and means the same when we write it again`,
      run: async () => {
        const { kind: _, ...read } = decodeContent({ format: foreign, plaintext: peer.encode(theirs) });
        assertParts(read, ours);
        assert.deepEqual(
          peer.decode(encodeContent({ format: bound, content: { ...binding, ...read } })),
          theirs,
        );
      },
    },
  ];
}

/** A Message with a context of its own. */
function application(): object {
  return {
    extendedTextMessage: { text: 'hello', title: 'from them' },
    messageContextInfo: { messageSecret: base64(random(32)) },
  };
}

const deviceListMetadata = { senderTimestamp: 1_750_000_000_000 };
const theirMetadata = {
  deviceListMetadata: { senderTimestamp: 1_750_000_000 },
  deviceListMetadataVersion: 2,
};

function weCopy(peer: MessagePeer): void {
  const body = peer.encode(application());
  const plaintext = encodeContent({ format: bound, content: { ...binding, body, deviceListMetadata } });
  const copy = wrapDeviceSent({ plaintext, participantHash: '2:ABCDEFGH' });
  const message = peer.decode(plaintext);
  const context = message['messageContextInfo'];
  assert.deepEqual(peer.decode(copy), {
    deviceSentMessage: { destinationJid: binding.chat, message, phash: '2:ABCDEFGH' },
    messageContextInfo: context,
  });
}

function theyCopy(peer: MessagePeer): void {
  const message = application() as { readonly messageContextInfo: object };
  const { messageContextInfo } = message;
  const copy = { deviceSentMessage: { destinationJid: binding.chat, message }, messageContextInfo };
  const { deviceSent, body, kind } = decodeContent({ format: foreign, plaintext: peer.encode(copy) });
  assert.equal(kind, 'unbound');
  assert.deepEqual(deviceSent, { destination: binding.chat });
  assert(body !== undefined);
  assert.deepEqual(peer.decode(body), message);
}

function splice(peer: MessagePeer): void {
  const message = application() as { readonly messageContextInfo: object };
  const body = peer.encode(message);
  const plaintext = encodeContent({ format: bound, content: { ...binding, body, deviceListMetadata } });
  const received = decodeContent({ format: bound, plaintext });
  assert.deepEqual(received.deviceListMetadata, deviceListMetadata);
  assert(received.body !== undefined);
  const messageContextInfo = { ...message.messageContextInfo, ...theirMetadata };
  assert.deepEqual(peer.decode(received.body), { ...message, messageContextInfo });
}

/** They hash texts as they get them, and keep six characters. */
function hash(peer: MessagePeer): void {
  for (let count = 0; count < 50; count++) {
    const numbers = Array.from({ length: count }, (_, i) => (i * 37) % 65_536);
    const ours = participantHash(numbers.map((number) => deviceAddress('1555@s.whatsapp.net', number)));
    const theirs = peer.participantHash(numbers.map((number) => `1555.0:${number}@s.whatsapp.net`));
    assert.equal(ours.slice(0, theirs.length), theirs);
    assert.equal(compareParticipantHashes(ours, theirs), 'same');
  }
}

const ALL_LENGTHS = Array.from({ length: 16 }, (_, i) => i + 1);

/** Far more than it takes to see all sixteen: fewer than one run in 10²⁶ does not. */
const TRIES = 1_000;

function wePad(peer: MessagePeer): void {
  const plaintext = encodeContent({
    format: bound,
    content: { ...binding, body: peer.encode(application()) },
  });
  const { sender, session, receiver } = channel();
  const lengths = new Set<number>();
  for (let i = 0; i < TRIES && lengths.size < ALL_LENGTHS.length; i++) {
    const devices = [{ device: binding.chat, session }];
    const [outcome] = encryptFanout({ ...sender, plaintext, devices, random, now: Date.now() });
    assert(outcome?.kind === 'encrypted');
    const { plaintext: padded } = decrypt({ ...receiver, message: outcome.message, random });
    lengths.add(padded.length - plaintext.length);
    assert.deepEqual(Buffer.from(peer.unpad(padded)), Buffer.from(plaintext));
  }
  assert.deepEqual(ascending(lengths), ALL_LENGTHS);
}

function theyPad(peer: MessagePeer): void {
  const message = application();
  const plaintext = peer.encode(message);
  const { session, receiver } = channel();
  const lengths = new Set<number>();
  for (let i = 0; i < TRIES && lengths.size < ALL_LENGTHS.length; i++) {
    const padded = peer.encodePadded(message);
    lengths.add(padded.length - plaintext.length);
    const sent = encrypt({ session, plaintext: padded, now: Date.now() });
    const received = decryptFrom({ device: binding.chat, ...receiver, message: sent.message, random });
    assert.deepEqual(Buffer.from(received.plaintext), Buffer.from(plaintext));
  }
  assert.deepEqual(ascending(lengths), ALL_LENGTHS);
}

/** A session that was just started, and what it takes to decrypt its first message. */
function channel() {
  const sender = { identity: generateIdentity(random), registrationId: 1 };
  const identity = generateIdentity(random);
  const signedPreKey = generateSignedPreKey({ identity, id: 1, random, now: Date.now() });
  const bundle = createBundle({ identity, registrationId: 2, signedPreKey });
  const { session } = createSession({ ...sender, bundle, random, now: Date.now() });
  return { sender, session, receiver: { identity, signedPreKey } };
}

function ascending(numbers: Iterable<number>): readonly number[] {
  return [...numbers].sort((a, b) => a - b);
}

/** Compares as bytes, which show secrets too. */
function assertParts(received: ContentParts, expected: ContentParts): void {
  const [ours, theirs] = [received, expected].map((content) =>
    encodeContent({ format: bound, content: { ...binding, ...content } }),
  );
  assert.deepEqual(ours, theirs);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
