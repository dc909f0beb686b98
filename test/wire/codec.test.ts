/** The table codec against protobufjs: the same bytes for the same message, and the message back from its bytes. */
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { copyBytes, toHex } from '../../src/core/bytes.js';
import { reveal, Secret } from '../../src/core/secret.js';
import { decodeMessage, encodedLength, encodeMessage } from '../../src/wire/index.js';
import { samples, type AnyMessage, type Sample } from './schemas.js';

/** The codec is the same on every backend: the fast one does the searching. */
const numRuns = inject('backend') === 'node' ? 300 : 50;

describe('a message of any schema', () => {
  test('has the bytes that protobufjs gives it', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        expect(toHex(encodeMessage(sample.table, sample.message))).toBe(toHex(peerBytes(sample)));
      }),
      { numRuns },
    );
  });

  test('is read back from the bytes of protobufjs', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        expect(readable(decodeMessage(sample.table, peerBytes(sample)))).toEqual(readable(withLists(sample)));
      }),
      { numRuns },
    );
  });

  test('is as long as was measured, behind a prefix that stays free', () => {
    fc.assert(
      fc.property(samples, fc.nat(5), ({ table, message }, prefix) => {
        const encoded = encodeMessage(table, message, prefix);
        expect(encoded.length).toBe(prefix + encodedLength(table, message));
        expect(encoded.subarray(0, prefix)).toEqual(new Uint8Array(prefix));
        expect(encoded.subarray(prefix)).toEqual(encodeMessage(table, message));
      }),
    );
  });

  test('is the same with its fields in any order', () => {
    fc.assert(
      fc.property(samples, fc.array(fc.nat(), { minLength: 8 }), ({ table, message }, places) => {
        const shuffled = Object.keys(message)
          .map((name, i) => ({ piece: fieldBytes({ table, message }, name), place: places[i] ?? 0 }))
          .sort((a, b) => a.place - b.place)
          .flatMap(({ piece }) => [...piece]);
        expect(readable(decodeMessage(table, Uint8Array.from(shuffled)))).toEqual(
          readable(decodeMessage(table, encodeMessage(table, message))),
        );
      }),
    );
  });

  test('does not change with the bytes that it was read from', () => {
    fc.assert(
      fc.property(samples, ({ table, message }) => {
        const encoded = encodeMessage(table, message);
        const decoded = decodeMessage(table, encoded);
        const before = readable(decoded);
        encoded.fill(0xee);
        expect(readable(decoded)).toEqual(before);
      }),
    );
  });

  test('is not changed by being written', () => {
    fc.assert(
      fc.property(samples, ({ table, message }) => {
        const before = JSON.stringify(readable(message));
        encodeMessage(table, message).fill(0xee);
        expect(JSON.stringify(readable(message))).toBe(before);
      }),
    );
  });
});

function peerBytes({ peerType, peerMessage }: Sample): Uint8Array {
  return copyBytes(peerType.encode(peerMessage).finish());
}

/** One field of a message alone. */
function fieldBytes({ table, message }: Pick<Sample, 'table' | 'message'>, name: string): Uint8Array {
  const rows = Object.fromEntries(Object.entries(table.rows).filter(([key]) => key === name));
  return encodeMessage({ ...table, rows }, message);
}

/** An empty list is not on the wire, yet the reader gives one. */
function withLists({ table, message }: Sample): AnyMessage {
  const rows = Object.entries(table.rows as Record<string, { presence: string }>);
  const lists = rows.filter(([, row]) => row.presence === 'repeated').map(([name]) => name);
  return { ...Object.fromEntries(lists.map((name): [string, unknown[]] => [name, []])), ...message };
}

/** The same value with text in place of secrets, bytes and big integers, for comparison. */
function readable(value: unknown): unknown {
  if (value instanceof Secret) return `secret ${toHex(reveal(value as Secret))}`;
  if (value instanceof Uint8Array) return `bytes ${toHex(value)}`;
  if (typeof value === 'bigint') return `bigint ${value.toString()}`;
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, readable(field)]));
}
