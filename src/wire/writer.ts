/**
 * Appends protobuf values to bytes whose number was measured before.
 *
 * @module
 */

/** Writes into one array that was allocated at the right size. */
export class Writer {
  readonly bytes: Uint8Array;
  #offset: number;

  /** Takes an array and where to begin in it. */
  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.#offset = offset;
  }

  /** A varint of a non-negative safe integer. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.#offset++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.#offset++] = rest;
  }

  /** A varint of an unsigned 64-bit integer. */
  varint64(value: bigint): void {
    let rest = value;
    while (rest >= 0x80n) {
      this.bytes[this.#offset++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.#offset++] = Number(rest);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#offset);
    this.#offset += bytes.length;
  }

  /** Leaves room for bytes that somebody else writes, and says where. */
  skip(length: number): number {
    const start = this.#offset;
    this.#offset += length;
    return start;
  }

  /** A length prefix and the bytes. */
  prefixed(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }
}

/** Bytes of the varint of a non-negative safe integer. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/** Bytes of the varint of an unsigned 64-bit integer. */
export function varint64Length(value: bigint): number {
  let length = 1;
  for (let rest = value; rest >= 0x80n; rest >>= 7n) length++;
  return length;
}
