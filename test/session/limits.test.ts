/** The bounds of a session: what lies at each still works, what lies beyond is refused and costs nothing else. */
import { COUNTER_LIMIT, MAX_CHAIN_STEPS, MAX_SKIPPED_KEYS } from 'polyratchet/ratchet';
import { decodeSession, encodeSession, encrypt, sessionStatus } from 'polyratchet/session';
import { describe, expect, inject, test } from 'vitest';
import { expectError } from '../support/errors.js';
import {
  alterRatchet,
  currentOf,
  forge,
  replace,
  sendAltered,
  sessionOf,
  SIGNAL,
  skip,
  varintField,
} from '../support/forge.js';
import {
  bundleOf,
  copyOf,
  createParty,
  pair,
  receive,
  send,
  start,
  type Pair,
  type Party,
} from '../support/party.js';
import { rejects } from '../support/rejects.js';

/** Situations in which the next message of Alice costs Bob as many steps as its counter is ahead. */
const CHAINS: readonly (readonly [string, () => Pair])[] = [
  [
    'a chain that is known',
    () => {
      const { alice, bob } = pair();
      for (let i = 0; i < 7; i++) receive(bob, send(alice, 'earlier'));
      return { alice, bob };
    },
  ],
  ['a new chain', pair],
  [
    'a new session',
    () => {
      const alice = createParty(1);
      const bob = createParty(2);
      start(alice, bundleOf(bob));
      return { alice, bob };
    },
  ],
];

/** A step costs as much in pure JavaScript, but there everything around it is slow: one of each kind must do. */
const THOROUGH = inject('backend') === 'node';

describe.each(THOROUGH ? CHAINS : CHAINS.slice(0, 1))('a gap in %s', (_, situation) => {
  test.each(THOROUGH ? [[MAX_CHAIN_STEPS - 1], [MAX_CHAIN_STEPS]] : [[MAX_CHAIN_STEPS]])(
    'may be %i messages long',
    (gap) => {
      const { alice, bob } = situation();
      skip(alice, gap);
      expect(receive(bob, send(alice, 'far ahead'))).toBe('far ahead');
      expect(receive(bob, send(alice, 'the next'))).toBe('the next');
    },
  );

  test('is too long with one message more', () => {
    const { alice, bob } = situation();
    const near = send(alice, 'near');
    skip(alice, MAX_CHAIN_STEPS);
    const message = send(alice, 'too far ahead');
    const error = rejects(bob, message, 'too-far-ahead');
    expect(error.data.limit).toBe(MAX_CHAIN_STEPS);
    expect(receive(bob, near)).toBe('near');
    expect(receive(bob, message)).toBe('too far ahead');
  });
});

describe('a forged counter as far ahead as allowed', () => {
  test.each([
    ['a chain that is known', true, THOROUGH ? 20 : 3],
    ['a new chain', false, THOROUGH ? 5 : 2],
  ])('in %s changes nothing, however often it comes', (name, known, times) => {
    const { alice, bob } = pair();
    if (known) receive(bob, send(alice, 'earlier'));
    const genuine = send(alice, 'genuine');
    const ahead = (known ? 1 : 0) + MAX_CHAIN_STEPS;
    const costs = Array.from({ length: times }, (_, i) => {
      const forged = forge(genuine, replace(varintField(SIGNAL.counter, ahead - i)));
      const before = performance.now();
      rejects(bob, forged, 'bad-mac');
      return performance.now() - before;
    });
    const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
    const [shown, most] = [mean, Math.max(...costs)].map((cost) => cost.toFixed(1));
    console.log(
      `forged counter 25,000 ahead in ${name} (${inject('backend')}): ${times} refused, state unchanged, mean ${shown} ms, max ${most} ms`,
    );
    rejects(bob, forge(genuine, replace(varintField(SIGNAL.counter, ahead + 1))), 'too-far-ahead');
    expect(receive(bob, genuine)).toBe('genuine');
  });
});

describe('skipped keys', () => {
  /** Alice's first messages of a chain, then the one after `gap` messages, which is the only one that has come. */
  function leap(gap: number): { bob: Party; first: readonly ReturnType<typeof send>[]; alice: Party } {
    const { alice, bob } = pair();
    const first = [0, 1, 2].map((i) => send(alice, `${i}`));
    skip(alice, gap - first.length);
    receive(bob, send(alice, 'ahead'));
    return { alice, bob, first };
  }

  test('are kept for 2,000 messages', () => {
    const { bob, first } = leap(MAX_SKIPPED_KEYS);
    expect(receive(bob, first[0]!)).toBe('0');
    expect(receive(bob, first[1]!)).toBe('1');
    rejects(bob, first[0]!, 'duplicate-message');
  });

  test('of the oldest messages go first: those are gone, the next is kept, a used one is a duplicate', () => {
    const { bob, first } = leap(MAX_SKIPPED_KEYS + 1);
    const error = rejects(bob, first[0]!, 'key-gone');
    expect(error.data.counter).toBe(0);
    expect(receive(bob, first[1]!)).toBe('1');
    rejects(bob, first[1]!, 'duplicate-message');
    rejects(bob, first[0]!, 'key-gone');
  });

  test('go one by one as more are added', () => {
    const { alice, bob, first } = leap(MAX_SKIPPED_KEYS);
    send(alice, 'overtaken');
    receive(bob, send(alice, 'on time'));
    rejects(bob, first[0]!, 'key-gone');
    expect(receive(bob, first[1]!)).toBe('1');
    expect(receive(bob, first[2]!)).toBe('2');
    const used = send(alice, 'used');
    receive(bob, used);
    rejects(bob, used, 'duplicate-message');
  });

  test('leave room for more when they are used', () => {
    const { alice, bob, first } = leap(MAX_SKIPPED_KEYS);
    receive(bob, first[1]!);
    send(alice, 'overtaken');
    receive(bob, send(alice, 'on time'));
    expect(receive(bob, first[0]!)).toBe('0');
  });

  test('are not kept for messages that a leap passes beyond the bound', () => {
    const { alice, bob } = pair();
    const earlier = send(alice, 'earlier');
    receive(bob, earlier);
    const passed = send(alice, 'passed');
    skip(alice, 2 * MAX_SKIPPED_KEYS);
    const kept = send(alice, 'kept');
    receive(bob, send(alice, 'ahead'));
    rejects(bob, passed, 'key-gone');
    expect(receive(bob, kept)).toBe('kept');
  });

  test('survive storage', () => {
    const { bob, first } = leap(MAX_SKIPPED_KEYS + 2);
    bob.session = decodeSession(encodeSession(sessionOf(bob)));
    rejects(bob, first[0]!, 'key-gone');
    rejects(bob, first[1]!, 'key-gone');
    expect(receive(bob, first[2]!)).toBe('2');
  });
});

describe('receiving chains', () => {
  test('are kept for five turns; a message of the sixth last is no longer known', () => {
    const { alice, bob } = pair();
    const held = Array.from({ length: 6 }, (_, i) => {
      const message = send(alice, `turn ${i}`);
      receive(bob, send(alice, 'on time'));
      receive(alice, send(bob, 'answer'));
      return message;
    });
    expect(currentOf(bob).ratchet.receiving).toHaveLength(5);
    rejects(bob, held[0]!, 'bad-mac');
    for (let turn = 5; turn > 0; turn--) expect(receive(bob, held[turn]!)).toBe(`turn ${turn}`);
  });
});

describe('the previous counter', () => {
  test.each([[0], [1], [2 ** 31], [2 ** 32 - 1]])(
    'of %i in an authentic message is not acted upon',
    (value) => {
      const { alice, bob } = pair();
      const late = send(alice, 'late');
      receive(bob, send(alice, 'on time'));
      receive(alice, send(bob, 'answer'));
      alterRatchet(alice, (ratchet) => ({ ...ratchet, previousCounter: value }));
      expect(receive(bob, send(alice, 'genuine'))).toBe('genuine');
      expect(receive(bob, late)).toBe('late');
    },
  );

  test('is authenticated', () => {
    const { alice, bob } = pair();
    const message = send(alice, 'genuine');
    for (const value of [1, 7, 2 ** 32 - 1]) {
      rejects(bob, forge(message, replace(varintField(SIGNAL.previousCounter, value))), 'bad-mac');
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  test('is the last counter that the chain before used', () => {
    const { alice, bob } = pair();
    for (const count of [1, 2, 5]) {
      for (let i = 0; i < count; i++) receive(bob, send(alice, 'message'));
      receive(alice, send(bob, 'answer'));
      expect(currentOf(alice).ratchet.previousCounter).toBe(count - 1);
    }
  });
});

describe('the last counter', () => {
  /** Both sides in the middle of a chain, two messages before its end. */
  function nearTheEnd(): Pair {
    const { alice, bob } = pair();
    receive(bob, send(alice, 'the chain begins'));
    alterRatchet(alice, (ratchet) => ({
      ...ratchet,
      sending: { ...ratchet.sending, counter: COUNTER_LIMIT - 1 },
    }));
    alterRatchet(bob, ({ receiving: [newest, ...older], ...ratchet }) => ({
      ...ratchet,
      receiving: [{ ...newest!, counter: COUNTER_LIMIT - 1 }, ...older],
    }));
    for (const party of [alice, bob]) party.session = decodeSession(encodeSession(sessionOf(party)));
    return { alice, bob };
  }

  test('is used, and then the session is exhausted until it is renewed', () => {
    const { alice, bob } = nearTheEnd();
    expect(sessionStatus({ session: sessionOf(alice), now: 0 })).toBe('established');
    const last = send(alice, 'the last');
    expect(sessionStatus({ session: sessionOf(alice), now: 0 })).toBe('exhausted');
    const session = decodeSession(encodeSession(sessionOf(alice)));
    expect(sessionStatus({ session, now: 0 })).toBe('exhausted');
    const before = encodeSession(session);
    expectError('counter-exhausted', () => encrypt({ session, plaintext: new Uint8Array(1), now: 0 }));
    expect(encodeSession(session)).toEqual(before);

    expect(receive(bob, last)).toBe('the last');
    rejects(bob, last, 'duplicate-message');
    start(alice, bundleOf(bob));
    expect(receive(bob, send(alice, 'renewed'))).toBe('renewed');
  });

  test('begins anew with the next turn', () => {
    const { alice, bob } = nearTheEnd();
    receive(bob, send(alice, 'the last'));
    receive(alice, send(bob, 'answer'));
    expect(sessionStatus({ session: sessionOf(alice), now: 0 })).toBe('established');
    expect(receive(bob, send(alice, 'goes on'))).toBe('goes on');
  });

  test('of 2^32 - 1 never comes, not even in an authentic message', () => {
    const { alice, bob } = nearTheEnd();
    const genuine = send(copyOf(alice), 'the last');
    const beyond = replace(varintField(SIGNAL.counter, COUNTER_LIMIT));
    rejects(bob, forge(genuine, beyond), 'malformed');
    rejects(bob, sendAltered(alice, 'beyond', beyond), 'malformed');
    expect(receive(bob, genuine)).toBe('the last');
  });

  test('ends a session that was never answered, too', () => {
    const alice = createParty(1);
    start(alice, bundleOf(createParty(2)));
    alterRatchet(alice, (ratchet) => ({
      ...ratchet,
      sending: { ...ratchet.sending, counter: COUNTER_LIMIT },
    }));
    expect(sessionStatus({ session: sessionOf(alice), now: 0 })).toBe('exhausted');
    expectError('counter-exhausted', () => send(alice, 'one too many'));
  });
});
