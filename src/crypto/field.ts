/**
 * The encodings of field elements and points of Curve25519 and Ed25519: one encoding each, and no other is taken.
 *
 * @module
 */

/** Whether 32 little-endian bytes are below p = 2²⁵⁵ − 19, and so have bit 255 clear. */
export function isCanonical(element: Uint8Array): boolean {
  const top = element[31] ?? 0;
  if (top !== 0x7f) return top < 0x7f;
  for (let i = 30; i > 0; i--) if (element[i] !== 0xff) return true;
  return (element[0] ?? 0) < 0xed;
}

/**
 * Whether 32 bytes can be the encoding of an Ed25519 point: y below p, and no sign where x is zero (y = 1 or −1).
 * RFC 8032 §5.1.3 demands both; OpenSSL asks for neither.
 */
export function isCanonicalPoint(encoded: Uint8Array): boolean {
  const y = new Uint8Array(encoded);
  y[31] = (y[31] ?? 0) & 0x7f;
  const isNegative = y[31] !== encoded[31];
  return isCanonical(y) && !(isNegative && (isOne(y) || isMinusOne(y)));
}

function isOne(element: Uint8Array): boolean {
  return element.every((byte, i) => byte === (i === 0 ? 1 : 0));
}

function isMinusOne(element: Uint8Array): boolean {
  return element.every((byte, i) => byte === (i === 0 ? 0xec : i === 31 ? 0x7f : 0xff));
}

/** p = 2²⁵⁵ − 19. */
export const P: bigint = 2n ** 255n - 19n;

/** Bits of a number that are looked at, and that the multipliers may reach: doubles hold all products exactly. */
const WINDOW = 50;
const MULTIPLIER_LIMIT = 2 ** (WINDOW / 2 + 1);

/**
 * 1/x mod p for 0 < x < p, in a time that depends on x: for public values only.
 *
 * Lehmer's algorithm (Knuth, The Art of Computer Programming 4.5.2, Algorithm L): Euclid's on the leading bits, in plain
 * numbers, as long as they decide the quotient; what came of that is then done to the long numbers at once. Three times as
 * fast as Euclid's on bigints, which is half of what a first signature check costs beyond OpenSSL's part.
 */
export function invert(x: bigint): bigint {
  let [a, b] = [P, x];
  let [u, v] = [0n, 1n]; // a ≡ u·x and b ≡ v·x (mod p)
  let shift = 255 - WINDOW;
  while (b !== 0n) {
    const [high, low] = [Number(a >> BigInt(shift)), Number(b >> BigInt(shift))];
    if (shift > 0 && high < 2 ** (WINDOW / 2)) {
      shift = Math.max(0, shift - WINDOW / 2);
      continue;
    }
    const [A, B, C, D] = reduce(high, low, shift === 0);
    if (B === 0) {
      const quotient = a / b;
      [a, b] = [b, a - quotient * b];
      [u, v] = [v, u - quotient * v];
    } else {
      const [bigA, bigB, bigC, bigD] = [BigInt(A), BigInt(B), BigInt(C), BigInt(D)];
      [a, b] = [bigA * a + bigB * b, bigC * a + bigD * b];
      [u, v] = [bigA * u + bigB * v, bigC * u + bigD * v];
    }
  }
  return u < 0n ? u + P : u;
}

/** The matrix of Euclid's steps on a / b that are the same whatever bits follow; of all of them if none follow. */
function reduce(a: number, b: number, isExact: boolean): readonly [number, number, number, number] {
  let [A, B, C, D] = [1, 0, 0, 1];
  for (;;) {
    const quotient = Math.floor(isExact ? a / b : (a + A) / (b + C));
    const isCommon = isExact || quotient === Math.floor((a + B) / (b + D));
    const nextC = A - quotient * C;
    const nextD = B - quotient * D;
    const isSmall = isExact || Math.max(Math.abs(nextC), Math.abs(nextD)) <= MULTIPLIER_LIMIT;
    if (!isCommon || !isSmall || !Number.isFinite(quotient)) return [A, B, C, D];
    const rest = a - quotient * b;
    A = C;
    B = D;
    C = nextC;
    D = nextD;
    a = b;
    b = rest;
  }
}
