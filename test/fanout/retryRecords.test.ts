/** The stored states of sends and retries: what is written is read, and nothing else is. */
import fc from 'fast-check';
import { MAX_DEVICES } from 'polyratchet/devices';
import { PolyratchetError } from 'polyratchet/errors';
import {
  decodeHeldMessages,
  decodeOutgoingMessage,
  decodeResendCache,
  decodeRetryAnswers,
  decodeRetryRequest,
  decodeRetryRequests,
  decodeSentMessage,
  encodeHeldMessages,
  encodeOutgoingMessage,
  encodeResendCache,
  encodeRetryAnswers,
  encodeRetryRequest,
  encodeRetryRequests,
  encodeSentMessage,
  MAX_CACHED_MESSAGES,
  MAX_HELD_MESSAGES,
  MAX_REQUESTED_MESSAGES,
  MAX_RETRY_RENEWALS,
  MAX_SENT_DEVICES,
  MAX_SENT_RECORD_LENGTH,
  RETRY_REASONS,
  type RetryReason,
  type SentMessage,
} from 'polyratchet/fanout';
import { describe, expect, inject, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { reveal, Secret } from '../../src/core/secret.js';
import { MAX_PLAINTEXT_LENGTH } from '../../src/wire/index.js';
import { notBytes, notObjects } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { bytesField, fieldsOf, flipBit, rawField, varintField } from '../support/forge.js';
import { bundleOf, createParty } from '../support/party.js';
import { caught } from '../support/rejects.js';

const parties = [1, 2, 3].map((seed) => createParty(seed));
const keys = parties.map(({ identity }) => identity.publicKey);
const bundles = parties.map((party) => bundleOf(party));

const id = fc.stringMatching(/^[ -~]{1,64}$/);
const time = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const count = fc.integer({ min: 1, max: 5 });
const device = fc.nat(99).map((number) => (number === 0 ? 'alice@x' : `alice:${number}@x`));
const key = fc.constantFrom(...keys);
const unique = <Item>(item: fc.Arbitrary<Item>, name: (item: Item) => string): fc.Arbitrary<Item[]> =>
  fc.uniqueArray(item, { selector: name, maxLength: 5 });

const requests = fc.record({
  device,
  messages: unique(
    fc.record({ messageId: id, count, since: time, delivered: fc.boolean() }),
    (message) => message.messageId,
  ),
});
const answers = fc.record({
  device,
  messages: unique(
    fc.record(
      { messageId: id, sentAt: time, count, answeredAt: time, baseKey: key },
      { requiredKeys: ['messageId', 'sentAt', 'count', 'answeredAt'] },
    ),
    (message) => message.messageId,
  ),
  renewals: fc.array(time, { maxLength: MAX_RETRY_RENEWALS }),
});
const sent = fc.record({
  messageId: id,
  sentAt: time,
  parts: unique(fc.record({ device, identityKey: key }), (item) => item.device).map((devices) =>
    devices.map((one, i) => ({ plaintext: new Secret('Plaintext', new Uint8Array(i)), devices: [one] })),
  ),
});
const outgoing = fc
  .record({
    sent,
    devices: fc.uniqueArray(device, { maxLength: 3 }),
    isOne: fc.boolean(),
    again: fc.boolean(),
  })
  .map(({ sent: before, devices, isOne, again }) => {
    const plaintext = new Secret('Plaintext', Uint8Array.of(1));
    const copy = new Secret('Plaintext', Uint8Array.of(2));
    const parts = before.parts.map((part, i) => (i === 0 ? { ...part, plaintext } : part));
    return {
      messageId: before.messageId,
      chat: 'bob@x',
      accounts: ['alice@x', 'bob@x'],
      plaintexts: isOne
        ? { kind: 'one', plaintext, ...(again ? { copy } : {}) }
        : { kind: 'each', plaintexts: new Map(devices.map((address) => [address, plaintext])) },
      participantHash: '2:dgd3HPPA',
      answers: devices.length,
      ...(again ? { sent: { ...before, parts } } : {}),
    };
  });
const cache = fc.record({
  messages: unique(fc.record({ messageId: id, sentAt: time }), (message) => message.messageId),
});
const held = fc.record({
  account: fc.constant('alice@x'),
  messages: unique(
    fc.record({ device, messageId: id, length: time, receivedAt: time }),
    (message) => message.messageId,
  ),
});
const request = fc
  .record({
    messageId: id,
    count: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    reason: fc.constantFrom(...(Object.keys(RETRY_REASONS) as RetryReason[])),
    bundle: fc.constantFrom(undefined, ...bundles),
  })
  .map(({ bundle, ...rest }) => ({
    ...rest,
    registrationId: bundle?.registrationId ?? 4711,
    ...(bundle === undefined ? {} : { bundle }),
  }));

interface Codec {
  readonly name: string;
  readonly values: fc.Arbitrary<object>;
  readonly encode: (value: never) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => object;
  /** Fields of the outermost message that may be missing. */
  readonly optional: readonly number[];
}

const CODECS: readonly Codec[] = [
  {
    name: 'RetryRequest',
    values: request,
    encode: encodeRetryRequest,
    decode: decodeRetryRequest,
    optional: [5],
  },
  {
    name: 'RetryRequests',
    values: requests,
    encode: encodeRetryRequests,
    decode: decodeRetryRequests,
    optional: [2],
  },
  {
    name: 'RetryAnswers',
    values: answers,
    encode: encodeRetryAnswers,
    decode: decodeRetryAnswers,
    optional: [2, 3],
  },
  { name: 'SentMessage', values: sent, encode: encodeSentMessage, decode: decodeSentMessage, optional: [3] },
  {
    name: 'OutgoingMessage',
    values: outgoing,
    encode: encodeOutgoingMessage,
    decode: decodeOutgoingMessage,
    optional: [9],
  },
  {
    name: 'ResendCache',
    values: cache,
    encode: encodeResendCache,
    decode: decodeResendCache,
    optional: [1],
  },
  {
    name: 'HeldMessages',
    values: held,
    encode: encodeHeldMessages,
    decode: decodeHeldMessages,
    optional: [2],
  },
];

/** One record of each, with something in every field. */
function sample({ values, encode }: Codec): Uint8Array {
  const records = fc.sample(values, { seed: 7, numRuns: 20 }).map((value) => encode(value as never));
  return records.reduce((one, other) => (other.length > one.length ? other : one));
}

/** A value whose secrets are their bytes. */
function plain(value: object): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      part instanceof Uint8Array ? [...part] : (part as { toJSON?: unknown }),
    ),
  );
}

const DEEP = inject('backend') === 'node';
const numRuns = DEEP ? 60 : 10;

describe.each(CODECS)('$name', (codec) => {
  const { values, encode, decode, optional } = codec;

  test('is read as it was written, to the byte', () => {
    fc.assert(
      fc.property(values, (value) => {
        const record = encode(value as never);
        const again = decode(record);
        expect(plain(again)).toEqual(plain(value));
        expect(encode(again as never)).toEqual(record);
      }),
      { numRuns },
    );
  });

  test('whatever bytes come, is a value or a typed error', () => {
    const record = sample(codec);
    const stride = DEEP ? 3 : 41;
    for (let bit = 0; bit < 8 * record.length; bit += stride) {
      const error = caught(() => decode(flipBit(record, bit)));
      if (error !== undefined) expect(PolyratchetError.is(error), `bit ${bit}`).toBe(true);
    }
    for (let length = 0; length < record.length; length++) {
      const error = caught(() => decode(record.subarray(0, length)));
      if (error !== undefined) expect(PolyratchetError.is(error, 'malformed'), `length ${length}`).toBe(true);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const error = caught(() => decode(Uint8Array.of(1, ...bytes)));
        if (error !== undefined) expect(PolyratchetError.is(error)).toBe(true);
      }),
      { numRuns },
    );
  });

  test('is malformed with a field missing, twice, of another type, or one too many', () => {
    const record = sample(codec);
    const fields = fieldsOf(record.subarray(1));
    const join = (parts: readonly { raw: Uint8Array }[]): Uint8Array =>
      concat(record.subarray(0, 1), ...parts.map(({ raw }) => raw));
    expect(decode(join(fields))).toBeTypeOf('object');
    for (const field of fields) {
      const others = fields.filter(({ number }) => number !== field.number);
      const { number } = field;
      if (!optional.includes(number)) expectError('malformed', () => decode(join(others)));
      // Twice: a singular field is malformed, and so is what a list names twice.
      if (!(number === 3 && codec.name === 'RetryAnswers'))
        expectError('malformed', () => decode(join([...fields, field])));
      expectError('malformed', () => decode(join([...others, rawField(number, 5, new Uint8Array(4))])));
    }
    expectError('malformed', () => decode(join([...fields, varintField(99, 1)])));
    expectError('malformed', () => decode(new Uint8Array(0)));
    expectError('malformed', () => decode(Uint8Array.of(0, ...record.subarray(1))));
    expectError('newer-format', () => decode(Uint8Array.of(2, ...record.subarray(1))));
  });

  test.each(notBytes)('is not read from %s', (_, bytes) => {
    expectError('invalid-argument', () => decode(bytes as Uint8Array));
  });

  test.each(notObjects)('is not %s', (_, value) => {
    expectError('invalid-argument', () => encode(value as never));
  });
});

describe('a record holds at most', () => {
  const names = (most: number): string[] => Array.from({ length: most }, (_, i) => `${i}`);

  test('1,000 messages that were asked for, each up to five times', () => {
    const full = (most: number, times = 1): Uint8Array =>
      encodeRetryRequests({
        device: 'a@x',
        messages: names(most).map((messageId) => ({ messageId, count: times, since: 1, delivered: false })),
      });
    expect(decodeRetryRequests(full(MAX_REQUESTED_MESSAGES)).messages).toHaveLength(1_000);
    expectError('malformed', () => decodeRetryRequests(full(MAX_REQUESTED_MESSAGES + 1)));
    expect(decodeRetryRequests(full(1, 5)).messages).toHaveLength(1);
    for (const times of [0, 6]) expectError('malformed', () => decodeRetryRequests(full(1, times)));
  });

  test('256 messages that were answered, and five renewals', () => {
    const full = (most: number, renewals: number): Uint8Array =>
      encodeRetryAnswers({
        device: 'a@x',
        messages: names(most).map((messageId) => ({ messageId, sentAt: 1, count: 1, answeredAt: 1 })),
        renewals: new Array<number>(renewals).fill(1),
      });
    expect(decodeRetryAnswers(full(MAX_CACHED_MESSAGES, 5)).messages).toHaveLength(256);
    expectError('malformed', () => decodeRetryAnswers(full(MAX_CACHED_MESSAGES + 1, 0)));
    expectError('malformed', () => decodeRetryAnswers(full(0, 6)));
  });

  test('256 messages that are kept', () => {
    const full = (most: number): Uint8Array =>
      encodeResendCache({ messages: names(most).map((messageId) => ({ messageId, sentAt: 1 })) });
    expect(decodeResendCache(full(MAX_CACHED_MESSAGES)).messages).toHaveLength(256);
    expectError('malformed', () => decodeResendCache(full(MAX_CACHED_MESSAGES + 1)));
  });

  test('6,400 messages that are held, all of one account, within 1 MiB', () => {
    const full = (most: number, name = 'a@x'): Uint8Array =>
      encodeHeldMessages({
        account: 'a@x',
        messages: names(most).map((messageId) => ({
          device: name,
          messageId: messageId.padStart(64, '0'),
          length: 1,
          receivedAt: 1_700_000_000_000,
        })),
      });
    const most = MAX_DEVICES * MAX_HELD_MESSAGES;
    expect(decodeHeldMessages(full(most)).messages).toHaveLength(6_400);
    expect(full(most).length).toBeLessThan(1024 * 1024);
    expectError('malformed', () => decodeHeldMessages(full(most + 1)));
    expectError('malformed', () => decodeHeldMessages(full(1, 'b@x')));
  });

  test('256 KiB of a plaintext, 5,125 devices, and 1 MiB', () => {
    const part = (length: number, devices: readonly string[]): SentMessage['parts'][number] => ({
      plaintext: new Secret('Plaintext', new Uint8Array(length)),
      devices: devices.map((address) => ({ device: address, identityKey: keys[0]! })),
    });
    const of = (...parts: readonly SentMessage['parts'][number][]): Uint8Array =>
      encodeSentMessage({ messageId: 'x', sentAt: 1, parts });
    const [one] = decodeSentMessage(of(part(MAX_PLAINTEXT_LENGTH, ['a@x']))).parts;
    expect(reveal(one!.plaintext)).toHaveLength(MAX_PLAINTEXT_LENGTH);
    expectError('malformed', () => decodeSentMessage(of(part(MAX_PLAINTEXT_LENGTH + 1, ['a@x']))));
    const devices = Array.from({ length: MAX_SENT_DEVICES }, (_, i) => `b:${i + 1}@x`);
    expect(decodeSentMessage(of(part(1, devices))).parts[0]?.devices).toHaveLength(5_125);
    const more = fieldsOf(of(part(2, ['a@x'])).subarray(1)).find(({ number }) => number === 3)!;
    expectError('malformed', () => decodeSentMessage(concat(of(part(1, devices)), more.raw)));
    expectError('too-large', () => of(part(1, devices), part(2, ['a@x'])));
    expectError('malformed', () => decodeSentMessage(of(part(1, []))));
    expectError('malformed', () => decodeSentMessage(of(part(1, ['a@x']), part(2, ['a@x']))));
    const large = ['a@x', 'b@x', 'c@x', 'd@x'].map((address) => part(MAX_PLAINTEXT_LENGTH, [address]));
    const { data } = expectError('too-large', () => of(...large));
    expect(data.limit).toBe(MAX_SENT_RECORD_LENGTH);
  });
});

test('a sent message of the largest group is as large as a store’s value, and no larger', () => {
  const devices = Array.from({ length: MAX_SENT_DEVICES - 5 }, (_, i) => ({
    device: `${491_700_000_000 + i}:${1 + (i % 5)}@s.whatsapp.net`,
    identityKey: keys[0]!,
  }));
  const plaintext = new Secret('Plaintext', new Uint8Array(MAX_PLAINTEXT_LENGTH));
  const parts = [
    { plaintext, devices },
    { plaintext, devices: [{ device: 'own@x', identityKey: keys[1]! }] },
  ];
  expect(encodeSentMessage({ messageId: 'x', sentAt: 1, parts }).length).toBeLessThan(MAX_SENT_RECORD_LENGTH);
});

test('a field of a nested message is as strict', () => {
  const record = encodeResendCache({ messages: [{ messageId: 'x', sentAt: 1 }] });
  const { content } = fieldsOf(record.subarray(1))[0]!;
  const twice = concat(content, ...fieldsOf(content).map(({ raw }) => raw));
  expectError('malformed', () => decodeResendCache(concat(Uint8Array.of(1), bytesField(1, twice).raw)));
});
