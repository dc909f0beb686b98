import {
  generateRegistrationId,
  MAX_REGISTRATION_ID,
  ONE_TIME_PREKEYS_FULL,
  ONE_TIME_PREKEYS_LOW,
  planPreKeyRefill,
  SIGNED_PREKEY_GRACE_MS,
  SIGNED_PREKEY_LIFETIME_MS,
  signedPreKeyErasureDue,
  signedPreKeyRotationDue,
} from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { systemRandom } from 'polyratchet';
import { writeUint32 } from '../../src/core/bytes.js';
import { notUint32 } from '../core/inputs.js';
import { expectError } from '../support/errors.js';

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.UTC(2030, 0, 1);

/** Values that are no time, each with a name for the test. */
const notTimes: readonly (readonly [name: string, value: unknown])[] = [
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['a negative number', -1],
  ['a fraction', 0.5],
  ['2^53', 2 ** 53],
  ['undefined', undefined],
  ['null', null],
  ['a text', '0'],
  ['a Date', new Date(0)],
  ['a bigint', 0n],
];

describe('the refill of one-time prekeys', () => {
  test('brings the server to 100, once fewer than 20 are left', () => {
    expect([ONE_TIME_PREKEYS_FULL, ONE_TIME_PREKEYS_LOW]).toEqual([100, 20]);
    expect(planPreKeyRefill(20)).toEqual({ kind: 'enough' });
    expect(planPreKeyRefill(19)).toEqual({ kind: 'refill', count: 81, depleted: false });
    expect(planPreKeyRefill(1)).toEqual({ kind: 'refill', count: 99, depleted: false });
    expect(planPreKeyRefill(0)).toEqual({ kind: 'refill', count: 100, depleted: true });
  });

  test('is not needed with more than 100, however many', () => {
    for (const available of [100, 101, 2 ** 32 - 1]) {
      expect(planPreKeyRefill(available)).toEqual({ kind: 'enough' });
    }
  });

  test.each(notUint32)('is not planned for %s', (_, available) => {
    expectError('invalid-argument', () => planPreKeyRefill(available as number));
  });
});

describe('the rotation of a signed prekey', () => {
  const due = (createdAt: number, now: number): boolean =>
    signedPreKeyRotationDue({ signedPreKey: { createdAt }, now });

  test('is due at seven days, not a millisecond before, and from then on', () => {
    expect(SIGNED_PREKEY_LIFETIME_MS).toBe(7 * DAY);
    expect(due(NOW, NOW)).toBe(false);
    expect(due(NOW, NOW + 7 * DAY - 1)).toBe(false);
    expect(due(NOW, NOW + 7 * DAY)).toBe(true);
    expect(due(0, Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  test('is due for a prekey from more than a day ahead: the clock was wrong', () => {
    expect(due(NOW + DAY, NOW)).toBe(false);
    expect(due(NOW + DAY + 1, NOW)).toBe(true);
    expect(due(Number.MAX_SAFE_INTEGER, NOW)).toBe(true);
  });

  test.each(notTimes)('is not decided at the time %s, nor for a prekey made then', (_, time) => {
    expectError('invalid-argument', () => due(NOW, time as number));
    expectError('invalid-argument', () => due(time as number, NOW));
  });
});

describe('the erasure of a replaced signed prekey', () => {
  const due = (replacedAt: number, now: number): boolean => signedPreKeyErasureDue({ replacedAt, now });

  test('is due at thirty days, not a millisecond before, and from then on', () => {
    expect(SIGNED_PREKEY_GRACE_MS).toBe(30 * DAY);
    expect(due(NOW, NOW)).toBe(false);
    expect(due(NOW, NOW + 30 * DAY - 1)).toBe(false);
    expect(due(NOW, NOW + 30 * DAY)).toBe(true);
    expect(due(0, Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  test('is not due while the clock is behind: nothing is erased by mistake', () => {
    expect(due(NOW, NOW - 365 * DAY)).toBe(false);
    expect(due(Number.MAX_SAFE_INTEGER, 0)).toBe(false);
  });

  test.each(notTimes)('is not decided at the time %s, nor for a replacement then', (_, time) => {
    expectError('invalid-argument', () => due(NOW, time as number));
    expectError('invalid-argument', () => due(time as number, NOW));
  });
});

describe('a registration id', () => {
  const drawn = (value: number): number =>
    generateRegistrationId((length) => {
      const bytes = new Uint8Array(length);
      writeUint32(bytes, 0, value);
      return bytes;
    });

  test('is drawn from 1 … 16380, both ends included', () => {
    expect(MAX_REGISTRATION_ID).toBe(16_380);
    expect([0, 16_379, 16_380, 2 ** 32 - 1].map(drawn)).toEqual([1, 16_380, 1, 1 + ((2 ** 32 - 1) % 16_380)]);
    for (let i = 0; i < 1_000; i++) {
      const id = generateRegistrationId(systemRandom);
      expect(Number.isInteger(id) && id >= 1 && id <= 16_380).toBe(true);
    }
  });
});
