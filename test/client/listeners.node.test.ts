import { describe, expect, test } from 'vitest';
import { createClient, type Client } from 'polyratchet';
import { createMemoryStore } from 'polyratchet/memory';
import { expectRejection } from '../support/errors.js';
import type { Device } from './device.js';
import { World } from './world.js';

const ALICE = 'alice@example.org';
const BOB = 'bob@example.org';
const body = (text: string): Uint8Array => new TextEncoder().encode(text);

async function pair(): Promise<{ world: World; alice: Device; bob: Device }> {
  const world = new World();
  return { world, alice: await world.register(ALICE), bob: await world.register(BOB) };
}

describe('a listener', () => {
  test('may send: each message is answered', async () => {
    const { world, alice, bob } = await pair();
    bob.client.on('message', ({ message }) => {
      void bob.client.send({ to: ALICE, body: message.body, id: `re ${message.id}` });
    });
    for (let i = 0; i < 5; i++) await world.send(alice, BOB, `text ${String(i)}`);
    await world.settled();
    expect(alice.texts).toEqual(['text 0', 'text 1', 'text 2', 'text 3', 'text 4']);
  });

  test('may close the client: what was under way is kept, and comes again', async () => {
    const { world, alice, bob } = await pair();
    let closing: Promise<void> | undefined;
    bob.client.on('message', () => {
      closing ??= bob.client.close();
    });
    for (const text of ['one', 'two', 'three']) await world.send(alice, BOB, text);
    await world.settled();
    await closing;
    await expectRejection('closed', bob.client.send({ to: ALICE, body: body('hello') }));
    await world.run(bob.restart());
    await world.settled();
    expect(bob.texts).toEqual(['one', 'two', 'three']);
    expect(bob.rekeyed).toBe(0);
    expect(world.server.waiting(BOB)).toBe(0);
  });

  test('may disconnect and connect again', async () => {
    const { world, alice, bob } = await pair();
    let isFirst = true;
    bob.client.on('message', () => {
      if (!isFirst) return;
      isFirst = false;
      void bob.client.disconnect().then(() => bob.client.connect());
    });
    for (const text of ['one', 'two', 'three']) await world.send(alice, BOB, text);
    await world.settled();
    expect(bob.texts).toEqual(['one', 'two', 'three']);
    expect(bob.of('message')).toHaveLength(3);
  });

  test('that throws keeps no other from hearing, and the platform is told', async () => {
    const { world, alice, bob } = await pair();
    bob.client.on('message', () => {
      throw new Error('a bug in the application');
    });
    const heard: string[] = [];
    bob.client.on('message', ({ message }) => heard.push(message.id));
    for (const id of ['one', 'two']) await world.send(alice, BOB, 'hello', id);
    await world.settled();
    expect(heard).toEqual(['one', 'two']);
    for (let i = 0; i < 2; i++) {
      await expect(world.clock.advance(0)).rejects.toThrow('a bug in the application');
    }
    await world.send(alice, BOB, 'hello', 'three');
    await world.settled();
    expect(heard).toHaveLength(3);
  });

  test('that was taken away hears nothing; one that takes itself away disturbs no other', async () => {
    const { world, alice, bob } = await pair();
    const heard: string[] = [];
    const stop = bob.client.on('message', () => {
      heard.push('first');
      stop();
    });
    bob.client.on('message', () => heard.push('second'));
    await world.send(alice, BOB, 'one');
    await world.send(alice, BOB, 'two');
    await world.settled();
    expect(heard).toEqual(['first', 'second', 'second']);
  });
});

describe('the inbox', () => {
  test('keeps what is not acknowledged, in order, and tells of it again in the next life', async () => {
    const world = new World();
    const alice = await world.register(ALICE);
    const bob = await world.register(BOB, { acknowledges: false });
    const texts = Array.from({ length: 12 }, (_, i) => `text ${String(i)}`);
    for (const text of texts) await world.send(alice, BOB, text);
    await world.settled();
    const kept = await bob.client.inbox();
    expect(kept.map(({ body: bytes }) => new TextDecoder().decode(bytes))).toEqual(texts);
    await bob.client.acknowledge(kept[0]!.key, kept[2]!.key);
    await bob.client.acknowledge(kept[0]!.key);
    await bob.client.close();
    bob.events.length = 0;
    await world.run(bob.restart());
    expect(bob.of('message').map(({ message }) => message.id)).toEqual(
      texts.flatMap((_, i) => (i === 0 || i === 2 ? [] : [`message ${String(i)}`])),
    );
    expect(bob.rekeyed).toBe(0);
    await bob.client.disconnect();
    await bob.client.connect();
    expect(bob.of('message')).toHaveLength(10); // once in each life
    expect(await bob.client.inbox()).toHaveLength(10);
  });

  test('gives each caller bytes of its own', async () => {
    const world = new World();
    const alice = await world.register(ALICE);
    const bob = await world.register(BOB, { acknowledges: false });
    bob.client.on('message', ({ message }) => message.body.fill(0));
    await world.send(alice, BOB, 'hello');
    await world.settled();
    const [first] = await bob.client.inbox();
    first?.body.fill(0);
    expect((await bob.client.inbox())[0]?.body).toEqual(body('hello'));
  });

  test.each([['nothing of the inbox'], ['session/bob@example.org'], [7 as never]])(
    'refuses to acknowledge %s',
    async (key) => {
      const { alice } = await pair();
      const before = alice.store.size();
      await expectRejection('invalid-argument', alice.client.acknowledge(key));
      expect(alice.store.size()).toBe(before);
    },
  );
});

/** Every method that asks for something, with arguments that are well-formed. */
const calls: readonly (readonly [string, (client: Client) => Promise<unknown>])[] = [
  ['connect', (client) => client.connect()],
  ['send', (client) => client.send({ to: BOB, body: body('hello') })],
  ['linkOffers', (client) => client.linkOffers()],
  ['linkedDevices', (client) => client.linkedDevices()],
  ['devicesOf', (client) => client.devicesOf(BOB)],
  ['unlink', (client) => client.unlink('alice:1@example.org')],
  ['unlinkAll', (client) => client.unlinkAll()],
  ['logout', (client) => client.logout()],
  ['securityCode', (client) => client.securityCode(BOB)],
  ['acceptIdentity', (client) => client.acceptIdentity({ account: BOB, identity: new Uint8Array(32) })],
];

const anyTime: typeof calls = [
  ['address', (client) => client.address()],
  ['inbox', (client) => client.inbox()],
  ['acknowledge', (client) => client.acknowledge()],
  ['register', (client) => client.register(ALICE)],
  ['offerLink', (client) => client.offerLink({ clientType: 'firefox', name: 'Laptop', platform: 'Linux' })],
  [
    'offerLinkByCode',
    (client) =>
      client.offerLinkByCode({ account: ALICE, clientType: 'firefox', name: 'Laptop', platform: 'Linux' }),
  ],
];

describe('a new client', () => {
  test.each(calls)('%s needs a device that is somebody', async (_, call) => {
    const { client, store } = new World().device();
    await expectRejection('invalid-argument', call(client));
    expect(store.size()).toBe(0);
  });

  test('has no address, and an empty inbox', async () => {
    const { client } = new World().device();
    expect(await client.address()).toBeUndefined();
    expect(await client.inbox()).toEqual([]);
    await client.acknowledge();
    await client.disconnect();
    await client.close();
  });
});

describe('a client that was closed', () => {
  test.each([...calls, ...anyTime])('%s fails with `closed`', async (_, call) => {
    const { client, store } = new World().device();
    await client.close();
    await expectRejection('closed', call(client));
    expect(store.size()).toBe(0);
  });

  test('may be closed again, and leaves no timer behind', async () => {
    const { world, alice, bob } = await pair();
    await world.send(alice, BOB, 'hello');
    await alice.client.close();
    await alice.client.close();
    await bob.client.close();
    expect(world.clock.waiting).toBe(0);
  });

  test('while it connects leaves no connection and no timer behind', async () => {
    const { world, alice, bob } = await pair();
    await world.retire(bob);
    for (let hops = 0; hops < 120; hops += 7) {
      await alice.client.close();
      const client = createClient({ store: alice.store, server: world.access(), clock: world.clock });
      const connecting = client.connect().catch((error: unknown) => error);
      for (let hop = 0; hop < hops; hop++) await Promise.resolve();
      await client.close();
      await connecting;
      await world.settled();
      expect(world.clock.waiting, `timers after ${String(hops)} steps`).toBe(0);
    }
  });
});

describe('connect', () => {
  test('twice at once makes one connection', async () => {
    const { world, alice, bob } = await pair();
    await bob.client.disconnect();
    let connections = 0;
    const access = world.access();
    const client = createClient({
      store: bob.store,
      clock: world.clock,
      server: { ...access, connect: (device) => (connections++, access.connect(device)) },
    });
    const told: string[] = [];
    client.on('message', ({ message }) => told.push(message.id));
    await Promise.all([client.connect(), client.connect(), client.connect()]);
    expect(connections).toBe(1);
    await world.send(alice, BOB, 'hello', 'one');
    await world.settled();
    expect(told).toEqual(['one']);
    await client.close();
  });

  test('of a store without a device is refused before the server is asked', async () => {
    const world = new World();
    const client = createClient({
      store: createMemoryStore(),
      server: { connect: () => expect.unreachable(), connectUnlinked: () => expect.unreachable() },
      clock: world.clock,
    });
    await expectRejection('invalid-argument', client.connect());
  });
});

describe('createClient', () => {
  const server = new World().server;
  const store = createMemoryStore();
  test.each([
    ['no options', undefined],
    ['no store', { server }],
    ['no server', { store }],
    ['a deadline of 0', { store, server, storeDeadline: 0 }],
    ['a deadline that no timer keeps', { store, server, serverDeadline: 2 ** 31 }],
    ['a poll of 0', { store, server, linkPoll: 0 }],
    ['another form', { store, server, form: 'text' }],
  ])('refuses %s', async (_, options) => {
    await expectRejection(
      'invalid-argument',
      // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is what is asked for
      (async () => createClient(options as never))(),
    );
  });
});
