/**
 * Sent messages as stored records: what each said and to whom, and which of them are kept.
 *
 * @module
 */
import { inputObject } from '../../core/check.js';
import { PolyratchetError } from '../../core/errors.js';
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
import { checkOnce, malformed } from './strict.js';

/** The plaintext of a sent message, 0 bytes to 256 KiB. */
const plaintextSecret: Kind<Secret<'Plaintext'>> = {
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
          devices: repeated(
            2,
            nested<SentDevice>({
              name: 'sentMessage.device',
              unknown: 'reject',
              rows: { device: required(1, deviceText), identityKey: required(2, rawPublicKey) },
            }),
            MAX_SENT_DEVICES,
          ),
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
  const record = encodeRecord(sentTable, sent);
  if (record.length <= MAX_SENT_RECORD_LENGTH) return record;
  const { length: got } = record;
  throw new PolyratchetError('too-large', { what: sentTable.name, limit: MAX_SENT_RECORD_LENGTH, got });
}

/**
 * Reads a sent message strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeSentMessage(record: Uint8Array): SentMessage {
  const sent = decodeRecord(sentTable, record);
  const devices = sent.parts.flatMap((part) => part.devices);
  checkOnce(sentTable.name, devices, ({ device }) => device);
  if (devices.length > MAX_SENT_DEVICES) throw malformed(sentTable.name, 'parts', 'fewer devices', 'more');
  if (sent.parts.some((part) => part.devices.length === 0))
    throw malformed(sentTable.name, 'parts', 'devices in each', 'one without');
  return sent;
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
  checkOnce(cacheTable.name, cache.messages, ({ messageId }) => messageId);
  return cache;
}
