import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/core/bytes.js';
import { instantiateKernel, kernelOperations, loadKernel } from '../../src/crypto/kernel/kernel.js';
import { sequentialOperations, type BatchOperations } from '../../src/crypto/kernel/operations.js';
import { hkdfSha256, hmacSha256 } from '../../src/crypto/noble.js';
import { seededRandom } from '../support/random.js';

const sequential = sequentialOperations({ hmacSha256, hkdfSha256 });
const kernel = kernelOperations(instantiateKernel(), sequential);
const INFO = new TextEncoder().encode('WhisperMessageKeys');

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const keysOf = (n: number): Uint8Array[] => {
  const random = seededRandom(n + 1);
  return Array.from({ length: n }, () => random(32));
};

describe('the kernel gives what the operations give one at a time', () => {
  test('chain steps', () => {
    const info = fc.uint8Array({ maxLength: 30 });
    const length = fc.constantFrom(4, 32, 36, 48, 64, 80, 128, 132);
    fc.assert(
      fc.property(fc.array(key, { maxLength: 9 }), info, length, (keys, label, bytes) => {
        expect(kernel.chainSteps(keys, label, bytes)).toEqual(sequential.chainSteps(keys, label, bytes));
      }),
    );
  });

  test('walks', () => {
    fc.assert(
      fc.property(key, fc.nat(12), fc.nat(12), (chainKey, a, b) => {
        const [kept, steps] = [Math.min(a, b), Math.max(a, b)];
        expect(kernel.walkChain(chainKey, steps, kept)).toEqual(sequential.walkChain(chainKey, steps, kept));
      }),
    );
  });

  test('message seeds', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 9 }), (keys) => {
        const packed = Uint8Array.from(keys.flatMap((bytes) => [...bytes]));
        expect(kernel.messageSeeds(packed)).toEqual(sequential.messageSeeds(packed));
      }),
    );
  });

  test('MACs of messages of different lengths, around every block', () => {
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .constantFrom(54, 55, 56, 63, 64, 118, 119, 120, 1023, 1024, 1025)
        .map((n) => new Uint8Array(n).fill(n)),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, message, fc.uint8Array({ maxLength: 40 })), { maxLength: 9 }),
        (rows) => {
          const [keys, messages] = [rows.map(([k]) => k), rows.map(([, ...parts]) => parts)];
          expect(kernel.hmacSha256Batch(keys, messages)).toEqual(sequential.hmacSha256Batch(keys, messages));
        },
      ),
    );
  });

  test('one MAC, under keys and over messages of every length', () => {
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(55, 56, 64, 119, 120, 1024, 1025).map((n) => new Uint8Array(n).fill(n)),
    );
    fc.assert(
      fc.property(fc.oneof(key, fc.uint8Array({ maxLength: 70 })), data, (k, message) => {
        expect(kernel.hmacSha256(k, message)).toEqual(sequential.hmacSha256(k, message));
      }),
    );
  });

  test('HKDF, with and without a salt, of inputs, infos and results of every length', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const salt = fc.oneof(key, fc.uint8Array({ maxLength: 70 }), fc.constant(new Uint8Array(0)));
    const length = fc.oneof(fc.nat(200), fc.constantFrom(0, 31, 32, 33, 64, 700, 1024, 1025, 8160));
    fc.assert(
      fc.property(bytes, salt, bytes, length, (input, s, info, n) => {
        expect(kernel.hkdfSha256(input, s, info, n)).toEqual(sequential.hkdfSha256(input, s, info, n));
      }),
    );
  });

  test.each([511, 512, 513, 1030])('batches larger than its memory: %i', (n) => {
    const keys = keysOf(n);
    const messages = keys.map((bytes, i) => [bytes.subarray(i % 32)]);
    expect(kernel.chainSteps(keys, INFO, 80)).toEqual(sequential.chainSteps(keys, INFO, 80));
    expect(kernel.hmacSha256Batch(keys, messages)).toEqual(sequential.hmacSha256Batch(keys, messages));
  });

  test('HKDF after steps of no chain: nothing of their info is left where an empty salt is', () => {
    const [input, none] = [new Uint8Array(64).fill(1), new Uint8Array(0)];
    for (const label of ['one', 'another']) {
      expect(kernel.chainSteps([], new TextEncoder().encode(label), 80)).toEqual(none);
      expect(kernel.hkdfSha256(input, none, INFO, 64)).toEqual(hkdfSha256(input, none, INFO, 64));
    }
  });

  test('the longest walk that keeps every key, and one whose keys do not fit', () => {
    const [chainKey = new Uint8Array(32)] = keysOf(1);
    for (const kept of [2_000, 13_000]) {
      const walked = kernel.walkChain(chainKey, kept, kept);
      expect(walked).toEqual(sequential.walkChain(chainKey, kept, kept));
      expect(kernel.messageSeeds(walked)).toEqual(sequential.messageSeeds(walked));
    }
  });
});

describe('where there is no kernel', () => {
  const refuse = (): never => {
    throw new Error('no WebAssembly here');
  };

  test('a runtime that cannot compile it goes on without', () => {
    expect(loadKernel(sequential, refuse)).toBe(sequential);
  });

  test.each(['chainSteps', 'walk', 'seeds', 'macs', 'mac', 'derive'] as const)(
    'one whose %s is wrong is not used',
    (operation) => {
      const exports = instantiateKernel();
      const broken = { ...exports, [operation]: () => undefined };
      expect(loadKernel(sequential, () => broken)).toBe(sequential);
    },
  );

  test('a good one is used', () => {
    expect(loadKernel(sequential, instantiateKernel)).not.toBe(sequential);
  });
});

describe('what stays behind', () => {
  const operations: [string, (kernel: BatchOperations, secret: Uint8Array) => Uint8Array][] = [
    ['a chain step', ({ chainSteps }, secret) => chainSteps([secret], INFO, 80)],
    ['a batch of chain steps', ({ chainSteps }, secret) => chainSteps([secret, ...keysOf(8)], INFO, 80)],
    ['a walk', ({ walkChain }, secret) => walkChain(secret, 5, 5)],
    ['message seeds', ({ messageSeeds }, secret) => messageSeeds(secret)],
    ['a MAC', ({ hmacSha256 }, secret) => hmacSha256(secret, secret)],
    ['a derivation', ({ hkdfSha256 }, secret) => hkdfSha256(secret, secret, secret, 70)],
    [
      'MACs',
      ({ hmacSha256Batch }, secret) => hmacSha256Batch([secret, secret], [[secret], [secret, secret]]),
    ],
  ];

  test.each(operations)('of %s is nothing: neither the key nor the result is in its memory', (_, run) => {
    const exports = instantiateKernel();
    const operations = kernelOperations(exports, sequential);
    operations.chainSteps(keysOf(1), INFO, 80); // the label is public and stays
    const before = new Uint8Array(exports.memory.buffer).slice();
    const result = run(operations, seededRandom(99)(32));
    expect(result.some((byte) => byte !== 0)).toBe(true);
    expect(equalBytes(new Uint8Array(exports.memory.buffer), before)).toBe(true);
  });
});
