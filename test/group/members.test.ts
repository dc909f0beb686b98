/** Who is a member: changes by those who may make them, the states that follow, and what people are told. */
import { PolyratchetError } from 'polyratchet/errors';
import {
  answerGroupQuestion,
  applyGroupChange,
  changeGroup,
  compareGroupState,
  createGroup,
  decodeGroup,
  decodeGroupUpdate,
  encodeGroup,
  encodeGroupUpdate,
  groupHash,
  groupStateOf,
  isMember,
  joinGroup,
  MAX_FORK_VERSIONS,
  MAX_GROUP_VERSION,
  MAX_MEMBERS,
  type Group,
  type GroupChange,
  type GroupRecord,
} from 'polyratchet/group';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { ALICE, BOB, CAROL, change, changed, DAVE, ERIN, GROUP, groupOf, take, taken } from './people.js';

const friends = groupOf(BOB, CAROL);

describe('a new group', () => {
  test('has its creator as the only admin, members in order, and no past', () => {
    const { record, events, announcements } = createGroup({
      id: GROUP,
      creator: BOB,
      members: [CAROL, ALICE, BOB],
    });
    const { version, members, admins, parent } = record.group;
    expect({ version, members, admins }).toEqual({ version: 1, members: [ALICE, BOB, CAROL], admins: [BOB] });
    expect(parent).toEqual(new Uint8Array(32));
    expect(record.hash).toEqual(groupHash(record.group));
    expect(events).toContainEqual({ kind: 'added', account: ALICE, by: BOB });
    expect(announcements.map(({ accounts }) => accounts)).toEqual([[ALICE, BOB, CAROL]]);
    expect(decodeGroupUpdate(announcements[0]!.groupChange)).toEqual({ kind: 'state', group: record.group });
  });

  test('takes the most members, and not one more', () => {
    const members = Array.from({ length: MAX_MEMBERS - 1 }, (_, i) => `member${i}@example.org`);
    expect(createGroup({ id: GROUP, creator: ALICE, members }).record.group.members).toHaveLength(
      MAX_MEMBERS,
    );
    const { data } = expectError('membership-conflict', () =>
      createGroup({ id: GROUP, creator: ALICE, members: [...members, BOB] }),
    );
    expect(data).toEqual({ group: GROUP, version: 1, why: 'full' });
    const full = createGroup({ id: GROUP, creator: ALICE, members }).record;
    expect(whyNot(() => change(full, ALICE, 'add', BOB))).toBe('full');
  });

  test.each([
    ['id', { id: 'alice:1@example.org' }],
    ['creator', { creator: 'nobody' }],
    ['members', { members: ['alice:2@example.org'] }],
    ['members', { members: BOB as never }],
  ])('refuses a wrong %s', (name, wrong) => {
    const call = { id: GROUP, creator: ALICE, members: [], ...wrong };
    expect(expectError('invalid-argument', () => createGroup(call)).data.name).toBe(name);
  });
});

describe('changes', () => {
  test('say what they do, through whom, and whom to tell what', () => {
    const added = changeGroup({ record: friends, author: ALICE, kind: 'add', accounts: [ERIN, DAVE, ERIN] });
    expect(added.change).toMatchObject({
      kind: 'add',
      version: 2,
      parent: friends.hash,
      accounts: [DAVE, ERIN],
    });
    expect(added.events).toEqual([DAVE, ERIN].map((account) => ({ kind: 'added', account, by: ALICE })));
    expect(added.announcements.map(({ accounts }) => accounts)).toEqual([
      [ALICE, BOB, CAROL],
      [DAVE, ERIN],
    ]);
    const [told, toldNew] = added.announcements.map(({ groupChange }) => decodeGroupUpdate(groupChange));
    expect(told).toEqual({ kind: 'change', change: added.change });
    expect(toldNew).toEqual({ kind: 'state', group: added.record.group });
  });

  test.each([
    ['removed', ALICE, { kind: 'remove', accounts: [BOB] }, BOB],
    ['left', BOB, { kind: 'leave' }, BOB],
    ['left', ALICE, { kind: 'leave' }, ALICE],
    ['promoted', ALICE, { kind: 'promote', accounts: [BOB] }, BOB],
    ['demoted', ALICE, { kind: 'demote', accounts: [CAROL] }, CAROL],
  ] as const)('%s by %s is an event here and there', (kind, author, what, account) => {
    const record = changed(friends, [ALICE, 'promote', CAROL]);
    const made = changeGroup({ record, author, ...what });
    expect(made.events).toEqual([{ kind, account, by: author }]);
    expect(made.announcements.map(({ accounts }) => accounts)).toEqual([[ALICE, BOB, CAROL]]);
    const there = take(record, made.change, author);
    expect(there).toEqual({ kind: 'applied', record: made.record, events: made.events });
  });

  test('of roles keep the order in which admins came to them', () => {
    const record = changed(friends, [ALICE, 'promote', CAROL], [CAROL, 'promote', BOB]);
    expect(record.group.admins).toEqual([ALICE, CAROL, BOB]);
    expect(changed(record, [BOB, 'demote', ALICE], [BOB, 'promote', ALICE]).group.admins).toEqual([
      CAROL,
      BOB,
      ALICE,
    ]);
  });

  test('that an admin makes of himself are leaving or resigning', () => {
    const record = changed(friends, [ALICE, 'promote', BOB]);
    expect(changeGroup({ record, author: ALICE, kind: 'remove', accounts: [ALICE] }).events[0]?.kind).toBe(
      'left',
    );
    expect(
      changeGroup({ record, author: ALICE, kind: 'demote', accounts: [ALICE] }).record.group.admins,
    ).toEqual([BOB]);
  });

  test.each([
    ['not-a-member', DAVE, 'add', [ERIN]],
    ['not-a-member', DAVE, 'leave', []],
    ['not-an-admin', BOB, 'add', [DAVE]],
    ['not-an-admin', BOB, 'remove', [CAROL]],
    ['not-an-admin', BOB, 'promote', [BOB]],
    ['already-a-member', ALICE, 'add', [BOB, DAVE]],
    ['no-such-member', ALICE, 'remove', [BOB, DAVE]],
    ['no-such-member', ALICE, 'promote', [DAVE]],
    ['already-an-admin', ALICE, 'promote', [ALICE, BOB]],
    ['no-such-admin', ALICE, 'demote', [BOB]],
    ['last-admin', ALICE, 'demote', [ALICE]],
    ['last-admin', ALICE, 'leave', []],
    ['last-admin', ALICE, 'remove', [ALICE]],
  ] as const)('%s: %s cannot %s %s', (why, author, kind, accounts) => {
    expect(whyNot(() => change(friends, author, kind, ...accounts))).toBe(why);
    const forged = { kind, id: GROUP, version: 2, parent: friends.hash, accounts };
    expect(take(friends, forged, author)).toEqual({ kind: 'refused', why });
  });

  test('the last of all may leave', () => {
    const alone = groupOf();
    expect(changed(alone, [ALICE, 'leave']).group).toMatchObject({ version: 2, members: [], admins: [] });
  });

  test.each([
    ['kind', { kind: 'rename' as never, accounts: [BOB] }],
    ['accounts', { kind: 'add', accounts: [] }],
    ['accounts', { kind: 'add', accounts: ['bob:1@example.org'] }],
    ['author', { author: 'alice:1@example.org', kind: 'add', accounts: [BOB] }],
    ['record', { record: null as never, kind: 'add', accounts: [BOB] }],
    ['record.group', { record: { ...friends, group: { id: GROUP } } as never, kind: 'add', accounts: [BOB] }],
  ] as const)('with a wrong %s are mistakes', (name, wrong) => {
    const call = { record: friends, author: ALICE, ...wrong };
    expect(expectError('invalid-argument', () => changeGroup(call)).data.name).toBe(name);
  });
});

describe('a change of somebody else', () => {
  const made = change(friends, ALICE, 'add', DAVE);

  test('is taken once', () => {
    const record = taken(friends, made.change, ALICE);
    expect(record).toEqual(made.record);
    expect(take(record, made.change, ALICE)).toEqual({ kind: 'known', record });
  });

  test('that came before the one it follows on waits for it', () => {
    const next = change(made.record, ALICE, 'remove', BOB);
    const early = take(friends, next.change, ALICE);
    expect(early).toMatchObject({ kind: 'early', record: { group: friends.group } });
    if (early.kind !== 'early') return;
    const both = take(early.record, made.change, ALICE);
    expect(both).toMatchObject({
      kind: 'applied',
      record: { group: next.record.group },
      events: [
        { kind: 'added', account: DAVE, by: ALICE },
        { kind: 'removed', account: BOB, by: ALICE },
      ],
    });
  });

  test.each([
    ['of another group', 'wrong-chat', { id: 'others@groups.example.org' }],
    ['without accounts', 'malformed', { accounts: [] }],
    ['with accounts out of order', 'malformed', { accounts: [ERIN, DAVE] }],
    ['with an account twice', 'malformed', { accounts: [DAVE, DAVE] }],
    ['of version 1', 'malformed', { version: 1 }],
  ] as const)('%s is %s', (_, code, wrong) => {
    expectError(code, () => take(friends, { ...made.change, ...wrong }, ALICE));
  });

  test('by no account is a mistake', () => {
    expectError('invalid-argument', () => take(friends, made.change, 'alice:1@example.org'));
    expectError('invalid-argument', () => applyGroupChange(null as never));
  });

  test('of a removed member is refused, also if it is dated back', () => {
    const admins = changed(friends, [ALICE, 'promote', BOB]);
    const removed = change(admins, ALICE, 'remove', BOB);
    const { change: revenge } = change(admins, BOB, 'remove', ALICE);
    const now = { ...revenge, version: removed.record.group.version + 1, parent: removed.record.hash };
    expect(take(removed.record, now, BOB)).toEqual({ kind: 'refused', why: 'not-a-member' });
    expect(take(removed.record, revenge, BOB)).toMatchObject({
      kind: 'lost',
      record: { group: removed.record.group },
    });
  });

  test('with another parent of that version waits for it until versions have gone on', () => {
    const unknown = { ...made.change, version: 3, parent: new Uint8Array(32).fill(9) };
    let record = taken(friends, unknown, ALICE);
    expect(record.steps).toHaveLength(1);
    for (let i = 0; i < MAX_FORK_VERSIONS + 2; i++) {
      record = changed(record, i % 2 === 0 ? [ALICE, 'add', DAVE] : [ALICE, 'remove', DAVE]);
    }
    expect(record.steps.some(({ change: { version } }) => version === 3)).toBe(false);
    expect(take(record, unknown, ALICE)).toEqual({ kind: 'refused', why: 'stale' });
  });
});

describe('joining', () => {
  const made = changeGroup({ record: friends, author: ALICE, kind: 'add', accounts: [DAVE] });
  const { group } = made.record;

  test('takes the state from the admin who added us, and says who that was', () => {
    const joined = joinGroup({ group, author: ALICE, own: DAVE });
    expect(joined).toMatchObject({ kind: 'joined', events: [{ kind: 'added', account: DAVE, by: ALICE }] });
    expect(joined.kind === 'joined' && joined.record.hash).toEqual(made.record.hash);
  });

  test.each([
    ['not-an-admin', { author: BOB }],
    ['not-an-admin', { author: ERIN }],
    ['not-a-member', { own: ERIN }],
  ] as const)('is refused: %s', (why, wrong) => {
    expect(joinGroup({ group, author: ALICE, own: DAVE, ...wrong })).toEqual({ kind: 'refused', why });
  });

  test('again after a removal takes a newer state only', () => {
    const removed = change(made.record, ALICE, 'remove', DAVE).record;
    const back = change(removed, ALICE, 'add', DAVE).record;
    const own = DAVE;
    expect(joinGroup({ group, author: ALICE, own, record: removed })).toEqual({
      kind: 'refused',
      why: 'older',
    });
    expect(joinGroup({ group: back.group, author: ALICE, own, record: removed }).kind).toBe('joined');
  });

  test('a group of the same address from elsewhere changes nothing for those who are in it', () => {
    const other = createGroup({ id: GROUP, creator: ERIN, members: [BOB] }).record;
    const call = { group: other.group, author: ERIN, own: BOB, record: friends, asked: true };
    expect(joinGroup(call)).toEqual({ kind: 'refused', why: 'not-believed' });
    const elsewhere = createGroup({ id: 'x@groups.example.org', creator: ERIN, members: [BOB] }).record;
    expectError('wrong-chat', () => joinGroup({ ...call, group: elsewhere.group }));
  });

  test('a member takes a whole state from an admin only if it was asked for', () => {
    const call = { group, author: ALICE, own: BOB, record: friends };
    expect(joinGroup(call)).toEqual({ kind: 'refused', why: 'not-asked' });
    expect(joinGroup({ ...call, group: friends.group })).toEqual({ kind: 'known', record: friends });
    const adopted = joinGroup({ ...call, asked: true });
    expect(adopted).toMatchObject({ kind: 'adopted', events: [{ kind: 'added', account: DAVE, by: ALICE }] });
    expect(
      joinGroup({ ...call, asked: true, record: change(made.record, ALICE, 'add', ERIN).record }),
    ).toEqual({
      kind: 'refused',
      why: 'older',
    });
  });

  test('a change that came before the state that it follows on counts once that is taken', () => {
    const third = change(made.record, ALICE, 'promote', BOB);
    const record = taken(friends, third.change, ALICE); // of the state that we do not have
    expect(record.group).toEqual(friends.group);
    const adopted = joinGroup({ group, author: ALICE, own: BOB, record, asked: true });
    expect(adopted).toMatchObject({ kind: 'adopted', record: { group: third.record.group } });
    expect(adopted.kind === 'adopted' && adopted.events).toEqual([
      { kind: 'added', account: DAVE, by: ALICE },
      { kind: 'promoted', account: BOB, by: ALICE },
    ]);
    const left = taken(change(friends, BOB, 'leave').record, unknownTo(4), ALICE);
    const back = changed(friends, [BOB, 'leave'], [ALICE, 'add', BOB]);
    const again = joinGroup({ group: back.group, author: ALICE, own: BOB, record: left });
    expect(again).toMatchObject({
      kind: 'joined',
      record: { group: { version: 4, admins: [ALICE, CAROL] } },
    });
    if (again.kind === 'joined') expect(decodeGroup(encodeGroup(again.record))).toEqual(again.record);

    function unknownTo(version: number): GroupChange {
      const parent = changed(friends, [BOB, 'leave'], [ALICE, 'add', BOB]).hash;
      return { kind: 'promote', id: GROUP, version, parent, accounts: [CAROL] };
    }
  });

  test('a state of a branch that lost here is taken if an admin says so', () => {
    const admins = changed(friends, [ALICE, 'promote', BOB]);
    const lost = change(admins, BOB, 'add', ERIN);
    const record = taken(changed(admins, [ALICE, 'add', DAVE]), lost.change, BOB);
    const call = { group: lost.record.group, author: BOB, own: CAROL, record, asked: true };
    expect(joinGroup(call)).toMatchObject({ kind: 'adopted', record: { group: lost.record.group } });
    expect(joinGroup({ ...call, group: admins.group })).toEqual({ kind: 'refused', why: 'older' });
  });

  test('our own devices tell each other, admins or not', () => {
    const known = joinGroup({ group, author: BOB, own: BOB });
    expect(known).toMatchObject({ kind: 'joined', record: { group } });
    const call = { group, author: BOB, own: BOB, record: friends };
    expect(joinGroup(call)).toEqual({ kind: 'refused', why: 'not-asked' });
    expect(joinGroup({ ...call, asked: true }).kind).toBe('adopted');
    expect(joinGroup({ ...call, author: CAROL, asked: true })).toEqual({
      kind: 'refused',
      why: 'not-an-admin',
    });
    expect(known.kind === 'joined' && known.events).toEqual([]);
    expect(answerGroupQuestion({ record: friends, author: BOB, own: BOB }).kind).toBe('answer');
  });

  test('our own devices, once asked, are believed against whoever was there first with any version', () => {
    const squatted = { ...friends.group, version: MAX_GROUP_VERSION, members: [BOB, ERIN], admins: [ERIN] };
    const first = joinGroup({ group: squatted, author: ERIN, own: BOB });
    if (first.kind !== 'joined') throw new Error(first.kind);
    const call = { group: friends.group, author: BOB, own: BOB, record: first.record };
    expect(joinGroup(call)).toEqual({ kind: 'refused', why: 'not-asked' });
    expect(joinGroup({ ...call, asked: true })).toMatchObject({
      kind: 'adopted',
      record: { group: friends.group },
    });
    expect(joinGroup({ ...call, record: made.record, asked: true })).toEqual({
      kind: 'refused',
      why: 'older',
    });
  });

  test('takes the highest version that a group can have, and can go on from there; not a higher one', () => {
    const state = { ...group, version: MAX_GROUP_VERSION };
    const joined = joinGroup({ group: state, author: ALICE, own: DAVE });
    if (joined.kind !== 'joined') throw new Error(joined.kind);
    const left = change(joined.record, DAVE, 'leave').record;
    expect(left.group.version).toBe(MAX_GROUP_VERSION + 1);
    expect(decodeGroup(encodeGroup(left))).toEqual(left);
    const higher = { ...group, version: MAX_GROUP_VERSION + 1 };
    expectError('malformed', () => joinGroup({ group: higher, author: ALICE, own: DAVE }));
    const told = (of: Group) => decodeGroupUpdate(encodeGroupUpdate({ kind: 'state', group: of }));
    expect(told(state)).toEqual({ kind: 'state', group: state });
    expectError('malformed', () => told(higher));
  });

  test('who says to be an admin of ours, and is none, is not believed, wherever we are', () => {
    const forged = { ...group, version: 9, admins: [BOB] };
    const call = { group: forged, author: BOB, own: DAVE };
    expect(joinGroup({ ...call, record: made.record })).toEqual({ kind: 'refused', why: 'not-believed' });
    const left = changed(joinedAt(MAX_GROUP_VERSION), [DAVE, 'leave']);
    expect(joinGroup({ ...call, record: left })).toEqual({ kind: 'refused', why: 'not-believed' });

    function joinedAt(version: number): GroupRecord {
      const joined = joinGroup({ group: { ...group, version }, author: ALICE, own: DAVE });
      if (joined.kind !== 'joined') throw new Error(joined.kind);
      return joined.record;
    }
  });

  test('a group has no member with its own address', () => {
    const id = DAVE;
    expectError('invalid-argument', () => createGroup({ id, creator: ALICE, members: [DAVE] }));
    const { record } = createGroup({ id, creator: ALICE, members: [BOB] });
    expectError('invalid-argument', () => change(record, ALICE, 'add', DAVE));
    const members = [ALICE, BOB, DAVE];
    expectError('malformed', () =>
      joinGroup({ group: { ...record.group, members }, author: ALICE, own: BOB }),
    );
    const forged = { kind: 'add', id, version: 2, parent: record.hash, accounts: [DAVE] } as const;
    expectError('malformed', () => take(record, forged, ALICE));
  });

  test('a question is answered by admins, to members', () => {
    const answer = answerGroupQuestion({ record: friends, author: BOB, own: ALICE });
    expect(answer.kind === 'answer' && decodeGroupUpdate(answer.groupChange)).toEqual({
      kind: 'state',
      group: friends.group,
    });
    expect(answerGroupQuestion({ record: friends, author: DAVE, own: ALICE })).toEqual({
      kind: 'refused',
      why: 'not-a-member',
    });
    expect(answerGroupQuestion({ record: friends, author: CAROL, own: BOB })).toEqual({
      kind: 'refused',
      why: 'not-an-admin',
    });
  });
});

describe('what messages say of the state', () => {
  const later = changed(friends, [ALICE, 'add', DAVE]);

  test('agrees, is behind, ahead or differs; asked are the admins', () => {
    const kindOf = (record: GroupRecord, other: GroupRecord) =>
      compareGroupState({ record, claim: groupStateOf(other) });
    expect(kindOf(later, later)).toEqual({ kind: 'agrees', ask: [] });
    expect(kindOf(later, friends)).toEqual({ kind: 'behind', ask: [] });
    expect(kindOf(friends, later)).toEqual({ kind: 'ahead', ask: [ALICE] });
    expect(kindOf(later, changed(friends, [ALICE, 'add', ERIN]))).toEqual({ kind: 'differs', ask: [ALICE] });
    const joined = joinGroup({ group: later.group, author: ALICE, own: DAVE });
    if (joined.kind !== 'joined') throw new Error(joined.kind);
    expect(kindOf(joined.record, friends).kind).toBe('behind'); // from before we came
  });

  test('a state that lost a fork is behind', () => {
    const lost = change(changed(friends, [ALICE, 'promote', BOB]), BOB, 'add', ERIN);
    const won = change(changed(friends, [ALICE, 'promote', BOB]), ALICE, 'add', DAVE).record;
    const record = taken(won, lost.change, BOB);
    expect(compareGroupState({ record, claim: groupStateOf(lost.record) }).kind).toBe('behind');
  });

  test.each([
    ['claim', null],
    ['claim.hash', { version: 1, hash: new Uint8Array(31) }],
    ['claim.version', { version: -1, hash: new Uint8Array(32) }],
  ])('a wrong %s is a mistake', (name, claim) => {
    const call = { record: friends, claim: claim as never };
    expect(expectError('invalid-argument', () => compareGroupState(call)).data.name).toBe(name);
  });
});

test('every part of a state changes its hash', () => {
  const { group } = changed(friends, [ALICE, 'promote', BOB]);
  const others: readonly Partial<Group>[] = [
    { id: 'others@groups.example.org' },
    { version: group.version + 1 },
    { members: [ALICE, BOB] },
    { admins: [BOB, ALICE] },
    { admins: [ALICE] },
    { parent: new Uint8Array(32) },
  ];
  const hashes = [{}, ...others].map((other) => groupHash({ ...group, ...other }).join());
  expect(new Set(hashes).size).toBe(hashes.length);
  expectError('invalid-argument', () => groupHash(null as never));
});

test('membership is that of the account', () => {
  expect([ALICE, CAROL, DAVE, 'bob:1@example.org'].map((account) => isMember(friends, account))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

function whyNot(run: () => unknown): string | undefined {
  const { data } = expectError('membership-conflict', run);
  expect(data.group).toBe(GROUP);
  return data.why;
}

test('an error says what group, version and reason it is about', () => {
  const error = expectError('membership-conflict', () => change(friends, BOB, 'add', DAVE));
  expect(PolyratchetError.is(error) && error.message).toBe(
    `membership-conflict: ${GROUP}, version 1: not-an-admin`,
  );
});
