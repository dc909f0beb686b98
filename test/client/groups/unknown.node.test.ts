/** Groups of which a device was not told, questions about groups, and what strangers can make a device store. */
import { encodeGroupUpdate, type Group } from 'polyratchet/group';
import { KEY_WAIT_MS } from 'polyratchet/groups';
import { describe, expect, test } from 'vitest';
import { MAX_GROUPS } from '../../../src/client/groups/known.js';
import type { Device } from '../device.js';
import { HOUR_MS, NO_FAULTS } from '../world.js';
import { AS_MALLORY, play } from './mallory.js';
import { act, ALICE, BOB, CAROL, DAVE, GroupWorld, say, toldOf, WITH_GROUPS } from './people.js';

/** Envelopes that a device has sent to another since a moment. */
function between(world: GroupWorld, from: string, to: string, since = 0): number {
  return world.ciphertexts.envelopes.slice(since).filter((each) => each.from === from && each.to === to)
    .length;
}

describe('a device that knows groups only since its last update', () => {
  async function updated(world: GroupWorld, before: Device): Promise<Device> {
    await world.retire(before);
    const after = world.device({ ...WITH_GROUPS, store: before.store });
    await world.run(after.client.connect());
    return after;
  }

  test('learns of a group that it was added to from the first message of an admin, and shows it', async () => {
    const world = new GroupWorld();
    const alice = await world.register(ALICE, WITH_GROUPS);
    const old = await world.register(BOB);
    const { id: group } = await act(world, alice, (of) => of.create({ members: [BOB] }));
    await world.settled();
    await act(world, alice, (of) => of.send({ group, body: new Uint8Array(1) }));
    await world.settled();
    const bob = await updated(world, old);
    await say(world, alice, group, 'after it');
    await world.settled();
    await world.clock.advance(KEY_WAIT_MS);
    await world.settled();
    expect(bob.texts).toEqual(['after it']);
    expect(toldOf(bob)).toEqual(['bob added by alice']);
    await say(world, alice, group, 'and on');
    await say(world, bob, group, 'hello');
    await world.finish();
    expect(await world.faults()).toEqual({ ...NO_FAULTS, repeated: expect.any(Number) as number });
  });

  test('asks one who has written there an hour: a member who is no admin does not say', async () => {
    const world = new GroupWorld();
    const alice = await world.register(ALICE, WITH_GROUPS);
    const carol = await world.register(CAROL, WITH_GROUPS);
    const old = await world.register(BOB);
    const { id: group } = await act(world, alice, (of) => of.create({ members: [BOB, CAROL] }));
    await world.settled();
    await world.send(carol, BOB, 'so that they know each other');
    const bob = await updated(world, old);
    const since = world.ciphertexts.envelopes.length;
    for (const text of ['one', 'two', 'three']) await say(world, carol, group, text);
    await world.settled();
    expect(between(world, BOB, CAROL, since)).toBe(1);
    await say(world, alice, group, 'four');
    await world.settled();
    expect(between(world, BOB, ALICE, since)).toBe(0);
    for (let i = 0; i < 3; i++) await world.clock.advance(HOUR_MS);
    await say(world, carol, group, 'four and a half'); // it is another’s turn
    await world.settled();
    expect(between(world, BOB, CAROL, since)).toBe(1);
    await say(world, alice, group, 'five');
    await world.settled();
    await world.clock.advance(60_000);
    expect([...bob.texts].sort()).toEqual(['five', 'four', 'four and a half', 'one', 'three', 'two']);
  });
});

test('forty questions of a member’s device are answered once; after a while again', async () => {
  const world = new GroupWorld();
  const alice = await world.register(ALICE, WITH_GROUPS);
  const mallory = await world.register(DAVE, AS_MALLORY);
  const { id: group } = await act(world, alice, (of) => of.create({ members: [DAVE] }));
  await world.settled();
  const since = world.ciphertexts.envelopes.length;
  const groupChange = encodeGroupUpdate({ kind: 'question', id: group });
  const ask = () =>
    play(world, mallory, (tricks) =>
      tricks.say({ chat: group, accounts: [ALICE], content: { groupChange } }),
    );
  for (let i = 0; i < 40; i++) await ask();
  expect(between(world, ALICE, DAVE, since)).toBe(1);
  await world.clock.advance(HOUR_MS);
  await ask();
  expect(between(world, ALICE, DAVE, since)).toBe(2);
});

test('what a phone has said before does not take its companion back, in whatever order it comes', async () => {
  const LAPTOP = 'alice:1@example.org';
  const world = new GroupWorld();
  const { alice, bob, group } = await world.friends(1);
  const dave = await world.register(DAVE, WITH_GROUPS);
  const kept = world.keep(LAPTOP, ({ from }) => from === ALICE);
  const laptop = await world.link(alice, WITH_GROUPS);
  await world.settled(); // it has asked for all groups, and the answer is kept from it
  await act(world, alice, (of) => of.add(group, [DAVE]));
  await world.run(bob.client.devicesOf(ALICE));
  await say(world, bob, group, 'of a group that it was not told of'); // it asks for the group
  await world.settled();
  expect(kept.length).toBeGreaterThanOrEqual(3);
  await world.deliver(...[...kept].reverse());
  const versionAt = async (device: Device) => (await act(world, device, (of) => of.get(group))).version;
  expect(await Promise.all([alice, laptop, bob, dave].map(versionAt))).toEqual([2, 2, 2, 2]);
});

describe('groups that a stranger adds us to', () => {
  /** Alice's phone, in some groups of Mallory's. */
  async function added(world: GroupWorld, count: number, size: number) {
    const alice = await world.register(ALICE, WITH_GROUPS);
    const mallory = await world.register(DAVE, AS_MALLORY);
    const others = Array.from({ length: size - 2 }, (_, i) => `${'x'.repeat(100)}${i}@example.org`);
    const members = [...others, ALICE, DAVE].sort();
    const parent = new Uint8Array(32);
    const tell = async (id: string, more: Partial<Group> = {}): Promise<void> => {
      const state = { id, version: 1, members, admins: [DAVE], parent, ...more };
      const groupChange = encodeGroupUpdate({ kind: 'state', group: state });
      await play(world, mallory, (of) => of.say({ chat: id, accounts: [ALICE], content: { groupChange } }));
    };
    for (let i = 0; i < count; i++) await tell(`g${i}@group`);
    return { alice, mallory, tell };
  }

  test('are told to a new companion one by one, whatever they are together', async () => {
    const world = new GroupWorld();
    const { alice } = await added(world, 12, 1_024);
    let largest = 0;
    const commit = alice.store.commit.bind(alice.store);
    Object.assign(alice.store, {
      commit: (changes: Parameters<typeof commit>[0]) => {
        largest = Math.max(
          largest,
          changes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
        );
        return commit(changes);
      },
    });
    await world.run(alice.restart());
    const laptop = await world.link(alice, WITH_GROUPS);
    await world.settled();
    expect(await act(world, laptop, (of) => of.list())).toHaveLength(12);
    expect(largest).toBeLessThan(1024 * 1024);
  });

  test('are told to it although the phone dies meanwhile, each once', async () => {
    for (let call = 1; call <= 14; call += 1) {
      const world = new GroupWorld();
      const { alice } = await added(world, 3, 3);
      const laptop = await world.link(alice, WITH_GROUPS);
      await world.run(laptop.client.disconnect());
      const since = world.ciphertexts.envelopes.length;
      alice.process.arm({ boundary: 'store', call, moment: call % 2 === 0 ? 'before' : 'after' });
      await world.run(laptop.client.connect());
      await world.settled();
      await world.finish();
      expect(await act(world, laptop, (of) => of.list()), `dead at call ${call}`).toHaveLength(3);
      expect(between(world, ALICE, 'alice:1@example.org', since)).toBeLessThanOrEqual(3);
    }
  });

  test(`are ${MAX_GROUPS} at most; what is forgotten or left makes room`, async () => {
    const world = new GroupWorld();
    const { alice, tell } = await added(world, 2, 3);
    const names = await alice.store.list('group/', '', 10);
    const [[, stored] = []] = [...(await alice.store.read(names.slice(0, 1)))];
    const copies = Array.from({ length: MAX_GROUPS - 2 }, (_, i) => `group/copy${i}@group`);
    await alice.store.commit(copies.map((name) => ({ name, value: stored!.value, expected: null })));
    await tell('more@group');
    expect(alice.of('refused')).toMatchObject([{ from: DAVE, error: { code: 'too-large' } }]);
    await act(world, alice, (of) => of.forget('g0@group'));
    await tell('more@group');
    await tell('another@group');
    expect(alice.of('refused')).toHaveLength(2);
    await act(world, alice, (of) => of.leave('g1@group'));
    await tell('another@group');
    const known = async () => (await alice.store.list('group/', '', 2_000)).length;
    expect([alice.of('refused').length, await known()]).toEqual([2, MAX_GROUPS + 1]);
    const own = await act(world, alice, (of) => of.create({ members: [] }));
    expect(own.members).toEqual([ALICE]);
  });
});
