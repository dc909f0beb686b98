/** A source of randomness that fails: nothing is made, nothing is changed, and the next call works. */
import type { Random } from 'polyratchet';
import { createSession, decrypt, encodeSession } from 'polyratchet/session';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { bundleOf, copyOf, createParty, pair, preKeysFor, receive, send, start } from '../support/party.js';
import { rejects } from '../support/rejects.js';

/** Serves some calls and fails from then on. */
const failing = (random: Random, served: number, fail: Random): Random => {
  let calls = 0;
  return (length) => (calls++ < served ? random(length) : fail(length));
};

const FAILURES: readonly (readonly [string, Random])[] = [
  [
    'throws',
    () => {
      throw new RangeError('no entropy');
    },
  ],
  ['gives a byte less', (length) => new Uint8Array(length - 1)],
  ['gives a byte more', (length) => new Uint8Array(length + 1)],
  ['gives nothing', () => undefined as unknown as Uint8Array],
  ['gives numbers', (length) => Array.from({ length }, () => 7) as unknown as Uint8Array],
  ['gives a promise', (length) => Promise.resolve(new Uint8Array(length)) as unknown as Uint8Array],
];

describe.each(FAILURES)('a source that %s', (_, fail) => {
  test.each([0, 1])('at call %i makes no session', (served) => {
    const { alice, bob } = pair();
    const { identity, registrationId, random, now, session } = copyOf(alice);
    const bundle = bundleOf(bob, false);
    const before = encodeSession(session!);
    const options = { identity, registrationId, bundle, now, session: session! };
    const error = expectError('invalid-argument', () =>
      createSession({ ...options, random: failing(random, served, fail) }),
    );
    expect(error.data).toMatchObject({ name: 'random' });
    expect(encodeSession(session!)).toEqual(before);
    expect(createSession({ ...options, random }).session.archived).toHaveLength(1);
  });

  test('takes no prekey message', () => {
    const alice = createParty(1);
    const bob = createParty(2);
    start(alice, bundleOf(bob));
    const message = send(alice, 'genuine');
    const error = rejects({ ...bob, random: failing(bob.random, 0, fail) }, message, 'invalid-argument');
    expect(error.data).toMatchObject({ name: 'random' });
    expect(receive(bob, message)).toBe('genuine');
  });

  test('takes no message of a new turn', () => {
    const { alice, bob } = pair();
    const message = send(alice, 'genuine');
    rejects({ ...bob, random: failing(bob.random, 0, fail) }, message, 'invalid-argument');
    expect(receive(bob, message)).toBe('genuine');
  });

  test('is not asked for messages that go on with a turn', () => {
    const { alice, bob } = pair();
    receive(bob, send(alice, 'first of the turn'));
    expect(receive({ ...bob, random: fail }, send(alice, 'second'))).toBe('second');
  });
});

test('forgeries draw no randomness', () => {
  const alice = createParty(1);
  const bob = createParty(2);
  start(alice, bundleOf(bob));
  const message = send(alice, 'genuine');
  const forged = new Uint8Array(message.bytes);
  forged[forged.length - 12] = (forged[forged.length - 12] ?? 0) ^ 1; // in the MAC or in an id
  let drawn = 0;
  const random: Random = (length) => {
    drawn++;
    return bob.random(length);
  };
  expectError('bad-mac', () =>
    decrypt({
      identity: bob.identity,
      message: { ...message, bytes: forged },
      ...preKeysFor(bob, message),
      random,
    }),
  );
  expect(drawn).toBe(0);
  expect(receive(bob, message)).toBe('genuine');
});
