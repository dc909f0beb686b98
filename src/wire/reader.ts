/**
 * A strict cursor over protobuf bytes: every failure names message and field.
 *
 * @module
 */
import { malformed } from '../core/refusals.js';

/** A varint has at most this many bytes: 64 bits, 7 a byte (protobuf encoding, "Base 128 varints"). */
const MAX_VARINT_BYTES = 10;

/** Reads one message from its bytes; a nested message has a reader of its own. */
export class Reader {
  /** The message's bytes. */
  readonly bytes: Uint8Array;
  /** Name of the message, for errors. */
  readonly what: string;
  /** 1 for an outermost message, one more for each that it is inside of. */
  readonly depth: number;
  /** Where the next byte is. */
  offset = 0;
  /** Name of the field that is being read, for errors. */
  field = 'message';

  /** Begins at the first byte. */
  constructor(bytes: Uint8Array, what: string, depth: number) {
    this.bytes = bytes;
    this.what = what;
    this.depth = depth;
  }

  /** Whether all bytes are read. */
  get done(): boolean {
    return this.offset >= this.bytes.length;
  }

  /** A varint as a number: exact up to 2⁵³, and certainly above that beyond. */
  varint(): number {
    const first = this.#byte();
    if (first < 0x80) return first; // nearly every tag, length and number
    let value = first & 0x7f;
    for (let i = 1, scale = 128; i < MAX_VARINT_BYTES; i++, scale *= 128) {
      const byte = this.#byte();
      if (i === MAX_VARINT_BYTES - 1 && byte > 1) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return this.fail('a varint of at most 64 bits', 'more');
  }

  /** A varint as an unsigned 64-bit integer. */
  varint64(): bigint {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byte();
      if (i === MAX_VARINT_BYTES - 1 && byte > 1) break;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return value;
    }
    return this.fail('a varint of at most 64 bits', 'more');
  }

  /** The content of a length-prefixed value: a view, to be copied by what keeps it. */
  view(): Uint8Array {
    const length = this.varint();
    return this.take(length);
  }

  /** The next bytes: a view. */
  take(length: number): Uint8Array {
    const left = this.bytes.length - this.offset;
    if (length > left) return this.fail(`${length} bytes`, `${left} bytes`);
    const start = this.offset;
    this.offset += length;
    return this.bytes.subarray(start, this.offset);
  }

  /** Refuses the input. */
  fail(expected: string, got: string): never {
    throw malformed(this.what, this.field, expected, got);
  }

  #byte(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) return this.fail('another byte', 'the end');
    this.offset++;
    return byte;
  }
}
