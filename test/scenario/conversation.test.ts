import { sessionStatus } from 'polyratchet/session';
import { describe, expect, test } from 'vitest';
import { bundleOf, conversation, createParty, receive, send, start, tryReceive } from '../support/party.js';

describe('a conversation', () => {
  test('starts with prekey messages and goes on with ordinary ones', () => {
    const alice = createParty(1);
    const bob = createParty(2);
    start(alice, bundleOf(bob));
    const first = send(alice, 'one');
    const second = send(alice, 'two');
    expect([first.type, second.type]).toEqual(['prekey', 'prekey']);
    expect(sessionStatus({ session: alice.session!, now: 0 })).toBe('unacknowledged');

    const result = tryReceive(bob, first);
    expect(result.identity).toEqual({ kind: 'first', key: alice.identity.publicKey });
    expect(result.consumed).toEqual({ oneTimePreKeyId: 1 });
    expect(result.state).toBe('created');

    expect(receive(bob, first)).toBe('one');
    expect(receive(bob, second)).toBe('two');
    expect(bob.oneTimePreKeys.has(1)).toBe(false);

    const answer = send(bob, 'three');
    expect(answer.type).toBe('message');
    expect(receive(alice, answer)).toBe('three');
    expect(sessionStatus({ session: alice.session!, now: 0 })).toBe('established');
    expect(send(alice, 'four').type).toBe('message');
  });

  test('takes messages out of order, across turns', () => {
    const { alice, bob } = conversation();
    const early = [send(alice, 'a0'), send(alice, 'a1'), send(alice, 'a2')];
    expect(receive(bob, early[2]!)).toBe('a2');
    expect(receive(alice, send(bob, 'b0'))).toBe('b0');
    expect(receive(bob, send(alice, 'a3'))).toBe('a3');
    expect(receive(bob, early[0]!)).toBe('a0');
    expect(receive(bob, early[1]!)).toBe('a1');
  });
});
