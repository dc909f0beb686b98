/** Approvals: those that the server gets in the way of, and those that nobody takes up. */
import { createClient, type Address, type Client, type ServerAccess } from 'polyratchet';
import { APPROVAL_LIFETIME_MS } from 'polyratchet/devices';
import { beforeEach, describe, expect, test } from 'vitest';
import { expectRejection } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import type { Device } from './device.js';
import { Breakable } from './faults.js';
import { HOUR_MS, World } from './world.js';

const ALICE: Address = 'alice@example.org';
const LAPTOP: Address = 'alice:1@example.org';
const LABELS = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;

let world: World;
let phone: Client;
let store: Device['store'];
let told: string[];
const breakable = new Breakable<object>({});

/** Alice’s phone, whose server can be broken. */
beforeEach(async () => {
  world = new World();
  const alice = await world.register(ALICE);
  await world.retire(alice);
  const access = world.access();
  const server: ServerAccess = { ...access, connect: (device) => breakable.wrap(access.connect(device)) };
  ({ store } = alice);
  phone = createClient({ store, server, clock: world.clock, random: seededRandom(55) });
  told = [];
  phone.on('linked', ({ device }) => told.push(device));
  breakable.mend();
  await phone.connect();
});

const consent = (): { method: 'pin'; at: number } => ({ method: 'pin', at: world.clock.now() });
const outOfOrder = (): Promise<never> => Promise.reject(new Error('out of order'));

/** A new device that offers itself. */
async function offer(): Promise<{ device: Device; approved: Promise<Address>; linked: Promise<Address> }> {
  const device = world.device();
  const { qr, linked } = await world.run(device.client.offerLink(LABELS));
  const approved = phone.approveLink({ qr, userConfirmed: consent() });
  approved.catch(() => undefined);
  return { device, approved, linked };
}

/** A new device that vanishes before it answers; its approval fails. */
async function vanish(): Promise<void> {
  const { device, approved } = await offer();
  await device.client.close();
  await expectRejection('link-expired', world.run(approved));
}

/** Alice’s devices that count for a stranger, once the companion has connected. */
async function devicesOfAlice({ client }: Device): Promise<readonly Address[]> {
  await world.run(client.connect());
  const stranger = await world.register('carol@example.org');
  const { devices } = await world.run(stranger.client.devicesOf(ALICE));
  return devices.map(({ address }) => address);
}

describe('the approval of a companion that has answered', () => {
  test.each([1, 2])('resolves where the list cannot be published %d times', async (times) => {
    const { device, approved, linked } = await offer();
    breakable.break('publishDeviceList', outOfOrder, times);
    expect(await world.run(Promise.all([approved, linked]))).toEqual([LAPTOP, LAPTOP]);
    expect(breakable.hits).toBe(times);
    expect(told).toEqual([LAPTOP]);
    expect(await devicesOfAlice(device)).toEqual([ALICE, LAPTOP]);
  });

  test('resolves where it cannot be published at all; the next upkeep does it', async () => {
    const { device, approved, linked } = await offer();
    breakable.break('publishDeviceList', outOfOrder);
    expect(await world.run(Promise.all([approved, linked]))).toEqual([LAPTOP, LAPTOP]);
    expect(told).toEqual([LAPTOP]);
    expect(await store.list('pending-list', '', 10)).toEqual(['pending-list']);
    breakable.mend();
    await world.clock.advance(HOUR_MS);
    expect(await store.list('pending-list', '', 10)).toEqual([]);
    expect(await devicesOfAlice(device)).toEqual([ALICE, LAPTOP]);
  });

  test('resolves where the upkeep was quicker, and the answer is taken once', async () => {
    const { device, approved, linked } = await offer();
    await world.run(linked);
    // Both have seen the answer before one of them has taken it.
    await phone.disconnect();
    await phone.connect();
    expect(told).toEqual([LAPTOP]);
    expect(await world.run(approved)).toBe(LAPTOP);
    expect(told).toEqual([LAPTOP]);
    expect(await devicesOfAlice(device)).toEqual([ALICE, LAPTOP]);
  });

  test('resolves where the upkeep takes the answer while it looks at it', async () => {
    const { approved, linked } = await offer();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let isHeld = false;
    breakable.break('fetchLink', async (truth) => {
      const exchange = (await truth()) as { readonly signedIdentity?: Uint8Array };
      if (exchange.signedIdentity === undefined || isHeld) return exchange;
      isHeld = true;
      await gate;
      return exchange;
    });
    await world.run(linked);
    await world.clock.advance(3_000);
    expect(isHeld).toBe(true);
    await phone.disconnect();
    await phone.connect();
    expect(told).toEqual([LAPTOP]);
    release();
    expect(await world.run(approved)).toBe(LAPTOP);
    expect(told).toEqual([LAPTOP]);
  });
});

describe('approvals that nobody takes up', () => {
  test('four of them are in the way of the next; each can be taken back by its key index', async () => {
    for (let i = 0; i < 4; i++) await vanish();
    const full = world.device();
    const { qr } = await world.run(full.client.offerLink(LABELS));
    await expectRejection('companion-limit', phone.approveLink({ qr, userConfirmed: consent() }));
    const rows = await phone.linkedDevices();
    expect(rows.map(({ status, address, keyIndex }) => [status.kind, address, keyIndex])).toEqual(
      [1, 2, 3, 4].map((index) => ['approved', undefined, index]),
    );
    expect(await store.list('approval/', '', 10)).toHaveLength(4);
    await phone.unlink({ keyIndex: 2 });
    expect((await phone.linkedDevices()).map(({ keyIndex }) => keyIndex)).toEqual([1, 3, 4]);
    expect(await store.list('approval/', '', 10)).toEqual(['approval/1', 'approval/3', 'approval/4']);
    const { approved, linked } = await offer();
    expect(await world.run(Promise.all([approved, linked]))).toEqual([
      'alice:5@example.org',
      'alice:5@example.org',
    ]);
  });

  test('are over after an hour: not shown, and in nobody’s way', async () => {
    for (let i = 0; i < 4; i++) await vanish();
    const [first] = await phone.linkedDevices();
    await world.clock.advance((first?.linkedAt ?? 0) + APPROVAL_LIFETIME_MS - world.clock.now());
    expect(await phone.linkedDevices()).toHaveLength(4);
    await world.clock.advance(HOUR_MS);
    expect(await phone.linkedDevices()).toEqual([]);
    const { approved, linked } = await offer();
    await world.run(Promise.all([approved, linked]));
    expect(await store.list('approval/', '', 10)).toEqual([]);
  });

  test.each([2, 0, -1, 0.5, '1', undefined])('%s is the key index of none', async (keyIndex) => {
    await vanish();
    await expectRejection('invalid-argument', phone.unlink({ keyIndex: keyIndex as number }));
    expect(await phone.linkedDevices()).toHaveLength(1);
  });

  test('that are taken back too late for the companion: it finds itself unlinked, and is erased', async () => {
    // The phone has left its approval, and hears nothing of the companion from then on.
    breakable.break('fetchLink', async (truth) => {
      const exchange = (await truth()) as { readonly approval?: unknown };
      return exchange.approval === undefined ? exchange : outOfOrder();
    });
    const { device, approved, linked } = await offer();
    await world.run(linked);
    await expectRejection('link-expired', world.run(approved));
    breakable.mend();
    await phone.unlink({ keyIndex: 1 });
    await phone.disconnect();
    await phone.connect();
    expect(told).toEqual([]);
    await world.run(device.client.connect());
    expect(device.of('logged-out')).toHaveLength(1);
    expect(device.store.size()).toBe(0);
  });

  test('and a companion that is linked is unlinked by its key index too', async () => {
    const { device, approved, linked } = await offer();
    await world.run(Promise.all([approved, linked]));
    await world.run(device.client.connect());
    await phone.unlink({ keyIndex: 1 });
    await world.settled();
    expect(await phone.linkedDevices()).toEqual([]);
    expect(device.of('logged-out')).toHaveLength(1);
  });
});

describe('a link by code', () => {
  test('of which the consent is old goes on with the same code and a fresh one', async () => {
    const { code, linked } = await world.run(
      world.device().client.offerLinkByCode({ ...LABELS, account: ALICE }),
    );
    const approve = (at: number): Promise<Address> =>
      world.run(phone.approveLinkByCode({ code, userConfirmed: { method: 'pin', at } }));
    await expectRejection('not-confirmed', approve(world.clock.now() - 60_001));
    await expectRejection('not-confirmed', approve(world.clock.now() + 1));
    expect(await Promise.all([approve(world.clock.now()), world.run(linked)])).toEqual([LAPTOP, LAPTOP]);
  });
});
