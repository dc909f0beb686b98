/** The formats of groups: what travels and what is stored, each strict in every field. */
import {
  createKeyHolders,
  decodeGroup,
  decodeGroupUpdate,
  decodeKeyHolders,
  decodeWaitingMessages,
  encodeGroup,
  encodeGroupUpdate,
  encodeKeyHolders,
  encodeWaitingMessages,
  groupHash,
  MAX_KEY_HOLDERS,
  MAX_MEMBERS,
  MAX_WAITING_MESSAGES,
  type GroupKeyHolders,
  type GroupUpdate,
} from 'polyratchet/group';
import { describe, expect, test } from 'vitest';
import { concat, toHex, utf8 } from '../../src/core/bytes.js';
import { sha256 } from '../../src/crypto/index.js';
import { createKey } from '../senderkey/group.js';
import { expectError } from '../support/errors.js';
import { lengthField, varintField } from '../wire/bytes.js';
import { ALICE, BOB, CAROL, change, changed, DAVE, GROUP, groupOf, keyOf, NOW, taken } from './people.js';

const PARENT = new Uint8Array(32).fill(7);
const record = changed(groupOf(BOB, CAROL), [ALICE, 'promote', CAROL]);

/** What is wrong, the bytes, and the field that is named. */
type Wrong = readonly (readonly [string, readonly number[], string])[];

/** Fields by name, of which a test replaces one; `undefined` leaves it out. */
type Fields = Readonly<Record<string, readonly number[]>>;

function bytesOf(
  fields: Fields,
  changes: Readonly<Record<string, readonly number[] | undefined>> = {},
): number[] {
  return Object.values({ ...fields, ...changes }).flatMap((field) => field ?? []);
}

const CHANGE: Fields = {
  kind: varintField(1, 1),
  id: lengthField(2, GROUP),
  version: varintField(3, 2),
  parent: lengthField(4, PARENT),
  accounts: lengthField(5, DAVE),
};
const STATE: Fields = {
  id: lengthField(1, GROUP),
  version: varintField(2, 1),
  members: [...lengthField(3, ALICE), ...lengthField(3, BOB)],
  admins: varintField(4, 0),
  parent: lengthField(5, PARENT),
};

describe('an update', () => {
  const { change: added } = change(record, ALICE, 'add', DAVE);
  const updates: readonly GroupUpdate[] = [
    { kind: 'change', change: added },
    { kind: 'change', change: change(record, BOB, 'leave').change },
    { kind: 'state', group: record.group },
    { kind: 'question', id: GROUP },
  ];

  test.each(updates)('comes back as it was: $kind', (update) => {
    expect(decodeGroupUpdate(encodeGroupUpdate(update))).toEqual(update);
  });

  test('is the bytes that the field numbers say', () => {
    const id = GROUP;
    const made = { kind: 'add', id, version: 2, parent: PARENT, accounts: [DAVE] } as const;
    const expected = Uint8Array.from(lengthField(1, bytesOf(CHANGE)));
    expect(encodeGroupUpdate({ kind: 'change', change: made })).toEqual(expected);
    const group = { id, version: 1, members: [ALICE, BOB], admins: [ALICE], parent: PARENT };
    const state = Uint8Array.from(lengthField(2, bytesOf(STATE)));
    expect(encodeGroupUpdate({ kind: 'state', group })).toEqual(state);
    expect(encodeGroupUpdate({ kind: 'question', id })).toEqual(Uint8Array.from(lengthField(3, id)));
  });

  const inChange = (changes: Parameters<typeof bytesOf>[1]) => lengthField(1, bytesOf(CHANGE, changes));
  const inState = (changes: Parameters<typeof bytesOf>[1]) => lengthField(2, bytesOf(STATE, changes));
  const wrong: Wrong = [
    ['nothing', [], 'update'],
    ['two parts', [...inChange({}), ...inState({})], 'update'],
    ['one part twice', [...inChange({}), ...inChange({})], 'change'],
    ['an unknown part', lengthField(4, [1]), 'field'],
    ['a trailing byte', [...inChange({}), 0x80], 'field'],
    ['another wire type', varintField(1, 1), 'change'],
    ['a question for no group', lengthField(3, 'bob:1@example.org'), 'question'],
    ...Object.keys(CHANGE).map(
      (field) => [`change without ${field}`, inChange({ [field]: undefined }), field] as const,
    ),
    ['change of no kind', inChange({ kind: varintField(1, 6) }), 'kind'],
    ['change of no group', inChange({ id: lengthField(2, 'x') }), 'id'],
    ['change of version 1', inChange({ version: varintField(3, 1) }), 'version'],
    ['change of a version beyond 32 bits', inChange({ version: varintField(3, 2 ** 32) }), 'version'],
    ['change of a short parent', inChange({ parent: lengthField(4, PARENT.subarray(1)) }), 'parent'],
    ['change of a long parent', inChange({ parent: lengthField(4, [...PARENT, 0]) }), 'parent'],
    ['change of a device', inChange({ accounts: lengthField(5, 'dave:1@example.org') }), 'accounts'],
    [
      'change of one twice',
      inChange({ accounts: [...lengthField(5, DAVE), ...lengthField(5, DAVE)] }),
      'accounts',
    ],
    [
      'change out of order',
      inChange({ accounts: [...lengthField(5, DAVE), ...lengthField(5, BOB)] }),
      'accounts',
    ],
    ['leave with accounts', inChange({ kind: varintField(1, 5) }), 'accounts'],
    [
      'change with a field doubled',
      inChange({ version: [...varintField(3, 2), ...varintField(3, 2)] }),
      'version',
    ],
    ['change with another field', inChange({ more: varintField(6, 1) }), 'field'],
    [
      'change of too many',
      inChange({ accounts: Array.from({ length: MAX_MEMBERS + 1 }, () => lengthField(5, DAVE)).flat() }),
      'accounts',
    ],
    ...['id', 'version', 'parent'].map(
      (field) => [`state without ${field}`, inState({ [field]: undefined }), field] as const,
    ),
    ['state without members', inState({ members: undefined }), 'admins'],
    ['state without admins', inState({ admins: undefined }), 'admins'],
    ['state of version 0', inState({ version: varintField(2, 0) }), 'version'],
    [
      'state out of order',
      inState({ members: [...lengthField(3, BOB), ...lengthField(3, ALICE)] }),
      'members',
    ],
    [
      'state with one twice',
      inState({ members: [...lengthField(3, BOB), ...lengthField(3, BOB)] }),
      'members',
    ],
    ['state with a device', inState({ members: lengthField(3, 'bob:1@example.org') }), 'members'],
    [
      'state with an admin twice',
      inState({ admins: [...varintField(4, 0), ...varintField(4, 0)] }),
      'admins',
    ],
    ['state with an admin beyond', inState({ admins: varintField(4, 2) }), 'admins'],
    ['state of a short parent', inState({ parent: lengthField(5, [1]) }), 'parent'],
    ['state with another field', inState({ more: varintField(6, 1) }), 'field'],
  ];

  test.each(wrong)('is refused: %s', (_, bytes, field) => {
    const { data } = expectError('malformed', () => decodeGroupUpdate(Uint8Array.from(bytes)));
    expect(data.field).toBe(field);
  });

  test('without bytes, or of no kind, is a mistake', () => {
    expectError('invalid-argument', () => decodeGroupUpdate('update' as never));
    expectError('invalid-argument', () => encodeGroupUpdate(null as never));
    expectError('invalid-argument', () =>
      encodeGroupUpdate({ kind: 'change', change: { ...added, kind: 'x' as never } }),
    );
    expectError('invalid-argument', () => encodeGroupUpdate({ kind: 'question', id: 'x' }));
    const group = { ...record.group, admins: [DAVE] };
    expectError('invalid-argument', () => encodeGroupUpdate({ kind: 'state', group })); // an admin who is no member
  });
});

test('the hash of a state is that of its label and its bytes', () => {
  const group = { id: GROUP, version: 1, members: [ALICE, BOB], admins: [ALICE], parent: PARENT };
  const hash = groupHash(group);
  expect(hash).toEqual(sha256(concat(utf8('polyratchet group'), Uint8Array.from(bytesOf(STATE)))));
  expect(toHex(hash)).toBe('c1536c28e7f88d803d26f7427f4ceb77a61ee7fbde3494fb0119369ad0d3281f');
});

describe('the record of a group', () => {
  const lost = change(record, CAROL, 'add', DAVE);
  const forked = taken(changed(record, [ALICE, 'remove', BOB]), lost.change, CAROL);

  test('comes back with its forks, as fresh values', () => {
    const again = decodeGroup(encodeGroup(forked));
    expect(again).toEqual(forked);
    expect(again.steps).toHaveLength(3);
  });

  const base = lengthField(1, bytesOf({ ...STATE, parent: lengthField(5, new Uint8Array(32)) }));
  const step = (fields: Fields = CHANGE, author = ALICE) =>
    lengthField(2, [...lengthField(1, bytesOf(fields)), ...lengthField(2, author)]);

  test.each([
    ['no base', [1], 'base'],
    ['a base twice', [1, ...base, ...base], 'base'],
    ['a base that is none', [1, ...lengthField(1, bytesOf(STATE, { admins: undefined }))], 'admins'],
    ['a change of another group', [1, ...base, ...step({ ...CHANGE, id: lengthField(2, 'x@y') })], 'steps'],
    ['a change that nobody could make', [1, ...base, ...step()], 'steps'],
    ['a step without an author', [1, ...base, ...lengthField(2, lengthField(1, bytesOf(CHANGE)))], 'author'],
    ['a step without a change', [1, ...base, ...lengthField(2, lengthField(2, ALICE))], 'change'],
    ['a change that is none', [1, ...base, ...step({ ...CHANGE, accounts: [] })], 'accounts'],
    ['another field', [1, ...base, ...varintField(3, 1)], 'field'],
    ['no version', [], 'version'],
  ])('is refused with %s', (_, bytes, field) => {
    expect(expectError('malformed', () => decodeGroup(Uint8Array.from(bytes))).data.field).toBe(field);
  });

  test('of a newer format says so', () => {
    expectError('newer-format', () => decodeGroup(Uint8Array.of(2)));
    expectError('invalid-argument', () => encodeGroup({} as never));
  });
});

describe('the record of key holders', () => {
  const devices = [ALICE, 'bob:2@example.org'].map((device, i) => ({
    device,
    identityKey: keyOf(device),
    isLacking: i === 1,
  }));
  const holders: GroupKeyHolders = {
    group: GROUP,
    keyId: 4711,
    createdAt: NOW,
    devices,
    unknownDevice: 'bob:9@example.org',
  };

  test('comes back as it was, with and without an unknown device', () => {
    expect(decodeKeyHolders(encodeKeyHolders(holders))).toEqual(holders);
    const fresh = createKeyHolders({ group: GROUP, senderKey: createKey(1), now: NOW });
    expect(decodeKeyHolders(encodeKeyHolders(fresh))).toEqual(fresh);
  });

  test('with the most devices and the longest names fits into a value of a store', () => {
    const many = Array.from({ length: MAX_KEY_HOLDERS }, (_, i) => {
      const device = `${String(i).padStart(110, 'x')}:65535@example.org`;
      return { device: device.slice(-128), identityKey: keyOf(ALICE), isLacking: false };
    });
    const bytes = encodeKeyHolders({ ...holders, devices: many });
    expect(bytes.length).toBeLessThan(1024 * 1024);
    const [one] = many;
    const tooMany = encodeKeyHolders({ ...holders, devices: [...many, { ...one!, device: BOB }] });
    expect(expectError('malformed', () => decodeKeyHolders(tooMany)).data.field).toBe('devices');
  });

  const FIELDS: Fields = {
    group: lengthField(1, GROUP),
    keyId: varintField(2, 1),
    createdAt: varintField(3, NOW),
  };
  const device = (fields: Fields) => lengthField(4, bytesOf(fields));
  const DEVICE: Fields = {
    device: lengthField(1, BOB),
    identityKey: lengthField(2, keyOf(BOB)),
    isLacking: varintField(3, 0),
  };

  const wrong: Wrong = [
    ...Object.keys(FIELDS).map((field) => [field, bytesOf(FIELDS, { [field]: undefined }), field] as const),
    ...Object.keys(DEVICE).map(
      (field) => [field, [...bytesOf(FIELDS), ...device({ ...DEVICE, [field]: [] })], field] as const,
    ),
    ['a device once', [...bytesOf(FIELDS), ...device(DEVICE), ...device(DEVICE)], 'devices'],
    [
      'a key of 32 bytes',
      [...bytesOf(FIELDS), ...device({ ...DEVICE, identityKey: lengthField(2, [1]) })],
      'identityKey',
    ],
    ['0 or 1', [...bytesOf(FIELDS), ...device({ ...DEVICE, isLacking: varintField(3, 2) })], 'isLacking'],
    ['an unknown device that is one', [...bytesOf(FIELDS), ...lengthField(5, 'x')], 'unknownDevice'],
    ['known fields', [...bytesOf(FIELDS), ...varintField(6, 1)], 'field'],
  ];

  test.each(wrong)('is refused without %s', (_, bytes, field) => {
    const { data } = expectError('malformed', () => decodeKeyHolders(Uint8Array.from([1, ...bytes])));
    expect(data.field).toBe(field);
  });

  test('that is none is a mistake', () => {
    expectError('invalid-argument', () => encodeKeyHolders({ ...holders, devices: undefined as never }));
    expectError('invalid-argument', () => encodeKeyHolders({ ...holders, keyId: -1 }));
  });
});

describe('the record of waiting messages', () => {
  const message = { device: BOB, messageId: '3EB0', length: 412, receivedAt: NOW };
  const MESSAGE: Fields = {
    device: lengthField(1, BOB),
    messageId: lengthField(2, '3EB0'),
    length: varintField(3, 412),
    receivedAt: varintField(4, NOW),
  };

  test('comes back as it was', () => {
    const waiting = { group: GROUP, messages: [message, { ...message, device: CAROL }] };
    expect(decodeWaitingMessages(encodeWaitingMessages(waiting))).toEqual(waiting);
    expectError('invalid-argument', () => encodeWaitingMessages({ group: GROUP } as never));
  });

  const group = lengthField(1, GROUP);
  const wrong: Wrong = [
    ['a group', lengthField(2, bytesOf(MESSAGE)), 'group'],
    ...Object.keys(MESSAGE).map(
      (field) =>
        [field, [...group, ...lengthField(2, bytesOf(MESSAGE, { [field]: undefined }))], field] as const,
    ),
    [
      'each message once',
      [...group, ...lengthField(2, bytesOf(MESSAGE)), ...lengthField(2, bytesOf(MESSAGE))],
      'messages',
    ],
    ['known fields', [...group, ...varintField(3, 1)], 'field'],
    [
      'an end',
      [
        ...group,
        ...Array.from({ length: MAX_WAITING_MESSAGES + 1 }, () => lengthField(2, bytesOf(MESSAGE))).flat(),
      ],
      'messages',
    ],
  ];

  test.each(wrong)('is refused without %s', (_, bytes, field) => {
    const { data } = expectError('malformed', () => decodeWaitingMessages(Uint8Array.from([1, ...bytes])));
    expect(data.field).toBe(field);
  });
});
