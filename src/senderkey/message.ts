/**
 * SenderKeyMessage: one encrypted message to a group.
 *
 *     version byte ‖ protobuf ‖ signature (64 bytes)
 *
 * The signature is the sender key's over all that stands before it: XEdDSA, as of all of Signal's signatures.
 *
 * @module
 */
import { inputBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { malformed } from '../core/refusals.js';
import { SIGNATURE_LENGTH, xeddsaSignBy, type SignerKeyPair } from '../crypto/index.js';
import { checkVersionByte, EMITTED_VERSION_BYTE, MAX_PADDING, MAX_PLAINTEXT_LENGTH } from '../wire/index.js';
import { MESSAGE_NAME, type MessageFields, type Profile } from './profile.js';

/** Longest plaintext of a message to a group: one padded application message. */
export const MAX_SENDER_KEY_PLAINTEXT: number = MAX_PLAINTEXT_LENGTH + MAX_PADDING;

/** Longest message: the plaintext, the cipher's padding, the signature, and room for the names around them. */
export const MAX_SENDER_KEY_MESSAGE_LENGTH: number = MAX_SENDER_KEY_PLAINTEXT + 256;

/** Frames and signs a message. */
export function signMessage(profile: Profile, fields: MessageFields, signingKey: SignerKeyPair): Uint8Array {
  const message = profile.message.encode(fields, 1, SIGNATURE_LENGTH);
  message[0] = EMITTED_VERSION_BYTE;
  const end = message.length - SIGNATURE_LENGTH;
  message.set(xeddsaSignBy(signingKey, message.subarray(0, end)), end);
  return message;
}

/** A parsed message that nothing vouches for yet. */
export interface ParsedMessage extends MessageFields {
  /** What the signature covers: the bytes as received. */
  readonly signed: Uint8Array;
  /** The signature, 64 bytes. */
  readonly signature: Uint8Array;
}

/**
 * Parses a message strictly; its signature is checked by the step that decrypts it.
 *
 * @throws PolyratchetError `malformed`, `too-large`, `legacy-version`, `unknown-version`.
 */
export function parseMessage(profile: Profile, message: Uint8Array): ParsedMessage {
  const input = inputBytes('message', message);
  if (input.length > MAX_SENDER_KEY_MESSAGE_LENGTH) {
    throw new PolyratchetError('too-large', {
      what: MESSAGE_NAME,
      limit: MAX_SENDER_KEY_MESSAGE_LENGTH,
      got: input.length,
    });
  }
  checkVersionByte(MESSAGE_NAME, input);
  const end = input.length - SIGNATURE_LENGTH;
  if (end < 1) {
    throw malformed(MESSAGE_NAME, 'signature', `${SIGNATURE_LENGTH} bytes`, `${input.length - 1} bytes`);
  }
  const fields = profile.message.decode(input.subarray(1, end));
  return { ...fields, signed: input.subarray(0, end), signature: input.subarray(end) };
}
