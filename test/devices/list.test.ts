import {
  acceptedDevices,
  acceptPrimaryIdentity,
  assumeDeviceList,
  decodeDeviceList,
  deviceListOf,
  encodeDeviceList,
  LIST_LIFETIME_MS,
  MAX_DEVICES,
  MAX_LIST_AHEAD_MS,
  mergeDeviceList,
  removeCompanion,
  renewOwnDevices,
  requireAcceptedDevice,
  uniteAliases,
  type ClaimedDevice,
  type DeviceListAnswer,
  type DeviceListMerge,
  type DeviceListRecord,
  type KeyIndexList,
} from 'polyratchet/devices';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { fieldsOf } from '../support/forge.js';
import {
  ALICE,
  alone,
  answerOf,
  BOTH_AT,
  DAY,
  HOUR,
  laptop,
  linked,
  listBy,
  namesOf,
  NOW,
  phone,
  registered,
  signedFor,
  signerAt,
  stranger,
  tablet,
  withBoth,
  withLaptop,
} from './lists.js';

const { rawId } = withBoth;
const answer = answerOf(withBoth);

function merge(
  given: DeviceListAnswer,
  record?: DeviceListRecord,
  now = BOTH_AT,
  primaryIdentity?: Uint8Array,
): DeviceListMerge {
  return mergeDeviceList({
    account: ALICE,
    ...(record === undefined ? {} : { record }),
    ...(primaryIdentity === undefined ? {} : { primaryIdentity }),
    answer: given,
    now,
  });
}

/** The record of somebody who knows everything. */
const { record: both } = merge(answer);
const numbersOf = (record: DeviceListRecord, now = BOTH_AT): readonly number[] =>
  acceptedDevices({ record, now }).devices.map(({ device }) => device);

/** The answer with one claim changed. */
function changed(change: Partial<ClaimedDevice>, device = 2): DeviceListAnswer {
  return { ...answer, devices: answer.devices.map((c) => (c.device === device ? { ...c, ...change } : c)) };
}

const whyOf = (given: DeviceListAnswer, record?: DeviceListRecord, now = BOTH_AT): readonly string[] =>
  merge(given, record, now).record.refused.map(({ device, why }) => `${device} ${why}`);

describe('the first answer', () => {
  test('pins the identity that is seen, and accepts what it has signed', () => {
    const { kind, primary, added, removed, record } = merge(answer);
    expect(kind).toBe('updated');
    expect(primary).toEqual({ kind: 'first', key: phone.publicKey });
    expect(added).toEqual([
      { address: 'alice:1@example.org', keyIndex: 1, identity: laptop.publicKey },
      { address: 'alice:2@example.org', keyIndex: 2, identity: tablet.publicKey },
    ]);
    expect(removed).toEqual([]);
    expect(acceptedDevices({ record, now: BOTH_AT })).toMatchObject({
      kind: 'complete',
      excluded: [],
      fetch: [],
    });
    expect(numbersOf(record)).toEqual([0, 1, 2]);
    expect(record).toEqual(deviceListOf(withBoth));
  });

  test('is held against the identity that is pinned', () => {
    expect(merge(answer, undefined, BOTH_AT, phone.publicKey).primary.kind).toBe('pinned');
    const error = expectError('untrusted-identity', () =>
      merge(answer, undefined, BOTH_AT, stranger.publicKey),
    );
    expect(error.data).toEqual({ device: ALICE, expected: stranger.publicKey, got: phone.publicKey });
    expectError('untrusted-identity', () => merge(changed({ identity: stranger.publicKey }, 0), both));
    expectError('untrusted-identity', () => merge(answer, both, BOTH_AT, stranger.publicKey));
  });

  test('without any identity of the primary is no answer', () => {
    expectError('invalid-argument', () => merge(namesOf(answer)));
    expectError('invalid-key', () => merge(changed({ identity: new Uint8Array(32) }, 0)));
  });

  test('without a list leaves the primary alone', () => {
    const { signedList: _, ...unsigned } = answer;
    const { record } = merge(unsigned);
    expect(record.refused.map(({ why }) => why)).toEqual(['no-list', 'no-list']);
    expect(acceptedDevices({ record, now: NOW })).toMatchObject({
      kind: 'complete',
      devices: [{ device: 0, address: ALICE }],
      fetch: [{ kind: 'list', account: ALICE }],
    });
  });
});

describe('an answer again', () => {
  test('changes nothing, and the record is the same object', () => {
    for (const same of [answer, namesOf(answer), { devices: [] }, { ...answer, partial: true }]) {
      const { kind, record, added, removed, primary } = merge(same, both);
      expect({ kind, added, removed }).toEqual({ kind: 'unchanged', added: [], removed: [] });
      expect(record).toBe(both);
      expect(primary.kind).toBe('pinned');
    }
  });

  test('that hides a device hides nothing', () => {
    const { kind, record } = merge({ ...answer, devices: answer.devices.slice(0, 2) }, both);
    expect(kind).toBe('unchanged');
    expect(numbersOf(record)).toEqual([0, 1, 2]);
  });

  test('in another envelope is the same list', () => {
    const details = listBy(phone, { rawId, timestamp: BOTH_AT, currentIndex: 2, validIndexes: [1, 2] });
    expect(merge({ ...answer, signedList: details.slice(0, -34) }, both).kind).toBe('unchanged');
  });

  test('with identities completes what came without', () => {
    const { record } = merge(namesOf(answer), undefined, BOTH_AT, phone.publicKey);
    expect(acceptedDevices({ record, now: BOTH_AT })).toMatchObject({
      kind: 'incomplete',
      devices: [{ device: 0 }],
      excluded: [{ why: 'identity-unknown' }, { why: 'identity-unknown' }],
      fetch: [
        { kind: 'identity', device: 'alice:1@example.org' },
        { kind: 'identity', device: 'alice:2@example.org' },
      ],
    });
    const one = { devices: answer.devices.slice(2), partial: true };
    const half = merge(one, record).record;
    expect(numbersOf(half)).toEqual([0, 2]);
    expect(acceptedDevices({ record: half, now: BOTH_AT }).fetch).toEqual([
      { kind: 'identity', device: 'alice:1@example.org' },
    ]);
    expect(merge(answer, half).record).toEqual(both);
  });

  test('that never names a device of the list asks for the list', () => {
    const { record } = merge({ ...answer, devices: answer.devices.slice(0, 2) });
    expect(acceptedDevices({ record, now: BOTH_AT })).toMatchObject({
      kind: 'incomplete',
      fetch: [{ kind: 'list', account: ALICE }],
    });
  });
});

describe('a list', () => {
  const list = (change: Partial<KeyIndexList>, identity = phone): DeviceListAnswer => ({
    devices: [],
    signedList: listBy(identity, {
      rawId,
      timestamp: BOTH_AT + 1_000,
      currentIndex: 2,
      validIndexes: [1, 2],
      ...change,
    }),
  });

  test('that leaves a device out removes it', () => {
    const { devices } = removeCompanion({ devices: withBoth, keyIndex: 1, ...signerAt(NOW + HOUR) });
    const { kind, record, removed } = merge(
      { devices: [], signedList: devices.signedList },
      both,
      NOW + HOUR,
    );
    expect(kind).toBe('updated');
    expect(removed).toEqual([
      { address: 'alice:1@example.org', keyIndex: 1, identity: laptop.publicKey, why: 'revoked' },
    ]);
    expect(numbersOf(record)).toEqual([0, 2]);
    expect(whyOf({ ...answer, signedList: devices.signedList }, record, NOW + HOUR)).toEqual(['1 revoked']);
    expectError('device-revoked', () => {
      const { record: told } = merge({ ...answer, signedList: devices.signedList }, record, NOW + HOUR);
      requireAcceptedDevice({ record: told, device: 1, now: NOW + HOUR });
    });
  });

  test('by another key, or damaged, is refused', () => {
    expect(expectError('device-unverified', () => merge(list({}, stranger), both)).data.why).toBe(
      'other-primary',
    );
    const forged = list({}, stranger).signedList?.slice(0, -34) as Uint8Array;
    expectError('invalid-signature', () => merge({ devices: [], signedList: forged }, both));
    expectError('malformed', () => merge({ devices: [], signedList: new Uint8Array(3) }, both));
  });

  test('from before is a rollback', () => {
    const error = expectError('list-rollback', () => merge(answerOf(withLaptop), both));
    expect(error.data).toEqual({ account: ALICE, why: 'older-timestamp' });
    expectError('list-rollback', () => merge(list({ timestamp: BOTH_AT - 1_000 }), both));
  });

  test('of the same time with other content is a fork', () => {
    const error = expectError('list-fork', () =>
      merge(list({ timestamp: BOTH_AT, validIndexes: [1] }), both),
    );
    expect(error.data).toEqual({ account: ALICE, why: 'same-timestamp' });
    expect(merge(list({ timestamp: BOTH_AT }), both).kind).toBe('unchanged');
  });

  test('is at most a day ahead', () => {
    const last = list({ timestamp: BOTH_AT + MAX_LIST_AHEAD_MS });
    expect(merge(last, both).kind).toBe('updated');
    expectError('list-from-future', () => merge(last, both, BOTH_AT - 1));
  });

  test('is at most 35 days old when it comes, unless it names no companions', () => {
    const end = BOTH_AT + LIST_LIFETIME_MS;
    expect(merge(answer, undefined, end).kind).toBe('updated');
    expectError('list-expired', () => merge(answer, undefined, end + 1));
    const { record } = merge(list({ validIndexes: [] }), both, end + DAY);
    expect(acceptedDevices({ record, now: end + DAY })).toMatchObject({
      kind: 'complete',
      excluded: [],
      fetch: [],
    });
  });

  test('counts for 35 days', () => {
    const end = BOTH_AT + LIST_LIFETIME_MS;
    expect(numbersOf(both, end)).toEqual([0, 1, 2]);
    const { kind, devices, excluded, fetch } = acceptedDevices({ record: both, now: end + 1 });
    expect(kind).toBe('complete');
    expect(devices.map(({ device }) => device)).toEqual([0]);
    expect(excluded.map(({ why }) => why)).toEqual(['expired', 'expired']);
    expect(fetch).toEqual([{ kind: 'list', account: ALICE }]);
    expectError('list-expired', () => requireAcceptedDevice({ record: both, device: 1, now: end + 1 }));
    const { devices: own } = renewOwnDevices({ devices: withBoth, ...signerAt(end) });
    expect(numbersOf(merge(namesOf(answerOf(own)), both, end + 1).record, end + 1)).toEqual([0, 1, 2]);
  });

  test('of another raw id, signed by the pinned key, is a registration anew', () => {
    const again = linked(registered(NOW + HOUR, withBoth), laptop, 1, NOW + HOUR);
    const { kind, added, removed, record } = merge(answerOf(again), both, NOW + HOUR);
    expect(kind).toBe('re-registered');
    expect(removed.map(({ keyIndex, why }) => `${keyIndex} ${why}`)).toEqual([
      '1 re-registered',
      '2 re-registered',
    ]);
    expect(added).toMatchObject([{ address: 'alice:1@example.org' }]); // the laptop again: even so, from anew
    expect(numbersOf(record)).toEqual([0, 1]);
    expect(whyOf({ ...answer, signedList: again.signedList }, record, NOW + HOUR)).toEqual([
      '1 other-raw-id',
      '2 other-raw-id',
    ]);
    const { signedList: earlier } = registered(NOW - DAY);
    expectError('list-rollback', () => merge({ devices: [], signedList: earlier }, both));
  });
});

describe('a device is left out', () => {
  const details = { rawId, timestamp: BOTH_AT, keyIndex: 2 };
  const forged = (identity: Uint8Array): DeviceListAnswer => changed({ signedIdentity: identity });
  const good = answer.devices[2]?.signedIdentity ?? new Uint8Array(0);

  test.each<[string, DeviceListAnswer]>([
    ['unsigned', { ...answer, devices: [{ device: 2, keyIndex: 2, identity: tablet.publicKey }] }],
    ['identity-unknown', { ...answer, devices: [{ device: 2, keyIndex: 2 }] }],
    ['invalid-signature', changed({ identity: stranger.publicKey })],
    ['invalid-signature', forged(signedFor(details, stranger))],
    ['other-primary', forged(signedFor(details, tablet, stranger))],
    ['other-raw-id', forged(signedFor({ ...details, rawId: rawId ^ 1 }, tablet))],
    ['other-key-index', changed({ keyIndex: 1 })],
    ['from-future', forged(signedFor({ ...details, timestamp: NOW + 2 * DAY }, tablet))],
    ['duplicate', changed({ identity: phone.publicKey })],
    ['malformed', forged(new Uint8Array(3))],
    ['malformed', forged(new Uint8Array(5_000))],
    ['malformed', changed({ identity: new Uint8Array(31) })],
    ['malformed', changed({ identity: new Uint8Array(32) })],
    ['unsupported-version', forged(withKind(good))],
  ])('as %s', (why, given) => {
    const { record } = merge(
      { ...given, devices: given.devices.filter(({ device }) => device > 0) },
      undefined,
      BOTH_AT,
      phone.publicKey,
    );
    expect(record.refused).toContainEqual({ device: 2, keyIndex: expect.any(Number) as number, why });
    const { excluded } = acceptedDevices({ record, now: BOTH_AT });
    expect(excluded).toContainEqual(expect.objectContaining({ address: 'alice:2@example.org', why }));
    const error = expectError('device-unverified', () =>
      requireAcceptedDevice({ record, device: 2, now: BOTH_AT }),
    );
    expect(error.data).toEqual({ account: ALICE, device: 'alice:2@example.org', why });
  });

  test('where its number is given twice, the second', () => {
    const again = { ...answer.devices[1]!, device: 2 };
    const { record } = merge({ ...answer, devices: [...answer.devices, again] });
    expect(record.refused).toEqual([{ device: 2, keyIndex: 1, why: 'duplicate' }]);
    expect(numbersOf(record)).toEqual([0, 1, 2]);
  });

  test('with a signature of one half missing', () => {
    expect(whyOf(forged(good.slice(0, -66)))).toEqual(['2 unsigned']);
  });

  test('as revoked, whatever index the server gives it', () => {
    const { devices } = removeCompanion({ devices: withBoth, keyIndex: 2, ...signerAt(NOW + HOUR) });
    const { signedList } = devices;
    for (const keyIndex of [2, undefined]) {
      const { devices: claims } = changed({});
      const claim = { ...claims[2]! };
      const given = { signedList, devices: [keyIndex === undefined ? withoutHint(claim) : claim] };
      expect(merge(given, undefined, NOW + HOUR, phone.publicKey).record.refused).toEqual([
        { device: 2, keyIndex: 2, why: 'revoked' },
      ]);
    }
    expect(whyOf({ ...changed({ keyIndex: 1 }), signedList }, undefined, NOW + HOUR)).toEqual([
      '2 other-key-index',
    ]);
    expect(whyOf({ ...changed({ keyIndex: 3 }), signedList }, undefined, NOW + HOUR)).toEqual([
      '2 other-key-index',
    ]);
  });

  test('as hosted, unless the caller takes those', () => {
    const hosted = signedFor({ ...details, accountType: 'hosted', deviceType: 'hosted' }, tablet);
    const { record } = merge(forged(hosted));
    expect(acceptedDevices({ record, now: BOTH_AT })).toMatchObject({
      kind: 'complete',
      excluded: [{ device: 2, why: 'hosted' }],
    });
    const { devices } = acceptedDevices({ record, now: BOTH_AT, hosted: true });
    expect(devices.map(({ hosted: is }) => is)).toEqual([false, false, true]);
  });

  test('beyond 64 of them', () => {
    const claims = Array.from({ length: MAX_DEVICES }, (_, device) => ({ device }));
    expect(merge({ ...answer, devices: claims }, both).record.refused).toHaveLength(MAX_DEVICES - 3);
    const error = expectError('too-large', () =>
      merge({ ...answer, devices: [...claims, { device: 99 }] }, both),
    );
    expect(error.data).toMatchObject({ limit: MAX_DEVICES, got: MAX_DEVICES + 1 });
  });
});

test('the sixty-fifth device is left out, whoever has signed for it', () => {
  const companions = Array.from({ length: MAX_DEVICES - 1 }, (_, i) => ({
    device: i + 1,
    identity: new Uint8Array(32).fill(i + 1) as DeviceListRecord['primaryIdentity'],
    signedIdentity: new Uint8Array(0),
    details: { rawId, timestamp: BOTH_AT, keyIndex: i + 3 },
  }));
  const details = { rawId, timestamp: BOTH_AT, keyIndex: 99 };
  const claim = { device: 99, identity: stranger.publicKey, signedIdentity: signedFor(details, stranger) };
  const record = { ...both, companions };
  const { record: full, kind } = merge({ devices: [claim] }, record);
  expect(kind).toBe('updated');
  expect(full.refused).toEqual([{ device: 99, keyIndex: 99, why: 'too-many' }]);
  expect(numbersOf(full)).toHaveLength(MAX_DEVICES);
  const one = { ...record, companions: companions.slice(1) };
  expect(numbersOf(merge({ devices: [claim] }, one).record)).toContain(99);
});

test('a device approved a day ahead is the last that counts', () => {
  const of = (timestamp: number) => {
    const signedIdentity = signedFor({ rawId, timestamp, keyIndex: 2 }, tablet);
    return whyOf(changed({ signedIdentity }));
  };
  expect(of(BOTH_AT + MAX_LIST_AHEAD_MS)).toEqual([]);
  expect(of(BOTH_AT + MAX_LIST_AHEAD_MS + 1_000)).toEqual(['2 from-future']);
});

test('what comes out is the caller’s to change', () => {
  for (const { identity } of acceptedDevices({ record: both, now: BOTH_AT }).devices) identity.fill(0);
  for (const { identity } of merge(answer).added) identity.fill(0);
  expect(both).toEqual(deviceListOf(withBoth));
});

describe('the labels of the server', () => {
  test('are its own: a device that moves keeps its identity', () => {
    const moved = {
      ...answer,
      devices: [...answer.devices.slice(0, 2), { ...answer.devices[2]!, device: 7 }],
    };
    const { record, added, removed } = merge(moved, both);
    expect(numbersOf(record)).toEqual([0, 1, 7]);
    expect(added.map(({ address }) => address)).toEqual(['alice:7@example.org']);
    expect(removed).toMatchObject([{ address: 'alice:2@example.org', why: 'moved' }]);
  });

  test('do not make two devices of one', () => {
    const twice = {
      ...answer,
      devices: [...answer.devices, { ...answer.devices[2]!, device: 7 }],
    };
    expect(whyOf(twice)).toEqual(['7 duplicate']);
    expect(numbersOf(merge(twice).record)).toEqual([0, 1, 2]);
  });

  test('that contradict what is known are told, and change nothing', () => {
    const { record } = merge(namesOf(changed({ keyIndex: 3 })), both);
    expect(record.refused).toEqual([{ device: 2, keyIndex: 3, why: 'other-key-index' }]);
    expect(numbersOf(record)).toEqual([0, 1, 2]);
    expect(acceptedDevices({ record, now: BOTH_AT }).excluded).toEqual([]);
  });

  test('give an old number to a new device', () => {
    const removed = removeCompanion({ devices: withBoth, keyIndex: 2, ...signerAt(NOW + HOUR) }).devices;
    const own = linked(removed, stranger, 2, NOW + HOUR);
    const result = merge(answerOf(own), both, NOW + HOUR);
    expect(result.removed).toMatchObject([{ keyIndex: 2, why: 'revoked' }]);
    expect(result.added).toMatchObject([{ keyIndex: 3, identity: stranger.publicKey }]);
  });

  test.each<[string, unknown]>([
    ['no object', null],
    ['no devices', {}],
    ['a device without number', { devices: [{}] }],
    ['a device number too high', { devices: [{ device: 65_536 }] }],
    ['a fractional key index', { devices: [{ device: 1, keyIndex: 1.5 }] }],
    ['text for an identity', { devices: [{ device: 1, identity: 'x' }] }],
    ['text for a signed identity', { devices: [{ device: 1, signedIdentity: 'x' }] }],
    ['text for a list', { devices: [], signedList: 'x' }],
  ])('are refused as %s', (_, given) => {
    expectError('invalid-argument', () => merge(given as DeviceListAnswer, both));
  });
});

test('a device that was linked after the list counts by its signatures, as long as the list does', () => {
  const late = { ...answer, signedList: withLaptop.signedList };
  const { record } = merge(late);
  expect(numbersOf(record)).toEqual([0, 1, 2]);
  expect(numbersOf(record, NOW + 1_000 + LIST_LIFETIME_MS + 1)).toEqual([0]);
  expect(
    whyOf(namesOf(late), assumeDeviceList({ account: ALICE, primaryIdentity: phone.publicKey, now: NOW })),
  ).toEqual(['1 identity-unknown', '2 identity-unknown']);
});

test('an account never seen is its primary, and asked for after a day', () => {
  const record = assumeDeviceList({ account: ALICE, primaryIdentity: phone.publicKey, now: NOW });
  expect(acceptedDevices({ record, now: NOW + DAY })).toMatchObject({ devices: [{ device: 0 }], fetch: [] });
  expect(acceptedDevices({ record, now: NOW + DAY + 1 }).fetch).toEqual([{ kind: 'list', account: ALICE }]);
  const { record: again } = merge({ devices: [] }, record, NOW + DAY + 1);
  expect(acceptedDevices({ record: again, now: NOW + DAY + 1 }).fetch).toEqual([]);
  expectError('invalid-argument', () =>
    assumeDeviceList({ account: 'alice:1@x', primaryIdentity: phone.publicKey, now: NOW }),
  );
});

describe('two addresses', () => {
  const other = 'alice@lid';
  const as = (record: DeviceListRecord): DeviceListRecord => ({ ...record, account: other });
  const one = merge(answerOf(withLaptop)).record;

  test('are one account if they have one primary identity: the newer list, the devices of both', () => {
    const names = merge(namesOf(answer), undefined, BOTH_AT, phone.publicKey).record;
    const united = uniteAliases({ record: as(one), alias: names });
    expect(united).toMatchObject({ account: other, list: both.list });
    expect(numbersOf(united)).toEqual([0, 1]);
    expect(numbersOf(uniteAliases({ record: as(both), alias: one }))).toEqual([0, 1, 2]);
    expect(uniteAliases({ record: both, alias: as(both) })).toEqual(both);
  });

  test('with a revoked device keep it out', () => {
    const { devices } = removeCompanion({ devices: withBoth, keyIndex: 1, ...signerAt(NOW + HOUR) });
    const { record } = merge(
      { devices: [], signedList: devices.signedList },
      undefined,
      NOW + HOUR,
      phone.publicKey,
    );
    expect(numbersOf(uniteAliases({ record: as(both), alias: record }), NOW + HOUR)).toEqual([0, 2]);
  });

  test('with two identities are two accounts', () => {
    const foreign = assumeDeviceList({ account: other, primaryIdentity: stranger.publicKey, now: NOW });
    const error = expectError('alias-conflict', () => uniteAliases({ record: foreign, alias: both }));
    expect(error.data).toEqual({ account: other, why: 'other-identity' });
  });

  test('with two lists of one time are a fork', () => {
    const signedList = listBy(phone, { rawId, timestamp: BOTH_AT, currentIndex: 2, validIndexes: [1] });
    const { record } = merge({ devices: [], signedList }, undefined, BOTH_AT, phone.publicKey);
    expectError('list-fork', () => uniteAliases({ record: as(both), alias: record }));
  });
});

describe('another primary identity', () => {
  test('is the person’s decision, and nothing from before counts', () => {
    const { kind, record, previous, removed } = acceptPrimaryIdentity({
      record: both,
      primaryIdentity: stranger.publicKey,
      now: NOW,
    });
    expect(kind).toBe('changed');
    expect(previous).toEqual(phone.publicKey);
    expect(removed.map(({ keyIndex, why }) => `${keyIndex} ${why}`)).toEqual([
      '1 re-registered',
      '2 re-registered',
    ]);
    expect(acceptedDevices({ record, now: NOW }).devices).toMatchObject([{ identity: stranger.publicKey }]);
    expectError('untrusted-identity', () => merge(answer, record));
    expectError('device-unverified', () => merge({ ...answer, devices: [] }, record));
  });

  test('that is the pinned one changes nothing', () => {
    const result = acceptPrimaryIdentity({ record: both, primaryIdentity: phone.publicKey, now: NOW });
    expect(result).toMatchObject({ kind: 'unchanged', removed: [] });
    expect(result.record).toBe(both);
  });
});

describe('a record', () => {
  const records: readonly DeviceListRecord[] = [
    both,
    assumeDeviceList({ account: ALICE, primaryIdentity: phone.publicKey, now: NOW }),
    {
      ...merge(namesOf(answer), undefined, BOTH_AT, phone.publicKey).record,
      expected: { timestamp: BOTH_AT + 1_000, since: NOW },
    },
    merge(answerOf(alone)).record,
  ];

  test('comes back as it went', () => {
    for (const record of records) expect(decodeDeviceList(encodeDeviceList(record))).toEqual(record);
  });

  test('is strictly read', () => {
    const bytes = encodeDeviceList(both);
    const cuts = Array.from({ length: bytes.length }, (_, length) => bytes.slice(0, length));
    expect(cuts.filter(decodes)).toHaveLength(2); // before the first and before the second companion
    expectError('malformed', () => decodeDeviceList(Uint8Array.of(...bytes, 0)));
    expectError('newer-format', () => decodeDeviceList(Uint8Array.of(2, ...bytes.slice(1))));
  });

  test.each<[string, Partial<DeviceListRecord>]>([
    ['companions', { companions: [...both.companions].reverse() }],
    ['refused', { refused: [{ device: 0, why: 'unsigned' }] }],
    ['list', { list: { kind: 'assumed', timestamp: NOW, floor: 0 } }],
  ])('with a wrong %s is malformed', (field, wrong) => {
    const error = expectError('malformed', () => decodeDeviceList(encodeDeviceList({ ...both, ...wrong })));
    expect(error.data.field).toBe(field);
  });

  test('with a wrong account is malformed, and not written', () => {
    const bytes = encodeDeviceList(both);
    const [field] = fieldsOf(bytes.subarray(1));
    expect(new TextDecoder().decode(field!.content)).toBe(both.account);
    bytes.set(new TextEncoder().encode('alice:1@ample.org'), 3);
    const error = expectError('malformed', () => decodeDeviceList(bytes));
    expect(error.data.field).toBe('account');
    expectError('invalid-argument', () => encodeDeviceList({ ...both, account: 'alice:1@example.org' }));
  });

  test('of another account is no record of this one', () => {
    expectError('invalid-argument', () => merge(answer, { ...both, account: 'bob@example.org' }));
    expectError('invalid-argument', () =>
      merge(answer, { ...both, companions: 1 } as unknown as DeviceListRecord),
    );
  });
});

function withoutHint({ keyIndex: _, ...claim }: ClaimedDevice): ClaimedDevice {
  return claim;
}

/** Signed bytes with an account type that nobody knows: details of one more field, the outer length with it. */
function withKind(signedIdentity: Uint8Array): Uint8Array {
  const length = signedIdentity[1] ?? 0;
  const details = Uint8Array.of(...signedIdentity.slice(2, 2 + length), 0x20, 9);
  return Uint8Array.of(0x0a, details.length, ...details, ...signedIdentity.slice(2 + length));
}

function decodes(record: Uint8Array): boolean {
  try {
    decodeDeviceList(record);
    return true;
  } catch {
    return false;
  }
}

test('an answer says until when it holds', () => {
  const alone = assumeDeviceList({ account: ALICE, primaryIdentity: phone.publicKey, now: NOW });
  const until = (record: DeviceListRecord, now: number) => acceptedDevices({ record, now }).validUntil;
  expect(until(alone, NOW)).toBe(NOW + DAY);
  expect(until(alone, NOW + DAY)).toBe(NOW + DAY);
  expect(until(alone, NOW + DAY + 1)).toBe(Infinity);
  const told = { ...alone, expected: { timestamp: NOW + 1000, since: NOW - DAY } };
  expect(until(told, NOW + DAY)).toBe(NOW + DAY);
  const grace = { ...alone, expected: { timestamp: NOW + 1000, since: NOW - 2 * DAY } };
  expect(until(grace, NOW)).toBe(NOW);
  expect(acceptedDevices({ record: grace, now: NOW + 1 }).fetch).toHaveLength(1);
});
