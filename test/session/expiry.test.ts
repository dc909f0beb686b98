/** A session that the peer never answers: after 30 days a new one is needed. The clock is an argument. */
import { decodeSession, encodeSession, sessionStatus, UNACKNOWLEDGED_LIFETIME_MS } from 'polyratchet/session';
import { expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { sessionOf } from '../support/forge.js';
import { bundleOf, createParty, receive, send, start, type Pair } from '../support/party.js';

const STARTED = 1_700_000_000_000;

/** Alice has started a session with Bob and heard nothing. */
function unanswered(): Pair {
  const alice = createParty(1);
  const bob = createParty(2);
  alice.now = STARTED;
  start(alice, bundleOf(bob));
  return { alice, bob };
}

test.each([
  ['at once', STARTED, 'unacknowledged'],
  ['after 30 days to the millisecond', STARTED + UNACKNOWLEDGED_LIFETIME_MS, 'unacknowledged'],
  ['one millisecond later', STARTED + UNACKNOWLEDGED_LIFETIME_MS + 1, 'expired'],
  ['years later', STARTED + 100 * UNACKNOWLEDGED_LIFETIME_MS, 'expired'],
  ['if the clock goes back', STARTED - 5 * UNACKNOWLEDGED_LIFETIME_MS, 'unacknowledged'],
  ['if the clock begins anew', 0, 'unacknowledged'],
] as const)('an unanswered session %s', (_, now, status) => {
  const { alice, bob } = unanswered();
  alice.now = now;
  expect(sessionStatus({ session: sessionOf(alice), now })).toBe(status);
  const before = encodeSession(sessionOf(alice));
  if (status === 'expired') {
    expectError('session-expired', () => send(alice, 'too late'));
    expect(encodeSession(sessionOf(alice))).toEqual(before);
    expect(decodeSession(before)).toEqual(sessionOf(alice));
  } else {
    expect(receive(bob, send(alice, 'in time'))).toBe('in time');
  }
});

test('an expired session still decrypts, and is answered by that', () => {
  const { alice, bob } = unanswered();
  receive(bob, send(alice, 'in time'));
  const answer = send(bob, 'a late answer');
  alice.now = STARTED + 2 * UNACKNOWLEDGED_LIFETIME_MS;
  expect(receive(alice, answer)).toBe('a late answer');
  expect(sessionStatus({ session: sessionOf(alice), now: alice.now })).toBe('established');
  expect(receive(bob, send(alice, 'and so on'))).toBe('and so on');
});

test('an expired session is replaced by a new one', () => {
  const { alice, bob } = unanswered();
  alice.now = STARTED + 2 * UNACKNOWLEDGED_LIFETIME_MS;
  start(alice, bundleOf(bob));
  expect(sessionOf(alice).archived).toHaveLength(1);
  expect(receive(bob, send(alice, 'anew'))).toBe('anew');
});

test.each([[NaN], [-1], [1.5], [-0], [2 ** 53], [Infinity], [1n], ['0'], [undefined]])(
  'no message is encrypted at the time %s',
  (now) => {
    const { alice } = unanswered();
    alice.now = now as number;
    expectError('invalid-argument', () => send(alice, 'never'));
    expectError('invalid-argument', () => start(alice, bundleOf(createParty(3))));
  },
);

test('time never matters to decryption, and not to a session that was answered', () => {
  const { alice, bob } = unanswered();
  receive(bob, send(alice, 'hello'));
  receive(alice, send(bob, 'hello back'));
  for (const now of [0, STARTED, STARTED + 1000 * UNACKNOWLEDGED_LIFETIME_MS, Number.MAX_SAFE_INTEGER]) {
    expect(sessionStatus({ session: sessionOf(alice), now })).toBe('established');
    alice.now = now;
    expect(receive(bob, send(alice, 'goes on'))).toBe('goes on');
  }
});
