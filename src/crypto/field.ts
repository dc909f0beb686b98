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
