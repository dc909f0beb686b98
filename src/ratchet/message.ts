/**
 * SignalMessage: one encrypted message of a Double Ratchet.
 *
 *     version byte ‖ protobuf {1 ratchet key, 2 counter, 3 previous counter, 4 ciphertext} ‖ MAC (8 bytes)
 *     MAC = first 8 bytes of HMAC(MAC key, sender's identity (33) ‖ receiver's identity (33) ‖ version byte ‖ protobuf)
 *
 * @module
 */
import { equalBytes, inputBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import {
  aesCbcDecrypt,
  aesCbcEncrypt,
  hmacSha256,
  hmacSha256Batch,
  type PublicKey,
} from '../crypto/index.js';
import {
  bytes,
  checkVersionByte,
  decodeMessage,
  EMITTED_VERSION_BYTE,
  ENCODED_KEY_LENGTH,
  encodedPublicKey,
  encodeMessage,
  encodePublicKey,
  MAX_PADDING,
  MAX_PLAINTEXT_LENGTH,
  required,
  uint32,
  type Table,
} from '../wire/index.js';
import type { MessageKeys } from './kdf.js';
import { COUNTER_LIMIT } from './limits.js';

/** Longest plaintext of a ratchet message: one padded application message. */
export const MAX_RATCHET_PLAINTEXT: number = MAX_PLAINTEXT_LENGTH + MAX_PADDING;

/** Longest message: the plaintext, the cipher's padding, and room for keys, counters and peers' extra fields. */
export const MAX_MESSAGE_LENGTH: number = MAX_RATCHET_PLAINTEXT + 1024;

const MAC_LENGTH = 8;
const IDENTITIES_LENGTH = 2 * ENCODED_KEY_LENGTH;
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
  /** The message's keys. */
  readonly keys: MessageKeys;
  readonly plaintext: Uint8Array;
}

/** Encrypts and authenticates messages: the MACs of many are made together. */
export function sealMessages<Item extends SealOptions>(
  items: readonly Item[],
): readonly { readonly item: Item; readonly message: Uint8Array }[] {
  const framed = items.map((item) => ({ item, bytes: frame(item) }));
  const macs = hmacSha256Batch(
    items.map(({ keys }) => keys.macKey),
    framed.map(({ bytes }) => bytes.subarray(0, bytes.length - MAC_LENGTH)),
  );
  return framed.map(({ item, bytes }, i) => {
    bytes.set(macs.subarray(i * 32, i * 32 + MAC_LENGTH), bytes.length - MAC_LENGTH);
    return { item, message: bytes.slice(IDENTITIES_LENGTH) };
  });
}

/** The input of the MAC, and room for it: sender's identity ‖ receiver's identity ‖ version byte ‖ protobuf ‖ 8 bytes. */
function frame({ keys, plaintext, sender, receiver, ...fields }: SealOptions): Uint8Array {
  const ciphertext = aesCbcEncrypt(keys.cipherKey, keys.iv, plaintext);
  const bytes = encodeMessage(
    signalMessageTable,
    { ...fields, ciphertext },
    IDENTITIES_LENGTH + 1,
    MAC_LENGTH,
  );
  writeIdentities(bytes, { sender, receiver });
  bytes[IDENTITIES_LENGTH] = EMITTED_VERSION_BYTE;
  return bytes;
}

/** The plaintext of a message, or `undefined` if MAC or padding is wrong: there is one answer for both. */
export function openMessage(
  { cipherKey, macKey, iv }: MessageKeys,
  message: SignalMessage,
  direction: Direction,
): Uint8Array | undefined {
  const input = new Uint8Array(IDENTITIES_LENGTH + message.authenticated.length);
  writeIdentities(input, direction);
  input.set(message.authenticated, IDENTITIES_LENGTH);
  const mac = hmacSha256(macKey, input).subarray(0, MAC_LENGTH);
  return equalBytes(mac, message.mac) ? aesCbcDecrypt(cipherKey, iv, message.ciphertext) : undefined;
}

function writeIdentities(bytes: Uint8Array, { sender, receiver }: Direction): void {
  bytes.set(encodePublicKey(sender));
  bytes.set(encodePublicKey(receiver), ENCODED_KEY_LENGTH);
}

function malformed(field: string, expected: string, got: string): never {
  throw new PolyratchetError('malformed', { what: WHAT, field, expected, got });
}
