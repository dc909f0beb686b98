/** Sending to groups: once for each id, in both formats, many at a time, through a server that fails. */
import { groups } from 'polyratchet/groups';
import { describe, expect, test } from 'vitest';
import { expectRejection } from '../../support/errors.js';
import { NO_FAULTS, type DeviceExtras } from '../world.js';
import { act, BOB, GroupWorld, say, WITH_GROUPS } from './people.js';

const body = new TextEncoder().encode('hello, all');

describe.each(['whatsapp', 'signal'] as const)('in the format of %s', (profile) => {
  const extras: DeviceExtras = { client: { features: [groups({ profile })] } };

  test('an id is sent once: whatever else is said, and after a restart', async () => {
    const world = new GroupWorld();
    const { alice, bob, carol, group } = await world.friends(1, extras);
    const send = (text: Uint8Array) =>
      act(world, alice, (client) => client.send({ group, body: text, id: 'one' }));
    const first = await send(body);
    expect(first.devices.map(({ kind, device }) => `${kind} ${device}`)).toEqual([
      'sealed bob@example.org',
      'sealed carol@example.org',
    ]);
    await world.settled();
    expect(world.ciphertexts.encryptions('one')).toBe(1);
    expect(await send(new Uint8Array(3))).toEqual({ kind: 'sent', id: 'one', devices: [] });
    await world.run(alice.client.close());
    await world.run(alice.restart());
    expect(await send(body)).toEqual({ kind: 'sent', id: 'one', devices: [] });
    await Promise.all([send(body), send(body)]);
    expect(world.ciphertexts.encryptions('one')).toBe(1);
    await world.settled();
    for (const device of [bob, carol]) expect(device.texts).toEqual(['hello, all']);
  });

  test('fifty at the same time, from three people: all arrive once, in order of their senders', async () => {
    const world = new GroupWorld();
    const { alice, bob, carol, group } = await world.friends(1, extras);
    const sending: Promise<unknown>[] = [];
    for (let i = 0; i < 50; i++) {
      sending.push(say(world, [alice, bob, carol][i % 3]!, group, `text ${i}`));
    }
    await Promise.all(sending);
    await world.finish();
    expect(world.sent).toHaveLength(50);
    expect(await world.faults()).toEqual(NO_FAULTS);
    for (const device of [alice, bob, carol]) {
      const texts = [0, 1, 2].map((sender) =>
        device.texts.map((text) => Number(text.slice(5))).filter((i) => i % 3 === sender),
      );
      for (const numbers of texts) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });
});

describe('a server', () => {
  test('that is not there: the message is queued, and goes out with the next connection', async () => {
    const world = new GroupWorld();
    const { alice, bob, group } = await world.friends(1);
    await say(world, alice, group, 'one');
    await world.run(alice.client.disconnect());
    expect((await say(world, alice, group, 'two')).kind).toBe('queued');
    expect((await say(world, alice, group, 'three')).kind).toBe('queued');
    await world.finish();
    expect(bob.texts).toEqual(['one', 'two', 'three']);
    expect(await world.faults()).toEqual(NO_FAULTS);
  });

  test('that fails once: the same', async () => {
    const world = new GroupWorld();
    const { alice, bob, carol, group } = await world.friends(1);
    world.failing.add('send');
    expect((await say(world, alice, group, 'one')).kind).toBe('queued');
    await world.finish();
    for (const device of [bob, carol]) expect(device.texts).toEqual(['one']);
    expect(await world.faults()).toEqual(NO_FAULTS);
  });

  test('that is not there when somebody new lacks the key: nothing is stored, and the same id goes later', async () => {
    const world = new GroupWorld();
    const { alice, bob, group } = await world.friends(1);
    await say(world, alice, group, 'one');
    const tablet = await world.link(bob, WITH_GROUPS);
    await world.run(alice.client.devicesOf(BOB));
    await say(world, bob, group, 'Alice learns of the tablet');
    await world.settled();
    await world.run(alice.client.disconnect());
    const send = () => act(world, alice, (client) => client.send({ group, body, id: 'two' }));
    const before = alice.store.size();
    await expectRejection('server-failed', send());
    expect(alice.store.size()).toBe(before);
    await world.run(alice.client.connect());
    expect((await send()).kind).toBe('sent');
    await world.settled();
    for (const device of [bob, tablet]) expect(device.texts.at(-1)).toBe('hello, all');
  });
});

test('a companion that is linked while others write gets what is sent from then on', async () => {
  const world = new GroupWorld();
  const { alice, bob, carol, group } = await world.friends(1);
  await say(world, alice, group, 'before');
  const tablet = await world.link(bob, WITH_GROUPS);
  const laptop = await world.link(alice, WITH_GROUPS);
  // Nobody has looked at lists since: the server's answer names the devices, and they get this message.
  for (const [i, device] of [alice, carol, bob, laptop, tablet].entries())
    await say(world, device, group, `text ${i}`);
  await world.finish();
  expect(await world.faults()).toEqual(NO_FAULTS);
  expect(tablet.texts).toHaveLength(4);
  expect(laptop.texts).toHaveLength(4);
});

test('a sender that dies between the server’s answer and the lists that it asks for reaches all the same', async () => {
  const world = new GroupWorld();
  const { alice, bob, group } = await world.friends(1);
  await say(world, alice, group, 'before');
  const tablet = await world.link(bob, WITH_GROUPS);
  alice.process.arm({ boundary: 'server', call: 2, moment: 'before' }); // the first is the send
  await say(world, alice, group, 'for the tablet, too');
  await world.finish();
  expect(tablet.texts).toEqual(['for the tablet, too']);
  expect(await world.faults()).toEqual(NO_FAULTS);
});

test('a device that is nobody yet, and options that are none', async () => {
  const world = new GroupWorld();
  const device = world.device(WITH_GROUPS);
  await expectRejection(
    'invalid-argument',
    act(world, device, (client) => client.create({ members: [] })),
  );
  expect(await act(world, device, (client) => client.list())).toEqual([]);
  expect(() => groups({ profile: 'mls' as never })).toThrow('profile');
  expect(() => groups(null as never)).toThrow('options');
});
