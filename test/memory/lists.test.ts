import type { Server } from 'polyratchet';
import {
  acceptedDevices,
  addCompanion,
  createOwnDevices,
  encodeSignedDeviceIdentity,
  mergeDeviceList,
  removeCompanion,
  signAccount,
  signDevice,
} from 'polyratchet/devices';
import { generateIdentity } from 'polyratchet/identity';
import {
  createMemoryServer,
  MAX_FETCHED_ACCOUNTS,
  MAX_LINKED,
  MAX_SIGNED_LENGTH,
  type MemoryServer,
} from 'polyratchet/memory';
import { describe, expect, test } from 'vitest';
import { expectRejection } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { allAsleep, collect, envelopeTo, filled, keysOf, numbers } from './connections.js';

const ALICE = 'alice@example.org';
const LAPTOP = 'alice:1@example.org';
const LABELS = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;

describe('device lists', () => {
  test('have the shape that merging takes: a real phone, its laptop, and a contact who sees both', async () => {
    const { server, phone, bob } = await start();
    const random = seededRandom(2);
    const [primary, laptop] = [generateIdentity(random), generateIdentity(random)];
    const now = 1_750_000_000_000;
    const signer = { identity: primary, random, now, serverTime: now };
    const { devices } = createOwnDevices({ account: ALICE, ...signer });
    const added = addCompanion({ devices, companionIdentity: laptop.publicKey, ...signer });
    const { rawId, timestamp } = added.devices;
    const half = signAccount({
      device: { rawId, timestamp, keyIndex: 1 },
      companionIdentity: laptop.publicKey,
      identity: primary,
      random,
    });
    const signed = signDevice({ signed: half, identity: laptop, primaryIdentity: primary.publicKey, random });

    await phone.publishPreKeys(...keysOf({ identityKey: primary.publicKey }));
    await link(server, phone, encodeSignedDeviceIdentity(signed));
    await server.connect(LAPTOP).publishPreKeys(...keysOf({ identityKey: laptop.publicKey }));
    await phone.publishDeviceList({ signedList: added.devices.signedList });
    const answer = (await bob.fetchDeviceLists([ALICE])).get(ALICE)!;
    const first = mergeDeviceList({ account: ALICE, answer, now });
    const accepted = acceptedDevices({ record: first.record, now });
    expect(accepted.devices.map(({ address }) => address)).toEqual([ALICE, LAPTOP]);
    expect([accepted.kind, accepted.excluded]).toEqual(['complete', []]);

    const removal = removeCompanion({ devices: added.devices, keyIndex: 1, ...signer });
    await phone.publishDeviceList({ signedList: removal.devices.signedList, removed: [1] });
    const next = (await bob.fetchDeviceLists([ALICE])).get(ALICE)!;
    const second = mergeDeviceList({ account: ALICE, record: first.record, answer: next, now });
    expect(second.removed.map(({ address, why }) => [address, why])).toEqual([[LAPTOP, 'revoked']]);
  });

  test('name what was published and nothing else', async () => {
    const { server, phone, bob } = await start();
    expect(await devicesOf(bob)).toEqual({ devices: [{ device: 0, identity: filled(32) }] });
    await phone.publishDeviceList({ signedList: filled(90, 5) });
    await link(server, phone, filled(170, 6));
    const unheard = { device: 1, signedIdentity: filled(170, 6) };
    expect(await devicesOf(bob)).toEqual({
      devices: [{ device: 0, identity: filled(32) }, unheard],
      signedList: filled(90, 5),
    });
    await server.connect(LAPTOP).publishPreKeys(...keysOf({ identityKey: filled(32, 7) }));
    await server.connect('alice:9@example.org').publishPreKeys(...keysOf({ identityKey: filled(32, 8) }));
    expect((await devicesOf(bob))?.devices.slice(1)).toEqual([{ ...unheard, identity: filled(32, 7) }]);
  });

  test('of accounts that nobody registered are absent', async () => {
    const { server, bob } = await start();
    server.connect('carol@example.org');
    const lists = await bob.fetchDeviceLists([ALICE, 'carol@example.org', '__proto__@example.org']);
    expect([...lists.keys()]).toEqual([ALICE]);
    expect((await bob.fetchDeviceLists([])).size).toBe(0);
  });

  test('share no memory with those who publish and fetch', async () => {
    const { server, phone, bob } = await start();
    const signedList = filled(90, 5);
    const publishing = phone.publishDeviceList({ signedList });
    signedList.fill(0xee);
    await publishing;
    await link(server, phone, filled(170, 6));
    const first = await devicesOf(bob);
    first?.signedList?.fill(0xee);
    for (const { identity, signedIdentity } of first?.devices ?? []) {
      identity?.fill(0xee);
      signedIdentity?.fill(0xee);
    }
    expect(await devicesOf(bob)).toEqual({
      devices: [
        { device: 0, identity: filled(32) },
        { device: 1, signedIdentity: filled(170, 6) },
      ],
      signedList: filled(90, 5),
    });
  });
});

describe('a device that was unlinked', () => {
  test('loses its keys, its mail and its connections; its number stays taken', async () => {
    const { server, phone, bob } = await start();
    await link(server, phone, filled(170));
    const laptop = server.connect(LAPTOP);
    await laptop.publishPreKeys(...keysOf({ identityKey: filled(32, 7) }));
    const reading = collect(laptop);
    await bob.send([envelopeTo(LAPTOP, 1)], { id: 'a' });
    await allAsleep();
    await phone.publishDeviceList({ signedList: filled(90), removed: [1] });
    const { deliveries, error: end } = await reading;
    expect([numbers(deliveries), end]).toEqual([[1], 'device-revoked']);

    expect(server.waiting(LAPTOP)).toBe(0);
    expect((await devicesOf(bob))?.devices.map(({ device }) => device)).toEqual([0]);
    expect((await bob.fetchBundles([LAPTOP])).size).toBe(0);
    expect(await bob.send([envelopeTo(LAPTOP, 1)], { id: 'b' })).toEqual({
      extra: [LAPTOP],
    });
    for (const connection of [laptop, server.connect(LAPTOP)]) {
      const error = await expectRejection(
        'device-revoked',
        connection.publishPreKeys(...keysOf({ identityKey: filled(32) })),
      );
      expect(error.data).toEqual({ account: ALICE, device: LAPTOP, why: 'not-in-list' });
      expect(await collect(connection)).toEqual({ deliveries: [], error: 'device-revoked' });
    }
    expect(await link(server, phone, filled(170))).toBe('alice:2@example.org');
  });

  test('may ask for the list of its own account, and nothing else', async () => {
    const { server, phone, bob } = await start();
    await bob.publishPreKeys(...keysOf());
    await link(server, phone, filled(170));
    const laptop = server.connect(LAPTOP);
    await phone.publishDeviceList({ signedList: filled(90, 5), removed: [1] });
    expect(await devicesOf(laptop)).toEqual({
      devices: [{ device: 0, identity: filled(32) }],
      signedList: filled(90, 5),
    });
    const refused = [
      laptop.fetchDeviceLists(['bob@example.org']),
      laptop.fetchDeviceLists([ALICE, 'bob@example.org']),
      laptop.fetchTime(),
      laptop.fetchBundles([ALICE]),
      laptop.fetchLastUsed(),
      laptop.countOneTimePreKeys(),
      laptop.fetchLinkOffers(),
      laptop.fetchLink('ref'),
      laptop.send([], { id: 'c' }),
      laptop.acknowledge([]),
    ];
    for (const call of refused) await expectRejection('device-revoked', call);
    laptop.close();
    await expectRejection('closed', laptop.fetchDeviceLists([ALICE]));
    expect((await collect(laptop)).error).toBe('closed');
  });

  test('is named again without harm, and so is one that never was', async () => {
    const { server, phone, bob } = await start();
    await link(server, phone, filled(170));
    await phone.publishDeviceList({ signedList: filled(90), removed: [1] });
    await phone.publishDeviceList({ signedList: filled(90, 2), removed: [1, 65_535] });
    expect(await devicesOf(bob)).toEqual({
      devices: [{ device: 0, identity: filled(32) }],
      signedList: filled(90, 2),
    });
    await server.connect('alice:65535@example.org').publishPreKeys(...keysOf({ identityKey: filled(32) }));
  });
});

describe('bad input', () => {
  test('of a list is refused and changes nothing', async () => {
    const { server, phone, bob } = await start();
    await phone.publishDeviceList({ signedList: filled(MAX_SIGNED_LENGTH) });
    await link(server, phone, filled(170));
    const before = await devicesOf(bob);
    const signedList = filled(90);
    const wrong: unknown[] = [
      undefined,
      { signedList: 'bytes' },
      { signedList, removed: 1 },
      { signedList, removed: [0] },
      { signedList, removed: [1, 65_536] },
      { signedList, removed: [1, '1'] },
    ];
    for (const list of wrong)
      await expectRejection('invalid-argument', phone.publishDeviceList(list as never));
    const tooMany = Array.from({ length: MAX_LINKED + 1 }, () => 1);
    await expectRejection('too-large', phone.publishDeviceList({ signedList, removed: tooMany }));
    await expectRejection(
      'too-large',
      phone.publishDeviceList({ signedList: filled(MAX_SIGNED_LENGTH + 1) }),
    );
    await expectRejection('invalid-argument', server.connect(LAPTOP).publishDeviceList({ signedList }));
    expect(await devicesOf(bob)).toEqual(before);
  });

  test('of a question is refused', async () => {
    const { bob } = await start();
    const wrong: unknown[] = [undefined, ALICE, [undefined], ['alice'], [ALICE, LAPTOP]];
    for (const asked of wrong)
      await expectRejection('invalid-argument', bob.fetchDeviceLists(asked as never));
    const many = Array.from({ length: MAX_FETCHED_ACCOUNTS }, () => ALICE);
    expect((await bob.fetchDeviceLists(many)).size).toBe(1);
    await expectRejection('too-large', bob.fetchDeviceLists([...many, ALICE]));
  });

  test('on a closed connection is refused', async () => {
    const { phone } = await start();
    phone.close();
    await expectRejection('closed', phone.publishDeviceList({ signedList: filled(90) }));
    await expectRejection('closed', phone.fetchDeviceLists([ALICE]));
    await expectRejection('closed', phone.fetchTime());
  });
});

async function start(): Promise<{ server: MemoryServer; phone: Server; bob: Server }> {
  const server = createMemoryServer();
  const [phone, bob] = [server.connect(ALICE), server.connect('bob@example.org')];
  await phone.publishPreKeys(...keysOf({ identityKey: filled(32) }));
  return { server, phone, bob };
}

/** What the server passes on it does not look into: any bytes link a device there. */
async function link(server: MemoryServer, phone: Server, signedIdentity: Uint8Array) {
  const companion = server.connectUnlinked();
  const ref = await companion.offerLink(LABELS);
  const address = await phone.approveLink({ ref, container: filled(200) });
  await companion.completeLink({ ref, signedIdentity });
  return address;
}

async function devicesOf(connection: Server) {
  return (await connection.fetchDeviceLists([ALICE])).get(ALICE);
}
