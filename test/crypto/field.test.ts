import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { invert, P } from '../../src/crypto/field.js';

const { Fp } = ed25519.Point;

it('inverts what noble inverts', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: P - 1n }), (x) => {
      expect(invert(x)).toBe(Fp.inv(x));
    }),
    { numRuns: 300 },
  );
});

it('inverts numbers whose quotients are few, many, or huge', () => {
  const edges = Array.from({ length: 255 }, (_, bit) => 2n ** BigInt(bit)).flatMap((x) => [x, P - x, x + 1n]);
  const golden = (P * 618033988749895n) / 10n ** 15n; // a ratio near the golden one: every quotient is 1
  for (const x of [...edges, golden, golden + 1n].filter((x) => x > 0n && x < P)) {
    expect(Fp.mul(invert(x), x)).toBe(1n);
  }
});
