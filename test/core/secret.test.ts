import { importIdentity, generateIdentity } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/core/bytes.js';
import { reveal, Secret, secretOf } from '../../src/core/secret.js';
import { keyPairFrom } from '../../src/crypto/index.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { notBytes } from './inputs.js';
import { secretHolders } from './secretHolders.js';
import { bytesIn, secretsIn, showsBytes } from './traces.js';

const known = seededRandom(76)(32);

describe('a secret', () => {
  test('keeps a copy: the bytes it was made from may change', () => {
    const bytes = Uint8Array.from(known);
    const secret = new Secret('RootKey', bytes);
    bytes.fill(0);
    expect(reveal(secret)).toEqual(known);
  });

  test('shows its role and nothing else', () => {
    const secret = new Secret('RootKey', known);
    expect(String(secret)).toBe('[Secret RootKey]');
    expect(`key: ${secret as unknown as string}`).toBe('key: [Secret RootKey]');
    expect(JSON.stringify({ secret })).toBe('{"secret":"[Secret RootKey]"}');
    expect(Object.entries(secret)).toEqual([['role', 'RootKey']]);
    expect(Object.assign({}, secret)).toEqual({ role: 'RootKey' });
    expect(Reflect.ownKeys(secret)).toEqual(['role']);
    expect(structuredClone(secret)).toEqual({ role: 'RootKey' });
  });

  test('of a fixed length is made of exactly that many bytes', () => {
    expect(reveal(secretOf('RootKey', known, 32))).toEqual(known);
    for (const length of [0, 31, 33]) {
      expectError('invalid-argument', () => secretOf('RootKey', new Uint8Array(length), 32));
    }
  });

  test.each(notBytes)('is not made from %s', (_, value) => {
    expectError('invalid-argument', () => secretOf('RootKey', value as Uint8Array, 32));
  });

  test('is revealed by this library only: a lookalike has no bytes', () => {
    expect(() => reveal({ role: 'RootKey' } as unknown as Secret)).toThrow(TypeError);
    expect(() => reveal(Object.create(Secret.prototype) as Secret)).toThrow(TypeError);
  });
});

describe('the search for traces', () => {
  const shifted = [0, 1, 2].map((offset) => btoa(String.fromCharCode(...new Uint8Array(offset), ...known)));

  test.each([
    ['raw', String.fromCharCode(...known)],
    ['hex', toHex(known)],
    ['upper-case hex', toHex(known).toUpperCase()],
    ['spaced hex', toHex(known).replace(/../g, '$& ')],
    ['base64', shifted[0]!],
    ['base64 one byte off', shifted[1]!],
    ['base64 two bytes off', shifted[2]!],
    ['base64url', shifted[0]!.replaceAll('+', '-').replaceAll('/', '_')],
    ['a list', `[${known.join(', ')}]`],
    ['a list over several lines', known.join(',\n  ')],
    ['JSON of an array', JSON.stringify({ bytes: known })],
    ['a cut copy', toHex(known.subarray(5, 20))],
  ])('finds a secret that is printed as %s', (_, text) => {
    expect(showsBytes(`before ${text} after`, known)).toBe(true);
  });

  test('finds nothing in other bytes', () => {
    expect(showsBytes(toHex(seededRandom(77)(1_000)), known)).toBe(false);
  });

  test('finds the secrets of an identity, and its public bytes', () => {
    const identity = generateIdentity(seededRandom(78));
    expect(secretsIn(identity).map(toHex)).toContain(toHex(seededRandom(78)(32)));
    expect(bytesIn({ list: [identity] })).toContain(identity.publicKey);
  });
});

describe.each(secretHolders())('%s', (_, value) => {
  const secrets = secretsIn(value);
  const shows = (text: string): boolean => secrets.some((secret) => showsBytes(text, secret));

  test('holds secrets', () => {
    expect(secrets.length).toBeGreaterThan(0);
    expect(secrets.every((secret) => secret.length >= 32 && secret.some((byte) => byte !== 0))).toBe(true);
  });

  test('does not show them as JSON or text', () => {
    expect(shows(JSON.stringify(value))).toBe(false);
    expect(shows(JSON.stringify(Object.entries(value)))).toBe(false);
    expect(shows(Object.values(value).map(String).join())).toBe(false);
  });

  test('has no property, spread or clone that leads to them', () => {
    const found = [value, { ...value }, Object.entries(value), structuredClone(value)].flatMap(bytesIn);
    expect(found.some((bytes) => shows(toHex(bytes)))).toBe(false);
  });
});

describe('an error about a secret', () => {
  const longer = seededRandom(79)(33);

  test.each([
    ['a private key of the wrong length', () => importIdentity(longer)],
    ['a role of the wrong length', () => secretOf('RootKey', longer, 32)],
    ['a key pair of the wrong length', () => keyPairFrom('PreKey', longer.subarray(0, 31))],
    ['a random source that gives too much', () => generateIdentity(() => longer)],
  ])('does not show it: %s', (_, run) => {
    const error = (() => {
      try {
        return run();
      } catch (caught) {
        return caught as Error;
      }
    })();
    expect(error).toBeInstanceOf(Error);
    const { message, stack = '' } = error as Error;
    const printed = `${message} ${stack} ${JSON.stringify(error)}`;
    expect(showsBytes(printed, longer)).toBe(false);
    expect(bytesIn(error)).toEqual([]);
  });
});
