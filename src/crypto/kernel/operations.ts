/**
 * The work that comes in batches: steps of many chains, many steps of one, and many MACs.
 *
 * A chain is that of the Double Ratchet: next chain key = HMAC(ck, 02), message seed = HMAC(ck, 01). The operations are
 * written here over a provider's HMAC and HKDF, and in WebAssembly over four lanes at a time (`kernel.ts`); both give the
 * same bytes.
 *
 * @module
 */
import { concat } from '../../core/bytes.js';
import { itemAt } from '../../core/lists.js';
import type { CryptoProvider } from '../provider.js';

/** What the kernel does; all results are fresh and to be wiped by whoever asked for them. */
export interface BatchOperations {
  /** HMAC-SHA-256 (RFC 2104): 32 bytes. */
  readonly hmacSha256: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  /** HKDF-SHA-256 (RFC 5869): `length` bytes, `too-large` above 8160; an empty salt is 32 zero bytes. */
  readonly hkdfSha256: (
    inputKey: Uint8Array,
    salt: Uint8Array,
    info: Uint8Array,
    length: number,
  ) => Uint8Array;
  /**
   * One step of each chain. A row of the result is next chain key (32 bytes) ‖ HKDF(seed, no salt, info, length).
   *
   * `info` has at most 22 bytes and is a constant of the caller's; `length` is a multiple of 4.
   */
  readonly chainSteps: (chainKeys: readonly Uint8Array[], info: Uint8Array, length: number) => Uint8Array;
  /** `steps` steps of one chain: the last `kept` chain keys that are passed, then the one that is reached. */
  readonly walkChain: (chainKey: Uint8Array, steps: number, kept: number) => Uint8Array;
  /** The message seeds of chain keys, 32 bytes each in one array. */
  readonly messageSeeds: (chainKeys: Uint8Array) => Uint8Array;
  /** HMAC-SHA-256 of each message, given in parts, under its key of 32 bytes; 32 bytes each in one array. */
  readonly hmacSha256Batch: (
    keys: readonly Uint8Array[],
    messages: readonly (readonly Uint8Array[])[],
  ) => Uint8Array;
}

/** Bytes of a chain key, a seed and an HMAC. */
export const KEY = 32;

const SEED_INPUT = Uint8Array.of(0x01);
const CHAIN_INPUT = Uint8Array.of(0x02);
const NO_SALT = new Uint8Array(0);

/** The operations one at a time, over a provider's own. */
export function sequentialOperations({
  hmacSha256,
  hkdfSha256,
}: Pick<CryptoProvider, 'hmacSha256' | 'hkdfSha256'>): BatchOperations {
  return {
    hmacSha256,
    hkdfSha256,
    chainSteps: (chainKeys, info, length) => {
      const rows = new Uint8Array(chainKeys.length * (KEY + length));
      chainKeys.forEach((chainKey, i) => {
        const seed = hmacSha256(chainKey, SEED_INPUT);
        const offset = i * (KEY + length);
        put(rows, offset, hmacSha256(chainKey, CHAIN_INPUT));
        put(rows, offset + KEY, hkdfSha256(seed, NO_SALT, info, length));
        seed.fill(0);
      });
      return rows;
    },
    walkChain: (chainKey, steps, kept) => {
      const keys = new Uint8Array((kept + 1) * KEY);
      let current = new Uint8Array(chainKey);
      for (let left = steps; left > 0; left--) {
        if (left <= kept) keys.set(current, (kept - left) * KEY);
        const next = hmacSha256(current, CHAIN_INPUT);
        current.fill(0);
        current = new Uint8Array(next);
        next.fill(0);
      }
      put(keys, kept * KEY, current);
      return keys;
    },
    messageSeeds: (chainKeys) => {
      const seeds = new Uint8Array(chainKeys.length);
      for (let offset = 0; offset < chainKeys.length; offset += KEY) {
        put(seeds, offset, hmacSha256(chainKeys.subarray(offset, offset + KEY), SEED_INPUT));
      }
      return seeds;
    },
    hmacSha256Batch: (keys, messages) => {
      const macs = new Uint8Array(keys.length * KEY);
      keys.forEach((key, i) => {
        put(macs, i * KEY, hmacSha256(key, concat(...itemAt(messages, i))));
      });
      return macs;
    },
  };
}

/** Moves a result into a larger one. */
function put(target: Uint8Array, offset: number, result: Uint8Array): void {
  target.set(result, offset);
  result.fill(0);
}
