/** Keys that must not be used: refused wherever one can come in, before there is any state. */
import { encodePublicKey, sign, type PreKeyBundle } from 'polyratchet/identity';
import { createSession, encodeSession, type EncryptedMessage } from 'polyratchet/session';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { expectError } from '../support/errors.js';
import {
  bytesField,
  flipBit,
  forge,
  forgeInner,
  PREKEY,
  replace,
  sendAltered,
  SIGNAL,
} from '../support/forge.js';
import { bundleOf, copyOf, createParty, pair, receive, send, start, type Party } from '../support/party.js';
import { LOW_ORDER, NON_CANONICAL, torsionedTwins, withHighBit } from '../support/points.js';
import { rejects } from '../support/rejects.js';

const begun = { alice: createParty(1), bob: createParty(2) };
const bundle = bundleOf(begun.bob);
start(begun.alice, bundle);

let alice: Party;
let bob: Party;

/** A genuine prekey message to Bob. */
function prekey(): EncryptedMessage {
  [alice, bob] = [copyOf(begun.alice), copyOf(begun.bob)];
  return send(alice, 'genuine');
}

const KEY = pair().alice.identity.publicKey;
const BAD_KEYS: readonly (readonly [string, readonly Uint8Array[], 'low-order' | 'non-canonical'])[] = [
  ['of low order', LOW_ORDER.slice(0, 5), 'low-order'],
  ['of low order and not canonical', [...LOW_ORDER.slice(5), ...LOW_ORDER.map(withHighBit)], 'non-canonical'],
  ['not canonical', NON_CANONICAL, 'non-canonical'],
  ['with the high bit set', [withHighBit(KEY)], 'non-canonical'],
];

describe.each(BAD_KEYS)('a public key %s is refused', (_, keys, why) => {
  test.each([
    ['base key', PREKEY.baseKey],
    ['identity key', PREKEY.identityKey],
  ])('as the %s of a prekey message', (_role, number) => {
    const message = prekey();
    for (const key of keys) {
      const error = rejects(
        bob,
        forge(message, replace(bytesField(number, encodePublicKey(key)))),
        'invalid-key',
      );
      expect(error.data).toMatchObject({ why });
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  test('as the ratchet key of a prekey message', () => {
    const message = prekey();
    for (const key of keys) {
      const change = replace(bytesField(SIGNAL.ratchetKey, encodePublicKey(key)));
      const forged = forgeInner(message, (inner) => forge(inner, change));
      expect(rejects(bob, forged, 'invalid-key').data).toMatchObject({ why });
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  test('as the ratchet key of an authentic message', () => {
    ({ alice, bob } = pair());
    for (const key of keys) {
      const message = sendAltered(
        alice,
        'malicious',
        replace(bytesField(SIGNAL.ratchetKey, encodePublicKey(key))),
      );
      expect(rejects(bob, message, 'invalid-key').data).toMatchObject({ why });
    }
    expect(receive(bob, send(alice, 'genuine'))).toBe('genuine');
  });

  test.each<[string, (key: Uint8Array) => PreKeyBundle]>([
    ['identity key', (identityKey) => ({ ...bundle, identityKey })],
    ['signed prekey', (publicKey) => ({ ...bundle, signedPreKey: { ...bundle.signedPreKey, publicKey } })],
    ['one-time prekey', (publicKey) => ({ ...bundle, oneTimePreKey: { id: 1, publicKey } })],
  ])('as the %s of a bundle', (_role, forged) => {
    for (const key of keys) {
      expect(refusesBundle(forged(key), 'invalid-key').data).toMatchObject({ why });
    }
  });
});

describe('a public key in a message', () => {
  const POSITIONS = [
    [
      'base key',
      (message: EncryptedMessage, key: Uint8Array) =>
        forge(message, replace(bytesField(PREKEY.baseKey, key))),
    ],
    [
      'identity key',
      (message: EncryptedMessage, key: Uint8Array) =>
        forge(message, replace(bytesField(PREKEY.identityKey, key))),
    ],
    [
      'ratchet key',
      (message: EncryptedMessage, key: Uint8Array) =>
        forgeInner(message, (inner) => forge(inner, replace(bytesField(SIGNAL.ratchetKey, key)))),
    ],
  ] as const;

  test.each(POSITIONS)('that is the %s has type byte 5', (_, forged) => {
    const message = prekey();
    for (const type of [0, 4, 6, 0x85, 255]) {
      const error = rejects(bob, forged(message, concat(Uint8Array.of(type), KEY)), 'invalid-key');
      expect(error.data).toMatchObject({ why: 'type-byte' });
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  test.each(POSITIONS)('that is the %s has 33 bytes', (_, forged) => {
    const message = prekey();
    const long = concat(encodePublicKey(KEY), KEY);
    for (const length of [0, 1, 31, 32, 34, 65]) {
      rejects(bob, forged(message, long.subarray(0, length)), 'malformed');
    }
    rejects(bob, forged(message, KEY), 'malformed');
    expect(receive(bob, message)).toBe('genuine');
  });
});

describe("one's own identity key", () => {
  test('is no peer in a bundle', () => {
    const [own] = [copyOf(begun.bob)];
    const { identity, registrationId, random, now } = own;
    const error = expectError('invalid-key', () =>
      createSession({ identity, registrationId, bundle, random, now }),
    );
    expect(error.data).toMatchObject({ why: 'own-key' });
  });

  test('is no peer in a prekey message', () => {
    const message = prekey();
    const own = bytesField(PREKEY.identityKey, encodePublicKey(bob.identity.publicKey));
    const error = rejects(bob, forge(message, replace(own)), 'invalid-key');
    expect(error.data).toMatchObject({ why: 'own-key' });
    expect(receive(bob, message)).toBe('genuine');
  });

  test('makes a message that comes back to its sender a forgery', () => {
    ({ alice, bob } = pair());
    const message = send(alice, 'genuine');
    rejects(alice, message, 'bad-mac');
    const begins = prekey();
    rejects(alice, begins, 'invalid-key');
    expect(receive(bob, begins)).toBe('genuine');
  });
});

describe('the signed prekey of a bundle', () => {
  beforeEach(() => {
    alice = createParty(1);
  });

  const withSignature = (signature: Uint8Array): PreKeyBundle => ({
    ...bundle,
    signedPreKey: { ...bundle.signedPreKey, signature },
  });

  test('is refused with any bit of its signature turned', () => {
    const stride = inject('backend') === 'node' ? 1 : 31;
    for (let bit = 0; bit < 512; bit += stride) {
      refusesBundle(withSignature(flipBit(bundle.signedPreKey.signature, bit)), 'invalid-signature');
    }
    refusesBundle(withSignature(flipBit(bundle.signedPreKey.signature, 511)), 'invalid-signature');
  });

  test('is refused with a signature of another length', () => {
    const { signature } = bundle.signedPreKey;
    for (const other of [signature.subarray(0, 63), concat(signature, Uint8Array.of(0)), new Uint8Array(0)]) {
      refusesBundle(withSignature(other), 'invalid-signature');
    }
    refusesBundle(withSignature(new Uint8Array(64)), 'invalid-signature');
  });

  test('is refused if another identity signed it', () => {
    const { identity, random } = createParty(3);
    const message = encodePublicKey(bundle.signedPreKey.publicKey);
    const error = refusesBundle(withSignature(sign({ identity, message, random })), 'invalid-signature');
    expect(error.data).toMatchObject({ what: 'signed prekey', signer: bundle.identityKey });
  });

  test('is refused if the 32 bytes without the type byte were signed', () => {
    const { identity, random } = begun.bob;
    const message = bundle.signedPreKey.publicKey;
    refusesBundle(withSignature(sign({ identity, message, random })), 'invalid-signature');
  });

  test('is refused with a torsioned twin of its key or of the identity', () => {
    for (const publicKey of torsionedTwins(bundle.signedPreKey.publicKey)) {
      refusesBundle({ ...bundle, signedPreKey: { ...bundle.signedPreKey, publicKey } }, 'invalid-signature');
    }
    for (const identityKey of torsionedTwins(bundle.identityKey)) {
      refusesBundle({ ...bundle, identityKey }, 'invalid-signature');
    }
  });
});

test('a ratchet key or an identity key with a torsioned twin is another key, and its message a forgery', () => {
  const message = prekey();
  const { identityKey } = bundleOf(alice);
  for (const twin of torsionedTwins(identityKey).slice(0, 2)) {
    rejects(bob, forge(message, replace(bytesField(PREKEY.identityKey, encodePublicKey(twin)))), 'bad-mac');
  }
  const own = alice.session?.current?.ratchet.sending.ratchetKey.publicKey;
  for (const twin of torsionedTwins(own!).slice(0, 2)) {
    const change = replace(bytesField(SIGNAL.ratchetKey, encodePublicKey(twin)));
    rejects(
      bob,
      forgeInner(message, (inner) => forge(inner, change)),
      'bad-mac',
    );
  }
  expect(receive(bob, message)).toBe('genuine');
});

/** Neither a first session nor one that replaces another is made from the bundle. */
function refusesBundle<Code extends 'invalid-key' | 'invalid-signature'>(
  forged: PreKeyBundle,
  code: Code,
): ReturnType<typeof expectError<Code>> {
  const { identity, registrationId, random, now } = copyOf(begun.alice);
  const options = { identity, registrationId, bundle: forged, random, now };
  const session = begun.alice.session!;
  const before = encodeSession(session);
  expectError(code, () => createSession({ ...options, session }));
  expect(encodeSession(session)).toEqual(before);
  return expectError(code, () => createSession(options));
}
