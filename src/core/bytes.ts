/**
 * Byte strings: the few operations that every room needs, and the check at every door.
 *
 * @module
 */
import type { PolyratchetError } from './errors.js';
import { invalidArgument } from './refusals.js';

/** Reads the internal type tag of a typed array; works across realms and cannot be spoofed by a property. */
const typedArrayTag: (this: unknown) => string | undefined = tagGetter();

/** Whether a value is a `Uint8Array` of any realm (a Node.js `Buffer` is one). */
export function isBytes(value: unknown): value is Uint8Array {
  return typedArrayTag.call(value) === 'Uint8Array';
}

/**
 * Checks a caller's byte string at the door and returns one that nobody else can change during the call.
 *
 * The argument itself comes back where that is safe; a view of shared memory, which another thread could change
 * between a MAC check and a decryption, is copied, and so is a view with properties of its own.
 *
 * @throws PolyratchetError `invalid-argument`: not a `Uint8Array`, detached, or not of `length` bytes.
 */
export function inputBytes(name: string, value: unknown, length?: number): Uint8Array {
  if (!isBytes(value)) throw notBytes(name, 'a Uint8Array', value);
  const input = isOrdinary(value) ? value : copyView(value);
  if (input === undefined) throw notBytes(name, 'a Uint8Array', value);
  if (length !== undefined && input.length !== length) throw notBytes(name, `${length} bytes`, input);
  return input;
}

function notBytes(name: string, expected: string, value: unknown): PolyratchetError {
  return invalidArgument(name, expected, describe(value));
}

/** A fresh plain `Uint8Array` with the same content (also of a `Buffer`, whose own `slice` would share memory). */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** The parts one after the other in a fresh array. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Equality in a time that depends on the lengths only; arrays of different lengths are unequal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Overwrites arrays that this library made itself with zeros (best effort: see SECURITY.md). */
export function wipe(...arrays: readonly (Uint8Array | undefined)[]): void {
  for (const array of arrays) array?.fill(0);
}

/** Two digits for each byte. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
}

/**
 * The bytes of a hexadecimal text.
 *
 * @throws PolyratchetError `invalid-argument`: an odd number of digits, or something that is no digit.
 */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) {
    throw invalidArgument('text', 'hexadecimal digits', `${text.length} characters`);
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

/** UTF-8 of a well-formed text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Reads 4 bytes, most significant first. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset);
}

/** Writes 4 bytes, most significant first. */
export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setUint32(offset, value);
}

/** The non-negative integer that bytes spell, least significant first. */
export function readLittleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** Type or length of a value, for error data; never its content. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (isBytes(value))
    return copyView(value) === undefined ? 'a detached Uint8Array' : `${value.length} bytes`;
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer out of range' : 'no integer';
  return typeof value;
}

/**
 * Not shared, not detached, and its length is what the engine says: nearly every view.
 *
 * The buffer is asked too: compiled code of V8 has been seen to give a detached array its old length.
 */
function isOrdinary(bytes: Uint8Array): boolean {
  const { buffer } = bytes;
  return (
    bytes.length > 0 &&
    buffer.byteLength > 0 &&
    buffer.constructor === ArrayBuffer &&
    !Object.hasOwn(bytes, 'length')
  );
}

/**
 * A copy of the real content; `undefined` where there is none, because the memory was detached or has shrunk: the search
 * throws then, whatever compiled code thinks of the length.
 */
function copyView(bytes: Uint8Array): Uint8Array | undefined {
  try {
    Uint8Array.prototype.indexOf.call(bytes, 0, Infinity);
    return new Uint8Array(bytes);
  } catch {
    return undefined;
  }
}

function tagGetter(): (this: unknown) => string | undefined {
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
  const tag = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag) as {
    get: (this: unknown) => string | undefined;
  };
  return tag.get;
}
