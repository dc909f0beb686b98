/** Prekeys: missing, used up, rotated, erased, with every id there can be, and mixed up by the server. */
import { generateSignedPreKey, type OneTimePreKey, type SignedPreKey } from 'polyratchet/identity';
import { createSession, peekPreKeyMessage } from 'polyratchet/session';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { currentOf, sessionOf } from '../support/forge.js';
import {
  bundleOf,
  copyOf,
  createParty,
  receive,
  send,
  start,
  strangers,
  towardsAnother,
  tryReceive,
  type Party,
} from '../support/party.js';
import { rejects } from '../support/rejects.js';

function rotate(party: Party, id: number): void {
  const { identity, random, now } = party;
  party.signedPreKeys.set(id, generateSignedPreKey({ identity, id, random, now }));
}

describe('a one-time prekey', () => {
  test('that is missing is named, and the session begins once it is found', () => {
    const { alice, bob } = strangers();
    start(alice, bundleOf(bob));
    const message = send(alice, 'genuine');
    const lost = copyOf(bob);
    lost.oneTimePreKeys.clear();
    expect(rejects(lost, message, 'no-prekey').data).toEqual({ kind: 'one-time', id: 1 });
    expect(receive(bob, message)).toBe('genuine');
  });

  test('serves the first of two senders', () => {
    const { alice, bob } = strangers();
    const carol = createParty(3);
    const bundle = bundleOf(bob);
    start(alice, bundle);
    start(carol, bundle);
    const [fromAlice, fromCarol] = [send(alice, 'from Alice'), send(carol, 'from Carol')];
    expect(receive(bob, fromAlice)).toBe('from Alice');
    const bobToCarol = towardsAnother(bob);
    expect(rejects(bobToCarol, fromCarol, 'no-prekey').data).toEqual({ kind: 'one-time', id: 1 });
    start(carol, bundleOf(bob));
    expect(receive(bobToCarol, send(carol, 'again'))).toBe('again');
  });

  test('is reported as consumed by the first message only, and not needed by the others', () => {
    const { alice, bob } = strangers();
    start(alice, bundleOf(bob));
    const messages = ['0', '1', '2'].map((text) => send(alice, text));
    expect(tryReceive(bob, messages[1]!).consumed).toEqual({ oneTimePreKeyId: 1 });
    receive(bob, messages[1]!);
    expect([...bob.oneTimePreKeys.keys()]).toEqual([2]);
    expect(tryReceive(bob, messages[0]!).consumed).toEqual({});
    bob.signedPreKeys.clear();
    bob.oneTimePreKeys.clear();
    expect(receive(bob, messages[0]!)).toBe('0');
    expect(receive(bob, messages[2]!)).toBe('2');
    rejects(bob, messages[1]!, 'duplicate-message');
  });

  test('may be absent from a bundle', () => {
    const { alice, bob } = strangers(0);
    start(alice, bundleOf(bob));
    const message = send(alice, 'without');
    expect(peekPreKeyMessage(message.bytes)).not.toHaveProperty('oneTimePreKeyId');
    expect(tryReceive(bob, message).consumed).toEqual({});
    expect(receive(bob, message)).toBe('without');
  });

  test('that is passed although the message names none is not used', () => {
    const { alice, bob } = strangers();
    start(alice, bundleOf(bob, false));
    const message = send(alice, 'without');
    const { session, consumed } = tryReceive(bob, message);
    expect(session.current?.remoteIdentity).toEqual(alice.identity.publicKey);
    expect(consumed).toEqual({});
  });

  test.each<[string, (party: Party) => OneTimePreKey]>([
    ['of another id', (bob) => bob.oneTimePreKeys.get(2)!],
    ['of the right id and another key', (bob) => ({ ...bob.oneTimePreKeys.get(2)!, id: 1 })],
  ])('%s opens nothing', (_, other) => {
    const { alice, bob } = strangers();
    start(alice, bundleOf(bob));
    const message = send(alice, 'genuine');
    const wrong = { ...bob, oneTimePreKeys: new Map([[1, other(bob)]]) };
    rejects(wrong, message, wrong.oneTimePreKeys.get(1)!.id === 1 ? 'bad-mac' : 'no-prekey');
    expect(receive(bob, message)).toBe('genuine');
  });
});

describe('a signed prekey', () => {
  test('that was replaced still opens sessions while it is kept, and none once it is erased', () => {
    const { alice, bob } = strangers();
    const carol = createParty(3);
    const bundle = bundleOf(bob, false);
    start(alice, bundle);
    start(carol, bundle);
    const [inTime, tooLate] = [send(alice, 'in time'), send(carol, 'too late')];
    rotate(bob, 2);
    expect(receive(bob, inTime)).toBe('in time');
    bob.signedPreKeys.delete(1);
    const error = rejects(towardsAnother(bob), tooLate, 'no-prekey');
    expect(error.data).toEqual({ kind: 'signed', id: 1 });
    start(carol, bundleOf(bob));
    expect(receive(towardsAnother(bob), send(carol, 'anew'))).toBe('anew');
  });

  test('is not needed any more by sessions that it opened', () => {
    const { alice, bob } = strangers();
    start(alice, bundleOf(bob));
    const later = [send(alice, 'first'), send(alice, 'second'), send(alice, 'third')];
    receive(bob, later[0]!);
    bob.signedPreKeys.clear();
    expect(receive(bob, later[2]!)).toBe('third');
    receive(alice, send(bob, 'answer'));
    expect(receive(bob, send(alice, 'ordinary'))).toBe('ordinary');
    expect(receive(bob, later[1]!)).toBe('second');
  });

  test('of the right id and another key opens nothing', () => {
    const { alice, bob } = strangers();
    start(alice, bundleOf(bob));
    const message = send(alice, 'genuine');
    const other: SignedPreKey = { ...createParty(5).signedPreKeys.get(1)!, id: 1 };
    rejects({ ...bob, signedPreKeys: new Map([[1, other]]) }, message, 'bad-mac');
    expect(receive(bob, message)).toBe('genuine');
  });

  test('that is old is taken from a bundle: the server alone knows which is the newest', () => {
    const { alice, bob } = strangers();
    const old = bundleOf(bob);
    rotate(bob, 2);
    start(alice, old);
    expect(receive(bob, send(alice, 'old'))).toBe('old');
  });
});

describe('the id of a prekey', () => {
  test.each([[0], [1], [2 ** 24 - 1], [2 ** 24], [2 ** 32 - 1]])('may be %i', (id) => {
    const { alice, bob } = strangers();
    const [signedPreKey] = bob.signedPreKeys.values();
    const [oneTimePreKey] = bob.oneTimePreKeys.values();
    const renumbered: Party = {
      ...bob,
      signedPreKeys: new Map([[id, { ...signedPreKey!, id }]]),
      oneTimePreKeys: new Map([[id, { ...oneTimePreKey!, id }]]),
    };
    start(alice, bundleOf(renumbered));
    const message = send(alice, 'genuine');
    expect(peekPreKeyMessage(message.bytes)).toMatchObject({ signedPreKeyId: id, oneTimePreKeyId: id });
    expect(tryReceive(renumbered, message).consumed).toEqual({ oneTimePreKeyId: id });
    expect(receive(renumbered, message)).toBe('genuine');
    expect(renumbered.oneTimePreKeys.size).toBe(0);
  });

  test.each([
    [-1],
    [2 ** 32],
    [1.5],
    [NaN],
    [-0],
    [2 ** 53],
    [1n],
    ['1'],
    [null],
    [{ valueOf: (): number => 1 }],
  ])('may not be %s', (wrong) => {
    const { alice, bob } = strangers();
    const id = wrong as number;
    const bundle = bundleOf(bob);
    const { signedPreKey, oneTimePreKey } = bundle;
    for (const forged of [
      { ...bundle, signedPreKey: { ...signedPreKey, id } },
      { ...bundle, oneTimePreKey: { ...oneTimePreKey!, id } },
      { ...bundle, registrationId: id },
    ]) {
      expectError('invalid-argument', () => start(alice, forged));
    }
    expectError('invalid-argument', () => start({ ...alice, registrationId: id }, bundle));
    start(alice, bundle);
    expect(receive(bob, send(alice, 'genuine'))).toBe('genuine');
  });
});

describe('a server', () => {
  test('that hands out the same bundle twice makes two sessions, of which one needs no one-time prekey', () => {
    const { alice, bob } = strangers();
    const bundle = bundleOf(bob);
    start(alice, bundle);
    const first = send(alice, 'first');
    start(alice, bundle);
    const second = send(alice, 'second');
    expect(currentOf(alice).baseKey).not.toEqual(sessionOf(alice).archived[0]!.baseKey);
    expect(receive(bob, first)).toBe('first');
    rejects(bob, second, 'no-prekey');
  });

  test('that hands out the same bundle twice without a one-time prekey makes two sessions', () => {
    const { alice, bob } = strangers(0);
    const bundle = bundleOf(bob);
    start(alice, bundle);
    const first = send(alice, 'first');
    start(alice, bundle);
    const second = send(alice, 'second');
    expect(receive(bob, second)).toBe('second');
    expect(receive(bob, first)).toBe('first');
    expect(sessionOf(bob).archived).toHaveLength(1);
  });

  test('that mixes keys of two devices is caught by the signature, or opens nothing', () => {
    const { alice, bob } = strangers();
    const [mine, other] = [bundleOf(bob), bundleOf(createParty(3))];
    for (const mixed of [
      { ...mine, identityKey: other.identityKey },
      { ...mine, signedPreKey: other.signedPreKey },
    ]) {
      expectError('invalid-signature', () => start(alice, mixed));
    }
    start(alice, { ...mine, oneTimePreKey: other.oneTimePreKey! });
    rejects(bob, send(alice, 'under a foreign one-time prekey'), 'bad-mac');
    expect([...bob.oneTimePreKeys.keys()]).toEqual([1, 2]);
  });

  test('that names another registration id is believed: nothing authenticates it', () => {
    const { alice, bob } = strangers();
    start(alice, { ...bundleOf(bob), registrationId: 77 });
    expect(currentOf(alice).remoteRegistrationId).toBe(77);
    expect(receive(bob, send(alice, 'genuine'))).toBe('genuine');
    expect(currentOf(bob).remoteRegistrationId).toBe(alice.registrationId);
  });
});

test('a bundle starts a session with any session before it, whose current state is archived', () => {
  const { alice, bob } = strangers();
  const { identity, registrationId, random, now } = alice;
  start(alice, bundleOf(bob));
  const before = currentOf(alice);
  const { session } = createSession({
    identity,
    registrationId,
    bundle: bundleOf(bob),
    session: sessionOf(alice),
    random,
    now,
  });
  expect(session.archived).toEqual([before]);
});
