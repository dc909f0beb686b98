/**
 * Receiving on one chain of a Double Ratchet.
 *
 * @module
 */
import { receive, type Received } from '../chain/index.js';
import { MESSAGE_KEYS, messageKeys } from './kdf.js';
import { openMessage, type Direction, type SignalMessage } from './message.js';
import type { ReceivingChain } from './state.js';

/**
 * Decrypts a message of this chain; `undefined` if it is not authentic.
 *
 * @throws PolyratchetError `duplicate-message`, `key-gone`, `too-far-ahead`.
 */
export function receiveOn(
  chain: ReceivingChain,
  message: SignalMessage,
  direction: Direction,
): Received<ReceivingChain> | undefined {
  return receive(chain, {
    counter: message.counter,
    derivation: MESSAGE_KEYS,
    open: (keys) => openMessage(messageKeys(keys), message, direction),
  });
}
