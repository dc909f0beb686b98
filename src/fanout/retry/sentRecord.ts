/**
 * Sent messages as stored records: what each said and to whom, and which of them are kept.
 *
 * @module
 */
import { inputObject } from '../../core/check.js';
import { PolyratchetError } from '../../core/errors.js';
import { malformed } from '../../core/refusals.js';
import { reveal, Secret } from '../../core/secret.js';
import { messageIdText } from '../../content/index.js';
import {
  decodeRecord,
  deviceText,
  encodeRecord,
  MAX_PLAINTEXT_LENGTH,
  nested,
  prefixedLength,
  rawPublicKey,
  repeated,
  required,
  uint53,
  type Kind,
  type Table,
} from '../../wire/index.js';
import { inputCache, type CachedMessage, type ResendCache } from './cache.js';
import { MAX_CACHED_MESSAGES, MAX_SENT_DEVICES, MAX_SENT_RECORD_LENGTH } from './limits.js';
import { checkCount, inputSent, type SentDevice, type SentMessage, type SentPart } from './sent.js';
import { checkOnce } from './strict.js';

/** The plaintext of a message, 0 bytes to 256 KiB. */
export const plaintextSecret: Kind<Secret<'Plaintext'>> = {
  wireType: 2,
  size: (value) => prefixedLength(reveal(value).length),
  write: (writer, value) => {
    writer.prefixed(reveal(value));
  },
  read: (reader) => {
    const view = reader.view();
    if (view.length <= MAX_PLAINTEXT_LENGTH) return new Secret('Plaintext', view);
    return reader.fail(`at most ${MAX_PLAINTEXT_LENGTH} bytes`, `${view.length} bytes`);
  },
};

/** A device that a message was sent to. */
export const sentDevice: Kind<SentDevice> = nested({
  name: 'sentMessage.device',
  unknown: 'reject',
  rows: { device: required(1, deviceText), identityKey: required(2, rawPublicKey) },
});

const sentTable: Table<SentMessage> = {
  name: 'sentMessage',
  unknown: 'reject',
  rows: {
    messageId: required(1, messageIdText),
    sentAt: required(2, uint53),
    parts: repeated(
      3,
      nested<SentPart>({
        name: 'sentMessage.part',
        unknown: 'reject',
        rows: {
          plaintext: required(1, plaintextSecret),
          devices: repeated(2, sentDevice, MAX_SENT_DEVICES),
        },
      }),
      MAX_SENT_DEVICES,
    ),
  },
};

/**
 * A sent message as bytes to store: they hold its plaintext, so they belong in an encrypted store, and are deleted once it
 * is evicted.
 *
 * @throws PolyratchetError `too-large`: more than 1 MiB, or 5,125 devices; `invalid-argument`.
 */
export function encodeSentMessage(sent: SentMessage): Uint8Array {
  const { messageId } = inputObject('sent', sent);
  const { parts } = inputSent(sent, messageId);
  checkCount(parts.reduce((count, { devices }) => count + devices.length, 0));
  return checkLength(sentTable.name, encodeRecord(sentTable, sent));
}

/**
 * Returns a record that fits into one value of a store.
 *
 * @throws PolyratchetError `too-large`
 */
export function checkLength(what: string, record: Uint8Array): Uint8Array {
  const { length: got } = record;
  if (got <= MAX_SENT_RECORD_LENGTH) return record;
  throw new PolyratchetError('too-large', { what, limit: MAX_SENT_RECORD_LENGTH, got });
}

/**
 * Reads a sent message strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeSentMessage(record: Uint8Array): SentMessage {
  const sent = decodeRecord(sentTable, record);
  checkParts(sentTable.name, sent.parts);
  return sent;
}

/**
 * Checks what was read of who was sent what: no device twice, nor more of them than a message is sent to, and no part that
 * nobody was sent.
 *
 * @throws PolyratchetError `malformed`
 */
export function checkParts(what: string, parts: readonly SentPart[]): void {
  const devices = parts.flatMap((part) => part.devices.map(({ device }) => device));
  checkOnce(what, 'parts', devices);
  if (devices.length > MAX_SENT_DEVICES) throw malformed(what, 'parts', 'fewer devices', 'more');
  if (parts.some((part) => part.devices.length === 0))
    throw malformed(what, 'parts', 'devices in each', 'one without');
}

const cacheTable: Table<ResendCache> = {
  name: 'resendCache',
  unknown: 'reject',
  rows: {
    messages: repeated(
      1,
      nested<CachedMessage>({
        name: 'resendCache.message',
        unknown: 'reject',
        rows: { messageId: required(1, messageIdText), sentAt: required(2, uint53) },
      }),
      MAX_CACHED_MESSAGES,
    ),
  },
};

/**
 * Which sent messages are kept, as bytes to store.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeResendCache(cache: ResendCache): Uint8Array {
  return encodeRecord(cacheTable, inputCache(cache));
}

/**
 * Reads which sent messages are kept strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`; `invalid-argument`: no bytes.
 */
export function decodeResendCache(record: Uint8Array): ResendCache {
  const cache = decodeRecord(cacheTable, record);
  checkOnce(
    cacheTable.name,
    'messages',
    cache.messages.map(({ messageId }) => messageId),
  );
  return cache;
}
