/** Signatures that lenient verifiers accept: both backends must be strict, and strict alike. */
import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, readLittleEndian } from '../../src/core/bytes.js';
import { sha512 } from '../../src/crypto/noble.js';
import { seededRandom } from '../support/random.js';
import { both } from './backends.js';
import { littleEndian, P } from './lowOrder.js';

const { Point } = ed25519;
type EdwardsPoint = InstanceType<typeof Point>;
const L = Point.Fn.ORDER;

/** The eight points whose order divides 8, each a multiple of one of order 8. */
const torsion = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromHex(hex));

/** A signer with a known scalar, so that signatures can be bent. */
const a = Point.Fn.create(readLittleEndian(seededRandom(1)(32)));
const A = Point.BASE.multiply(a);
const message = seededRandom(2)(20);

describe('a signature', () => {
  test('made by the equation verifies: the bent ones below start from a good one', () => {
    expect(verifies(A, message, signature({}))).toBe(true);
  });

  test.each([1, 2, 3, 4, 5, 6, 7])(
    'whose R has torsion %i is refused, though a verifier with cofactor takes it',
    (i) => {
      const bent = signature({ addToR: torsion[i]! });
      expect(ed25519.verify(bent, message, A.toBytes(), { zip215: true })).toBe(true);
      expect(verifies(A, message, bent)).toBe(false);
    },
  );

  test('by a public key with torsion verifies exactly where the torsion cancels', () => {
    const mixed = A.add(torsion[1]!);
    const verdicts = Array.from({ length: 24 }, (_, i) => {
      const text = Uint8Array.of(i);
      const made = signature({ publicKey: mixed, message: text });
      expect(ed25519.verify(made, text, mixed.toBytes(), { zip215: true })).toBe(true);
      const verdict = verifies(mixed, text, made);
      expect(verdict).toBe(challenge(made.subarray(0, 32), mixed, text) % 8n === 0n);
      return verdict;
    });
    expect(new Set(verdicts)).toEqual(new Set([true, false]));
  });

  test('by a public key of low order is judged alike, for every R of low order', () => {
    const verdicts = torsion.flatMap((publicKey) =>
      torsion.map((R) => {
        const bytes = concat(R.toBytes(), new Uint8Array(32));
        const verdict = verifies(publicKey, message, bytes);
        const h = challenge(R.toBytes(), publicKey, message);
        expect(verdict).toBe(publicKey.multiplyUnsafe(h).negate().equals(R));
        return verdict;
      }),
    );
    expect(new Set(verdicts)).toEqual(new Set([true, false]));
  });

  test('with s + L, or any s from L on, is refused', () => {
    const good = signature({});
    const s = readLittleEndian(good.subarray(32));
    for (const bad of [s + L, s + 2n * L, s + 8n * L, L, L + 1n, 2n ** 253n, 2n ** 255n, 2n ** 256n - 1n]) {
      const malleated = concat(good.subarray(0, 32), littleEndian(bad));
      expect(
        both((b) => b.ed25519Verify(A.toBytes(), message, malleated)),
        bad.toString(16),
      ).toBe(false);
    }
  });

  test('of any length but 64 is refused', () => {
    const good = concat(signature({}), new Uint8Array(66));
    for (let length = 0; length <= 130; length++) {
      const cut = good.subarray(0, length);
      expect(
        both((b) => b.ed25519Verify(A.toBytes(), message, cut)),
        `${length}`,
      ).toBe(length === 64);
    }
  });

  test('of random bytes is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        expect(verifies(A, message, bytes)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  test('with an R that is not canonical is refused', () => {
    // s = 0 and A = 0 make every message hold for R = 0, the point with y = 1 and x = 0.
    const identity = Point.ZERO;
    const zero = new Uint8Array(32);
    expect(verifies(identity, message, concat(littleEndian(1n), zero))).toBe(true);
    for (const R of [P + 1n, 1n + 2n ** 255n, P + 1n + 2n ** 255n]) {
      expect(verifies(identity, message, concat(littleEndian(R), zero)), R.toString(16)).toBe(false);
    }
  });
});

describe('a public key', () => {
  /** s·B = R: holds wherever h·A = 0, which for a point of low order is often. */
  const forOften = concat(Point.BASE.multiply(5n).toBytes(), littleEndian(5n));
  const messages = Array.from({ length: 24 }, (_, i) => Uint8Array.of(i));
  const accepted = (publicKey: Uint8Array): number =>
    messages.filter((text) => both((b) => b.ed25519Verify(publicKey, text, forOften))).length;

  test('of low order in its one encoding verifies what its equation says', () => {
    expect(accepted(littleEndian(1n))).toBe(messages.length);
    for (const encoding of [P - 1n, 0n, 2n ** 255n]) {
      expect(accepted(littleEndian(encoding))).toBeGreaterThan(0);
      expect(accepted(littleEndian(encoding))).toBeLessThan(messages.length);
    }
  });

  test.each([
    ['y = p', P],
    ['y = p, sign set', P + 2n ** 255n],
    ['y = p + 1', P + 1n],
    ['y = p + 1, sign set', P + 1n + 2n ** 255n],
    ['y = 1, sign set where x = 0', 1n + 2n ** 255n],
    ['y = −1, sign set where x = 0', P - 1n + 2n ** 255n],
  ])('in another encoding is refused: %s', (_, encoding) => {
    expect(accepted(littleEndian(encoding))).toBe(0);
  });

  test('that is no point is refused', () => {
    const noPoints = Array.from({ length: 40 }, (_, y) => littleEndian(BigInt(y))).filter(isNoPoint);
    expect(noPoints.length).toBeGreaterThan(10);
    for (const bytes of noPoints) expect(accepted(bytes)).toBe(0);
  });
});

interface Bend {
  readonly addToR?: EdwardsPoint;
  readonly publicKey?: EdwardsPoint;
  readonly message?: Uint8Array;
}

/** R ‖ s with s = r + h·a, where R and A may have torsion that the signer adds. */
function signature({ addToR = Point.ZERO, publicKey = A, message: text = message }: Bend): Uint8Array {
  const r = 123_456_789n;
  const R = Point.BASE.multiply(r).add(addToR).toBytes();
  return concat(R, littleEndian(Point.Fn.create(r + challenge(R, publicKey, text) * a)));
}

function challenge(R: Uint8Array, publicKey: EdwardsPoint, text: Uint8Array): bigint {
  return Point.Fn.create(readLittleEndian(sha512(concat(R, publicKey.toBytes(), text))));
}

function verifies(publicKey: EdwardsPoint, text: Uint8Array, bytes: Uint8Array): boolean {
  return both((b) => b.ed25519Verify(publicKey.toBytes(), text, bytes));
}

function isNoPoint(bytes: Uint8Array): boolean {
  try {
    Point.fromBytes(bytes);
    return false;
  } catch {
    return true;
  }
}
