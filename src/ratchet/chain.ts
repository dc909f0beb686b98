/**
 * Receiving on one chain: find the message's key, authenticate, and only then give the chain as it is afterwards.
 *
 * @module
 */
import { wipe } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { itemAt } from '../core/lists.js';
import { reveal, Secret } from '../core/secret.js';
import { messageSeeds, walkChain } from '../crypto/index.js';
import { CHAIN_KEY_LENGTH, deriveMessageKeys, stepChains } from './kdf.js';
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
  const { keys, all } = deriveMessageKeys(seed);
  try {
    const plaintext = openMessage(keys, message, direction);
    if (plaintext === undefined) return undefined;
    return { chain: { ...chain, skipped: removeSkipped(chain.skipped, counter) }, plaintext };
  } finally {
    wipe(all);
  }
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
  const { steps, all } = stepChains([walk.chainKey]);
  const step = itemAt(steps, 0);
  try {
    const plaintext = openMessage(step.keys, message, direction);
    if (plaintext === undefined) return undefined;
    return {
      chain: {
        ratchetKey: chain.ratchetKey,
        chainKey: new Secret('ChainKey', step.next),
        counter: counter + 1,
        ...keepSkipped(chain, counter, walk.passed),
      },
      plaintext,
    };
  } finally {
    wipe(all, walk.all);
  }
}

interface Walk {
  /** Chain key of the message. */
  readonly chainKey: Uint8Array;
  /** Chain keys of the last messages that were passed, 32 bytes each: at most as many as may be kept. */
  readonly passed: Uint8Array;
  /** Both, to be wiped; a chain that is there already is not walked. */
  readonly all?: Uint8Array;
}

/** Steps the chain to a counter. Seeds are not derived here: a forgery shall cost as little as possible. */
function walkTo(chain: ReceivingChain, counter: number): Walk {
  const steps = counter - chain.counter;
  if (steps === 0) return { chainKey: reveal(chain.chainKey), passed: NONE };
  const kept = Math.min(steps, MAX_SKIPPED_KEYS);
  const all = walkChain(reveal(chain.chainKey), steps, kept);
  const end = kept * CHAIN_KEY_LENGTH;
  return { chainKey: all.subarray(end), passed: all.subarray(0, end), all };
}

const NONE = new Uint8Array(0);

/** The skipped keys after messages were passed, and how far keys are gone. */
function keepSkipped(
  chain: ReceivingChain,
  counter: number,
  passed: Uint8Array,
): Pick<ReceivingChain, 'skipped' | 'evictedBelow'> {
  const { skipped, evictedBelow } = chain;
  if (passed.length === 0) return { skipped, evictedBelow };
  const first = counter - passed.length / CHAIN_KEY_LENGTH;
  const seeds = messageSeeds(passed);
  const added = addSkipped(skipped, first, seeds);
  wipe(seeds);
  const overleapt = first > chain.counter ? first : 0;
  return { skipped: added.skipped, evictedBelow: Math.max(evictedBelow, added.evictedBelow ?? 0, overleapt) };
}
