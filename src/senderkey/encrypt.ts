/**
 * Encrypting a message to a group.
 *
 * @module
 */
import { COUNTER_LIMIT, stepChain } from '../chain/index.js';
import { inputBytes, wipe } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { itemAt } from '../core/lists.js';
import { reveal, Secret } from '../core/secret.js';
import { aesCbcEncryptBatch } from '../crypto/index.js';
import { MESSAGE_KEYS, messageKeys } from './kdf.js';
import { MAX_SENDER_KEY_PLAINTEXT, signMessage } from './message.js';
import { profileOf } from './profile.js';
import type { SenderKey } from './state.js';

/** What to encrypt. */
export interface EncryptSenderKeyOptions {
  /** A key of our own, of which the message is the next. */
  readonly senderKey: SenderKey;
  /** At most {@link MAX_SENDER_KEY_PLAINTEXT} bytes, padded by the caller. */
  readonly plaintext: Uint8Array;
}

/** An encrypted message, and the key after it. */
export interface EncryptSenderKeyResult {
  /** Replaces the key that was passed: it must be stored before the message is sent. */
  readonly senderKey: SenderKey;
  /** A SenderKeyMessage: the same bytes for everybody. */
  readonly message: Uint8Array;
}

/**
 * Encrypts and signs one message for everybody who was given the key.
 *
 * @throws PolyratchetError `counter-exhausted`, `too-large`, `invalid-argument`.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { createSenderKey, encryptSenderKey } from 'polyratchet/senderkey';
 *
 * let senderKey = createSenderKey({ random: systemRandom });
 * const encrypted = encryptSenderKey({ senderKey, plaintext: new TextEncoder().encode('hello, all') });
 * senderKey = encrypted.senderKey; // store it, and only then send encrypted.message
 * ```
 */
export function encryptSenderKey(options: EncryptSenderKeyOptions): EncryptSenderKeyResult {
  const { senderKey } = inputObject('options', options);
  const { profile, signingKey, chainKey, iteration } = inputObject('senderKey', senderKey);
  const plaintext = inputBytes('plaintext', options.plaintext);
  if (plaintext.length > MAX_SENDER_KEY_PLAINTEXT) {
    throw new PolyratchetError('too-large', {
      what: 'plaintext',
      limit: MAX_SENDER_KEY_PLAINTEXT,
      got: plaintext.length,
    });
  }
  if (iteration >= COUNTER_LIMIT) throw new PolyratchetError('counter-exhausted', {});
  const { next, keys, all } = stepChain(reveal(chainKey), MESSAGE_KEYS);
  try {
    const { iv, cipherKey } = messageKeys(keys);
    const ciphertext = itemAt(aesCbcEncryptBatch([cipherKey], [iv], [plaintext]), 0);
    return {
      message: signMessage(profileOf(profile), { ...senderKey, ciphertext }, signingKey),
      senderKey: { ...senderKey, chainKey: new Secret('ChainKey', next), iteration: iteration + 1 },
    };
  } finally {
    wipe(all);
  }
}
