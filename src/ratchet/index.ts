/**
 * The Double Ratchet of Signal's protocol version 3, as values and pure steps.
 *
 * Subpath: `polyratchet/ratchet`. Most applications use `polyratchet/session`, which adds the key agreement, sessions
 * that replace each other, and everything around them.
 *
 * @module
 */
export {
  COUNTER_LIMIT,
  MAX_CHAIN_STEPS,
  MAX_SKIPPED_KEYS,
  type ChainKey,
  type MessageChain,
  type SkippedKeys,
} from '../chain/index.js';
export type { Secret } from '../core/secret.js';
export type { KeyPair, PublicKey } from '../crypto/index.js';
export type { RootKey } from './kdf.js';
export { MAX_RECEIVING_CHAINS } from './limits.js';
export {
  decodeSignalMessage,
  MAX_MESSAGE_LENGTH,
  MAX_RATCHET_PLAINTEXT,
  type Direction,
  type SignalMessage,
} from './message.js';
export {
  acceptRatchet,
  findReceivingChain,
  ratchetDecrypt,
  ratchetEncrypt,
  ratchetEncryptBatch,
  startRatchet,
  type AcceptRatchetOptions,
  type RatchetDecryptOptions,
  type RatchetDecryptResult,
  type RatchetEncryptOptions,
  type RatchetEncryptResult,
  type StartRatchetOptions,
} from './ratchet.js';
export { ratchetState } from './record.js';
export type { RatchetKeyPair, RatchetState, ReceivingChain, SendingChain } from './state.js';
