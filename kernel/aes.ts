/**
 * AES-256 (FIPS 197) of eight blocks at a time, bitsliced: there are no tables, and no branch and no address depends on a
 * secret.
 *
 * A state is eight planes of 128 bits. In plane i, bit j of a byte is bit i of that byte of block j. Bytes stand in rows,
 * byte 4r + c is row r, column c: so a column is turned by moving words, and a row by moving the bytes of a word.
 */
import { and, get, set, xor } from './lanes';

const PLANES: usize = 128; // bytes of a state
const SCRATCH: usize = memory.data(17 * 128, 16);

/** The state that is encrypted or decrypted. */
export const STATE: usize = SCRATCH;

/** Room for a second one. */
export const SPARE: usize = SCRATCH + PLANES;

/** The round keys; to all but the first is added the constant of the S-box. */
const KEYS: usize = SPARE + PLANES;
const LAST_KEY: usize = KEYS + 14 * PLANES;
const NO_KEY: usize = memory.data(128, 16); // one that changes nothing

/** Clears all of that. */
export function wipe(): void {
  memory.fill(SCRATCH, 0, 17 * PLANES);
}

/** Eight blocks `stride` bytes apart become planes. */
export function slice(from: usize, stride: usize, to: usize): void {
  for (let lane = 0; lane < 8; lane++) set(to, lane, turn(v128.load(from + <usize>lane * stride)));
  transpose(to);
}

/** Planes become blocks, in place. */
export function unslice(p: usize): void {
  transpose(p);
  for (let lane = 0; lane < 8; lane++) set(p, lane, turn(get<v128>(p, lane)));
}

/** Bytes in columns, as blocks have them, become bytes in rows; and back. */
// @ts-ignore: decorator
@inline
function turn(block: v128): v128 {
  return v128.swizzle(block, i8x16(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
}

/** Eight blocks become eight planes, and back: at each byte, a transposition of 8 × 8 bits. */
function transpose(p: usize): void {
  for (let i = 0; i < 8; i += 2) exchange(p, i, i + 1, 1, 0x55);
  for (let i = 0; i < 8; i += 4) {
    exchange(p, i, i + 2, 2, 0x33);
    exchange(p, i + 1, i + 3, 2, 0x33);
  }
  for (let i = 0; i < 4; i++) exchange(p, i, i + 4, 4, 0x0f);
}

/** Exchanges the bits `mask` << n of vector i with the bits `mask` of vector j. */
// @ts-ignore: decorator
@inline
function exchange(p: usize, i: i32, j: i32, n: i32, mask: u8): void {
  const a = get<v128>(p, i), b = get<v128>(p, j);
  const differing = and(xor(i64x2.shr_u(a, n), b), i8x16.splat(mask));
  set(p, i, xor(a, i64x2.shl(differing, n)));
  set(p, j, xor(b, differing));
}

/** Prepares the round keys of eight keys of 32 bytes, `stride` bytes apart: of one if that is 0. */
export function expandKeys(keys: usize, stride: usize): void {
  slice(keys, stride, KEYS);
  slice(keys + 16, stride, KEYS + PLANES);
  for (let round = 2, key = KEYS + 2 * PLANES; round <= 14; round++, key += PLANES) {
    substitute(key - PLANES, STATE);
    addConstant(STATE);
    for (let i = 0; i < 8; i++) {
      const before = sums(get<v128>(key - 2 * PLANES, i));
      set(key, i, xor(before, lastColumn(get<v128>(STATE, i), round)));
    }
    if (round & 1) continue;
    const bit = (round >> 1) - 1; // of the round constant, which is added to the first row
    set(key, bit, xor(get<v128>(key, bit), i32x4(-1, 0, 0, 0)));
  }
  for (let key = KEYS + PLANES; key <= LAST_KEY; key += PLANES) addConstant(key);
}

/** Column c becomes the sum of columns 0 to c. */
// @ts-ignore: decorator
@inline
function sums(a: v128): v128 {
  const pairs = xor(a, i32x4.shl(a, 8));
  return xor(pairs, i32x4.shl(pairs, 16));
}

/** The last column, from where `substitute` has put it, in all four; in an even round it is turned by a row. */
// @ts-ignore: decorator
@inline
function lastColumn(a: v128, round: i32): v128 {
  return round & 1
    ? v128.swizzle(a, i8x16(3, 3, 3, 3, 6, 6, 6, 6, 9, 9, 9, 9, 12, 12, 12, 12))
    : v128.swizzle(a, i8x16(6, 6, 6, 6, 9, 9, 9, 9, 12, 12, 12, 12, 3, 3, 3, 3));
}

/** Adds 0x63, the constant of the S-box, to each byte. */
function addConstant(p: usize): void {
  invert(p, 0); invert(p, 1); invert(p, 5); invert(p, 6);
}

// @ts-ignore: decorator
@inline
function invert(p: usize, i: i32): void {
  set(p, i, v128.not(get<v128>(p, i)));
}

/** Encrypts STATE. */
export function encryptState(): void {
  add(KEYS);
  for (let key = KEYS + PLANES; key < LAST_KEY; key += PLANES) {
    substitute(STATE, STATE);
    mixColumns(key);
  }
  substitute(STATE, STATE);
  add(LAST_KEY);
}

/** Decrypts STATE: the inverse steps in reverse. The S-box is its own inverse between two inverses of its linear map. */
export function decryptState(): void {
  add(LAST_KEY);
  for (let key = LAST_KEY - PLANES; ; key -= PLANES) {
    undoLinear();
    substitute(STATE, STATE);
    undoLinear();
    for (let i = 0; i < 8; i++) set(STATE, i, xor(shiftBackTwice(get<v128>(STATE, i)), get<v128>(key, i)));
    if (key == KEYS) return;
    prepareMix();
    mixColumns(NO_KEY);
  }
}

/** Adds planes, such as a round key, to the state. */
export function add(planes: usize): void {
  for (let i = 0; i < 8; i++) addPlane(i, get<v128>(planes, i));
}

// @ts-ignore: decorator
@inline
function addPlane(i: i32, plane: v128): void {
  set(STATE, i, xor(get<v128>(STATE, i), plane));
}

/** MixColumns, a byte a becomes 2 (a + b) + b + c + d where b, c, d come next in its column; and the round key. */
function mixColumns(key: usize): void {
  const last = get<v128>(STATE, 7);
  const carry = xor(last, down(last));
  let sum = mixPlane(0, carry, key);
  sum = mixPlane(1, xor(sum, carry), key);
  sum = mixPlane(2, sum, key);
  sum = mixPlane(3, xor(sum, carry), key);
  sum = mixPlane(4, xor(sum, carry), key);
  sum = mixPlane(5, sum, key);
  sum = mixPlane(6, sum, key);
  mixPlane(7, sum, key);
}

/** Plane i of that, and a + b for the next plane. */
// @ts-ignore: decorator
@inline
function mixPlane(i: i32, doubled: v128, key: usize): v128 {
  const a = get<v128>(STATE, i), b = down(a), sum = xor(a, b);
  set(STATE, i, xor(xor(doubled, b), xor(down2(sum), get<v128>(key, i))));
  return sum;
}

/** After this MixColumns is its inverse: adds 4 (a + c) to each byte a, where c is the second after it. */
function prepareMix(): void {
  const a = across(0), b = across(1), c = across(2), d = across(3);
  const e = across(4), f = across(5), g = across(6), h = across(7), gh = xor(g, h);
  addPlane(0, g); addPlane(1, gh); addPlane(2, xor(a, h)); addPlane(3, xor(b, g));
  addPlane(4, xor(c, gh)); addPlane(5, xor(d, h)); addPlane(6, e); addPlane(7, f);
}

// @ts-ignore: decorator
@inline
function across(i: i32): v128 {
  return xor(get<v128>(STATE, i), down2(get<v128>(STATE, i)));
}

/** In each row, the row below. */
// @ts-ignore: decorator
@inline
function down(a: v128): v128 {
  return v128.shuffle<u32>(a, a, 1, 2, 3, 0);
}

/** In each row, the row two below. */
// @ts-ignore: decorator
@inline
function down2(a: v128): v128 {
  return v128.shuffle<u32>(a, a, 2, 3, 0, 1);
}

/** The inverse of the S-box's linear map: each bit becomes the sum of those 2, 5 and 7 above it (FIPS 197 §5.3.2). */
function undoLinear(): void {
  const a = get<v128>(STATE, 0), b = get<v128>(STATE, 1), c = get<v128>(STATE, 2), d = get<v128>(STATE, 3);
  const e = get<v128>(STATE, 4), f = get<v128>(STATE, 5), g = get<v128>(STATE, 6), h = get<v128>(STATE, 7);
  set(STATE, 0, xor(xor(c, f), h)); set(STATE, 1, xor(xor(d, g), a));
  set(STATE, 2, xor(xor(e, h), b)); set(STATE, 3, xor(xor(f, a), c));
  set(STATE, 4, xor(xor(g, b), d)); set(STATE, 5, xor(xor(h, c), e));
  set(STATE, 6, xor(xor(a, d), f)); set(STATE, 7, xor(xor(b, e), g));
}

// @ts-ignore: decorator
@inline
function shiftRows(a: v128): v128 {
  return v128.swizzle(a, i8x16(0, 1, 2, 3, 5, 6, 7, 4, 10, 11, 8, 9, 15, 12, 13, 14));
}

// @ts-ignore: decorator
@inline
function shiftBackTwice(a: v128): v128 {
  return v128.swizzle(a, i8x16(0, 1, 2, 3, 6, 7, 4, 5, 8, 9, 10, 11, 14, 15, 12, 13));
}

/**
 * ShiftRows of SubBytes without its constant: the circuit of Boyar and Peralta (IACR ePrint 2011/332), in their names.
 * Their bit 0 is the most significant.
 */
function substitute(from: usize, to: usize): void {
  const x0 = get<v128>(from, 7), x1 = get<v128>(from, 6), x2 = get<v128>(from, 5), x3 = get<v128>(from, 4);
  const x4 = get<v128>(from, 3), x5 = get<v128>(from, 2), x6 = get<v128>(from, 1), x7 = get<v128>(from, 0);
  const y14 = xor(x3, x5), y13 = xor(x0, x6), y9 = xor(x0, x3), y8 = xor(x0, x5), t0 = xor(x1, x2);
  const y1 = xor(t0, x7), y4 = xor(y1, x3), y12 = xor(y13, y14), y2 = xor(y1, x0), y5 = xor(y1, x6);
  const y3 = xor(y5, y8), t1 = xor(x4, y12), y15 = xor(t1, x5), y20 = xor(t1, x1), y6 = xor(y15, x7);
  const y10 = xor(y15, t0), y11 = xor(y20, y9), y7 = xor(x7, y11), y17 = xor(y10, y11), y19 = xor(y10, y8);
  const y16 = xor(t0, y11), y21 = xor(y13, y16), y18 = xor(x0, y16);

  const t2 = and(y12, y15), t4 = xor(and(y3, y6), t2), t6 = xor(and(y4, x7), t2);
  const t7 = and(y13, y16), t9 = xor(and(y5, y1), t7), t11 = xor(and(y2, y7), t7);
  const t12 = and(y9, y11), t14 = xor(and(y14, y17), t12), t16 = xor(and(y8, y10), t12);
  const t21 = xor(xor(t4, t14), y20), t22 = xor(xor(t6, t16), y19);
  const t23 = xor(xor(t9, t14), y21), t24 = xor(xor(t11, t16), y18);
  const t25 = xor(t21, t22), t26 = and(t21, t23), t27 = xor(t24, t26), t29 = xor(and(t25, t27), t22);
  const t30 = xor(t23, t24), t31 = xor(t22, t26), t33 = xor(and(t31, t30), t24), t34 = xor(t23, t33);
  const t35 = xor(t27, t33), t36 = and(t24, t35), t37 = xor(t36, t34), t38 = xor(t27, t36);
  const t40 = xor(t25, and(t29, t38)), t41 = xor(t40, t37), t42 = xor(t29, t33), t43 = xor(t29, t40);
  const t44 = xor(t33, t37), t45 = xor(t42, t41);

  const z0 = and(t44, y15), z1 = and(t37, y6), z2 = and(t33, x7), z3 = and(t43, y16), z4 = and(t40, y1);
  const z5 = and(t29, y7), z6 = and(t42, y11), z7 = and(t45, y17), z8 = and(t41, y10), z9 = and(t44, y12);
  const z10 = and(t37, y3), z11 = and(t33, y4), z12 = and(t43, y13), z13 = and(t40, y5), z14 = and(t29, y2);
  const z15 = and(t42, y9), z16 = and(t45, y14), z17 = and(t41, y8);

  const t46 = xor(z15, z16), t47 = xor(z10, z11), t48 = xor(z5, z13), t49 = xor(z9, z10), t50 = xor(z2, z12);
  const t51 = xor(z2, z5), t52 = xor(z7, z8), t53 = xor(z0, z3), t54 = xor(z6, z7), t55 = xor(z16, z17);
  const t56 = xor(z12, t48), t57 = xor(t50, t53), t58 = xor(z4, t46), t59 = xor(z3, t54), t60 = xor(t46, t57);
  const t61 = xor(z14, t57), t62 = xor(t52, t58), t63 = xor(t49, t58), t64 = xor(z4, t59), t65 = xor(t61, t62);
  const t66 = xor(z1, t63), t67 = xor(t64, t65), s3 = xor(t53, t66);
  set(to, 7, shiftRows(xor(t59, t63))); set(to, 6, shiftRows(xor(t64, s3)));
  set(to, 5, shiftRows(xor(t55, t67))); set(to, 4, shiftRows(s3));
  set(to, 3, shiftRows(xor(t51, t66))); set(to, 2, shiftRows(xor(t47, t65)));
  set(to, 1, shiftRows(xor(t56, t62))); set(to, 0, shiftRows(xor(t48, t60)));
}
