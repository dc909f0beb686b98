import {
  acceptedDevices,
  addCompanion,
  APPROVAL_LIFETIME_MS,
  deviceListExpiry,
  deviceListOf,
  linkedDevices,
  LIST_LIFETIME_MS,
  LIST_WARNING_MS,
  mergeDeviceList,
  removalEffects,
  removeCompanion,
  securityCodeParty,
  type DeviceListRecord,
} from 'polyratchet/devices';
import { securityCode } from 'polyratchet/securitycode';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import {
  ALICE,
  alone,
  answerOf,
  BOTH_AT,
  HOUR,
  laptop,
  namesOf,
  NOW,
  phone,
  signerAt,
  stranger,
  tablet,
  withBoth,
} from './lists.js';

const both = deviceListOf(withBoth);
const nameless = mergeDeviceList({
  account: ALICE,
  primaryIdentity: phone.publicKey,
  answer: namesOf(answerOf(withBoth)),
  now: BOTH_AT,
}).record;

describe('the linked devices', () => {
  test('are shown with what is signed, what the offer said, and what the server claims', () => {
    const added = addCompanion({
      devices: withBoth,
      companionIdentity: stranger.publicKey,
      name: 'Desk',
      platform: 'Linux',
      ...signerAt(NOW + HOUR),
    });
    const companions = added.devices.companions.map((c) => (c.keyIndex === 1 ? { ...c, name: 'Laptop' } : c));
    const rows = linkedDevices({
      record: deviceListOf(added.devices),
      companions,
      claims: [
        { device: 0, lastUsed: NOW },
        { device: 1, lastUsed: NOW },
        { device: 2 },
        { device: 9, lastUsed: NOW },
      ],
      now: NOW + HOUR,
    });
    const lastUsed = { at: NOW, source: 'server' };
    expect(rows).toEqual([
      {
        address: 'alice:1@example.org',
        keyIndex: 1,
        name: 'Laptop',
        linkedAt: NOW + 1_000,
        lastUsed,
        status: { kind: 'verified' },
      },
      { address: 'alice:2@example.org', keyIndex: 2, linkedAt: NOW + 2_000, status: { kind: 'verified' } },
      { address: 'alice:9@example.org', lastUsed, status: { kind: 'flagged', why: 'not-in-list' } },
      { keyIndex: 3, name: 'Desk', platform: 'Linux', linkedAt: NOW + HOUR, status: { kind: 'approved' } },
    ]);
  });

  test('that were approved are shown until their approval is over', () => {
    const { devices } = addCompanion({
      devices: alone,
      companionIdentity: laptop.publicKey,
      ...signerAt(NOW),
    });
    const rowsAt = (now: number) =>
      linkedDevices({ record: deviceListOf(devices), companions: devices.companions, now });
    const approved = [{ keyIndex: 1, linkedAt: NOW, status: { kind: 'approved' } }];
    expect(rowsAt(NOW + APPROVAL_LIFETIME_MS)).toEqual(approved);
    expect(rowsAt(NOW + APPROVAL_LIFETIME_MS + 1)).toEqual([]);
  });

  test('that are left out are flagged, with the reason', () => {
    const { devices } = removeCompanion({ devices: withBoth, keyIndex: 2, ...signerAt(NOW + HOUR) });
    const answer = { ...answerOf(withBoth), signedList: devices.signedList };
    const { record } = mergeDeviceList({ account: ALICE, record: both, answer, now: NOW + HOUR });
    expect(linkedDevices({ record, claims: [{ device: 2 }], now: NOW + HOUR })).toMatchObject([
      { address: 'alice:1@example.org', status: { kind: 'verified' } },
      { address: 'alice:2@example.org', keyIndex: 2, status: { kind: 'flagged', why: 'revoked' } },
    ]);
    const expired = linkedDevices({ record: both, now: BOTH_AT + LIST_LIFETIME_MS + 1 });
    expect(expired.map(({ status }) => status)).toEqual(
      expired.map(() => ({ kind: 'flagged', why: 'expired' })),
    );
    expect(expired).toHaveLength(2);
  });

  test.each([{ device: -1 }, { device: 1, lastUsed: Number.NaN }])('are refused as %o', (claim) => {
    expectError('invalid-argument', () => linkedDevices({ record: both, claims: [claim], now: NOW }));
  });
});

describe('the expiry of a list', () => {
  const at = (now: number, record = both) => deviceListExpiry({ record, now });
  const expiresAt = BOTH_AT + LIST_LIFETIME_MS;

  test('is announced 7 days before', () => {
    expect(LIST_WARNING_MS).toBe(7 * 24 * HOUR);
    expect(at(expiresAt - LIST_WARNING_MS - 1)).toEqual({ kind: 'fresh', expiresAt });
    expect(at(expiresAt - LIST_WARNING_MS)).toEqual({ kind: 'expiring', expiresAt });
    expect(at(expiresAt)).toEqual({ kind: 'expiring', expiresAt });
    expect(at(expiresAt + 1)).toEqual({ kind: 'expired', expiresAt });
  });

  test('is nothing to a primary that is alone', () => {
    expect(at(expiresAt + 1, deviceListOf(alone))).toEqual({ kind: 'exempt' });
  });
});

describe('the removal of a device', () => {
  const kinds = (as: 'primary' | 'companion' | 'contact' | 'removed', removed = ['alice:2@example.org']) =>
    removalEffects({ removed, as }).map(({ kind }) => kind);

  test('means something else to everybody', () => {
    const session = ['drop-session', 'drop-sender-keys', 'reset-own-sender-keys'];
    expect(kinds('primary')).toEqual([
      'publish-list',
      ...session,
      'rotate-app-state-key',
      'security-code-changed',
    ]);
    expect(kinds('companion')).toEqual([...session, 'rotate-app-state-key', 'security-code-changed']);
    expect(kinds('contact')).toEqual([...session, 'security-code-changed']);
    expect(kinds('removed')).toEqual(['erase-store']);
  });

  test('is said of each device, and once of the account', () => {
    const removed = ['alice:1@example.org', 'alice:2@example.org'];
    expect(removalEffects({ removed, as: 'contact' })).toEqual([
      ...removed.flatMap((device) => [
        { kind: 'drop-session', device },
        { kind: 'drop-sender-keys', device },
        { kind: 'reset-own-sender-keys', device },
      ]),
      { kind: 'security-code-changed', account: ALICE },
    ]);
    expect(kinds('contact', [])).toEqual([]);
    expectError('invalid-argument', () => kinds('contact', ['alice']));
    expectError('invalid-argument', () => kinds('contact', 'alice' as unknown as string[]));
  });
});

describe('the person behind a security code', () => {
  const bob = { accounts: ['bob@example.org'], identityKeys: [stranger.publicKey] };

  test('is exactly the devices that the fanout encrypts to', () => {
    const times = [BOTH_AT, BOTH_AT + LIST_LIFETIME_MS, BOTH_AT + LIST_LIFETIME_MS + 1];
    for (const record of [both, deviceListOf(alone)] satisfies DeviceListRecord[]) {
      for (const now of times) {
        const result = securityCodeParty({ record, now });
        const { devices } = acceptedDevices({ record, now });
        expect(result).toEqual({
          kind: 'complete',
          party: { accounts: [ALICE], identityKeys: devices.map(({ identity }) => identity), hosted: false },
        });
      }
    }
    expect(securityCodeParty({ record: both, now: BOTH_AT })).toMatchObject({
      party: { identityKeys: [phone.publicKey, laptop.publicKey, tablet.publicKey] },
    });
  });

  test('has a code that changes with the devices', () => {
    const codeOf = (record: DeviceListRecord): string => {
      const local = securityCodeParty({ record, now: BOTH_AT, alias: '1234@lid' });
      if (local.kind !== 'complete') throw new Error('incomplete');
      return securityCode({ local: local.party, remote: bob }).digits;
    };
    expect(codeOf(both)).toMatch(/^\d{60}$/);
    expect(codeOf(both)).toBe(codeOf({ ...both, refused: [{ device: 9, why: 'unsigned' }] }));
    expect(codeOf(both)).not.toBe(codeOf(deviceListOf(alone)));
  });

  test('has none while an identity is unknown', () => {
    expect(securityCodeParty({ record: nameless, now: BOTH_AT })).toEqual({
      kind: 'incomplete',
      fetch: [
        { kind: 'identity', device: 'alice:1@example.org' },
        { kind: 'identity', device: 'alice:2@example.org' },
      ],
    });
  });

  test('may have another address and a username', () => {
    const named = securityCodeParty({ record: both, now: BOTH_AT, alias: '1234@lid', username: 'alice' });
    expect(named).toMatchObject({ party: { accounts: [ALICE, '1234@lid'], username: 'alice' } });
    expectError('invalid-argument', () =>
      securityCodeParty({ record: both, now: BOTH_AT, alias: 'alice:1@lid' }),
    );
  });
});
