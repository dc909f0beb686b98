/**
 * Rounds of SHA-512 in WebAssembly, both people at once.
 *
 * A module of its own, so that only those who compare security codes carry its bytes. Like the kernel (`kernel.ts`) it is
 * compiled at first use and asked a question whose answer is known; where it cannot be had, the rounds go on one after the
 * other with the same results.
 *
 * @module
 */
import { equalBytes } from '../../core/bytes.js';
import { instantiate } from './instantiate.js';
import { STATE, type Pair, type Sha512Rounds } from './rounds.js';
import { SHA512_WASM } from './wasm512.js';

/** What the module exports; see kernel/sha512.ts. */
interface Sha512Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly IO: { readonly value: number };
  sha512Rounds(
    messages: number,
    stride: number,
    length0: number,
    length1: number,
    rounds: number,
    to: number,
  ): void;
}

/** Rounds that look for the module when they are first called: importing costs nothing. */
export function roundsWithFallback(fallback: Sha512Rounds): Sha512Rounds {
  let loaded: Sha512Rounds | undefined;
  return (states, suffixes, rounds) =>
    (loaded ??= loadRounds(fallback, instantiateSha512))(states, suffixes, rounds);
}

/** Compiles the module, or says why not by throwing. */
export function instantiateSha512(): Sha512Exports {
  return instantiate(SHA512_WASM) as Sha512Exports;
}

/** The module's rounds if they can be had and are those of `fallback`; else `fallback`. */
export function loadRounds(fallback: Sha512Rounds, instantiateModule: () => Sha512Exports): Sha512Rounds {
  try {
    const rounds = kernelRounds(instantiateModule(), fallback);
    const states: Pair = [new Uint8Array(STATE).fill(1), new Uint8Array(STATE).fill(2)];
    const suffixes: Pair = [new Uint8Array(32).fill(3), new Uint8Array(330).fill(4)]; // one block, and four
    return equalBytes(rounds(states, suffixes, 3), fallback(states, suffixes, 3)) ? rounds : fallback;
  } catch {
    return fallback;
  }
}

/** The rounds over the exports of the module, with `fallback` for what does not fit into its memory. */
export function kernelRounds(exports: Sha512Exports, fallback: Sha512Rounds): Sha512Rounds {
  const bytes = new Uint8Array(exports.memory.buffer);
  const messages = exports.IO.value;
  return (states, suffixes, rounds) => {
    const [length0, length1] = [STATE + suffixes[0].length, STATE + suffixes[1].length];
    const stride = Math.ceil((Math.max(length0, length1) + PADDING) / BLOCK) * BLOCK;
    const to = messages + 2 * stride + SCRATCH + SCHEDULE * stride;
    const end = to + 2 * STATE;
    if (end > bytes.length) return fallback(states, suffixes, rounds);
    try {
      states.forEach((state, lane) => {
        bytes.set(state, messages + lane * stride);
      });
      suffixes.forEach((suffix, lane) => {
        bytes.set(suffix, messages + lane * stride + STATE);
      });
      exports.sha512Rounds(messages, stride, length0, length1, rounds, to);
      return bytes.slice(to, end);
    } finally {
      bytes.fill(0, messages, end);
    }
  };
}

/** Bytes of a block, and the least of its padding: 0x80 and a length of 16 bytes (FIPS 180-4 §5.1.2). */
const BLOCK = 128;
const PADDING = 17;

/** What the module needs besides the messages: a block and two states in two lanes, and schedules ten times as long. */
const SCRATCH = 512;
const SCHEDULE = 10;
