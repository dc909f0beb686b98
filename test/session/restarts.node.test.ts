/** A peer that never stops starting sessions: what it costs is bounded. */
import { encodeSession, MAX_ACCEPTED_ROOTS, MAX_ARCHIVED_STATES } from 'polyratchet/session';
import { expect, test } from 'vitest';
import { sessionOf } from '../support/forge.js';
import { bundleOf, createParty, send, start, tryReceive } from '../support/party.js';

test('1,000 sessions of one peer and 50 more keep the record below 45 KB', () => {
  const alice = createParty(1);
  const bob = createParty(2, 0);
  const bundle = bundleOf(bob);
  const restart = (i: number): void => {
    alice.session = undefined;
    start(alice, bundle);
    const { plaintext, session } = tryReceive(bob, send(alice, `${i}`));
    expect(new TextDecoder().decode(plaintext)).toBe(`${i}`);
    bob.session = session;
  };
  for (let i = 0; i < MAX_ACCEPTED_ROOTS; i++) restart(i);
  const size = encodeSession(sessionOf(bob)).length;
  for (let i = 0; i < 50; i++) restart(i);
  expect(sessionOf(bob).archived).toHaveLength(MAX_ARCHIVED_STATES);
  expect(sessionOf(bob).acceptedRoots).toHaveLength(MAX_ACCEPTED_ROOTS);
  expect(encodeSession(sessionOf(bob))).toHaveLength(size);
  expect(size).toBeLessThan(45_000);
});
