/**
 * Skipped message keys: the seeds of messages that were overtaken, packed in one secret per chain.
 *
 *     counter (4 bytes, most significant first) ‖ seed (32 bytes), in ascending order of the counters
 *
 * One array instead of an object each: 500 of them encode in microseconds, and a session stays small in memory. Seeds
 * and not derived keys are kept, since a later protocol version mixes more into the derivation.
 *
 * @module
 */
import { readUint32, writeUint32 } from '../core/bytes.js';
import { reveal, Secret } from '../core/secret.js';
import { CHAIN_KEY_LENGTH } from './chain.js';
import { MAX_SKIPPED_KEYS } from './limits.js';

/** The packed seeds of a chain. */
export type SkippedKeys = Secret<'SkippedKeys'>;

/** Bytes of one entry. */
export const SKIPPED_KEY_LENGTH: number = 4 + CHAIN_KEY_LENGTH;

/** The skipped keys of a chain in which nothing was overtaken. */
export const NO_SKIPPED_KEYS: SkippedKeys = new Secret('SkippedKeys', new Uint8Array(0));

/** The seed of a message: a view of 32 bytes, or `undefined` if it is not kept. */
export function findSkipped(skipped: SkippedKeys, counter: number): Uint8Array | undefined {
  const packed = reveal(skipped);
  const offset = offsetOf(packed, counter);
  return offset === undefined ? undefined : packed.subarray(offset + 4, offset + SKIPPED_KEY_LENGTH);
}

/** The skipped keys without one that is kept. */
export function removeSkipped(skipped: SkippedKeys, counter: number): SkippedKeys {
  const packed = reveal(skipped);
  const offset = offsetOf(packed, counter);
  if (offset === undefined) return skipped;
  if (packed.length === SKIPPED_KEY_LENGTH) return NO_SKIPPED_KEYS;
  const rest = new Uint8Array(packed.length - SKIPPED_KEY_LENGTH);
  rest.set(packed.subarray(0, offset));
  rest.set(packed.subarray(offset + SKIPPED_KEY_LENGTH), offset);
  return new Secret('SkippedKeys', rest, 'given');
}

/** The counters that were kept and are no more, and the keys that are kept now. */
export interface AddedKeys {
  readonly skipped: SkippedKeys;
  /** One more than the last counter that was dropped, or `undefined` if none was. */
  readonly evictedBelow?: number;
}

/** Appends the seeds of consecutive counters from `first`, 32 bytes each; drops the oldest beyond the bound. */
export function addSkipped(skipped: SkippedKeys, first: number, seeds: Uint8Array): AddedKeys {
  const packed = reveal(skipped);
  const added = seeds.length / CHAIN_KEY_LENGTH;
  const all = new Uint8Array(packed.length + added * SKIPPED_KEY_LENGTH);
  all.set(packed);
  for (let i = 0; i < added; i++) {
    const offset = packed.length + i * SKIPPED_KEY_LENGTH;
    writeUint32(all, offset, first + i);
    all.set(seeds.subarray(i * CHAIN_KEY_LENGTH, (i + 1) * CHAIN_KEY_LENGTH), offset + 4);
  }
  const excess = all.length - MAX_SKIPPED_KEYS * SKIPPED_KEY_LENGTH;
  if (excess <= 0) return { skipped: new Secret('SkippedKeys', all, 'given') };
  const evictedBelow = readUint32(all, excess - SKIPPED_KEY_LENGTH) + 1;
  const kept = new Secret('SkippedKeys', all.subarray(excess));
  all.fill(0);
  return { skipped: kept, evictedBelow };
}

/** Whether packed bytes are whole entries in ascending order, below `end` and within the bound. */
export function isPacked(packed: Uint8Array, end: number): boolean {
  if (packed.length % SKIPPED_KEY_LENGTH !== 0 || packed.length > MAX_SKIPPED_KEYS * SKIPPED_KEY_LENGTH)
    return false;
  let previous = -1;
  for (let offset = 0; offset < packed.length; offset += SKIPPED_KEY_LENGTH) {
    const counter = readUint32(packed, offset);
    if (counter <= previous || counter >= end) return false;
    previous = counter;
  }
  return true;
}

/** Binary search. */
function offsetOf(packed: Uint8Array, counter: number): number | undefined {
  let low = 0;
  let high = packed.length / SKIPPED_KEY_LENGTH - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = readUint32(packed, middle * SKIPPED_KEY_LENGTH);
    if (found === counter) return middle * SKIPPED_KEY_LENGTH;
    if (found < counter) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
