/**
 * The platform's own randomness and time: what the shells use unless the application injects its own.
 *
 * @module
 */
import type { Random } from './random.js';

/** Time and timers, injected so that tests and simulations can own them. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `ms` milliseconds unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void;
}

/** The platform allows at most this many bytes in one call (Web Cryptography API, `getRandomValues`). */
const QUOTA = 65_536;

/**
 * Cryptographically secure random bytes of the platform.
 *
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 *
 * const nonce = systemRandom(24); // 24 fresh bytes
 * ```
 */
export const systemRandom: Random = (length) => {
  const bytes = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += QUOTA) {
    globalThis.crypto.getRandomValues(bytes.subarray(offset, Math.min(offset + QUOTA, length)));
  }
  return bytes;
};

/**
 * The platform's clock and timers.
 *
 * @example
 * ```ts
 * import { systemClock } from 'polyratchet';
 *
 * const cancel = systemClock.after(60_000, () => console.log('a minute has passed', systemClock.now()));
 * cancel();
 * ```
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
