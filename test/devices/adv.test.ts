/** The ADV messages: WhatsApp's bytes, and nothing but them. */
import fc from 'fast-check';
import {
  decodeDeviceIdentity,
  decodeDeviceIdentityContainer,
  decodeKeyIndexList,
  decodeSignedDeviceIdentity,
  decodeSignedKeyIndexList,
  encodeDeviceIdentity,
  encodeDeviceIdentityContainer,
  encodeKeyIndexList,
  encodeSignedDeviceIdentity,
  encodeSignedKeyIndexList,
  MAX_ADV_LENGTH,
  MAX_VALID_INDEXES,
  type KeyIndexList,
} from 'polyratchet/devices';
import { generateIdentity } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { notBytes } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { LOW_ORDER, NON_CANONICAL } from '../support/points.js';
import { seededRandom } from '../support/random.js';
import { lengthField, tag, varintField } from '../wire/bytes.js';

const random = seededRandom(1);
const key = generateIdentity(random).publicKey;
const signature = random(64);
const other = random(64);
const details = random(12);
const mac = random(32);
const TIME = 1_750_000_000;

/** A field as it stands on the wire: what is there for its absence, and what else it may not be. */
interface Field {
  readonly name: string;
  readonly number: number;
  readonly good: readonly number[];
  readonly isOptional?: boolean;
  /** Values that are refused, each with a name. */
  readonly bad: Readonly<Record<string, readonly number[]>>;
}

const uint = (name: string, number: number, good: number): Field => ({
  name,
  number,
  good: varintField(number, good),
  bad: { 'a larger integer': varintField(number, 2n ** 64n - 1n), bytes: lengthField(number, [1]) },
});

const kind = (name: string, number: number): Field => ({
  name,
  number,
  good: varintField(number, 1),
  isOptional: true,
  bad: { 'an unknown kind': varintField(number, 2), bytes: lengthField(number, [1]) },
});

const fixed = (name: string, number: number, good: Uint8Array, isOptional = false): Field => ({
  name,
  number,
  good: lengthField(number, good),
  isOptional,
  bad: {
    'no bytes': lengthField(number, []),
    'a byte less': lengthField(number, good.subarray(1)),
    'a byte more': lengthField(number, [...good, 0]),
    'an integer': varintField(number, 1),
    'cut short': lengthField(number, good).slice(0, -1),
  },
});

const anyBytes = (name: string, number: number, good: Uint8Array): Field => ({
  name,
  number,
  good: lengthField(number, good),
  bad: { 'an integer': varintField(number, 1), 'cut short': lengthField(number, good).slice(0, -1) },
});

interface Message {
  readonly name: string;
  readonly value: object;
  readonly fields: readonly Field[];
  readonly encode: (value: never) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => object;
}

const messages: readonly Message[] = [
  {
    name: 'ADVKeyIndexList',
    value: {
      rawId: 4711,
      timestamp: TIME * 1000,
      currentIndex: 300,
      validIndexes: [1, 300],
      accountType: 'hosted',
    },
    fields: [
      uint('rawId', 1, 4711),
      uint('timestamp', 2, TIME),
      uint('currentIndex', 3, 300),
      {
        name: 'validIndexes',
        number: 4,
        good: lengthField(4, [1, 0xac, 2]),
        isOptional: true,
        bad: {
          'not packed': varintField(4, 1),
          'an index above the current one': lengthField(4, [0xad, 2]),
          'an index twice': lengthField(4, [2, 1, 2]),
          'a larger integer': lengthField(4, [0xff, 0xff, 0xff, 0xff, 0x1f]),
          'cut short': lengthField(4, [0xac]),
        },
      },
      kind('accountType', 5),
    ],
    encode: encodeKeyIndexList,
    decode: decodeKeyIndexList,
  },
  {
    name: 'ADVSignedKeyIndexList',
    value: { details, accountSignature: signature, accountSignatureKey: key },
    fields: [
      anyBytes('details', 1, details),
      fixed('accountSignature', 2, signature),
      fixed('accountSignatureKey', 3, key, true),
    ],
    encode: encodeSignedKeyIndexList,
    decode: decodeSignedKeyIndexList,
  },
  {
    name: 'ADVDeviceIdentity',
    value: {
      rawId: 4711,
      timestamp: TIME * 1000,
      keyIndex: 300,
      accountType: 'hosted',
      deviceType: 'hosted',
    },
    fields: [
      uint('rawId', 1, 4711),
      uint('timestamp', 2, TIME),
      {
        ...uint('keyIndex', 3, 300),
        bad: { 'the primary’s': varintField(3, 0), bytes: lengthField(3, [1]) },
      },
      kind('accountType', 4),
      kind('deviceType', 5),
    ],
    encode: encodeDeviceIdentity,
    decode: decodeDeviceIdentity,
  },
  {
    name: 'ADVSignedDeviceIdentity',
    value: { details, accountSignatureKey: key, accountSignature: signature, deviceSignature: other },
    fields: [
      anyBytes('details', 1, details),
      fixed('accountSignatureKey', 2, key, true),
      fixed('accountSignature', 3, signature),
      fixed('deviceSignature', 4, other, true),
    ],
    encode: encodeSignedDeviceIdentity,
    decode: decodeSignedDeviceIdentity,
  },
  {
    name: 'ADVSignedDeviceIdentityHMAC',
    value: { details, mac, accountType: 'hosted' },
    fields: [anyBytes('details', 1, details), fixed('mac', 2, mac), kind('accountType', 3)],
    encode: encodeDeviceIdentityContainer,
    decode: decodeDeviceIdentityContainer,
  },
];

describe.each(messages)('$name', ({ name, value, fields, encode, decode }) => {
  const whole = Uint8Array.from(fields.flatMap(({ good }) => good));

  test('is written and read as WhatsApp does', () => {
    expect(encode(value as never)).toEqual(whole);
    expect(decode(whole)).toEqual(value);
  });

  test.each(fields)('$name: missing, twice, and of every other form', (field) => {
    const without = fields.flatMap(({ good, number }) => (number === field.number ? [] : good));
    const missing = Uint8Array.from(without);
    if (field.isOptional === true) expect(decode(missing)).not.toEqual(value);
    else
      expect(expectError('malformed', () => decode(missing)).data).toMatchObject({
        what: name,
        field: field.name,
      });
    const bad = { ...field.bad, twice: [...field.good, ...field.good] };
    for (const [form, bytes] of Object.entries(bad)) {
      const input = Uint8Array.from([...without, ...bytes]);
      const { data } = expectError('malformed', () => decode(input));
      expect(data, form).toMatchObject({ what: name, field: field.name });
    }
  });

  test('skips fields that peers add, and refuses what is cut, trailing, or beyond the bound', () => {
    expect(decode(Uint8Array.from([...whole, ...lengthField(15, 'new'), ...varintField(99, 7)]))).toEqual(
      value,
    );
    for (const input of [
      [...whole, 0],
      [...whole, ...tag(15, 2), 9],
      [...whole, ...tag(15, 3)],
    ]) {
      expectError('malformed', () => decode(Uint8Array.from(input)));
    }
    const room = MAX_ADV_LENGTH - whole.length - 3;
    const longest = Uint8Array.from([...whole, ...lengthField(15, new Uint8Array(room))]);
    expect(longest).toHaveLength(MAX_ADV_LENGTH);
    expect(decode(longest)).toEqual(value);
    const { data } = expectError('too-large', () =>
      decode(Uint8Array.from([...longest, ...varintField(14, 1)])),
    );
    expect(data).toEqual({ what: name, limit: MAX_ADV_LENGTH, got: MAX_ADV_LENGTH + 2 });
  });

  test.each(notBytes)('refuses %s', (_, input) => {
    expectError('invalid-argument', () => decode(input as Uint8Array));
  });
});

test('an embedded key that nobody may use is refused', () => {
  for (const bad of [...LOW_ORDER.slice(0, 5), ...NON_CANONICAL.slice(0, 2)]) {
    const head = lengthField(1, details);
    const signed = Uint8Array.from([...head, ...lengthField(2, bad), ...lengthField(3, signature)]);
    expectError('invalid-key', () => decodeSignedDeviceIdentity(signed));
    const list = Uint8Array.from([...head, ...lengthField(2, signature), ...lengthField(3, bad)]);
    expectError('invalid-key', () => decodeSignedKeyIndexList(list));
  }
});

test('a list without companions leaves the field of indexes out', () => {
  const list = { rawId: 0, timestamp: 0, currentIndex: 0, validIndexes: [] };
  const bytes = Uint8Array.from([8, 0, 16, 0, 24, 0]);
  expect(encodeKeyIndexList(list)).toEqual(bytes);
  expect(decodeKeyIndexList(bytes)).toEqual(list);
});

test('a list has at most 64 indexes', () => {
  const validIndexes = Array.from({ length: MAX_VALID_INDEXES }, (_, i) => i + 1);
  const list = { rawId: 1, timestamp: 1_000, currentIndex: 99, validIndexes };
  expect(decodeKeyIndexList(encodeKeyIndexList(list))).toEqual(list);
  expectError('invalid-argument', () => encodeKeyIndexList({ ...list, validIndexes: [...validIndexes, 65] }));
  const tooMany = [...varintField(1, 1), ...varintField(2, 1), ...varintField(3, 99)];
  const bytes = Uint8Array.from([...tooMany, ...lengthField(4, [...validIndexes, 65])]);
  expectError('malformed', () => decodeKeyIndexList(bytes));
});

test('times are whole seconds', () => {
  const device = { rawId: 1, timestamp: 1_500, keyIndex: 1 };
  expectError('invalid-argument', () => encodeDeviceIdentity(device));
});

test('every list comes back', () => {
  const uint32 = fc.nat(0xffffffff);
  const lists: fc.Arbitrary<KeyIndexList> = fc
    .record({
      rawId: uint32,
      timestamp: fc.nat(2 ** 40).map((seconds) => seconds * 1000),
      validIndexes: fc.uniqueArray(uint32, { maxLength: MAX_VALID_INDEXES }),
    })
    .map((list) => ({ ...list, currentIndex: Math.max(0, ...list.validIndexes) }));
  fc.assert(
    fc.property(lists, (list) => {
      expect(decodeKeyIndexList(encodeKeyIndexList(list))).toEqual(list);
    }),
  );
});
