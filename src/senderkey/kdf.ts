/**
 * The keys of a message of a sender key.
 *
 *     message keys = HKDF(seed, no salt, "WhisperGroup", 48) → IV (16) ‖ cipher key (32)
 *
 * There is no MAC key: the signature authenticates.
 *
 * @module
 */
import type { MessageDerivation } from '../chain/index.js';
import { utf8 } from '../core/bytes.js';

/** How they follow from the seed. */
export const MESSAGE_KEYS: MessageDerivation = { info: utf8('WhisperGroup'), length: 48 };

const IV_LENGTH = 16;

/** The keys of one message: views of an array that is wiped after use. */
export interface MessageKeys {
  readonly iv: Uint8Array;
  readonly cipherKey: Uint8Array;
}

/** Splits what was derived. */
export function messageKeys(keys: Uint8Array): MessageKeys {
  return { iv: keys.subarray(0, IV_LENGTH), cipherKey: keys.subarray(IV_LENGTH) };
}
