import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  concat,
  copyBytes,
  describe as describeValue,
  equalBytes,
  fromHex,
  inputBytes,
  isBytes,
  readLittleEndian,
  readUint32,
  toHex,
  utf8,
  wipe,
  writeUint32,
} from '../../src/core/bytes.js';
import { expectError } from '../support/errors.js';
import { detached, notBytes } from './inputs.js';

const anyBytes = fc.uint8Array({ maxLength: 100 });

describe('the door for bytes', () => {
  test('a Uint8Array passes as it is, also a subclass of it', () => {
    class Tagged extends Uint8Array {}
    expect(inputBytes('value', new Uint8Array(0))).toEqual(new Uint8Array(0));
    for (const value of [Uint8Array.of(1, 2, 3), Tagged.of(1, 2, 3)]) {
      expect(isBytes(value)).toBe(true);
      expect(inputBytes('value', value)).toBe(value);
    }
  });

  test.each(notBytes)('%s is refused by name and type, not by content', (_, value) => {
    const { data } = expectError('invalid-argument', () => inputBytes('value', value));
    expect(data).toMatchObject({ name: 'value', expected: 'a Uint8Array' });
    expect(data.got).not.toContain('xxx');
  });

  test('a wrong length is refused with both lengths', () => {
    expect(inputBytes('value', new Uint8Array(3), 3)).toHaveLength(3);
    for (const length of [0, 2, 4]) {
      const { data } = expectError('invalid-argument', () => inputBytes('value', new Uint8Array(length), 3));
      expect(data).toEqual({ name: 'value', expected: '3 bytes', got: `${length} bytes` });
    }
  });

  test('a detached array is refused also where no bytes are expected', () => {
    expectError('invalid-argument', () => inputBytes('value', detached(3), 0));
    expectError('invalid-argument', () => inputBytes('value', detached(0)));
    expect(describeValue(detached(3))).toBe('a detached Uint8Array');
  });

  test('the real length counts, not a property of that name', () => {
    const liar = Object.defineProperty(new Uint8Array(3), 'length', { value: 32 });
    expectError('invalid-argument', () => inputBytes('value', liar, 32));
  });

  test('a view keeps its offset and length', () => {
    const view = Uint8Array.of(9, 9, 1, 2, 3, 9).subarray(2, 5);
    expect(inputBytes('value', view, 3)).toEqual(Uint8Array.of(1, 2, 3));
    expect(toHex(view)).toBe('010203');
    expect(readUint32(Uint8Array.of(9, 1, 2, 3, 4).subarray(1), 0)).toBe(0x01020304);
  });

  test.runIf(typeof SharedArrayBuffer !== 'undefined')('shared memory is copied', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 3);
    shared.set([1, 2, 3]);
    const input = inputBytes('value', shared);
    shared.fill(0);
    expect(input).toEqual(Uint8Array.of(1, 2, 3));
    expect(input.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('a view of memory that grows or shrinks is taken as it is now', () => {
    const buffer = resizable(8, 16);
    const tracking = new Uint8Array(buffer);
    buffer.resize(12);
    expect(inputBytes('value', tracking, 12)).toHaveLength(12);
    buffer.resize(4);
    expect(copyBytes(inputBytes('value', tracking, 4))).toEqual(new Uint8Array(4));
  });

  test('a view that its memory has shrunk away from is refused like a detached one', () => {
    const buffer = resizable(8, 16);
    const outside = new Uint8Array(buffer, 6);
    const inside = new Uint8Array(buffer, 0, 4);
    buffer.resize(5);
    expectError('invalid-argument', () => copyBytes(inputBytes('value', outside)));
    expect(copyBytes(inputBytes('value', inside))).toEqual(new Uint8Array(4));
  });
});

describe('byte strings', () => {
  test('a copy is plain, equal and independent', () => {
    class Tagged extends Uint8Array {}
    const original = Tagged.of(1, 2, 3);
    const copy = copyBytes(original);
    original.fill(0);
    expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype);
    expect(copy).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('concat joins in order into fresh memory', () => {
    fc.assert(
      fc.property(fc.array(anyBytes), (parts) => {
        const joined = concat(...parts);
        expect([...joined]).toEqual(parts.flatMap((part) => [...part]));
        expect(parts.some((part) => part.buffer === joined.buffer)).toBe(false);
      }),
    );
  });

  test('equalBytes is equality: same length, and no byte differs', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        expect(equalBytes(a, copyBytes(a))).toBe(true);
        expect(equalBytes(a, b)).toBe(toHex(a) === toHex(b));
      }),
    );
  });

  test('equalBytes sees each single flipped bit, and each missing byte', () => {
    const bytes = Uint8Array.from({ length: 33 }, (_, i) => 7 * i);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const other = copyBytes(bytes);
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(equalBytes(bytes, other), `bit ${bit}`).toBe(false);
    }
    expect(equalBytes(bytes, bytes.subarray(0, 32))).toBe(false);
    expect(equalBytes(bytes.subarray(0, 32), bytes)).toBe(false);
  });

  test('wipe writes zeros over all of them and skips what is absent', () => {
    const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    wipe(a, undefined, b);
    expect([...a, ...b]).toEqual([0, 0, 0]);
  });
});

describe('numbers in bytes', () => {
  test('hexadecimal goes both ways, in either case', () => {
    expect(toHex(Uint8Array.of(0, 1, 0xab, 0xff))).toBe('0001abff');
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });

  test.each(['0', 'abc', '0g', 'zz', '0x12', ' 12', '1 2 ', '12\n', '+1', '１２'])(
    'fromHex refuses %j',
    (text) => {
      expectError('invalid-argument', () => fromHex(text));
    },
  );

  test('32-bit numbers are written and read most significant byte first', () => {
    const bytes = new Uint8Array(6);
    writeUint32(bytes, 1, 0x01020304);
    expect([...bytes]).toEqual([0, 1, 2, 3, 4, 0]);
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        writeUint32(bytes, 2, value);
        expect(readUint32(bytes, 2)).toBe(value);
      }),
    );
  });

  test('readLittleEndian takes the least significant byte first, of any length', () => {
    expect(readLittleEndian(new Uint8Array(0))).toBe(0n);
    expect(readLittleEndian(Uint8Array.of(1, 2))).toBe(0x0201n);
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(readLittleEndian(bytes)).toBe(BigInt(`0x0${toHex(copyBytes(bytes).reverse())}`));
      }),
    );
  });

  test('utf8 encodes beyond the basic plane', () => {
    expect(toHex(utf8('a€😀'))).toBe('61e282acf09f9880');
  });
});

type Resizable = ArrayBuffer & { resize(length: number): void };

/** A resizable buffer (ES2024, newer than the compiler's library). */
function resizable(length: number, maxByteLength: number): Resizable {
  const Constructor = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => Resizable;
  return new Constructor(length, { maxByteLength });
}
