/**
 * Chains of message keys: what the Double Ratchet and sender keys have in common.
 *
 * @module
 */
export {
  CHAIN_KEY_LENGTH,
  deriveMessageKeys,
  stepChain,
  type ChainKey,
  type ChainStep,
  type MessageChain,
  type MessageDerivation,
} from './chain.js';
export { COUNTER_LIMIT, MAX_CHAIN_STEPS, MAX_SKIPPED_KEYS } from './limits.js';
export { receive, type Received, type ReceiveOptions } from './receive.js';
export { chainLength, messageChain, readChain, writeChain } from './record.js';
export { NO_SKIPPED_KEYS, type SkippedKeys } from './skipped.js';
