/**
 * Sender keys: one ciphertext for a whole group, whatever its size, as values and pure steps.
 *
 * Subpath: `polyratchet/senderkey`. Who must be given a key, and when it is renewed, is the business of the rooms above.
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
export type { PublicKey, SignerKeyPair } from '../crypto/index.js';
export {
  acceptSenderKeyDistribution,
  type AcceptSenderKeyOptions,
  type AcceptSenderKeyResult,
} from './accept.js';
export {
  createSenderKey,
  senderKeyDistribution,
  type CreateSenderKeyOptions,
  type SenderKeyDistributionOptions,
} from './create.js';
export { decryptSenderKey, type DecryptSenderKeyOptions, type DecryptSenderKeyResult } from './decrypt.js';
export { encryptSenderKey, type EncryptSenderKeyOptions, type EncryptSenderKeyResult } from './encrypt.js';
export { MAX_SENDER_KEY_MESSAGE_LENGTH, MAX_SENDER_KEY_PLAINTEXT } from './message.js';
export type { SenderKeyProfile } from './profile.js';
export {
  decodeReceivedSenderKey,
  decodeSenderKey,
  encodeReceivedSenderKey,
  encodeSenderKey,
} from './record.js';
export {
  MAX_SENDER_KEY_STATES,
  type ReceivedSenderKey,
  type SenderKey,
  type SenderKeyBinding,
  type SenderKeyBindingOptions,
  type SenderKeyId,
  type SenderKeyState,
} from './state.js';
