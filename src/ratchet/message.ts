/**
 * SignalMessage: one encrypted message of a Double Ratchet.
 *
 *     version byte ‖ protobuf {1 ratchet key, 2 counter, 3 previous counter, 4 ciphertext} ‖ MAC (8 bytes)
 *     MAC = first 8 bytes of HMAC(MAC key, sender's identity (33) ‖ receiver's identity (33) ‖ version byte ‖ protobuf)
 *
 * @module
 */
import { concat, equalBytes, inputBytes, wipe } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { aesCbcDecrypt, aesCbcEncrypt, hmacSha256, type PublicKey } from '../crypto/index.js';
import {
  bytes,
  checkVersionByte,
  decodeMessage,
  EMITTED_VERSION_BYTE,
  encodedPublicKey,
  encodeMessage,
  encodePublicKey,
  MAX_PADDING,
  MAX_PLAINTEXT_LENGTH,
  required,
  uint32,
  type Table,
} from '../wire/index.js';
import { deriveMessageKeys } from './kdf.js';
import { COUNTER_LIMIT } from './limits.js';

/** Longest plaintext of a ratchet message: one padded application message. */
export const MAX_RATCHET_PLAINTEXT: number = MAX_PLAINTEXT_LENGTH + MAX_PADDING;

/** Longest message: the plaintext, the cipher's padding, and room for keys, counters and peers' extra fields. */
export const MAX_MESSAGE_LENGTH: number = MAX_RATCHET_PLAINTEXT + 1024;

const MAC_LENGTH = 8;
const WHAT = 'SignalMessage';

interface Fields {
  /** The sender's current ratchet key. */
  readonly ratchetKey: PublicKey;
  /** Position in the sender's current chain. */
  readonly counter: number;
  /** Last position used in the sender's previous chain. Written correctly and never acted upon: it is not needed. */
  readonly previousCounter: number;
  /** AES-256-CBC of the plaintext. */
  readonly ciphertext: Uint8Array;
}

const signalMessageTable: Table<Fields> = {
  name: WHAT,
  unknown: 'skip', // libsignal adds fields 5 and 6; the MAC covers them
  rows: {
    ratchetKey: required(1, encodedPublicKey),
    counter: required(2, uint32),
    previousCounter: required(3, uint32, 0),
    ciphertext: required(4, bytes()),
  },
};

/** A parsed message that nothing vouches for yet. */
export interface SignalMessage extends Fields {
  /** What the MAC covers: the bytes as received. */
  readonly authenticated: Uint8Array;
  /** The 8 bytes of the MAC. */
  readonly mac: Uint8Array;
}

/** Who sends and who receives, by identity key: both are under the MAC. */
export interface Direction {
  /** Identity key of the sending device, 32 bytes. */
  readonly sender: PublicKey;
  /** Identity key of the receiving device, 32 bytes. */
  readonly receiver: PublicKey;
}

/**
 * Parses a message strictly; its MAC is checked by the step that decrypts it.
 *
 * @throws PolyratchetError `malformed`, `too-large`, `legacy-version`, `unknown-version`, `invalid-key`.
 */
export function decodeSignalMessage(message: Uint8Array): SignalMessage {
  const input = inputBytes('message', message);
  if (input.length > MAX_MESSAGE_LENGTH) {
    throw new PolyratchetError('too-large', { what: WHAT, limit: MAX_MESSAGE_LENGTH, got: input.length });
  }
  checkVersionByte(WHAT, input);
  const end = input.length - MAC_LENGTH;
  if (end < 1) return malformed('mac', `${MAC_LENGTH} bytes`, `${input.length - 1} bytes`);
  const fields = decodeMessage(signalMessageTable, input.subarray(1, end));
  if (fields.counter >= COUNTER_LIMIT) return malformed('counter', `less than ${COUNTER_LIMIT}`, 'more');
  return { ...fields, authenticated: input.subarray(0, end), mac: input.subarray(end) };
}

/** What a message is made of. */
export interface SealOptions extends Omit<Fields, 'ciphertext'>, Direction {
  /** The message's seed, 32 bytes. */
  readonly seed: Uint8Array;
  readonly plaintext: Uint8Array;
}

/** Encrypts and authenticates one message. */
export function sealMessage({ seed, plaintext, sender, receiver, ...fields }: SealOptions): Uint8Array {
  const keys = deriveMessageKeys(seed);
  try {
    const ciphertext = aesCbcEncrypt(keys.cipherKey, keys.iv, plaintext);
    const message = encodeMessage(signalMessageTable, { ...fields, ciphertext }, 1);
    message[0] = EMITTED_VERSION_BYTE;
    return concat(message, macOf(keys.macKey, { sender, receiver }, message));
  } finally {
    wipe(keys.all);
  }
}

/** The plaintext of a message, or `undefined` if MAC or padding is wrong: there is one answer for both. */
export function openMessage(
  seed: Uint8Array,
  message: SignalMessage,
  direction: Direction,
): Uint8Array | undefined {
  const keys = deriveMessageKeys(seed);
  try {
    if (!equalBytes(macOf(keys.macKey, direction, message.authenticated), message.mac)) return undefined;
    return aesCbcDecrypt(keys.cipherKey, keys.iv, message.ciphertext);
  } finally {
    wipe(keys.all);
  }
}

function macOf(macKey: Uint8Array, { sender, receiver }: Direction, authenticated: Uint8Array): Uint8Array {
  const input = concat(encodePublicKey(sender), encodePublicKey(receiver), authenticated);
  return hmacSha256(macKey, input).subarray(0, MAC_LENGTH);
}

function malformed(field: string, expected: string, got: string): never {
  throw new PolyratchetError('malformed', { what: WHAT, field, expected, got });
}
