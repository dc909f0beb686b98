/**
 * UUIDs: text in our values, 16 bytes on the wire (RFC 9562 §4).
 *
 * @module
 */
import { describe, fromHex, toHex } from '../core/bytes.js';
import { invalidArgument } from '../core/refusals.js';
import { bytes, type Kind } from '../wire/index.js';

const UUID_LENGTH = 16;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const encoded = bytes(UUID_LENGTH);

/** A UUID of any version. */
export const uuid: Kind<string> = {
  wireType: encoded.wireType,
  size: (text) => encoded.size(toBytes(inputUuid('uuid', text))),
  write: (writer, text) => {
    encoded.write(writer, toBytes(text));
  },
  read: (reader) => toText(encoded.read(reader)),
};

/**
 * Returns a UUID in lower case.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputUuid(name: string, value: string): string {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (UUID.test(text)) return text;
  throw invalidArgument(name, 'a UUID', describe(value));
}

function toBytes(text: string): Uint8Array {
  return fromHex(text.replaceAll('-', ''));
}

function toText(value: Uint8Array): string {
  return toHex(value).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
