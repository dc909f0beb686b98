/** After a removal: a new key before the next message, and nothing that was sent later opens for who is gone. */
import { accountOf, type Address } from 'polyratchet';
import { beforeEach, describe, expect, test } from 'vitest';
import { parseMessage } from '../../../src/senderkey/message.js';
import { profileOf } from '../../../src/senderkey/profile.js';
import type { Device } from '../device.js';
import { DAY_MS, NO_FAULTS } from '../world.js';
import { opened } from './attacker.js';
import { act, CAROL, GroupWorld, say, WITH_GROUPS, type Friends } from './people.js';

let world: GroupWorld;
let friends: Friends;
let laptop: Device;
let tablet: Device;

beforeEach(async () => {
  world = new GroupWorld();
  friends = await world.friends(1);
  laptop = await world.link(friends.alice, WITH_GROUPS);
  tablet = await world.link(friends.bob, WITH_GROUPS);
  await world.settled();
});

/** Everybody who is there writes. */
async function sayAll(devices: readonly Device[]): Promise<void> {
  for (const device of devices) {
    await say(world, device, friends.group, `from ${await device.address()}`);
    await world.settled();
  }
}

/** The number of the key of a device's last message. */
function lastKey(device: Address): number {
  const envelope = world.ciphertexts.envelopes.findLast(
    ({ type, from }) => type === 'senderkey' && from === device,
  );
  return parseMessage(profileOf('whatsapp'), envelope!.bytes).keyId;
}

/** Ids of all messages to groups that were sent so far. */
function sentSoFar(): ReadonlySet<string> {
  return new Set(world.ciphertexts.envelopes.flatMap(({ type, id }) => (type === 'senderkey' ? [id] : [])));
}

/**
 * A device goes away, in some way. Whoever has it opens what was sent before that, and nothing of what those who stay
 * write later, each under a new key.
 */
async function expectNothingOpens(
  gone: Device,
  go: () => Promise<unknown>,
  staying: readonly Device[],
): Promise<void> {
  const addresses = await Promise.all(staying.map((device) => device.address()));
  await sayAll([gone, ...staying]);
  await world.run(gone.client.disconnect());
  const loot = { address: await gone.address(), store: gone.store.snapshot() };
  await sayAll(staying);
  const before = sentSoFar();
  const keys = addresses.map(lastKey);
  await go();
  await world.settled();
  await sayAll(staying);
  await sayAll(staying);
  for (const [i, address] of addresses.entries()) expect(lastKey(address), address).not.toBe(keys[i]);
  const ids = [...(await opened(world, loot, world.ciphertexts.envelopes))];
  expect(ids.filter((id) => before.has(id)).length).toBeGreaterThanOrEqual(staying.length);
  expect(ids.filter((id) => !before.has(id))).toEqual([]);
}

/** Those who stay have everything. */
async function expectNothingLost(gone: readonly Device[]): Promise<void> {
  await world.finish();
  for (const device of gone) if (world.devices.includes(device)) await world.retire(device);
  expect(await world.faults()).toEqual(NO_FAULTS);
}

describe('nothing opens later, and nobody else misses anything', () => {
  test('a member is removed', async () => {
    const { alice, bob, carol, group } = friends;
    const remove = () => act(world, alice, (groups) => groups.remove(group, [CAROL]));
    await expectNothingOpens(carol, remove, [alice, laptop, bob, tablet]);
    await expectNothingLost([carol]);
  });

  test('a member’s companion is unlinked', async () => {
    const { alice, bob, carol } = friends;
    const unlink = async () => world.run(bob.client.unlink(await tablet.address()));
    await expectNothingOpens(tablet, unlink, [bob, alice, laptop, carol]);
    await expectNothingLost([tablet]);
  });

  test('an own companion is unlinked', async () => {
    const { alice, bob, carol } = friends;
    const unlink = async () => world.run(alice.client.unlink(await laptop.address()));
    await expectNothingOpens(laptop, unlink, [alice, bob, tablet, carol]);
    await expectNothingLost([laptop]);
  });

  test('an own companion logs itself out', async () => {
    const { alice, bob, carol } = friends;
    const logout = async () => {
      await world.run(laptop.client.connect());
      await world.run(laptop.client.logout());
    };
    await expectNothingOpens(laptop, logout, [alice, bob, tablet, carol]);
    await expectNothingLost([laptop]);
  });

  test('an identity has changed, and is accepted', async () => {
    const { alice, bob, carol, group } = friends;
    let renewed: Device | undefined;
    const change = async () => {
      await world.retire(carol);
      renewed = await world.register(CAROL, WITH_GROUPS);
      for (const device of [alice, laptop, bob, tablet]) {
        await world.run(device.client.devicesOf(CAROL));
        await world.run(
          renewed.client.send({ to: accountOf(await device.address()), body: new Uint8Array(1) }),
        );
        await world.settled();
        const { got: identity } = device.of('identity-changed').at(-1)!;
        await world.run(device.client.acceptIdentity({ account: CAROL, identity }));
      }
      await world.settled();
      for (const device of world.devices) device.shown.clear();
      for (const [i, sent] of world.sent.entries()) world.sent[i] = { ...sent, recipients: [] };
      await act(world, alice, (groups) => groups.remove(group, [CAROL]));
      await world.settled();
      await act(world, alice, (groups) => groups.add(group, [CAROL]));
      await world.settled();
    };
    await expectNothingOpens(carol, change, [alice, laptop, bob, tablet]);
    expect(renewed?.shown.size).toBe(8);
    await expectNothingLost([]);
  });

  test('a list has expired', async () => {
    const { alice, bob, carol } = friends;
    await world.run(bob.client.disconnect());
    await world.clock.jump(33 * DAY_MS);
    await world.settled();
    await world.clock.jump(DAY_MS); // what was renewed meanwhile is known to all
    await world.settled();
    const expire = () => world.clock.jump(1.5 * DAY_MS);
    await expectNothingOpens(tablet, expire, [alice, laptop, carol]);
  });
});
