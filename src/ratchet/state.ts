/**
 * The state of a Double Ratchet as a value: no step changes one, every step returns another.
 *
 * @module
 */
import type { ChainKey, MessageChain } from '../chain/index.js';
import type { KeyPair, PublicKey } from '../crypto/index.js';
import type { RootKey } from './kdf.js';

/** A ratchet key pair; the responder's first one is its signed prekey. */
export type RatchetKeyPair = KeyPair<'RatchetKey' | 'PreKey'>;

/** The chain on which this side sends. */
export interface SendingChain {
  /** Our current ratchet key pair. */
  readonly ratchetKey: RatchetKeyPair;
  /** Chain key of the next message. */
  readonly chainKey: ChainKey;
  /** Counter of the next message. */
  readonly counter: number;
}

/** A chain on which the peer sends, or sent. */
export interface ReceivingChain extends MessageChain {
  /** The peer's ratchet key, by which the chain is found. */
  readonly ratchetKey: PublicKey;
}

/** A Double Ratchet. */
export interface RatchetState {
  /** The root key. */
  readonly rootKey: RootKey;
  /** Where we send. */
  readonly sending: SendingChain;
  /** Last counter used on our previous sending chain, 0 if none was: sent with each message. */
  readonly previousCounter: number;
  /** Where the peer sends and sent: newest first, at most {@link MAX_RECEIVING_CHAINS}. */
  readonly receiving: readonly ReceivingChain[];
}
