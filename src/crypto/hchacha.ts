/**
 * HChaCha20 (draft-irtf-cfrg-xchacha §2.2): the subkey by which a cipher with a nonce of 12 bytes takes one of 24.
 *
 *     XChaCha20-Poly1305(key, nonce) = ChaCha20-Poly1305(HChaCha20(key, nonce[0..16]), 0⁴ ‖ nonce[16..24])
 *
 * @module
 */
import { concat } from '../core/bytes.js';

/** "expand 32-byte k": words 0 … 3 of the state. */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

/** Words of each quarter round: the columns, then the diagonals. */
const QUARTERS: readonly (readonly [a: number, b: number, c: number, d: number])[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];

const DOUBLE_ROUNDS = 10;

/** The subkey of 32 bytes, and the nonce of 12 that is used with it; key of 32 bytes, nonce of 24. */
export function xchachaSubkey(
  key: Uint8Array,
  nonce: Uint8Array,
): { readonly subkey: Uint8Array; readonly subnonce: Uint8Array } {
  const input = new DataView(concat(key, nonce.subarray(0, 16)).buffer);
  const state = Uint32Array.from({ length: 16 }, (_, i) =>
    i < 4 ? (CONSTANTS[i] ?? 0) : input.getUint32(4 * (i - 4), true),
  );
  for (let round = 0; round < DOUBLE_ROUNDS; round++) {
    for (const [a, b, c, d] of QUARTERS) quarterRound(state, a, b, c, d);
  }
  const subkey = new Uint8Array(32);
  const output = new DataView(subkey.buffer);
  for (let i = 0; i < 4; i++) {
    output.setUint32(4 * i, state[i] ?? 0, true);
    output.setUint32(16 + 4 * i, state[12 + i] ?? 0, true);
  }
  state.fill(0);
  new Uint8Array(input.buffer).fill(0);
  return { subkey, subnonce: concat(new Uint8Array(4), nonce.subarray(16)) };
}

/** RFC 8439 §2.1. */
function quarterRound(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  add(state, a, b);
  exclusiveOrRotated(state, d, a, 16);
  add(state, c, d);
  exclusiveOrRotated(state, b, c, 12);
  add(state, a, b);
  exclusiveOrRotated(state, d, a, 8);
  add(state, c, d);
  exclusiveOrRotated(state, b, c, 7);
}

function add(state: Uint32Array, to: number, from: number): void {
  state[to] = (state[to] ?? 0) + (state[from] ?? 0);
}

function exclusiveOrRotated(state: Uint32Array, to: number, from: number, bits: number): void {
  const mixed = (state[to] ?? 0) ^ (state[from] ?? 0);
  state[to] = (mixed << bits) | (mixed >>> (32 - bits));
}
