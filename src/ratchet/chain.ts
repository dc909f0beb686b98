/**
 * Receiving on one chain: find the message's key, authenticate, and only then give the chain as it is afterwards.
 *
 * @module
 */
import { copyBytes, wipe } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { reveal, Secret } from '../core/secret.js';
import { CHAIN_KEY_LENGTH, messageSeed, nextChainKey } from './kdf.js';
import { MAX_CHAIN_STEPS, MAX_SKIPPED_KEYS } from './limits.js';
import { openMessage, type Direction, type SignalMessage } from './message.js';
import { addSkipped, findSkipped, removeSkipped } from './skipped.js';
import type { ReceivingChain } from './state.js';

/** A decrypted message and the chain after it. */
export interface Received {
  readonly chain: ReceivingChain;
  readonly plaintext: Uint8Array;
}

/**
 * Decrypts a message of this chain; `undefined` if it is not authentic.
 *
 * @throws PolyratchetError `duplicate-message`, `key-gone`, `too-far-ahead`.
 */
export function receive(
  chain: ReceivingChain,
  message: SignalMessage,
  direction: Direction,
): Received | undefined {
  return message.counter < chain.counter
    ? receiveLate(chain, message, direction)
    : receiveAhead(chain, message, direction);
}

/** A message that was overtaken: its seed was kept, used, or dropped. */
function receiveLate(
  chain: ReceivingChain,
  message: SignalMessage,
  direction: Direction,
): Received | undefined {
  const { counter } = message;
  const seed = findSkipped(chain.skipped, counter);
  if (seed === undefined) {
    throw new PolyratchetError(counter < chain.evictedBelow ? 'key-gone' : 'duplicate-message', { counter });
  }
  const plaintext = openMessage(seed, message, direction);
  if (plaintext === undefined) return undefined;
  return { chain: { ...chain, skipped: removeSkipped(chain.skipped, counter) }, plaintext };
}

/** The next message, or one that overtakes others. */
function receiveAhead(
  chain: ReceivingChain,
  message: SignalMessage,
  direction: Direction,
): Received | undefined {
  const { counter } = message;
  if (counter - chain.counter > MAX_CHAIN_STEPS) {
    throw new PolyratchetError('too-far-ahead', { counter, limit: MAX_CHAIN_STEPS });
  }
  const walk = walkTo(chain, counter);
  const seed = messageSeed(walk.chainKey);
  let next: Uint8Array | undefined;
  try {
    const plaintext = openMessage(seed, message, direction);
    if (plaintext === undefined) return undefined;
    next = nextChainKey(walk.chainKey);
    return {
      chain: {
        ratchetKey: chain.ratchetKey,
        chainKey: new Secret('ChainKey', next),
        counter: counter + 1,
        ...keepSkipped(chain, walk),
      },
      plaintext,
    };
  } finally {
    wipe(seed, next, walk.chainKey, walk.passed);
  }
}

interface Walk {
  /** Chain key of the message. */
  readonly chainKey: Uint8Array;
  /** Chain keys of the last messages that were passed, 32 bytes each: at most as many as may be kept. */
  readonly passed: Uint8Array;
  /** Counter of the first of them. */
  readonly first: number;
}

/** Steps the chain to a counter. Seeds are not derived here: a forgery shall cost as little as possible. */
function walkTo(chain: ReceivingChain, counter: number): Walk {
  const first = Math.max(chain.counter, counter - MAX_SKIPPED_KEYS);
  const passed = new Uint8Array((counter - first) * CHAIN_KEY_LENGTH);
  let chainKey: Uint8Array = copyBytes(reveal(chain.chainKey));
  for (let at = chain.counter; at < counter; at++) {
    if (at >= first) passed.set(chainKey, (at - first) * CHAIN_KEY_LENGTH);
    const next = nextChainKey(chainKey);
    chainKey.fill(0);
    chainKey = next;
  }
  return { chainKey, passed, first };
}

/** The skipped keys after a walk, and how far keys are gone. */
function keepSkipped(
  { skipped, evictedBelow, counter }: ReceivingChain,
  { passed, first }: Walk,
): Pick<ReceivingChain, 'skipped' | 'evictedBelow'> {
  if (passed.length === 0) return { skipped, evictedBelow };
  const seeds = new Uint8Array(passed.length);
  for (let offset = 0; offset < passed.length; offset += CHAIN_KEY_LENGTH) {
    const seed = messageSeed(passed.subarray(offset, offset + CHAIN_KEY_LENGTH));
    seeds.set(seed, offset);
    seed.fill(0);
  }
  const added = addSkipped(skipped, first, seeds);
  seeds.fill(0);
  const overleapt = first > counter ? first : 0;
  return { skipped: added.skipped, evictedBelow: Math.max(evictedBelow, added.evictedBelow ?? 0, overleapt) };
}
