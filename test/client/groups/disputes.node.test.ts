/** Two accounts tell a device of different groups of one address: it is told, sends nothing, and the person decides. */
import type { Address } from 'polyratchet';
import { encodeGroupUpdate, groupHash, MAX_GROUP_VERSION, type Group } from 'polyratchet/group';
import { beforeEach, describe, expect, test } from 'vitest';
import { MAX_REFUSED } from '../../../src/client/groups/state.js';
import { expectRejection } from '../../support/errors.js';
import type { Device } from '../device.js';
import { HOUR_MS } from '../world.js';
import { AS_MALLORY, play } from './mallory.js';
import { act, ALICE, BOB, CAROL, GroupWorld, say, toldOf, WITH_GROUPS } from './people.js';

const MALLORY: Address = 'mallory@example.org';

let world: GroupWorld;
let alice: Device;
let bob: Device;
let carol: Device;
let mallory: Device;
let group: Address;

/** Alice's group with Bob and Mallory; Carol is not in it yet. */
beforeEach(async () => {
  world = new GroupWorld();
  alice = await world.register(ALICE, WITH_GROUPS);
  bob = await world.register(BOB, WITH_GROUPS);
  carol = await world.register(CAROL, WITH_GROUPS);
  mallory = await world.register(MALLORY, AS_MALLORY);
  ({ id: group } = await act(world, alice, (groups) => groups.create({ members: [BOB, MALLORY] })));
  await world.settled();
});

/** A device says that it is the only admin of a group with some members. */
async function claim(by: Device, to: Address, state: Partial<Group> = {}): Promise<void> {
  const author = await by.address();
  const members = [ALICE, BOB, CAROL, MALLORY].sort();
  const parent = new Uint8Array(32);
  const made: Group = { id: group, version: 1, members, admins: [author], parent, ...state };
  const groupChange = encodeGroupUpdate({ kind: 'state', group: made });
  await play(world, by, (tricks) => tricks.say({ chat: group, accounts: [to], content: { groupChange } }));
}

async function add(...accounts: readonly Address[]): Promise<void> {
  await act(world, alice, (groups) => groups.add(group, accounts));
  await world.settled();
}

async function speak(from: Device, text: string): Promise<void> {
  await say(world, from, group, text);
  await world.settled();
}

const disputes = (device: Device) => device.of('group-disputed').map(({ by, open }) => ({ by, open }));
const membersAt = async (device: Device) => (await act(world, device, (of) => of.get(group))).members;

async function expectSame(...devices: readonly Device[]): Promise<void> {
  const states = await Promise.all(devices.map((device) => act(world, device, (of) => of.get(group))));
  for (const state of states) expect(state).toEqual(states[0]);
}

async function expectDisputed(device: Device): Promise<void> {
  const { data } = await expectRejection('membership-conflict', speak(device, 'is this safe?'));
  expect(data).toMatchObject({ group, why: 'disputed' });
  world.sent.pop();
}

describe('who is quicker than the admin that adds Carol', () => {
  test('does not get her messages: they wait for her to decide, and what the admin says counts once she forgets', async () => {
    await claim(mallory, CAROL);
    await add(CAROL);
    expect(disputes(carol)).toEqual([{ by: ALICE, open: true }]);
    await expectDisputed(carol);
    await act(world, alice, (groups) => groups.remove(group, [MALLORY]));
    await world.settled();
    await expectDisputed(carol);

    await act(world, carol, (groups) => groups.forget(group));
    await world.settled();
    expect(await membersAt(carol)).toEqual([ALICE, BOB, CAROL]);
    expect(toldOf(carol)).toEqual(['carol added by mallory', 'carol added by alice']);
    const before = world.ciphertexts.envelopes.length;
    await speak(carol, 'a secret');
    await speak(alice, 'for the three of us');
    const readers = world.ciphertexts.envelopes.slice(before).map(({ to }) => to);
    expect(readers).not.toContain(MALLORY);
    expect([alice.texts, bob.texts, carol.texts]).toEqual([
      ['a secret'],
      ['a secret', 'for the three of us'],
      ['for the three of us'],
    ]);
  });

  test('does not get them either with a group of two and the highest version: Carol can leave it, or forget it', async () => {
    const members = [CAROL, MALLORY];
    await claim(mallory, CAROL, { version: MAX_GROUP_VERSION + 1, members });
    expect(toldOf(carol)).toEqual([]);
    expect(carol.of('refused')).toHaveLength(1);
    await claim(mallory, CAROL, { version: MAX_GROUP_VERSION, members });
    await add(CAROL);
    expect(disputes(carol)).toEqual([{ by: ALICE, open: true }]);
    await act(world, carol, (groups) => groups.leave(group));
    expect(await membersAt(carol)).toEqual([MALLORY]);
    await act(world, alice, (groups) => groups.remove(group, [CAROL]));
    await world.clock.advance(HOUR_MS);
    await add(CAROL);
    expect(disputes(carol).at(-1)).toEqual({ by: ALICE, open: false });
    await act(world, carol, (groups) => groups.forget(group));
    await world.settled();
    expect(await membersAt(carol)).toEqual([ALICE, BOB, CAROL, MALLORY]);
  });

  test('stays if Carol says so: she is not asked about that admin again', async () => {
    await claim(mallory, CAROL);
    await add(CAROL);
    await act(world, carol, (groups) => groups.keep(group));
    await speak(carol, 'as I know it');
    expect(mallory.texts).toEqual(['as I know it']);
    await world.clock.advance(2 * HOUR_MS);
    await act(world, alice, (groups) => groups.remove(group, [CAROL]));
    await add(CAROL);
    expect(disputes(carol)).toEqual([{ by: ALICE, open: true }]);
  });

  test('does not get them from a companion of hers that knows the group from her phone', async () => {
    await claim(mallory, CAROL);
    const laptop = await world.link(carol, WITH_GROUPS);
    await world.settled();
    await add(CAROL);
    for (const device of [carol, laptop]) {
      expect(disputes(device)).toEqual([{ by: ALICE, open: true }]);
      await expectDisputed(device);
    }
  });

  test('is put right by Carol’s phone on a companion, whatever was disputed there', async () => {
    await add(CAROL);
    const answers = world.keep('carol:1@example.org', ({ from }) => from === CAROL);
    const laptop = await world.link(carol, WITH_GROUPS);
    await world.settled();
    await claim(mallory, CAROL);
    await act(world, alice, (groups) => groups.remove(group, [CAROL]));
    await add(CAROL);
    expect(disputes(laptop)).toEqual([{ by: ALICE, open: true }]);
    await expectDisputed(laptop);
    await world.deliver(...answers);
    await expectSame(alice, carol, laptop); // Alice is asked for what she has said meanwhile
    await speak(laptop, 'as my phone knows it');
    expect(alice.texts).toEqual(['as my phone knows it']);
  });
});

describe('whoever only wants to stop a group', () => {
  beforeEach(() => add(CAROL));

  test('cannot, once they have written under its state; the application is told once an hour', async () => {
    await play(world, mallory, async () => {
      await act(world, mallory, (groups) => groups.send({ group, body: new Uint8Array(1) }));
    });
    for (let i = 0; i < 3; i++) await claim(mallory, CAROL, { version: 7 + i });
    expect(disputes(carol)).toEqual([{ by: MALLORY, open: false }]);
    await world.clock.advance(HOUR_MS);
    await claim(mallory, CAROL);
    expect(disputes(carol)).toHaveLength(2);
    await speak(carol, 'nobody stops me');
    expect(alice.texts.at(-1)).toBe('nobody stops me');
  });

  test('cannot with those who made the group, or were told of it by a device of their own', async () => {
    const tablet = await world.link(alice, WITH_GROUPS);
    await world.settled();
    await claim(mallory, ALICE);
    for (const device of [alice, tablet]) {
      expect(disputes(device)).toEqual([{ by: MALLORY, open: false }]);
      await speak(device, 'mine');
    }
  });

  test('cannot by a change that is not theirs to make; the application is told', async () => {
    const state = await act(world, carol, (of) => of.get(group));
    const change = { kind: 'promote', id: group, version: 3, accounts: [MALLORY] } as const;
    const groupChange = encodeGroupUpdate({
      kind: 'change',
      change: { ...change, parent: groupHash(state) },
    });
    for (let i = 0; i < 2; i++)
      await play(world, mallory, (of) =>
        of.say({ chat: group, accounts: [CAROL], content: { groupChange } }),
      );
    expect(disputes(carol)).toEqual([{ by: MALLORY, open: false }]);
    await speak(carol, 'nobody stops me');
  });

  test('cannot by changes, by states without us, or as a stranger who changes something', async () => {
    const stranger = await world.register('stranger@example.org', AS_MALLORY);
    await claim(mallory, CAROL, { members: [ALICE, BOB, MALLORY] });
    const change = { kind: 'promote', id: group, version: 3, accounts: [BOB] } as const;
    const parent = new Uint8Array(32).fill(1);
    const groupChange = encodeGroupUpdate({ kind: 'change', change: { ...change, parent } });
    for (const device of [mallory, stranger])
      await play(world, device, (tricks) =>
        tricks.say({ chat: group, accounts: [CAROL], content: { groupChange } }),
      );
    expect(disputes(carol)).toEqual([]);
    await speak(carol, 'nobody stops me');
  });

  test(`can once for each account, one at a time, and ${MAX_REFUSED} times in all`, async () => {
    const others: Device[] = [];
    for (let i = 0; i <= MAX_REFUSED; i++)
      others.push(await world.register(`puppet${i}@example.org`, AS_MALLORY));
    const members = async (device: Device) => [CAROL, await device.address()].sort();
    await claim(others[1]!, CAROL, { members: await members(others[1]!) });
    await claim(others[0]!, CAROL, { members: await members(others[0]!) });
    expect(carol.of('group-disputed').map(({ open }) => open)).toEqual([true, false]);
    await act(world, carol, (groups) => groups.keep(group));
    for (const device of others) {
      await claim(device, CAROL, { members: await members(device) });
      await act(world, carol, (groups) => groups.keep(group));
      await claim(device, CAROL, { members: await members(device) });
    }
    expect(carol.of('group-disputed').filter(({ open }) => open)).toHaveLength(MAX_REFUSED);
    await claim(mallory, CAROL);
    await speak(carol, 'nobody stops me');
    expect(alice.texts.at(-1)).toBe('nobody stops me');
  });
});

test('what is forgotten is gone, and nobody but this device forgets it', async () => {
  await add(CAROL);
  for (const device of [alice, bob, carol]) await speak(device, `from ${await device.address()}`);
  const named = async () => (await carol.store.list('', '', 10_000)).filter((name) => name.includes(group));
  expect((await named()).some((name) => name.startsWith('group-received/'))).toBe(true);
  await act(world, carol, (groups) => groups.forget(group));
  expect(await named()).toEqual([]);
  await expectRejection('membership-conflict', membersAt(carol));
  await act(world, carol, (groups) => groups.forget(group)); // again does nothing
  await expectRejection(
    'membership-conflict',
    act(world, carol, (groups) => groups.keep(group)),
  );
  expect(await membersAt(alice)).toContain(CAROL);
});
