/** XEdDSA: signatures of either side's keys, whose Edwards forms have either sign. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { systemRandom as random } from 'polyratchet';
import {
  decodePublicKey,
  encodePublicKey,
  generateIdentity,
  importIdentity,
  sign,
  verify,
} from 'polyratchet/identity';
import type { Signer } from '../peer.js';
import { plusGroupOrder } from '../signature.js';
import type { Case } from './talk.js';

const KEYS = 500;

export function signatureCases(peer: Signer): Case[] {
  return [
    { name: `XEdDSA: we sign with ${KEYS} keys of either sign, they verify`, run: async () => weSign(peer) },
    {
      name: `XEdDSA: they sign with ${KEYS} keys of either sign, we verify`,
      run: async () => theySign(peer),
    },
    {
      name: 'XEdDSA: a signature with s + L is taken by them and refused by us',
      run: async () => malleable(peer),
    },
  ];
}

/** Every second key is one that the peer made. */
function weSign(peer: Signer): void {
  const signs = new Set<number>();
  for (let i = 0; i < KEYS; i++) {
    const identity =
      i % 2 === 0 ? generateIdentity(random) : importIdentity(peer.generateKeyPair().privateKey);
    const message = randomBytes(i);
    const signature = sign({ identity, message, random });
    const publicKey = encodePublicKey(identity.publicKey);
    assert(peer.verify(publicKey, message, signature), `they refuse our signature of key ${i}`);
    const changed = withBitFlipped(signature, i);
    if (i % 4 === 0) assert(!peer.verify(publicKey, message, changed), 'they take a changed signature');
    signs.add(signBit(signature));
  }
  assert.equal(signs.size, 2, 'keys of both signs');
}

function theySign(peer: Signer): void {
  const signs = new Set<number>();
  for (let i = 0; i < KEYS; i++) {
    const keyPair = peer.generateKeyPair();
    const message = randomBytes(i);
    const signature = peer.sign(keyPair.privateKey, message);
    const publicKey = decodePublicKey(keyPair.publicKey);
    assert(verify({ publicKey, message, signature }), `we refuse their signature of key ${i}`);
    assert(
      !verify({ publicKey, message, signature: withBitFlipped(signature, i) }),
      'we take a changed signature',
    );
    assert.deepEqual(
      importIdentity(keyPair.privateKey).publicKey,
      publicKey,
      'public key of an imported key',
    );
    signs.add(signBit(signature));
  }
  assert.equal(signs.size, 2, 'keys of both signs');
}

function malleable(peer: Signer): void {
  const { privateKey, publicKey } = peer.generateKeyPair();
  const message = randomBytes(32);
  const signature = plusGroupOrder(peer.sign(privateKey, message));
  assert(peer.verify(publicKey, message, signature), 'they refuse it');
  assert(!verify({ publicKey: decodePublicKey(publicKey), message, signature }), 'we take it');
}

/** Where the sign of the key travels. */
function signBit(signature: Uint8Array): number {
  return (signature[63] ?? 0) >> 7;
}

/** Another bit for every `i`, over all 512 of them. */
function withBitFlipped(signature: Uint8Array, i: number): Uint8Array {
  const bit = (i * 37) % 512;
  return Uint8Array.from(signature, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}
