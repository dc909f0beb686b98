/** A server that lies about devices: nobody is added, nobody is kept for long, nobody is erased. */
import { MAX_COMPANIONS, NEWER_LIST_GRACE_MS } from 'polyratchet/devices';
import type { Forgery, Intruder } from 'polyratchet/memory';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseAddress } from 'polyratchet';
import { toHex } from '../../../src/core/bytes.js';
import { expectRejection } from '../../support/errors.js';
import type { Device } from '../device.js';
import { DAY_MS, HOUR_MS } from '../world.js';
import {
  ALICE,
  BOB,
  chat,
  devicesFor,
  exclusions,
  expectNoHarm,
  LAPTOP,
  listRefusals,
  outcomes,
  people,
  TABLET,
  type People,
} from './lyingWorld.js';

describe('devices that the server has made up', () => {
  let all: People;
  beforeAll(async () => {
    all = await people();
  });

  test.each(['unsigned', 'forged', 'borrowed', 'other-primary'] satisfies Forgery[])(
    'a companion that is %s gets nothing, and is heard by nobody',
    async (forgery) => {
      const { world, bob, tablet } = all;
      const stranger = await world.stranger();
      world.server.lie({ kind: 'add-device', account: ALICE, forgery });
      const intruder = world.server.intruders().at(-1)!;
      const first = world.send(stranger, ALICE, 'hello, Alice');
      // A list of somebody else’s makes a stranger wait: there is no telling what is true.
      if (forgery === 'other-primary') {
        await expectRejection('device-unverified', first);
        world.sent.pop();
      } else
        expect(Object.keys(outcomes(await first)).sort()).toEqual([LAPTOP, ALICE, intruder.address].sort());
      await intrudeEverywhere(all, intruder);
      await chat(all);
      expect(await devicesFor(bob, ALICE)).toEqual([0, 1]);
      if (forgery === 'other-primary') expect(listRefusals(tablet)).toContain('device-unverified');
      else {
        const why = forgery === 'unsigned' ? 'unsigned' : 'invalid-signature';
        expect(Object.values(await exclusions(tablet, ALICE))).toEqual([why]);
      }
      await expectNoHarm(all);
    },
  );

  test('a primary in the place of one that is known is told of, and gets nothing', async () => {
    const { world, alice, bob } = all;
    world.server.lie({ kind: 'replace-account', account: ALICE });
    const intruder = world.server.intruders().at(-1)!;
    await intrudeEverywhere(all, intruder);
    await chat(all);
    await world.run(bob.client.disconnect());
    await world.run(bob.client.connect());
    const told = bob.of('identity-changed').at(-1)!;
    expect([told.account, toHex(told.got)]).toEqual([ALICE, toHex(intruder.identity.publicKey)]);
    expect(toHex(told.expected)).toBe(await identityOf(bob, ALICE));
    expect(alice.of('identity-changed')).toEqual([]);
    await expectNoHarm(all);
  });

  test('a device that was unlinked does not come back under the number or the key index of another', async () => {
    const { world, alice, bob } = all;
    const watch = await world.link(alice);
    await world.members();
    const before = await world.run(world.server.connect(BOB).fetchDeviceLists([ALICE]));
    const address = await watch.address();
    const number = parseAddress(address).device;
    const old = before.get(ALICE)!.devices.find(({ device }) => device === number)!;
    await world.run(alice.client.unlink(address));
    expect(watch.of('logged-out')).toHaveLength(1);
    const labels = [{}, { device: 1 }, { keyIndex: 1 }, { keyIndex: 99, device: 99 }];
    for (const claim of labels.map((label) => ({ ...old, ...label }))) {
      world.distort = (truth) => ({
        fetchDeviceLists: async (accounts) => {
          const lists = await truth.fetchDeviceLists(accounts);
          const answer = lists.get(ALICE);
          if (answer === undefined) return lists;
          const others = answer.devices.filter(({ device }) => device !== claim.device);
          return new Map([...lists, [ALICE, { ...answer, devices: [...others, claim] }]]);
        },
      });
      await reconnect(all, bob);
      await world.send(bob, ALICE, 'to the phone and the laptop');
      expect(await devicesFor(bob, ALICE)).toEqual([0, 1]);
    }
    await expectNoHarm(all);
  });

  test('a time of last use that is claimed is the server’s word, and makes nobody a device', async () => {
    const { world, alice } = all;
    world.server.lie({ kind: 'claim-last-used', device: 'alice:9@example.org', lastUsed: world.clock.now() });
    world.server.lie({ kind: 'claim-last-used', device: LAPTOP, lastUsed: 5 });
    const rows = await world.run(alice.client.linkedDevices());
    expect(rows.map(({ address, status, lastUsed }) => [address, status, lastUsed?.source])).toEqual([
      [LAPTOP, { kind: 'verified' }, 'server'],
      ['alice:9@example.org', { kind: 'flagged', why: 'not-in-list' }, 'server'],
    ]);
    await expectNoHarm(all);
  });
});

test('a primary in the place of one that nobody knows is believed, until the codes are compared', async () => {
  const { world, alice } = await people();
  const stranger = await world.stranger();
  const address = await stranger.address();
  world.server.lie({ kind: 'replace-account', account: ALICE });
  await world.send(stranger, ALICE, 'for Alice alone');
  expect((await world.harm()).leaked, 'what trust on first use means').toBeGreaterThan(0);
  await world.send(alice, BOB, 'unharmed');
  const intruded = await world.run(stranger.client.securityCode(ALICE));
  await world.truth();
  await world.send(stranger, ALICE, 'where are you?');
  await world.settled();
  const change = stranger.of('identity-changed').at(-1)!;
  expect(toHex(change.got)).toBe(await identityOf(alice, ALICE));
  const real = await world
    .run(alice.client.devicesOf(address))
    .then(() => alice.client.securityCode(address));
  expect(real.kind).toBe('complete');
  expect(
    intruded.kind === 'complete' && real.kind === 'complete' && intruded.code.digits === real.code.digits,
  ).toBe(false);
});

describe('lists that the server keeps to itself', () => {
  test('a new companion is unknown, and an unlinked one is served, for two days after an authentic message at most', async () => {
    const all = await people();
    const { world, alice, laptop, bob, tablet } = all;
    world.server.lie({ kind: 'withhold-list', account: ALICE, to: [BOB, TABLET] });
    const watch = await world.link(alice);
    await world.run(alice.client.unlink(LAPTOP));
    await world.send(alice, BOB, 'my newest list has a time');
    await world.settled();
    await world.send(bob, ALICE, 'within the grace');
    expect(await devicesFor(bob, ALICE)).toEqual([0, 1]);
    expect(world.server.intercepted().map(({ to }) => to)).toEqual([LAPTOP]);
    expect(laptop.of('logged-out')).toHaveLength(1);
    await world.clock.advance(NEWER_LIST_GRACE_MS + HOUR_MS);
    const sent = outcomes(await world.send(bob, ALICE, 'after the grace'));
    expect(sent).toMatchObject({ [ALICE]: 'sealed', [TABLET]: 'sealed', [LAPTOP]: 'refused' });
    expect(world.server.intercepted()).toHaveLength(1);
    for (const contact of [bob, tablet])
      expect(await exclusions(contact, ALICE)).toEqual({ 1: 'newer-list-expected' });
    const missed = watch.shown.size;
    // Nobody could know of the watch, to which Bob has written twice.
    await expectNoHarm({ ...all, laptop: watch }, { lost: 2 });
    expect(watch.shown.size).toBe(missed + 3);
    expect(
      bob
        .of('devices-changed')
        .at(-1)
        ?.removed.map(({ address, why }) => [address, why]),
    ).toEqual([[LAPTOP, 'revoked']]);
  });

  test('for 35 days: the own devices are warned, contacts fall back to the phone, and all is well afterwards', async () => {
    const all = await people();
    const { world, alice, laptop, bob, tablet } = all;
    const { validUntil } = await world.run(bob.client.devicesOf(ALICE));
    world.server.lie({ kind: 'withhold-list', account: ALICE });
    const jumpTo = (time: number): Promise<void> => world.clock.jump(time - world.clock.now());
    await jumpTo(validUntil - 7 * DAY_MS - HOUR_MS);
    expect(laptop.of('device-list-expiring')).toEqual([]);
    await jumpTo(validUntil - 7 * DAY_MS + HOUR_MS);
    expect(laptop.of('device-list-expiring').at(-1)?.expiresAt).toBe(validUntil);
    expect(alice.of('device-list-expiring'), 'the phone has signed a fresh one each day').toEqual([]);
    await jumpTo(validUntil - 1);
    expect(outcomes(await world.send(bob, ALICE, 'on the last day'))).toMatchObject({ [LAPTOP]: 'sealed' });
    await jumpTo(validUntil + 1);
    expect(outcomes(await world.send(bob, ALICE, 'after it'))).toMatchObject({
      [ALICE]: 'sealed',
      [LAPTOP]: 'refused',
    });
    expect(await exclusions(tablet, ALICE)).toEqual({ 1: 'expired' });
    // What was written while the laptop did not count is not for it.
    await expectNoHarm(all, { lost: 1 });
    expect(await devicesFor(tablet, ALICE)).toEqual([0, 1]);
  });

  test('an older list is refused by who has seen a newer one', async () => {
    const all = await people();
    const { world, alice, bob, tablet } = all;
    const watch = await world.link(alice);
    await reconnect(all, bob);
    await reconnect(all, tablet);
    const counts = async () => [await devicesFor(bob, ALICE), await devicesFor(tablet, ALICE)];
    await chat(all);
    const before = await counts();
    world.server.lie({ kind: 'roll-back-list', account: ALICE, steps: 1 });
    world.server.lie({
      kind: 'answer-send',
      answer: { missing: ['alice:9@example.org'] },
      to: [BOB, TABLET],
    });
    for (const device of world.devices) await reconnect(all, device);
    await chat(all);
    for (const device of [watch, bob, tablet]) expect(listRefusals(device)).toContain('list-rollback');
    expect(await counts()).toEqual(before);
    expect(before[0]).toEqual([0, 1, 2]);
    await expectNoHarm(all);
  });

  test('two views of one account are found out by its next message', async () => {
    const all = await people();
    const { world, alice, laptop, bob, tablet } = all;
    const watch = await world.link(alice);
    world.server.lie({ kind: 'fork-list', account: ALICE, to: [BOB, TABLET] });
    await world.send(alice, BOB, 'from the phone with a newer list');
    await world.settled();
    await world.clock.advance(NEWER_LIST_GRACE_MS + HOUR_MS);
    expect(await exclusions(bob, ALICE)).toEqual({ 1: 'newer-list-expected' });
    expect(await devicesFor(laptop, ALICE)).toEqual([0, 1, 2]);
    expect(watch.of('refused')).toEqual([]);
    await expectNoHarm(all);
    for (const contact of [bob, tablet]) expect(await devicesFor(contact, ALICE)).toEqual([0, 1, 2]);
  });

  test('a companion that is left out goes on with its contacts, and is missing from the code of a stranger', async () => {
    const all = await people();
    const { world, bob } = all;
    const stranger = await world.stranger();
    world.server.lie({ kind: 'hide-device', device: LAPTOP });
    await reconnect(all, bob);
    await chat(all);
    expect(await devicesFor(bob, ALICE)).toEqual([0, 1]);
    await world.send(stranger, ALICE, 'hello, all of you');
    expect((await world.run(stranger.client.securityCode(ALICE))).kind).toBe('incomplete');
    // The stranger could not know whom to write to.
    await expectNoHarm(all, { lost: 1 });
    expect((await world.run(stranger.client.securityCode(ALICE))).kind).toBe('complete');
  });
});

describe('a device that is said to be unlinked', () => {
  test('erases nothing on the server’s word, and goes on when it is let in again', async () => {
    const all = await people();
    const { world, laptop } = all;
    const before = laptop.store.size();
    world.server.lie({ kind: 'unlink', device: LAPTOP });
    await world.settled();
    expect(laptop.of('disconnected').at(-1)?.error?.code).toBe('device-revoked');
    await expectRejection('device-revoked', world.run(laptop.client.connect()));
    const { kind } = await world.send(laptop, BOB, 'waits');
    expect([kind, laptop.of('logged-out')]).toEqual(['queued', []]);
    expect(laptop.store.size()).toBeGreaterThan(before);
    await expectNoHarm(all);
  });
});

describe('a server whose time is wrong', () => {
  test('by more than a day makes the phone sign nothing that others would refuse', async () => {
    const all = await people();
    const { world, alice } = all;
    world.server.lie({ kind: 'wrong-time', ahead: -DAY_MS - HOUR_MS });
    await expectRejection('list-from-future', world.run(alice.client.unlink(LAPTOP)));
    await expectRejection('list-from-future', world.run(world.device().client.register('carol@example.org')));
    world.devices.pop();
    expect(await devicesFor(alice, ALICE)).toEqual([0, 1]);
    await expectNoHarm(all);
  });

  test('by any time changes neither lists nor messages', async () => {
    const all = await people();
    const { world, bob } = all;
    for (const ahead of [400 * DAY_MS, -400 * DAY_MS]) {
      const end = world.server.lie({ kind: 'wrong-time', ahead });
      for (const device of world.devices) await reconnect(all, device);
      await chat(all);
      await world.clock.advance(26 * HOUR_MS);
      await chat(all);
      end();
    }
    const refused = bob.of('list-refused').map(({ account, error }) => [account, error.code]);
    expect(refused, 'of its own list, which it does not renew: nothing else').toEqual(
      refused.map(() => [BOB, 'list-from-future']),
    );
    const times = bob.of('message').map(({ message }) => message.receivedAt);
    expect(Math.max(...times), 'times of receipt are the device’s own').toBeLessThanOrEqual(
      world.clock.now(),
    );
    await expectNoHarm(all);
  });
});

describe('answers that are too much, or nothing that was asked for', () => {
  test('of devices are refused as a whole', async () => {
    const all = await people();
    const { world, bob } = all;
    const claims = Array.from({ length: 65 }, (_, device) => ({ device }));
    world.distort = () => ({
      fetchDeviceLists: async () => Promise.resolve(new Map([[ALICE, { devices: claims }]])),
    });
    await reconnect(all, bob);
    await chat(all);
    expect(await devicesFor(bob, ALICE)).toEqual([0, 1]);
    world.distort = (truth) => ({
      fetchDeviceLists: async (accounts) => {
        const lists = await truth.fetchDeviceLists(accounts);
        return new Map(
          [...lists].map(([account, list]) => [account, { ...list, signedList: new Uint8Array(1e6) }]),
        );
      },
    });
    for (const device of world.devices) await reconnect(all, device);
    await chat(all);
    expect(await devicesFor(bob, ALICE)).toEqual([0, 1]);
    expect(listRefusals(all.laptop)).toContain('too-large');
    expect(MAX_COMPANIONS).toBeLessThan(claims.length);
    await expectNoHarm(all);
  });
});

/** An intruder writes to everybody under every name that could help it. */
async function intrudeEverywhere({ world }: People, intruder: Intruder): Promise<void> {
  const answers = await world.server.connect(BOB).fetchDeviceLists([ALICE]);
  const named = answers.get(ALICE)?.devices.flatMap(({ signedIdentity }) => signedIdentity ?? []) ?? [];
  for (const deviceIdentity of [undefined, named.at(-1)]) {
    for (const from of new Set([intruder.address, LAPTOP, ALICE])) {
      for (const to of [BOB, TABLET]) {
        const by = { from, ...(deviceIdentity === undefined ? {} : { deviceIdentity }) };
        expect(await world.intrude(intruder, to, by)).toBe(true);
      }
    }
  }
}

async function reconnect({ world }: People, device: Device): Promise<void> {
  await world.run(device.client.disconnect());
  await world.run(device.client.connect());
  await world.settled();
}

async function identityOf(viewer: Device, account: string): Promise<string> {
  const [primary] = (await viewer.client.devicesOf(account)).devices;
  return toHex(primary!.identity);
}
