/**
 * Words in lanes: one lane is a `u32`, four lanes are a `v128`. Everything above is written once over a type `T` and
 * compiled for both. Lane l of a vector belongs to message l.
 */

/** The same word in every lane. */
// @ts-ignore: decorator
@inline
export function splat<T>(x: u32): T {
  return isVector<T>() ? i32x4.splat(x) : <T>x;
}

// @ts-ignore: decorator
@inline
export function add<T>(a: T, b: T): T {
  return isVector<T>() ? i32x4.add(a, b) : a + b;
}

// @ts-ignore: decorator
@inline
export function xor<T>(a: T, b: T): T {
  return isVector<T>() ? v128.xor(a, b) : a ^ b;
}

// @ts-ignore: decorator
@inline
export function and<T>(a: T, b: T): T {
  return isVector<T>() ? v128.and(a, b) : a & b;
}

// @ts-ignore: decorator
@inline
export function shr<T>(a: T, n: i32): T {
  return isVector<T>() ? i32x4.shr_u(a, n) : a >> n;
}

// @ts-ignore: decorator
@inline
export function ror<T>(a: T, n: i32): T {
  return isVector<T>() ? v128.or(i32x4.shr_u(a, n), i32x4.shl(a, 32 - n)) : rotr<u32>(a, n);
}

/** Word `i` of an array of words in lanes. */
// @ts-ignore: decorator
@inline
export function get<T>(p: usize, i: i32): T {
  return isVector<T>() ? v128.load(p + ((<usize>i) << 4)) : load<u32>(p + ((<usize>i) << 2));
}

// @ts-ignore: decorator
@inline
export function set<T>(p: usize, i: i32, value: T): void {
  if (isVector<T>()) v128.store(p + ((<usize>i) << 4), value);
  else store<u32>(p + ((<usize>i) << 2), value);
}

/** Word `i` of a table of plain words, in every lane. */
// @ts-ignore: decorator
@inline
export function constant<T>(p: usize, i: i32): T {
  return isVector<T>() ? v128.load_splat<u32>(p + ((<usize>i) << 2)) : load<u32>(p + ((<usize>i) << 2));
}

/** Four bytes, most significant first, of each lane's message; the messages are `stride` bytes apart. */
// @ts-ignore: decorator
@inline
export function read<T>(p: usize, stride: usize): T {
  if (isVector<T>()) {
    let v = v128.load_zero<u32>(p);
    v = v128.load_lane<u32>(p + stride, v, 1);
    v = v128.load_lane<u32>(p + 2 * stride, v, 2);
    v = v128.load_lane<u32>(p + 3 * stride, v, 3);
    return swap<T>(v);
  }
  return bswap<u32>(load<u32>(p));
}

// @ts-ignore: decorator
@inline
export function write<T>(p: usize, stride: usize, value: T): void {
  if (isVector<T>()) {
    const v = swap<T>(value);
    v128.store_lane<u32>(p, v, 0);
    v128.store_lane<u32>(p + stride, v, 1);
    v128.store_lane<u32>(p + 2 * stride, v, 2);
    v128.store_lane<u32>(p + 3 * stride, v, 3);
  } else store<u32>(p, bswap<u32>(value));
}

/** The bytes of each word in reverse. */
// @ts-ignore: decorator
@inline
function swap<T>(x: T): T {
  return isVector<T>()
    ? v128.shuffle<u8>(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
    : bswap<u32>(x);
}
