import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { unpad } from '../../src/wire/index.js';

test('unpad gives a fresh plain array also of a Buffer, whose slice would share its memory', () => {
  const padded = Buffer.from([1, 2, 3, 2, 2]);
  const plaintext = unpad(padded);
  padded.fill(0xee);
  expect(plaintext).toEqual(Uint8Array.of(1, 2, 3));
  expect(Object.getPrototypeOf(plaintext)).toBe(Uint8Array.prototype);
});
