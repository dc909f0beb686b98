/** Sessions that replace each other: both sides start at once, either starts anew, and nothing that arrives is lost. */
import {
  archiveSession,
  encodeSession,
  MAX_ACCEPTED_ROOTS,
  MAX_ARCHIVED_STATES,
  sessionStatus,
  type EncryptedMessage,
} from 'polyratchet/session';
import { describe, expect, inject, test } from 'vitest';
import { equalBytes } from '../../src/core/bytes.js';
import { expectError } from '../support/errors.js';
import { currentOf, sessionOf } from '../support/forge.js';
import {
  bundleOf,
  pair,
  receive,
  send,
  start,
  strangers,
  tryReceive,
  type Pair,
  type Party,
} from '../support/party.js';
import { seededRandom } from '../support/random.js';
import { rejects } from '../support/rejects.js';

function startBoth({ alice, bob }: Pair): void {
  const bundles = [bundleOf(bob), bundleOf(alice)] as const;
  start(alice, bundles[0]);
  start(bob, bundles[1]);
}

/** Whether both encrypt with the same state. */
function agree(alice: Party, bob: Party): boolean {
  return equalBytes(currentOf(alice).baseKey, currentOf(bob).baseKey);
}

/** How many exchanges, one message each way, until both encrypt with the same state. */
function exchangesToAgree(alice: Party, bob: Party): number {
  for (let exchanges = 0; exchanges < 10; exchanges++) {
    if (agree(alice, bob)) return exchanges;
    receive(bob, send(alice, 'ping'));
    receive(alice, send(bob, 'pong'));
  }
  return Infinity;
}

describe('two sides that start at once', () => {
  test('agree on one session, and both first messages are read', () => {
    const parties = strangers();
    const { alice, bob } = parties;
    startBoth(parties);
    const [fromAlice, fromBob] = [send(alice, 'from Alice'), send(bob, 'from Bob')];
    expect(receive(alice, fromBob)).toBe('from Bob');
    expect(receive(bob, fromAlice)).toBe('from Alice');
    expect(agree(alice, bob)).toBe(false);
    expect(exchangesToAgree(alice, bob)).toBe(1);
    rejects(alice, fromBob, 'duplicate-message');
    rejects(bob, fromAlice, 'duplicate-message');
  });

  test.each([['from Alice'], ['from Bob']])('agree even if the first message %s is lost', (lost) => {
    const parties = strangers();
    const { alice, bob } = parties;
    startBoth(parties);
    const [fromAlice, fromBob] = [send(alice, 'from Alice'), send(bob, 'from Bob')];
    if (lost === 'from Alice') receive(alice, fromBob);
    else receive(bob, fromAlice);
    expect(exchangesToAgree(alice, bob)).toBeLessThanOrEqual(1);
  });

  test('agree even if both first messages are lost', () => {
    const parties = strangers();
    const { alice, bob } = parties;
    startBoth(parties);
    send(alice, 'lost');
    send(bob, 'lost');
    expect(exchangesToAgree(alice, bob)).toBeLessThanOrEqual(1);
  });

  test('read all of several messages that cross, whatever the order', () => {
    const parties = strangers();
    const { alice, bob } = parties;
    startBoth(parties);
    const sent = [0, 1, 2].map((i) => [send(alice, `a${i}`), send(bob, `b${i}`)] as const);
    for (const [i, [fromAlice, fromBob]] of [...sent.entries()].reverse()) {
      expect(receive(bob, fromAlice)).toBe(`a${i}`);
      expect(receive(alice, fromBob)).toBe(`b${i}`);
    }
    expect(exchangesToAgree(alice, bob)).toBeLessThanOrEqual(2);
  });

  test('over and over, in a storm with loss and reorder, lose nothing that arrives, and agree afterwards', () => {
    const rounds = inject('backend') === 'node' ? 100 : 12;
    const parties = strangers(0);
    const { alice, bob } = parties;
    const random = seededRandom(36);
    const chance = (of: number): boolean => (random(1)[0] ?? 0) % of === 0;
    const flying: { to: Party; text: string; message: EncryptedMessage }[] = [];
    let arrived = 0;
    for (let round = 0; round < rounds; round++) {
      if (!chance(4)) start(alice, bundleOf(bob));
      if (!chance(4)) start(bob, bundleOf(alice));
      for (const [from, to] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        if (from.session?.current === undefined) start(from, bundleOf(to));
        for (let i = 0; i < 2; i++) {
          const text = `${round} ${i}`;
          const message = send(from, text);
          if (!chance(3)) flying.push({ to, text, message });
        }
      }
      while (flying.length > 4) {
        const [next] = flying.splice((random(1)[0] ?? 0) % flying.length, 1);
        expect(receive(next!.to, next!.message)).toBe(next!.text);
        arrived++;
      }
    }
    for (const { to, text, message } of flying) expect(receive(to, message)).toBe(text);
    expect(arrived).toBeGreaterThan(rounds);
    expect(exchangesToAgree(alice, bob)).toBeLessThanOrEqual(2);
  });
});

describe('a side that starts anew', () => {
  test('while messages of the old session are in flight: both are read, in either order', () => {
    for (const oldFirst of [true, false]) {
      const { alice, bob } = pair();
      const old = send(alice, 'old');
      const crossing = send(bob, 'crossing');
      start(alice, bundleOf(bob));
      const fresh = send(alice, 'new');
      for (const [text, message] of oldFirst
        ? ([
            ['old', old],
            ['new', fresh],
          ] as const)
        : ([
            ['new', fresh],
            ['old', old],
          ] as const)) {
        expect(receive(bob, message)).toBe(text);
      }
      expect(receive(alice, crossing)).toBe('crossing');
      expect(exchangesToAgree(alice, bob)).toBeLessThanOrEqual(1);
    }
  });

  test('archives the old state, which decrypts and is used again when the peer has gone on with it', () => {
    const { alice, bob } = pair();
    start(alice, bundleOf(bob));
    expect(sessionOf(alice).archived).toHaveLength(1);
    const message = send(bob, 'of the old session');
    expect(tryReceive(alice, message).state).toBe('promoted');
    receive(alice, message);
    expect(sessionOf(alice).archived).toHaveLength(1);
    expect(agree(alice, bob)).toBe(true);
  });

  test('after it archived its session, which needs a bundle to encrypt and none to decrypt', () => {
    const { alice, bob } = pair();
    const message = send(bob, 'for the archived session');
    alice.session = archiveSession({ session: sessionOf(alice) });
    expect(sessionStatus({ session: alice.session, now: 0 })).toBe('none');
    expectError('no-session', () => send(alice, 'without a state'));
    alice.session = archiveSession({ session: alice.session });
    expect(alice.session.archived).toHaveLength(1);
    expect(receive(alice, message)).toBe('for the archived session');
    expect(sessionStatus({ session: sessionOf(alice), now: 0 })).toBe('established');
    expect(receive(bob, send(alice, 'again'))).toBe('again');
  });
});

describe('many restarts', () => {
  test('keep 41 states: of the one before them nothing is left but the mark that it was', () => {
    const { alice, bob } = strangers(0);
    start(alice, bundleOf(bob));
    const late = [send(alice, 'a prekey message')];
    receive(bob, send(alice, 'hello'));
    receive(alice, send(bob, 'hello back'));
    late.push(send(alice, 'an ordinary message'));
    for (let i = 0; i < MAX_ARCHIVED_STATES; i++) {
      start(alice, bundleOf(bob));
      receive(bob, send(alice, 'anew'));
    }
    for (const message of late) expect(tryReceive(bob, message).state).toBe('promoted');

    start(alice, bundleOf(bob));
    receive(bob, send(alice, 'one more'));
    for (const { session } of [alice, bob]) expect(session?.archived).toHaveLength(MAX_ARCHIVED_STATES);
    expect(sessionOf(bob).acceptedRoots).toHaveLength(MAX_ARCHIVED_STATES + 2);
    rejects(bob, late[0]!, 'key-gone');
    rejects(bob, late[1]!, 'bad-mac');
    expect(receive(bob, send(alice, 'goes on'))).toBe('goes on');
  });

  test('keep 1,000 marks of accepted sessions, the oldest go first', () => {
    const { alice, bob } = strangers(0);
    start(alice, bundleOf(bob));
    receive(bob, send(alice, 'first'));
    const [genuine] = sessionOf(bob).acceptedRoots;
    const marks = Array.from({ length: MAX_ACCEPTED_ROOTS - 1 }, (_, i) => ({
      signedPreKeyId: 1,
      rootTag: new Uint8Array(16).fill(i),
    }));
    bob.session = { ...sessionOf(bob), acceptedRoots: [genuine!, ...marks] };
    const size = encodeSession(bob.session).length;
    for (let i = 0; i < 3; i++) {
      start(alice, bundleOf(bob));
      receive(bob, send(alice, 'another'));
      expect(sessionOf(bob).acceptedRoots).toHaveLength(MAX_ACCEPTED_ROOTS);
    }
    expect(sessionOf(bob).acceptedRoots[0]).toEqual(marks[2]);
    expect(encodeSession(sessionOf(bob)).length).toBeLessThan(size + 3 * 500);
  });
});
