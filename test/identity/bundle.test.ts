import {
  createBundle,
  decodeBundle,
  encodeBundle,
  importIdentity,
  publicPreKey,
  publicSignedPreKey,
  sign,
  validateBundle,
  verify,
  type PreKeyBundle,
} from 'polyratchet/identity';
import { PolyratchetError } from 'polyratchet/errors';
import { describe, expect, inject, test } from 'vitest';
import { encodePublicKey } from '../../src/wire/index.js';
import { notBytes, notObjects, notUint32 } from '../core/inputs.js';
import { lowOrderKeys, nonCanonicalKeys } from '../crypto/lowOrder.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { cloneBundle, createDevice, flipped } from './device.js';

const { identity, signedPreKey, oneTimePreKey, bundle } = createDevice(1);

/** Every way in which an untrusted bundle becomes a valid one. */
const checks: readonly (readonly [name: string, check: (bundle: PreKeyBundle) => unknown])[] = [
  ['validateBundle', validateBundle],
  ['encodeBundle', encodeBundle],
];

describe('a bundle', () => {
  test('holds the public keys of its device, with or without a one-time prekey', () => {
    expect(bundle).toEqual({
      registrationId: 4711,
      identityKey: identity.publicKey,
      signedPreKey: { id: 7, publicKey: signedPreKey.publicKey, signature: signedPreKey.signature },
      oneTimePreKey: { id: 41, publicKey: oneTimePreKey.publicKey },
    });
    const without = createBundle({ identity, registrationId: 4711, signedPreKey });
    expect(Object.keys(without)).not.toContain('oneTimePreKey');
    expect(validateBundle(without)).toEqual(without);
  });

  test('is valid, and comes back from its bytes', () => {
    expect(validateBundle(bundle)).toEqual(bundle);
    expect(decodeBundle(encodeBundle(bundle))).toEqual(bundle);
  });

  test('of an imported identity is valid', () => {
    const imported = importIdentity(seededRandom(5)(32));
    const signature = sign({
      identity: imported,
      message: encodePublicKey(signedPreKey.publicKey),
      random: seededRandom(6),
    });
    const made = createBundle({
      identity: imported,
      registrationId: 1,
      signedPreKey: { ...signedPreKey, signature },
    });
    expect(validateBundle(made)).toEqual(made);
  });

  test('may have any 32-bit registration id and prekey ids, 0 included', () => {
    for (const id of [0, 1, 2 ** 24, 2 ** 32 - 1]) {
      const other = withFields({
        registrationId: id,
        signedPreKey: { ...bundle.signedPreKey, id },
        oneTimePreKey: { ...bundle.oneTimePreKey!, id },
      });
      expect(decodeBundle(encodeBundle(other))).toEqual(other);
    }
  });
});

describe.each(checks)('%s refuses', (_, check) => {
  test('each of the 512 flipped bits of the signature', () => {
    const step = inject('backend') === 'node' ? 1 : 17;
    for (let bit = 0; bit < 512; bit += step) {
      const { data } = expectError('invalid-signature', () =>
        check(withSignature(flipped(bundle.signedPreKey.signature, bit))),
      );
      expect(data).toEqual({ what: 'signed prekey', signer: identity.publicKey });
    }
  });

  test('a signature over the 32 bytes of the key instead of its 33-byte form', () => {
    const signature = sign({ identity, message: signedPreKey.publicKey, random: seededRandom(7) });
    expectError('invalid-signature', () => check(withSignature(signature)));
  });

  test('a signature by another identity, and the identity of another device', () => {
    const other = createDevice(2);
    expectError('invalid-signature', () => check(withFields({ signedPreKey: other.bundle.signedPreKey })));
    expectError('invalid-signature', () => check(withFields({ identityKey: other.identity.publicKey })));
  });

  test('a signature of another prekey of the same device', () => {
    const signature = sign({
      identity,
      message: encodePublicKey(oneTimePreKey.publicKey),
      random: seededRandom(7),
    });
    expectError('invalid-signature', () => check(withSignature(signature)));
  });

  test('a signature of another length', () => {
    for (const length of [0, 63, 65]) {
      expectError('invalid-signature', () => check(withSignature(new Uint8Array(length))));
    }
  });

  test('keys of low order, not canonical, in the 33-byte form or of another length, in every place', () => {
    const bad = [...lowOrderKeys, ...nonCanonicalKeys].map(([, key]) => key);
    const wrongLengths = [
      encodePublicKey(identity.publicKey),
      ...[0, 31, 33].map((n) => new Uint8Array(n).fill(9)),
    ];
    for (const key of [...bad, ...wrongLengths]) {
      for (const place of keyPlaces) {
        const { data } = expectError('invalid-key', () => check(replaced(place, key)));
        expect(data.role).toBe(roles[place]);
      }
    }
  });

  test.each(notBytes)('%s in the place of a key or of the signature', (_name, value) => {
    for (const place of [...keyPlaces, 'signedPreKey.signature']) {
      expectError('invalid-argument', () => check(replaced(place, value)));
    }
  });

  test.each(notUint32)('%s in the place of an id', (_name, value) => {
    for (const place of ['registrationId', 'signedPreKey.id', 'oneTimePreKey.id']) {
      expectError('invalid-argument', () => check(replaced(place, value)));
    }
  });

  test.each(notObjects)('%s in the place of an object', (_name, value) => {
    expectError('invalid-argument', () => check(value as PreKeyBundle));
    expectError('invalid-argument', () => check(replaced('signedPreKey', value)));
    if (value !== undefined) expectError('invalid-argument', () => check(replaced('oneTimePreKey', value)));
  });

  test.each([[{}], [[]], [new Map()], [new Uint8Array(32)], [Object.create(null) as object]])(
    'an empty object, %o, in the place of an object',
    (value) => {
      for (const place of ['signedPreKey', 'oneTimePreKey']) {
        expectError('invalid-argument', () => check(replaced(place, value)));
      }
      expectError('invalid-argument', () => check(value as PreKeyBundle));
    },
  );
});

describe('a valid bundle', () => {
  test('does not change with the bundle that was checked', () => {
    const input = cloneBundle(bundle);
    const valid = validateBundle(input);
    for (const bytes of bytesOf(input)) bytes.fill(0);
    expect(valid).toEqual(bundle);
  });

  test('does not give a way back into the bundle that was checked', () => {
    const input = cloneBundle(bundle);
    for (const bytes of bytesOf(validateBundle(input))) bytes.fill(0);
    expect(input).toEqual(bundle);
  });

  test('is what was checked, even if the properties change while they are read', () => {
    const other = createDevice(3).bundle;
    const valid = validateBundle(alternating(bundle, other) as unknown as PreKeyBundle);
    const message = encodePublicKey(valid.signedPreKey.publicKey);
    const { identityKey, signedPreKey: signed } = valid;
    expect(verify({ publicKey: identityKey, message, signature: signed.signature })).toBe(true);
    expect(valid).toEqual(bundle);
  });

  test('has no properties beside the known ones', () => {
    const extended = { ...cloneBundle(bundle), more: 1, signedPreKey: { ...bundle.signedPreKey, more: 2 } };
    expect(validateBundle(extended)).toEqual(bundle);
  });
});

describe('the public parts', () => {
  test('have no private key', () => {
    expect(Object.keys(publicPreKey(oneTimePreKey)).sort()).toEqual(['id', 'publicKey']);
    expect(Object.keys(publicSignedPreKey(signedPreKey)).sort()).toEqual(['id', 'publicKey', 'signature']);
  });

  test('may be overwritten without harm to the private ones', () => {
    const device = createDevice(4);
    const made = createBundle({ ...device, registrationId: 4711 });
    for (const bytes of bytesOf(made)) bytes.fill(0);
    expect(createBundle({ ...device, registrationId: 4711 })).toEqual(createDevice(4).bundle);
  });
});

test('an error of a bundle never holds anything but public keys', () => {
  try {
    validateBundle(withSignature(new Uint8Array(64)));
    expect.unreachable();
  } catch (error) {
    expect(PolyratchetError.is(error, 'invalid-signature') && Object.keys(error.data)).toEqual([
      'what',
      'signer',
    ]);
  }
});

/** Where keys stand in a bundle. */
const keyPlaces = ['identityKey', 'signedPreKey.publicKey', 'oneTimePreKey.publicKey'] as const;

/** What errors call the keys in those places. */
const roles: Readonly<Record<(typeof keyPlaces)[number], string>> = {
  identityKey: 'identity key',
  'signedPreKey.publicKey': 'signed prekey',
  'oneTimePreKey.publicKey': 'one-time prekey',
};

function withFields(fields: Partial<PreKeyBundle>): PreKeyBundle {
  return { ...cloneBundle(bundle), ...fields };
}

function withSignature(signature: Uint8Array): PreKeyBundle {
  return withFields({ signedPreKey: { ...bundle.signedPreKey, signature } });
}

/** The bundle with another value in a place such as `signedPreKey.id`. */
function replaced(place: string, value: unknown): PreKeyBundle {
  const [outer = '', inner] = place.split('.');
  const part = bundle[outer as keyof PreKeyBundle];
  const field = inner === undefined ? value : { ...(part as object), [inner]: value };
  return withFields({ [outer]: field });
}

function bytesOf({ identityKey, signedPreKey: signed, oneTimePreKey: oneTime }: PreKeyBundle): Uint8Array[] {
  return [identityKey, signed.publicKey, signed.signature, oneTime!.publicKey];
}

/** An object whose properties are those of the first when read once, and those of the second from then on. */
function alternating(first: object, second: object): object {
  const reads = new Set<PropertyKey>();
  return new Proxy(first, {
    get: (_, name) => {
      const [once, later] = [first, second].map((source) => (source as Record<PropertyKey, unknown>)[name]);
      const isFirst = !reads.has(name);
      reads.add(name);
      const value = isFirst ? once : later;
      const isPart = typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
      return isPart ? alternating(value, later as object) : value;
    },
  });
}
