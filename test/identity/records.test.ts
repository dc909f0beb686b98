/** What a device stores of its keys: records go round, and damaged ones fail with typed errors only. */
import { PolyratchetError, type ErrorCode } from 'polyratchet/errors';
import {
  decodeBundle,
  decodeIdentity,
  decodeOneTimePreKey,
  decodeSignedPreKey,
  encodeBundle,
  encodeIdentity,
  encodeOneTimePreKey,
  encodeSignedPreKey,
  importIdentity,
  sign,
} from 'polyratchet/identity';
import { describe, expect, inject, test } from 'vitest';
import { concat, copyBytes, fromHex, toHex } from '../../src/core/bytes.js';
import { reveal, Secret } from '../../src/core/secret.js';
import { notBytes } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { lengthField, varintField } from '../wire/bytes.js';
import { createDevice, flipped } from './device.js';

const { identity, signedPreKey, oneTimePreKey, bundle } = createDevice(1);
const imported = importIdentity(seededRandom(9)(32));

interface Format {
  readonly value: object;
  readonly encode: (value: never) => Uint8Array;
  readonly decode: (record: Uint8Array) => object;
}

const formats: readonly (readonly [name: string, format: Format])[] = [
  ['an identity with a seed', { value: identity, encode: encodeIdentity, decode: decodeIdentity }],
  ['an imported identity', { value: imported, encode: encodeIdentity, decode: decodeIdentity }],
  ['a one-time prekey', { value: oneTimePreKey, encode: encodeOneTimePreKey, decode: decodeOneTimePreKey }],
  ['a signed prekey', { value: signedPreKey, encode: encodeSignedPreKey, decode: decodeSignedPreKey }],
  ['a bundle', { value: bundle, encode: encodeBundle, decode: decodeBundle }],
];

/** On slow backends every eleventh bit: all bytes are met, all eight bits are met. */
const step = inject('backend') === 'node' ? 1 : 11;

describe.each(formats)('the record of %s', (_, { value, encode, decode }) => {
  const record = encode(value as never);

  test('goes round, and its bytes do not change by going round', () => {
    expect(readable(decode(record))).toEqual(readable(value));
    expect(toHex(encode(decode(record) as never))).toBe(toHex(record));
  });

  test('is not changed by being read, and the value not by a later change of it', () => {
    const input = copyBytes(record);
    const decoded = decode(input);
    expect(input).toEqual(record);
    input.fill(0);
    expect(readable(decoded)).toEqual(readable(value));
  });

  test('cut at any length is malformed, or lacks an optional part at its end', () => {
    for (let length = 0; length < record.length; length++) {
      const outcome = outcomeOf(() => decode(record.subarray(0, length)));
      if (typeof outcome === 'string') expect(outcome, `${length}`).toBe('malformed');
      else expect(value, `${length}`).toMatchObject(readable(outcome) as object);
    }
  });

  test('with a byte behind it is malformed', () => {
    for (const byte of [0x00, 0x01, 0x08, 0xff]) {
      expectError('malformed', () => decode(concat(record, Uint8Array.of(byte))));
    }
  });

  test('with a flipped bit fails with a typed error, or gives a value that can be stored again', () => {
    const codes: ErrorCode[] = ['malformed', 'newer-format', 'invalid-key', 'invalid-signature'];
    for (let bit = 0; bit < 8 * record.length; bit += step) {
      const outcome = outcomeOf(() => decode(flipped(record, bit)));
      if (typeof outcome === 'string') expect(codes, `bit ${bit}`).toContain(outcome);
      else expect(encode(outcome as never).length, `bit ${bit}`).toBeGreaterThan(30);
    }
  });

  test('of a newer release is told apart', () => {
    const newer = copyBytes(record);
    newer[0] = 2;
    expect(expectError('newer-format', () => decode(newer)).data).toMatchObject({
      got: 2,
      supported: '0x01',
    });
  });

  test.each(notBytes)('is not read from %s', (_name, input) => {
    expectError('invalid-argument', () => decode(input as Uint8Array));
  });
});

describe('the record of an identity', () => {
  const key = new Uint8Array(32).fill(9);
  const record = (...fields: readonly number[][]): Uint8Array => Uint8Array.from([1, ...fields.flat()]);

  test('has either a seed or a private key', () => {
    expect(decodeIdentity(record(lengthField(1, key))).kind).toBe('seeded');
    expect(decodeIdentity(record(lengthField(2, key))).kind).toBe('imported');
    const both = record(lengthField(1, key), lengthField(2, key));
    expect(expectError('malformed', () => decodeIdentity(both)).data.got).toBe('both');
    expect(expectError('malformed', () => decodeIdentity(record())).data.got).toBe('neither');
  });

  test('signs after it was read as before', () => {
    const again = decodeIdentity(encodeIdentity(identity));
    const message = fromHex('0102');
    const random = seededRandom(1);
    expect(sign({ identity: again, message, random })).toEqual(sign({ identity, message, random }));
  });

  test('with a private key that is zero or of another length is refused', () => {
    expectError('invalid-key', () => decodeIdentity(record(lengthField(2, new Uint8Array(32)))));
    for (const length of [0, 31, 33]) {
      for (const field of [1, 2]) {
        expectError('malformed', () => decodeIdentity(record(lengthField(field, new Uint8Array(length)))));
      }
    }
  });
});

describe('the record of a prekey', () => {
  test('with a private key that is not clamped gives the key pair of the clamped one', () => {
    const key = new Uint8Array(32).fill(0xff);
    const record = Uint8Array.from([1, ...varintField(1, 5), ...lengthField(2, key)]);
    const decoded = decodeOneTimePreKey(record);
    expect(decoded.id).toBe(5);
    expect([reveal(decoded.privateKey)[0], reveal(decoded.privateKey)[31]]).toEqual([0xf8, 0x7f]);
  });

  test('with a private key of zeros is refused', () => {
    const record = Uint8Array.from([1, ...varintField(1, 5), ...lengthField(2, new Uint8Array(32))]);
    expect(expectError('invalid-key', () => decodeOneTimePreKey(record)).data.why).toBe('zero');
  });

  test('is not read as the record of another thing', () => {
    expectError('malformed', () => decodeOneTimePreKey(encodeSignedPreKey(signedPreKey)));
    expectError('malformed', () => decodeSignedPreKey(encodeOneTimePreKey(oneTimePreKey)));
    expectError('malformed', () => decodeIdentity(encodeOneTimePreKey(oneTimePreKey)));
    expectError('malformed', () => decodeOneTimePreKey(encodeIdentity(identity)));
    expectError('malformed', () => decodeBundle(encodeIdentity(identity)));
  });
});

describe('the record of a bundle', () => {
  test('with a flipped bit is refused, unless the bit belongs to an id or to the unsigned one-time prekey', () => {
    const record = encodeBundle(bundle);
    for (let bit = 0; bit < 8 * record.length; bit += step) {
      const outcome = outcomeOf(() => decodeBundle(flipped(record, bit)));
      if (typeof outcome === 'string') continue;
      const { identityKey, signedPreKey: signed } = outcome as typeof bundle;
      expect(toHex(identityKey), `bit ${bit}`).toBe(toHex(bundle.identityKey));
      expect(toHex(signed.publicKey), `bit ${bit}`).toBe(toHex(bundle.signedPreKey.publicKey));
      expect(toHex(signed.signature), `bit ${bit}`).toBe(toHex(bundle.signedPreKey.signature));
    }
  });
});

/** The value, or the code of the typed error; every other error escapes and fails the test. */
function outcomeOf(run: () => object): object | ErrorCode {
  try {
    return run();
  } catch (error) {
    if (PolyratchetError.is(error)) return error.code;
    throw error;
  }
}

/** The same value with the bytes of its secrets, for comparison. */
function readable(value: object): unknown {
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([name, field]) => [
      name,
      field instanceof Secret ? `secret ${toHex(reveal(field as Secret))}` : field,
    ]),
  );
}
