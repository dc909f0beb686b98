import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { concat, copyBytes, readLittleEndian, toHex } from '../../src/core/bytes.js';
import {
  importedKeyPair,
  seededKeyPair,
  signerKeyPair,
  xeddsaSign,
  xeddsaSignBy,
  xeddsaVerify,
  type SigningKeyPair,
} from '../../src/crypto/index.js';
import { reveal } from '../../src/core/secret.js';
import { notBytes } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { littleEndian } from './lowOrder.js';

const isFast = inject('backend') === 'node';
const { Point } = ed25519;
const L = Point.Fn.ORDER;
const message = seededRandom(1)(33);

/** Key pairs of both kinds and of either sign of A. */
const signers = (['seeded', 'imported'] as const).flatMap((kind) =>
  ([0x00, 0x80] as const).map((sign) => [kind, sign, keyPairOf(kind, sign)] as const),
);

describe.each(signers)('a signature by a key that is %s with sign %i', (kind, sign, keyPair) => {
  const signature = xeddsaSign(keyPair, message, seededRandom(2));

  test('has 64 bytes, carries the sign of A, and verifies', () => {
    expect(signature).toHaveLength(64);
    expect(signature[63]! & 0x80).toBe(sign);
    expect(xeddsaVerify(keyPair.publicKey, message, signature)).toBe(true);
  });

  test('verifies for no other message and no other key', () => {
    const { publicKey } = keyPairOf(kind, sign, 500);
    expect(xeddsaVerify(publicKey, message, signature)).toBe(false);
    for (const other of [message.subarray(1), concat(message, Uint8Array.of(0)), new Uint8Array(0)]) {
      expect(xeddsaVerify(keyPair.publicKey, other, signature)).toBe(false);
    }
  });

  test('is refused with any of its 512 bits flipped', () => {
    const step = isFast || (kind === 'seeded' && sign === 0) ? 1 : 11;
    for (let bit = 0; bit < 512; bit += step) {
      expect(xeddsaVerify(keyPair.publicKey, message, flipped(signature, bit)), `bit ${bit}`).toBe(false);
    }
    for (let bit = 504; bit < 512; bit++) {
      expect(xeddsaVerify(keyPair.publicKey, message, flipped(signature, bit)), `bit ${bit}`).toBe(false);
    }
  });

  test('is refused with s + L: nobody makes a second signature from one', () => {
    const s = readLittleEndian(signature.subarray(32)) & (2n ** 255n - 1n);
    for (const multiple of [1n, 2n, 7n]) {
      const bent = concat(signature.subarray(0, 32), littleEndian(s + multiple * L));
      bent[63]! |= sign;
      expect(xeddsaVerify(keyPair.publicKey, message, bent), `s + ${multiple.toString()} L`).toBe(false);
    }
  });

  test('of any other length is refused', () => {
    const long = concat(signature, new Uint8Array(64));
    for (const length of [0, 1, 32, 63, 65, 96, 128]) {
      expect(xeddsaVerify(keyPair.publicKey, message, long.subarray(0, length)), `${length}`).toBe(false);
    }
  });

  test('is an Ed25519 signature under A, once the sign is taken out', () => {
    const A = edwardsPoint(keyPair).toBytes();
    expect(A[31]! & 0x80).toBe(sign);
    const inner = copyBytes(signature);
    inner[63]! &= 0x7f;
    expect(ed25519.verify(inner, message, A, { zip215: false })).toBe(true);
  });

  test('leaves message and signature as they were', () => {
    const [text, made] = [copyBytes(message), copyBytes(signature)];
    expect(xeddsaVerify(keyPair.publicKey, text, made)).toBe(true);
    expect([text, made]).toEqual([message, signature]);
  });

  test('of an empty and of a long message verifies', () => {
    for (const text of [new Uint8Array(0), seededRandom(3)(10_000)]) {
      const made = xeddsaSign(keyPair, text, seededRandom(4));
      expect(xeddsaVerify(keyPair.publicKey, text, made)).toBe(true);
    }
  });
});

describe('signing', () => {
  test('with a seed is deterministic and draws nothing', () => {
    const keyPair = keyPairOf('seeded', 0);
    const first = xeddsaSign(keyPair, message, failing);
    expect(xeddsaSign(keyPair, message, failing)).toEqual(first);
    expect(xeddsaSign(seededKeyPair('Key', reveal(seedOf(keyPair))), message, failing)).toEqual(first);
  });

  test('with an imported key follows from 64 random bytes, and other ones give another signature', () => {
    const keyPair = keyPairOf('imported', 0);
    const lengths: number[] = [];
    const signature = xeddsaSign(keyPair, message, (length) => {
      lengths.push(length);
      return new Uint8Array(length).fill(1);
    });
    expect(lengths).toEqual([64]);
    expect(xeddsaSign(keyPair, message, (length) => new Uint8Array(length).fill(1))).toEqual(signature);
    const other = xeddsaSign(keyPair, message, (length) => new Uint8Array(length).fill(2));
    expect(other.subarray(0, 32)).not.toEqual(signature.subarray(0, 32));
    expect(xeddsaVerify(keyPair.publicKey, message, other)).toBe(true);
  });

  test('with an imported key has a nonce of its own for every key, message and randomness', () => {
    const nonceOf = (keyPair: SigningKeyPair, text: Uint8Array, byte: number): string =>
      toHex(xeddsaSign(keyPair, text, (length) => new Uint8Array(length).fill(byte)).subarray(0, 32));
    const keyPair = keyPairOf('imported', 0);
    const nonces = [
      nonceOf(keyPair, message, 1),
      nonceOf(keyPair, message, 2),
      nonceOf(keyPair, message.subarray(1), 1),
      nonceOf(keyPairOf('imported', 0, 500), message, 1),
    ];
    expect(new Set(nonces).size).toBe(4);
  });

  test('with an imported key takes its nonce as XEdDSA says: hash1(k ‖ M ‖ Z)', () => {
    const keyPair = keyPairOf('imported', 0x80);
    const Z = seededRandom(8)(64);
    const signature = xeddsaSign(keyPair, message, () => Z);
    const prefix = new Uint8Array(32).fill(0xff);
    prefix[0] = 0xfe;
    const hash = sha512(concat(prefix, reveal(keyPair.privateKey), message, Z));
    const R = Point.BASE.multiply(Point.Fn.create(readLittleEndian(hash)));
    expect(signature.subarray(0, 32)).toEqual(R.toBytes());
    expect(Z).toEqual(seededRandom(8)(64));
  });

  test('with an imported key fails where the random source does', () => {
    const keyPair = keyPairOf('imported', 0);
    expectError('invalid-argument', () => xeddsaSign(keyPair, message, failing));
    for (const length of [0, 32, 63, 65]) {
      expectError('invalid-argument', () => xeddsaSign(keyPair, message, () => new Uint8Array(length)));
    }
  });

  test('with the private key of a seed gives signatures that the same public key verifies', () => {
    const seeded = keyPairOf('seeded', 0x80);
    const imported = importedKeyPair('Key', reveal(seeded.privateKey));
    expect(imported.publicKey).toEqual(seeded.publicKey);
    const signature = xeddsaSign(imported, message, seededRandom(5));
    expect(signature).not.toEqual(xeddsaSign(seeded, message, failing));
    expect(xeddsaVerify(seeded.publicKey, message, signature)).toBe(true);
  });

  test('and verifying go together for all keys and messages', () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((bytes) => bytes.some(Boolean));
    fc.assert(
      fc.property(bytes32, fc.boolean(), fc.uint8Array(), fc.nat(511), (bytes, isSeeded, text, bit) => {
        const keyPair = isSeeded ? seededKeyPair('Key', bytes) : importedKeyPair('Key', bytes);
        const signature = xeddsaSign(keyPair, text, seededRandom(6));
        expect(xeddsaVerify(keyPair.publicKey, text, signature)).toBe(true);
        expect(xeddsaVerify(keyPair.publicKey, text, flipped(signature, bit))).toBe(false);
      }),
      { numRuns: isFast ? 50 : 8 },
    );
  });
});

describe('verifying', () => {
  const { publicKey } = keyPairOf('seeded', 0);

  test('refuses random bytes, zeros and ones', () => {
    const candidates = [...Array(20).keys()].map((seed) => seededRandom(seed)(64));
    for (const signature of [...candidates, new Uint8Array(64), new Uint8Array(64).fill(0xff)]) {
      expect(xeddsaVerify(publicKey, message, signature)).toBe(false);
    }
  });

  test.each(notBytes)('refuses %s as a signature', (_, value) => {
    expectError('invalid-argument', () => xeddsaVerify(publicKey, message, value as Uint8Array));
  });

  test('goes on to work after more keys than its cache holds', () => {
    if (!isFast) return;
    const made = Array.from({ length: 300 }, (_, i) => seededKeyPair('Key', seededRandom(1_000 + i)(32)));
    const signed = made.map((keyPair) => [keyPair.publicKey, xeddsaSign(keyPair, message, failing)] as const);
    for (const [key, signature] of [...signed, ...signed.slice(0, 20)]) {
      expect(xeddsaVerify(key, message, signature)).toBe(true);
    }
  });
});

function keyPairOf(kind: SigningKeyPair['kind'], sign: number, from = 100): SigningKeyPair {
  for (let seed = from; ; seed++) {
    const bytes = seededRandom(seed)(32);
    const keyPair = kind === 'seeded' ? seededKeyPair('Key', bytes) : importedKeyPair('Key', bytes);
    if ((edwardsPoint(keyPair).toBytes()[31]! & 0x80) === sign) return keyPair;
  }
}

/** A = a·B, from the private key itself. */
function edwardsPoint({ privateKey }: SigningKeyPair): InstanceType<typeof Point> {
  return Point.BASE.multiply(Point.Fn.create(readLittleEndian(reveal(privateKey))));
}

function seedOf(keyPair: SigningKeyPair): Extract<SigningKeyPair, { kind: 'seeded' }>['seed'] {
  if (keyPair.kind !== 'seeded') throw new Error('the key pair has no seed');
  return keyPair.seed;
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = copyBytes(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function failing(): never {
  throw new Error('nothing is drawn here');
}

test('a pair that only signs has the same public key and signs the same', () => {
  const random = seededRandom(3);
  for (let i = 0; i < (isFast ? 50 : 4); i++) {
    const seed = random(32);
    const whole = seededKeyPair('IdentityKey', seed);
    const signer = signerKeyPair('Seed', seed);
    expect(signer.publicKey).toEqual(whole.publicKey);
    expect(xeddsaSignBy(signer, message)).toEqual(xeddsaSign(whole, message, random));
  }
});
