import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inputInteger, inputObject, inputTime, MAX_UINT32 } from '../../src/core/check.js';
import { expectError } from '../support/errors.js';
import { notObjects, notUint32 } from './inputs.js';

describe('the door for integers', () => {
  test('both ends of the range pass, and what lies beyond them does not', () => {
    for (const value of [3, 4, 5]) expect(inputInteger('id', value, 3, 5)).toBe(value);
    for (const value of [2, 6]) {
      const { data } = expectError('invalid-argument', () => inputInteger('id', value, 3, 5));
      expect(data).toEqual({
        name: 'id',
        expected: 'an integer from 3 to 5',
        got: 'an integer out of range',
      });
    }
  });

  test.each(notUint32)('%s is no 32-bit integer', (_, value) => {
    expectError('invalid-argument', () => inputInteger('id', value, 0, MAX_UINT32));
  });

  test('minus zero is refused also in a range around zero', () => {
    expectError('invalid-argument', () => inputInteger('id', -0, -5, 5));
    expect(inputInteger('id', 0, -5, 5)).toBe(0);
  });

  test('every integer of the range passes unchanged, and no other double', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.nat(MAX_UINT32)), (value) => {
        const fits = Number.isInteger(value) && value >= 0 && value <= 0xffffffff && !Object.is(value, -0);
        if (fits) expect(inputInteger('id', value, 0, MAX_UINT32)).toBe(value);
        else expectError('invalid-argument', () => inputInteger('id', value, 0, MAX_UINT32));
      }),
    );
  });
});

describe('the door for times', () => {
  test.each([0, 1, Date.UTC(2038, 0, 19), Number.MAX_SAFE_INTEGER])('%d milliseconds pass', (time) => {
    expect(inputTime('now', time)).toBe(time);
  });

  test.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a time before 1970', -1],
    ['half a millisecond', 0.5],
    ['2^53', 2 ** 53],
    ['a Date', new Date(0)],
    ['a text', '0'],
    ['undefined', undefined],
  ])('%s is refused', (_, time) => {
    expectError('invalid-argument', () => inputTime('now', time));
  });
});

describe('the door for objects', () => {
  test('an object passes as it is, without a prototype too', () => {
    for (const value of [{}, Object.create(null) as object]) expect(inputObject('bundle', value)).toBe(value);
  });

  test.each(notObjects)('%s is refused', (_, value) => {
    expectError('invalid-argument', () => inputObject('bundle', value as object));
  });
});
