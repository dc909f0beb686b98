/**
 * A prekey message without a one-time prekey can be repeated with another encoding of its base key, which nothing
 * authenticates: it must never make a second session, as long as the private key exists that could make one.
 */
import { encodePublicKey } from 'polyratchet/identity';
import {
  forgetSignedPreKey,
  MAX_ACCEPTED_ROOTS,
  MAX_ARCHIVED_STATES,
  type EncryptedMessage,
} from 'polyratchet/session';
import { beforeEach, describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/core/bytes.js';
import { bytesField, contentOf, forge, PREKEY, replace, sessionOf } from '../support/forge.js';
import { bundleOf, createParty, receive, send, start, tryReceive, type Party } from '../support/party.js';
import { torsionedTwins } from '../support/points.js';
import { rejects } from '../support/rejects.js';

let alice: Party;
let bob: Party;
let first: EncryptedMessage;
let second: EncryptedMessage;

/** The message with each of the seven other base keys that give the same shared secrets. */
function twinsOf(message: EncryptedMessage): readonly EncryptedMessage[] {
  const baseKey = contentOf(message, PREKEY.baseKey).subarray(1);
  return torsionedTwins(baseKey).map((twin) =>
    forge(message, replace(bytesField(PREKEY.baseKey, encodePublicKey(twin)))),
  );
}

beforeEach(() => {
  alice = createParty(1);
  bob = createParty(2, 0);
  start(alice, bundleOf(bob));
  first = send(alice, 'first');
  second = send(alice, 'second');
});

test('a base key has seven twins, all different, and each gives the same secrets', () => {
  const twins = twinsOf(first);
  const keys = [first, ...twins].map((message) => contentOf(message, PREKEY.baseKey));
  expect(keys.filter((key, i) => keys.findIndex((other) => equalBytes(key, other)) === i)).toHaveLength(8);
  for (const twin of twins) {
    expect(new TextDecoder().decode(tryReceive(bob, twin).plaintext)).toBe('first');
  }
});

describe('a message whose base key is a twin', () => {
  test('is a duplicate of the genuine one', () => {
    receive(bob, first);
    for (const twin of twinsOf(first)) rejects(bob, twin, 'duplicate-message');
    for (const twin of twinsOf(second).slice(0, 1)) expect(receive(bob, twin)).toBe('second');
    rejects(bob, second, 'duplicate-message');
    expect(sessionOf(bob).archived).toEqual([]);
    expect(sessionOf(bob).acceptedRoots).toHaveLength(1);
  });

  test('that comes first makes the one session there is', () => {
    const [twin] = twinsOf(first);
    expect(receive(bob, twin!)).toBe('first');
    rejects(bob, first, 'duplicate-message');
    expect(receive(bob, second)).toBe('second');
    expect(receive(alice, send(bob, 'answer'))).toBe('answer');
    expect(receive(bob, send(alice, 'goes on'))).toBe('goes on');
    expect(sessionOf(bob).archived).toEqual([]);
  });

  test('finds no session any more once the state has been dropped, and makes none', () => {
    receive(bob, first);
    for (let i = 0; i < MAX_ARCHIVED_STATES + 1; i++) {
      start(alice, bundleOf(bob));
      receive(bob, send(alice, 'anew'));
    }
    rejects(bob, first, 'key-gone');
    rejects(bob, second, 'key-gone');
    for (const twin of twinsOf(second).slice(0, 2)) rejects(bob, twin, 'key-gone');
  });

  test('finds no prekey any more once that has been erased and its marks forgotten', () => {
    receive(bob, first);
    bob.signedPreKeys.delete(1);
    bob.session = forgetSignedPreKey({ session: sessionOf(bob), signedPreKeyId: 1 });
    expect(bob.session.acceptedRoots).toEqual([]);
    for (const twin of twinsOf(first)) {
      expect(rejects(bob, twin, 'no-prekey').data).toEqual({ kind: 'signed', id: 1 });
    }
    rejects(bob, first, 'duplicate-message');
    expect(receive(bob, second)).toBe('second');
  });

  test('is recognised by the state that it made, even if the marks were forgotten too early', () => {
    receive(bob, first);
    bob.session = forgetSignedPreKey({ session: sessionOf(bob), signedPreKeyId: 1 });
    for (const twin of twinsOf(first)) rejects(bob, twin, 'duplicate-message');
    expect(receive(bob, twinsOf(second)[0]!)).toBe('second');
    expect(sessionOf(bob).archived).toEqual([]);
  });

  test('is recognised by the state that it made, even if 1,000 later marks have displaced its own', () => {
    receive(bob, first);
    const marks = Array.from({ length: MAX_ACCEPTED_ROOTS }, (_, i) => ({
      signedPreKeyId: 1,
      rootTag: new Uint8Array(16).fill(i),
    }));
    bob.session = { ...sessionOf(bob), acceptedRoots: marks };
    for (const twin of twinsOf(first)) rejects(bob, twin, 'duplicate-message');
    expect(sessionOf(bob).archived).toEqual([]);
  });
});

test('forgetting a signed prekey leaves the marks of the others', () => {
  receive(bob, first);
  const [mark] = sessionOf(bob).acceptedRoots;
  const other = { ...mark!, signedPreKeyId: 2 };
  const session = { ...sessionOf(bob), acceptedRoots: [mark!, other] };
  expect(forgetSignedPreKey({ session, signedPreKeyId: 1 }).acceptedRoots).toEqual([other]);
  expect(forgetSignedPreKey({ session, signedPreKeyId: 2 }).acceptedRoots).toEqual([mark]);
  expect(forgetSignedPreKey({ session, signedPreKeyId: 3 })).toEqual(session);
});
