import type { Clock, Envelope, OutgoingEnvelope, PublishedPreKeys } from 'polyratchet';
import { PolyratchetError } from 'polyratchet/errors';
import { createMemoryServer, type MemoryConnection, type MemoryServer } from 'polyratchet/memory';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';

const ALICE = 'alice@example.org';
const BOB = 'bob@example.org';
const TABLET = 'bob:2@example.org';

describe('prekeys', () => {
  test('of a device come back as its bundle, each one-time prekey once and in order', async () => {
    const { server, alice } = await start();
    expect(server.oneTimePreKeys(BOB)).toBe(2);
    const bundles = [await bundleOf(alice), await bundleOf(alice), await bundleOf(alice)];
    expect(bundles.map((bundle) => bundle?.oneTimePreKey?.id)).toEqual([1, 2, undefined]);
    expect(bundles[2]).toEqual({
      registrationId: 4711,
      identityKey: filled(32, 1),
      signedPreKey: { id: 9, publicKey: filled(32, 2), signature: filled(64, 3) },
    });
    expect(Object.keys(bundles[2] ?? {})).not.toContain('oneTimePreKey');
    expect(server.oneTimePreKeys(BOB)).toBe(0);
  });

  test('are handed out once also to two that ask at the same time', async () => {
    const { server, alice } = await start();
    const carol = server.connect('carol@example.org');
    const bundles = await Promise.all([bundleOf(alice), bundleOf(carol), bundleOf(alice)]);
    const ids = bundles.map((bundle) => bundle?.oneTimePreKey?.id);
    expect(ids.sort()).toEqual([1, 2, undefined]);
  });

  test('of an unknown device are absent, also of one that never published', async () => {
    const { server, alice } = await start();
    server.connect(TABLET);
    const bundles = await alice.fetchBundles([TABLET, BOB, 'nobody@example.org', '__proto__@example.org']);
    expect([...bundles.keys()]).toEqual([BOB]);
  });

  test('published again replace the signed prekey and add one-time prekeys', async () => {
    const { server, alice, bob } = await start();
    await bob.publishPreKeys({ ...keysOf([3]), signedPreKey: { ...keysOf([]).signedPreKey, id: 10 } });
    expect(server.oneTimePreKeys(BOB)).toBe(3);
    const bundles = [await bundleOf(alice), await bundleOf(alice), await bundleOf(alice)];
    expect(bundles.map((bundle) => [bundle?.signedPreKey.id, bundle?.oneTimePreKey?.id])).toEqual([
      [10, 1],
      [10, 2],
      [10, 3],
    ]);
  });

  test('belong to the device and not to the connection', async () => {
    const { server, alice, bob } = await start();
    bob.close();
    expect((await bundleOf(alice))?.registrationId).toBe(4711);
    const again = server.connect(BOB);
    expect((await again.fetchBundles([BOB])).get(BOB)?.oneTimePreKey?.id).toBe(2);
  });

  test('are copied when they are published: the device may overwrite its arrays at once', async () => {
    const { server } = await start();
    const tablet = server.connect(TABLET);
    const keys = keysOf([1]);
    const publishing = tablet.publishPreKeys(keys);
    overwrite(keys);
    await publishing;
    const bundle = (await tablet.fetchBundles([TABLET])).get(TABLET);
    expect(bundle?.identityKey).toEqual(filled(32, 1));
    expect(bundle?.signedPreKey.signature).toEqual(filled(64, 3));
    expect(bundle?.oneTimePreKey?.publicKey).toEqual(filled(32, 101));
  });

  test('are copied when they are handed out: nobody changes them for the next', async () => {
    const { alice } = await start();
    const first = await bundleOf(alice);
    overwrite({ ...first!, oneTimePreKeys: [] });
    const second = await bundleOf(alice);
    expect(second?.identityKey).toEqual(filled(32, 1));
    expect(second?.signedPreKey).toEqual({ id: 9, publicKey: filled(32, 2), signature: filled(64, 3) });
  });
});

describe('a mailbox', () => {
  test('gives what was sent, in order, with sender, time and an id of its own', async () => {
    const { alice, bob, clock } = await start();
    clock.time = 5_000;
    await alice.send([to(BOB, 1), to(BOB, 2)], { id: 'first' });
    clock.time = 6_000;
    await alice.send([{ ...to(BOB, 3), type: 'prekey' }], { id: 'second' });
    const received = await take(bob, 3);
    expect(received.map(({ bytes, type, at }) => [bytes[0], type, at])).toEqual([
      [1, 'message', 5_000],
      [2, 'message', 5_000],
      [3, 'prekey', 6_000],
    ]);
    expect(received.every(({ from, to: receiver }) => from === ALICE && receiver === BOB)).toBe(true);
    expect(new Set(received.map(({ id }) => id)).size).toBe(3);
  });

  test('wakes a reader that waits, and gives each reader everything', async () => {
    const { server, alice, bob } = await start();
    const [one, two] = [take(bob, 2), take(server.connect(BOB), 2)];
    await allAsleep();
    await alice.send([to(BOB, 1)], { id: 'a' });
    await allAsleep();
    await alice.send([to(BOB, 2)], { id: 'b' });
    for (const received of await Promise.all([one, two])) expect(numbers(received)).toEqual([1, 2]);
  });

  test('forgets what was acknowledged, and gives the rest again to the next connection', async () => {
    const { server, alice, bob } = await start();
    await alice.send([to(BOB, 1), to(BOB, 2), to(BOB, 3)], { id: 'a' });
    const [first, , third] = await take(bob, 3);
    await bob.acknowledge([first!.id, third!.id]);
    bob.close();
    expect(server.waiting(BOB)).toBe(1);
    const again = server.connect(BOB);
    const [second] = await take(again, 1);
    expect(second?.bytes).toEqual(filled(10, 2));
    await again.acknowledge([second!.id, second!.id, 'unknown']);
    expect(server.waiting(BOB)).toBe(0);
  });

  test('does not give an envelope that was acknowledged while its reader slept', async () => {
    const { server, alice, bob } = await start();
    await alice.send([to(BOB, 1), to(BOB, 2)], { id: 'a' });
    const reading = bob.receive()[Symbol.asyncIterator]();
    const { value: first } = (await reading.next()) as IteratorYieldResult<Envelope>;
    const [, second] = await take(server.connect(BOB), 2);
    await bob.acknowledge([first.id, second!.id]);
    await alice.send([to(BOB, 3)], { id: 'b' });
    const { value: next } = (await reading.next()) as IteratorYieldResult<Envelope>;
    expect(next.bytes[0]).toBe(3);
  });

  test('is emptied by its own device only', async () => {
    const { server, alice, bob } = await start();
    await alice.send([to(BOB, 1)], { id: 'a' });
    const [envelope] = await take(bob, 1);
    await alice.acknowledge([envelope!.id]);
    expect(server.waiting(BOB)).toBe(1);
  });

  test('keeps a copy: the sender may overwrite its array at once', async () => {
    const { alice, bob } = await start();
    const envelope = to(BOB, 1);
    const sending = alice.send([envelope], { id: 'a' });
    envelope.bytes.fill(0xee);
    await sending;
    envelope.bytes.fill(0xdd);
    const [received] = await take(bob, 1);
    expect(received?.bytes).toEqual(filled(10, 1));
  });

  test('hands out copies: a receiver that overwrites one changes no redelivery', async () => {
    const { server, alice, bob } = await start();
    await alice.send([to(BOB, 1)], { id: 'a' });
    const [first] = await take(bob, 1);
    first!.bytes.fill(0xee);
    const [again] = await take(server.connect(BOB), 1);
    expect(again?.bytes).toEqual(filled(10, 1));
  });
});

describe('sending', () => {
  test('the same id again delivers nothing twice, and another id does', async () => {
    const { server, alice } = await start();
    await alice.send([to(BOB, 1)], { id: 'a' });
    await alice.send([to(BOB, 1)], { id: 'a' });
    await Promise.all([alice.send([to(BOB, 1)], { id: 'a' }), alice.send([to(BOB, 1)], { id: 'b' })]);
    expect(server.waiting(BOB)).toBe(2);
  });

  test('an id counts for its own device: another one may use it too', async () => {
    const { server, alice, bob } = await start();
    await bob.send([to(BOB, 1)], { id: 'a' });
    await alice.send([to(BOB, 2)], { id: 'a' });
    expect(server.waiting(BOB)).toBe(2);
  });

  test('an id still counts after the device has connected anew', async () => {
    const { server, alice } = await start();
    await alice.send([to(BOB, 1)], { id: 'a' });
    alice.close();
    await server.connect(ALICE).send([to(BOB, 1)], { id: 'a' });
    expect(server.waiting(BOB)).toBe(1);
  });

  test('to unknown devices names them as extra, and delivers to the others', async () => {
    const { server, alice } = await start();
    server.connect(TABLET);
    const targets = ['nobody@example.org', BOB, TABLET, '__proto__@example.org'];
    const receipt = await alice.send(
      targets.map((device) => to(device, 1)),
      { id: 'a' },
    );
    expect(receipt).toEqual({ extra: ['nobody@example.org', TABLET, '__proto__@example.org'] });
    expect([server.waiting(BOB), server.waiting(TABLET), server.waiting('nobody@example.org')]).toEqual([
      1, 0, 0,
    ]);
    expect(await alice.send([to(BOB, 2)], { id: 'b' })).toEqual({});
  });
});

describe('a connection', () => {
  test('is for a well-formed address only', () => {
    const server = createMemoryServer();
    for (const device of ['', 'alice', 'alice:0@example.org', undefined as unknown as string]) {
      expectError('invalid-argument', () => server.connect(device));
    }
  });

  test('ends its readers when it is closed, those that wait too, and not those of another', async () => {
    const { server, alice, bob } = await start();
    await alice.send([to(BOB, 1)], { id: 'a' });
    const other = take(server.connect(BOB), 2);
    const received = collect(bob);
    await allAsleep();
    bob.close();
    expect(numbers(await received)).toEqual([1]);
    await alice.send([to(BOB, 2)], { id: 'b' });
    expect(numbers(await other)).toEqual([1, 2]);
  });

  test('that is closed gives no more mail and refuses every call with `closed`', async () => {
    const { alice, bob } = await start();
    await alice.send([to(BOB, 1)], { id: 'a' });
    bob.close();
    bob.close();
    expect(await collect(bob)).toEqual([]);
    const calls = [
      bob.publishPreKeys(keysOf([5])),
      bob.fetchBundles([ALICE]),
      bob.send([to(ALICE, 1)], { id: 'b' }),
      bob.acknowledge(['1']),
    ];
    for (const call of calls) await expectClosed(call);
  });

  test('that is closed changes nothing at the server', async () => {
    const { server, alice, bob } = await start();
    await alice.send([to(BOB, 1)], { id: 'a' });
    const [envelope] = await take(bob, 1);
    alice.close();
    bob.close();
    await expectClosed(alice.send([to(BOB, 2)], { id: 'c' }));
    await expectClosed(alice.fetchBundles([BOB]));
    await expectClosed(bob.acknowledge([envelope!.id]));
    expect([server.waiting(BOB), server.oneTimePreKeys(BOB)]).toEqual([1, 2]);
  });

  test('leaves its device reachable when it is closed: mail waits for the next one', async () => {
    const { server, alice, bob } = await start();
    bob.close();
    await alice.send([to(BOB, 7)], { id: 'a' });
    expect(numbers(await take(server.connect(BOB), 1))).toEqual([7]);
  });
});

interface Started {
  readonly server: MemoryServer;
  readonly alice: MemoryConnection;
  readonly bob: MemoryConnection;
  readonly clock: Clock & { time: number };
}

/** A server with two devices, one of which has published two one-time prekeys. */
async function start(): Promise<Started> {
  const clock = { time: 1_000, now: () => clock.time, after: () => () => undefined };
  const server = createMemoryServer({ clock });
  const [alice, bob] = [server.connect(ALICE), server.connect(BOB)];
  await alice.publishPreKeys(keysOf([]));
  await bob.publishPreKeys(keysOf([1, 2]));
  return { server, alice, bob, clock };
}

function keysOf(oneTimeIds: readonly number[]): PublishedPreKeys {
  return {
    registrationId: 4711,
    identityKey: filled(32, 1),
    signedPreKey: { id: 9, publicKey: filled(32, 2), signature: filled(64, 3) },
    oneTimePreKeys: oneTimeIds.map((id) => ({ id, publicKey: filled(32, 100 + id) })),
  };
}

function overwrite({ identityKey, signedPreKey, oneTimePreKeys }: PublishedPreKeys): void {
  const arrays = [identityKey, signedPreKey.publicKey, signedPreKey.signature];
  for (const bytes of [...arrays, ...oneTimePreKeys.map(({ publicKey }) => publicKey)]) bytes.fill(0xee);
}

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

function to(device: string, byte: number): OutgoingEnvelope {
  return { to: device, type: 'message', bytes: filled(10, byte) };
}

function numbers(envelopes: readonly Envelope[]): (number | undefined)[] {
  return envelopes.map(({ bytes }) => bytes[0]);
}

async function bundleOf(
  connection: MemoryConnection,
): Promise<(Omit<PublishedPreKeys, 'oneTimePreKeys'> & { oneTimePreKey?: { id: number } }) | undefined> {
  return (await connection.fetchBundles([BOB])).get(BOB);
}

/** Lets everything run that can: afterwards each reader waits for mail. */
async function allAsleep(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The next envelopes, as many as are asked for. */
async function take(connection: MemoryConnection, count: number): Promise<Envelope[]> {
  const taken: Envelope[] = [];
  for await (const envelope of connection.receive()) {
    taken.push(envelope);
    if (taken.length === count) break;
  }
  return taken;
}

/** All envelopes until the connection ends. */
async function collect(connection: MemoryConnection): Promise<Envelope[]> {
  const collected: Envelope[] = [];
  for await (const envelope of connection.receive()) collected.push(envelope);
  return collected;
}

async function expectClosed(call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => 'no error',
    (caught: unknown) => caught,
  );
  expect(PolyratchetError.is(error, 'closed') ? error.data : error).toEqual({ what: 'connection' });
}
