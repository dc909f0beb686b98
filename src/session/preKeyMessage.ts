/**
 * PreKeySignalMessage: a first message together with what its receiver needs to accept the session.
 *
 *     version byte ‖ protobuf {1 one-time prekey id, 2 base key, 3 identity key, 4 SignalMessage,
 *                              5 registration id, 6 signed prekey id}
 *
 * Nothing authenticates this frame itself: a wrong key makes the inner MAC fail, and the registration id is only a hint.
 * So its parser is stricter than the inner one: it takes no unknown fields.
 *
 * @module
 */
import { inputBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import type { PublicKey } from '../crypto/index.js';
import { decodeSignalMessage, MAX_MESSAGE_LENGTH, type SignalMessage } from '../ratchet/index.js';
import {
  bytes,
  checkVersionByte,
  decodeMessage,
  EMITTED_VERSION_BYTE,
  encodedPublicKey,
  encodeMessage,
  optional,
  required,
  uint32,
  type Table,
} from '../wire/index.js';

const WHAT = 'PreKeySignalMessage';

/** Longest prekey message: a message and its frame. */
export const MAX_PREKEY_MESSAGE_LENGTH: number = MAX_MESSAGE_LENGTH + 256;

/** What a prekey message says about the session that it starts. */
export interface PreKeyMessageInfo {
  /** The sender's registration id; not authenticated. */
  readonly registrationId: number;
  /** The receiver's one-time prekey, unless the bundle had none. */
  readonly oneTimePreKeyId?: number;
  /** The receiver's signed prekey. */
  readonly signedPreKeyId: number;
  /** The sender's base key, 32 bytes. */
  readonly baseKey: PublicKey;
  /** The sender's identity key, 32 bytes. */
  readonly identityKey: PublicKey;
}

interface Fields extends PreKeyMessageInfo {
  /** The whole SignalMessage. */
  readonly message: Uint8Array;
}

const preKeySignalMessageTable: Table<Fields> = {
  name: WHAT,
  unknown: 'reject',
  rows: {
    oneTimePreKeyId: optional(1, uint32),
    baseKey: required(2, encodedPublicKey),
    identityKey: required(3, encodedPublicKey),
    message: required(4, bytes()),
    registrationId: required(5, uint32, 0),
    signedPreKeyId: required(6, uint32),
  },
};

/** Frames a message. */
export function encodePreKeyMessage(fields: Fields): Uint8Array {
  const message = encodeMessage(preKeySignalMessageTable, fields, 1);
  message[0] = EMITTED_VERSION_BYTE;
  return message;
}

/** A parsed prekey message that nothing vouches for yet. */
export interface PreKeyMessage extends PreKeyMessageInfo {
  readonly message: SignalMessage;
}

/**
 * Parses a prekey message and the message in it, strictly.
 *
 * @throws PolyratchetError `malformed`, `too-large`, `legacy-version`, `unknown-version`, `invalid-key`.
 */
export function decodePreKeyMessage(preKeyMessage: Uint8Array): PreKeyMessage {
  const input = inputBytes('message', preKeyMessage);
  if (input.length > MAX_PREKEY_MESSAGE_LENGTH) {
    throw new PolyratchetError('too-large', {
      what: WHAT,
      limit: MAX_PREKEY_MESSAGE_LENGTH,
      got: input.length,
    });
  }
  checkVersionByte(WHAT, input);
  const { message, ...info } = decodeMessage(preKeySignalMessageTable, input.subarray(1));
  return { ...info, message: decodeSignalMessage(message) };
}

/**
 * Which prekeys a prekey message needs, so that the caller can load them before it decrypts.
 *
 * @throws PolyratchetError `malformed`, `too-large`, `legacy-version`, `unknown-version`, `invalid-key`.
 * @example
 * ```ts no-run
 * import { peekPreKeyMessage, type EncryptedMessage } from 'polyratchet/session';
 *
 * declare const message: EncryptedMessage;
 * if (message.type === 'prekey') {
 *   const { signedPreKeyId, oneTimePreKeyId } = peekPreKeyMessage(message.bytes);
 *   console.log('load signed prekey', signedPreKeyId, 'and one-time prekey', oneTimePreKeyId ?? 'none');
 * }
 * ```
 */
export function peekPreKeyMessage(message: Uint8Array): PreKeyMessageInfo {
  const { message: _inner, ...info } = decodePreKeyMessage(message);
  return info;
}
