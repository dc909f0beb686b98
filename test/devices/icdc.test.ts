import {
  addCompanion,
  assumeDeviceList,
  compareDeviceListMetadata,
  createDeviceListMetadata,
  acceptedDevices,
  deviceListOf,
  expectNewerList,
  KEY_HASH_LENGTH,
  MAX_LIST_AHEAD_MS,
  mergeDeviceList,
  NEWER_LIST_GRACE_MS,
  removeAllCompanions,
  renewOwnDevices,
  type DeviceListRecord,
  type MetadataComparison,
} from 'polyratchet/devices';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import {
  ALICE,
  alone,
  answerOf,
  BOTH_AT,
  DAY,
  HOUR,
  laptop,
  namesOf,
  NOW,
  phone,
  signerAt,
  stranger,
  tablet,
  withBoth,
  withLaptop,
} from './lists.js';

const both = deviceListOf(withBoth);
const one = deviceListOf(withLaptop);
const none = deviceListOf(alone);
const unseen = assumeDeviceList({ account: ALICE, primaryIdentity: phone.publicKey, now: NOW });
const nameless = mergeDeviceList({
  account: ALICE,
  primaryIdentity: phone.publicKey,
  answer: namesOf(answerOf(withBoth)),
  now: BOTH_AT,
}).record;

/** The formula of multi-device.md §6, by another hand. */
function hashOf(...keys: readonly Uint8Array[]): Uint8Array {
  const texts = keys.map((key) => [...key].map((byte) => String.fromCharCode(byte)).join('')).sort();
  return sha256(Uint8Array.from(texts.join(''), (c) => c.charCodeAt(0))).slice(0, KEY_HASH_LENGTH);
}

const bothHash = hashOf(phone.publicKey, laptop.publicKey, tablet.publicKey);
const create = (sender: DeviceListRecord, recipient?: DeviceListRecord, now = BOTH_AT) =>
  createDeviceListMetadata({ sender, ...(recipient === undefined ? {} : { recipient }), now });
const compare = (
  known: DeviceListRecord,
  metadata: ReturnType<typeof create>,
  device = 1,
  now = BOTH_AT,
): MetadataComparison => compareDeviceListMetadata({ metadata, sender: known, device, now }).sender;

describe('what is stated', () => {
  test('is the hash of all devices, and the time of the list', () => {
    expect(create(both)).toEqual({ senderKeyHash: bothHash, senderTimestamp: BOTH_AT });
    expect(bothHash).toHaveLength(10);
  });

  test('is about both sides of a chat of two', () => {
    expect(create(both, one)).toEqual({
      senderKeyHash: bothHash,
      senderTimestamp: BOTH_AT,
      recipientKeyHash: hashOf(phone.publicKey, laptop.publicKey),
      recipientTimestamp: NOW + 1_000,
    });
    expect(create(both, nameless)).toMatchObject({
      recipientKeyHash: hashOf(phone.publicKey),
      recipientKeyIndexes: [0],
    });
  });

  test('without companions is the time, for 30 days', () => {
    expect(create(none)).toEqual({ senderTimestamp: NOW });
    expect(create(none, undefined, NOW + 30 * DAY - 1)).toEqual({ senderTimestamp: NOW });
    expect(create(none, undefined, NOW + 30 * DAY)).toEqual({});
    expect(create(both, unseen)).not.toHaveProperty('recipientTimestamp');
  });

  test('names the key indexes that were hashed where one is unknown', () => {
    const { devices } = addCompanion({
      devices: withBoth,
      companionIdentity: stranger.publicKey,
      ...signerAt(NOW),
    });
    expect(create(deviceListOf(devices))).toMatchObject({
      senderKeyHash: bothHash,
      senderKeyIndexes: [0, 1, 2],
    });
  });

  test('counts only what the list of that time names', () => {
    const late = { ...both, list: one.list };
    expect(create(late)).toEqual(create(one));
  });
});

describe('what is compared', () => {
  test('agrees where the lists are the same', () => {
    expect(compare(both, create(both))).toEqual({ kind: 'agrees' });
    expect(compare(none, create(none))).toEqual({ kind: 'agrees' });
    expect(compare(unseen, {})).toEqual({ kind: 'agrees' });
    const partly = { senderKeyHash: hashOf(phone.publicKey, tablet.publicKey), senderTimestamp: BOTH_AT };
    expect(compare(both, { ...partly, senderKeyIndexes: [0, 2] })).toEqual({ kind: 'agrees' });
    expect(compare(both, { senderKeyHash: bothHash.slice(0, 8), senderTimestamp: BOTH_AT })).toEqual({
      kind: 'agrees',
    });
  });

  test('differs where the time is the same and the keys are not, and says what to fetch', () => {
    const got = hashOf(phone.publicKey, laptop.publicKey, stranger.publicKey);
    expect(compare(both, { senderKeyHash: got, senderTimestamp: BOTH_AT })).toEqual({
      kind: 'differs',
      expected: bothHash,
      got,
      fetch: [
        { kind: 'list', account: ALICE },
        { kind: 'identity', device: 'alice:1@example.org' },
        { kind: 'identity', device: 'alice:2@example.org' },
      ],
    });
  });

  test.each<[string, DeviceListRecord, ReturnType<typeof create>]>([
    ['silence about companions that are known', both, {}],
    ['no hash where companions are known', both, { senderTimestamp: BOTH_AT }],
    ['a hash where none are known', none, { senderTimestamp: NOW, senderKeyHash: bothHash }],
    ['a hash without a time', both, { senderKeyHash: bothHash }],
    [
      'a key index that the list does not name',
      both,
      { senderKeyHash: bothHash, senderTimestamp: BOTH_AT, senderKeyIndexes: [0, 3] },
    ],
  ])('is never silent about %s', (_, known, metadata) => {
    expect(compare(known, metadata)).toMatchObject({
      kind: 'differs',
      fetch: [{ kind: 'list' }, ...known.companions.map(() => ({}))],
    });
  });

  test('is unknown where a hashed identity is', () => {
    expect(compare(nameless, create(both))).toMatchObject({
      kind: 'unknown',
      fetch: [{ kind: 'list' }, {}, {}],
    });
    const primaryOnly = {
      senderKeyHash: hashOf(phone.publicKey),
      senderTimestamp: BOTH_AT,
      senderKeyIndexes: [0],
    };
    expect(compare(nameless, primaryOnly)).toEqual({ kind: 'agrees' });
  });

  test('is older where a message was long on the way', () => {
    expect(compare(both, create(one))).toEqual({ kind: 'older' });
  });

  test('about the own list is agreement, being behind, or news', () => {
    const recipient = (record: DeviceListRecord | undefined, own: DeviceListRecord) =>
      compareDeviceListMetadata({
        metadata: create(none, record),
        sender: none,
        device: 0,
        own,
        now: BOTH_AT,
      }).recipient;
    expect(recipient(both, both)).toEqual({ kind: 'agrees' });
    expect(recipient(undefined, none)).toEqual({ kind: 'agrees' });
    expect(recipient(undefined, both)).toEqual({ kind: 'older' });
    expect(recipient(one, both)).toEqual({ kind: 'older' });
    const news = recipient(both, one);
    expect(news).toMatchObject({
      kind: 'newer',
      timestamp: BOTH_AT,
      fetch: [{ kind: 'list', account: ALICE }],
    });
    expect(news && 'record' in news && news.record, 'a contact cannot start the grace').toBe(one);
    const metadata = { recipientKeyHash: bothHash };
    const { recipient: odd } = compareDeviceListMetadata({
      metadata,
      sender: none,
      device: 0,
      own: both,
      now: BOTH_AT,
    });
    expect(odd).toMatchObject({ kind: 'differs', got: bothHash });
    expect(
      compareDeviceListMetadata({ metadata: create(none), sender: none, device: 0, now: NOW }),
    ).not.toHaveProperty('recipient');
  });

  test.each([{ senderKeyHash: 'x' }, { senderTimestamp: 1.5 }])('is refused as %o', (metadata) => {
    expectError('invalid-argument', () => compare(both, metadata as unknown as ReturnType<typeof create>));
  });
});

describe('a newer list', () => {
  test('that a device of the account names starts 48 hours', () => {
    const result = compare(one, create(both));
    expect(result).toMatchObject({
      kind: 'newer',
      timestamp: BOTH_AT,
      fetch: [{ kind: 'list', account: ALICE }],
    });
    if (result.kind !== 'newer') return;
    const { record } = result;
    const end = BOTH_AT + NEWER_LIST_GRACE_MS;
    expect(acceptedDevices({ record, now: end })).toMatchObject({ excluded: [], fetch: [] });
    expect(acceptedDevices({ record, now: end + 1 })).toMatchObject({
      devices: [{ device: 0 }],
      excluded: [{ device: 1, why: 'newer-list-expected' }],
      fetch: [{ kind: 'list', account: ALICE }],
    });
    const merged = mergeDeviceList({ account: ALICE, record, answer: answerOf(withBoth), now: end + 1 });
    expect(merged.record).toEqual(both);
  });

  test('counts from the first hint, whatever comes after', () => {
    const first = expectNewerList({
      record: one,
      timestamp: BOTH_AT,
      source: 'account',
      now: NOW + HOUR,
    }).record;
    const next = expectNewerList({
      record: first,
      timestamp: BOTH_AT + DAY,
      source: 'account',
      now: NOW + DAY,
    }).record;
    expect(next.expected).toEqual({ timestamp: BOTH_AT + DAY, since: NOW + HOUR });
    const less = expectNewerList({ record: next, timestamp: BOTH_AT, source: 'account', now: NOW + DAY });
    expect(less).toMatchObject({ kind: 'newer', record: next });
    const answer = answerOf(withBoth);
    expect(mergeDeviceList({ account: ALICE, record: next, answer, now: NOW + DAY }).record.expected).toEqual(
      next.expected,
    );
  });

  test.each(['server', 'contact'] as const)('that only a %s names is fetched, and nothing else', (source) => {
    const hint = expectNewerList({ record: one, timestamp: BOTH_AT, source, now: NOW });
    expect(hint).toEqual({ kind: 'newer', record: one, fetch: [{ kind: 'list', account: ALICE }] });
    expect(hint.record).toBe(one);
  });

  test('that a contact names neither ends nor prolongs what a device of the account has started', () => {
    const at = { record: one, timestamp: BOTH_AT, now: NOW + HOUR } as const;
    const { record } = expectNewerList({ ...at, source: 'account' });
    const later = { record, timestamp: BOTH_AT + DAY, source: 'contact', now: NOW + DAY } as const;
    expect(expectNewerList(later)).toMatchObject({ kind: 'newer', fetch: [{ kind: 'list' }] });
    expect(expectNewerList(later).record).toBe(record);
  });

  test('from more than a day ahead is not believed', () => {
    const at = (timestamp: number) =>
      expectNewerList({ record: one, timestamp, source: 'account', now: NOW });
    expect(at(NOW + MAX_LIST_AHEAD_MS)).toMatchObject({
      kind: 'newer',
      record: { expected: { since: NOW } },
    });
    expect(at(NOW + MAX_LIST_AHEAD_MS + 1)).toEqual({
      kind: 'from-future',
      record: one,
      fetch: [{ kind: 'list', account: ALICE }],
    });
    const metadata = { senderKeyHash: bothHash, senderTimestamp: NOW + 2 * DAY };
    expect(compare(one, metadata, 0, NOW)).toMatchObject({ kind: 'from-future', record: one });
    expect(at(NOW + 1_000)).toEqual({ kind: 'known', record: one, fetch: [] });
  });
});

describe('a primary that is alone again', () => {
  const { devices } = removeAllCompanions({ devices: withBoth, ...signerAt(NOW + HOUR) });
  const metadata = create(deviceListOf(devices), undefined, NOW + HOUR);

  test('says so itself, and what it signed before is a rollback', () => {
    const result = compare(both, metadata, 0, NOW + HOUR);
    expect(result).toMatchObject({
      kind: 'primary-only',
      timestamp: NOW + HOUR,
      removed: [
        { keyIndex: 1, why: 'revoked' },
        { keyIndex: 2, why: 'revoked' },
      ],
    });
    if (result.kind !== 'primary-only') return;
    const { record } = result;
    expect(acceptedDevices({ record, now: NOW + HOUR }).devices.map(({ device }) => device)).toEqual([0]);
    const merge = (signedList: Uint8Array) =>
      mergeDeviceList({ account: ALICE, record, answer: { devices: [], signedList }, now: NOW + HOUR });
    expectError('list-rollback', () => merge(withBoth.signedList));
    expect(merge(devices.signedList).record).toEqual(deviceListOf(devices));
    const later = renewOwnDevices({ devices, ...signerAt(NOW + DAY) }).devices.signedList;
    expect(merge(later).kind).toBe('updated');
  });

  test('is not for a companion to say', () => {
    expect(compare(both, metadata, 1, NOW + HOUR)).toMatchObject({
      kind: 'newer',
      record: { companions: [{}, {}] },
    });
  });

  test('and was never seen before, is known from then on', () => {
    const result = compare(unseen, create(none), 0, NOW);
    expect(result).toMatchObject({ kind: 'primary-only', removed: [] });
    if (result.kind !== 'primary-only') return;
    expect(compare(result.record, create(none), 0, NOW)).toEqual({ kind: 'agrees' });
  });
});
