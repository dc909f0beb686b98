/** What people do in groups while one of their devices may crash at any moment. */
import type { Device } from '../device.js';
import type { Scenario, Stage } from '../scenarios.js';
import type { World } from '../world.js';
import { act, ALICE, BOB, CAROL, say, WITH_GROUPS } from './people.js';

const GROUP = 'friends@groups.example.org';

interface Cast {
  readonly alice: Device;
  readonly laptop: Device;
  readonly bob: Device;
  readonly carol: Device;
}

/** Alice with a companion, Bob and Carol; they have a group unless it is to be made. */
async function friends(world: World, isMade = true): Promise<Cast> {
  const [alice, laptop] = await world.person(ALICE, 2, WITH_GROUPS);
  const bob = await world.register(BOB, WITH_GROUPS);
  const carol = await world.register(CAROL, WITH_GROUPS);
  if (alice === undefined || laptop === undefined) throw new Error('nobody is there');
  if (isMade) await make(world, alice);
  await world.settled();
  return { alice, laptop, bob, carol };
}

/** As a person would: looks whether there is such a group by now. */
async function make(world: World, device: Device): Promise<void> {
  await act(world, device, async (groups) => {
    const known = await groups.list();
    if (known.length === 0) await groups.create({ id: GROUP, members: [BOB, CAROL] });
  });
}

async function remove(world: World, device: Device, account: string): Promise<void> {
  await act(world, device, async (groups) => {
    const { members } = await groups.get(GROUP);
    if (members.includes(account)) await groups.remove(GROUP, [account]);
  });
}

async function speak(world: World, from: Device, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await say(world, from, GROUP, text);
    await world.settled();
  }
}

/** A scenario after which all who are in the group talk. */
function scenario(name: string, prepare: (world: World) => Promise<Stage>): Scenario {
  return {
    name: `group: ${name}`,
    prepare: async (world) => {
      const stage = await prepare(world);
      return {
        ...stage,
        afterwards: async () => {
          await stage.afterwards?.();
          for (const [address, device] of await world.members()) {
            const isIn = (await act(world, device, (groups) => groups.list())).length > 0;
            if (isIn) await speak(world, device, `from ${address}`);
          }
        },
      };
    },
  };
}

export const groupScenarios: readonly Scenario[] = [
  ...(['creator', 'companion', 'member'] as const).map((who) =>
    scenario(`made: the ${who} dies`, async (world) => {
      const { alice, laptop, bob } = await friends(world, false);
      return {
        victim: { creator: alice, companion: laptop, member: bob }[who],
        act: async () => {
          await make(world, alice);
          await world.settled();
        },
      };
    }),
  ),
  ...(['sender', 'receiver'] as const).flatMap((who) => [
    scenario(`the first messages: the ${who} dies`, async (world) => {
      const { alice, bob } = await friends(world);
      return {
        victim: who === 'sender' ? alice : bob,
        act: () => speak(world, alice, 'one', 'two'),
      };
    }),
    scenario(`messages: the ${who} dies`, async (world) => {
      const { alice, bob } = await friends(world);
      await speak(world, alice, 'zero');
      return {
        victim: who === 'sender' ? alice : bob,
        act: () => speak(world, alice, 'one', 'two'),
      };
    }),
    scenario(`a new key after a removal: the ${who} dies`, async (world) => {
      const { alice, laptop, bob } = await friends(world);
      await speak(world, bob, 'zero');
      return {
        victim: who === 'sender' ? bob : laptop,
        act: async () => {
          await remove(world, alice, CAROL);
          await world.settled();
          await speak(world, bob, 'one');
        },
      };
    }),
    scenario(`a key that was lost: the ${who} dies`, async (world) => {
      const { alice, bob } = await friends(world);
      let isSpoilt = false;
      world.tamper = (envelope) => {
        if (isSpoilt || envelope.to !== BOB || envelope.type === 'senderkey') return envelope;
        isSpoilt = true;
        return {
          ...envelope,
          bytes: envelope.bytes.map((byte, i, all) => (i === all.length - 1 ? byte ^ 1 : byte)),
        };
      };
      return { victim: who === 'sender' ? alice : bob, act: () => speak(world, alice, 'one', 'two') };
    }),
  ]),
  ...(['admin', 'removed'] as const).map((who) =>
    scenario(`a removal: the ${who} dies`, async (world) => {
      const { alice, carol } = await friends(world);
      await speak(world, alice, 'zero');
      return {
        victim: who === 'admin' ? alice : carol,
        act: async () => {
          await remove(world, alice, CAROL);
          await world.settled();
        },
      };
    }),
  ),
  scenario('a new companion asks for its groups, and dies', async (world) => {
    const { bob } = await friends(world);
    const victim = world.device(WITH_GROUPS);
    return { victim, act: () => world.linkByQr(bob, victim) };
  }),
];
