/**
 * SHA-256 (FIPS 180-4) over lanes, in two halves: the message schedule, which for a constant block is made once, and the
 * rounds.
 */
import { add, and, constant, get, ror, set, shr, xor } from './lanes';

const K: usize = memory.data<u32>(
  [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
  ],
  16,
);

/** The initial hash value, 8 plain words. */
export const H0: usize = memory.data<u32>(
  [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
  16,
);

/** Writes the 64 words W + K of a block of 16 words. */
export function schedule<T>(block: usize, to: usize): void {
  let a = get<T>(block, 0), b = get<T>(block, 1), c = get<T>(block, 2), d = get<T>(block, 3);
  let e = get<T>(block, 4), f = get<T>(block, 5), g = get<T>(block, 6), h = get<T>(block, 7);
  let i = get<T>(block, 8), j = get<T>(block, 9), k = get<T>(block, 10), l = get<T>(block, 11);
  let m = get<T>(block, 12), n = get<T>(block, 13), o = get<T>(block, 14), p = get<T>(block, 15);
  let t = K;
  const end = K + 192;
  while (true) {
    plusK<T>(to, t, 0, a); plusK<T>(to, t, 1, b); plusK<T>(to, t, 2, c); plusK<T>(to, t, 3, d);
    plusK<T>(to, t, 4, e); plusK<T>(to, t, 5, f); plusK<T>(to, t, 6, g); plusK<T>(to, t, 7, h);
    plusK<T>(to, t, 8, i); plusK<T>(to, t, 9, j); plusK<T>(to, t, 10, k); plusK<T>(to, t, 11, l);
    plusK<T>(to, t, 12, m); plusK<T>(to, t, 13, n); plusK<T>(to, t, 14, o); plusK<T>(to, t, 15, p);
    if (t == end) break;
    a = next<T>(a, b, j, o); b = next<T>(b, c, k, p); c = next<T>(c, d, l, a); d = next<T>(d, e, m, b);
    e = next<T>(e, f, n, c); f = next<T>(f, g, o, d); g = next<T>(g, h, p, e); h = next<T>(h, i, a, f);
    i = next<T>(i, j, b, g); j = next<T>(j, k, c, h); k = next<T>(k, l, d, i); l = next<T>(l, m, e, j);
    m = next<T>(m, n, f, k); n = next<T>(n, o, g, l); o = next<T>(o, p, h, m); p = next<T>(p, a, i, n);
    t += 64;
    to += 16 * sizeof<T>();
  }
}

/** The compression function: `to` = `from` + 64 rounds of it over the scheduled block. */
export function rounds<T>(from: usize, scheduled: usize, to: usize): void {
  let a = get<T>(from, 0), b = get<T>(from, 1), c = get<T>(from, 2), d = get<T>(from, 3);
  let e = get<T>(from, 4), f = get<T>(from, 5), g = get<T>(from, 6), h = get<T>(from, 7);
  let w = scheduled;
  const end = w + 64 * sizeof<T>();
  do {
    let x = first<T>(e, f, g, h, w, 0); d = add<T>(d, x); h = add<T>(x, second<T>(a, b, c));
    x = first<T>(d, e, f, g, w, 1); c = add<T>(c, x); g = add<T>(x, second<T>(h, a, b));
    x = first<T>(c, d, e, f, w, 2); b = add<T>(b, x); f = add<T>(x, second<T>(g, h, a));
    x = first<T>(b, c, d, e, w, 3); a = add<T>(a, x); e = add<T>(x, second<T>(f, g, h));
    x = first<T>(a, b, c, d, w, 4); h = add<T>(h, x); d = add<T>(x, second<T>(e, f, g));
    x = first<T>(h, a, b, c, w, 5); g = add<T>(g, x); c = add<T>(x, second<T>(d, e, f));
    x = first<T>(g, h, a, b, w, 6); f = add<T>(f, x); b = add<T>(x, second<T>(c, d, e));
    x = first<T>(f, g, h, a, w, 7); e = add<T>(e, x); a = add<T>(x, second<T>(b, c, d));
    w += 8 * sizeof<T>();
  } while (w != end);
  set<T>(to, 0, add<T>(a, get<T>(from, 0))); set<T>(to, 1, add<T>(b, get<T>(from, 1)));
  set<T>(to, 2, add<T>(c, get<T>(from, 2))); set<T>(to, 3, add<T>(d, get<T>(from, 3)));
  set<T>(to, 4, add<T>(e, get<T>(from, 4))); set<T>(to, 5, add<T>(f, get<T>(from, 5)));
  set<T>(to, 6, add<T>(g, get<T>(from, 6))); set<T>(to, 7, add<T>(h, get<T>(from, 7)));
}

// @ts-ignore: decorator
@inline
function plusK<T>(to: usize, k: usize, i: i32, w: T): void {
  set<T>(to, i, add<T>(w, constant<T>(k, i)));
}

/** W[t] from W[t−16], W[t−15], W[t−7] and W[t−2]. */
// @ts-ignore: decorator
@inline
function next<T>(w16: T, w15: T, w7: T, w2: T): T {
  const s0 = xor<T>(xor<T>(ror<T>(w15, 7), ror<T>(w15, 18)), shr<T>(w15, 3));
  const s1 = xor<T>(xor<T>(ror<T>(w2, 17), ror<T>(w2, 19)), shr<T>(w2, 10));
  return add<T>(add<T>(w16, s0), add<T>(w7, s1));
}

/** T1 of a round. */
// @ts-ignore: decorator
@inline
function first<T>(e: T, f: T, g: T, h: T, w: usize, i: i32): T {
  const s1 = xor<T>(xor<T>(ror<T>(e, 6), ror<T>(e, 11)), ror<T>(e, 25));
  const ch = xor<T>(g, and<T>(e, xor<T>(f, g)));
  return add<T>(add<T>(h, get<T>(w, i)), add<T>(s1, ch));
}

/** T2 of a round. */
// @ts-ignore: decorator
@inline
function second<T>(a: T, b: T, c: T): T {
  const s0 = xor<T>(xor<T>(ror<T>(a, 2), ror<T>(a, 13)), ror<T>(a, 22));
  return add<T>(s0, xor<T>(b, and<T>(xor<T>(a, b), xor<T>(b, c))));
}
