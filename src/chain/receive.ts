/**
 * Receiving on one chain: find the message's key, authenticate, and only then give the chain as it is afterwards.
 *
 * @module
 */
import { wipe } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { reveal, Secret } from '../core/secret.js';
import { messageSeeds, walkChain } from '../crypto/index.js';
import {
  CHAIN_KEY_LENGTH,
  deriveMessageKeys,
  stepChain,
  type MessageChain,
  type MessageDerivation,
} from './chain.js';
import { MAX_CHAIN_STEPS, MAX_SKIPPED_KEYS } from './limits.js';
import { addSkipped, findSkipped, removeSkipped } from './skipped.js';

/** A message on a chain. */
export interface ReceiveOptions {
  /** Its position. */
  readonly counter: number;
  /** How its keys follow from its seed. */
  readonly derivation: MessageDerivation;
  /** Opens it with its keys, which are wiped afterwards; `undefined` if it is not authentic. */
  readonly open: (keys: Uint8Array) => Uint8Array | undefined;
}

/** A decrypted message and the chain after it. */
export interface Received<Chain extends MessageChain = MessageChain> {
  readonly chain: Chain;
  readonly plaintext: Uint8Array;
}

/**
 * Decrypts a message of this chain; `undefined` if it is not authentic. Whatever else the chain's value holds stays.
 *
 * @throws PolyratchetError `duplicate-message`, `key-gone`, `too-far-ahead`.
 */
export function receive<Chain extends MessageChain>(
  chain: Chain,
  options: ReceiveOptions,
): Received<Chain> | undefined {
  return options.counter < chain.counter ? receiveLate(chain, options) : receiveAhead(chain, options);
}

/** A message that was overtaken: its seed was kept, used, or dropped. */
function receiveLate<Chain extends MessageChain>(
  chain: Chain,
  { counter, derivation, open }: ReceiveOptions,
): Received<Chain> | undefined {
  const seed = findSkipped(chain.skipped, counter);
  if (seed === undefined) {
    throw new PolyratchetError(counter < chain.evictedBelow ? 'key-gone' : 'duplicate-message', { counter });
  }
  const keys = deriveMessageKeys(seed, derivation);
  try {
    const plaintext = open(keys);
    if (plaintext === undefined) return undefined;
    return { chain: { ...chain, skipped: removeSkipped(chain.skipped, counter) }, plaintext };
  } finally {
    wipe(keys);
  }
}

/** The next message, or one that overtakes others. */
function receiveAhead<Chain extends MessageChain>(
  chain: Chain,
  { counter, derivation, open }: ReceiveOptions,
): Received<Chain> | undefined {
  if (counter - chain.counter > MAX_CHAIN_STEPS) {
    throw new PolyratchetError('too-far-ahead', { counter, limit: MAX_CHAIN_STEPS });
  }
  const walk = walkTo(chain, counter);
  const { next, keys, all } = stepChain(walk.chainKey, derivation);
  try {
    const plaintext = open(keys);
    if (plaintext === undefined) return undefined;
    return {
      chain: {
        ...chain,
        chainKey: new Secret('ChainKey', next),
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
function walkTo(chain: MessageChain, counter: number): Walk {
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
  chain: MessageChain,
  counter: number,
  passed: Uint8Array,
): Pick<MessageChain, 'skipped' | 'evictedBelow'> {
  const { skipped, evictedBelow } = chain;
  if (passed.length === 0) return { skipped, evictedBelow };
  const first = counter - passed.length / CHAIN_KEY_LENGTH;
  const seeds = messageSeeds(passed);
  const added = addSkipped(skipped, first, seeds);
  wipe(seeds);
  const overleapt = first > chain.counter ? first : 0;
  return { skipped: added.skipped, evictedBelow: Math.max(evictedBelow, added.evictedBelow ?? 0, overleapt) };
}
