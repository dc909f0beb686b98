/** An outgoing message that was stored and read again: the next round is the one that would have been. */
import type { Address } from 'polyratchet';
import {
  composeMessage,
  decodeOutgoingMessage,
  encodeOutgoingMessage,
  MAX_SENT_DEVICES,
  MAX_SENT_RECORD_LENGTH,
  reviewAnswer,
  sealEnvelopes,
  type OutgoingMessage,
  type SealedEnvelopes,
  type SentMessage,
} from 'polyratchet/fanout';
import { encodeSession } from 'polyratchet/session';
import { beforeEach, describe, expect, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { Secret } from '../../src/core/secret.js';
import { MAX_PLAINTEXT_LENGTH } from '../../src/wire/index.js';
import { expectError } from '../support/errors.js';
import { bytesField, fieldsOf, rawField, varintField, type Field } from '../support/forge.js';
import { createParty } from '../support/party.js';
import { seededRandom } from '../support/random.js';
import {
  BOB,
  aliceAndBob,
  ALICE,
  bundlesOf,
  compose,
  format,
  learn,
  NOW,
  type Person,
  plan,
  seal,
  text,
  type Member,
} from './people.js';

const { publicKey: identityKey } = createParty(1).identity;

const again = (message: OutgoingMessage): OutgoingMessage =>
  decodeOutgoingMessage(encodeOutgoingMessage(message));

describe('a round after a restart', () => {
  let alice: Person;
  let bob: Person;
  let laptop: Member;
  beforeEach(() => {
    ({ alice, bob, laptop } = aliceAndBob());
  });

  /** Seals with what is stored and the same randomness each time; stores nothing. */
  function trySeal(message: OutgoingMessage, chat: readonly Address[]): SealedEnvelopes {
    const made = plan(laptop, chat);
    const { identity, registrationId } = laptop.party;
    const deviceIdentity = laptop.deviceIdentity!;
    const { sessions } = laptop;
    const bundles = bundlesOf([alice, bob], made.bundles);
    const random = seededRandom(4);
    const own = { identity, registrationId, deviceIdentity };
    return sealEnvelopes({ plan: made, message, ...own, sessions, bundles, random, now: NOW });
  }

  /** What a round leads to, with what a record shows of the message. */
  function plain({ message, envelopes, sessions, outcomes }: SealedEnvelopes): unknown {
    const records = [...sessions].map(([device, session]) => [device, encodeSession(session)]);
    const parts = message.sent?.parts.map(({ devices }) => devices);
    return { envelopes, outcomes, records, parts, record: encodeOutgoingMessage(message) };
  }

  const each = (device: Address) => text(`for ${device}`);
  const contents = [
    ['one for all', text('hello'), [BOB]],
    ['one for each', each, [BOB]],
    ['the same for each', () => text('hello'), [BOB]],
    ['a note to ourselves', text('note'), []],
  ] as const;

  test.each(contents)('is the same with %s', (_, content, chat) => {
    const made = plan(laptop, chat);
    let message = composeMessage({ plan: made, messageId: '1', format, content });
    expect(plain(trySeal(again(message), chat))).toEqual(plain(trySeal(message, chat)));
    ({ message } = seal(laptop, made, message, bundlesOf([alice, bob], made.bundles)));
    const watch = chat.length === 0 ? alice.link() : bob.link();
    learn(laptop, watch.person);
    expect(plain(trySeal(again(message), chat))).toEqual(plain(trySeal(message, chat)));
    if (typeof content === 'function') {
      const next = { plan: plan(laptop, chat), messageId: '1', format, content };
      message = composeMessage({ ...next, message });
      expect(plain(trySeal(composeMessage({ ...next, message: again(message) }), chat))).toEqual(
        plain(trySeal(message, chat)),
      );
    }
    const second = trySeal(again(message), chat);
    expect(second.envelopes.map(({ to }) => to)).toEqual([watch.address]);
  });

  test('is the same after an answer of the server', () => {
    const made = plan(laptop, [BOB]);
    const first = seal(laptop, made, compose(made, '1', text('x')), bundlesOf([alice, bob], made.bundles));
    const { sessions } = laptop;
    const answer = { stale: [ALICE] }; // the only device that was sent the copy
    const review = (message: OutgoingMessage): OutgoingMessage => {
      const result = reviewAnswer({ plan: first.plan, message, answer, sessions });
      if (result.kind !== 'again') throw new Error(result.kind);
      return result.message;
    };
    const message = review(first.message);
    expect(message).toMatchObject({ answers: 1, sent: { parts: [{}] } });
    expect(encodeOutgoingMessage(review(again(first.message)))).toEqual(encodeOutgoingMessage(message));
    expect(plain(trySeal(again(message), [BOB]))).toEqual(plain(trySeal(message, [BOB])));
  });

  test('has each plaintext once: what was sent is what the message says', () => {
    const made = plan(laptop, [BOB]);
    const { message } = seal(
      laptop,
      made,
      compose(made, '1', text('x'.repeat(1_000))),
      bundlesOf([alice, bob], made.bundles),
    );
    const { plaintexts, sent } = again(message);
    if (plaintexts.kind !== 'one') throw new Error(plaintexts.kind);
    expect(sent?.parts.map(({ plaintext }) => plaintext)).toEqual([plaintexts.plaintext, plaintexts.copy]);
    expect(sent?.parts[0]?.plaintext).toBe(plaintexts.plaintext);
    expect(sent?.parts[1]?.plaintext).toBe(plaintexts.copy);
    expect(encodeOutgoingMessage(message).length).toBeLessThan(3_000);
    const own = { ...message.sent!.parts[0]!, plaintext: new Secret('Plaintext', bytesOf(message)) };
    const equal = { ...message, sent: { ...message.sent!, parts: [own] } };
    expect(again(equal).sent?.parts[0]?.plaintext).toBeInstanceOf(Secret);
    expect(encodeOutgoingMessage(equal).length).toBeLessThan(3_000);
  });
});

/** The plaintext that a message has for all, out of its record. */
function bytesOf(message: OutgoingMessage): Uint8Array {
  return fieldsOf(encodeOutgoingMessage(message).subarray(1)).find(({ number }) => number === 6)!.content;
}

const secretOf = (length: number): Secret<'Plaintext'> => new Secret('Plaintext', new Uint8Array(length));
const devicesOf = (count: number): Address[] => Array.from({ length: count }, (_, i) => `b:${i + 1}@x`);

/** A message with everything, and something of it changed. */
function messageWith(change: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    messageId: 'x',
    chat: 'b@x',
    accounts: ['a@x', 'b@x'],
    plaintexts: { kind: 'one', plaintext: secretOf(1), copy: secretOf(2) },
    participantHash: '2:dgd3HPPA',
    answers: 1,
    sent: sentWith({ plaintext: secretOf(1), devices: [{ device: 'b@x', identityKey }] }),
    ...change,
  };
}

function sentWith(...parts: SentMessage['parts']): SentMessage {
  return { messageId: 'x', sentAt: 1, parts };
}

const partOf = (length: number, devices: readonly Address[]): SentMessage['parts'][number] => ({
  plaintext: secretOf(length),
  devices: devices.map((device) => ({ device, identityKey })),
});

function eachOf(devices: readonly Address[]): OutgoingMessage {
  const plaintext = secretOf(1);
  const plaintexts = new Map(devices.map((device) => [device, plaintext]));
  return messageWith({ plaintexts: { kind: 'each', plaintexts } });
}

/** A record with the fields of a number replaced. */
function withField(message: OutgoingMessage, number: number, ...fields: readonly Field[]): Uint8Array {
  const record = encodeOutgoingMessage(message);
  const others = fieldsOf(record.subarray(1)).filter((field) => field.number !== number);
  return concat(record.subarray(0, 1), ...[...others, ...fields].map(({ raw }) => raw));
}

const ascii = (value: string): Uint8Array => new TextEncoder().encode(value);
const join = (...fields: readonly Field[]): Uint8Array => concat(...fields.map(({ raw }) => raw));
const place = varintField(1, 0);
const who = bytesField(1, ascii('b@x'));
const key = bytesField(2, identityKey);
const time = varintField(1, 1);
const sentDevice = bytesField(2, join(who, key));
const part = (...fields: readonly Field[]): Field => bytesField(2, join(...fields));

test('a record that is put together by hand is read', () => {
  const one = bytesField(7, join(place, varintField(2, 1)));
  const sent = bytesField(9, join(time, part(place, sentDevice)));
  for (const field of [one, sent])
    expect(
      encodeOutgoingMessage(decodeOutgoingMessage(withField(messageWith(), field.number, field))),
    ).toEqual(encodeOutgoingMessage(messageWith()));
});

describe('a record is malformed with', () => {
  test.each<[string, number, readonly Field[]]>([
    ['an id that is none', 1, [bytesField(1, ascii('é'))]],
    ['a device as its chat', 2, [bytesField(2, ascii('b:1@x'))]],
    ['no account', 3, []],
    ['an account twice', 3, [bytesField(3, ascii('a@x')), bytesField(3, ascii('a@x'))]],
    ['a device as an account', 3, [bytesField(3, ascii('a:1@x'))]],
    ['another text as participant hash', 4, [bytesField(4, ascii('2:dgd3HPP'))]],
    ['answers without end', 5, [varintField(5, 2 ** 32)]],
    ['a plaintext too few', 6, [bytesField(6, Uint8Array.of(1))]],
    ['a plaintext too many', 6, [1, 2, 3].map((value) => bytesField(6, Uint8Array.of(value)))],
    [
      'a plaintext too long',
      6,
      [bytesField(6, new Uint8Array(MAX_PLAINTEXT_LENGTH + 1)), bytesField(6, new Uint8Array(1))],
    ],
    ['no plaintext for anybody', 7, []],
    ['a plaintext that it does not have', 7, [bytesField(7, join(varintField(1, 2), varintField(2, 1)))]],
    ['a copy that it does not have', 7, [bytesField(7, join(place, varintField(2, 2)))]],
    ['a copy of nothing', 7, [bytesField(7, join(varintField(2, 1)))]],
    [
      'an unknown field beside the copy',
      7,
      [bytesField(7, join(place, varintField(2, 1), varintField(3, 1)))],
    ],
    ['one plaintext for all and one for each', 8, [bytesField(8, new Uint8Array())]],
    [
      'a part of a plaintext that it does not have',
      9,
      [bytesField(9, join(time, part(varintField(1, 2), sentDevice)))],
    ],
    ['a part of no plaintext', 9, [bytesField(9, join(time, part(sentDevice)))]],
    ['a part that nobody was sent', 9, [bytesField(9, join(time, part(place)))]],
    ['a device that was sent it twice', 9, [bytesField(9, join(time, part(place, sentDevice, sentDevice)))]],
    [
      'a device in two parts',
      9,
      [bytesField(9, join(time, part(place, sentDevice), part(varintField(1, 1), sentDevice)))],
    ],
    ['a device without a key', 9, [bytesField(9, join(time, part(place, bytesField(2, join(who)))))]],
    ['no device at a key', 9, [bytesField(9, join(time, part(place, bytesField(2, join(key)))))]],
    ['no time of what was sent', 9, [bytesField(9, join(part(place, sentDevice)))]],
    ['a sent part of another wire type', 9, [bytesField(9, join(time, rawField(2, 5, new Uint8Array(4))))]],
  ])('%s', (_, number, fields) => {
    const record = withField(messageWith(), number, ...fields);
    expectError('malformed', () => decodeOutgoingMessage(record));
  });

  test.each<[string, readonly Field[]]>([
    ['a device twice', [sentFor(who, varintField(2, 0)), sentFor(who, varintField(2, 0))]],
    ['a device without a plaintext', [sentFor(who)]],
    ['a plaintext without a device', [sentFor(varintField(2, 0))]],
    ['a plaintext that it does not have', [sentFor(who, varintField(2, 1))]],
  ])('contents for each: %s', (_, devices) => {
    const message = eachOf(['b@x']);
    expect(
      decodeOutgoingMessage(withField(message, 8, bytesField(8, join(sentFor(who, varintField(2, 0)))))),
    ).toBeTypeOf('object');
    expectError('malformed', () =>
      decodeOutgoingMessage(withField(message, 8, bytesField(8, join(...devices)))),
    );
  });
});

function sentFor(...fields: readonly Field[]): Field {
  return bytesField(1, join(...fields));
}

describe('a record holds at most', () => {
  test('5,125 devices, in what they get and in what they were sent', () => {
    const devices = devicesOf(MAX_SENT_DEVICES);
    const { plaintexts } = again(eachOf(devices));
    expect(plaintexts.kind === 'each' && plaintexts.plaintexts.size).toBe(5_125);
    expectError('too-large', () => encodeOutgoingMessage(eachOf([...devices, 'c@x'])));
    const sent = sentWith(partOf(1, devices));
    expect(again(messageWith({ sent })).sent?.parts[0]?.devices).toHaveLength(5_125);
    const more = sentWith(partOf(1, devices), partOf(2, ['c@x']));
    expectError('too-large', () => encodeOutgoingMessage(messageWith({ sent: more })));
    const { content } = fieldsOf(encodeOutgoingMessage(messageWith({ sent })).subarray(1)).find(
      ({ number }) => number === 9,
    )!;
    const forged = concat(
      content,
      part(varintField(1, 1), bytesField(2, join(bytesField(1, ascii('c@x')), key))).raw,
    );
    expectError('malformed', () => decodeOutgoingMessage(withField(messageWith(), 9, bytesField(9, forged))));
  });

  test('as many accounts', () => {
    const accounts = Array.from({ length: MAX_SENT_DEVICES }, (_, i) => `${i}@x`);
    expect(again(messageWith({ accounts })).accounts).toEqual(accounts);
    const { data } = expectError('too-large', () =>
      encodeOutgoingMessage(messageWith({ accounts: [...accounts, 'c@x'] })),
    );
    expect(data).toMatchObject({ what: 'accounts', limit: MAX_SENT_DEVICES });
  });

  test('1 MiB: the largest group’s with the longest message and its copy, and no third plaintext beside them', () => {
    const addresses = Array.from(
      { length: MAX_SENT_DEVICES - 5 },
      (_, i) => `${491_700_000_000 + i}:${1 + (i % 5)}@s.whatsapp.net`,
    );
    const plaintext = secretOf(MAX_PLAINTEXT_LENGTH);
    const copy = new Secret('Plaintext', new Uint8Array(MAX_PLAINTEXT_LENGTH).fill(1));
    const accounts = Array.from({ length: 1_025 }, (_, i) => `${491_700_000_000 + i}@s.whatsapp.net`);
    const sent = sentWith(
      { plaintext, devices: addresses.map((device) => ({ device, identityKey })) },
      { plaintext: copy, devices: [{ device: 'a@x', identityKey }] },
    );
    const largest = messageWith({ accounts, plaintexts: { kind: 'one', plaintext, copy }, sent });
    expect(encodeOutgoingMessage(largest).length).toBeLessThan(MAX_SENT_RECORD_LENGTH);
    const other = new Secret('Plaintext', new Uint8Array(MAX_PLAINTEXT_LENGTH).fill(2));
    const longer = sentWith(...sent.parts, { plaintext: other, devices: [{ device: 'c@x', identityKey }] });
    const { data } = expectError('too-large', () => encodeOutgoingMessage({ ...largest, sent: longer }));
    expect(data).toMatchObject({ what: 'outgoingMessage', limit: MAX_SENT_RECORD_LENGTH });
  });
});

test.each<[string, object]>([
  ['no accounts', { accounts: 'a@x' }],
  ['no plaintexts', { plaintexts: undefined }],
  ['plaintexts for each that are none', { plaintexts: { kind: 'each' } }],
  ['a chat that is a device', { chat: 'a:1@x' }],
  ['another text as participant hash', { participantHash: 'x' }],
  ['answers that are no number', { answers: -1 }],
  ['what was sent under another id', { sent: { messageId: 'y', sentAt: 1, parts: [] } }],
])('a message with %s is not written', (_, change) => {
  expectError('invalid-argument', () => encodeOutgoingMessage(messageWith(change)));
});
