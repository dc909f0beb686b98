/**
 * The kinds of values that are byte strings on the wire: bytes, text, keys and secrets.
 *
 * What is read is a copy: no value keeps a caller's memory alive or changes with it.
 *
 * @module
 */
import { copyBytes, describe, inputBytes, utf8 } from '../core/bytes.js';
import { invalidArgument } from '../core/refusals.js';
import { reveal, Secret } from '../core/secret.js';
import { KEY_LENGTH, readPublicKey, type PublicKey } from '../crypto/index.js';
import { prefixedLength, type Kind } from './kinds.js';
import { ENCODED_KEY_LENGTH, readEncodedPublicKey, writePublicKey } from './publicKey.js';
import type { Reader } from './reader.js';

/** Bytes of any length, of exactly one, or of a range of lengths. */
export function bytes(least = 0, most: number = least === 0 ? Infinity : least): Kind<Uint8Array> {
  return {
    wireType: 2,
    size: (value) => {
      const { length } = inputBytes('bytes', value);
      if (length >= least && length <= most) return prefixedLength(length);
      throw invalidArgument('bytes', lengths(least, most), describe(value));
    },
    write: (writer, value) => {
      writer.prefixed(value);
    },
    read: (reader) => {
      const view = reader.view();
      if (view.length >= least && view.length <= most) return copyBytes(view);
      return reader.fail(lengths(least, most), `${view.length} bytes`);
    },
  };
}

function lengths(least: number, most: number): string {
  return least === most ? `${least} bytes` : `${least} to ${most} bytes`;
}

/** UTF-8 text; neither lone surrogates nor malformed UTF-8 pass. */
export const string: Kind<string> = {
  wireType: 2,
  size: (value) => {
    if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) {
      throw invalidArgument('string', 'well-formed text', describe(value));
    }
    return prefixedLength(utf8(value).length);
  },
  write: (writer, value) => {
    writer.prefixed(utf8(value));
  },
  read: (reader) => {
    const view = reader.view();
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(view);
    } catch {
      return reader.fail('UTF-8', 'other bytes');
    }
  },
};

/** A public key in the protocol's 33-byte form, 0x05 ‖ u. */
export const encodedPublicKey: Kind<PublicKey> = {
  wireType: 2,
  size: (value) => prefixedLength(1 + inputBytes('public key', value, KEY_LENGTH).length),
  write: (writer, value) => {
    writer.varint(ENCODED_KEY_LENGTH);
    writePublicKey(writer.bytes, writer.skip(ENCODED_KEY_LENGTH), value);
  },
  read: (reader) => readEncodedPublicKey(reader.field, exactly(reader, ENCODED_KEY_LENGTH)),
};

/** A public key as 32 raw bytes: the form of this library's own records. */
export const rawPublicKey: Kind<PublicKey> = {
  wireType: 2,
  size: (value) => prefixedLength(inputBytes('public key', value, KEY_LENGTH).length),
  write: (writer, value) => {
    writer.prefixed(value);
  },
  read: (reader) => readPublicKey(reader.field, exactly(reader, KEY_LENGTH)),
};

/** A secret of a role and a fixed length, in this library's own records. */
export function secret<Role extends string>(role: Role, length: number): Kind<Secret<Role>> {
  return {
    wireType: 2,
    size: (value) =>
      prefixedLength(inputBytes(role, value instanceof Secret ? reveal(value) : value, length).length),
    write: (writer, value) => {
      writer.prefixed(reveal(value));
    },
    read: (reader) => new Secret(role, exactly(reader, length)),
  };
}

function exactly(reader: Reader, length: number): Uint8Array {
  const view = reader.view();
  return view.length === length ? view : reader.fail(`${length} bytes`, `${view.length} bytes`);
}
