/** When a session is renewed: each reason at its bound. */
import {
  archiveSession,
  COUNTER_RESERVE,
  MAX_SESSION_AHEAD_MS,
  planSessionRenewal,
  UNACKNOWLEDGED_LIFETIME_MS,
  type Session,
  type SessionRenewal,
} from 'polyratchet/session';
import { describe, expect, test } from 'vitest';
import { notObjects } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { alterRatchet, sessionOf } from '../support/forge.js';
import { bundleOf, conversation, copyOf, createParty, start } from '../support/party.js';

const STARTED = 1_700_000_000_000;
const LAST = 2 ** 32 - 1;
const { alice } = conversation();
const beginner = { ...createParty(1), now: STARTED };
start(beginner, bundleOf(createParty(2)));
const unanswered = sessionOf(beginner);

/** The established session at a counter of its sending chain. */
function at(counter: number): Session {
  const party = copyOf(alice);
  alterRatchet(party, (ratchet) => ({ ...ratchet, sending: { ...ratchet.sending, counter } }));
  return sessionOf(party);
}

describe('a session', () => {
  test.each<[string, Session | undefined, number, SessionRenewal]>([
    ['none', undefined, STARTED, { kind: 'renew', why: 'none', sendable: false }],
    [
      'archived',
      archiveSession({ session: sessionOf(alice) }),
      STARTED,
      { kind: 'renew', why: 'none', sendable: false },
    ],
    ['answered', sessionOf(alice), STARTED, { kind: 'keep' }],
    ['answered, years ago', sessionOf(alice), Number.MAX_SAFE_INTEGER, { kind: 'keep' }],
    ['unanswered', unanswered, STARTED, { kind: 'keep' }],
    ['unanswered for 30 days', unanswered, STARTED + UNACKNOWLEDGED_LIFETIME_MS, { kind: 'keep' }],
    [
      'unanswered for longer',
      unanswered,
      STARTED + UNACKNOWLEDGED_LIFETIME_MS + 1,
      { kind: 'renew', why: 'expired', sendable: false },
    ],
    ['a day ahead', unanswered, STARTED - MAX_SESSION_AHEAD_MS, { kind: 'keep' }],
    [
      'more than a day ahead',
      unanswered,
      STARTED - MAX_SESSION_AHEAD_MS - 1,
      { kind: 'renew', why: 'from-future', sendable: true },
    ],
    ['with one counter more than the reserve', at(LAST - COUNTER_RESERVE - 1), STARTED, { kind: 'keep' }],
    [
      'at the reserve',
      at(LAST - COUNTER_RESERVE),
      STARTED,
      { kind: 'renew', why: 'nearly-exhausted', sendable: true },
    ],
    [
      'with its last counter',
      at(LAST - 1),
      STARTED,
      { kind: 'renew', why: 'nearly-exhausted', sendable: true },
    ],
    ['without a counter', at(LAST), STARTED, { kind: 'renew', why: 'exhausted', sendable: false }],
  ])('%s', (_, session, now, expected) => {
    expect(planSessionRenewal({ ...(session === undefined ? {} : { session }), now })).toEqual(expected);
  });

  test.each([NaN, -1, 1.5, 2 ** 53, '0', undefined])('is not judged at the time %s', (now) => {
    expectError('invalid-argument', () => planSessionRenewal({ now: now as number }));
  });

  test.each(notObjects)('is not %s', (name, value) => {
    expectError('invalid-argument', () => planSessionRenewal(value as never));
    if (name === 'undefined') return;
    expectError('invalid-argument', () => planSessionRenewal({ session: value as Session, now: 0 }));
  });
});
