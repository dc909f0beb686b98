/** Protobuf by hand: for bytes that no writer would write. */
import { utf8 } from '../../src/core/bytes.js';

/** A varint, or with `length` one that is padded to so many bytes. */
export function varint(value: number | bigint, length = 1): number[] {
  const groups: number[] = [];
  for (let rest = BigInt(value); rest > 0n; rest >>= 7n) groups.push(Number(rest & 0x7fn));
  while (groups.length < length) groups.push(0);
  return groups.map((group, i) => (i < groups.length - 1 ? group | 0x80 : group));
}

/** The tag in front of a value. */
export function tag(field: number, wireType: number): number[] {
  return varint(BigInt(field) * 8n + BigInt(wireType));
}

/** A field of wire type 0. */
export function varintField(field: number, value: number | bigint): number[] {
  return [...tag(field, 0), ...varint(value)];
}

/** A field of wire type 2. */
export function lengthField(field: number, content: readonly number[] | Uint8Array | string): number[] {
  const bytes = typeof content === 'string' ? utf8(content) : content;
  return [...tag(field, 2), ...varint(bytes.length), ...bytes];
}
