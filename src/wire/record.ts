/**
 * Stored records: a format version byte and a protobuf message, opaque to the application.
 *
 * @module
 */
import { inputBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { malformed } from '../core/refusals.js';
import { decodeMessage, encodeMessage, type Table } from './table.js';

/** The format that this release writes; older ones that it still reads would be listed beside it. */
const RECORD_VERSION = 1;

/** The bytes to store: version byte ‖ message. */
export function encodeRecord<Message extends object>(table: Table<Message>, message: Message): Uint8Array {
  const bytes = encodeMessage(table, message, 1);
  bytes[0] = RECORD_VERSION;
  return bytes;
}

/**
 * Reads stored bytes strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeRecord<Message extends object>(table: Table<Message>, bytes: Uint8Array): Message {
  const input = inputBytes(table.name, bytes);
  const [version = 0] = input;
  if (version > RECORD_VERSION) {
    throw new PolyratchetError('newer-format', { what: table.name, got: version, supported: `0x01` });
  }
  if (version < RECORD_VERSION) {
    throw malformed(table.name, 'version', 'a format version', input.length === 0 ? '0 bytes' : '0');
  }
  return decodeMessage(table, input.subarray(1));
}
