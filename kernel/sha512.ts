/**
 * SHA-512 (FIPS 180-4) over two lanes of 64-bit words, for hashes that go through thousands of rounds: both people's
 * fingerprints at once.
 *
 * A round is h = SHA-512(h ‖ suffix). Only the first half of the first block changes from round to round, so every
 * other block is scheduled once. This is a module of its own (see src/crypto/kernel/sha512.ts); all memory that it writes
 * to is the caller's, from `IO` on.
 */

const K: usize = memory.data<u64>(
  [
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
  ],
  16,
);

/** The initial hash value, 8 plain words. */
const H0: usize = memory.data<u64>(
  [
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
    0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
  ],
  16,
);

/** Where free memory begins. */
export const IO: usize = memory.data(16, 64);

/** Bytes of a block in two lanes, of its schedule, and of a hash state. */
const BLOCK: usize = 16 * 16;
const SCHEDULE: usize = 80 * 16;
const STATE: usize = 8 * 16;

/** The scratch memory: a block, a state before and one after a block, then a schedule for every block. */
const FROM: usize = BLOCK;
const TO: usize = FROM + STATE;
const SCHEDULES: usize = TO + STATE;

/**
 * `rounds` times h = SHA-512(h ‖ suffix) in both lanes; the last two h go to `to`. The messages h ‖ suffix are `stride`
 * bytes apart, a multiple of 128 with room for the padding of the longer one. Behind them is the scratch memory: 512
 * bytes, and then ten times `stride`.
 */
export function sha512Rounds(
  messages: usize,
  stride: usize,
  length0: u32,
  length1: u32,
  rounds: u32,
  to: usize,
): void {
  const blocks0 = padMessage(messages, length0);
  const blocks1 = padMessage(messages + stride, length1);
  const blocks = max<usize>(blocks0, blocks1);
  const scratch = messages + 2 * stride;
  for (let block = blocks; block-- > 0; ) {
    for (let i: usize = 0; i < 16; i++) {
      const word = messages + block * 128 + i * 8;
      v128.store(scratch + i * 16, read(word, word + stride));
    }
    schedule(scratch, scratch + SCHEDULES + block * SCHEDULE);
  }
  // What the scratch block now holds is the first one: h, which comes anew each round, and the beginning of the suffix.
  for (; rounds; rounds--) {
    schedule(scratch, scratch + SCHEDULES);
    for (let i: usize = 0; i < 8; i++) v128.store(scratch + FROM + i * 16, v128.load_splat<u64>(H0 + i * 8));
    for (let block: usize = 0; block < blocks; block++) {
      compress(scratch + FROM, scratch + SCHEDULES + block * SCHEDULE, scratch + TO);
      keepRunning(scratch, i64x2(block < blocks0 ? -1 : 0, block < blocks1 ? -1 : 0));
    }
    memory.copy(scratch, scratch + FROM, STATE);
  }
  for (let i: usize = 0; i < 8; i++) write(to + i * 8, to + 64 + i * 8, v128.load(scratch + i * 16));
}

/** Pads a message (§5.1.2); returns its blocks. */
function padMessage(message: usize, length: u32): usize {
  const blocks = (length + 17 + 127) >> 7;
  store<u8>(message + length, 0x80);
  memory.fill(message + length + 1, 0, (blocks << 7) - length - 1);
  store<u32>(message + (blocks << 7) - 4, bswap<u32>(length << 3));
  return blocks;
}

/** The new state in the lanes whose message has this block; the other one is done and keeps its own. */
// @ts-ignore: decorator
@inline
function keepRunning(scratch: usize, running: v128): void {
  for (let i: usize = 0; i < STATE; i += 16) {
    const from = scratch + FROM + i;
    v128.store(from, v128.bitselect(v128.load(scratch + TO + i), v128.load(from), running));
  }
}

/** Writes the 80 words W + K of a block of 16 words. */
function schedule(block: usize, to: usize): void {
  let a = v128.load(block), b = v128.load(block, 16), c = v128.load(block, 32), d = v128.load(block, 48);
  let e = v128.load(block, 64), f = v128.load(block, 80), g = v128.load(block, 96), h = v128.load(block, 112);
  let i = v128.load(block, 128), j = v128.load(block, 144), k = v128.load(block, 160), l = v128.load(block, 176);
  let m = v128.load(block, 192), n = v128.load(block, 208), o = v128.load(block, 224), p = v128.load(block, 240);
  let t = K;
  const end = K + 512;
  while (true) {
    plusK(to, t, 0, a); plusK(to, t, 1, b); plusK(to, t, 2, c); plusK(to, t, 3, d);
    plusK(to, t, 4, e); plusK(to, t, 5, f); plusK(to, t, 6, g); plusK(to, t, 7, h);
    plusK(to, t, 8, i); plusK(to, t, 9, j); plusK(to, t, 10, k); plusK(to, t, 11, l);
    plusK(to, t, 12, m); plusK(to, t, 13, n); plusK(to, t, 14, o); plusK(to, t, 15, p);
    if (t == end) break;
    a = next(a, b, j, o); b = next(b, c, k, p); c = next(c, d, l, a); d = next(d, e, m, b);
    e = next(e, f, n, c); f = next(f, g, o, d); g = next(g, h, p, e); h = next(h, i, a, f);
    i = next(i, j, b, g); j = next(j, k, c, h); k = next(k, l, d, i); l = next(l, m, e, j);
    m = next(m, n, f, k); n = next(n, o, g, l); o = next(o, p, h, m); p = next(p, a, i, n);
    t += 128;
    to += 256;
  }
}

/** The compression function: `to` = `from` + 80 rounds of it over the scheduled block. */
function compress(from: usize, scheduled: usize, to: usize): void {
  let a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32), d = v128.load(from, 48);
  let e = v128.load(from, 64), f = v128.load(from, 80), g = v128.load(from, 96), h = v128.load(from, 112);
  let w = scheduled;
  const end = w + SCHEDULE;
  do {
    let x = first(e, f, g, h, v128.load(w)); d = i64x2.add(d, x); h = i64x2.add(x, second(a, b, c));
    x = first(d, e, f, g, v128.load(w, 16)); c = i64x2.add(c, x); g = i64x2.add(x, second(h, a, b));
    x = first(c, d, e, f, v128.load(w, 32)); b = i64x2.add(b, x); f = i64x2.add(x, second(g, h, a));
    x = first(b, c, d, e, v128.load(w, 48)); a = i64x2.add(a, x); e = i64x2.add(x, second(f, g, h));
    x = first(a, b, c, d, v128.load(w, 64)); h = i64x2.add(h, x); d = i64x2.add(x, second(e, f, g));
    x = first(h, a, b, c, v128.load(w, 80)); g = i64x2.add(g, x); c = i64x2.add(x, second(d, e, f));
    x = first(g, h, a, b, v128.load(w, 96)); f = i64x2.add(f, x); b = i64x2.add(x, second(c, d, e));
    x = first(f, g, h, a, v128.load(w, 112)); e = i64x2.add(e, x); a = i64x2.add(x, second(b, c, d));
    w += 128;
  } while (w != end);
  v128.store(to, i64x2.add(a, v128.load(from))); v128.store(to, i64x2.add(b, v128.load(from, 16)), 16);
  v128.store(to, i64x2.add(c, v128.load(from, 32)), 32); v128.store(to, i64x2.add(d, v128.load(from, 48)), 48);
  v128.store(to, i64x2.add(e, v128.load(from, 64)), 64); v128.store(to, i64x2.add(f, v128.load(from, 80)), 80);
  v128.store(to, i64x2.add(g, v128.load(from, 96)), 96); v128.store(to, i64x2.add(h, v128.load(from, 112)), 112);
}

// @ts-ignore: decorator
@inline
function plusK(to: usize, k: usize, i: usize, w: v128): void {
  v128.store(to + i * 16, i64x2.add(w, v128.load_splat<u64>(k + i * 8)));
}

/** W[t] from W[t−16], W[t−15], W[t−7] and W[t−2]. */
// @ts-ignore: decorator
@inline
function next(w16: v128, w15: v128, w7: v128, w2: v128): v128 {
  const s0 = v128.xor(v128.xor(ror(w15, 1), ror(w15, 8)), i64x2.shr_u(w15, 7));
  const s1 = v128.xor(v128.xor(ror(w2, 19), ror(w2, 61)), i64x2.shr_u(w2, 6));
  return i64x2.add(i64x2.add(w16, s0), i64x2.add(w7, s1));
}

/** T1 of a round. */
// @ts-ignore: decorator
@inline
function first(e: v128, f: v128, g: v128, h: v128, w: v128): v128 {
  const s1 = v128.xor(v128.xor(ror(e, 14), ror(e, 18)), ror(e, 41));
  const ch = v128.xor(g, v128.and(e, v128.xor(f, g)));
  return i64x2.add(i64x2.add(h, w), i64x2.add(s1, ch));
}

/** T2 of a round. */
// @ts-ignore: decorator
@inline
function second(a: v128, b: v128, c: v128): v128 {
  const s0 = v128.xor(v128.xor(ror(a, 28), ror(a, 34)), ror(a, 39));
  return i64x2.add(s0, v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c))));
}

// @ts-ignore: decorator
@inline
function ror(x: v128, n: i32): v128 {
  return v128.or(i64x2.shr_u(x, n), i64x2.shl(x, 64 - n));
}

/** Eight bytes, most significant first, of each lane. */
// @ts-ignore: decorator
@inline
function read(lane0: usize, lane1: usize): v128 {
  return i64x2.replace_lane(i64x2.splat(bswap<u64>(load<u64>(lane0))), 1, bswap<u64>(load<u64>(lane1)));
}

// @ts-ignore: decorator
@inline
function write(lane0: usize, lane1: usize, x: v128): void {
  store<u64>(lane0, bswap<u64>(i64x2.extract_lane(x, 0)));
  store<u64>(lane1, bswap<u64>(i64x2.extract_lane(x, 1)));
}
