/** One budget of chain steps for all states of a session: a forgery cannot be paid for once per state. */
import { encodePublicKey } from 'polyratchet/identity';
import { MAX_CHAIN_STEPS } from 'polyratchet/ratchet';
import { MAX_ARCHIVED_STATES } from 'polyratchet/session';
import { beforeEach, describe, expect, test } from 'vitest';
import { bytesField, forge, replace, sessionOf, SIGNAL, skip, varintField } from '../support/forge.js';
import {
  bundleOf,
  copyOf,
  createParty,
  receive,
  send,
  start,
  tryReceive,
  type Party,
} from '../support/party.js';
import { rejects } from '../support/rejects.js';

const STATES = MAX_ARCHIVED_STATES + 1;

/** Bob with as many states as he keeps, and Alice as she was in each: the newest first. Her next message begins a chain. */
function manyStates(): { alices: readonly Party[]; bob: Party } {
  const alice = createParty(1);
  const bob = createParty(2, 0);
  const alices: Party[] = [];
  for (let i = 0; i < STATES; i++) {
    start(alice, bundleOf(bob));
    receive(bob, send(alice, 'hello'));
    receive(alice, send(bob, 'hello back'));
    alices.unshift(copyOf(alice));
  }
  return { alices, bob };
}

const many = manyStates();
let bob: Party;
let alices: readonly Party[];
beforeEach(() => {
  bob = copyOf(many.bob);
  alices = many.alices.map(copyOf);
});

const SHARE = Math.floor(MAX_CHAIN_STEPS / STATES);

describe('a forgery that fits no chain of 41 states', () => {
  const unknown = replace(bytesField(SIGNAL.ratchetKey, encodePublicKey(createParty(7).identity.publicKey)));
  const withCounter = (counter: number) => replace(varintField(SIGNAL.counter, counter));

  test.each([
    ['is tried with all of them where the budget lasts', 0, 'bad-mac'],
    ['is tried with all of them where the budget just lasts', SHARE, 'bad-mac'],
    ['is left where the last one would be beyond the budget', SHARE + 1, 'too-far-ahead'],
    ['is left after the first where that takes the whole budget', MAX_CHAIN_STEPS, 'too-far-ahead'],
    ['is left before the first where that would take more', MAX_CHAIN_STEPS + 1, 'too-far-ahead'],
  ] as const)('%s', (_, counter, code) => {
    const genuine = send(alices[0]!, 'genuine');
    const forged = forge(forge(genuine, unknown), withCounter(counter));
    expect(sessionOf(bob).archived).toHaveLength(MAX_ARCHIVED_STATES);
    expect(rejects(bob, forged, code).data).toMatchObject({ counter });
    expect(receive(bob, genuine)).toBe('genuine');
  });

  test('costs no more with 41 states than with one', () => {
    const forged = forge(forge(send(alices[0]!, 'genuine'), unknown), withCounter(MAX_CHAIN_STEPS));
    const single = { ...bob, session: { ...sessionOf(bob), archived: [] } };
    const [one, all] = [
      cost(() => rejects(single, forged, 'bad-mac')),
      cost(() => rejects(bob, forged, 'too-far-ahead')),
    ];
    expect(all).toBeLessThan(5 * one + 100);
  });
});

describe('a genuine message that begins a chain', () => {
  test.each([
    ['the second state', 1, Math.floor(MAX_CHAIN_STEPS / 2)],
    ['a state in the middle', 20, Math.floor(MAX_CHAIN_STEPS / 21)],
    ['the oldest state', STATES - 1, SHARE],
  ])('of %s decrypts within the budget, and no further', (_, position, most) => {
    const alice = alices[position]!;
    skip(alice, most);
    const within = send(alice, 'within');
    const beyond = send(alice, 'beyond');
    rejects(bob, beyond, 'too-far-ahead');
    expect(tryReceive(bob, within).state).toBe('promoted');
    expect(receive(bob, within)).toBe('within');
    expect(receive(bob, beyond)).toBe('beyond');
    expect(sessionOf(bob).archived).toHaveLength(MAX_ARCHIVED_STATES);
  });
});

test('a message of a chain that is known has the whole budget, however old its state is', () => {
  const alice = alices[STATES - 1]!;
  receive(bob, send(alice, 'begins a chain'));
  receive(bob, send(alices[0]!, 'swings back'));
  skip(alice, MAX_CHAIN_STEPS);
  expect(receive(bob, send(alice, 'far ahead'))).toBe('far ahead');
});

function cost(run: () => unknown): number {
  const before = performance.now();
  run();
  return performance.now() - before;
}
