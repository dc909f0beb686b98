import { generateIdentity, importIdentity, sign, verify } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { copyBytes, toHex } from '../../src/core/bytes.js';
import { reveal } from '../../src/core/secret.js';
import { encodePublicKey } from '../../src/wire/index.js';
import { notBytes } from '../core/inputs.js';
import { lowOrderKeys, nonCanonicalKeys } from '../crypto/lowOrder.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';

const message = seededRandom(1)(50);
const identity = generateIdentity(seededRandom(2));

describe('an identity', () => {
  test('follows from 32 random bytes', () => {
    const lengths: number[] = [];
    const made = generateIdentity((length) => {
      lengths.push(length);
      return seededRandom(2)(length);
    });
    expect(lengths).toEqual([32]);
    expect(made.kind).toBe('seeded');
    expect(made.publicKey).toEqual(identity.publicKey);
    expect(toHex(generateIdentity(seededRandom(3)).publicKey)).not.toBe(toHex(identity.publicKey));
  });

  test('does not wipe or keep the array of its random source', () => {
    const drawn = seededRandom(2)(32);
    const made = generateIdentity(() => drawn);
    expect(drawn).toEqual(seededRandom(2)(32));
    drawn.fill(0);
    expect(sign({ identity: made, message, random: failing })).toEqual(
      sign({ identity, message, random: failing }),
    );
  });

  test('that is imported has the public key of its private key, clamped or not', () => {
    const privateKey = seededRandom(4)(32);
    const imported = importIdentity(privateKey);
    expect(imported.kind).toBe('imported');
    expect(importIdentity(reveal(imported.privateKey)).publicKey).toEqual(imported.publicKey);
    expect(importIdentity(reveal(identity.privateKey)).publicKey).toEqual(identity.publicKey);
  });

  test("that is imported keeps a copy and leaves the caller's bytes alone", () => {
    const privateKey = seededRandom(4)(32);
    const imported = importIdentity(privateKey);
    expect(privateKey).toEqual(seededRandom(4)(32));
    privateKey.fill(0);
    const signature = sign({ identity: imported, message, random: seededRandom(5) });
    expect(verify({ publicKey: imported.publicKey, message, signature })).toBe(true);
  });

  test('is not imported from zeros or another length', () => {
    expect(expectError('invalid-key', () => importIdentity(new Uint8Array(32))).data.why).toBe('zero');
    for (const length of [0, 31, 33, 64]) {
      const run = (): unknown => importIdentity(new Uint8Array(length).fill(1));
      expect(expectError('invalid-key', run).data).toEqual({ role: 'IdentityKey', why: 'length' });
    }
  });

  test.each(notBytes)('is not imported from %s', (_, value) => {
    expectError('invalid-argument', () => importIdentity(value as Uint8Array));
  });
});

describe('a signature', () => {
  const { publicKey } = identity;
  const signature = sign({ identity, message, random: failing });

  test('by either kind of identity verifies under its public key and no other', () => {
    for (const signer of [identity, importIdentity(seededRandom(4)(32))]) {
      const made = sign({ identity: signer, message, random: seededRandom(5) });
      expect(made).toHaveLength(64);
      expect(verify({ publicKey: signer.publicKey, message, signature: made })).toBe(true);
      const other = importIdentity(seededRandom(6)(32)).publicKey;
      expect(verify({ publicKey: other, message, signature: made })).toBe(false);
    }
  });

  test('does not change with the message after it was made', () => {
    const text = copyBytes(message);
    const made = sign({ identity, message: text, random: failing });
    text.fill(0);
    expect(verify({ publicKey, message, signature: made })).toBe(true);
  });

  test.each([...lowOrderKeys, ...nonCanonicalKeys])('is not checked under u = %s', (_, key) => {
    expectError('invalid-key', () => verify({ publicKey: key, message, signature }));
  });

  test('is not checked under the 33-byte form of a key', () => {
    const run = (): unknown => verify({ publicKey: encodePublicKey(publicKey), message, signature });
    expect(expectError('invalid-key', run).data.why).toBe('length');
  });

  test('of a wrong length is false, not an error', () => {
    for (const length of [0, 63, 65]) {
      expect(verify({ publicKey, message, signature: new Uint8Array(length) })).toBe(false);
    }
  });

  test.each(notBytes)('has no part that is %s', (_, value) => {
    const bytes = value as Uint8Array;
    expectError('invalid-argument', () => sign({ identity, message: bytes, random: failing }));
    expectError('invalid-argument', () => verify({ publicKey: bytes, message, signature }));
    expectError('invalid-argument', () => verify({ publicKey, message: bytes, signature }));
    expectError('invalid-argument', () => verify({ publicKey, message, signature: bytes }));
  });
});

function failing(): never {
  throw new Error('an identity with a seed draws nothing');
}
