/**
 * Decrypting a message to a group.
 *
 * @module
 */
import { receive, type Received } from '../chain/index.js';
import { copyBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError, withDevice } from '../core/errors.js';
import { aesCbcDecrypt, xeddsaVerify } from '../crypto/index.js';
import { MESSAGE_KEYS, messageKeys } from './kdf.js';
import { parseMessage, type ParsedMessage } from './message.js';
import { MESSAGE_NAME, profileOf } from './profile.js';
import {
  findState,
  inputBinding,
  type SenderKeyBindingOptions,
  type ReceivedSenderKey,
  type SenderKeyState,
} from './state.js';

/** A message, and who sent it where. */
export interface DecryptSenderKeyOptions extends SenderKeyBindingOptions {
  /** The SenderKeyMessage. */
  readonly message: Uint8Array;
}

/** A decrypted message, and the received keys after it. */
export interface DecryptSenderKeyResult {
  /** Replaces what was passed: to be stored together with the plaintext. */
  readonly received: ReceivedSenderKey;
  /** The authenticated plaintext, still padded. */
  readonly plaintext: Uint8Array;
}

/**
 * Decrypts one message of a device to a group. The signature is checked before anything of the chain is touched.
 *
 * `sender` and `group` are what the envelope says; a message of another device or group fails here, since the keys at hand
 * are not its. Nothing that is thrown has changed anything.
 *
 * @throws PolyratchetError
 * - `no-sender-key`: the distribution has not come yet, or the key is none of the last five;
 * - `invalid-signature`: another than the key's owner made the message, or changed it;
 * - `duplicate-message`, `key-gone`, `too-far-ahead`: as in sessions. A message from before the key was given is `key-gone`;
 * - `bad-mac`: signed, but not encrypted with the chain that we know;
 * - `wrong-chat`: `received` is of another group or device;
 * - `malformed`, `too-large`, `legacy-version`, `unknown-version`, `invalid-argument`.
 *
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import {
 *   acceptSenderKeyDistribution,
 *   createSenderKey,
 *   decryptSenderKey,
 *   encryptSenderKey,
 *   senderKeyDistribution,
 * } from 'polyratchet/senderkey';
 *
 * const senderKey = createSenderKey({ random: systemRandom });
 * const distribution = senderKeyDistribution({ senderKey });
 * const { message } = encryptSenderKey({ senderKey, plaintext: new TextEncoder().encode('hello, all') });
 *
 * const from = { sender: 'alice:2@example.org', group: 'friends@groups.example.org' };
 * const { received } = acceptSenderKeyDistribution({ ...from, distribution });
 * const { plaintext } = decryptSenderKey({ ...from, received, message });
 * ```
 */
export function decryptSenderKey(options: DecryptSenderKeyOptions): DecryptSenderKeyResult {
  const bound = inputBinding(inputObject('options', options));
  const { profile, sender: device, states } = bound;
  const message = parseMessage(profileOf(profile), options.message);
  const state = findState(states, message);
  if (state === undefined) throw new PolyratchetError('no-sender-key', { device, id: message.keyId });
  if (!xeddsaVerify(state.signingKey, message.signed, message.signature)) {
    throw new PolyratchetError('invalid-signature', {
      what: MESSAGE_NAME,
      signer: copyBytes(state.signingKey),
    });
  }
  const { chain, plaintext } = open(state, message, device);
  const next = states.map((other) => (other === state ? { ...state, chain } : other));
  return { received: { ...bound, states: next }, plaintext };
}

/** Decrypts an authentic message. */
function open(
  { chain }: SenderKeyState,
  { iteration: counter, ciphertext }: ParsedMessage,
  device: string,
): Received {
  try {
    const received = receive(chain, {
      counter,
      derivation: MESSAGE_KEYS,
      open: (keys) => {
        const { iv, cipherKey } = messageKeys(keys);
        return aesCbcDecrypt(cipherKey, iv, ciphertext);
      },
    });
    if (received !== undefined) return received;
  } catch (error) {
    throw PolyratchetError.is(error) ? withDevice(error, device) : error;
  }
  throw new PolyratchetError('bad-mac', { device, counter });
}
