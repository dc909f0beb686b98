import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/core/bytes.js';
import { sha512 } from '../../src/crypto/noble.js';
import { sequentialRounds, type Pair } from '../../src/crypto/kernel/rounds.js';
import { instantiateSha512, kernelRounds, loadRounds } from '../../src/crypto/kernel/sha512.js';
import { seededRandom } from '../support/random.js';

const sequential = sequentialRounds(sha512);
const kernel = kernelRounds(instantiateSha512(), sequential);

/** The formula, written down without any buffer of its own. */
function formula(state: Uint8Array, suffix: Uint8Array, rounds: number): Uint8Array {
  return rounds === 0 ? state : formula(sha512(Uint8Array.of(...state, ...suffix)), suffix, rounds - 1);
}

const state = fc.uint8Array({ minLength: 64, maxLength: 64 });
/** Around the ends of the first three blocks, and anything else. */
const suffix = fc.oneof(
  fc.constantFrom(0, 32, 33, 46, 47, 48, 63, 64, 65, 160, 165, 174, 175, 176, 303, 304).map((n) => filled(n)),
  fc.uint8Array({ maxLength: 700 }),
);
const rounds = fc.nat(4);

function filled(length: number): Uint8Array {
  return new Uint8Array(length).fill(length);
}

describe('rounds of SHA-512', () => {
  test('one after the other are the formula', () => {
    fc.assert(
      fc.property(fc.tuple(state, state), fc.tuple(suffix, suffix), rounds, (states, suffixes, n) => {
        const last = sequential(states, suffixes, n);
        expect(last.subarray(0, 64)).toEqual(formula(states[0], suffixes[0], n));
        expect(last.subarray(64)).toEqual(formula(states[1], suffixes[1], n));
      }),
    );
  });

  test('in two lanes are the same, whatever the lengths', () => {
    fc.assert(
      fc.property(fc.tuple(state, state), fc.tuple(suffix, suffix), rounds, (states, suffixes, n) => {
        expect(kernel(states, suffixes, n)).toEqual(sequential(states, suffixes, n));
      }),
      { numRuns: 300 },
    );
  });

  test('of long messages: to the end of its memory, and beyond', () => {
    const states: Pair = [filled(64), filled(64).fill(1)];
    for (let length = 32_000; length < 33_500; length += 128) {
      const suffixes: Pair = [filled(length), filled(32)];
      expect(equalBytes(kernel(states, suffixes, 1), sequential(states, suffixes, 1)), `${length}`).toBe(
        true,
      );
    }
  });

  test('are its own as long as they fit, and then those of the fallback', () => {
    const lengths: number[] = [];
    const rounds = kernelRounds(instantiateSha512(), (_, [suffix]) => {
      lengths.push(suffix.length);
      return new Uint8Array(0);
    });
    for (let length = 32_000; length < 33_500; length += 128) {
      rounds([filled(64), filled(64)], [filled(length), filled(32)], 1);
    }
    expect(lengths.length).toBeGreaterThan(0);
    expect(lengths).not.toContain(32_000);
  });

  test('leave their input alone and nothing in memory', () => {
    const exports = instantiateSha512();
    const before = new Uint8Array(exports.memory.buffer).slice();
    const random = seededRandom(5);
    const [states, suffixes]: [Pair, Pair] = [
      [random(64), random(64)],
      [random(32), random(165)],
    ];
    const copies = structuredClone([states, suffixes]);
    const last = kernelRounds(exports, sequential)(states, suffixes, 3);
    expect(last).toEqual(sequential(states, suffixes, 3));
    expect([states, suffixes]).toEqual(copies);
    expect(equalBytes(new Uint8Array(exports.memory.buffer), before)).toBe(true);
  });
});

describe('where there is no module', () => {
  test('a runtime that cannot compile it goes on without', () => {
    const refuse = (): never => {
      throw new Error('no WebAssembly here');
    };
    expect(loadRounds(sequential, refuse)).toBe(sequential);
  });

  test('one that is wrong is not used', () => {
    const broken = { ...instantiateSha512(), sha512Rounds: () => undefined };
    expect(loadRounds(sequential, () => broken)).toBe(sequential);
  });

  test('a good one is used', () => {
    expect(loadRounds(sequential, instantiateSha512)).not.toBe(sequential);
  });
});
