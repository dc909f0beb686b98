/** Bad public keys with names for `test.each`, and numbers as little-endian bytes. */
import { fromHex, toHex } from '../../src/core/bytes.js';
import { LOW_ORDER, NON_CANONICAL, withHighBit } from '../support/points.js';

/** p = 2²⁵⁵ − 19. */
export const P = 2n ** 255n - 19n;

type Named = readonly [name: string, bytes: Uint8Array];

/** The seven encodings of low-order points that fit into 255 bits, and the same with the high bit set. */
export const lowOrderKeys: readonly Named[] = [...LOW_ORDER, ...LOW_ORDER.map(withHighBit)].map(named);

/** The encodings of a u that is not reduced: p … 2²⁵⁵ − 1. */
export const nonCanonicalKeys: readonly Named[] = NON_CANONICAL.map(named);

/** 32 bytes, least significant first. */
export function littleEndian(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0')).reverse();
}

/** The key under the hexadecimal digits of its bytes. */
function named(bytes: Uint8Array): Named {
  return [toHex(bytes), bytes];
}
