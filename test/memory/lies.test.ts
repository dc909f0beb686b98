import type { Clock, Envelope, Server } from 'polyratchet';
import {
  acceptedDevices,
  approveLink,
  completeLink,
  confirmCompanion,
  createLinkOffer,
  createOwnDevices,
  mergeDeviceList,
  parseLinkQr,
  removeCompanion,
  type DeviceListRecord,
} from 'polyratchet/devices';
import {
  generateIdentity,
  generateOneTimePreKeys,
  generateSignedPreKey,
  publicPreKey,
  publicSignedPreKey,
  validateBundle,
  type Identity,
} from 'polyratchet/identity';
import { createLyingServer, type Lie, type LyingServer } from 'polyratchet/memory';
import { serverCases } from 'polyratchet/testing';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { expectError, expectRejection } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { runCases } from '../testing/suites.js';
import { allAsleep, collect, envelopeTo as to, filled, keysOf, numbers, take } from './connections.js';

const ALICE = 'alice@example.org';
const LAPTOP = 'alice:1@example.org';
const BOB = 'bob@example.org';
const CAROL = 'carol@example.org';
const NOW = 1_750_000_000_000;
const LABELS = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;

describe('a lying server that was not asked to lie passes:', () => {
  runCases(serverCases({ create: () => createLyingServer() }));
});

describe('lies about devices', () => {
  let world: Account;
  beforeAll(async () => {
    world = await startAccount();
  });
  afterEach(() => world.server.truth());

  test.each(['unsigned', 'forged', 'borrowed', 'other-primary'] as const)(
    'a companion that is %s is shown, with a bundle of its own, and merging refuses it',
    async (forgery) => {
      const { server, bob } = world;
      const endLie = server.lie({ kind: 'add-device', account: ALICE, forgery });
      const intruder = server.intruders().at(-1)!;
      const answer = (await bob.fetchDeviceLists([ALICE])).get(ALICE)!;
      expect(answer.devices.at(-1)?.identity).toEqual(intruder.identity.publicKey);
      const bundle = (await bob.fetchBundles([intruder.address])).get(intruder.address)!;
      expect(validateBundle(bundle).identityKey).toEqual(intruder.identity.publicKey);
      const seen = await seenBy(world).catch((error: unknown) => error);
      if (forgery === 'other-primary') expect(seen).toMatchObject({ code: 'device-unverified' });
      else expect(acceptedOf(seen as DeviceListRecord)).toEqual([ALICE, LAPTOP]);
      expect(await bob.send([to(intruder.address, 7)], { id: forgery })).toEqual({});
      expect(server.intercepted().at(-1)).toMatchObject({ from: BOB, to: intruder.address });
      endLie();
      expect((await bob.fetchDeviceLists([ALICE])).get(ALICE)?.devices).toHaveLength(2);
      expect((await bob.fetchBundles([intruder.address])).size).toBe(0);
    },
  );

  test('an account in the place of another is refused by whoever knows the first', async () => {
    const { server, bob, record } = world;
    const endLie = server.lie({ kind: 'replace-account', account: ALICE, to: [BOB] });
    const answer = (await bob.fetchDeviceLists([ALICE])).get(ALICE)!;
    expectError('untrusted-identity', () => mergeDeviceList({ account: ALICE, record, answer, now: NOW }));
    expect(acceptedOf(mergeDeviceList({ account: ALICE, answer, now: NOW }).record)).toEqual([ALICE]);
    const bundles = await bob.fetchBundles([ALICE, LAPTOP]);
    expect([...bundles.keys()]).toEqual([ALICE]);
    expect(bundles.get(ALICE)?.identityKey).toEqual(server.intruders().at(-1)?.identity.publicKey);
    await bob.send([to(ALICE, 1)], { id: 'replaced' });
    expect(server.intercepted().at(-1)?.to).toBe(ALICE);
    endLie();
    await bob.send([to(ALICE, 2)], { id: 'genuine' });
    expect(server.intercepted().at(-1)?.bytes).toEqual(filled(10, 1));
  });

  test('is told to those who are named, and to nobody else', async () => {
    const { server, phone, bob } = world;
    const endLie = server.lie({ kind: 'hide-device', device: LAPTOP, to: [BOB] });
    expect(await numbersOf(bob)).toEqual([0]);
    expect(await numbersOf(phone)).toEqual([0, 1]);
    endLie();
    expect(await numbersOf(bob)).toEqual([0, 1]);
  });

  test('a device that is said to be unlinked is let in again when the lie ends', async () => {
    const { server, bob, laptop } = world;
    const reading = collect(laptop);
    await allAsleep();
    const endLie = server.lie({ kind: 'unlink', device: LAPTOP });
    expect((await reading).error).toBe('device-revoked');
    await expectRejection('device-revoked', laptop.fetchTime());
    const answer = (await laptop.fetchDeviceLists([ALICE])).get(ALICE)!;
    expect(answer.devices.map(({ device }) => device)).toEqual([0]);
    const { record } = mergeDeviceList({ account: ALICE, record: world.record, answer, now: NOW });
    expect(acceptedOf(record), 'the signed list still names it').toEqual([ALICE, LAPTOP]);
    expect(await numbersOf(bob)).toEqual([0]);
    endLie();
    expect(await laptop.fetchTime()).toBe(NOW);
    expect(await numbersOf(bob)).toEqual([0, 1]);
  });

  test('a time of last use is claimed of any device', async () => {
    const { server, phone, bob } = world;
    const endLie = server.lie({ kind: 'claim-last-used', device: 'alice:9@example.org', lastUsed: 5 });
    expect((await phone.fetchLastUsed()).at(-1)).toEqual({ device: 9, lastUsed: 5 });
    expect(await bob.fetchLastUsed()).toHaveLength(1);
    endLie();
  });

  test('lists are withheld, rolled back and forked; what was published last is told when the lie ends', async () => {
    const { server, phone, bob, devices, signer } = await startAccount();
    const carol = server.connect(CAROL);
    const listAt = async (viewer: Server) => (await viewer.fetchDeviceLists([ALICE])).get(ALICE)?.signedList;
    const first = await listAt(bob);
    const endWithholding = server.lie({ kind: 'withhold-list', account: ALICE });
    const removal = removeCompanion({ devices, keyIndex: 1, ...signer });
    const { signedList } = removal.devices;
    await phone.publishDeviceList({ signedList, removed: [1] });
    (await listAt(bob))?.fill(0);
    expect(await listAt(bob)).toEqual(first);
    expect(await bob.send([to(LAPTOP, 1)], { id: 'late' }), 'it does not speak of the device').toEqual({});
    expect(server.intercepted().at(-1)?.to).toBe(LAPTOP);
    endWithholding();
    expect(await listAt(bob)).toEqual(signedList);
    expect((await bob.send([to(LAPTOP, 1)], { id: 'later' })).extra).toEqual([LAPTOP]);

    const newest = await seenBy({ bob });
    const endRollback = server.lie({ kind: 'roll-back-list', account: ALICE, steps: 1 });
    const old = (await bob.fetchDeviceLists([ALICE])).get(ALICE)!;
    expect(old.devices.map(({ device }) => device)).toEqual([0, 1]);
    expectError('list-rollback', () =>
      mergeDeviceList({ account: ALICE, record: newest, answer: old, now: NOW }),
    );
    endRollback();
    const endDeepRollback = server.lie({ kind: 'roll-back-list', account: ALICE, steps: 100 });
    expect((await bob.fetchDeviceLists([ALICE])).get(ALICE)?.devices).toHaveLength(1);
    endDeepRollback();
    server.lie({ kind: 'fork-list', account: ALICE, to: [CAROL] });
    expect([await listAt(bob), await listAt(carol)]).toEqual([signedList, first]);
    server.truth();
    expect(await listAt(carol)).toEqual(signedList);
  });
});

describe('lies about keys', () => {
  let world: Account;
  beforeAll(async () => {
    world = await startAccount();
  });
  afterEach(() => world.server.truth());

  test('a bundle of another device, and one of nobody', async () => {
    const { server, bob, phone } = world;
    const own = (await phone.fetchBundles([BOB])).get(BOB);
    const endLie = server.lie({ kind: 'swap-bundle', device: LAPTOP, by: BOB });
    expect((await bob.fetchBundles([LAPTOP])).get(LAPTOP)?.identityKey).toEqual(own?.identityKey);
    endLie();
    server.lie({ kind: 'swap-bundle', device: LAPTOP });
    const bundle = (await bob.fetchBundles([LAPTOP])).get(LAPTOP)!;
    expect(validateBundle(bundle).identityKey).toEqual(server.intruders().at(-1)?.identity.publicKey);
    server.truth();
  });

  test('a signed prekey that the device has not signed, and a one-time prekey that nobody signs', async () => {
    const { server, bob } = world;
    const endLie = server.lie({ kind: 'swap-prekey', device: LAPTOP, which: 'signed' });
    const bundle = (await bob.fetchBundles([LAPTOP])).get(LAPTOP)!;
    expectError('invalid-signature', () => validateBundle(bundle));
    endLie();
    server.lie({ kind: 'swap-prekey', device: LAPTOP, which: 'one-time' });
    const unsigned = (await bob.fetchBundles([LAPTOP])).get(LAPTOP)!;
    const { publicKey } = server.intruders().at(-1)!.signedPreKey;
    expect(validateBundle(unsigned).oneTimePreKey?.publicKey).toEqual(publicKey);
    server.truth();
  });

  test('one bundle again and again, none with a one-time prekey, and another count', async () => {
    const { server, bob, laptop } = world;
    const idOf = async () => (await bob.fetchBundles([LAPTOP])).get(LAPTOP)?.oneTimePreKey?.id;
    const endRepeating = server.lie({ kind: 'repeat-bundle', device: LAPTOP });
    const first = await idOf();
    expect(first).toBeDefined();
    expect(await idOf()).toBe(first);
    endRepeating();
    expect(await idOf()).not.toBe(first);
    const endWithholding = server.lie({ kind: 'withhold-prekeys', device: LAPTOP });
    expect(await idOf()).toBeUndefined();
    endWithholding();
    const count = await laptop.countOneTimePreKeys();
    const endCounting = server.lie({ kind: 'miscount-prekeys', device: LAPTOP, count: 0 });
    expect(await laptop.countOneTimePreKeys()).toBe(0);
    endCounting();
    expect(await laptop.countOneTimePreKeys()).toBe(count);
    expect(count).toBeGreaterThan(0);
  });
});

describe('lies about messages', () => {
  test('are lost, or come twice', async () => {
    const { server, alice, bob } = await start();
    await told(server, { kind: 'drop', from: [ALICE], to: [BOB] }, () =>
      alice.send([to(BOB, 1)], { id: 'a' }),
    );
    await told(server, { kind: 'drop', from: [CAROL] }, () => alice.send([to(BOB, 2)], { id: 'b' }));
    await told(server, { kind: 'duplicate' }, () => alice.send([to(BOB, 3), to(BOB, 4)], { id: 'c' }));
    expect(numbers(await take(bob, 5))).toEqual([2, 3, 3, 4, 4]);
  });

  test('come late, all of them when the lie ends', async () => {
    const { server, alice, bob } = await start();
    const endLie = server.lie({ kind: 'delay', to: [BOB] });
    await alice.send([to(BOB, 1), to(ALICE, 9)], { id: 'a' });
    await alice.send([to(BOB, 2)], { id: 'b' });
    expect([server.waiting(ALICE), server.waiting(BOB)]).toEqual([1, 0]);
    endLie();
    endLie();
    expect(numbers(await take(bob, 2))).toEqual([1, 2]);
    expect(server.waiting(BOB)).toBe(2);
  });

  test('come in reverse, as soon as there are so many', async () => {
    const { server, alice, bob } = await start();
    const endLie = server.lie({ kind: 'reorder', count: 3, to: [BOB] });
    for (let i = 1; i <= 5; i++) await alice.send([to(BOB, i)], { id: String(i) });
    expect(numbers(await take(bob, 3))).toEqual([3, 2, 1]);
    endLie();
    expect(numbers(await take(bob, 5))).toEqual([3, 2, 1, 5, 4]);
  });

  test('come as from another device, and into the mailbox of another one', async () => {
    const { server, alice, bob } = await start();
    await told(server, { kind: 'impersonate', as: CAROL }, () => alice.send([to(BOB, 1)], { id: 'a' }));
    await told(server, { kind: 'misdeliver', to: [ALICE], into: BOB }, () =>
      bob.send([to(ALICE, 2)], { id: 'b' }),
    );
    const received = await take(bob, 2);
    expect(received.map(({ envelope }) => [envelope.from, envelope.to])).toEqual([
      [CAROL, BOB],
      [BOB, BOB],
    ]);
  });

  test('come again long after they were acknowledged, and such as nobody has sent', async () => {
    const { server, alice, bob } = await start();
    await alice.send([to(BOB, 1), to(ALICE, 2)], { id: 'a' });
    const [first] = await take(bob, 1);
    await bob.acknowledge([first!.id]);
    server.lie({ kind: 'replay', to: [BOB] });
    const made: Envelope = to(BOB, 3, { from: CAROL });
    server.lie({ kind: 'inject', envelope: made });
    server.truth();
    const received = await take(bob, 2);
    expect(numbers(received)).toEqual([1, 3]);
    expect(received[1]?.envelope).toEqual(made);
    expect(server.waiting(ALICE)).toBe(1);
  });

  test('are answered with devices that are made up', async () => {
    const { server, alice } = await start();
    const answer = { missing: [CAROL], stale: [BOB] };
    server.lie({ kind: 'answer-send', answer, to: [ALICE] });
    expect(await alice.send([to(CAROL, 1)], { id: 'a' })).toEqual({ extra: [CAROL], ...answer });
    server.truth();
    expect(await alice.send([to(CAROL, 1)], { id: 'a' })).toEqual({ extra: [CAROL] });
  });
});

describe('other lies', () => {
  test('about the time are told when it is asked, and of envelopes', async () => {
    const { server, alice, bob } = await start();
    const endLie = server.lie({ kind: 'wrong-time', ahead: -1_000, to: [BOB] });
    expect([await alice.fetchTime(), await bob.fetchTime()]).toEqual([NOW, NOW - 1_000]);
    await alice.send([to(BOB, 1)], { id: 'a' });
    expect((await take(bob, 1))[0]?.envelope.at).toBe(NOW - 1_000);
    endLie();
    expect((await take(bob, 1))[0]?.envelope.at).toBe(NOW);
  });

  test('about links give one companion the approval of another, or another address', async () => {
    const { server, alice } = await start();
    const companion = server.connectUnlinked();
    const [one, other] = [await companion.offerLink(LABELS), await companion.offerLink(LABELS)];
    await alice.approveLink({ ref: one, container: filled(200, 1) });
    const endLie = server.lie({ kind: 'swap-approvals', refs: [one, other] });
    expect((await companion.fetchLink(one)).approval).toBeUndefined();
    expect((await companion.fetchLink(other)).approval?.container).toEqual(filled(200, 1));
    await alice.approveLink({ ref: other, container: filled(200, 2) });
    expect((await companion.fetchLink(one)).approval?.container).toEqual(filled(200, 2));
    endLie();
    server.lie({ kind: 'wrong-address', ref: one, address: 'mallory:1@example.org' });
    expect((await companion.fetchLink(one)).approval).toEqual({
      container: filled(200, 1),
      address: 'mallory:1@example.org',
    });
    expect((await companion.fetchLink(other)).approval?.address).toBe('alice:2@example.org');
  });

  test('that nobody knows are refused', () => {
    const server = createLyingServer();
    for (const lie of [undefined, 'drop', { kind: 'toString' }, {}])
      expectError('invalid-argument', () => server.lie(lie as never));
  });

  test('are the same with the same randomness', async () => {
    const made = [1, 1, 2].map((seed) => {
      const server = createLyingServer({ random: seededRandom(seed) });
      server.lie({ kind: 'add-device', account: ALICE, forgery: 'unsigned' });
      return server.intruders()[0]!.identity.publicKey.join();
    });
    expect(made[0]).toBe(made[1]);
    expect(made[0]).not.toBe(made[2]);
    await Promise.resolve();
  });
});

/** Does something while a lie is told. */
async function told(server: LyingServer, lie: Lie, action: () => Promise<unknown>): Promise<void> {
  const endLie = server.lie(lie);
  await action();
  endLie();
}

interface Started {
  readonly server: LyingServer;
  readonly alice: Server;
  readonly bob: Server;
}

/** Two devices whose keys are made up. */
async function start(): Promise<Started> {
  const clock: Clock = { now: () => NOW, after: () => () => undefined };
  const server = createLyingServer({ clock, random: seededRandom(1) });
  const [alice, bob] = [server.connect(ALICE), server.connect(BOB)];
  await alice.publishPreKeys(...keysOf());
  await bob.publishPreKeys(...keysOf());
  return { server, alice, bob };
}

type Account = Awaited<ReturnType<typeof startAccount>>;

/** A real phone with a real laptop, and a contact who knows them. */
async function startAccount() {
  const random = seededRandom(7);
  const clock: Clock = { now: () => NOW, after: () => () => undefined };
  const server = createLyingServer({ clock, random });
  const [primary, companion] = [generateIdentity(random), generateIdentity(random)];
  const signer = { identity: primary, random, now: NOW, serverTime: NOW };
  const [phone, bob] = [server.connect(ALICE), server.connect(BOB)];
  await publish(phone, primary, random);
  await publish(bob, generateIdentity(random), random);
  const own = createOwnDevices({ account: ALICE, ...signer }).devices;
  await phone.publishDeviceList({ signedList: own.signedList });

  const unlinked = server.connectUnlinked();
  const ref = await unlinked.offerLink(LABELS);
  const link = { ...LABELS, identity: companion, noiseKey: random(32), ref, random, now: NOW };
  const { offer, qr } = createLinkOffer(link);
  const userConfirmed = { method: 'pin', at: NOW } as const;
  const approved = approveLink({ devices: own, request: parseLinkQr(qr), userConfirmed, ...signer });
  await phone.approveLink({ ref, container: approved.container });
  const { approval } = await unlinked.fetchLink(ref);
  const completed = completeLink({ offer, identity: companion, ...approval!, random, now: NOW });
  await unlinked.completeLink({ ref, signedIdentity: completed.reply });
  const signedIdentity = completed.reply;
  const devices = confirmCompanion({ devices: approved.devices, keyIndex: 1, device: 1, signedIdentity });
  await phone.publishDeviceList({ signedList: devices.signedList });
  const laptop = server.connect(LAPTOP);
  await publish(laptop, companion, random);
  const record = await seenBy({ bob });
  return { server, phone, laptop, bob, devices, signer, record };
}

async function publish(
  connection: Server,
  identity: Identity,
  random: ReturnType<typeof seededRandom>,
): Promise<void> {
  const { oneTimePreKeys } = generateOneTimePreKeys({ lastId: 0, count: 10, random });
  const signedPreKey = publicSignedPreKey(generateSignedPreKey({ identity, id: 1, random, now: NOW }));
  await connection.publishPreKeys(
    {
      registrationId: 1,
      identityKey: identity.publicKey,
      signedPreKey,
      oneTimePreKeys: oneTimePreKeys.map(publicPreKey),
    },
    { id: 'first' },
  );
}

/** What Bob makes of the list that he sees. */
async function seenBy({ bob, record }: { bob: Server; record?: DeviceListRecord }) {
  const answer = (await bob.fetchDeviceLists([ALICE])).get(ALICE)!;
  const known = record === undefined ? {} : { record };
  return mergeDeviceList({ account: ALICE, answer, now: NOW, ...known }).record;
}

function acceptedOf(record: DeviceListRecord): string[] {
  return acceptedDevices({ record, now: NOW }).devices.map(({ address }) => address);
}

async function numbersOf(viewer: Server): Promise<number[]> {
  const answer = (await viewer.fetchDeviceLists([ALICE])).get(ALICE);
  return (answer?.devices ?? []).map(({ device }) => device);
}
