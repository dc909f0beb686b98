/**
 * The kinds of protobuf field values: how each is measured, written and strictly read. Here those of numbers.
 *
 * @module
 */
import { describe } from '../core/bytes.js';
import { inputInteger, MAX_UINT32 } from '../core/check.js';
import { invalidArgument } from '../core/refusals.js';
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
      throw invalidArgument('uint64', 'a bigint from 0 to 2^64 - 1', describe(value));
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
    throw invalidArgument('seconds', 'whole seconds in milliseconds', 'a fraction of a second');
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
      throw invalidArgument(
        'packedUint32',
        `a list of at most ${most}`,
        Array.isArray(values) ? `${values.length}` : describe(values),
      );
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
    throw invalidArgument('bool', 'true or false', describe(value));
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
    throw invalidArgument('enumeration', expected, describe(name));
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
