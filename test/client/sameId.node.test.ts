/** Ids are those of a device: two devices of one account may choose the same. */
import type { Address } from 'polyratchet';
import { describe, expect, test } from 'vitest';
import type { Device } from './device.js';
import { act, GroupWorld } from './groups/people.js';
import { World } from './world.js';

const ALICE: Address = 'alice@example.org';
const BOB: Address = 'bob@example.org';
const LAPTOP: Address = 'alice:1@example.org';
const body = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('messages of two devices with the same id', () => {
  test('are both shown, once on each device of both people, also where one of them is asked for again', async () => {
    const world = new World();
    const [alice, laptop] = (await world.person(ALICE, 2)) as [Device, Device];
    const [bob, tablet] = (await world.person(BOB, 2)) as [Device, Device];
    const texts = new Map([alice, laptop, bob, tablet].map((device) => [device, [] as string[]]));
    for (const [device, told] of texts) {
      device.client.on('message', ({ message: { id, from, body: said } }) => {
        expect(id).toBe('message-1');
        told.push(`${from} ${new TextDecoder().decode(said)}`);
      });
    }
    let damaged = 0;
    world.tamper = (envelope) => {
      if (envelope.from !== LAPTOP || envelope.to !== BOB || damaged++ > 0) return envelope;
      return {
        ...envelope,
        bytes: envelope.bytes.map((byte, i, { length }) => (i + 1 < length ? byte : byte ^ 1)),
      };
    };
    const send = (device: Device, text: string): Promise<unknown> =>
      world.run(device.client.send({ to: BOB, body: body(text), id: 'message-1' }));
    await send(alice, 'from the phone');
    await send(laptop, 'from the laptop');
    await world.settled();
    const both = [`${ALICE} from the phone`, `${LAPTOP} from the laptop`];
    expect(texts.get(alice)).toEqual([both[1]]);
    expect(texts.get(laptop)).toEqual([both[0]]);
    for (const device of [bob, tablet]) expect(texts.get(device)).toEqual(both);
    expect(damaged, 'the first, and the copy that was asked for').toBe(2);
  });

  test('are both shown in a group', async () => {
    const world = new GroupWorld();
    const { alices, bob, group } = await world.friends(2);
    for (const device of alices) {
      const sent = await act(world, device, (groups) =>
        groups.send({ group, body: body('hello'), id: 'message-1' }),
      );
      expect(sent.kind).toBe('sent');
    }
    await world.settled();
    const told = bob.of('message').map(({ message }) => [message.id, message.from]);
    expect(told).toEqual(
      await Promise.all(alices.map(async (device) => ['message-1', await device.address()])),
    );
  });
});
