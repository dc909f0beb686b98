/** What only Node has: other realms, pooled buffers, and an inspector that prints what it is shown. */
import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { PolyratchetError } from 'polyratchet/errors';
import { decodeSession, decrypt, encodeSession, encrypt } from 'polyratchet/session';
import { expect, test } from 'vitest';
import { sessionOf } from '../support/forge.js';
import { conversation, receive, send } from '../support/party.js';
import { caught } from '../support/rejects.js';
import { secretsOf } from '../support/secrets.js';

test('bytes of another realm, and Buffers of the pool, are taken as bytes', () => {
  const { alice, bob } = conversation();
  const foreign = (bytes: Uint8Array): Uint8Array =>
    runInContext('Uint8Array.from(bytes)', createContext({ bytes: [...bytes] })) as Uint8Array;
  for (const place of [foreign, (bytes: Uint8Array) => Buffer.from(bytes)]) {
    const bytes = place(new TextEncoder().encode('hello'));
    expect(Object.getPrototypeOf(bytes)).not.toBe(Uint8Array.prototype);
    const { session, message } = encrypt({ session: sessionOf(alice), plaintext: bytes, now: alice.now });
    alice.session = session;
    expect(receive(bob, { type: message.type, bytes: place(message.bytes) })).toBe('hello');
    const record = encodeSession(sessionOf(bob));
    expect(encodeSession(decodeSession(place(record)))).toEqual(record);
  }
});

test('a pooled Buffer gives its own bytes and not those of its neighbours', () => {
  const { alice, bob } = conversation();
  const message = send(alice, 'genuine');
  const pooled = Buffer.from(message.bytes);
  expect(pooled.buffer.byteLength).toBeGreaterThan(pooled.length);
  const { plaintext } = decrypt({
    identity: bob.identity,
    session: sessionOf(bob),
    message: { type: 'message', bytes: pooled },
    random: bob.random,
  });
  pooled.fill(0);
  expect(new TextDecoder().decode(plaintext)).toBe('genuine');
  expect(plaintext.buffer.byteLength).toBe(plaintext.length);
});

test('the inspector shows no secret of a session, an identity, a prekey, a result or an error', () => {
  const { alice, bob } = conversation();
  const message = send(alice, 'genuine');
  const forged = new Uint8Array(message.bytes).fill(7, -1);
  const { identity, session, random } = bob;
  const options = { identity, session: session!, random };
  const error = caught(() => decrypt({ ...options, message: { ...message, bytes: forged } }));
  expect(PolyratchetError.is(error, 'bad-mac')).toBe(true);
  const result = decrypt({ ...options, message });
  const secrets = [...secretsOf(bob), ...secretsOf(result)];
  expect(secrets.length).toBeGreaterThan(20);
  for (const value of [bob, session, identity, [...bob.signedPreKeys.values()], result, error]) {
    const shown = inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: null });
    const joined = shown.replaceAll(/\s+/g, ' ');
    expect(secrets.filter((secret) => joined.includes(secret))).toEqual([]);
  }
});
