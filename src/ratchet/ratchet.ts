/**
 * The Double Ratchet: start, encrypt, decrypt, each a pure function from state to state.
 *
 * Source: The Double Ratchet Algorithm §3, with libsignal's message format and limits.
 *
 * @module
 */
import { COUNTER_LIMIT, NO_SKIPPED_KEYS, type ChainKey } from '../chain/index.js';
import { equalBytes, inputBytes, wipe } from '../core/bytes.js';
import { inputList, inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { itemAt } from '../core/lists.js';
import type { Random } from '../core/random.js';
import { reveal, Secret } from '../core/secret.js';
import { agree, generateKeyPair, type PublicKey } from '../crypto/index.js';
import { receiveOn } from './chain.js';
import { deriveRootKey, stepChains, type ChainStep, type RootKey } from './kdf.js';
import { MAX_RECEIVING_CHAINS } from './limits.js';
import {
  MAX_RATCHET_PLAINTEXT,
  sealMessages,
  type Direction,
  type SealOptions,
  type SignalMessage,
} from './message.js';
import type { RatchetKeyPair, RatchetState, ReceivingChain } from './state.js';

/** What an initiator starts from. */
export interface StartRatchetOptions {
  /** Root key of the key agreement. */
  readonly rootKey: RootKey;
  /** The responder's signed prekey: its first ratchet key. */
  readonly remoteRatchetKey: PublicKey;
  /** The source of our first ratchet key. */
  readonly random: Random;
}

/**
 * The initiator's ratchet: it can send at once.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function startRatchet(options: StartRatchetOptions): RatchetState {
  const { rootKey, remoteRatchetKey, random } = inputObject('options', options);
  return { ...newSendingChain(rootKey, remoteRatchetKey, random), previousCounter: 0, receiving: [] };
}

/** What a responder starts from. */
export interface AcceptRatchetOptions {
  /** Root key of the key agreement. */
  readonly rootKey: RootKey;
  /** Chain key of the key agreement. */
  readonly chainKey: ChainKey;
  /** The responder's signed prekey pair: its first ratchet key. */
  readonly ratchetKey: RatchetKeyPair;
}

/**
 * The responder's ratchet, whose first step is the initiator's first message.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function acceptRatchet(options: AcceptRatchetOptions): RatchetState {
  const { rootKey, chainKey, ratchetKey } = inputObject('options', options);
  return { rootKey, sending: { ratchetKey, chainKey, counter: 0 }, previousCounter: 0, receiving: [] };
}

/** What to encrypt. */
export interface RatchetEncryptOptions extends Direction {
  /** The ratchet of which the message is the next. */
  readonly ratchet: RatchetState;
  /** At most {@link MAX_RATCHET_PLAINTEXT} bytes. */
  readonly plaintext: Uint8Array;
}

/** An encrypted message, and the ratchet after it. */
export interface RatchetEncryptResult {
  /** Replaces the ratchet that was passed. */
  readonly ratchet: RatchetState;
  /** A SignalMessage. */
  readonly message: Uint8Array;
}

/**
 * Encrypts one message.
 *
 * @throws PolyratchetError `counter-exhausted`, `too-large`, `invalid-argument`.
 */
export function ratchetEncrypt(options: RatchetEncryptOptions): RatchetEncryptResult {
  return itemAt(ratchetEncryptBatch([inputObject('options', options)]), 0);
}

/**
 * Encrypts one message with each of several ratchets, whose chain steps and MACs are made together; the results come in
 * their order.
 *
 * @throws PolyratchetError `counter-exhausted`, `too-large`, `invalid-argument`: then nothing is encrypted.
 * @internal
 */
export function ratchetEncryptBatch(
  batch: readonly RatchetEncryptOptions[],
): readonly RatchetEncryptResult[] {
  const checked = inputList('batch', batch).map(checkOptions);
  const { steps, all } = stepChains(checked.map(({ ratchet }) => reveal(ratchet.sending.chainKey)));
  try {
    const messages = sealMessages(checked.map((options, i) => sealOptions(options, itemAt(steps, i))));
    return checked.map(({ ratchet }, i) => {
      return { ratchet: advance(ratchet, itemAt(steps, i)), message: itemAt(messages, i) };
    });
  } finally {
    wipe(all);
  }
}

function checkOptions(options: RatchetEncryptOptions): RatchetEncryptOptions {
  const { ratchet, sender, receiver } = options;
  const plaintext = inputBytes('plaintext', options.plaintext);
  if (plaintext.length > MAX_RATCHET_PLAINTEXT) {
    throw new PolyratchetError('too-large', {
      what: 'plaintext',
      limit: MAX_RATCHET_PLAINTEXT,
      got: plaintext.length,
    });
  }
  if (ratchet.sending.counter >= COUNTER_LIMIT) throw new PolyratchetError('counter-exhausted', {});
  return { ratchet, plaintext, sender, receiver };
}

function sealOptions(
  { ratchet, plaintext, sender, receiver }: RatchetEncryptOptions,
  { keys }: ChainStep,
): SealOptions {
  const { sending, previousCounter } = ratchet;
  const { publicKey: ratchetKey } = sending.ratchetKey;
  return { keys, plaintext, sender, receiver, ratchetKey, counter: sending.counter, previousCounter };
}

function advance(ratchet: RatchetState, { next }: ChainStep): RatchetState {
  const { ratchetKey, counter } = ratchet.sending;
  const chainKey = new Secret('ChainKey', next);
  return { ...ratchet, sending: { ratchetKey, chainKey, counter: counter + 1 } };
}

/**
 * The receiving chain of a ratchet key, if the ratchet has it.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function findReceivingChain(ratchet: RatchetState, ratchetKey: PublicKey): ReceivingChain | undefined {
  return inputObject('ratchet', ratchet).receiving.find((chain) => equalBytes(chain.ratchetKey, ratchetKey));
}

/** What to decrypt. */
export interface RatchetDecryptOptions extends Direction {
  /** The ratchet to try. */
  readonly ratchet: RatchetState;
  /** The parsed message. */
  readonly message: SignalMessage;
  /** The source of our next ratchet key, if the peer has made a new one. */
  readonly random: Random;
}

/** A decrypted message, and the ratchet after it. */
export interface RatchetDecryptResult {
  /** Replaces the ratchet that was passed. */
  readonly ratchet: RatchetState;
  /** The authenticated plaintext. */
  readonly plaintext: Uint8Array;
}

/**
 * Decrypts one message; `undefined` if it is not authentic in this ratchet.
 *
 * @throws PolyratchetError `duplicate-message`, `key-gone`, `too-far-ahead`; `invalid-argument`: the random source fails.
 */
export function ratchetDecrypt(options: RatchetDecryptOptions): RatchetDecryptResult | undefined {
  const { ratchet, message, sender, receiver, random } = inputObject('options', options);
  const known = findReceivingChain(ratchet, message.ratchetKey);
  if (known !== undefined) {
    const received = receiveOn(known, message, { sender, receiver });
    if (received === undefined) return undefined;
    const receiving = ratchet.receiving.map((chain) => (chain === known ? received.chain : chain));
    return { ratchet: { ...ratchet, receiving }, plaintext: received.plaintext };
  }
  const { rootKey, chainKey } = diffieHellman(
    ratchet.rootKey,
    ratchet.sending.ratchetKey,
    message.ratchetKey,
  );
  const fresh = {
    ratchetKey: message.ratchetKey,
    chainKey,
    counter: 0,
    skipped: NO_SKIPPED_KEYS,
    evictedBelow: 0,
  };
  const received = receiveOn(fresh, message, { sender, receiver });
  if (received === undefined) return undefined;
  const next = {
    ...newSendingChain(rootKey, message.ratchetKey, random),
    previousCounter: Math.max(ratchet.sending.counter - 1, 0),
    receiving: [received.chain, ...ratchet.receiving].slice(0, MAX_RECEIVING_CHAINS),
  };
  return { ratchet: next, plaintext: received.plaintext };
}

/** The second half of a Diffie-Hellman step: a new ratchet key of ours and the chain that it starts. */
function newSendingChain(
  rootKey: RootKey,
  remoteRatchetKey: PublicKey,
  random: Random,
): Pick<RatchetState, 'rootKey' | 'sending'> {
  const ratchetKey = generateKeyPair('RatchetKey', random);
  const { rootKey: nextRootKey, chainKey } = diffieHellman(rootKey, ratchetKey, remoteRatchetKey);
  return { rootKey: nextRootKey, sending: { ratchetKey, chainKey, counter: 0 } };
}

function diffieHellman(
  rootKey: RootKey,
  ours: RatchetKeyPair,
  theirs: PublicKey,
): { rootKey: RootKey; chainKey: ChainKey } {
  return deriveRootKey(rootKey, agree(ours.privateKey, theirs));
}
