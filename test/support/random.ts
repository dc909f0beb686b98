/** Deterministic randomness: a test that fails once fails again. */
import type { Random } from 'polyratchet';

/** A source whose bytes follow from a seed (xorshift128; not for keys that matter). */
export function seededRandom(seed: number): Random {
  const state = new Uint32Array([seed ^ 0x9e3779b9, seed * 2654435761, 0x243f6a88, seed + 0xb7e15162]);
  const next = (): number => {
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const t = a ^ (a << 11);
    state.set([b, c, d, (d ^ (d >>> 19) ^ t ^ (t >>> 8)) >>> 0]);
    return state[3] ?? 0;
  };
  for (let i = 0; i < 16; i++) next();
  return (length) => Uint8Array.from({ length }, () => next() & 0xff);
}
