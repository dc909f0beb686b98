import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { copyBytes, fromHex, readLittleEndian, toHex } from '../../src/core/bytes.js';
import { reveal, Secret } from '../../src/core/secret.js';
import {
  agree,
  generateKeyPair,
  keyPairFrom,
  privateKeyFrom,
  publicKeyFrom,
  type PublicKey,
} from '../../src/crypto/index.js';
import { notBytes } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { littleEndian, lowOrderKeys, nonCanonicalKeys, P } from './lowOrder.js';

const numRuns = inject('backend') === 'node' ? 100 : 10;
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a public key', () => {
  test.each(lowOrderKeys)('of low order is refused: u = %s', (_, bytes) => {
    const { data } = expectError('invalid-key', () => publicKeyFrom('identity key', bytes));
    const why = readLittleEndian(bytes) < P ? 'low-order' : 'non-canonical';
    expect(data).toEqual({ role: 'identity key', why });
  });

  test.each(nonCanonicalKeys)('that is not reduced is refused: u = %s', (_, bytes) => {
    expect(expectError('invalid-key', () => publicKeyFrom('key', bytes)).data.why).toBe('non-canonical');
  });

  test('with the high bit set is refused, whatever the rest', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        const high = copyBytes(bytes);
        high[31]! |= 0x80;
        expect(expectError('invalid-key', () => publicKeyFrom('key', high)).data.why).toBe('non-canonical');
      }),
    );
  });

  test('just below the prime, beside the low-order ones, passes', () => {
    for (const u of [2n, 3n, 9n, P - 2n, P - 3n, 2n ** 254n, P - 256n, P - 2n ** 250n]) {
      expect(publicKeyFrom('key', littleEndian(u))).toEqual(littleEndian(u));
    }
  });

  test('that shares its end with a low-order key passes', () => {
    for (const [, bytes] of lowOrderKeys.filter(([, key]) => (key[31] ?? 0) < 0x80)) {
      const neighbour = copyBytes(bytes);
      neighbour[0]! ^= 4;
      neighbour[15]! ^= 1;
      expect(publicKeyFrom('key', neighbour)).toEqual(neighbour);
    }
  });

  test('of another length is refused as such', () => {
    for (const length of [0, 1, 31, 33, 34, 64]) {
      const { data } = expectError('invalid-key', () => publicKeyFrom('key', new Uint8Array(length).fill(9)));
      expect(data).toEqual({ role: 'key', why: 'length' });
    }
  });

  test.each(notBytes)('is not made from %s', (_, value) => {
    expectError('invalid-argument', () => publicKeyFrom('key', value as Uint8Array));
  });

  test('is a copy of what was checked', () => {
    const bytes = new Uint8Array(32).fill(9);
    const key = publicKeyFrom('key', bytes);
    bytes.fill(0);
    expect(key).toEqual(new Uint8Array(32).fill(9));
  });
});

describe('a private key', () => {
  test('is clamped, and gives the public key of the clamped one', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        fc.pre(bytes.some((byte) => byte !== 0));
        const { privateKey, publicKey } = keyPairFrom('PreKey', bytes);
        const clamped = reveal(privateKey);
        expect([clamped[0]! & 7, clamped[31]! & 0xc0]).toEqual([0, 0x40]);
        expect(clamped.subarray(1, 31)).toEqual(bytes.subarray(1, 31));
        const again = keyPairFrom('PreKey', clamped);
        expect(again.publicKey).toEqual(publicKey);
        expect(reveal(again.privateKey)).toEqual(clamped);
      }),
      { numRuns },
    );
  });

  test('gives one public key whatever its five fixed bits say', () => {
    const bytes = seededRandom(1)(32);
    const { publicKey } = keyPairFrom('PreKey', bytes);
    for (const [index, bit] of [
      [0, 1],
      [0, 2],
      [0, 4],
      [31, 0x40],
      [31, 0x80],
    ] as const) {
      const other = copyBytes(bytes);
      other[index]! ^= bit;
      expect(keyPairFrom('PreKey', other).publicKey).toEqual(publicKey);
    }
  });

  test('of zeros is refused, and one bit makes it good', () => {
    const zero = new Uint8Array(32);
    expect(expectError('invalid-key', () => keyPairFrom('PreKey', zero)).data).toEqual({
      role: 'PreKey',
      why: 'zero',
    });
    zero[31] = 1;
    expect(reveal(privateKeyFrom('PreKey', zero))[31]).toBe(0x41);
  });

  test('of another length is refused as such', () => {
    for (const length of [0, 31, 33]) {
      const run = (): unknown => privateKeyFrom('PreKey', new Uint8Array(length).fill(1));
      expect(expectError('invalid-key', run).data).toEqual({ role: 'PreKey', why: 'length' });
    }
  });

  test.each(notBytes)('is not made from %s', (_, value) => {
    expectError('invalid-argument', () => privateKeyFrom('PreKey', value as Uint8Array));
  });

  test("leaves the caller's bytes as they were", () => {
    const bytes = new Uint8Array(32).fill(0xff);
    const { privateKey } = keyPairFrom('PreKey', bytes);
    expect(bytes).toEqual(new Uint8Array(32).fill(0xff));
    bytes.fill(0);
    expect(reveal(privateKey)[5]).toBe(0xff);
  });

  test('that is generated follows from 32 random bytes', () => {
    const { privateKey, publicKey } = generateKeyPair('PreKey', seededRandom(2));
    const imported = keyPairFrom('PreKey', seededRandom(2)(32));
    expect(publicKey).toEqual(imported.publicKey);
    expect(toHex(reveal(privateKey))).toBe(toHex(reveal(imported.privateKey)));
    expect(privateKey.role).toBe('PreKey');
  });

  test('that is generated does not wipe the array of its random source', () => {
    const drawn = seededRandom(3)(32);
    generateKeyPair('PreKey', () => drawn);
    expect(drawn).toEqual(seededRandom(3)(32));
  });
});

describe('an agreement', () => {
  test('gives both sides the same 32 fresh bytes', () => {
    const [a, b] = [4, 5].map((seed) => generateKeyPair('PreKey', seededRandom(seed)));
    const shared = agree(a!.privateKey, b!.publicKey);
    expect(shared).toHaveLength(32);
    expect(agree(b!.privateKey, a!.publicKey)).toEqual(shared);
    shared.fill(0);
    expect(agree(a!.privateKey, b!.publicKey).some((byte) => byte !== 0)).toBe(true);
  });

  test.each(lowOrderKeys)('refuses u = %s even where nobody has checked it', (_, bytes) => {
    const privateKey = new Secret('PreKey', fromHex('48'.repeat(32)));
    const run = (): unknown => agree(privateKey, bytes as PublicKey);
    expect(expectError('invalid-key', run).data.why).toBe('low-order');
  });
});
