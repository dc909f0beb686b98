import {
  addCompanion,
  APPROVAL_LIFETIME_MS,
  confirmCompanion,
  createOwnDevices,
  decodeOwnDevices,
  deviceListOf,
  acceptedDevices,
  encodeOwnDevices,
  LIST_RENEWAL_MS,
  MAX_COMPANIONS,
  MAX_LABEL_LENGTH,
  MAX_LIST_AHEAD_MS,
  ownDevicesRenewalDue,
  removeAllCompanions,
  removeCompanion,
  renewOwnDevices,
  verifyKeyIndexList,
  type OwnDevices,
} from 'polyratchet/devices';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { fieldsOf } from '../support/forge.js';
import {
  ALICE,
  alone,
  BOTH_AT,
  HOUR,
  laptop,
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

const listOf = ({ signedList }: OwnDevices) =>
  verifyKeyIndexList({ signedList, primaryIdentity: phone.publicKey });

/** Approves without confirming: cheap identities, since nobody signs for them. */
const approve = (devices: OwnDevices, companionIdentity: Uint8Array, now: number) =>
  addCompanion({ devices, companionIdentity, name: 'Laptop', platform: 'Linux', ...signerAt(now) });

const key = (seed: number): Uint8Array => new Uint8Array(32).fill(seed, 0, 31);

describe('a fresh registration', () => {
  test('is the primary alone under a random raw id', () => {
    expect(listOf(alone)).toEqual({ rawId: alone.rawId, timestamp: NOW, currentIndex: 0, validIndexes: [] });
    expect(alone.account).toBe(ALICE);
    expect(registered().rawId).not.toBe(alone.rawId);
  });

  test('goes on in time, and never under the same raw id, where the identity has signed before', () => {
    const constant = (length: number) => new Uint8Array(length).fill(7);
    const first = createOwnDevices({ account: ALICE, ...signerAt(NOW), random: constant }).devices;
    const { devices, removed } = createOwnDevices({
      account: ALICE,
      previous: { ...first, companions: withLaptop.companions },
      ...signerAt(NOW - HOUR),
      random: constant,
    });
    expect(devices.timestamp).toBe(NOW + 1_000);
    expect(devices.rawId).not.toBe(first.rawId);
    expect(devices).toMatchObject({ currentIndex: 0, companions: [] });
    expect(removed).toEqual(withLaptop.companions);
  });

  test('of another identity owes nothing to the one before', () => {
    const previous = registered(NOW + HOUR);
    const { devices, removed } = createOwnDevices({ account: ALICE, previous, ...signerAt(NOW, stranger) });
    expect(devices.timestamp).toBe(NOW);
    expect(removed).toEqual([]);
  });

  test('needs the address of an account', () => {
    expectError('invalid-argument', () => createOwnDevices({ account: 'alice:1@x', ...signerAt(NOW) }));
  });
});

describe('companions', () => {
  test('get the next key index each, and the list names them', () => {
    expect(withBoth.companions.map(({ keyIndex }) => keyIndex)).toEqual([1, 2]);
    expect(listOf(withBoth)).toMatchObject({ currentIndex: 2, validIndexes: [1, 2], timestamp: BOTH_AT });
  });

  test('keep what their offers say', () => {
    const { companion } = approve(alone, key(9), NOW);
    expect(companion).toMatchObject({ keyIndex: 1, name: 'Laptop', platform: 'Linux', approvedAt: NOW });
    expect(companion.link).toEqual({ kind: 'approved' });
  });

  test('that leave take their key index with them for ever', () => {
    const { devices, removed } = removeCompanion({ devices: withBoth, keyIndex: 2, ...signerAt(NOW + HOUR) });
    expect(removed.map(({ keyIndex }) => keyIndex)).toEqual([2]);
    expect(listOf(devices)).toMatchObject({ currentIndex: 2, validIndexes: [1] });
    expect(approve(devices, key(9), NOW + HOUR).companion.keyIndex).toBe(3);
    const none = removeAllCompanions({ devices, ...signerAt(NOW + HOUR) });
    expect(listOf(none.devices)).toMatchObject({ currentIndex: 2, validIndexes: [] });
    expect(none.removed.map(({ keyIndex }) => keyIndex)).toEqual([1]);
  });

  test('are at most four', () => {
    let devices = alone;
    for (let i = 1; i <= MAX_COMPANIONS; i++) ({ devices } = approve(devices, key(i + 8), NOW));
    expect(expectError('companion-limit', () => approve(devices, key(20), NOW)).data.account).toBe(ALICE);
    expect(MAX_COMPANIONS).toBe(4);
    devices = removeCompanion({ devices, keyIndex: 3, ...signerAt(NOW) }).devices;
    expect(approve(devices, key(20), NOW).companion.keyIndex).toBe(5);
  });

  test('have an identity of their own', () => {
    for (const taken of [phone.publicKey, laptop.publicKey]) {
      const error = expectError('invalid-key', () => approve(withLaptop, taken, NOW));
      expect(error.data.why).toBe('own-key');
    }
    expectError('invalid-key', () => approve(alone, new Uint8Array(32), NOW));
  });

  test('that never come leave the list an hour later, and their slot is free', () => {
    const { devices } = approve(withLaptop, key(9), NOW);
    const last = renewOwnDevices({ devices, ...signerAt(NOW + APPROVAL_LIFETIME_MS) });
    expect(last.removed).toEqual([]);
    const later = renewOwnDevices({ devices, ...signerAt(NOW + APPROVAL_LIFETIME_MS + 1) });
    expect(later.removed.map(({ keyIndex }) => keyIndex)).toEqual([2]);
    expect(listOf(later.devices)).toMatchObject({ currentIndex: 2, validIndexes: [1] });
    const next = approve(devices, key(9), NOW + APPROVAL_LIFETIME_MS + 1);
    expect(next.companion.keyIndex).toBe(3);
    expect(next.removed.map(({ keyIndex }) => keyIndex)).toEqual([2]);
  });

  test('have labels that a screen can show', () => {
    const add = (name: string) => () =>
      addCompanion({ devices: alone, companionIdentity: key(9), name, ...signerAt(NOW) });
    expect(add('x'.repeat(MAX_LABEL_LENGTH))().companion.name).toHaveLength(MAX_LABEL_LENGTH);
    expectError('invalid-argument', add('x'.repeat(MAX_LABEL_LENGTH + 1)));
    expectError('invalid-argument', add('\ud800'));
  });

  test.each([0, 3, 1.5, Number.NaN])('with key index %s do not exist', (keyIndex) => {
    expectError('invalid-argument', () => removeCompanion({ devices: withBoth, keyIndex, ...signerAt(NOW) }));
  });
});

describe('confirming', () => {
  const added = approve(withLaptop, tablet.publicKey, NOW + 5_000);
  const { rawId, timestamp } = added.devices;
  const details = { rawId, timestamp, keyIndex: 2 };
  const confirm = (signedIdentity: Uint8Array, device = 2) =>
    confirmCompanion({ devices: added.devices, keyIndex: 2, device, signedIdentity });

  test('makes the companion one of the devices, and does not change the list', () => {
    const signedIdentity = signedFor(details, tablet);
    expect(acceptedDevices({ record: deviceListOf(added.devices), now: NOW }).kind).toBe('incomplete');
    const devices = confirm(signedIdentity);
    expect(devices.signedList).toEqual(added.devices.signedList);
    expect(devices.companions[1]?.link).toEqual({ kind: 'confirmed', device: 2, signedIdentity });
    const { kind, devices: accepted } = acceptedDevices({ record: deviceListOf(devices), now: NOW });
    expect(kind).toBe('complete');
    expect(accepted.map(({ address }) => address)).toEqual([
      ALICE,
      'alice:1@example.org',
      'alice:2@example.org',
    ]);
    expect(confirmCompanion({ devices, keyIndex: 2, device: 2, signedIdentity })).toEqual(devices);
  });

  test('refuses what is not this companion’s', () => {
    expectError('invalid-signature', () => confirm(signedFor(details, stranger)));
    expectError('device-unverified', () => confirm(signedFor(details, tablet, stranger)));
    const other = expectError('device-unverified', () =>
      confirm(signedFor({ ...details, rawId: rawId ^ 1 }, tablet)),
    );
    expect(other.data).toEqual({ account: ALICE, device: 'alice:2@example.org', why: 'other-raw-id' });
    const index = expectError('device-unverified', () =>
      confirm(signedFor({ ...details, keyIndex: 1 }, tablet)),
    );
    expect(index.data.why).toBe('other-key-index');
    const taken = expectError('device-unverified', () => confirm(signedFor(details, tablet), 1));
    expect(taken.data.why).toBe('duplicate');
    expectError('malformed', () => confirm(new Uint8Array(3)));
    expectError('invalid-argument', () => confirm(signedFor(details, tablet), 0));
  });
});

describe('the time of the list', () => {
  const renewAt = (now: number, serverTime = now) =>
    renewOwnDevices({ devices: alone, ...signerAt(now), serverTime }).devices.timestamp;

  test('is in whole seconds and always grows', () => {
    expect(renewAt(NOW + 5_999)).toBe(NOW + 5_000);
    expect(renewAt(NOW)).toBe(NOW + 1_000);
    expect(renewAt(NOW - HOUR)).toBe(NOW + 1_000);
  });

  test('is never more than a day ahead of the server', () => {
    expect(renewAt(NOW + MAX_LIST_AHEAD_MS, NOW)).toBe(NOW + MAX_LIST_AHEAD_MS);
    const error = expectError('list-from-future', () => renewAt(NOW + MAX_LIST_AHEAD_MS + 1_000, NOW));
    expect(error.data).toEqual({ account: ALICE, why: 'timestamp' });
    expectError('list-from-future', () => renewAt(NOW, NOW - MAX_LIST_AHEAD_MS));
  });

  test('is a day old when the list is to be signed again', () => {
    expect(ownDevicesRenewalDue({ devices: alone, now: NOW + LIST_RENEWAL_MS - 1 })).toBe(false);
    expect(ownDevicesRenewalDue({ devices: alone, now: NOW + LIST_RENEWAL_MS })).toBe(true);
  });

  test('and the list are signed by the identity that they belong to', () => {
    expectError('invalid-argument', () => renewOwnDevices({ devices: alone, ...signerAt(NOW, stranger) }));
  });
});

describe('a record', () => {
  const approved = approve(withBoth, key(9), NOW + 5_000).devices;

  test('comes back as it went', () => {
    for (const devices of [alone, withBoth, approved]) {
      expect(decodeOwnDevices(encodeOwnDevices(devices))).toEqual(devices);
    }
  });

  test('is strictly read', () => {
    const record = encodeOwnDevices(approved);
    for (let length = 0; length < record.length; length++) {
      expect(() => decodeOwnDevices(record.slice(0, length))).toThrow();
    }
    expectError('malformed', () => decodeOwnDevices(Uint8Array.of(...record, 0)));
    expectError('newer-format', () => decodeOwnDevices(Uint8Array.of(2, ...record.slice(1))));
  });

  test.each<[string, Partial<OwnDevices>]>([
    ['timestamp', { timestamp: NOW + 1 }],
    ['companions', { currentIndex: 1 }],
    ['companions', { companions: [...withBoth.companions].reverse() }],
    ['name', { companions: approved.companions.map((c) => ({ ...c, name: 'x'.repeat(257) })) }],
    [
      'device',
      {
        companions: withLaptop.companions.map((c) => ({
          ...c,
          link: { kind: 'confirmed' as const, device: 0, signedIdentity: new Uint8Array(3) },
        })),
      },
    ],
  ])('with a wrong %s is malformed', (field, wrong) => {
    const error = expectError('malformed', () =>
      decodeOwnDevices(encodeOwnDevices({ ...approved, ...wrong })),
    );
    expect(error.data.field).toBe(field);
  });

  test('with a wrong account is malformed, and not written', () => {
    const bytes = encodeOwnDevices(approved);
    const [field] = fieldsOf(bytes.subarray(1));
    expect(new TextDecoder().decode(field!.content)).toBe(approved.account);
    bytes.set(new TextEncoder().encode('alice:1@ample.org'), 3);
    const error = expectError('malformed', () => decodeOwnDevices(bytes));
    expect(error.data.field).toBe('account');
    expectError('invalid-argument', () => encodeOwnDevices({ ...approved, account: 'alice:1@example.org' }));
  });
});

test('a failing random source and what is no value are refused', () => {
  expectError('invalid-argument', () =>
    createOwnDevices({ account: ALICE, ...signerAt(NOW), random: () => new Uint8Array(1) }),
  );
  expectError('invalid-argument', () =>
    renewOwnDevices({ devices: undefined as unknown as OwnDevices, ...signerAt(NOW) }),
  );
  expectError('invalid-argument', () =>
    renewOwnDevices({ devices: { ...alone, companions: 1 } as unknown as OwnDevices, ...signerAt(NOW) }),
  );
});
