/**
 * The kinds of protobuf field values: how each is measured, written and strictly read.
 *
 * What is read is a copy: no value keeps a caller's memory alive or changes with it.
 *
 * @module
 */
import { copyBytes, describe, inputBytes, utf8 } from '../core/bytes.js';
import { inputInteger, MAX_UINT32 } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { reveal, Secret } from '../core/secret.js';
import { KEY_LENGTH, readPublicKey, type PublicKey } from '../crypto/index.js';
import { ENCODED_KEY_LENGTH, readEncodedPublicKey, writePublicKey } from './publicKey.js';
import { Reader } from './reader.js';
import { varint64Length, varintLength, type Writer } from './writer.js';

/** The wire types that are read; groups (3, 4) and the reserved 6 and 7 are malformed. */
export type WireType = 0 | 1 | 2 | 5;

/** How the values of a field are measured, written and read. */
export interface Kind<Value> {
  /** What stands before the value on the wire. */
  readonly wireType: WireType;
  /** Bytes of the value on the wire, its length prefix included; checks the value. */
  size(value: Value): number;
  /** Appends a value that was measured. */
  write(writer: Writer, value: Value): void;
  /** Reads one value, or fails in the name of the reader's current field. */
  read(reader: Reader): Value;
}

/** An integer of 0 … 2³² − 1. */
export const uint32: Kind<number> = boundedVarint('uint32', MAX_UINT32);

/** An integer of 0 … 2⁵³ − 1: milliseconds, and whatever else JavaScript holds exactly. */
export const uint53: Kind<number> = boundedVarint('uint53', Number.MAX_SAFE_INTEGER);

/** An integer of 0 … 2⁶⁴ − 1. */
export const uint64: Kind<bigint> = {
  wireType: 0,
  size: (value) => {
    if (typeof value !== 'bigint' || value < 0n || value >> 64n !== 0n) {
      throw new PolyratchetError('invalid-argument', {
        name: 'uint64',
        expected: 'a bigint from 0 to 2^64 - 1',
        got: describe(value),
      });
    }
    return varint64Length(value);
  },
  write: (writer, value) => {
    writer.varint64(value);
  },
  read: (reader) => reader.varint64(),
};

/** A time in whole seconds since 1970 on the wire, and in milliseconds here. */
export const seconds: Kind<number> = {
  wireType: 0,
  size: (value) => {
    const time = inputInteger('seconds', value, 0, Number.MAX_SAFE_INTEGER);
    if (time % 1000 === 0) return varintLength(time / 1000);
    throw new PolyratchetError('invalid-argument', {
      name: 'seconds',
      expected: 'whole seconds in milliseconds',
      got: 'a fraction of a second',
    });
  },
  write: (writer, value) => {
    writer.varint(value / 1000);
  },
  read: (reader) => {
    const value = reader.varint() * 1000;
    return value <= Number.MAX_SAFE_INTEGER ? value : reader.fail('a time', 'a larger integer');
  },
};

/** Up to `most` integers of 0 … 2³² − 1, one after the other in one value (protobuf's `packed`). */
export function packedUint32(most: number): Kind<readonly number[]> {
  const sizeOf = (values: readonly number[]): number =>
    values.reduce((length, value) => length + uint32.size(value), 0);
  return {
    wireType: 2,
    size: (values) => {
      if (Array.isArray(values) && values.length <= most) return prefixedLength(sizeOf(values));
      throw new PolyratchetError('invalid-argument', {
        name: 'packedUint32',
        expected: `a list of at most ${most}`,
        got: Array.isArray(values) ? `${values.length}` : describe(values),
      });
    },
    write: (writer, values) => {
      writer.varint(sizeOf(values));
      for (const value of values) writer.varint(value);
    },
    read: (reader) => {
      const inner = new Reader(reader.view(), reader.what, reader.depth);
      inner.field = reader.field;
      const values: number[] = [];
      while (!inner.done) {
        if (values.length >= most) return reader.fail(`at most ${most} times`, 'more');
        values.push(uint32.read(inner));
      }
      return values;
    },
  };
}

/** An integer of −2³¹ … 2³¹ − 1; a negative one takes ten bytes (protobuf's `int32`). */
export const int32: Kind<number> = {
  wireType: 0,
  size: (value) => {
    inputInteger('int32', value, -(2 ** 31), 2 ** 31 - 1);
    return value < 0 ? 10 : varintLength(value);
  },
  write: (writer, value) => {
    writer.varint64(BigInt.asUintN(64, BigInt(value)));
  },
  read: (reader) => {
    const value = BigInt.asIntN(64, reader.varint64());
    return value === BigInt.asIntN(32, value)
      ? Number(value)
      : reader.fail('a 32-bit integer', 'a larger one');
  },
};

/** True or false; any other integer is malformed. */
export const bool: Kind<boolean> = {
  wireType: 0,
  size: (value) => {
    if (typeof value === 'boolean') return 1;
    throw new PolyratchetError('invalid-argument', {
      name: 'bool',
      expected: 'true or false',
      got: describe(value),
    });
  },
  write: (writer, value) => {
    writer.varint(value ? 1 : 0);
  },
  read: (reader) => {
    const value = reader.varint();
    return value <= 1 ? value === 1 : reader.fail('0 or 1', 'another integer');
  },
};

/** One of some names, each with its number; any other number is malformed. */
export function enumeration<Name extends string>(numbers: Readonly<Record<Name, number>>): Kind<Name> {
  const entries = Object.entries(numbers) as [Name, number][];
  const toNumber = new Map<Name, number>(entries);
  const toName = new Map<number, Name>(entries.map(([name, number]) => [number, name]));
  const numberOf = (name: Name): number => {
    const number = toNumber.get(name);
    if (number !== undefined) return number;
    const expected = `one of ${[...toNumber.keys()].join(', ')}`;
    throw new PolyratchetError('invalid-argument', { name: 'enumeration', expected, got: describe(name) });
  };
  return {
    wireType: 0,
    size: (name) => varintLength(numberOf(name)),
    write: (writer, name) => {
      writer.varint(numberOf(name));
    },
    read: (reader) => toName.get(reader.varint()) ?? reader.fail('a known value', 'another one'),
  };
}

/** Bytes of any length, of exactly one, or of a range of lengths. */
export function bytes(least = 0, most: number = least === 0 ? Infinity : least): Kind<Uint8Array> {
  return {
    wireType: 2,
    size: (value) => {
      const { length } = inputBytes('bytes', value);
      if (length >= least && length <= most) return prefixedLength(length);
      throw new PolyratchetError('invalid-argument', {
        name: 'bytes',
        expected: lengths(least, most),
        got: describe(value),
      });
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
      throw new PolyratchetError('invalid-argument', {
        name: 'string',
        expected: 'well-formed text',
        got: describe(value),
      });
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

/** Bytes of a length-prefixed value. */
export function prefixedLength(length: number): number {
  return varintLength(length) + length;
}

function boundedVarint(name: string, most: number): Kind<number> {
  return {
    wireType: 0,
    size: (value) => varintLength(inputInteger(name, value, 0, most)),
    write: (writer, value) => {
      writer.varint(value);
    },
    read: (reader) => {
      const value = reader.varint();
      return value <= most ? value : reader.fail(`an integer up to ${most}`, 'a larger one');
    },
  };
}

function exactly(reader: Reader, length: number): Uint8Array {
  const view = reader.view();
  return view.length === length ? view : reader.fail(`${length} bytes`, `${view.length} bytes`);
}
