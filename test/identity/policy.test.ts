import {
  generateRegistrationId,
  MAX_KEPT_PREKEYS,
  MAX_PREKEY_ID,
  MAX_REGISTRATION_ID,
  ONE_TIME_PREKEYS_FULL,
  ONE_TIME_PREKEYS_LOW,
  planPreKeyErasure,
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

describe('one-time prekeys to erase', () => {
  const upTo = (last: number, count: number): number[] => Array.from({ length: count }, (_, i) => last - i);

  test('are none up to the bound, and then the oldest, in whatever order they come', () => {
    expect(planPreKeyErasure({ ids: upTo(5_000, MAX_KEPT_PREKEYS), lastId: 5_000 })).toEqual([]);
    const ids = upTo(5_000, MAX_KEPT_PREKEYS + 2);
    expect(planPreKeyErasure({ ids, lastId: 5_000 })).toEqual([4_000, 3_999]);
    expect(planPreKeyErasure({ ids: [...ids].reverse(), lastId: 5_000 })).toEqual([4_000, 3_999]);
    expect(ids[0]).toBe(5_000);
  });

  test('are those above the last id, once the ids have begun anew', () => {
    const old = upTo(MAX_PREKEY_ID, 10);
    const ids = [...upTo(995, 995), ...old];
    expect(planPreKeyErasure({ ids, lastId: 995 })).toEqual(old.slice(5));
    expect(planPreKeyErasure({ ids: [...old, ...upTo(1_000, 1_000)], lastId: 1_000 })).toEqual(old);
  });

  test.each([
    ['no list', { ids: 7 }],
    ['an id of 0', { ids: [0] }],
    ['an id beyond 24 bits', { ids: [MAX_PREKEY_ID + 1] }],
    ['a fraction for an id', { ids: [1.5] }],
    ['a last id below 0', { lastId: -1 }],
    ['no last id', { lastId: undefined }],
  ])('refuses %s', (_, wrong) => {
    const call = { ids: [1], lastId: 1, ...wrong } as Parameters<typeof planPreKeyErasure>[0];
    expectError('invalid-argument', () => planPreKeyErasure(call));
  });
});

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
