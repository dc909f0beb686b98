/** Sending to a group that changes meanwhile, whose lists cannot be fetched, or that a message is too long for. */
import { createClient, type Store } from 'polyratchet';
import { expect, test } from 'vitest';
import { MAX_SEND_LENGTH } from '../../../src/client/groups/send.js';
import { expectRejection } from '../../support/errors.js';
import { DAY_MS } from '../world.js';
import { act, BOB, CAROL, GroupWorld, groupsOf, say, WITH_GROUPS } from './people.js';

const body = new TextEncoder().encode('hello, all');

test('two clients on one store: a message that is encrypted while the other removes somebody does not go there', async () => {
  const world = new GroupWorld();
  const { alice, bob, carol, group } = await world.friends(1);
  await say(world, alice, group, 'first');
  await world.settled();
  await world.retire(alice);
  const gate: { promise?: Promise<void>; open?: () => void } = {};
  const slow: Store = {
    ...alice.store,
    commit: async (changes) => {
      if (changes.some(({ name }) => name.startsWith('group-key/'))) await gate.promise;
      return alice.store.commit(changes);
    },
  };
  const clientOf = (store: Store) =>
    createClient({ store, server: world.access(), clock: world.clock, ...WITH_GROUPS.client });
  const [sender, remover] = [clientOf(slow), clientOf(alice.store)];
  await sender.connect();
  await remover.connect();
  gate.promise = new Promise((resolve) => (gate.open = resolve));
  const sending = groupsOf(sender).send({ group, body, id: 'late' });
  await world.settled();
  await world.run(groupsOf(remover).remove(group, [BOB]));
  await world.settled();
  gate.open?.();
  expect((await world.run(sending)).kind).toBe('sent');
  await world.settled();
  expect([bob.texts, carol.texts]).toEqual([['first'], ['first', 'hello, all']]);
  const late = world.ciphertexts.envelopes.filter(({ id }) => id === 'late').map(({ to }) => to);
  expect(late).toEqual([CAROL]);
  await Promise.all([sender.close(), remover.close()]);
});

test('offline, a member whose list is too old keeps nobody from writing to the others', async () => {
  const world = new GroupWorld();
  const { alice, bob, bobs, carols, group } = await world.friends(2);
  await say(world, alice, group, 'first');
  await world.settled();
  await world.run(carols[0]!.client.disconnect());
  for (let days = 0; days < 37; days += 6) {
    await world.clock.jump(6 * DAY_MS);
    await world.settled();
  }
  for (const device of world.devices) if (device !== carols[0]) await world.run(device.client.connect());
  await say(world, alice, group, 'online');
  await world.settled();
  await world.run(alice.client.disconnect());
  const sent = await act(world, alice, (groups) => groups.send({ group, body }));
  expect(sent.kind).toBe('queued');
  expect(sent.devices.filter(({ kind }) => kind === 'sealed').map(({ device }) => device)).toContain(BOB);
  await world.run(alice.client.connect());
  await world.settled();
  for (const device of bobs) expect(device.texts.at(-1)).toBe('hello, all');
  expect(bob.texts).toHaveLength(3);
});

/** Alice's group with some phones that are never switched on again. */
async function crowd(count: number) {
  const world = new GroupWorld();
  const friends = await world.friends(1);
  const members = Array.from({ length: count - 2 }, (_, i) => `member${i}@example.org`);
  for (const account of members) await world.retire(await world.register(account));
  await act(world, friends.alice, (groups) => groups.add(friends.group, members));
  await world.settled();
  return { world, ...friends };
}

test('a message that is too long for so many is refused before anything is written, and shorter ones go', async () => {
  const { world, alice, bob, group } = await crowd(100);
  const send = (length: number) =>
    act(world, alice, (groups) => groups.send({ group, body: new Uint8Array(length) }));
  const most = Math.floor(MAX_SEND_LENGTH / 100) - 1_024;
  const before = alice.store.snapshot().size();
  const { data } = await expectRejection('too-large', send(most + 1));
  expect(data).toMatchObject({ limit: MAX_SEND_LENGTH });
  expect(alice.store.size()).toBe(before);
  expect((await send(most)).kind).toBe('sent');
  expect(world.keyIds.size, 'keys go ahead: together they would be too much for one write').toBe(0);
  await world.settled();
  expect(bob.texts).toHaveLength(1);
  expect((await act(world, alice, (groups) => groups.send({ group, body }))).kind).toBe('sent');
  await world.settled();
  expect(bob.texts.at(-1)).toBe('hello, all');
});
