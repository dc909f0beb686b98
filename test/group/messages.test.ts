/** Messages to a group: encrypted under a plan for all who may read, opened from members only, and those that wait. */
import { decodeContent, encodeContent, type Content, type ContentFormat } from 'polyratchet/content';
import { assumeDeviceList, type DeviceListRecord } from 'polyratchet/devices';
import {
  acceptGroupKey,
  addKeyHolders,
  createKeyHolders,
  encryptGroupMessage,
  groupExtensions,
  groupStateOf,
  holdGroupMessage,
  joinGroup,
  MAX_WAITING_LENGTH,
  MAX_WAITING_MESSAGES,
  MAX_WAITING_OF_DEVICE,
  openGroupMessage,
  planDistribution,
  releaseGroupMessages,
  WAITING_LIFETIME_MS,
  type GroupExtensions,
  type GroupKey,
  type GroupRecord,
  type OpenedGroupMessage,
  type OpenGroupMessageOptions,
  type WaitingMessages,
} from 'polyratchet/group';
import {
  decodeReceivedSenderKey,
  encodeReceivedSenderKey,
  encryptSenderKey,
  senderKeyDistribution,
  type ReceivedSenderKey,
} from 'polyratchet/senderkey';
import { describe, expect, test } from 'vitest';
import { optional, pad, uint32 } from '../../src/wire/index.js';
import { Person } from '../fanout/people.js';
import { createKey } from '../senderkey/group.js';
import { expectError } from '../support/errors.js';
import { flipBit } from '../support/forge.js';
import { seededRandom } from '../support/random.js';
import { lengthField } from '../wire/bytes.js';
import {
  ALICE,
  BOB,
  CAROL,
  change,
  changed,
  DAVE,
  GROUP,
  groupOf,
  keyOf,
  NOW,
  planFor,
  ready,
  taken,
} from './people.js';

const random = seededRandom(5);
const format: ContentFormat<GroupExtensions> = { form: 'payload', extensions: groupExtensions };
const record = groupOf(BOB, CAROL);
const plan = planFor([ready(BOB), ready(CAROL)]);
const senderKey = createKey(1);
const key: GroupKey = { senderKey, holders: createKeyHolders({ group: GROUP, senderKey, now: NOW }) };
const distribution = planDistribution({ record, plan, key, now: NOW });
const about = { record, distribution, key, format, metadata: {}, random };
const body = new TextEncoder().encode('hello, all');
const alice = assumeDeviceList({ account: ALICE, primaryIdentity: keyOf(ALICE), now: NOW });

const given = { groupId: GROUP, message: senderKeyDistribution({ senderKey }) };
const received = receivedFrom(acceptGroupKey({ record, distribution: given, sender: ALICE }));
const sent = encryptGroupMessage({ ...about, messageId: '1', content: { body } });
const envelope = { id: '1', from: ALICE, bytes: sent.message };

function receivedFrom(accepted: ReturnType<typeof acceptGroupKey>): ReceivedSenderKey {
  if (accepted.kind === 'refused') throw new Error(accepted.why);
  return accepted.received;
}

function open(rest: Partial<OpenGroupMessageOptions> = {}): OpenedGroupMessage {
  return openGroupMessage({
    envelope,
    record,
    sender: alice,
    own: [BOB],
    received,
    format,
    now: NOW,
    ...rest,
  });
}

/** A message of Alice's with a content of which she is not the author of this library. */
function forged(content: Partial<Content<GroupExtensions>>): Uint8Array {
  const plaintext = encodeContent({ format, content: { messageId: '1', chat: GROUP, ...content } });
  return encryptSenderKey({ senderKey, plaintext: pad(plaintext, random) }).message;
}

describe('encrypting', () => {
  test('binds a message to its id, the group and its state, and moves the key on', () => {
    expect(sent.key).toMatchObject({ holders: key.holders, senderKey: { iteration: 1 } });
    expect(decodeContent({ format, plaintext: sent.plaintext })).toMatchObject({
      kind: 'bound',
      messageId: '1',
      chat: GROUP,
      body,
      extensions: { groupState: groupStateOf(record) },
    });
  });

  test('needs no body, and takes other extensions', () => {
    const more = {
      form: 'payload',
      extensions: { ...groupExtensions, other: optional(1007, uint32) },
    } as const;
    const made = encryptGroupMessage({
      ...about,
      format: more,
      messageId: '2',
      content: { extensions: { other: 5 } },
    });
    const content = decodeContent({ format: more, plaintext: made.plaintext });
    expect(content.body).toBeUndefined();
    expect(content.extensions).toEqual({ other: 5, groupState: groupStateOf(record) });
  });

  test('with a key that is due is refused with the reasons', () => {
    const removed = change(record, ALICE, 'remove', BOB).record;
    const to = [{ device: BOB, identityKey: keyOf(BOB) }];
    const held = { ...key, holders: addKeyHolders({ holders: key.holders, to, sealed: [BOB] }) };
    const due = planDistribution({ record: removed, plan, key: held, limits: { messages: 1 }, now: NOW });
    const call = { ...about, record: removed, distribution: due, messageId: '2', content: { body } };
    expect(expectError('rotation-due', () => encryptGroupMessage(call)).data).toEqual({
      group: GROUP,
      reasons: ['member-left'],
    });
  });

  test.each([
    ['of another state', { record: change(record, ALICE, 'remove', BOB).record }],
    [
      'of another key',
      {
        key: {
          senderKey: createKey(2),
          holders: createKeyHolders({ group: GROUP, senderKey: createKey(2), now: NOW }),
        },
      },
    ],
    ['that is none', { distribution: undefined as never }],
  ])('under a plan %s is a mistake', (_, wrong) => {
    const { data } = expectError('invalid-argument', () =>
      encryptGroupMessage({ ...about, messageId: '2', content: { body }, ...wrong }),
    );
    expect(data.name).toBe('distribution');
  });

  test('without a content or an id is a mistake', () => {
    expectError('invalid-argument', () =>
      encryptGroupMessage({ ...about, messageId: '2', content: null as never }),
    );
    expectError('invalid-argument', () =>
      encryptGroupMessage({ ...about, messageId: '', content: { body } }),
    );
  });
});

describe('a sender key', () => {
  test('is taken from the device that sent it, if its account is a member', () => {
    expect(received).toMatchObject({ group: GROUP, sender: ALICE });
    const call = { record, distribution: given, sender: ALICE, received };
    expect(acceptGroupKey(call).kind).toBe('known');
    expect(acceptGroupKey({ ...call, sender: DAVE })).toEqual({ kind: 'refused', why: 'not-a-member' });
    const gone = changed(record, [ALICE, 'promote', BOB], [BOB, 'remove', ALICE]);
    expect(acceptGroupKey({ ...call, record: gone })).toEqual({ kind: 'refused', why: 'not-a-member' });
  });

  test('of a companion is that companion’s, and nobody else’s', () => {
    const sender = 'alice:1@example.org';
    expect(receivedFrom(acceptGroupKey({ record, distribution: given, sender }))).toMatchObject({ sender });
    expectError('wrong-chat', () => acceptGroupKey({ record, distribution: given, sender, received }));
  });

  test('for another group is refused', () => {
    const other = { ...given, groupId: 'others@groups.example.org' };
    const { data } = expectError('wrong-chat', () =>
      acceptGroupKey({ record, distribution: other, sender: ALICE }),
    );
    expect(data).toEqual({ expected: [GROUP], got: other.groupId });
  });

  test('in the profile that is spoken, and as part of a message, or not at all', () => {
    const call = { record, distribution: given, sender: ALICE };
    expectError('malformed', () => acceptGroupKey({ ...call, profile: 'signal' }));
    expectError('invalid-argument', () => acceptGroupKey({ ...call, distribution: undefined as never }));
    expectError('invalid-argument', () => acceptGroupKey({ ...call, sender: 'nobody' }));
  });
});

describe('opening', () => {
  test('gives what was said, by which device, and what it says of the group', () => {
    const opened = open();
    expect(opened).toMatchObject({
      kind: 'delivered',
      messageId: '1',
      device: { address: ALICE, device: 0 },
      content: { chat: GROUP, body },
      state: { kind: 'agrees', ask: [] },
      metadata: { kind: 'agrees' },
    });
    if (opened.kind !== 'delivered') return;
    const stored = decodeReceivedSenderKey(encodeReceivedSenderKey(opened.received));
    expectError('duplicate-message', () => open({ received: stored }));
  });

  test('a message under another state says so', () => {
    const later = changed(record, [ALICE, 'add', DAVE]);
    expect(open({ record: later })).toMatchObject({ kind: 'delivered', state: { kind: 'behind' } });
    const elsewhere = { ...groupStateOf(record), version: 9 };
    const bytes = forged({ extensions: { groupState: { ...elsewhere, hash: new Uint8Array(32) } } });
    expect(open({ envelope: { ...envelope, bytes } })).toMatchObject({
      state: { kind: 'ahead', ask: [ALICE] },
    });
    const silent = open({ envelope: { ...envelope, bytes: forged({ body }) } });
    expect(silent).not.toHaveProperty('state');
    expect(silent).not.toHaveProperty('metadata');
  });

  test('a message of somebody who was removed is refused, as long as that is remembered', () => {
    const removed = changed(record, [ALICE, 'promote', BOB], [BOB, 'remove', ALICE]);
    expect(open({ record: removed })).toEqual({ kind: 'refused', why: 'removed' });
    const joined = joinGroup({ group: removed.group, author: BOB, own: CAROL });
    if (joined.kind !== 'joined') throw new Error(joined.kind);
    expect(open({ record: joined.record })).toEqual({ kind: 'waiting', why: 'not-a-member' });
  });

  test('a message of somebody whose addition has not come waits', () => {
    const dave = assumeDeviceList({ account: DAVE, primaryIdentity: keyOf(DAVE), now: NOW });
    const call = { envelope: { ...envelope, from: DAVE }, sender: dave };
    expect(open(call)).toEqual({ kind: 'waiting', why: 'not-a-member' });
    const lost = changed(record, [ALICE, 'promote', BOB]);
    const added = change(lost, BOB, 'add', DAVE);
    const winner = change(lost, ALICE, 'add', 'erin@example.org').record;
    expect(open({ ...call, record: taken(winner, added.change, BOB) })).toEqual({
      kind: 'refused',
      why: 'removed',
    });
  });

  test('a message before its key waits', () => {
    const before: Partial<OpenGroupMessageOptions> = { received: { ...received, states: [] } };
    expect(open(before)).toEqual({ kind: 'waiting', why: 'no-sender-key' });
    expect(openGroupMessage({ envelope, record, sender: alice, own: [BOB], format, now: NOW })).toEqual({
      kind: 'waiting',
      why: 'no-sender-key',
    });
  });

  test.each([
    ['an unknown chat', 'wrong-chat', forged({ chat: BOB })],
    ['a sender key', 'malformed', forged({ senderKeyDistribution: given })],
    ['a change of the group', 'malformed', forged({ groupChange: Uint8Array.of(1) })],
    [
      'keys for devices',
      'malformed',
      forged({ protocolMessage: { type: 'appStateSyncKeyShare', body: new Uint8Array(2) } }),
    ],
    ['a flipped bit', 'invalid-signature', flipBit(sent.message, 8 * sent.message.length - 9)],
    ['nothing', 'malformed', Uint8Array.of(0x33)],
  ] as const)('with %s it is %s', (_, code, bytes) => {
    expectError(code, () => open({ envelope: { ...envelope, bytes } }));
  });

  test('a copy of a sent message has no place in a group message', () => {
    const inner = encodeContent({ format, content: { messageId: '1', chat: GROUP } });
    const copy = lengthField(31, [...lengthField(1, GROUP), ...lengthField(2, inner)]);
    const plaintext = Uint8Array.from([...copy, ...lengthField(1001, '1'), ...lengthField(1002, GROUP)]);
    const { message: bytes } = encryptSenderKey({ senderKey, plaintext: pad(plaintext, random) });
    const { data } = expectError('malformed', () => open({ envelope: { ...envelope, bytes }, own: [ALICE] }));
    expect(data.field).toBe('deviceSent');
  });

  test('without padding it is malformed', () => {
    const { message: bytes } = encryptSenderKey({ senderKey, plaintext: Uint8Array.of(1, 2, 3) });
    expectError('malformed', () => open({ envelope: { ...envelope, bytes } }));
  });

  test('a foreign message takes the envelope’s id', () => {
    const foreign = { ...format, foreign: true };
    const { message: bytes } = encryptSenderKey({ senderKey, plaintext: pad(new Uint8Array(0), random) });
    const opened = open({ envelope: { id: '77', from: ALICE, bytes }, format: foreign });
    expect(opened).toMatchObject({ kind: 'delivered', messageId: '77', content: { kind: 'unbound' } });
  });

  test('from a device that nothing vouches for it waits; from one that was unlinked it is refused', () => {
    const person = new Person(ALICE, 9_100);
    person.link();
    const linked = person.record;
    const from = 'alice:1@example.org';
    const withFrom = { envelope: { ...envelope, from } };
    const own = receivedFrom(acceptGroupKey({ record, distribution: given, sender: from }));
    expect(open({ ...withFrom, sender: linked, received: own }).kind).toBe('delivered');
    expect(open({ ...withFrom, sender: alice, received: own })).toEqual({
      kind: 'waiting',
      why: 'device-unverified',
    });
    const late = NOW + 36 * 24 * 60 * 60 * 1000;
    expectError('list-expired', () => open({ ...withFrom, sender: linked, received: own, now: late }));
    const revoked: DeviceListRecord = {
      ...linked,
      companions: [],
      refused: [{ device: 1, why: 'revoked' }],
    };
    expectError('device-revoked', () => open({ ...withFrom, sender: revoked, received: own }));
    const hosted: DeviceListRecord = { ...revoked, refused: [{ device: 1, why: 'hosted' }] };
    expectError('device-unverified', () => open({ ...withFrom, sender: hosted, received: own }));
  });

  test.each([
    ['envelope', { envelope: undefined as never }],
    ['sender', { sender: assumeDeviceList({ account: BOB, primaryIdentity: keyOf(BOB), now: NOW }) }],
    ['now', { now: Number.NaN }],
    ['record', { record: null as never }],
  ] as const)('with a wrong %s is a mistake', (name, wrong) => {
    expect(expectError('invalid-argument', () => open(wrong)).data.name).toBe(name);
  });

  test('keys of another group open nothing', () => {
    const other: GroupRecord = { ...record, group: { ...record.group, id: 'others@groups.example.org' } };
    expectError('wrong-chat', () => open({ record: other }));
  });
});

describe('waiting', () => {
  const message = { group: GROUP, device: BOB, messageId: '1', length: 100, now: NOW };
  const filled = (
    count: number,
    each: (i: number) => Partial<typeof message> = () => ({}),
  ): WaitingMessages => ({
    group: GROUP,
    messages: Array.from({ length: count }, (_, i) => ({
      device: BOB,
      messageId: `m${i}`,
      length: 100,
      receivedAt: NOW,
      ...each(i),
    })),
  });

  test('holds a message once', () => {
    const { kind, waiting } = holdGroupMessage(message);
    expect([kind, waiting.messages]).toEqual([
      'held',
      [{ device: BOB, messageId: '1', length: 100, receivedAt: NOW }],
    ]);
    expect(holdGroupMessage({ ...message, waiting })).toEqual({ kind: 'already-held', waiting, expired: [] });
    expect(holdGroupMessage({ ...message, device: CAROL, waiting }).kind).toBe('held');
  });

  test('has room for so many of a device, of a group, and of bytes', () => {
    const hold = (waiting: WaitingMessages, rest: Partial<typeof message> = {}) => {
      const outcome = holdGroupMessage({ ...message, ...rest, waiting });
      return outcome.kind === 'refused' ? outcome.why : outcome.kind;
    };
    expect(hold(filled(MAX_WAITING_OF_DEVICE - 1))).toBe('held');
    expect(hold(filled(MAX_WAITING_OF_DEVICE))).toBe('device-full');
    const by = (i: number) => ({ device: `d${i % 4}@example.org` });
    expect(hold(filled(MAX_WAITING_MESSAGES - 1, by))).toBe('held');
    expect(hold(filled(MAX_WAITING_MESSAGES, by))).toBe('group-full');
    expect(hold(filled(1), { length: MAX_WAITING_LENGTH - 100 })).toBe('held');
    expect(hold(filled(1), { length: MAX_WAITING_LENGTH - 99 })).toBe('group-full');
  });

  test('ends after its time, whichever way the clock went', () => {
    const waiting = filled(2, (i) => (i === 0 ? { receivedAt: NOW - WAITING_LIFETIME_MS } : {}) as never);
    const { expired, waiting: rest } = holdGroupMessage({ ...message, waiting });
    expect([expired, rest.messages.length]).toEqual([[waiting.messages[0]], 2]);
    const later = releaseGroupMessages({
      waiting: filled(1),
      from: () => true,
      now: NOW + WAITING_LIFETIME_MS,
    });
    expect(later).toEqual({
      released: [],
      expired: filled(1).messages,
      waiting: { group: GROUP, messages: [] },
    });
    const early = releaseGroupMessages({
      waiting: filled(1),
      from: () => true,
      now: NOW - WAITING_LIFETIME_MS,
    });
    expect(early.expired).toHaveLength(1);
    const before = releaseGroupMessages({
      waiting: filled(1),
      from: () => true,
      now: NOW + WAITING_LIFETIME_MS - 1,
    });
    expect(before.released).toHaveLength(1);
  });

  test('ends for a device when its key has come, in order', () => {
    const waiting = filled(6, (i) => ({ device: i % 2 === 0 ? BOB : CAROL }));
    const { released, waiting: rest } = releaseGroupMessages({
      waiting,
      from: (device) => device === BOB,
      now: NOW,
    });
    expect(released.map(({ messageId }) => messageId)).toEqual(['m0', 'm2', 'm4']);
    expect(rest.messages.map(({ device }) => device)).toEqual([CAROL, CAROL, CAROL]);
  });

  test.each([
    ['group', { group: 'alice:1@example.org' }],
    ['device', { device: 'nobody' }],
    ['messageId', { messageId: '' }],
    ['length', { length: -1 }],
    ['now', { now: -1 }],
    ['waiting', { waiting: { group: 'x@y', messages: [] } }],
    ['waiting', { waiting: { group: GROUP } as never }],
  ])('with a wrong %s is a mistake', (name, wrong) => {
    expect(expectError('invalid-argument', () => holdGroupMessage({ ...message, ...wrong })).data.name).toBe(
      name,
    );
  });
});
