/** Connections and ends: what fails on the way leaves nothing half open, and nobody waits for a client that is closed. */
import {
  createClient,
  PolyratchetError,
  type Address,
  type Client,
  type ServerAccess,
  type Store,
} from 'polyratchet';
import { createMemoryStore } from 'polyratchet/memory';
import { beforeEach, describe, expect, test } from 'vitest';
import { expectRejection } from '../support/errors.js';
import type { Device } from './device.js';
import { HOUR_MS, World } from './world.js';

const ALICE: Address = 'alice@example.org';
const BOB: Address = 'bob@example.org';
const LABELS = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;

let world: World;
let bob: Device;
let store: Store;
beforeEach(async () => {
  world = new World();
  const alice = await world.register(ALICE);
  bob = await world.register(BOB);
  await world.retire(alice);
  ({ store } = alice);
});

type Connection = ReturnType<ServerAccess['connect']>;

/** The server, of which a test changes the connections. */
function serverWith(change: (connection: Connection) => Partial<Connection>): ServerAccess {
  const access = world.access();
  return {
    ...access,
    connect: (device) => {
      const connection = access.connect(device);
      return { ...connection, ...change(connection) };
    },
  };
}

const clientOf = (server: ServerAccess = world.access(), from: Store = store): Client =>
  createClient({ store: from, server, clock: world.clock });

const never = (): Promise<never> => new Promise(() => undefined);

interface Gate {
  readonly passed: Promise<void>;
  readonly open: () => void;
}

function gate(): Gate {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

test('an account leaves room for the numbers of its companions', async () => {
  const account = (length: number): Address => `${'a'.repeat(length - '@example.org'.length)}@example.org`;
  const client = clientOf(world.access(), createMemoryStore());
  const { data } = await expectRejection('invalid-argument', client.register(account(123)));
  expect(data).toMatchObject({ name: 'account', got: '123 characters' });
  await client.register(account(122));
  await client.close();
});

describe('connect', () => {
  test('that fails while the inbox is read is no connection: the next one receives', async () => {
    let isBroken = true;
    const list: Store['list'] = (prefix, after, limit) =>
      isBroken && prefix === 'inbox/'
        ? Promise.reject(new Error('out of order'))
        : store.list(prefix, after, limit);
    const client = clientOf(world.access(), { ...store, list });
    const heard: string[] = [];
    client.on('message', ({ message }) => heard.push(message.id));
    await expectRejection('store-failed', world.run(client.connect()));
    isBroken = false;
    await world.run(client.connect());
    await world.send(bob, ALICE, 'hello', 'one');
    await world.settled();
    expect(heard).toEqual(['one']);
    await client.close();
  });

  test('tells no message that is acknowledged while the inbox is read', async () => {
    const listing = gate();
    let isSlow = false;
    let lists = 0;
    const list: Store['list'] = async (prefix, after, limit) => {
      // The first page is read before the message is acknowledged, the second one afterwards.
      if (isSlow && prefix === 'inbox/' && ++lists === 2) await listing.passed;
      return store.list(prefix, after, limit);
    };
    const client = clientOf(world.access(), { ...store, list });
    const told: string[] = [];
    client.on('message', ({ message }) => told.push(message.key));
    await client.connect();
    await world.send(bob, ALICE, 'hello');
    await world.settled();
    await client.disconnect();
    isSlow = true;
    const connecting = client.connect();
    await world.settled();
    await client.acknowledge(told[0] ?? '');
    listing.open();
    await connecting;
    expect(lists).toBe(2);
    expect(told).toHaveLength(1);
    await client.close();
  });
});

describe('a server that says that the device was unlinked', () => {
  test('and cannot be reached then: the client is disconnected, and goes on later', async () => {
    const revoked = gate();
    let isDown = false;
    const access = serverWith((connection) => ({
      async *receive() {
        if (isDown) {
          yield* connection.receive();
          return;
        }
        await revoked.passed;
        isDown = true;
        throw new PolyratchetError('device-revoked', { account: ALICE, why: 'not-in-list' });
      },
    }));
    const server: ServerAccess = {
      ...access,
      connect: (device) => {
        if (isDown) throw new Error('no network');
        return access.connect(device);
      },
    };
    const client = clientOf(server);
    const codes: (string | undefined)[] = [];
    client.on('disconnected', ({ error }) => codes.push(error?.code));
    await client.connect();
    revoked.open();
    await world.settled();
    expect(codes).toEqual(['device-revoked']);
    await client.disconnect();
    await client.close();
  });

  test('while the store cannot be read: the client is disconnected', async () => {
    const revoked = gate();
    let isBroken = false;
    const server = serverWith(() => ({
      // eslint-disable-next-line require-yield -- it has nothing to give
      async *receive() {
        await revoked.passed;
        isBroken = true;
        throw new PolyratchetError('device-revoked', { account: ALICE, why: 'not-in-list' });
      },
    }));
    const read: Store['read'] = (names) =>
      isBroken ? Promise.reject(new Error('out of order')) : store.read(names);
    const client = clientOf(server, { ...store, read });
    const codes: (string | undefined)[] = [];
    client.on('disconnected', ({ error }) => codes.push(error?.code));
    await client.connect();
    revoked.open();
    await world.settled();
    expect(codes).toEqual(['store-failed']);
    await client.close();
  });
});

describe('upkeep', () => {
  test('of a connection that is gone says nothing and plans nothing', async () => {
    let slow: Gate | undefined;
    const before = world.clock.waiting;
    const server = serverWith((connection) => ({
      countOneTimePreKeys: async () => {
        await slow?.passed;
        return connection.countOneTimePreKeys();
      },
    }));
    const client = clientOf(server);
    const failures: string[] = [];
    client.on('upkeep-failed', ({ error }) => failures.push(error.code));
    await client.connect();
    slow = gate();
    await world.clock.advance(61_000);
    const { open } = slow;
    slow = undefined;
    await client.disconnect();
    await client.connect();
    open();
    await world.settled();
    expect(failures).toEqual([]);
    await client.close();
    expect(world.clock.waiting).toBe(before);
  });
});

describe('close', () => {
  test('ends calls that the server does not answer', async () => {
    const client = clientOf(serverWith(() => ({ fetchDeviceLists: never })));
    await client.connect();
    const sending = expectRejection('closed', client.send({ to: BOB, body: new Uint8Array(1) }));
    await world.settled();
    await client.close();
    await sending;
  });

  test('ends a link that waits, and leaves no timer', async () => {
    const before = world.clock.waiting;
    const client = clientOf(world.access(), createMemoryStore());
    const { linked } = await client.offerLink(LABELS);
    const rejection = expectRejection('closed', linked);
    await world.settled();
    await client.close();
    await rejection;
    expect(world.clock.waiting).toBe(before);
    await world.clock.advance(HOUR_MS);
  });
});
