/** Messages of companions that nothing vouches for: held within bounds, released by a list, dropped after a week. */
import { MAX_DEVICES } from 'polyratchet/devices';
import {
  HELD_LIFETIME_MS,
  holdMessage,
  MAX_HELD_LENGTH,
  MAX_HELD_MESSAGES,
  releaseHeld,
  type HeldMessages,
  type HeldOutcome,
  type HoldMessageOptions,
} from 'polyratchet/fanout';
import { describe, expect, test } from 'vitest';
import { notObjects } from '../core/inputs.js';
import { expectError } from '../support/errors.js';

const NOW = 1_700_000_000_000;
const DEVICE = 'alice:3@example.org';
const message = { device: DEVICE, messageId: '3EB0C4', length: 412, now: NOW };

/** Holds messages one after the other. */
function holdAll(messages: readonly Partial<HoldMessageOptions>[], held?: HeldMessages): HeldOutcome {
  let known = held === undefined ? {} : { held };
  const outcomes = messages.map((change) => {
    const outcome = holdMessage({ ...message, ...known, ...change });
    known = { held: outcome.held };
    return outcome;
  });
  return outcomes.at(-1)!;
}

const many = (count: number, change: Partial<HoldMessageOptions> = {}): Partial<HoldMessageOptions>[] =>
  Array.from({ length: count }, (_, i) => ({ messageId: `${i}`, ...change }));

describe('a held message', () => {
  test('is noted with its device, its size and its time', () => {
    expect(holdMessage(message)).toEqual({
      kind: 'held',
      held: {
        account: 'alice@example.org',
        messages: [{ device: DEVICE, messageId: '3EB0C4', length: 412, receivedAt: NOW }],
      },
      expired: [],
    });
  });

  test('is held once, from when it came first', () => {
    const outcome = holdAll([{}, { now: NOW + 1_000 }]);
    expect(outcome.kind).toBe('already-held');
    expect(outcome.held).toEqual(holdMessage(message).held);
    expect(holdAll([{}, { device: 'alice:4@example.org' }]).kind, 'of another device').toBe('held');
  });

  test('is one of 100 of its device', () => {
    expect(MAX_HELD_MESSAGES).toBe(100);
    const full = holdAll(many(100));
    expect(full.kind).toBe('held');
    const flood = holdAll([{}], full.held);
    expect(flood).toEqual({ kind: 'refused', why: 'device-full', held: full.held, expired: [] });
    expect(holdAll([{ device: 'alice:4@example.org' }], full.held).kind, 'of another device').toBe('held');
    expect(holdAll([{ now: NOW + HELD_LIFETIME_MS }], full.held).held.messages).toHaveLength(1);
  });

  test('is one of 64 devices of its account', () => {
    const devices = Array.from({ length: MAX_DEVICES }, (_, i) => ({ device: `alice:${i + 1}@example.org` }));
    const full = holdAll(devices);
    expect(full.kind).toBe('held');
    const flood = holdAll([{ device: 'alice:99@example.org' }], full.held);
    expect(flood).toMatchObject({ kind: 'refused', why: 'account-full' });
    expect(holdAll([{ messageId: 'another' }], full.held).kind).toBe('held');
  });

  test('is part of 16 MiB of its account', () => {
    const full = holdAll([{ length: MAX_HELD_LENGTH - 1 }]);
    expect(holdAll([{ messageId: 'a', length: 1 }], full.held).kind).toBe('held');
    const flood = holdAll([{ messageId: 'a', length: 2 }], full.held);
    expect(flood).toMatchObject({ kind: 'refused', why: 'account-full' });
    expect(holdAll([{ length: Number.MAX_SAFE_INTEGER }]).kind).toBe('refused');
  });

  test('is dropped after seven days, not a millisecond before', () => {
    const { held } = holdMessage(message);
    const at = (now: number): number => releaseHeld({ held, accepted: [], now }).expired.length;
    expect(at(NOW + HELD_LIFETIME_MS - 1)).toBe(0);
    expect(at(NOW + HELD_LIFETIME_MS)).toBe(1);
    expect(at(NOW - HELD_LIFETIME_MS), 'a clock that was ahead').toBe(1);
    const next = holdAll([{ messageId: 'next', now: NOW + HELD_LIFETIME_MS }], held);
    expect(next.expired).toEqual(held.messages);
    expect(next.held.messages.map(({ messageId }) => messageId)).toEqual(['next']);
  });
});

describe('a device list', () => {
  const other = 'alice:4@example.org';
  const { held } = holdAll([
    { messageId: 'a' },
    { messageId: 'b', device: other },
    { messageId: 'c', now: NOW + 1 },
  ]);

  test('releases the messages of the devices that it names, in the order in which they came', () => {
    const accepted = [{ address: 'alice@example.org' }, { address: DEVICE }];
    const { released, held: left, expired } = releaseHeld({ held, accepted, now: NOW + 2 });
    expect(released.map(({ messageId }) => messageId)).toEqual(['a', 'c']);
    expect(left.messages.map(({ messageId }) => messageId)).toEqual(['b']);
    expect(expired).toEqual([]);
    expect(releaseHeld({ held: left, accepted, now: NOW + 3 }).released).toEqual([]);
  });

  test('does not release what was held too long', () => {
    const accepted = [{ address: DEVICE }];
    const result = releaseHeld({ held, accepted, now: NOW + HELD_LIFETIME_MS });
    expect(result.released.map(({ messageId }) => messageId)).toEqual(['c']);
    expect(result.expired.map(({ messageId }) => messageId)).toEqual(['a', 'b']);
    expect(result.held.messages).toEqual([]);
  });

  test('that names nobody releases nothing', () => {
    expect(releaseHeld({ held, accepted: [], now: NOW + 1 })).toEqual({ released: [], expired: [], held });
  });
});

describe('invalid-argument refuses', () => {
  const wrong = (change: object): void => {
    expectError('invalid-argument', () => holdMessage({ ...message, ...change }));
  };
  test.each(['', 'alice', 'alice:0@x', 7, null, undefined])('the device %s', (device) => wrong({ device }));
  test.each(['', 'x'.repeat(65), 'ü', 7, undefined])('the id %s', (messageId) => wrong({ messageId }));
  test.each([-1, 0.5, NaN, 2 ** 53, '1', undefined])('the length %s', (length) => wrong({ length }));
  test.each([-1, 0.5, NaN, '1', undefined])('the time %s', (now) => {
    wrong({ now });
    const { held } = holdMessage(message);
    expectError('invalid-argument', () => releaseHeld({ held, accepted: [], now: now as number }));
  });
  test('what is held for another account', () => wrong({ held: { account: 'bob@x', messages: [] } }));
  test.each(notObjects)('%s', (name, value) => {
    expectError('invalid-argument', () => holdMessage(value as HoldMessageOptions));
    expectError('invalid-argument', () => releaseHeld(value as never));
    expectError('invalid-argument', () =>
      releaseHeld({ held: value as HeldMessages, accepted: [], now: NOW }),
    );
    if (name !== 'undefined') wrong({ held: value });
    const { held } = holdMessage(message);
    expectError('invalid-argument', () => releaseHeld({ held, accepted: value as never, now: NOW }));
    expectError('invalid-argument', () => releaseHeld({ held, accepted: [value] as never, now: NOW }));
  });
});
