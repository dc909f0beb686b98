/**
 * Addresses on the wire and in records, and other text of which only some is taken.
 *
 * @module
 */
import { isAccount, isDevice, type Address } from '../core/address.js';
import { describe } from '../core/bytes.js';
import { invalidArgument } from '../core/refusals.js';
import { string } from './byteKinds.js';
import type { Kind } from './kinds.js';
import { varintLength } from './writer.js';

/** The address of an account or a group. */
export const accountText: Kind<Address> = restrictedText('account', isAccount, 'user@server');

/** The address of a device, the primary one included. */
export const deviceText: Kind<Address> = restrictedText(
  'device',
  isDevice,
  'user@server or user:device@server',
);

/** ASCII text that must be as a test says and `expected` describes: one byte a character, without a coder of UTF-8. */
export function restrictedText(
  name: string,
  isTaken: (text: string) => boolean,
  expected: string,
): Kind<string> {
  return {
    wireType: string.wireType,
    size: (value) => {
      if (isTaken(value)) return varintLength(value.length) + value.length;
      throw invalidArgument(name, expected, describe(value));
    },
    write: (writer, value) => {
      writer.varint(value.length);
      const start = writer.skip(value.length);
      for (let i = 0; i < value.length; i++) writer.bytes[start + i] = value.charCodeAt(i);
    },
    read: (reader) => {
      let text = '';
      for (const byte of reader.view()) text += String.fromCharCode(byte);
      return isTaken(text) ? text : reader.fail(expected, 'other text');
    },
  };
}
