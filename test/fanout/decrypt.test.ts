/** One device's message of a fanout: its padding comes off, and its errors say whose it was. */
import { decryptFrom } from 'polyratchet/fanout';
import { MAX_CHAIN_STEPS } from 'polyratchet/ratchet';
import { encodeSession, encrypt, type EncryptedMessage } from 'polyratchet/session';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  createDevice,
  receiveFrom,
  sendToAll,
  targetOf,
  tryReceiveFrom,
  type Device,
} from '../support/devices.js';
import { expectError } from '../support/errors.js';
import { flipBit, forge, replace, SIGNAL, varintField, withBytes } from '../support/forge.js';
import { bundleOf, createParty } from '../support/party.js';

let alice: Device;
let bob: Device;
beforeEach(() => {
  alice = createDevice('alice:3@example.org', 1);
  bob = createDevice('bob@example.org', 2);
  receiveFrom(bob, alice.address, sendOne(alice, bob, 'hello'));
  receiveFrom(alice, bob.address, sendOne(bob, alice, 'hello back'));
});

function sendOne(from: Device, to: Device, text: string): EncryptedMessage {
  const bundle = from.sessions.has(to.address) ? undefined : bundleOf(to.party);
  const [outcome] = sendToAll(from, text, [targetOf(from, to, bundle)]);
  if (outcome?.kind !== 'encrypted') throw new Error('not encrypted');
  return outcome.message;
}

/** A message of the session whose plaintext is not padded as it should be. */
function sendUnpadded(plaintext: Uint8Array): EncryptedMessage {
  const { session, message } = encrypt({
    session: alice.sessions.get(bob.address)!,
    plaintext,
    now: alice.party.now,
  });
  alice.sessions.set(bob.address, session);
  return message;
}

describe('an error', () => {
  const CASES: readonly (readonly [string, () => EncryptedMessage])[] = [
    [
      'bad-mac',
      () => {
        const message = sendOne(alice, bob, 'genuine');
        return withBytes(message, flipBit(message.bytes, 8 * message.bytes.length - 1));
      },
    ],
    [
      'duplicate-message',
      () => {
        const message = sendOne(alice, bob, 'genuine');
        receiveFrom(bob, alice.address, message);
        return message;
      },
    ],
    [
      'too-far-ahead',
      () => forge(sendOne(alice, bob, 'genuine'), replace(varintField(SIGNAL.counter, MAX_CHAIN_STEPS + 1))),
    ],
    [
      'no-session',
      () => {
        bob.sessions.clear();
        return sendOne(alice, bob, 'genuine');
      },
    ],
    [
      'no-prekey',
      () => {
        alice.sessions.clear();
        const message = sendOne(alice, bob, 'genuine');
        bob.party.oneTimePreKeys.clear();
        return message;
      },
    ],
    [
      'untrusted-identity',
      () => {
        bob.trusted.set(alice.address, createParty(9, 0).identity.publicKey);
        return sendOne(alice, bob, 'genuine');
      },
    ],
  ];

  test.each(CASES)('%s names the device that the message came from', (code, make) => {
    const message = make();
    const before = [...bob.sessions.values()].map(encodeSession);
    const error = expectError(code as 'bad-mac', () => tryReceiveFrom(bob, alice.address, message));
    expect(error.data.device).toBe('alice:3@example.org');
    expect(error.message).toContain('alice:3@example.org');
    expect([...bob.sessions.values()].map(encodeSession)).toEqual(before);
  });

  test.each([
    '',
    'alice',
    'alice@',
    '@x',
    'a b@x',
    'alice:0@x',
    'alice:65536@x',
    'Ålice@x',
    7,
    null,
    undefined,
  ])('invalid-argument refuses the address %s, and the message still decrypts', (device) => {
    const message = sendOne(alice, bob, 'genuine');
    const { identity, random } = bob.party;
    const session = bob.sessions.get(alice.address)!;
    expectError('invalid-argument', () =>
      decryptFrom({ device: device as string, identity, session, message, random }),
    );
    expect(receiveFrom(bob, alice.address, message)).toBe('genuine');
  });
});

describe('padding', () => {
  test.each<[string, Uint8Array]>([
    ['no bytes at all', new Uint8Array(0)],
    ['a last byte of 0', Uint8Array.of(65, 66, 0)],
    ['a last byte of 17', new Uint8Array(32).fill(17)],
    ['more padding than bytes', Uint8Array.of(5, 5, 5)],
    ['padding bytes that differ', Uint8Array.of(65, 66, 4, 3, 3)],
    ['text at the end', new TextEncoder().encode('hello')],
  ])('of %s is malformed and changes nothing', (_, plaintext) => {
    const message = sendUnpadded(plaintext);
    const before = encodeSession(bob.sessions.get(alice.address)!);
    const error = expectError('malformed', () => tryReceiveFrom(bob, alice.address, message));
    expect(error.data).toMatchObject({ what: 'plaintext', field: 'padding' });
    expect(encodeSession(bob.sessions.get(alice.address)!)).toEqual(before);
    expect(receiveFrom(bob, alice.address, sendOne(alice, bob, 'genuine'))).toBe('genuine');
  });

  test.each(Array.from({ length: 16 }, (_, i) => i + 1))('of %i bytes comes off', (length) => {
    const message = sendUnpadded(Uint8Array.of(104, 105, ...new Array<number>(length).fill(length)));
    expect(receiveFrom(bob, alice.address, message)).toBe('hi');
  });

  test('alone is an empty message', () => {
    expect(receiveFrom(bob, alice.address, sendUnpadded(new Uint8Array(16).fill(16)))).toBe('');
  });
});

test('a decrypted message is no part of a larger buffer', () => {
  const { plaintext } = tryReceiveFrom(bob, alice.address, sendOne(alice, bob, 'genuine'));
  expect(plaintext.buffer.byteLength).toBe(plaintext.length);
});
