/** Signatures with verdicts: the peer's as it gives them, ours as they must be. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { systemRandom } from 'polyratchet';
import { encodePublicKey, generateIdentity, importIdentity, sign, type Identity } from 'polyratchet/identity';
import type { RecordedSignature, RecordedSigner, SignatureFile } from '../../../test/vectors/schema.js';
import { labelOf, type Peer } from '../peer.js';
import { plusGroupOrder } from '../signature.js';
import { toHex } from './recordedOurs.js';

const SIGNS = [0, 1] as const;

/** Two keys of either sign that the peer made, and one of either sign that we made. */
export function recordSignatures(peer: Peer): SignatureFile {
  const imported = [...SIGNS, ...SIGNS].map((wanted) => importedSigner(peer, wanted));
  const seeded = SIGNS.map((wanted) => seededSigner(peer, wanted));
  return {
    kind: 'xeddsa',
    source: `${labelOf(peer)}, recorded by running the npm package`,
    license: 'recorded output, no restrictions',
    signers: [...imported, ...seeded],
    oddKeys: oddKeys(peer),
  };
}

function importedSigner(peer: Peer, wanted: 0 | 1): RecordedSigner {
  for (;;) {
    const { privateKey, publicKey } = peer.generateKeyPair();
    const message = randomBytes(20);
    const genuine = peer.sign(privateKey, message);
    if (signOf(genuine) !== wanted) continue;
    return {
      identity: { privateKey: toHex(privateKey) },
      publicKey: toHex(publicKey),
      sign: wanted,
      ours: signAsWe(peer, importIdentity(privateKey)),
      signatures: variants(peer, publicKey, message, genuine),
    };
  }
}

function seededSigner(peer: Peer, wanted: 0 | 1): RecordedSigner {
  for (;;) {
    const seed = randomBytes(32);
    const identity = generateIdentity(() => seed);
    const ours = signAsWe(peer, identity);
    if (signOf(Buffer.from(ours.signature, 'hex')) !== wanted) continue;
    return {
      identity: { seed: toHex(seed) },
      publicKey: toHex(encodePublicKey(identity.publicKey)),
      sign: wanted,
      ours,
      signatures: [],
    };
  }
}

/** A signature of ours that the peer accepts. */
function signAsWe(peer: Peer, identity: Identity): RecordedSigner['ours'] {
  const message = randomBytes(20);
  let drawn = '';
  const random = (length: number): Uint8Array => {
    const bytes = systemRandom(length);
    drawn += toHex(bytes);
    return bytes;
  };
  const signature = sign({ identity, message, random });
  assert(
    peer.verify(encodePublicKey(identity.publicKey), message, signature),
    'the peer accepts our signature',
  );
  return { message: toHex(message), signature: toHex(signature), random: drawn };
}

/** The genuine signature and what an attacker makes of it. */
function variants(
  peer: Peer,
  publicKey: Uint8Array,
  message: Uint8Array,
  genuine: Uint8Array,
): RecordedSignature[] {
  const other = peer.generateKeyPair().publicKey;
  const rows: readonly (readonly [string, Uint8Array, Uint8Array, Uint8Array])[] = [
    ['genuine', publicKey, message, genuine],
    ['a bit of the message flipped', publicKey, flipped(message, 77), genuine],
    ['a bit of R flipped', publicKey, message, flipped(genuine, 100)],
    ['a bit of s flipped', publicKey, message, flipped(genuine, 300)],
    ['the sign bit flipped', publicKey, message, flipped(genuine, 511)],
    ['bit 253 of s set', publicKey, message, flipped(genuine, 509)],
    ['s + L in place of s', publicKey, message, plusGroupOrder(genuine)],
    ['another key', other, message, genuine],
    ['63 bytes', publicKey, message, genuine.subarray(0, 63)],
    ['65 bytes', publicKey, message, Buffer.concat([genuine, Buffer.alloc(1)])],
    ['zeros', publicKey, message, Buffer.alloc(64)],
  ];
  return rows.map(([name, key, signed, signature]) => {
    const verdict = peer.verify(key, signed, signature);
    return { ...record(name, key, signed, signature), peer: verdict, us: name === 'genuine' };
  });
}

/** Keys that the peer lets pass, with signatures that verify. */
function oddKeys(peer: Peer): RecordedSignature[] {
  const { privateKey, publicKey } = peer.generateKeyPair();
  const message = randomBytes(20);
  const genuine = peer.sign(privateKey, message);
  const lowOrder = Buffer.concat([Buffer.of(5), Buffer.alloc(32)]);
  const anybodys = Buffer.concat([Buffer.of(1), Buffer.alloc(63)]); // R = the neutral element, s = 0
  return [
    refusedKey(peer, 'bit 255 of the key set', flipped(publicKey, 8 * 33 - 1), message, genuine),
    refusedKey(
      peer,
      'u = 0: a signature of every second message',
      lowOrder,
      forgeable(peer, lowOrder, anybodys),
      anybodys,
    ),
  ];
}

/** A message that a key of low order "signs": h·A vanishes where h is even. */
function forgeable(peer: Peer, publicKey: Uint8Array, signature: Uint8Array): Uint8Array {
  for (;;) {
    const message = randomBytes(20);
    if (peer.verify(publicKey, message, signature)) return message;
  }
}

function refusedKey(
  peer: Peer,
  name: string,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): RecordedSignature {
  const verdict = peer.verify(publicKey, message, signature);
  return { ...record(name, publicKey, message, signature), peer: verdict, us: 'invalid-key' };
}

function record(
  name: string,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Pick<RecordedSignature, 'name' | 'publicKey' | 'message' | 'signature'> {
  return { name, publicKey: toHex(publicKey), message: toHex(message), signature: toHex(signature) };
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

function signOf(signature: Uint8Array): 0 | 1 {
  return ((signature[63] ?? 0) & 0x80) === 0 ? 0 : 1;
}
