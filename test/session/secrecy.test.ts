/** Errors are printed, logged and sent to strangers: none of them holds a secret. */
import { PolyratchetError, type ErrorCode } from 'polyratchet/errors';
import { encodePublicKey } from 'polyratchet/identity';
import { decodeSession, encodeSession, encrypt, type EncryptedMessage } from 'polyratchet/session';
import { describe, expect, test } from 'vitest';
import { reveal } from '../../src/core/secret.js';
import { COUNTER_LIMIT, MAX_CHAIN_STEPS, MAX_RATCHET_PLAINTEXT } from 'polyratchet/ratchet';
import {
  alterRatchet,
  bytesField,
  currentOf,
  flipBit,
  forge,
  PREKEY,
  replace,
  sessionOf,
  SIGNAL,
  skip,
  varintField,
  withBytes,
} from '../support/forge.js';
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
import { caught } from '../support/rejects.js';
import { expectNoSecrets, secretsOf } from '../support/secrets.js';

/** Fails with each code that a session can fail with. */
const FAILURES: Partial<Record<ErrorCode, (alice: Party, bob: Party, message: EncryptedMessage) => unknown>> =
  {
    'invalid-argument': (_, bob, message) =>
      tryReceive({ ...bob, random: () => reveal(bob.identity.privateKey).subarray(1) }, message),
    malformed: (_, bob) => decodeSession(encodeSession(sessionOf(bob)).subarray(0, 200)),
    'too-large': (alice) =>
      encrypt({ session: sessionOf(alice), plaintext: new Uint8Array(MAX_RATCHET_PLAINTEXT + 1), now: 1 }),
    'legacy-version': (_, bob, message) =>
      tryReceive(bob, withBytes(message, new Uint8Array(message.bytes).fill(0x23, 0, 1))),
    'unknown-version': (_, bob, message) =>
      tryReceive(bob, withBytes(message, new Uint8Array(message.bytes).fill(0x44, 0, 1))),
    'newer-format': (_, bob) => decodeSession(encodeSession(sessionOf(bob)).fill(2, 0, 1)),
    'invalid-key': (_, bob, message) =>
      tryReceive(
        bob,
        forge(message, replace(bytesField(SIGNAL.ratchetKey, new Uint8Array(33).fill(5, 0, 1)))),
      ),
    'invalid-signature': (alice, bob) => {
      const bundle = bundleOf(bob);
      start(alice, {
        ...bundle,
        signedPreKey: { ...bundle.signedPreKey, id: 1, signature: new Uint8Array(64) },
      });
    },
    'bad-mac': (_, bob, message) =>
      tryReceive(bob, withBytes(message, flipBit(message.bytes, 8 * message.bytes.length - 1))),
    'duplicate-message': (_, bob, message) => {
      receive(bob, message);
      tryReceive(bob, message);
    },
    'key-gone': (alice, bob, message) => {
      skip(alice, 2_100);
      receive(bob, send(alice, 'ahead'));
      tryReceive(bob, message);
    },
    'too-far-ahead': (_, bob, message) =>
      tryReceive(bob, forge(message, replace(varintField(SIGNAL.counter, MAX_CHAIN_STEPS + 1)))),
    'no-session': (_, bob, message) => tryReceive({ ...bob, session: undefined }, message),
    'no-prekey': (alice, bob) => {
      start(alice, bundleOf(bob));
      const message = send(alice, 'anew');
      tryReceive({ ...bob, oneTimePreKeys: new Map() }, message);
    },
    'session-expired': (alice, bob) => {
      start(alice, bundleOf(bob));
      alice.now = 2 ** 50;
      send(alice, 'too late');
    },
    'untrusted-identity': (alice, bob) => {
      start(alice, bundleOf(bob));
      const other = encodePublicKey(createParty(9).identity.publicKey);
      tryReceive(bob, forge(send(alice, 'anew'), replace(bytesField(PREKEY.identityKey, other))));
    },
    'counter-exhausted': (alice) => {
      alterRatchet(alice, (ratchet) => ({
        ...ratchet,
        sending: { ...ratchet.sending, counter: COUNTER_LIMIT },
      }));
      send(alice, 'one too many');
    },
  };

describe('an error', () => {
  test.each(Object.entries(FAILURES))('of code %s shows no secret', (code, fail) => {
    const { alice, bob } = pair();
    const message = send(alice, 'genuine');
    const error = caught(() => fail(alice, bob, message));
    expect(PolyratchetError.is(error, code as ErrorCode) ? code : error).toBe(code);
    expectNoSecrets(error, [...secretsOf(alice), ...secretsOf(bob)]);
  });
});

test('the search finds a secret in whatever form an error might show it', () => {
  const { bob } = pair();
  const { rootKey } = currentOf(bob).ratchet;
  const bytes = reveal(rootKey);
  const secrets = secretsOf(bob);
  const [hex, base64] = [
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''),
    btoa(String.fromCharCode(...bytes)),
  ];
  for (const leak of [
    new Error(hex),
    new Error(`key ${base64}`),
    new Error('key', { cause: { bytes } }),
    Object.assign(new Error('key'), { data: { list: [...bytes] } }),
    Object.assign(new Error('key'), { data: new Map([['key', bytes]]) }),
    new Error(String(bytes)),
  ]) {
    expect(caught(() => expectNoSecrets(leak, secrets))).toBeDefined();
  }
  expectNoSecrets(new Error('key'), secrets);
});

test('text, JSON and structured clones of a session show no secret', () => {
  const { bob } = pair();
  const secrets = secretsOf(bob);
  expectNoSecrets(JSON.stringify(bob.session), secrets);
  expectNoSecrets(String(currentOf(bob).ratchet.rootKey), secrets);
  expectNoSecrets(structuredClone(bob.session), secrets);
});
