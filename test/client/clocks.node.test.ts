import { createClient, type Address, type Client, type Clock } from 'polyratchet';
import { createMemoryStore } from 'polyratchet/memory';
import { describe, expect, test } from 'vitest';
import { expectRejection } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import type { Device } from './device.js';
import { DAY_MS, HOUR_MS, NOW, World } from './world.js';

const ALICE: Address = 'alice@example.org';
const BOB: Address = 'bob@example.org';
const body = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Alice, whose clock goes as her test says, and Bob, whose clock is right. They have talked. */
async function people(): Promise<{
  world: World;
  bob: Device;
  client: Client;
  texts: string[];
  set: (now: (right: number) => number) => void;
}> {
  const world = new World();
  const alice = await world.register(ALICE);
  const bob = await world.register(BOB);
  await world.send(alice, BOB, 'hello');
  await world.settled();
  await world.retire(alice);
  let now = (right: number): number => right;
  const clock: Clock = {
    now: () => now(world.clock.now()),
    after: (ms, callback) => world.clock.after(ms, callback),
  };
  const client = createClient({
    store: alice.store,
    server: world.access(),
    clock,
    random: seededRandom(88),
  });
  const texts: string[] = [];
  client.on('message', ({ message }) => texts.push(new TextDecoder().decode(message.body)));
  await client.connect();
  const set = (other: (right: number) => number): void => {
    now = other;
  };
  return { world, bob, client, texts, set };
}

describe('a clock', () => {
  test('that says no time when a message comes: the message waits until it does', async () => {
    const { world, bob, client, texts, set } = await people();
    set(() => NaN);
    await world.send(bob, ALICE, 'hello');
    await world.settled();
    expect(texts).toEqual([]);
    set((right) => right);
    await client.connect();
    await world.settled();
    expect(texts).toEqual(['hello']);
    await client.close();
  });

  test.each([
    ['set back by a year', -365 * DAY_MS],
    ['set forward by 40 days', 40 * DAY_MS],
    ['set forward by ten years', 3_650 * DAY_MS],
    ['set to 1970', -NOW],
  ])('%s: messages go out and come in, in order; so they do when it is right again', async (_, skew) => {
    const { world, bob, client, texts, set } = await people();
    const exchange = async (name: string): Promise<void> => {
      for (const i of [1, 2, 3]) {
        await client.send({ to: BOB, body: body(`${name} ${String(i)}`) });
        await world.settled();
        await world.send(bob, ALICE, `${name} ${String(i)}`);
        await world.settled();
      }
    };
    await exchange('before');
    set((right) => Math.max(0, right + skew));
    await exchange('during');
    await world.clock.jump(HOUR_MS);
    await client.disconnect();
    await client.connect();
    await exchange('after an hour');
    set((right) => right);
    await world.clock.jump(HOUR_MS);
    await client.disconnect();
    await client.connect();
    await exchange('afterwards');
    const all = ['before', 'during', 'after an hour', 'afterwards'].flatMap((name) =>
      [1, 2, 3].map((i) => `${name} ${String(i)}`),
    );
    expect(bob.texts).toEqual(['hello', ...all]);
    expect(texts).toEqual(all);
    expect(world.ciphertexts.reused).toBe(0);
    expect(world.server.waiting(ALICE) + world.server.waiting(BOB)).toBe(0);
    await client.close();
  });

  test('set back while messages wait: they go out in order', async () => {
    const { world, bob, client, set } = await people();
    await client.disconnect();
    await client.send({ to: BOB, body: body('one'), id: 'zz' });
    set((right) => right - 365 * DAY_MS);
    await client.send({ to: BOB, body: body('two'), id: 'aa' });
    await client.connect();
    await world.settled();
    expect(bob.texts).toEqual(['hello', 'one', 'two']);
    await client.close();
  });

  test.each([NaN, -1, 0.5, Infinity, 2 ** 53, '7' as never, undefined as never])(
    'that says %s: a typed error, and the next call works',
    async (time) => {
      const { world, bob, client, set } = await people();
      const send = (): Promise<unknown> => client.send({ to: BOB, body: body('now'), id: 'one' });
      set(() => time);
      await expectRejection('invalid-argument', send());
      await expectRejection('invalid-argument', client.devicesOf(BOB));
      await expectRejection('invalid-argument', client.linkedDevices());
      await world.send(bob, ALICE, 'are you there?');
      await world.settled();
      set((right) => right);
      await client.connect();
      await send();
      await world.settled();
      expect(bob.texts).toEqual(['hello', 'now']);
      expect(await client.inbox()).toHaveLength(1);
      await client.close();
    },
  );

  test('a day ahead of the server’s signs no list: it would lock the account out', async () => {
    const world = new World();
    const client = createClient({
      store: createMemoryStore(),
      server: world.access(),
      clock: { now: () => world.clock.now() + DAY_MS + 1_000, after: (ms, f) => world.clock.after(ms, f) },
    });
    await expectRejection('list-from-future', client.register(ALICE));
    expect(await client.address()).toBeUndefined();
    await client.close();
  });
});

describe('a phone whose clock is two days ahead, and a companion that has logged itself out', () => {
  /** Alice’s laptop has logged itself out; her phone has another clock from now on. */
  async function loggedOut(isOn: boolean): Promise<{
    world: World;
    bob: Device;
    client: Client;
    texts: string[];
    refusals: string[];
    set: (skew: number) => void;
  }> {
    const world = new World();
    const [phone, laptop] = (await world.person(ALICE, 2)) as [Device, Device];
    const bob = await world.register(BOB);
    await world.retire(phone);
    let skew = 0;
    const clock: Clock = {
      now: () => world.clock.now() + skew,
      after: (ms, callback) => world.clock.after(ms, callback),
    };
    const random = seededRandom(89);
    const client = createClient({ store: phone.store, server: world.access(), clock, random });
    const texts: string[] = [];
    client.on('message', ({ message }) => texts.push(new TextDecoder().decode(message.body)));
    const refusals: string[] = [];
    client.on('list-refused', ({ account, error }) => refusals.push(`${account} ${error.code}`));
    if (isOn) await client.connect();
    skew = 2 * DAY_MS;
    await world.run(laptop.client.logout());
    await world.settled();
    const set = (ms: number): void => {
      skew = ms;
    };
    return { world, bob, client, texts, refusals, set };
  }

  test.each([
    ['was off', false],
    ['is connected', true],
  ])('while it %s: it receives, says why, and unlinks it when the clock is right', async (_, isOn) => {
    const { world, bob, client, texts, refusals, set } = await loggedOut(isOn);
    const disconnections: unknown[] = [];
    client.on('disconnected', (event) => disconnections.push(event));
    await world.run(client.connect());
    expect(new Set(refusals)).toEqual(new Set([`${ALICE} list-from-future`]));
    await world.send(bob, ALICE, 'still here?');
    await world.settled();
    expect(texts).toEqual(['still here?']);
    expect(disconnections).toEqual([]);
    expect(await client.linkedDevices()).toHaveLength(1);
    set(0);
    await world.clock.jump(HOUR_MS);
    expect(await client.linkedDevices()).toEqual([]);
    await client.close();
  });
});

describe('randomness', () => {
  test.each([
    ['throws', () => expect.unreachable()],
    ['gives too little', () => new Uint8Array(1)],
    ['gives nothing', () => undefined as never],
  ])('that %s: a typed error, nothing is lost, and the next call works', async (_, wrong) => {
    const world = new World();
    const alice = await world.register(ALICE);
    const bob = await world.register(BOB);
    await world.send(alice, BOB, 'hello');
    await world.settled();
    await world.send(bob, ALICE, 'hello yourself');
    await world.settled();
    await world.retire(bob);
    const right = seededRandom(5);
    let isWrong = false;
    const client = createClient({
      store: bob.store,
      server: world.access(),
      clock: world.clock,
      random: (length) => (isWrong ? wrong() : right(length)),
    });
    const texts: string[] = [];
    client.on('message', ({ message }) => texts.push(message.id));
    const refused: unknown[] = [];
    client.on('refused', (event) => refused.push(event));
    await client.connect();
    isWrong = true;
    await expectRejection('invalid-argument', client.send({ to: ALICE, body: body('hello'), id: 'one' }));
    await world.send(alice, BOB, 'are you there?', 'two');
    await world.settled();
    isWrong = false;
    await client.connect();
    await world.settled();
    expect(texts).toEqual(['two']);
    expect(refused).toEqual([]);
    expect((await client.send({ to: ALICE, body: body('hello'), id: 'one' })).kind).toBe('sent');
    await client.close();
  });
});
