import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, copyBytes } from '../../src/core/bytes.js';
import { MAX_PADDING, MAX_PLAINTEXT_LENGTH, pad, unpad } from '../../src/wire/index.js';
import { notBytes } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';

describe('padding', () => {
  test('is 1 … 16 bytes of its own number, each as likely as the others', () => {
    const plaintext = Uint8Array.of(7, 7, 7);
    const lengths = Array.from({ length: 256 }, (_, draw) => {
      const padded = pad(plaintext, () => Uint8Array.of(draw));
      const padding = padded.subarray(3);
      expect(padded.subarray(0, 3)).toEqual(plaintext);
      expect(padding).toEqual(new Uint8Array(padding.length).fill(padding.length));
      return padding.length;
    });
    for (let length = 1; length <= MAX_PADDING; length++) {
      expect(
        lengths.filter((made) => made === length),
        `${length}`,
      ).toHaveLength(16);
    }
  });

  test('comes off again, whatever the plaintext ends with', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(16),
        fc.nat(17),
        fc.nat(),
        (start, byte, count, seed) => {
          const plaintext = concat(start, new Uint8Array(count).fill(byte));
          expect(unpad(pad(plaintext, seededRandom(seed)))).toEqual(plaintext);
        },
      ),
    );
  });

  test('of every accepted length comes off', () => {
    for (let length = 1; length <= 16; length++) {
      const padded = concat(Uint8Array.of(9, 8), new Uint8Array(length).fill(length));
      expect(unpad(padded)).toEqual(Uint8Array.of(9, 8));
      expect(unpad(padded.subarray(2))).toEqual(new Uint8Array(0));
    }
  });

  test('that has another number in any of its bytes is malformed', () => {
    for (let length = 1; length <= 16; length++) {
      for (let wrong = 0; wrong < length - 1; wrong++) {
        const padded = concat(new Uint8Array(20).fill(0x55), new Uint8Array(length).fill(length));
        padded[20 + wrong]! ^= 1;
        expectError('malformed', () => unpad(padded));
      }
    }
  });

  test.each([
    ['nothing at all', []],
    ['a zero at the end', [1, 2, 0]],
    ['seventeen bytes', new Array<number>(17).fill(17)],
    ['seventeen bytes after others', [...new Array<number>(9).fill(1), ...new Array<number>(17).fill(17)]],
    ['the highest number', new Array<number>(255).fill(255)],
    ['a number beyond the start', [2]],
    ['a number one beyond the start', [4, 4, 4]],
  ])('of %s is malformed', (_, bytes) => {
    const { data } = expectError('malformed', () => unpad(Uint8Array.from(bytes)));
    expect(data).toMatchObject({ what: 'plaintext', field: 'padding' });
  });

  test('is put on 256 KiB, and one byte more is too large', () => {
    const longest = new Uint8Array(256 * 1024);
    expect(MAX_PLAINTEXT_LENGTH).toBe(longest.length);
    expect(unpad(pad(longest, seededRandom(1)))).toHaveLength(longest.length);
    const { data } = expectError('too-large', () => pad(new Uint8Array(longest.length + 1), seededRandom(1)));
    expect(data).toEqual({ what: 'plaintext', limit: 262_144, got: 262_145 });
  });

  test.each(notBytes)('is not put on %s', (_, value) => {
    expectError('invalid-argument', () => pad(value as Uint8Array, seededRandom(1)));
  });

  test('leaves the plaintext as it was, and shares no memory with it either way', () => {
    const plaintext = seededRandom(2)(20);
    const before = copyBytes(plaintext);
    const padded = pad(plaintext, seededRandom(3));
    const unpadded = unpad(padded);
    padded.fill(0xee);
    expect([plaintext, unpadded]).toEqual([before, before]);
    unpadded.fill(0xdd);
    expect(plaintext).toEqual(before);
  });
});
