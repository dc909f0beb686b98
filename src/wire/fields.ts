/**
 * The fields of a message without their meaning: for messages of which only a part is known.
 *
 * Field numbers, wire types and lengths are read as strictly as by a table; what the values say is not looked at.
 *
 * @module
 */
import { Reader } from './reader.js';
import type { WireType } from './kinds.js';

/** One field as it stands on the wire; views of the message's bytes. */
export interface RawField {
  /** 1 … 2²⁹ − 1. */
  readonly number: number;
  /** 0, 1, 2 or 5. */
  readonly wireType: number;
  /** Tag and value. */
  readonly bytes: Uint8Array;
  /** What the length prefix of the value counts; empty with another wire type than 2. */
  readonly content: Uint8Array;
}

/**
 * The fields of a message in their order; `what` names the message in errors.
 *
 * @throws PolyratchetError `malformed`: no protobuf, or more than `most` fields.
 */
export function scanFields(what: string, bytes: Uint8Array, most: number): readonly RawField[] {
  const reader = new Reader(bytes, what, 1);
  const fields: RawField[] = [];
  while (!reader.done) {
    reader.field = 'field';
    if (fields.length >= most) return reader.fail(`at most ${most} fields`, 'more');
    const start = reader.offset;
    const tag = reader.varint();
    const number = Math.floor(tag / 8);
    checkFieldNumber(reader, number);
    reader.field = `field ${number}`;
    const content = skipValue(reader, tag % 8);
    fields.push({ number, wireType: tag % 8, bytes: bytes.subarray(start, reader.offset), content });
  }
  return fields;
}

/** Field numbers have 29 bits (protobuf encoding). */
const MAX_FIELD_NUMBER = 2 ** 29 - 1;

/** Refuses what is no field number. */
export function checkFieldNumber(reader: Reader, number: number): void {
  if (number < 1 || number > MAX_FIELD_NUMBER)
    reader.fail(`a number from 1 to ${MAX_FIELD_NUMBER}`, String(number));
}

const NO_CONTENT = new Uint8Array(0);

/** Moves behind a value, and returns a view of its content if it has a length prefix. */
export function skipValue(reader: Reader, wireType: number): Uint8Array {
  switch (wireType as WireType) {
    case 0:
      reader.varint();
      return NO_CONTENT;
    case 1:
      reader.take(8);
      return NO_CONTENT;
    case 2:
      return reader.view();
    case 5:
      reader.take(4);
      return NO_CONTENT;
    default:
      return reader.fail('wire type 0, 1, 2 or 5', `wire type ${wireType}`);
  }
}
