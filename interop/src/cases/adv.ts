/** ADV: the peer's definitions read what we write, and write the same bytes; foreign signatures over the prefixed messages. */
import assert from 'node:assert/strict';
import { systemRandom as random } from 'polyratchet';
import {
  decodeDeviceIdentity,
  decodeDeviceIdentityContainer,
  decodeKeyIndexList,
  decodeSignedDeviceIdentity,
  decodeSignedKeyIndexList,
  encodeDeviceIdentity,
  encodeDeviceIdentityContainer,
  encodeKeyIndexList,
  encodeSignedDeviceIdentity,
  encodeSignedKeyIndexList,
  signAccount,
  signDevice,
  signKeyIndexList,
  verifyDeviceIdentity,
  verifyKeyIndexList,
} from 'polyratchet/devices';
import { decodePublicKey, encodePublicKey, generateIdentity } from 'polyratchet/identity';
import type { MessageCodec } from '../companion.js';
import type { LinkingPeer, Signer } from '../peer.js';
import { refused } from './linking.js';
import type { Case } from './talk.js';

export function advMessageCases({ adv }: LinkingPeer): Case[] {
  return messages().map(({ name, bytes, again }) => ({
    name: `ADV: ${name} decodes with their definitions and encodes to the same bytes`,
    run: async () => {
      const codec: MessageCodec = adv[name];
      const theirs = codec.encode(codec.decode(bytes));
      assert.deepEqual(Buffer.from(theirs), Buffer.from(bytes));
      assert.deepEqual(Buffer.from(again(theirs)), Buffer.from(bytes));
    },
  }));
}

interface Message {
  readonly name: keyof LinkingPeer['adv'];
  readonly bytes: Uint8Array;
  /** Our reader and writer. */
  readonly again: (bytes: Uint8Array) => Uint8Array;
}

/** Every message with every field. */
function messages(): Message[] {
  const hosted = { accountType: 'hosted', deviceType: 'hosted' } as const;
  const list = { rawId: 0xffffffff, timestamp: 1_750_000_000_000, currentIndex: 300 };
  const details = random(40);
  const accountSignature = random(64);
  const accountSignatureKey = generateIdentity(random).publicKey;
  return [
    {
      name: 'keyIndexList',
      bytes: encodeKeyIndexList({ ...list, validIndexes: [1, 7, 300], accountType: 'hosted' }),
      again: (bytes) => encodeKeyIndexList(decodeKeyIndexList(bytes)),
    },
    {
      name: 'signedKeyIndexList',
      bytes: encodeSignedKeyIndexList({ details, accountSignature, accountSignatureKey }),
      again: (bytes) => encodeSignedKeyIndexList(decodeSignedKeyIndexList(bytes)),
    },
    {
      name: 'deviceIdentity',
      bytes: encodeDeviceIdentity({ rawId: 7, timestamp: 1_750_000_000_000, keyIndex: 300, ...hosted }),
      again: (bytes) => encodeDeviceIdentity(decodeDeviceIdentity(bytes)),
    },
    {
      name: 'signedDeviceIdentity',
      bytes: encodeSignedDeviceIdentity({
        details,
        accountSignatureKey,
        accountSignature,
        deviceSignature: random(64),
      }),
      again: (bytes) => encodeSignedDeviceIdentity(decodeSignedDeviceIdentity(bytes)),
    },
    {
      name: 'container',
      bytes: encodeDeviceIdentityContainer({ details, mac: random(32), accountType: 'hosted' }),
      again: (bytes) => encodeDeviceIdentityContainer(decodeDeviceIdentityContainer(bytes)),
    },
  ];
}

export function advSignatureCases(signer: Signer): Case[] {
  return [
    { name: 'ADV: they verify our account, device and list signatures', run: async () => weSign(signer) },
    { name: 'ADV: we verify their account, device and list signatures', run: async () => theySign(signer) },
    { name: 'ADV: a signature under another prefix is none', run: async () => otherPrefixes(signer) },
  ];
}

const device = { rawId: 4711, timestamp: 1_750_000_000_000, keyIndex: 3 };
const list = { rawId: 4711, timestamp: 1_750_000_000_000, currentIndex: 3, validIndexes: [1, 3] };

function weSign(signer: Signer): void {
  const [primary, companion] = [generateIdentity(random), generateIdentity(random)];
  const [primaryIdentity, companionIdentity] = [primary.publicKey, companion.publicKey];
  const half = signAccount({ device, companionIdentity, identity: primary, random });
  const { details, accountSignature, deviceSignature } = signDevice({
    signed: half,
    identity: companion,
    primaryIdentity,
    random,
  });
  const signed = decodeSignedKeyIndexList(signKeyIndexList({ list, identity: primary, random }));
  const account = message(0, details, companionIdentity);
  const both = message(1, details, companionIdentity, primaryIdentity);
  assert(signer.verify(encodePublicKey(primaryIdentity), account, accountSignature), 'account signature');
  assert(deviceSignature !== undefined);
  assert(signer.verify(encodePublicKey(companionIdentity), both, deviceSignature), 'device signature');
  const listed = message(2, signed.details);
  assert(signer.verify(encodePublicKey(primaryIdentity), listed, signed.accountSignature), 'list signature');
}

function theySign(signer: Signer): void {
  const { signed, signedList, keys } = signedByThem(signer, [0, 1, 2]);
  assert.deepEqual(verifyDeviceIdentity({ signed, ...keys }), device);
  assert.deepEqual(verifyKeyIndexList({ signedList, primaryIdentity: keys.primaryIdentity }), list);
}

function otherPrefixes(signer: Signer): void {
  for (const prefixes of [
    [1, 1, 2],
    [0, 0, 2],
    [5, 1, 2],
    [0, 6, 2],
  ] as const) {
    const { signed, keys } = signedByThem(signer, prefixes);
    refused('invalid-signature', () => verifyDeviceIdentity({ signed, ...keys }), prefixes.join());
  }
  const { signedList, keys } = signedByThem(signer, [0, 1, 0]);
  const { primaryIdentity } = keys;
  refused('invalid-signature', () => verifyKeyIndexList({ signedList, primaryIdentity }), 'list');
}

/** A device and a list, signed by keys of the signer's; the second bytes of the three prefixes. */
function signedByThem(signer: Signer, [account, both, listed]: readonly [number, number, number]) {
  const [primary, companion] = [signer.generateKeyPair(), signer.generateKeyPair()];
  const primaryIdentity = decodePublicKey(primary.publicKey);
  const companionIdentity = decodePublicKey(companion.publicKey);
  const details = encodeDeviceIdentity(device);
  const listDetails = encodeKeyIndexList(list);
  const accountMessage = message(account, details, companionIdentity);
  const deviceMessage = message(both, details, companionIdentity, primaryIdentity);
  return {
    keys: { primaryIdentity, companionIdentity },
    signed: encodeSignedDeviceIdentity({
      details,
      accountSignature: signer.sign(primary.privateKey, accountMessage),
      deviceSignature: signer.sign(companion.privateKey, deviceMessage),
    }),
    signedList: encodeSignedKeyIndexList({
      details: listDetails,
      accountSignature: signer.sign(primary.privateKey, message(listed, listDetails)),
    }),
  };
}

/** The bytes that are signed, put together here a second time. */
function message(prefix: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(6, prefix), ...parts]);
}
