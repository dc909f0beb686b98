/** What the reader and the writer refuse: one test for each rule. */
import { type ErrorData } from 'polyratchet/errors';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/core/bytes.js';
import {
  bool,
  bytes,
  decodeMessage,
  encodedPublicKey,
  encodeMessage,
  enumeration,
  int32,
  MAX_DEPTH,
  nested,
  optional,
  rawPublicKey,
  repeated,
  required,
  secret,
  string,
  uint32,
  uint53,
  uint64,
  type Kind,
  type Table,
} from '../../src/wire/index.js';
import { notBytes, notUint32 } from '../core/inputs.js';
import { nonCanonicalKeys } from '../crypto/lowOrder.js';
import { expectError } from '../support/errors.js';
import { lengthField, tag, varint, varintField } from './bytes.js';

interface Inner {
  readonly id: number;
}

interface Message {
  readonly id: number;
  readonly count: number;
  readonly text?: string;
  readonly data?: Uint8Array;
  readonly inner?: Inner;
  readonly list: readonly number[];
}

const MOST = 3;

const innerTable: Table<Inner> = { name: 'inner', unknown: 'reject', rows: { id: required(1, uint32) } };

const table: Table<Message> = {
  name: 'message',
  unknown: 'skip',
  rows: {
    id: required(1, uint32),
    count: required(2, uint32, 7),
    text: optional(3, string),
    data: optional(4, bytes(4)),
    inner: optional(5, nested(innerTable)),
    list: repeated(6, uint32, MOST),
  },
};

/** A good message, to which each test adds something bad. */
const good = varintField(1, 5);

describe('reading', () => {
  test('gives what is there, the default of what may be absent, and an empty list', () => {
    expect(read(good)).toEqual({ id: 5, count: 7, list: [] });
    expect(read([...good, ...varintField(2, 0), ...lengthField(3, 'a'), ...varintField(6, 1)])).toEqual({
      id: 5,
      count: 0,
      text: 'a',
      list: [1],
    });
  });

  test('a required field that is missing is malformed', () => {
    expect(malformed([])).toMatchObject({ what: 'message', field: 'id', got: 'none' });
    expect(malformed([...good, ...lengthField(5, [])])).toMatchObject({ what: 'inner', field: 'id' });
  });

  test('a singular field that comes twice is malformed, whether required or optional, equal or not', () => {
    expect(malformed([...good, ...good])).toMatchObject({ field: 'id', got: 'twice' });
    expect(malformed([...good, ...varintField(2, 7), ...varintField(2, 7)])).toMatchObject({
      field: 'count',
    });
    const text = lengthField(3, 'a');
    expect(malformed([...good, ...text, ...text])).toMatchObject({ field: 'text', got: 'twice' });
    const inner = lengthField(5, good);
    expect(malformed([...good, ...inner, ...inner])).toMatchObject({ field: 'inner', got: 'twice' });
  });

  test.each([
    ['id', 1, 0],
    ['count', 2, 0],
    ['text', 3, 2],
    ['data', 4, 2],
    ['inner', 5, 2],
    ['list', 6, 0],
  ])('the field %s with any wire type but its own is malformed', (field, number, own) => {
    for (let wireType = 0; wireType < 8; wireType++) {
      if (wireType === own) continue;
      const data = malformed([...tag(number, wireType), 0, 0, 0, 0, 0, 0, 0, 0]);
      expect(data).toEqual({
        what: 'message',
        field,
        expected: `wire type ${own}`,
        got: `wire type ${wireType}`,
      });
    }
  });

  test('field number 0 is malformed with every wire type', () => {
    for (let wireType = 0; wireType < 8; wireType++) {
      expect(malformed([...good, ...tag(0, wireType), 0, 0, 0, 0, 0, 0, 0, 0]).got).toBe('0');
    }
  });

  test('the largest field number is 2^29 - 1', () => {
    expect(read([...good, ...varintField(2 ** 29 - 1, 1)]).id).toBe(5);
    for (const number of [2 ** 29, 2 ** 32, 2 ** 53]) malformed([...good, ...varintField(number, 1)]);
  });

  test('repetitions up to the bound pass, and one more is malformed', () => {
    const item = varintField(6, 9);
    expect(read([...good, ...repeat(item, MOST)]).list).toEqual([9, 9, 9]);
    expect(malformed([...good, ...repeat(item, MOST + 1)])).toMatchObject({ field: 'list', got: 'more' });
  });

  test('every cut of a message with all fields is malformed or lacks fields at its end', () => {
    const whole = encodeMessage(table, { ...full, inner: { id: 300 } });
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      const endsAtField = [2, 4, 9, 15, 20, 22].includes(length);
      if (endsAtField) expect(read([...cut]).id, `${length}`).toBe(1);
      else malformed([...cut]);
    }
    expect(read([...whole])).toEqual({ ...full, inner: { id: 300 } });
  });

  test('a message that is cut inside a nested one is malformed, also where the outer length is right', () => {
    for (let length = 0; length < 3; length++) {
      malformed([...good, ...lengthField(5, varintField(1, 300).slice(0, length))]);
    }
  });
});

describe('varints', () => {
  test.each([
    ['a uint32', uint32, 2 ** 32 - 1],
    ['a uint53', uint53, 2 ** 53 - 1],
    ['an int32', int32, 2 ** 31 - 1],
    ['a bool', bool, 1],
    ['an enumeration', enumeration({ a: 0, b: 1 }), 1],
  ] as const)('%s up to its largest value passes, and the next is malformed', (_, kind, largest) => {
    const reading = reader(kind);
    expect(reading(varintField(1, largest))).toBeDefined();
    for (const value of [BigInt(largest) + 1n, 2n ** 60n, 2n ** 63n - 1n]) {
      expectError('malformed', () => reading(varintField(1, value)));
    }
  });

  test('a uint64 takes all 64 bits', () => {
    const reading = reader(uint64);
    expect(reading(varintField(1, 2n ** 64n - 1n))).toBe(2n ** 64n - 1n);
    expectError('malformed', () => reading(varintField(1, 2n ** 64n)));
  });

  test('an int32 is negative with ten bytes, and malformed below −2^31', () => {
    const reading = reader(int32);
    expect(reading(varintField(1, 2n ** 64n - 1n))).toBe(-1);
    expect(reading(varintField(1, 2n ** 64n - 2n ** 31n))).toBe(-(2 ** 31));
    expectError('malformed', () => reading(varintField(1, 2n ** 64n - 2n ** 31n - 1n)));
    expectError('malformed', () => reading(varintField(1, 2n ** 32n - 1n)));
  });

  test.each([uint32, uint53, uint64, int32, bool] as readonly Kind<unknown>[])(
    'of kind %# have at most ten bytes, of which the last adds one bit',
    (kind) => {
      const reading = reader(kind);
      const nine = new Array<number>(9).fill(0x80);
      expect(reading([...tag(1, 0), ...nine, 0])).toEqual(kind === uint64 ? 0n : kind === bool ? false : 0);
      expectError('malformed', () => reading([...tag(1, 0), ...nine, 2]));
      expectError('malformed', () => reading([...tag(1, 0), ...nine, 0x80, 0]));
      expectError('malformed', () => reading([...tag(1, 0), ...nine, 0x81, 0]));
      expectError('malformed', () => reading([...tag(1, 0), ...new Array<number>(100_000).fill(0xff)]));
    },
  );

  test('as a tag have at most ten bytes too', () => {
    malformed([...good, ...new Array<number>(11).fill(0x80), 0]);
    malformed([...good, ...new Array<number>(10).fill(0xff), 1]);
  });

  test('as a length have at most ten bytes too', () => {
    malformed([...good, ...tag(3, 2), ...new Array<number>(10).fill(0x80), 0]);
  });
});

describe('lengths', () => {
  test.each([3, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 2n ** 63n, 2n ** 64n - 1n])(
    'a declared length of %s where two bytes follow is malformed, at once',
    (length) => {
      for (const field of [3, 4, 5, 99]) malformed([...good, ...tag(field, 2), ...varint(length), 1, 2]);
    },
  );

  test('a nested message cannot reach beyond itself', () => {
    const inner = [...tag(1, 0), 0x80]; // a varint that goes on in the outer message
    malformed([...lengthField(5, inner), 0x01, ...good]);
  });

  test('bytes of a fixed length are malformed with any other', () => {
    expect(toHex(read([...good, ...lengthField(4, [1, 2, 3, 4])]).data!)).toBe('01020304');
    for (const length of [0, 3, 5]) {
      const data = malformed([...good, ...lengthField(4, new Uint8Array(length))]);
      expect(data).toMatchObject({ field: 'data', expected: '4 bytes', got: `${length} bytes` });
    }
    const reading = reader(secret('Test', 4));
    expectError('malformed', () => reading(lengthField(1, [1, 2, 3])));
  });

  test('a key of a wrong length is malformed, and one that must not be used an invalid key', () => {
    const [raw, encoded] = [reader(rawPublicKey), reader(encodedPublicKey)];
    const key = new Uint8Array(32).fill(9);
    expect(raw(lengthField(1, key))).toEqual(key);
    expect(encoded(lengthField(1, [5, ...key]))).toEqual(key);
    for (const length of [0, 31, 34]) {
      expectError('malformed', () => raw(lengthField(1, new Uint8Array(length))));
      expectError('malformed', () => encoded(lengthField(1, new Uint8Array(length))));
    }
    expectError('malformed', () => raw(lengthField(1, [5, ...key])));
    expectError('malformed', () => encoded(lengthField(1, key)));
    expectError('invalid-key', () => encoded(lengthField(1, [6, ...key])));
    for (const bad of [new Uint8Array(32), nonCanonicalKeys[5]![1]]) {
      expect(expectError('invalid-key', () => raw(lengthField(1, bad))).data.role).toBe('value');
      expectError('invalid-key', () => encoded(lengthField(1, [5, ...bad])));
    }
  });
});

describe('unknown fields', () => {
  const unknown: readonly (readonly [wireType: number, content: readonly number[]])[] = [
    [0, varint(2n ** 64n - 1n)],
    [1, [1, 2, 3, 4, 5, 6, 7, 8]],
    [2, [3, 1, 2, 3]],
    [5, [1, 2, 3, 4]],
  ];

  test.each(unknown)(
    'of wire type %i are skipped where the table says so, also when repeated',
    (type, content) => {
      const field = [...tag(99, type), ...content];
      expect(read([...field, ...good, ...field])).toEqual({ id: 5, count: 7, list: [] });
    },
  );

  test.each(unknown)('of wire type %i are malformed where the table says so', (type, content) => {
    const field = [...tag(99, type), ...content];
    const run = (): unknown => decodeMessage(innerTable, Uint8Array.from([...good, ...field]));
    expect(expectError('malformed', run).data).toMatchObject({ what: 'inner', got: 'field 99' });
    expect(malformed([...good, ...lengthField(5, [...good, ...field])])).toMatchObject({ what: 'inner' });
  });

  test.each(unknown)('of wire type %i are malformed when cut short', (type, content) => {
    for (let length = 0; length < content.length; length++) {
      malformed([...good, ...tag(99, type), ...content.slice(0, length)]);
    }
  });

  test.each([3, 4, 6, 7])('of wire type %i are malformed even where unknown ones are skipped', (wireType) => {
    const data = malformed([...good, ...tag(99, wireType), 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(data).toMatchObject({ field: 'field 99', got: `wire type ${wireType}` });
  });

  test('a whole group is malformed', () => {
    malformed([...good, ...tag(99, 3), ...varintField(1, 1), ...tag(99, 4)]);
  });
});

describe('text', () => {
  test.each(['', 'a', 'ä€😀', '\u0000', '\ufeffmark', '\ufffd', '\u{10ffff}'])(
    '%j goes both ways',
    (text) => {
      const written = encodeMessage(table, { ...full, text });
      expect(read([...written]).text).toBe(text);
    },
  );

  test.each([
    ['a lone continuation', [0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong zero', [0xc0, 0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a pair of surrogates', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['a value beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['a byte that UTF-8 has not', [0xff]],
    ['a good letter before a bad byte', [0x61, 0xfe]],
  ])('with %s is malformed', (_, content) => {
    expect(malformed([...good, ...lengthField(3, content)])).toMatchObject({
      field: 'text',
      expected: 'UTF-8',
    });
  });

  test.each(['\ud800', 'a\udc00b', '\ude00\ud83d', 'ok \ud83d'])(
    'with a lone surrogate, %j, is not written',
    (text) => {
      expectError('invalid-argument', () => encodeMessage(table, { ...full, text }));
    },
  );

  test.each([
    ['undefined in a list', undefined],
    ['null', null],
    ['a number', 1],
    ['a String', Object('a')],
  ])('is not %s', (_, value) => {
    const one: Table<{ list: string[] }> = {
      name: 'm',
      unknown: 'reject',
      rows: { list: repeated(1, string, 3) },
    };
    expectError('invalid-argument', () => encodeMessage(one, { list: [value as string] }));
  });
});

describe('writing', () => {
  test.each(notUint32)('%s is not written as a uint32', (_, value) => {
    expectError('invalid-argument', () => encodeMessage(table, { ...full, id: value as number }));
  });

  test.each(notBytes)('%s is not written as bytes', (_, value) => {
    const one: Table<{ list: Uint8Array[] }> = {
      name: 'm',
      unknown: 'reject',
      rows: { list: repeated(1, bytes(), 3) },
    };
    expectError('invalid-argument', () => encodeMessage(one, { list: [value as Uint8Array] }));
  });

  test('bytes of a fixed length are not written with any other', () => {
    for (const length of [0, 3, 5]) {
      expectError('invalid-argument', () => encodeMessage(table, { ...full, data: new Uint8Array(length) }));
    }
  });

  test.each([
    ['a uint53', uint53, [-1, 2 ** 53, 0.5, Number.NaN, 1n, -0]],
    ['an int32', int32, [2 ** 31, -(2 ** 31) - 1, 0.5, 1n, '1', -0]],
    ['a uint64', uint64, [-1n, 2n ** 64n, 1, 0.5, '1', undefined]],
    ['an enumeration', enumeration({ a: 0 }), ['b', '__proto__', 'constructor', 'toString', 0, undefined]],
  ] as const)('%s is written within its range only', (_, kind, values) => {
    const one = {
      name: 'm',
      unknown: 'reject',
      rows: { value: required(1, kind as Kind<unknown>) },
    } as const;
    for (const value of values) {
      expectError('invalid-argument', () =>
        encodeMessage(one as unknown as Table<{ value: unknown }>, { value }),
      );
    }
  });

  test.each([
    ['uint32', uint32],
    ['uint53', uint53],
    ['uint64', uint64],
    ['int32', int32],
    ['bool', bool],
    ['enumeration', enumeration({ a: 0 })],
    ['bytes', bytes()],
    ['bytes of a length', bytes(4)],
    ['string', string],
    ['encodedPublicKey', encodedPublicKey],
    ['rawPublicKey', rawPublicKey],
    ['secret', secret('Test', 4)],
  ] as readonly (readonly [string, Kind<unknown>])[])(
    'a required %s that is undefined is not written',
    (_, kind) => {
      const one = { name: 'm', unknown: 'reject', rows: { value: required(1, kind) } };
      expect(() =>
        encodeMessage(one as unknown as Table<{ value: unknown }>, { value: undefined }),
      ).toThrow();
    },
  );

  test('absent optional fields and empty lists take no bytes; defaults are always written', () => {
    expect(toHex(encodeMessage(table, { id: 0, count: 7, list: [] }))).toBe('08001007');
  });

  test('a later change of the written bytes does not reach the result', () => {
    const data = Uint8Array.of(1, 2, 3, 4);
    const written = encodeMessage(table, { ...full, data });
    const before = toHex(written);
    data.fill(0);
    expect(toHex(written)).toBe(before);
  });
});

describe('bombs', () => {
  test('sixteen levels of nesting pass, and seventeen are malformed', () => {
    const levels = (count: number): number[] =>
      count === 1 ? varintField(1, 5) : [...varintField(1, 5), ...lengthField(2, levels(count - 1))];
    expect(depthOf(decodeMessage(treeTable, Uint8Array.from(levels(MAX_DEPTH))))).toBe(16);
    expectError('malformed', () => decodeMessage(treeTable, Uint8Array.from(levels(MAX_DEPTH + 1))));
  });

  test('thirty thousand levels are malformed and do not reach the end of the stack', () => {
    let levels: Uint8Array = Uint8Array.from(varintField(1, 5));
    const parts: number[][] = [];
    for (let i = 0, length = levels.length; i < 30_000; i++) {
      const head = [...varintField(1, 5), ...tag(2, 2), ...varint(length)];
      parts.push(head);
      length += head.length;
    }
    levels = Uint8Array.from([...parts.reverse().flat(), ...levels]);
    expectError('malformed', () => decodeMessage(treeTable, levels));
  });

  test('a hundred thousand empty messages in a list are refused at the bound', () => {
    const many: Table<{ list: object[] }> = {
      name: 'm',
      unknown: 'reject',
      rows: { list: repeated(1, nested<object>({ name: 'empty', unknown: 'reject', rows: {} }), 1_000) },
    };
    const flood = Uint8Array.from(repeat(lengthField(1, []), 100_000));
    const start = performance.now();
    expectError('malformed', () => decodeMessage(many, flood));
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(decodeMessage(many, flood.subarray(0, 2_000)).list).toHaveLength(1_000);
  });

  test('a hundred thousand unknown fields are skipped in a time that grows with their number only', () => {
    const flood = Uint8Array.from([...good, ...repeat(lengthField(99, []), 100_000)]);
    const start = performance.now();
    expect(decodeMessage(table, flood).id).toBe(5);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test('a field that is named like a part of every object is a field as any other', () => {
    interface Odd {
      readonly constructor: number;
      readonly toString?: number;
    }
    const odd = {
      name: 'odd',
      unknown: 'reject',
      rows: { constructor: required(1, uint32), toString: optional(2, uint32) },
    } as unknown as Table<Odd>;
    expect(Object.entries(decodeMessage(odd, Uint8Array.from(varintField(1, 3))))).toEqual([
      ['constructor', 3],
    ]);
    expectError('malformed', () => decodeMessage(odd, new Uint8Array(0)));
  });
});

interface Tree {
  readonly id: number;
  readonly child?: Tree;
}

const treeTable: Table<Tree> = {
  name: 'tree',
  unknown: 'reject',
  rows: {
    id: required(1, uint32),
    get child() {
      return optional(2, nested(treeTable));
    },
  },
};

const full: Message = {
  id: 1,
  count: 2,
  text: 'abc',
  data: Uint8Array.of(1, 2, 3, 4),
  inner: { id: 4 },
  list: [1, 2],
};

function depthOf(tree: Tree): number {
  return 1 + (tree.child === undefined ? 0 : depthOf(tree.child));
}

function read(content: readonly number[]): Message {
  return decodeMessage(table, Uint8Array.from(content));
}

/** Data of the error that reading gives. */
function malformed(content: readonly number[]): ErrorData['malformed'] {
  return expectError('malformed', () => read(content)).data;
}

/** Reads a message of one required field of a kind. */
function reader(kind: Kind<unknown>): (content: readonly number[]) => unknown {
  const rows = { value: required(1, kind) };
  const one = { name: 'one', unknown: 'reject', rows } as unknown as Table<{ value: unknown }>;
  return (content) => decodeMessage(one, Uint8Array.from(content)).value;
}

function repeat(content: readonly number[], times: number): number[] {
  return new Array<readonly number[]>(times).fill(content).flat();
}
