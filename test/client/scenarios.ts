/** What people and devices do while one of them may crash at any moment. */
import { PolyratchetError, type Address, type ErrorCode } from 'polyratchet';
import type { Device } from './device.js';
import { DAY_MS, registerDevice, type World } from './world.js';

const ALICE: Address = 'alice@example.org';
const BOB: Address = 'bob@example.org';

/** A scenario that is set up, ready to be played. */
export interface Stage {
  /** The device that may die. */
  readonly victim: Device;
  readonly act: () => Promise<void>;
  /** What must be possible, or true, in the end. */
  readonly afterwards?: () => Promise<void>;
}

export interface Scenario {
  readonly name: string;
  readonly prepare: (world: World) => Promise<Stage>;
}

/** Everybody writes to everybody. */
async function talk(world: World): Promise<void> {
  for (const [address, device] of await world.members()) {
    await world.send(device, address.includes('alice') ? BOB : ALICE, `from ${address}`);
    await world.settled();
  }
}

function require(what: string, holds: boolean): void {
  if (!holds) throw new Error(`${what} is not so`);
}

/** A scenario after which all devices talk. */
function scenario(name: string, prepare: Scenario['prepare']): Scenario {
  return {
    name,
    prepare: async (world) => {
      const stage = await prepare(world);
      const afterwards = async (): Promise<void> => {
        await stage.afterwards?.();
        await talk(world);
      };
      return { ...stage, afterwards };
    },
  };
}

/** Alice and Bob with some devices each, that have talked or not. */
async function people(
  world: World,
  { alice = 1, bob = 1, warm = true }: { alice?: number; bob?: number; warm?: boolean } = {},
): Promise<{ alices: readonly Device[]; bobs: readonly Device[]; alice: Device; bob: Device }> {
  const alices = await world.person(ALICE, alice);
  const bobs = await world.person(BOB, bob);
  const [first, second] = [alices[0], bobs[0]];
  if (first === undefined || second === undefined) throw new Error('nobody is there');
  if (warm) {
    await world.send(first, BOB, 'a first word');
    await world.settled();
    await world.send(second, ALICE, 'an answer');
    await world.settled();
    await world.send(first, BOB, 'a second word');
    await world.settled();
  }
  return { alices, bobs, alice: first, bob: second };
}

function last<Item>(items: readonly Item[]): Item {
  const item = items.at(-1);
  if (item === undefined) throw new Error('nobody is there');
  return item;
}

/** Spoils the first message with a text to a device. */
function spoil(world: World, to: Address, id: string): void {
  let isDone = false;
  world.retried.add(id);
  world.tamper = (envelope) => {
    if (isDone || envelope.to !== to || envelope.id !== id) return envelope;
    isDone = true;
    const bytes = envelope.bytes.slice();
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    return { ...envelope, bytes };
  };
}

export const scenarios: readonly Scenario[] = [
  scenario('register', async (world) => {
    await world.register(BOB);
    const victim = world.device();
    return { victim, act: () => world.run(registerDevice(victim, ALICE)) };
  }),
  ...(['companion', 'phone'] as const).flatMap((who) => [
    scenario(`link by QR code: the ${who} dies`, async (world) => {
      const { alice } = await people(world);
      const companion = world.device();
      return {
        victim: who === 'phone' ? alice : companion,
        act: () => world.linkByQr(alice, companion),
      };
    }),
    scenario(`link by code: the ${who} dies`, async (world) => {
      const { alice } = await people(world);
      const companion = world.device();
      return {
        victim: who === 'phone' ? alice : companion,
        act: () => world.linkByCode(alice, companion),
      };
    }),
  ]),
  scenario('send the first message', async (world) => {
    const { alice } = await people(world, { bob: 2, warm: false });
    return { victim: alice, act: () => sendSome(world, alice, BOB, 2) };
  }),
  scenario('send', async (world) => {
    const { alice } = await people(world, { alice: 2 });
    return { victim: alice, act: () => sendSome(world, alice, BOB, 2) };
  }),
  scenario('send the first message to 2 × 5 devices', async (world) => {
    const { alice } = await people(world, { alice: 5, bob: 5, warm: false });
    return { victim: alice, act: () => sendSome(world, alice, BOB, 1) };
  }),
  scenario('send to 2 × 5 devices', async (world) => {
    const { alice } = await people(world, { alice: 5, bob: 5 });
    return { victim: alice, act: () => sendSome(world, alice, BOB, 2) };
  }),
  scenario('send what was queued', async (world) => {
    const { alice } = await people(world);
    await world.run(alice.client.disconnect());
    return {
      victim: alice,
      act: async () => {
        await sendSome(world, alice, BOB, 3);
        await world.run(alice.perform((client) => client.connect()));
      },
    };
  }),
  scenario('receive the first message', async (world) => {
    const { alice, bob } = await people(world, { warm: false });
    return { victim: bob, act: () => sendSome(world, alice, BOB, 3) };
  }),
  scenario('receive', async (world) => {
    const { alice, bob } = await people(world);
    return { victim: bob, act: () => sendSome(world, alice, BOB, 3) };
  }),
  scenario('receive from a companion that was never heard of', async (world) => {
    const { alices, bob } = await people(world, { alice: 2, warm: false });
    return { victim: bob, act: () => sendSome(world, last(alices), BOB, 2) };
  }),
  scenario('receive a copy', async (world) => {
    const { alice, alices } = await people(world, { alice: 2 });
    return { victim: last(alices), act: () => sendSome(world, alice, BOB, 3) };
  }),
  ...(['receiver', 'sender'] as const).map((who) =>
    scenario(`retry: the ${who} dies`, async (world) => {
      const { alice, bob } = await people(world);
      spoil(world, BOB, 'spoiled');
      return {
        victim: who === 'receiver' ? bob : alice,
        act: async () => {
          await world.send(alice, BOB, 'read at last', 'spoiled');
          await world.settled();
        },
      };
    }),
  ),
  ...(['phone', 'companion'] as const).flatMap((who) => [
    scenario(`unlink: the ${who} dies`, async (world) => {
      const { alice, alices, bob } = await people(world, { alice: 2 });
      const companion = last(alices);
      const address = await companion.address();
      return {
        victim: who === 'phone' ? alice : companion,
        act: async () => {
          await world.run(unlink(alice, address));
          await world.settled();
          await world.run(bob.perform((client) => client.devicesOf(ALICE)));
        },
        afterwards: () => requireLoggedOut(world, alice, companion),
      };
    }),
    scenario(`logout: the ${who} dies`, async (world) => {
      const { alice, alices } = await people(world, { alice: 2 });
      const companion = last(alices);
      return {
        victim: who === 'phone' ? alice : companion,
        act: async () => {
          await world.run(logout(companion));
          await world.settled();
        },
        afterwards: () => requireLoggedOut(world, alice, companion),
      };
    }),
  ]),
  scenario('rotate its prekeys', async (world) => {
    const { alice } = await people(world);
    const stranger = world.server.connect('carol@example.org');
    for (let i = 0; i < 85; i++) await stranger.fetchBundles([ALICE]);
    return {
      victim: alice,
      act: async () => {
        await world.clock.jump(8 * DAY_MS);
        await world.clock.jump(31 * DAY_MS);
      },
      afterwards: async () => {
        require('a full store of prekeys', world.server.oneTimePreKeys(ALICE) === 100);
        const names = await alice.store.list('signed-prekey/', '', 10);
        require('one signed prekey, the newest', names.length <= 2 && !names.includes('signed-prekey/1'));
      },
    };
  }),
  scenario('take in a changed identity', async (world) => {
    const { alice, bob } = await people(world);
    await world.retire(bob);
    const phone = await world.register(BOB);
    return {
      victim: alice,
      act: async () => {
        await world.send(phone, ALICE, 'it is me');
        await world.settled();
        await world.run(acceptChange(alice));
      },
    };
  }),
];

async function sendSome(world: World, from: Device, to: Address, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await world.send(from, to, `text ${i}`);
    await world.settled();
  }
}

function unlink(phone: Device, companion: Address): Promise<void> {
  return phone.perform(async (client) => {
    const linked = await client.linkedDevices();
    if (linked.some(({ address }) => address === companion)) await client.unlink(companion);
  });
}

const OUT_CODES: readonly ErrorCode[] = ['closed', 'device-revoked', 'server-failed'];

/** A device that was heard before it could erase itself is unlinked from the other side, and closed. */
function logout(companion: Device): Promise<void> {
  return companion.perform(async (client) => {
    try {
      if ((await client.address()) !== undefined) await client.logout();
    } catch (error) {
      const isOut = PolyratchetError.is(error) && OUT_CODES.includes(error.code);
      if (!isOut) throw error;
    }
  });
}

async function requireLoggedOut(world: World, phone: Device, companion: Device): Promise<void> {
  require('that it is in no list', (await world.run(phone.perform((client) => client.linkedDevices())))
    .length === 0);
  require('that its store is empty', companion.store.size() === 0);
}

async function acceptChange(device: Device): Promise<void> {
  await device.ready;
  const change = device.of('identity-changed').at(-1);
  if (change === undefined) throw new Error('the change was not noticed');
  const { account, got: identity } = change;
  await device.perform((client) => client.acceptIdentity({ account, identity }));
}
