/** Messages and distributions that nobody honest makes: every field malformed, every bit flipped, others' signatures. */
import {
  acceptSenderKeyDistribution,
  COUNTER_LIMIT,
  decryptSenderKey,
  encodeReceivedSenderKey,
  MAX_SENDER_KEY_MESSAGE_LENGTH,
  senderKeyDistribution,
  type ReceivedSenderKey,
  type SenderKey,
} from 'polyratchet/senderkey';
import type { ErrorCode } from 'polyratchet/errors';
import { describe, expect, inject, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { xeddsaSignBy } from '../../src/crypto/index.js';
import { expectError } from '../support/errors.js';
import {
  bytesField,
  fieldsOf,
  flipBit,
  rawField,
  remove,
  replace,
  varint,
  varintField,
  type Change,
} from '../support/forge.js';
import { expectNoSecrets, secretsOf } from '../support/secrets.js';
import { accept, createKey, FROM, open, PROFILES, send, sendMany } from './group.js';

const LAST = COUNTER_LIMIT - 1;

/** A message of the key's with other fields, signed by it: only its owner can make one. */
function sign(senderKey: SenderKey, message: Uint8Array, change: Change, version = 0x33): Uint8Array {
  const fields = change(fieldsOf(message.subarray(1, message.length - 64)));
  const signed = concat(Uint8Array.of(version), ...fields.map(({ raw }) => raw));
  return concat(signed, xeddsaSignBy(senderKey.signingKey, signed));
}

/** Expects a refusal that tells no secret and leaves the record as it was. */
function refuses<Code extends ErrorCode>(received: ReceivedSenderKey, message: Uint8Array, code: Code) {
  const before = encodeReceivedSenderKey(received);
  const { profile } = received;
  const error = expectError(code, () => decryptSenderKey({ ...FROM, profile, received, message }));
  expect(encodeReceivedSenderKey(received)).toEqual(before);
  expectNoSecrets(error, secretsOf(received));
  return error;
}

describe.each(PROFILES)('a message in the profile %s', (profile) => {
  const key = createKey(50, profile);
  const received = accept(key);
  const { message } = send(key, 'hello');
  const [keyId, iteration, ciphertext] = profile === 'signal' ? ([2, 3, 4] as const) : ([1, 2, 3] as const);
  const sixteen = new Uint8Array(16);

  test('is refused with a bit flipped, wherever it is', () => {
    const step = inject('backend') === 'node' ? 5 : 97;
    for (let bit = 0; bit < 8 * message.length; bit += step) {
      const run = () => open(received, flipBit(message, bit));
      expect(run, `bit ${bit}`).toThrow();
    }
    const end = 8 * (message.length - 64);
    for (const bit of [end, end + 255, end + 300, end + 511])
      refuses(received, flipBit(message, bit), 'invalid-signature');
    refuses(received, flipBit(message, end - 1), 'invalid-signature');
    expect(open(received, message).text).toBe('hello');
  });

  const odd: readonly (readonly [string, Change, ErrorCode])[] = [
    ['no number', remove(keyId), 'malformed'],
    ['no iteration', remove(iteration), 'malformed'],
    ['no ciphertext', remove(ciphertext), 'malformed'],
    ['the number twice', (fields) => [...fields, varintField(keyId, 1)], 'malformed'],
    ['the iteration twice', (fields) => [...fields, varintField(iteration, 0)], 'malformed'],
    ['the ciphertext twice', (fields) => [...fields, bytesField(ciphertext, sixteen)], 'malformed'],
    ['a number of 33 bits', replace(varintField(keyId, 2 ** 32)), 'malformed'],
    ['an iteration of 33 bits', replace(varintField(iteration, 2 ** 32)), 'malformed'],
    ['the iteration that is never used', replace(varintField(iteration, COUNTER_LIMIT)), 'malformed'],
    ['bytes for a number', replace(bytesField(keyId, sixteen)), 'malformed'],
    ['bytes for an iteration', replace(bytesField(iteration, sixteen)), 'malformed'],
    ['a varint for the ciphertext', replace(varintField(ciphertext, 1)), 'malformed'],
    ['an unknown field', (fields) => [...fields, varintField(9, 1)], 'malformed'],
    ['a group', (fields) => [...fields, rawField(9, 3, varint(1))], 'malformed'],
    ['field number 0', (fields) => [...fields, varintField(0, 1)], 'malformed'],
    [
      'a ciphertext cut short',
      (fields) => [...fields.slice(0, -1), rawField(ciphertext, 2, varint(99))],
      'malformed',
    ],
    ['an empty ciphertext', replace(bytesField(ciphertext, new Uint8Array(0))), 'bad-mac'],
    ['15 bytes of ciphertext', replace(bytesField(ciphertext, sixteen.subarray(1))), 'bad-mac'],
    ['another ciphertext', replace(bytesField(ciphertext, sixteen)), 'bad-mac'],
    ['another number', replace(varintField(keyId, 1)), 'no-sender-key'],
    ['an iteration too far ahead', replace(varintField(iteration, LAST)), 'too-far-ahead'],
  ];
  const named: typeof odd =
    profile === 'whatsapp'
      ? [['a UUID', (fields) => [bytesField(1, sixteen), ...fields], 'malformed']]
      : [
          ['no UUID', remove(1), 'malformed'],
          ['the UUID twice', (fields) => [bytesField(1, sixteen), ...fields], 'malformed'],
          ['15 bytes of UUID', replace(bytesField(1, sixteen.subarray(1))), 'malformed'],
          ['17 bytes of UUID', replace(bytesField(1, new Uint8Array(17))), 'malformed'],
          ['another UUID', replace(bytesField(1, sixteen)), 'no-sender-key'],
        ];
  test.each([...odd, ...named])('is refused with %s, though its owner has signed it', (_, change, code) => {
    refuses(received, sign(key, message, change), code);
  });

  test('is taken however its owner orders the fields', () => {
    expect(
      open(
        received,
        sign(key, message, (fields) => fields.toReversed()),
      ).text,
    ).toBe('hello');
  });
});

describe('a message', () => {
  const key = createKey(51);
  const received = accept(key);
  const { message } = send(key, 'hello');
  const same: Change = (fields) => fields;

  test.each([
    [0x33, undefined],
    [0x34, undefined],
    [0x23, 'legacy-version'],
    [0x00, 'legacy-version'],
    [0x43, 'unknown-version'],
    [0x32, 'unknown-version'],
    [0xff, 'unknown-version'],
  ] as const)('of version %i', (version, code) => {
    const altered = sign(key, message, same, version);
    if (code === undefined) expect(open(received, altered).text).toBe('hello');
    else refuses(received, altered, code);
  });

  test('of every length shorter than it is refused', () => {
    for (let length = 0; length < message.length; length++)
      expect(() => open(received, message.subarray(0, length)), `${length} bytes`).toThrow();
    refuses(received, new Uint8Array(0), 'malformed');
    expect(refuses(received, message.subarray(0, 64), 'malformed').data.field).toBe('signature');
    refuses(received, concat(message, Uint8Array.of(0)), 'malformed');
  });

  test('of more than the bound is refused unread', () => {
    const longest = new Uint8Array(MAX_SENDER_KEY_MESSAGE_LENGTH).fill(0x33);
    refuses(received, longest, 'malformed');
    const { data } = refuses(received, concat(longest, Uint8Array.of(0)), 'too-large');
    expect(data.limit).toBe(MAX_SENDER_KEY_MESSAGE_LENGTH);
  });

  test.each([undefined, null, 'text', [1, 2], new ArrayBuffer(8), new DataView(new ArrayBuffer(8))])(
    'of another type is refused: %s',
    (odd) => {
      expectError('invalid-argument', () => decryptSenderKey({ ...FROM, received, message: odd as never }));
      const run = () => acceptSenderKeyDistribution({ ...FROM, distribution: odd as never });
      expectError('invalid-argument', run);
    },
  );

  test('needs its distribution', () => {
    const { data } = expectError('no-sender-key', () => decryptSenderKey({ ...FROM, message }));
    expect(data).toEqual({ device: FROM.sender, id: key.keyId });
    for (const options of [undefined, null])
      expectError('invalid-argument', () => decryptSenderKey(options as never));
  });

  test('by another member in the name of this key is refused, before the chain is looked at', () => {
    const bob = createKey(52);
    const forged = sign(bob, message, same);
    const error = refuses(received, forged, 'invalid-signature');
    expect(error.data.signer).toEqual(key.signingKey.publicKey);
    error.data.signer.fill(0); // a copy
    const ahead = sign(bob, message, replace(varintField(2, LAST)));
    refuses(received, ahead, 'invalid-signature');
    const { received: next } = open(received, message);
    refuses(next, forged, 'invalid-signature');
    expectError('duplicate-message', () => open(next, message));
  });

  test('that another member was sent for the same group fits no other key', () => {
    const bob = { ...createKey(53), keyId: key.keyId };
    refuses(received, send(bob, 'from bob').message, 'invalid-signature');
  });

  test('is not kept by reference, nor is what comes out', () => {
    const mine = new Uint8Array(message);
    const distribution = senderKeyDistribution({ senderKey: key });
    const fresh = acceptSenderKeyDistribution({ ...FROM, distribution }).received;
    distribution.fill(0);
    const { plaintext, received: next } = decryptSenderKey({ ...FROM, received: fresh, message: mine });
    mine.fill(0);
    plaintext.fill(0);
    const record = encodeReceivedSenderKey(next);
    expect(record).toEqual(encodeReceivedSenderKey(open(fresh, message).received));
    const shifted = concat(Uint8Array.of(1, 2), message, Uint8Array.of(3)).subarray(2, -1);
    expect(open(fresh, shifted).text).toBe('hello');
  });
});

describe.each(PROFILES)('a distribution in the profile %s', (profile) => {
  const key = createKey(60, profile);
  const distribution = senderKeyDistribution({ senderKey: key });
  const [keyId, iteration, chainKey, signingKey] =
    profile === 'signal' ? ([2, 3, 4, 5] as const) : ([1, 2, 3, 4] as const);
  const accepting = (bytes: Uint8Array) => () =>
    acceptSenderKeyDistribution({ ...FROM, profile, distribution: bytes });
  const odd = (type: number, fill: number): Uint8Array => {
    const bytes = new Uint8Array(33).fill(fill);
    bytes[0] = type;
    return bytes;
  };

  test.each<readonly [string, Change, ErrorCode]>([
    ...[keyId, iteration, chainKey, signingKey].map(
      (number) => [`field ${number} missing`, remove(number), 'malformed'] as const,
    ),
    ...[keyId, iteration, chainKey, signingKey].map((number): readonly [string, Change, ErrorCode] => [
      `field ${number} twice`,
      (fields) => [...fields, ...fields.filter((field) => field.number === number)],
      'malformed',
    ]),
    ['a number of 33 bits', replace(varintField(keyId, 2 ** 32)), 'malformed'],
    ['the iteration that is never used', replace(varintField(iteration, COUNTER_LIMIT)), 'malformed'],
    ['31 bytes of chain key', replace(bytesField(chainKey, new Uint8Array(31))), 'malformed'],
    ['33 bytes of chain key', replace(bytesField(chainKey, new Uint8Array(33))), 'malformed'],
    ['a varint for the chain key', replace(varintField(chainKey, 1)), 'malformed'],
    ['32 bytes of signing key', replace(bytesField(signingKey, new Uint8Array(32).fill(9))), 'malformed'],
    ['34 bytes of signing key', replace(bytesField(signingKey, new Uint8Array(34).fill(5))), 'malformed'],
    ['another type of key', replace(bytesField(signingKey, odd(6, 9))), 'invalid-key'],
    ['a signing key of low order', replace(bytesField(signingKey, odd(5, 0))), 'invalid-key'],
    ['a signing key that is not canonical', replace(bytesField(signingKey, odd(5, 0xff))), 'invalid-key'],
    ['an unknown field', (fields) => [...fields, varintField(9, 1)], 'malformed'],
    ...(profile === 'signal'
      ? ([
          ['no UUID', remove(1), 'malformed'],
          ['15 bytes of UUID', replace(bytesField(1, new Uint8Array(15))), 'malformed'],
        ] as const)
      : []),
  ])('is refused with %s', (_, change, code) => {
    const altered = concat(
      distribution.subarray(0, 1),
      ...change(fieldsOf(distribution.subarray(1))).map(({ raw }) => raw),
    );
    expectError(code, accepting(altered));
  });

  test('is refused in the other profile, in another version, and in every part', () => {
    const other = profile === 'signal' ? 'whatsapp' : 'signal';
    const run = () => acceptSenderKeyDistribution({ ...FROM, profile: other, distribution });
    expectError('malformed', run);
    expectError('legacy-version', accepting(concat(Uint8Array.of(0x23), distribution.subarray(1))));
    expectError('unknown-version', accepting(concat(Uint8Array.of(0x44), distribution.subarray(1))));
    for (let length = 0; length < distribution.length; length++)
      expectError('malformed', accepting(distribution.subarray(0, length)));
    expectError('malformed', accepting(concat(distribution, Uint8Array.of(0))));
    expectError('malformed', accepting(sendMany(key, 1).messages[0]!));
  });

  test('may be at the last position of a chain', () => {
    const last = { ...key, iteration: LAST };
    expect(open(accept(last), send(last, 'the last').message).text).toBe('the last');
  });
});
