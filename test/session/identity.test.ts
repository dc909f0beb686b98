/** A peer whose identity key is not the one that is trusted: nothing happens until the caller accepts the new one. */
import { encodePublicKey } from 'polyratchet/identity';
import { createSession, encodeSession, encrypt } from 'polyratchet/session';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { bytesField, currentOf, forge, PREKEY, replace, sessionOf } from '../support/forge.js';
import {
  bundleOf,
  createParty,
  pair,
  receive,
  send,
  start,
  tryReceive,
  type Party,
} from '../support/party.js';
import { rejects } from '../support/rejects.js';

/** Alice knows Bob, who has lost everything and begins anew with another identity. */
function reinstalled(): { alice: Party; old: Party; bob: Party } {
  const { alice, bob: old } = pair();
  return { alice, old, bob: createParty(7) };
}

describe('a prekey message of a new identity', () => {
  test('is refused with both keys, and accepted by calling again with the new one', () => {
    const { alice, old, bob } = reinstalled();
    start(bob, bundleOf(alice));
    const message = send(bob, 'my new phone');
    const error = rejects(alice, message, 'untrusted-identity');
    expect(error.data.expected).toEqual(old.identity.publicKey);
    expect(error.data.got).toEqual(bob.identity.publicKey);

    const result = tryReceive(alice, message, error.data.got);
    expect(new TextDecoder().decode(result.plaintext)).toBe('my new phone');
    expect(result.identity).toEqual({ kind: 'trusted', key: bob.identity.publicKey });
    expect(result.state).toBe('created');
    alice.session = result.session;
    expect(currentOf(alice).remoteIdentity).toEqual(bob.identity.publicKey);
    expect(receive(bob, send(alice, 'welcome back'))).toBe('welcome back');
  });

  test('is refused for the trusted key that is passed, whatever the session knows', () => {
    const { alice, old, bob } = reinstalled();
    start(bob, bundleOf(alice));
    const message = send(bob, 'first contact');
    const stranger = { ...alice, session: undefined };
    const trustedIdentity = old.identity.publicKey;
    const error = rejects(stranger, message, 'untrusted-identity', { trustedIdentity });
    expect(error.data.expected).toEqual(trustedIdentity);
    expect(tryReceive(stranger, message).identity).toEqual({ kind: 'first', key: bob.identity.publicKey });
  });

  test('is still a forgery if it is one, trusted or not', () => {
    const alice = createParty(1);
    const bob = createParty(2);
    const mallory = createParty(3);
    start(alice, bundleOf(bob));
    const message = send(alice, 'genuine');
    const own = replace(bytesField(PREKEY.identityKey, encodePublicKey(mallory.identity.publicKey)));
    rejects(bob, forge(message, own), 'bad-mac');
    rejects(bob, forge(message, own), 'bad-mac', { trustedIdentity: mallory.identity.publicKey });
    rejects(bob, forge(message, own), 'untrusted-identity', { trustedIdentity: alice.identity.publicKey });
    receive(bob, message);
    rejects(bob, forge(send(alice, 'second'), own), 'untrusted-identity');
  });
});

describe('a bundle of a new identity', () => {
  test('is refused with both keys, and accepted by calling again with the new one', () => {
    const { alice, old, bob } = reinstalled();
    const { identity, registrationId, random, now } = alice;
    const session = sessionOf(alice);
    const options = { identity, registrationId, bundle: bundleOf(bob), session, random, now };
    const before = encodeSession(session);
    const error = expectError('untrusted-identity', () => createSession(options));
    expect(error.data).toMatchObject({
      expected: old.identity.publicKey,
      got: bob.identity.publicKey,
    });
    expect(encodeSession(session)).toEqual(before);
    const accepted = createSession({ ...options, trustedIdentity: error.data.got });
    expect(accepted.identity).toEqual({ kind: 'trusted', key: bob.identity.publicKey });
    alice.session = accepted.session;
    expect(receive(bob, send(alice, 'hello'))).toBe('hello');
  });
});

describe('after a new identity was accepted', () => {
  function accepted(): { alice: Party; old: Party; bob: Party } {
    const { alice, old, bob } = reinstalled();
    start(bob, bundleOf(alice));
    alice.session = tryReceive(alice, send(bob, 'hello'), bob.identity.publicKey).session;
    return { alice, old, bob };
  }

  test('late messages of the old one are refused, and the new session goes on', () => {
    const { alice, old, bob } = accepted();
    const late = send(old, 'sent before the phone broke');
    for (const options of [{}, { trustedIdentity: bob.identity.publicKey }]) {
      const error = rejects(alice, late, 'untrusted-identity', options);
      expect(error.data).toMatchObject({
        expected: bob.identity.publicKey,
        got: old.identity.publicKey,
      });
    }
    expect(receive(alice, send(bob, 'goes on'))).toBe('goes on');
  });

  test('late messages of the old one are read by who trusts it', () => {
    const { alice, old } = accepted();
    const late = send(old, 'sent before the phone broke');
    const result = tryReceive(alice, late, old.identity.publicKey);
    expect(new TextDecoder().decode(result.plaintext)).toBe('sent before the phone broke');
    expect(result.state).toBe('promoted');
  });

  test('nothing is encrypted for the one that is not trusted', () => {
    const { alice, old, bob } = accepted();
    const session = sessionOf(alice);
    const options = { session, plaintext: new Uint8Array(1), now: alice.now };
    const error = expectError('untrusted-identity', () =>
      encrypt({ ...options, trustedIdentity: old.identity.publicKey }),
    );
    expect(error.data).toMatchObject({ expected: old.identity.publicKey, got: bob.identity.publicKey });
    expect(encrypt({ ...options, trustedIdentity: bob.identity.publicKey }).message.type).toBe('message');
  });
});

test('a session belongs to the identity that it was made with', () => {
  const { alice, bob } = pair();
  const other = createParty(8);
  const message = send(alice, 'genuine');
  rejects({ ...other, session: bob.session }, message, 'invalid-argument');
  expectError('invalid-argument', () => start({ ...other, session: bob.session }, bundleOf(alice)));
  expect(receive(bob, message)).toBe('genuine');
});
