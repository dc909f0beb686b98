/** Fields without their meaning, and the kinds that lists and times are made of. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/core/bytes.js';
import {
  bytes,
  decodeMessage,
  encodeMessage,
  packedUint32,
  required,
  scanFields,
  seconds,
  type Kind,
} from '../../src/wire/index.js';
import { expectError } from '../support/errors.js';
import { lengthField, tag, varint, varintField } from './bytes.js';

const scan = (content: readonly number[], most = 10): ReturnType<typeof scanFields> =>
  scanFields('message', Uint8Array.from(content), most);

describe('scanning', () => {
  test('gives number, wire type, bytes and content of every field in order', () => {
    const fields = [
      varintField(1, 300),
      [...tag(1000, 2), 2, 7, 8],
      [...tag(3, 1), 1, 2, 3, 4, 5, 6, 7, 8],
      [...tag(2 ** 29 - 1, 5), 1, 2, 3, 4],
      lengthField(1, []),
    ];
    expect(scan(fields.flat())).toEqual([
      { number: 1, wireType: 0, bytes: Uint8Array.from(fields[0]!), content: new Uint8Array(0) },
      { number: 1000, wireType: 2, bytes: Uint8Array.from(fields[1]!), content: Uint8Array.of(7, 8) },
      { number: 3, wireType: 1, bytes: Uint8Array.from(fields[2]!), content: new Uint8Array(0) },
      { number: 2 ** 29 - 1, wireType: 5, bytes: Uint8Array.from(fields[3]!), content: new Uint8Array(0) },
      { number: 1, wireType: 2, bytes: Uint8Array.from(fields[4]!), content: new Uint8Array(0) },
    ]);
    expect(scan([])).toEqual([]);
  });

  test('takes as many fields as were allowed, and not one more', () => {
    const field = varintField(1, 1);
    expect(scan([...field, ...field], 2)).toHaveLength(2);
    const error = expectError('malformed', () => scan([...field, ...field, ...field], 2));
    expect(error.data).toEqual({
      what: 'message',
      field: 'field',
      expected: 'at most 2 fields',
      got: 'more',
    });
  });

  test.each<[string, readonly number[]]>([
    ['a tag without value', tag(1, 0)],
    ['half a tag', [0x80]],
    ['a value cut short', [...tag(1, 2), 3, 1, 2]],
    ['four of eight bytes', [...tag(1, 1), 1, 2, 3, 4]],
    ['three of four bytes', [...tag(1, 5), 1, 2, 3]],
    ['a declared length of 2^53', [...tag(1, 2), ...varint(2 ** 53)]],
    ['a group', tag(1, 3)],
    ['the end of a group', tag(1, 4)],
    ['wire type 6', tag(1, 6)],
    ['wire type 7', tag(1, 7)],
    ['field 0', [...tag(0, 0), 1]],
    ['field 2^29', [...tag(2 ** 29, 0), 1]],
    ['a varint of eleven bytes', [...tag(1, 0), ...new Array<number>(10).fill(0x80), 1]],
  ])('refuses %s', (_, content) => {
    expectError('malformed', () => scan(content));
    expectError('malformed', () => scan([...varintField(5, 1), ...content]));
  });
});

describe('seconds', () => {
  test('are whole seconds on the wire and milliseconds here', () => {
    expect(toHex(write(seconds, 1_700_000_000_000))).toBe(
      toHex(Uint8Array.from(varintField(1, 1_700_000_000))),
    );
    expect(read(seconds, varintField(1, 1_700_000_000))).toBe(1_700_000_000_000);
    expect(read(seconds, varintField(1, 0))).toBe(0);
  });

  test('reach as far as safe integers do', () => {
    const largest = Math.floor(Number.MAX_SAFE_INTEGER / 1_000);
    expect(read(seconds, varintField(1, largest))).toBe(largest * 1_000);
    expect(read(seconds, [...write(seconds, largest * 1_000)])).toBe(largest * 1_000);
    for (const value of [BigInt(largest) + 1n, 2n ** 53n, 2n ** 64n - 1n]) {
      expectError('malformed', () => read(seconds, varintField(1, value)));
    }
  });

  test.each([1, 999, 1_001, 0.5, -1_000, Number.NaN, 2 ** 53, '1000', null])(
    '%s is no time to write',
    (value) => {
      expectError('invalid-argument', () => write(seconds, value as number));
    },
  );
});

describe('packed integers', () => {
  const kind = packedUint32(3);

  test('stand one after the other in one value', () => {
    expect(write(kind, [1, 300, 2 ** 32 - 1])).toEqual(
      Uint8Array.from(lengthField(1, [1, 0xac, 0x02, 0xff, 0xff, 0xff, 0xff, 0x0f])),
    );
    expect(read(kind, lengthField(1, [1, 0xac, 0x02]))).toEqual([1, 300]);
    expect(read(kind, lengthField(1, []))).toEqual([]);
    expect(write(kind, [])).toEqual(Uint8Array.from(lengthField(1, [])));
  });

  test.each<[string, readonly number[]]>([
    ['more than the bound', [1, 2, 3, 4]],
    ['one of 33 bits', varint(2 ** 32)],
    ['one cut short', [1, 0x80]],
  ])('are malformed with %s', (_, content) => {
    expect(expectError('malformed', () => read(kind, lengthField(1, content))).data.field).toBe('value');
  });

  test('are malformed one by one', () => {
    expectError('malformed', () => read(kind, varintField(1, 1)));
  });

  test.each([[[1, 2, 3, 4]], [[-1]], [[1.5]], [[2 ** 32]], ['123'], [7], [undefined], [{ length: 1, 0: 1 }]])(
    '%j are none to write',
    (value) => {
      expectError('invalid-argument', () => write(kind, value as number[]));
    },
  );
});

describe('bytes of a range of lengths', () => {
  const kind = bytes(2, 4);

  test.each([2, 3, 4])('have %i bytes', (length) => {
    const content = new Uint8Array(length).fill(9);
    expect(read(kind, [...write(kind, content)])).toEqual(content);
  });

  test.each([0, 1, 5])('have no %i bytes', (length) => {
    const content = new Uint8Array(length);
    const error = expectError('malformed', () => read(kind, lengthField(1, content)));
    expect(error.data).toMatchObject({ expected: '2 to 4 bytes', got: `${length} bytes` });
    expectError('invalid-argument', () => write(kind, content));
  });
});

function tableOf<Value>(kind: Kind<Value>) {
  const rows = { value: required(1, kind) };
  return { name: 'message', unknown: 'reject', rows } as never;
}

function write<Value>(kind: Kind<Value>, value: Value): Uint8Array {
  return encodeMessage<{ value: Value }>(tableOf(kind), { value });
}

function read<Value>(kind: Kind<Value>, content: readonly number[]): Value {
  return decodeMessage<{ value: Value }>(tableOf(kind), Uint8Array.from(content)).value;
}
