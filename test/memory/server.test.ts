import type { Delivery, PublishedPreKeys, Server } from 'polyratchet';
import type { PreKeyBundle } from 'polyratchet/identity';
import { createMemoryServer, MAX_PRE_KEYS } from 'polyratchet/memory';
import { describe, expect, test } from 'vitest';
import { expectError, expectRejection } from '../support/errors.js';
import {
  ALICE,
  allAsleep,
  BOB,
  collect,
  envelopeTo as to,
  filled,
  keysOf,
  numbers,
  start,
  take,
} from './connections.js';

const TABLET = 'bob:2@example.org';

describe('prekeys', () => {
  test('of a device come back as its bundle, each one-time prekey once and in order', async () => {
    const { server, alice } = await start([1, 2]);
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
    const { server, alice } = await start([1, 2]);
    const carol = server.connect('carol@example.org');
    const bundles = await Promise.all([bundleOf(alice), bundleOf(carol), bundleOf(alice)]);
    const ids = bundles.map((bundle) => bundle?.oneTimePreKey?.id);
    expect(ids.sort()).toEqual([1, 2, undefined]);
  });

  test('of an unknown device are absent, also of one that never published', async () => {
    const { server, alice } = await start([1, 2]);
    server.connect(TABLET);
    const bundles = await alice.fetchBundles([TABLET, BOB, 'nobody@example.org', '__proto__@example.org']);
    expect([...bundles.keys()]).toEqual([BOB]);
  });

  test('published again replace the signed prekey and add one-time prekeys', async () => {
    const { server, alice, bob } = await start([1, 2]);
    await bob.publishPreKeys(...keysOf({ oneTimeIds: [3], signedPreKeyId: 10 }));
    expect(server.oneTimePreKeys(BOB)).toBe(3);
    const bundles = [await bundleOf(alice), await bundleOf(alice), await bundleOf(alice)];
    expect(bundles.map((bundle) => [bundle?.signedPreKey.id, bundle?.oneTimePreKey?.id])).toEqual([
      [10, 1],
      [10, 2],
      [10, 3],
    ]);
  });

  test('belong to the device and not to the connection', async () => {
    const { server, alice, bob } = await start([1, 2]);
    bob.close();
    expect((await bundleOf(alice))?.registrationId).toBe(4711);
    const again = server.connect(BOB);
    expect((await again.fetchBundles([BOB])).get(BOB)?.oneTimePreKey?.id).toBe(2);
  });

  test('are copied when they are published: the device may overwrite its arrays at once', async () => {
    const { server } = await start([1, 2]);
    const tablet = server.connect(TABLET);
    const [keys, options] = keysOf({ oneTimeIds: [1] });
    const publishing = tablet.publishPreKeys(keys, options);
    overwrite(keys);
    await publishing;
    const bundle = (await tablet.fetchBundles([TABLET])).get(TABLET);
    expect(bundle?.identityKey).toEqual(filled(32, 1));
    expect(bundle?.signedPreKey.signature).toEqual(filled(64, 3));
    expect(bundle?.oneTimePreKey?.publicKey).toEqual(filled(32, 101));
  });

  test('are copied when they are handed out: nobody changes them for the next', async () => {
    const { alice } = await start([1, 2]);
    const first = await bundleOf(alice);
    overwrite({ ...first!, oneTimePreKeys: [] });
    const second = await bundleOf(alice);
    expect(second?.identityKey).toEqual(filled(32, 1));
    expect(second?.signedPreKey).toEqual({ id: 9, publicKey: filled(32, 2), signature: filled(64, 3) });
  });

  test('published under the same id again change nothing, whatever they are', async () => {
    const { server, alice, bob } = await start([1, 2]);
    const [keys, options] = keysOf({ oneTimeIds: [3], signedPreKeyId: 10 });
    await bob.publishPreKeys(keys, options);
    await bob.publishPreKeys(keys, options);
    await bob.publishPreKeys(keysOf({ oneTimeIds: [4], signedPreKeyId: 11 })[0], options);
    expect(server.oneTimePreKeys(BOB)).toBe(3);
    expect((await bundleOf(alice))?.signedPreKey.id).toBe(10);
    await alice.publishPreKeys(keys, options);
    expect(await alice.countOneTimePreKeys()).toBe(1);
  });

  test('of another identity take the place of those of the old one', async () => {
    const { alice, bob } = await start([1, 2]);
    await bob.publishPreKeys(...keysOf({ identityKey: filled(32, 8), oneTimeIds: [9] }));
    expect(await bob.countOneTimePreKeys()).toBe(1);
    const bundle = await bundleOf(alice);
    expect([bundle?.identityKey, bundle?.oneTimePreKey?.id]).toEqual([filled(32, 8), 9]);
  });

  test('are counted as they are handed out', async () => {
    const { alice, bob } = await start([1, 2]);
    expect(await bob.countOneTimePreKeys()).toBe(2);
    await bundleOf(alice);
    expect([await bob.countOneTimePreKeys(), await alice.countOneTimePreKeys()]).toEqual([1, 0]);
  });

  test('are taken once of a device that is named twice', async () => {
    const { alice, bob } = await start([1, 2]);
    await alice.fetchBundles([BOB, BOB]);
    expect(await bob.countOneTimePreKeys()).toBe(1);
  });

  test('are at most a thousand of a device; more are refused as a whole', async () => {
    const { server, bob } = await start([1, 2]);
    const ids = Array.from({ length: MAX_PRE_KEYS - 2 }, (_, i) => i + 3);
    await bob.publishPreKeys(...keysOf({ oneTimeIds: ids }));
    const [keys, options] = keysOf({ oneTimeIds: [1], signedPreKeyId: 12 });
    const error = await expectRejection('too-large', bob.publishPreKeys(keys, options));
    expect(error.data).toEqual({ what: 'one-time prekeys', limit: MAX_PRE_KEYS, got: MAX_PRE_KEYS + 1 });
    expect((await bundleOf(bob))?.signedPreKey.id).toBe(9);
    expect(server.oneTimePreKeys(BOB)).toBe(MAX_PRE_KEYS - 1);
    await bob.publishPreKeys(keys, options);
    expect((await bundleOf(bob))?.signedPreKey.id).toBe(12);
  });

  test('that are none are refused', async () => {
    const { bob } = await start([1, 2]);
    const [keys, options] = keysOf({ oneTimeIds: [5] });
    const { signedPreKey } = keys;
    const wrong: unknown[] = [
      undefined,
      'keys',
      { ...keys, registrationId: -1 },
      { ...keys, identityKey: filled(33) },
      { ...keys, signedPreKey: undefined },
      { ...keys, signedPreKey: { ...signedPreKey, id: 0.5 } },
      { ...keys, signedPreKey: { ...signedPreKey, publicKey: filled(31) } },
      { ...keys, signedPreKey: { ...signedPreKey, signature: filled(63) } },
      { ...keys, oneTimePreKeys: { length: 1 } },
      { ...keys, oneTimePreKeys: [undefined] },
      { ...keys, oneTimePreKeys: [{ id: 2 ** 32, publicKey: filled(32) }] },
      { ...keys, oneTimePreKeys: [{ id: 1, publicKey: 'bytes' }] },
    ];
    for (const one of wrong)
      await expectRejection('invalid-argument', bob.publishPreKeys(one as never, options));
    for (const one of [undefined, {}, { id: 7 }])
      await expectRejection('invalid-argument', bob.publishPreKeys(keys, one as never));
    for (const asked of [undefined, BOB, [undefined], ['bob']])
      await expectRejection('invalid-argument', bob.fetchBundles(asked as never));
    expect(await bob.countOneTimePreKeys()).toBe(2);
  });
});

describe('a mailbox', () => {
  test('gives what was sent, in order, whatever it says of its sender and time, under an id of its own', async () => {
    const { alice, bob, clock } = await start([1, 2]);
    clock.time = 5_000;
    await alice.send([to(BOB, 1), to(BOB, 2)], { id: 'first' });
    clock.time = 6_000;
    const prekey = { type: 'prekey', deviceIdentity: filled(170, 7), id: 'another message' } as const;
    await alice.send([to(BOB, 3, prekey)], { id: 'second' });
    const received = await take(bob, 3);
    expect(received.map(({ envelope }) => envelope)).toEqual([
      { ...to(BOB, 1), from: ALICE, at: 5_000 },
      { ...to(BOB, 2), from: ALICE, at: 5_000 },
      { ...to(BOB, 3, prekey), from: ALICE, at: 6_000 },
    ]);
    expect(new Set(received.map(({ id }) => id)).size).toBe(3);
  });

  test('wakes a reader that waits, and gives each reader everything', async () => {
    const { server, alice, bob } = await start([1, 2]);
    const [one, two] = [take(bob, 2), take(server.connect(BOB), 2)];
    await allAsleep();
    await alice.send([to(BOB, 1)], { id: 'a' });
    await allAsleep();
    await alice.send([to(BOB, 2)], { id: 'b' });
    for (const received of await Promise.all([one, two])) expect(numbers(received)).toEqual([1, 2]);
  });

  test('forgets what was acknowledged, and gives the rest again to the next connection', async () => {
    const { server, alice, bob } = await start([1, 2]);
    await alice.send([to(BOB, 1), to(BOB, 2), to(BOB, 3)], { id: 'a' });
    const [first, , third] = await take(bob, 3);
    await bob.acknowledge([first!.id, third!.id]);
    bob.close();
    expect(server.waiting(BOB)).toBe(1);
    const again = server.connect(BOB);
    const [second] = await take(again, 1);
    expect(numbers([second!])).toEqual([2]);
    await again.acknowledge([second!.id, second!.id, 'unknown']);
    expect(server.waiting(BOB)).toBe(0);
  });

  test('does not give an envelope that was acknowledged while its reader slept', async () => {
    const { server, alice, bob } = await start([1, 2]);
    await alice.send([to(BOB, 1), to(BOB, 2)], { id: 'a' });
    const reading = bob.receive()[Symbol.asyncIterator]();
    const { value: first } = (await reading.next()) as IteratorYieldResult<Delivery>;
    const [, second] = await take(server.connect(BOB), 2);
    await bob.acknowledge([first.id, second!.id]);
    await alice.send([to(BOB, 3)], { id: 'b' });
    const { value: next } = (await reading.next()) as IteratorYieldResult<Delivery>;
    expect(numbers([next])).toEqual([3]);
  });

  test('is emptied by its own device only', async () => {
    const { server, alice, bob } = await start([1, 2]);
    await alice.send([to(BOB, 1)], { id: 'a' });
    const [envelope] = await take(bob, 1);
    await alice.acknowledge([envelope!.id]);
    expect(server.waiting(BOB)).toBe(1);
  });

  test('keeps a copy: the sender may overwrite its array at once', async () => {
    const { alice, bob } = await start([1, 2]);
    const envelope = to(BOB, 1);
    const sending = alice.send([envelope], { id: 'a' });
    envelope.bytes.fill(0xee);
    await sending;
    envelope.bytes.fill(0xdd);
    const [received] = await take(bob, 1);
    expect(received?.envelope.bytes).toEqual(filled(10, 1));
  });

  test('hands out copies: a receiver that overwrites one changes no redelivery', async () => {
    const { server, alice, bob } = await start([1, 2]);
    await alice.send([to(BOB, 1)], { id: 'a' });
    const [first] = await take(bob, 1);
    first!.envelope.bytes.fill(0xee);
    const [again] = await take(server.connect(BOB), 1);
    expect(again?.envelope.bytes).toEqual(filled(10, 1));
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
    const { server, alice, bob } = await start([1, 2]);
    await alice.send([to(BOB, 1)], { id: 'a' });
    const other = take(server.connect(BOB), 2);
    const received = collect(bob);
    await allAsleep();
    bob.close();
    expect([numbers((await received).deliveries), (await received).error]).toEqual([[1], undefined]);
    await alice.send([to(BOB, 2)], { id: 'b' });
    expect(numbers(await other)).toEqual([1, 2]);
  });

  test('that is closed gives no more mail and refuses every call with `closed`', async () => {
    const { alice, bob } = await start([1, 2]);
    await alice.send([to(BOB, 1)], { id: 'a' });
    bob.close();
    bob.close();
    expect(await collect(bob)).toEqual({ deliveries: [], error: 'closed' });
    const calls = [
      bob.fetchTime(),
      bob.publishPreKeys(...keysOf({ oneTimeIds: [5] })),
      bob.countOneTimePreKeys(),
      bob.fetchBundles([ALICE]),
      bob.fetchLastUsed(),
      bob.send([to(ALICE, 1)], { id: 'b' }),
      bob.acknowledge(['1']),
    ];
    for (const call of calls) await expectClosed(call);
  });

  test('that is closed changes nothing at the server', async () => {
    const { server, alice, bob } = await start([1, 2]);
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
    const { server, alice, bob } = await start([1, 2]);
    bob.close();
    await alice.send([to(BOB, 7)], { id: 'a' });
    expect(numbers(await take(server.connect(BOB), 1))).toEqual([7]);
  });
});

function overwrite({ identityKey, signedPreKey, oneTimePreKeys }: PublishedPreKeys): void {
  const arrays = [identityKey, signedPreKey.publicKey, signedPreKey.signature];
  for (const bytes of [...arrays, ...oneTimePreKeys.map(({ publicKey }) => publicKey)]) bytes.fill(0xee);
}

async function bundleOf(connection: Server): Promise<PreKeyBundle | undefined> {
  return (await connection.fetchBundles([BOB])).get(BOB);
}

async function expectClosed(call: Promise<unknown>): Promise<void> {
  const { data } = await expectRejection('closed', call);
  expect(data).toEqual({ what: 'connection' });
}
