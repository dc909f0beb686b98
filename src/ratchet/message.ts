/**
 * SignalMessage: one encrypted message of a Double Ratchet.
 *
 *     version byte ‖ protobuf {1 ratchet key, 2 counter, 3 previous counter, 4 ciphertext} ‖ MAC (8 bytes)
 *     MAC = first 8 bytes of HMAC(MAC key, sender's identity (33) ‖ receiver's identity (33) ‖ version byte ‖ protobuf)
 *
 * @module
 */
import { COUNTER_LIMIT } from '../chain/index.js';
import { equalBytes, inputBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { itemAt } from '../core/lists.js';
import { aesCbcDecrypt, aesCbcEncryptBatch, hmacSha256Batch, type PublicKey } from '../crypto/index.js';
import {
  bytes,
  checkVersionByte,
  decodeMessage,
  EMITTED_VERSION_BYTE,
  encodedPublicKey,
  encodeMessage,
  KEY_TYPE,
  MAX_PADDING,
  MAX_PLAINTEXT_LENGTH,
  required,
  uint32,
  type Table,
} from '../wire/index.js';
import type { MessageKeys } from './kdf.js';

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
  const { ratchetKey, counter, previousCounter, ciphertext } = decodeMessage(
    signalMessageTable,
    input.subarray(1, end),
  );
  if (counter >= COUNTER_LIMIT) return malformed('counter', `less than ${COUNTER_LIMIT}`, 'more');
  const [authenticated, mac] = [input.subarray(0, end), input.subarray(end)];
  return { ratchetKey, counter, previousCounter, ciphertext, authenticated, mac };
}

/** What a message is made of. */
export interface SealOptions extends Omit<Fields, 'ciphertext'>, Direction {
  /** The message's keys. */
  readonly keys: MessageKeys;
  readonly plaintext: Uint8Array;
}

/** Encrypts and authenticates messages, in their order: ciphertexts and MACs of many are made together. */
export function sealMessages(items: readonly SealOptions[]): readonly Uint8Array[] {
  const ciphertexts = aesCbcEncryptBatch(
    items.map(({ keys }) => keys.cipherKey),
    items.map(({ keys }) => keys.iv),
    items.map(({ plaintext }) => plaintext),
  );
  const messages = items.map(({ ratchetKey, counter, previousCounter }, i) => {
    const fields = { ratchetKey, counter, previousCounter, ciphertext: itemAt(ciphertexts, i) };
    const message = encodeMessage(signalMessageTable, fields, 1, MAC_LENGTH);
    message[0] = EMITTED_VERSION_BYTE;
    return message;
  });
  const macs = hmacSha256Batch(
    items.map(({ keys }) => keys.macKey),
    messages.map((message, i) =>
      authenticatedParts(itemAt(items, i), message.subarray(0, message.length - MAC_LENGTH)),
    ),
  );
  messages.forEach((message, i) => {
    message.set(macs.subarray(i * 32, i * 32 + MAC_LENGTH), message.length - MAC_LENGTH);
  });
  return messages;
}

/** The plaintext of a message, or `undefined` if MAC or padding is wrong: there is one answer for both. */
export function openMessage(
  { cipherKey, macKey, iv }: MessageKeys,
  { authenticated, ciphertext, mac }: SignalMessage,
  direction: Direction,
): Uint8Array | undefined {
  const expected = hmacSha256Batch([macKey], [authenticatedParts(direction, authenticated)]);
  return equalBytes(expected.subarray(0, MAC_LENGTH), mac)
    ? aesCbcDecrypt(cipherKey, iv, ciphertext)
    : undefined;
}

/** The input of the MAC. */
function authenticatedParts({ sender, receiver }: Direction, message: Uint8Array): readonly Uint8Array[] {
  return [KEY_TYPE, sender, KEY_TYPE, receiver, message];
}

function malformed(field: string, expected: string, got: string): never {
  throw new PolyratchetError('malformed', { what: WHAT, field, expected, got });
}
