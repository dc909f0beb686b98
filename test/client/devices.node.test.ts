import { PolyratchetError, type Address } from 'polyratchet';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/core/bytes.js';
import { expectRejection } from '../support/errors.js';
import type { Device } from './device.js';
import { Breakable } from './faults.js';
import { DAY_MS, HOUR_MS, NO_FAULTS, World } from './world.js';

const ALICE: Address = 'alice@example.org';
const BOB: Address = 'bob@example.org';
const LAPTOP: Address = 'alice:1@example.org';
const body = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Alice with some devices, and Bob, who have talked. */
async function people(devices = 2): Promise<{ world: World; alice: Device; laptop: Device; bob: Device }> {
  const world = new World();
  const [alice, laptop] = await world.person(ALICE, devices);
  const bob = await world.register(BOB);
  await world.send(alice!, BOB, 'hello');
  await world.settled();
  await world.send(bob, ALICE, 'hello yourself');
  await world.settled();
  return { world, alice: alice!, laptop: laptop ?? alice!, bob };
}

function count(accepted: { readonly devices: readonly unknown[] }): number {
  return accepted.devices.length;
}

describe('linked devices', () => {
  test('are shown with their labels and the server’s word on when they were used', async () => {
    const { world, alice, laptop } = await people();
    const linkedAt = (await alice.client.linkedDevices())[0]?.linkedAt;
    await world.clock.advance(2 * HOUR_MS);
    const seen = await alice.client.linkedDevices();
    expect(seen).toEqual([
      {
        address: LAPTOP,
        keyIndex: 1,
        name: 'Laptop',
        platform: 'Linux',
        linkedAt,
        lastUsed: { at: expect.any(Number) as number, source: 'server' },
        status: { kind: 'verified' },
      },
    ]);
    expect(await laptop.client.linkedDevices()).toHaveLength(1);
    await alice.client.disconnect();
    expect((await alice.client.linkedDevices())[0]?.lastUsed).toBeUndefined();
  });

  test('the first is told of on both sides, and by those who write to it', async () => {
    const { world, alice, bob } = await people(1);
    await world.link(alice);
    expect(alice.of('linked').map(({ device }) => device)).toEqual([LAPTOP]);
    expect(
      alice
        .of('devices-changed')
        .at(-1)
        ?.added.map(({ address }) => address),
    ).toEqual([LAPTOP]);
    await world.send(bob, ALICE, 'to both');
    await world.settled();
    const change = bob.of('devices-changed').at(-1);
    expect(change?.account).toBe(ALICE);
    expect(change?.added.map(({ address }) => address)).toEqual([LAPTOP]);
    await world.finish();
    expect(await world.faults()).toEqual(NO_FAULTS);
  });

  test('cannot do what is the primary’s', async () => {
    const { laptop } = await people();
    await expectRejection('invalid-argument', laptop.client.unlink(LAPTOP));
    await expectRejection('invalid-argument', laptop.client.unlinkAll());
    await expectRejection('invalid-argument', laptop.client.linkOffers());
    const userConfirmed = { method: 'pin', at: Date.now() } as const;
    await expectRejection(
      'invalid-argument',
      laptop.client.approveLinkByCode({ code: 'ABCD1234', userConfirmed }),
    );
  });

  test('are five at most with the phone; who is refused has left nothing behind', async () => {
    const world = new World();
    const [alice] = await world.person(ALICE, 5);
    const late = world.device();
    const { qr, linked } = await late.client.offerLink({ clientType: 'firefox', name: 'x', platform: 'y' });
    const userConfirmed = { method: 'pin', at: world.clock.now() } as const;
    const size = alice!.store.size();
    await expectRejection('companion-limit', alice!.client.approveLink({ qr, userConfirmed }));
    expect(alice!.store.size()).toBe(size);
    await expectRejection('link-expired', world.run(linked));
  });
});

describe('unlinking', () => {
  test('a companion: it is logged out, erased, and gets nothing more', async () => {
    const { world, alice, laptop, bob } = await people();
    await alice.client.unlink(LAPTOP);
    await world.settled();
    expect(laptop.of('logged-out')).toHaveLength(1);
    expect(laptop.store.size()).toBe(0);
    await expectRejection('closed', laptop.client.send({ to: BOB, body: body('hello') }));
    expect(await alice.client.linkedDevices()).toEqual([]);
    const { devices } = await world.send(bob, ALICE, 'to the phone');
    expect(devices.map(({ kind }) => kind)).toContain('sealed');
    await world.finish();
    expect(laptop.texts).not.toContain('to the phone');
    expect(alice.texts).toContain('to the phone');
    expect(count(await bob.client.devicesOf(ALICE))).toBe(1);
  });

  test('a companion that is off: it is erased when it comes back', async () => {
    const { world, alice, laptop } = await people();
    await laptop.client.close();
    await alice.client.unlink(LAPTOP);
    await laptop.restart();
    expect(laptop.of('logged-out')).toHaveLength(1);
    expect(laptop.store.size()).toBe(0);
    await world.settled();
  });

  test('all of them', async () => {
    const { world, alice, laptop } = await people(3);
    await alice.client.unlinkAll();
    await world.settled();
    expect(await alice.client.linkedDevices()).toEqual([]);
    expect(laptop.store.size()).toBe(0);
    expect(count(await alice.client.devicesOf(ALICE))).toBe(1);
  });

  test.each(['alice:2@example.org', ALICE, 'bob:1@example.org', 'nonsense', 7 as never])(
    '%s is no companion',
    async (address) => {
      const { alice } = await people();
      await expectRejection('invalid-argument', alice.client.unlink(address));
      expect(await alice.client.linkedDevices()).toHaveLength(1);
    },
  );

  test('without a connection is refused, and nothing has changed', async () => {
    const { alice } = await people();
    await alice.client.disconnect();
    await expectRejection('server-failed', alice.client.unlink(LAPTOP));
    await alice.client.connect();
    expect(await alice.client.linkedDevices()).toHaveLength(1);
  });

  test('on the server’s word alone erases nothing', async () => {
    const { world, alice, laptop } = await people();
    const before = laptop.store.size();
    // A list that names the laptop as unlinked to the server, and still has its key index: only the server thinks so.
    const answers = await world.server.connect(ALICE).fetchDeviceLists([ALICE]);
    const signedList = answers.get(ALICE)?.signedList;
    if (signedList === undefined) throw new Error('no list');
    await world.server.connect(ALICE).publishDeviceList({ signedList, removed: [1] });
    await world.settled();
    expect(laptop.of('logged-out')).toEqual([]);
    expect(laptop.of('disconnected').at(-1)?.error?.code).toBe('device-revoked');
    expect(laptop.store.size()).toBe(before);
    await expectRejection('device-revoked', laptop.client.connect());
    expect(laptop.store.size()).toBe(before);
    expect(await alice.client.linkedDevices()).toHaveLength(1);
  });
});

describe('logout', () => {
  test('of a companion: the primary unlinks it, its store is empty', async () => {
    const { world, alice, laptop, bob } = await people();
    await laptop.client.logout();
    await world.settled();
    expect(laptop.of('logged-out')).toHaveLength(1);
    expect(laptop.store.size()).toBe(0);
    expect(await alice.client.linkedDevices()).toEqual([]);
    expect(alice.of('message').map(({ message }) => message.from)).not.toContain(LAPTOP);
    expect(bob.texts).toEqual(['hello']);
  });

  test('of a companion that is unlinked at the same moment keeps the phone from nothing', async () => {
    const world = new World();
    const breakable = new Breakable<object>({});
    const access = world.access();
    const server = {
      ...access,
      connect: (device: Address) => breakable.wrap(access.connect(device)),
    };
    const alice = await world.register(ALICE, { server });
    const laptop = await world.link(alice);
    const bob = await world.register(BOB);
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    breakable.break('fetchTime', (right) => gate.then(right), 1);
    await laptop.client.logout();
    await world.settled();
    expect(breakable.hits, 'the phone is about to unlink it').toBe(1);
    await alice.client.unlink(LAPTOP);
    release();
    await world.send(bob, ALICE, 'still here?');
    await world.settled();
    expect(alice.texts).toEqual(['still here?']);
    expect(alice.of('disconnected')).toEqual([]);
    expect(await alice.store.list('logout/', '', 10)).toEqual([]);
  });

  test('reaches a phone that is off when it comes back', async () => {
    const { world, alice, laptop } = await people();
    await alice.client.disconnect();
    await laptop.client.logout();
    expect(laptop.store.size()).toBe(0);
    expect(await alice.client.linkedDevices()).toHaveLength(1);
    await alice.client.connect();
    await world.settled();
    expect(await alice.client.linkedDevices()).toEqual([]);
  });

  test('of a primary is refused', async () => {
    const { alice } = await people();
    await expectRejection('invalid-argument', alice.client.logout());
    expect(await alice.client.address()).toBe(ALICE);
  });

  test('without a connection is refused, nothing is erased, and nothing is logged out later', async () => {
    const { world, alice, laptop } = await people();
    await laptop.client.disconnect();
    await expectRejection('server-failed', laptop.client.logout());
    await laptop.client.connect();
    await world.settled();
    expect(await laptop.client.address()).toBe(LAPTOP);
    expect(await alice.client.linkedDevices()).toHaveLength(1);
  });

  test('the same store is a new device afterwards', async () => {
    const { world, alice, laptop } = await people();
    await laptop.client.logout();
    await world.settled();
    await laptop.restart();
    await world.linkByCode(alice, laptop);
    expect(await laptop.client.address()).toBe('alice:2@example.org');
    await world.send(laptop, BOB, 'back again');
    await world.finish();
    expect(await alice.client.linkedDevices()).toHaveLength(1);
  });
});

describe('a phone that is off', () => {
  test('for 27 days does not stop its companions', async () => {
    const { world, alice, laptop, bob } = await people();
    await alice.client.disconnect();
    await world.clock.jump(27 * DAY_MS);
    expect(laptop.of('device-list-expiring')).toEqual([]);
    await world.send(laptop, BOB, 'still here');
    await world.settled();
    await world.send(bob, ALICE, 'I see');
    await world.finish();
    expect(await world.faults()).toEqual(NO_FAULTS);
    expect(laptop.texts).toContain('I see');
  });

  test('for more than 28 days is told of on its companions, and after 35 contacts leave them out', async () => {
    const { world, alice, laptop, bob } = await people();
    const { list } = await renewedAt(alice);
    await alice.client.disconnect();
    await world.clock.jump(list + 28 * DAY_MS - world.clock.now() + HOUR_MS);
    const [warning] = laptop.of('device-list-expiring');
    expect(warning?.expiresAt).toBe(list + 35 * DAY_MS);
    await world.clock.jump(7 * DAY_MS);
    const { devices } = await world.send(bob, ALICE, 'to the phone alone');
    expect(devices.filter(({ kind }) => kind === 'sealed').map(({ device }) => device)).toEqual([ALICE]);
    expect(count(await bob.client.devicesOf(ALICE))).toBe(1);
    await alice.client.connect();
    await world.settled();
    expect(alice.texts).toContain('to the phone alone');
    await world.send(bob, ALICE, 'to both again');
    await world.settled();
    await world.finish();
    expect(laptop.texts).toContain('to both again');
  });
});

/** When the list was signed that counts now. */
async function renewedAt(alice: Device): Promise<{ list: number }> {
  const { validUntil } = (await alice.client.devicesOf(ALICE)) as { readonly validUntil?: number };
  if (validUntil === undefined) throw new Error('no list');
  return { list: validUntil - 35 * DAY_MS };
}

describe('prekeys', () => {
  test('are refilled, and it is told where there were none left', async () => {
    const { world, alice } = await people(1);
    const stranger = world.server.connect('carol@example.org');
    for (let i = 0; i < 85; i++) await stranger.fetchBundles([ALICE]);
    await world.clock.jump(HOUR_MS);
    expect(world.server.oneTimePreKeys(ALICE)).toBe(100);
    expect(alice.of('prekeys-depleted')).toEqual([]);
    for (let i = 0; i < 101; i++) await stranger.fetchBundles([ALICE]);
    await world.clock.jump(HOUR_MS);
    expect(world.server.oneTimePreKeys(ALICE)).toBe(100);
    expect(alice.of('prekeys-depleted')).toHaveLength(1);
  });

  test('signed ones are rotated after a week, and erased a month later', async () => {
    const { world, alice, bob } = await people(1);
    const kept = (): Promise<readonly string[]> => alice.store.list('signed-prekey/', '', 10);
    await world.clock.jump(7 * DAY_MS + HOUR_MS);
    expect(await kept()).toEqual(['signed-prekey/1', 'signed-prekey/2']);
    await world.clock.jump(30 * DAY_MS + HOUR_MS);
    expect(await kept()).not.toContain('signed-prekey/1');
    await world.send(bob, ALICE, 'hello');
    await world.finish();
    expect(await world.faults()).toEqual(NO_FAULTS);
  });
});

describe('a contact with a new phone', () => {
  /** Bob’s phone is lost; he begins anew under his address. */
  async function newPhone(): Promise<{
    world: World;
    alice: Device;
    laptop: Device;
    phone: Device;
    old: Device;
  }> {
    const { world, alice, laptop, bob } = await people();
    await world.retire(bob);
    return { world, alice, laptop, phone: await world.register(BOB), old: bob };
  }

  test('is not believed: the change is told, his message waits until it is accepted', async () => {
    const { world, alice, phone } = await newPhone();
    await world.send(phone, ALICE, 'it is me');
    await world.settled();
    expect(alice.texts).not.toContain('it is me');
    const change = alice.of('identity-changed').at(-1);
    expect(change?.account).toBe(BOB);
    expect(change && toHex(change.expected)).not.toBe(change && toHex(change.got));
    const identity = change!.got.slice();
    const accepting = alice.client.acceptIdentity({ account: BOB, identity });
    identity.fill(0);
    await accepting;
    expect(alice.texts).toContain('it is me');
    expect(alice.of('devices-changed').at(-1)?.notice).toEqual({ kind: 'primary-changed', compare: true });
    await world.send(alice, BOB, 'hello again');
    await world.settled();
    expect(phone.texts).toEqual(['hello again']);
  });

  test('is noticed by who writes to him: he cannot read it, and asks', async () => {
    const { world, alice, phone } = await newPhone();
    await world.send(alice, BOB, 'are you there?', 'asked');
    await world.settled();
    await world.finish();
    expect(phone.texts).toEqual([]);
    expect(alice.of('identity-changed').map(({ account }) => account)).toContain(BOB);
  });

  test('is accepted only with the identity that was told, and for a contact', async () => {
    const { alice } = await newPhone();
    const accept = (account: Address, identity: Uint8Array): Promise<void> =>
      alice.client.acceptIdentity({ account, identity });
    await expectRejection('invalid-argument', accept('carol@example.org', new Uint8Array(32).fill(9)));
    await expectRejection('invalid-argument', accept(ALICE, new Uint8Array(32).fill(9)));
    await expectRejection('invalid-argument', accept(BOB, new Uint8Array(31)));
    await expectRejection('invalid-key', accept(BOB, new Uint8Array(32)));
  });
});

describe('the security code', () => {
  test('is the same on both sides and on all devices, and another with another device', async () => {
    const { world, alice, laptop, bob } = await people();
    await world.send(laptop, BOB, 'from the laptop');
    await world.settled();
    const digits = async (device: Device, account: Address): Promise<string> => {
      const result = await device.client.securityCode(account);
      if (result.kind !== 'complete') throw new Error('incomplete');
      return result.code.digits;
    };
    const codes = [await digits(alice, BOB), await digits(laptop, BOB), await digits(bob, ALICE)];
    expect(new Set(codes).size).toBe(1);
    await world.link(alice);
    await world.send(alice, BOB, 'from the phone');
    await world.settled();
    const next = [await digits(alice, BOB), await digits(bob, ALICE)];
    expect(new Set(next).size).toBe(1);
    expect(next[0]).not.toBe(codes[0]);
  });

  test('says what is missing where somebody is unknown', async () => {
    const { alice } = await people(1);
    await alice.client.disconnect();
    expect(await alice.client.securityCode('carol@example.org')).toEqual({
      kind: 'incomplete',
      fetch: [{ kind: 'list', account: 'carol@example.org' }],
    });
    await expectRejection('invalid-argument', alice.client.securityCode('carol'));
  });
});

describe('devicesOf', () => {
  test('fetches whom it does not know, and says so where nobody does', async () => {
    const { alice, world } = await people(1);
    await world.register('carol@example.org');
    expect(count(await alice.client.devicesOf('carol@example.org'))).toBe(1);
    await alice.client.disconnect();
    expect(count(await alice.client.devicesOf('carol@example.org'))).toBe(1);
    await expectRejection('server-failed', alice.client.devicesOf('dave@example.org'));
    await alice.client.connect();
    const error = await expectRejection('device-unverified', alice.client.devicesOf('dave@example.org'));
    expect(error.data.why).toBe('no-list');
  });
});

describe('a message of a device for which nothing vouches yet', () => {
  test('is held until a list names it, and comes in order', async () => {
    const world = new World();
    const [alice, laptop] = await world.person(ALICE, 2);
    const bob = await world.register(BOB);
    world.hidden.add(ALICE);
    await world.send(laptop!, BOB, 'one');
    await world.send(laptop!, BOB, 'two');
    await world.settled();
    expect(bob.texts).toEqual([]);
    expect(await bob.store.list('held-envelope/', '', 10)).toHaveLength(2);
    expect(world.server.waiting(BOB)).toBe(0);
    world.hidden.delete(ALICE);
    await world.clock.jump(HOUR_MS);
    await world.send(alice!, BOB, 'three');
    await world.finish();
    expect(bob.texts.filter((text) => text !== 'three')).toEqual(['one', 'two']);
    expect(await bob.store.list('held', '', 10)).toEqual([]);
    expect(await world.faults()).toEqual(NO_FAULTS);
  });

  test('is dropped after a week, and told of as lost', async () => {
    const world = new World();
    const [, laptop] = await world.person(ALICE, 2);
    const bob = await world.register(BOB);
    world.hidden.add(ALICE);
    await world.send(laptop!, BOB, 'one');
    await world.settled();
    const [first] = world.sent;
    await world.clock.jump(7 * DAY_MS - HOUR_MS);
    expect(bob.of('lost')).toEqual([]);
    await world.clock.jump(2 * HOUR_MS);
    expect(await bob.store.list('held', '', 10)).toEqual([]);
    expect(bob.texts).toEqual([]);
    const id = first?.name.split(' ').slice(1).join(' ');
    expect(bob.of('lost')).toEqual([{ kind: 'lost', id, from: LAPTOP }]);
    expect(bob.neverTold).toBe(0);
  });
});

describe('an error', () => {
  test('says nothing secret', async () => {
    const { alice } = await people(1);
    const error = await expectRejection('device-unverified', alice.client.devicesOf('dave@example.org'));
    expect(PolyratchetError.is(error)).toBe(true);
    expect(JSON.stringify(alice.client)).toBe('{}');
  });
});
