/**
 * A chain of message keys as a value, and one step of it.
 *
 *     KDF_CK(ck)   = HMAC(ck, 02), HMAC(ck, 01)     → next chain key, message seed
 *     message keys = HKDF(seed, no salt, info, length)
 *
 * Source: The Double Ratchet Algorithm §2.2 and §5.2; libsignal's sender keys have the same chains with another info.
 *
 * @module
 */
import type { Secret } from '../core/secret.js';
import { chainSteps, hkdfSha256 } from '../crypto/index.js';
import type { SkippedKeys } from './skipped.js';

/** The chain key from which the next message's key follows, 32 bytes. */
export type ChainKey = Secret<'ChainKey'>;

/** Bytes of a chain key and of a message seed. */
export const CHAIN_KEY_LENGTH = 32;

/** A chain on which messages are received. */
export interface MessageChain {
  /** Chain key of the next message. */
  readonly chainKey: ChainKey;
  /** Counter of the next message. */
  readonly counter: number;
  /** Keys of messages that were overtaken. */
  readonly skipped: SkippedKeys;
  /** Keys below this counter were never had, or dropped to keep within the bound, unless they had been used. */
  readonly evictedBelow: number;
}

/** How a protocol derives a message's keys from its seed. */
export interface MessageDerivation {
  /** At most 22 bytes, a constant. */
  readonly info: Uint8Array;
  /** Bytes of all keys of a message; a multiple of 4. */
  readonly length: number;
}

/** One step of a chain: views of an array that is wiped after use. */
export interface ChainStep {
  /** The next chain key, 32 bytes. */
  readonly next: Uint8Array;
  /** The keys of the message at the chain key that was. */
  readonly keys: Uint8Array;
  /** Both, to be wiped. */
  readonly all: Uint8Array;
}

/** One step of a chain. */
export function stepChain(chainKey: Uint8Array, { info, length }: MessageDerivation): ChainStep {
  const all = chainSteps([chainKey], info, length);
  return { next: all.subarray(0, CHAIN_KEY_LENGTH), keys: all.subarray(CHAIN_KEY_LENGTH), all };
}

/** The keys of a skipped message from its seed, to be wiped after use. */
export function deriveMessageKeys(seed: Uint8Array, { info, length }: MessageDerivation): Uint8Array {
  return hkdfSha256(seed, NO_SALT, info, length);
}

const NO_SALT = new Uint8Array(0);
