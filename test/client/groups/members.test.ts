/** Making and changing groups, on all devices of all members. */
import { describe, expect, test } from 'vitest';
import { expectRejection } from '../../support/errors.js';
import type { Device } from '../device.js';
import { NO_FAULTS } from '../world.js';
import { act, ALICE, BOB, CAROL, DAVE, GroupWorld, say, toldOf, WITH_GROUPS } from './people.js';

const world = new GroupWorld();

/** What devices were told since the last time. */
function news(...devices: readonly Device[]): readonly (readonly string[])[] {
  const told = devices.map(toldOf);
  for (const { events } of devices) events.length = 0;
  return told;
}

test('three people with companions: made, changed, written to, left', { timeout: 20_000 }, async () => {
  const { alices, bobs, carols, alice, bob, carol, group } = await world.friends(2);
  const [, laptop] = alices as [Device, Device];
  const [, tablet] = bobs as [Device, Device];
  const [, desktop] = carols as [Device, Device];
  const stateOf = (device: Device) => act(world, device, (groups) => groups.get(group));
  const expectState = async (devices: readonly Device[], members: string[], admins: string[]) => {
    for (const device of devices) {
      const state = await stateOf(device);
      expect([state.members, state.admins]).toEqual([members, admins]);
    }
  };
  const sayAll = async (...devices: readonly Device[]): Promise<void> => {
    for (const device of devices) {
      const { kind } = await say(world, device, group, `from ${await device.address()}`);
      expect(kind).toBe('sent');
      await world.settled();
    }
    expect(await world.faults()).toEqual(NO_FAULTS);
  };

  // Made by a phone: everybody is told once, by whom it was.
  const all = [...alices, ...bobs, ...carols];
  await expectState(all, [ALICE, BOB, CAROL], [ALICE]);
  const whole = ['alice added by alice', 'bob added by alice', 'carol added by alice'];
  expect(news(...all)).toEqual([
    whole,
    [], // told by her own phone
    ...Array<string[]>(2).fill(['bob added by alice']),
    ...Array<string[]>(2).fill(['carol added by alice']),
  ]);
  await sayAll(...all);
  for (const device of all) {
    const chats = [...device.shown.values()].map(({ message }) => message.chat);
    expect(chats).toEqual(Array(5).fill({ kind: 'group', chat: group }));
  }

  // Changed by a companion; by one of a person who was no admin before.
  await act(world, laptop, (groups) => groups.promote(group, [BOB]));
  await world.settled();
  await expectState(all, [ALICE, BOB, CAROL], [ALICE, BOB]);
  expect(news(...all)).toEqual(Array(6).fill(['bob promoted by alice']));
  const dave = await world.register(DAVE, WITH_GROUPS);
  await act(world, tablet, (groups) => groups.add(group, [DAVE]));
  await world.settled();
  await expectState([...all, dave], [ALICE, BOB, CAROL, DAVE], [ALICE, BOB]);
  expect(news(...all, dave)).toEqual(Array(7).fill(['dave added by bob']));

  // Who was added later reads from now on only, and is read at once.
  await sayAll(dave, alice, laptop, bob, tablet, carol, desktop);
  expect(dave.texts).toEqual(
    [ALICE, 'alice:1@example.org', BOB, 'bob:1@example.org', CAROL, 'carol:1@example.org'].map(
      (address) => `from ${address}`,
    ),
  );

  // A new companion learns the groups of its account, and is read and written to as the others are.
  const phone2 = await world.link(dave, WITH_GROUPS);
  await world.settled();
  expect((await act(world, phone2, (groups) => groups.list())).map(({ id }) => id)).toEqual([group]);
  expect(news(phone2)).toEqual([[]]);
  await sayAll(phone2, dave, desktop);

  // A member is removed, another resigns, another leaves: by companions and by phones.
  await act(world, bob, (groups) => groups.remove(group, [CAROL]));
  await world.settled();
  expect(news(alice, tablet, desktop, dave)).toEqual(Array(4).fill(['carol removed by bob']));
  await expectState(carols, [ALICE, BOB, DAVE], [ALICE, BOB]);
  expect(await act(world, carol, (groups) => groups.list())).toEqual([]);
  await expectRejection('membership-conflict', say(world, carol, group, 'may I?'));
  world.sent.pop();
  await act(world, laptop, (groups) => groups.demote(group, [BOB]));
  await world.settled();
  await act(world, phone2, (groups) => groups.leave(group));
  await world.settled();
  await expectState([...alices, ...bobs, dave], [ALICE, BOB], [ALICE]);
  expect(news(laptop, phone2)).toEqual([
    ['carol removed by bob', 'bob demoted by alice', 'dave left by dave'],
    ['carol removed by bob', 'bob demoted by alice', 'dave left by dave'],
  ]);
  await sayAll(alice, laptop, bob, tablet);

  // What may not be.
  const refused = [
    () => act(world, bob, (groups) => groups.add(group, [CAROL])),
    () => act(world, tablet, (groups) => groups.remove(group, [ALICE])),
    () => act(world, carol, (groups) => groups.leave(group)),
    () => act(world, alice, (groups) => groups.leave(group)),
    () => act(world, alice, (groups) => groups.add(group, [BOB])),
    () => act(world, alice, (groups) => groups.demote(group, [ALICE])),
    () => act(world, alice, (groups) => groups.get('another@group')),
  ];
  for (const refuse of refused) await expectRejection('membership-conflict', refuse());
  await expectState([...alices, ...bobs, dave], [ALICE, BOB], [ALICE]);
  for (const device of world.devices) expect([...device.of('refused'), ...device.of('lost')]).toEqual([]);
});

describe('arguments', () => {
  test('are looked at before anything happens', async () => {
    const [device] = world.devices;
    const groups = <Result>(intent: Parameters<typeof act<Result>>[2]) => act(world, device!, intent);
    const bad: readonly (() => Promise<unknown>)[] = [
      () => groups((client) => client.create({ members: [BOB, BOB] })),
      () => groups((client) => client.create({ members: ['bob:1@example.org'] })),
      () => groups((client) => client.create({ members: 'bob' as never })),
      () => groups((client) => client.create(undefined as never)),
      () => groups((client) => client.create({ members: [], id: 'no address' })),
      () => groups((client) => client.get('no address')),
      () => groups((client) => client.add('a@group', undefined as never)),
      () => groups((client) => client.send(undefined as never)),
      () => groups((client) => client.send({ group: 'a@group', body: 'text' as never })),
      () => groups((client) => client.send({ group: 'a@group', body: new Uint8Array(), id: '' })),
      () => groups((client) => client.leave(7 as never)),
    ];
    for (const call of bad) await expectRejection('invalid-argument', call());
    await expectRejection(
      'device-unverified',
      groups((client) => client.create({ members: ['nobody@example.org'] })),
    );
  });
});
