/** Both backends side by side: whatever one answers, the other must answer. */
import { expect } from 'vitest';
import { copyBytes } from '../../src/core/bytes.js';
import * as browser from '../../src/crypto/browser.js';
import * as noble from '../../src/crypto/noble.js';
import * as node from '../../src/crypto/node.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';

export const backends: readonly CryptoProvider[] = [node, noble];

/** Runs an operation on both, checks that they agree, and returns the one answer. */
export function both<Answer extends Uint8Array | boolean | undefined>(
  run: (backend: CryptoProvider) => Answer,
): Answer {
  return allOf(backends, run);
}

/** The same with the backend of browsers, which differs from noble in what comes in batches. */
export function all(run: (backend: CryptoProvider) => Uint8Array): Uint8Array {
  return allOf([...backends, browser], run);
}

function allOf<Answer extends Uint8Array | boolean | undefined>(
  providers: readonly CryptoProvider[],
  run: (backend: CryptoProvider) => Answer,
): Answer {
  const [first, ...others] = providers.map((provider) => {
    const answer = run(provider);
    if (answer instanceof Uint8Array) expectPlain(answer);
    return { name: provider.backend, answer };
  });
  for (const { name, answer } of others) expect(answer, `${name} as ${first!.name}`).toEqual(first!.answer);
  return first!.answer;
}

/** An answer of bytes, where failure is not expected. */
export function bothBytes(run: (backend: CryptoProvider) => Uint8Array | undefined): Uint8Array {
  const answer = both(run);
  expect(answer).toBeInstanceOf(Uint8Array);
  return copyBytes(answer!);
}

/**
 * A plain array that owns its memory: no Buffer, and no view into a pool with somebody else's bytes. At most one block
 * may follow it: the padding that it was cut from.
 */
function expectPlain(bytes: Uint8Array): void {
  expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  expect(bytes.byteOffset).toBe(0);
  expect(bytes.buffer.byteLength - bytes.length).toBeLessThanOrEqual(16);
}
