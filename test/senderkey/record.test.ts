/** Sender keys as they are stored, and what they show when they are printed. */
import {
  decodeReceivedSenderKey,
  decodeSenderKey,
  encodeReceivedSenderKey,
  encodeSenderKey,
  MAX_SENDER_KEY_STATES,
  MAX_SKIPPED_KEYS,
} from 'polyratchet/senderkey';
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { itemAt } from '../../src/core/lists.js';
import { expectError } from '../support/errors.js';
import { add, bytesField, fieldsOf, remove, replace, varintField, type Change } from '../support/forge.js';
import { expectNoSecrets, secretsOf } from '../support/secrets.js';
import { accept, createKey, FROM, open, PROFILES, send, sendMany, skip } from './group.js';

/** A stored record with other fields. */
function alter(record: Uint8Array, change: Change): Uint8Array {
  return concat(record.subarray(0, 1), ...change(fieldsOf(record.subarray(1))).map(({ raw }) => raw));
}

describe.each(PROFILES)('in the profile %s', (profile) => {
  test('an own key goes on where it was', () => {
    const { senderKey } = sendMany(createKey(70, profile), 3);
    const again = decodeSenderKey(encodeSenderKey(senderKey));
    expect(again.signingKey.publicKey).toEqual(senderKey.signingKey.publicKey);
    expect(send(again, 'hello').message).toEqual(send(senderKey, 'hello').message);
    expect(encodeSenderKey(again)).toEqual(encodeSenderKey(senderKey));
  });

  test('received keys go on where they were, kept keys and all', () => {
    const { messages, senderKey } = sendMany(createKey(71, profile), 4);
    let { received } = open(accept(createKey(72, profile), accept(createKey(71, profile))), messages[2]!);
    received = decodeReceivedSenderKey(encodeReceivedSenderKey(received));
    expect(open(received, messages[0]!).text).toBe('message 0');
    expect(open(received, send(senderKey, 'next').message).text).toBe('next');
    expectError('duplicate-message', () => open(received, messages[2]!));
    expect(decodeReceivedSenderKey(encodeReceivedSenderKey(received))).toEqual(received);
  });

  test('what is printed shows no secret', () => {
    const key = createKey(73, profile);
    const { received } = open(accept(key), sendMany(key, 3).messages[2]!);
    for (const value of [key, received]) expectNoSecrets(value, secretsOf(value));
  });
});

describe('a stored own key', () => {
  const [plain, named] = [encodeSenderKey(createKey(74)), encodeSenderKey(createKey(74, 'signal'))];
  const FIELDS = { profile: 1, keyId: 2, distributionId: 3, seed: 4, chainKey: 5, iteration: 6 };

  test.each<readonly [string, Uint8Array, Change]>([
    ...[FIELDS.profile, FIELDS.keyId, FIELDS.seed, FIELDS.chainKey, FIELDS.iteration].map(
      (number) => [`without field ${number}`, plain, remove(number)] as const,
    ),
    ['of an unknown profile', plain, replace(varintField(FIELDS.profile, 3))],
    ['of the other profile', plain, replace(varintField(FIELDS.profile, 2))],
    ['with a UUID that it must not have', named, replace(varintField(FIELDS.profile, 1))],
    ['without its UUID', named, remove(FIELDS.distributionId)],
    ['with 31 bytes of seed', plain, replace(bytesField(FIELDS.seed, new Uint8Array(31)))],
    ['with 33 bytes of chain key', plain, replace(bytesField(FIELDS.chainKey, new Uint8Array(33)))],
    ['with an iteration of 33 bits', plain, replace(varintField(FIELDS.iteration, 2 ** 32))],
    ['with an unknown field', plain, add(varintField(7, 1))],
  ])('is refused %s', (_, record, change) => {
    expectError('malformed', () => decodeSenderKey(alter(record, change)));
  });

  test('is refused in a newer format, cut short, and as anything but bytes', () => {
    expectError('newer-format', () => decodeSenderKey(concat(Uint8Array.of(2), plain.subarray(1))));
    for (let length = 0; length < plain.length; length += 3)
      expectError('malformed', () => decodeSenderKey(plain.subarray(0, length)));
    expectError('invalid-argument', () => decodeSenderKey('text' as never));
    for (const odd of [undefined, null, 4])
      expectError('invalid-argument', () => encodeSenderKey(odd as never));
  });
});

describe('a stored received key', () => {
  const key = createKey(75);
  const { received } = open(accept(createKey(76), accept(key)), sendMany(key, 2).messages[1]!);
  const record = encodeReceivedSenderKey(received);
  const FIELDS = { profile: 1, group: 2, sender: 3, states: 4 };
  const text = (number: number, value: string) => bytesField(number, new TextEncoder().encode(value));
  const states = fieldsOf(record.subarray(1)).filter(({ number }) => number === FIELDS.states);
  const withState = (change: Change): Change =>
    replace(bytesField(FIELDS.states, concat(...change(fieldsOf(states[1]!.content)).map(({ raw }) => raw))));
  const chain = fieldsOf(states[1]!.content).find(({ number }) => number === 4)!.content;
  const withChain = (change: (bytes: Uint8Array) => Uint8Array): Change =>
    withState(replace(bytesField(4, change(new Uint8Array(chain)))));

  test.each<readonly [string, Change]>([
    ...[FIELDS.profile, FIELDS.group, FIELDS.sender].map(
      (number) => [`without field ${number}`, remove(number)] as const,
    ),
    ['of the other profile', replace(varintField(FIELDS.profile, 2))],
    ['with a device for a group', replace(text(FIELDS.group, FROM.sender))],
    ['with no address for a group', replace(text(FIELDS.group, ''))],
    ['with no address for a sender', replace(text(FIELDS.sender, 'alice'))],
    ['with a state twice', add(itemAt(states, 0))],
    [
      'with more states than are kept',
      add(...Array.from({ length: MAX_SENDER_KEY_STATES - 1 }, () => itemAt(states, 0))),
    ],
    ['with an unknown field', add(varintField(5, 1))],
    ...[1, 3, 4].map(
      (number) => [`with a state without field ${number}`, withState(remove(number))] as const,
    ),
    ['with a UUID', withState(add(bytesField(2, new Uint8Array(16))))],
    ['with 35 bytes of chain', withChain((bytes) => bytes.subarray(0, 35))],
    ['with 39 bytes of chain', withChain((bytes) => bytes.subarray(0, 39))],
    ['with half a kept key', withChain((bytes) => bytes.subarray(0, -1))],
    ['with a kept key that is still to come', withChain((bytes) => bytes.fill(9, 40, 44))],
    ['with a key gone that is still to come', withChain((bytes) => bytes.fill(9, 36, 40))],
  ])('is refused %s', (_, change) => {
    expectError('malformed', () => decodeReceivedSenderKey(alter(record, change)));
  });

  test('is refused with a signing key that must not be used', () => {
    const low = withState(replace(bytesField(3, new Uint8Array(32))));
    expectError('invalid-key', () => decodeReceivedSenderKey(alter(record, low)));
  });

  test('is refused in a newer format and as anything but bytes', () => {
    expectError('newer-format', () => decodeReceivedSenderKey(concat(Uint8Array.of(2), record.subarray(1))));
    expectError('invalid-argument', () => decodeReceivedSenderKey(7 as never));
    for (const odd of [undefined, null, 4])
      expectError('invalid-argument', () => encodeReceivedSenderKey(odd as never));
  });

  test('has at most five chains of 2,000 kept keys', () => {
    let full = received;
    for (let seed = 80; seed < 80 + MAX_SENDER_KEY_STATES; seed++) {
      const senderKey = createKey(seed);
      full = open(
        accept(senderKey, full),
        send(skip(senderKey, MAX_SKIPPED_KEYS + 1), 'ahead').message,
      ).received;
    }
    const { length } = encodeReceivedSenderKey(full);
    expect(length).toBeGreaterThan(MAX_SENDER_KEY_STATES * MAX_SKIPPED_KEYS * 36);
    expect(length).toBeLessThan(MAX_SENDER_KEY_STATES * (MAX_SKIPPED_KEYS * 36 + 128) + 128);
    expect(decodeReceivedSenderKey(encodeReceivedSenderKey(full))).toEqual(full);
  });
});
