/** XEdDSA signatures taken apart. */

/** L, the order of the base point. */
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The signature with s + L in place of s: the same point, in other bytes. Fits, since s < L < 2^253 − L. */
export function plusGroupOrder(signature: Uint8Array): Uint8Array {
  const bytes = Buffer.from(signature);
  const sign = (bytes[63] ?? 0) & 0x80;
  bytes[63] = (bytes[63] ?? 0) & 0x7f;
  const s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + GROUP_ORDER;
  Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse().copy(bytes, 32);
  bytes[63] |= sign;
  return bytes;
}
