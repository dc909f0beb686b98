import {
  createClient,
  PolyratchetError,
  type Address,
  type Client,
  type Server,
  type ServerAccess,
} from 'polyratchet';
import { createMemoryStore, type MemoryStore } from 'polyratchet/memory';
import { beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../support/random.js';
import { settled } from './clock.js';
import type { Device } from './device.js';
import { Breakable, faultsWith, WRONG_ANSWERS, type Fault } from './faults.js';
import { DAY_MS, HOUR_MS, World } from './world.js';

const ALICE: Address = 'alice@example.org';
const BOB: Address = 'bob@example.org';
const LABELS = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = new Uint8Array(3);

/** Alice, whose server can be broken, and Bob: the same in all tests. */
interface Stage {
  readonly world: World;
  readonly bob: Device;
  readonly breakable: Breakable<object>;
  readonly access: ServerAccess;
  readonly store: MemoryStore;
  readonly client: Client;
  readonly heard: string[];
  readonly disconnections: (PolyratchetError | undefined)[];
}

let stage: Stage;
beforeAll(async () => {
  const world = new World();
  const alice = await world.register(ALICE);
  const bob = await world.register(BOB);
  await world.send(alice, BOB, 'hello');
  await world.settled();
  await world.retire(alice);
  const breakable = new Breakable<object>({});
  const inner = breakable.wrap(world.access());
  const access: ServerAccess = {
    connect: (device) => breakable.wrap(inner.connect(device)),
    connectUnlinked: () => breakable.wrap(inner.connectUnlinked()),
  };
  const { store } = alice;
  const client = createClient({ store, server: access, clock: world.clock, random: seededRandom(66) });
  const heard: string[] = [];
  client.on('message', ({ message }) => heard.push(message.id));
  const disconnections: (PolyratchetError | undefined)[] = [];
  client.on('disconnected', ({ error }) => disconnections.push(error));
  await client.connect();
  stage = { world, bob, breakable, access, store, client, heard, disconnections };
});

let ids = 0;
function newId(): string {
  return `message ${String(++ids)}`;
}

async function caught(call: Promise<unknown>): Promise<unknown> {
  try {
    const result = await call;
    const { error } = (result ?? {}) as { readonly error?: unknown };
    return error;
  } catch (error) {
    return error;
  }
}

function expectTyped(error: unknown): void {
  expect(PolyratchetError.is(error) ? 'typed' : error, 'the error').toBe('typed');
}

const answer =
  (value: unknown): Fault =>
  () =>
    Promise.resolve(value);
const about = (account: Address, value: unknown): Fault => answer(new Map([[account, value]]));
const { undefined: _, ...wrongButUndefined } = WRONG_ANSWERS;

/** Removes a record, as if this device had never known it. */
async function forget(name: string): Promise<void> {
  const { store } = stage;
  const version = (await store.read([name])).get(name)?.version;
  if (version !== undefined) await store.commit([{ name, value: null, expected: version }]);
}

const send = (): Promise<unknown> => stage.client.send({ to: BOB, body: body('now'), id: newId() });

/** What makes the client call a method. */
const acts: Partial<Record<keyof Server, () => Promise<unknown>>> = {
  fetchTime: () => stage.client.unlinkAll(),
  publishDeviceList: () => stage.client.unlinkAll(),
  publishPreKeys: async () => {
    await stage.client.disconnect();
    await stage.world.clock.jump(8 * DAY_MS);
    await stage.client.connect();
  },
  countOneTimePreKeys: async () => {
    await stage.client.disconnect();
    await stage.client.connect();
  },
  fetchBundles: async () => {
    await forget(`session/${BOB}`);
    return send();
  },
  fetchDeviceLists: async () => {
    await forget(`list/${BOB}`);
    return stage.client.devicesOf(BOB);
  },
  fetchLastUsed: () => stage.client.linkedDevices(),
  fetchLinkOffers: () => stage.client.linkOffers(),
  send,
};

const NO_ANSWER = ['publishDeviceList', 'publishPreKeys'];

const cases: readonly (readonly [keyof Server, string, Fault])[] = [
  ...(Object.keys(acts) as (keyof Server)[]).flatMap((method) =>
    faultsWith(NO_ANSWER.includes(method) ? {} : WRONG_ANSWERS)
      .filter(([name]) => !NO_ANSWER.includes(method) || name !== 'answers')
      .map(([name, fault]) => [method, name, fault] as const),
  ),
  ...[-1, 2 ** 60, '1', Infinity].flatMap((time) =>
    (['fetchTime', 'countOneTimePreKeys'] as const).map(
      (method) => [method, `answers ${String(time)}`, answer(time)] as const,
    ),
  ),
  ...[null, 7, {}, { identityKey: 7 }, { identityKey: bytes, signedPreKey: null }].map(
    (bundle, i) => ['fetchBundles', `gives strange bundle ${String(i)}`, about(BOB, bundle)] as const,
  ),
  [
    'fetchBundles',
    'throws when it is looked at',
    answer({
      get: () => {
        throw new Error('out of order');
      },
    }),
  ],
  ...[
    null,
    7,
    {},
    { devices: 7 },
    { devices: [null] },
    { devices: [{ device: 'x' }] },
    { devices: [{ device: 0, identity: bytes }] },
    { devices: [], signedList: 'x' },
    { devices: [], signedList: bytes },
  ].map((list, i) => ['fetchDeviceLists', `gives strange list ${String(i)}`, about(BOB, list)] as const),
  ...[[null], [{}], [{ device: 'x' }], [{ device: 1, lastUsed: 'x' }], [{ device: -1 }]].map(
    (rows, i) => ['fetchLastUsed', `gives strange rows ${String(i)}`, answer(rows)] as const,
  ),
  ['fetchLastUsed', 'gives too many rows', answer(Array.from({ length: 1_001 }, () => ({ device: 1 })))],
  ...[{ stale: 7 }, { missing: [7] }, { extra: 'x' }, { participantHash: 7 }, { stale: [undefined] }].map(
    (said, i) => ['send', `says strange thing ${String(i)}`, answer(said)] as const,
  ),
];

describe('a server whose', () => {
  test.each(cases)('%s %s: a typed error or none, and the next call works', async (method, __, fault) => {
    const { world, breakable, client } = stage;
    const act = acts[method];
    if (act === undefined) throw new Error('nothing calls it');
    const size = stage.store.size();
    breakable.break(method, fault);
    const error = await world.run(caught(act()));
    if (error !== undefined) expectTyped(error);
    expect(breakable.hits, 'calls of the broken method').toBeGreaterThan(0);
    breakable.mend();
    await world.run(client.connect());
    expect(await world.run(caught(act()))).toBeUndefined();
    await world.settled();
    expect(await stage.store.list('outbox/', '', 10)).toEqual([]);
    expect(stage.store.size()).toBeLessThan(size + 250);
    expect(world.ciphertexts.reused).toBe(0);
  });

  test('messages were sent, once each, whatever was broken', () => {
    const { world, bob } = stage;
    const told = bob.of('message').map(({ message }) => message.id);
    expect(new Set(told).size).toBe(told.length);
    expect(new Set(told)).toEqual(new Set(world.ciphertexts.envelopes.map(({ id }) => id)));
  });
});

test('a server that fails while the client is connected: the upkeep says so, and is done an hour later', async () => {
  const { world, breakable, client } = stage;
  const failures: string[] = [];
  const stop = client.on('upkeep-failed', ({ error }) => failures.push(error.code));
  await client.disconnect();
  await client.connect();
  breakable.break('countOneTimePreKeys', () => Promise.reject(new Error('out of order')));
  await world.clock.advance(61_000);
  expect(failures).toEqual(['server-failed']);
  breakable.mend();
  await world.clock.advance(HOUR_MS);
  expect(failures).toEqual(['server-failed']);
  breakable.break('countOneTimePreKeys', () => Promise.reject(new Error('out of order')), 1);
  await world.clock.advance(HOUR_MS);
  expect(failures).toEqual(['server-failed', 'server-failed']);
  breakable.mend();
  stop();
});

const deliveries = {
  nothing: undefined,
  null: null,
  'a number': 7,
  'no envelope': { id: '1' },
  'an envelope without bytes': {
    id: '1',
    envelope: { id: 'x', from: BOB, to: ALICE, type: 'message', at: 1 },
  },
  'bytes that are none': {
    id: '1',
    envelope: { id: 'x', from: BOB, to: ALICE, type: 'message', at: 1, bytes: [1] },
  },
  'another type': { id: '1', envelope: { id: 'x', from: BOB, to: ALICE, type: 'x', at: 1, bytes } },
  'no time': { id: '1', envelope: { id: 'x', from: BOB, to: ALICE, type: 'message', at: NaN, bytes } },
  'no sender': { id: '1', envelope: { id: 'x', from: null, to: ALICE, type: 'message', at: 1, bytes } },
} as const;

const envelopes = {
  'a message that is none': {},
  'a prekey message that is none': { type: 'prekey' },
  'a request that is none': { type: 'retry' },
  'a message of a group': { type: 'senderkey' },
  'an empty message': { bytes: new Uint8Array(0) },
  'an id that is none': { id: 'é'.repeat(100) },
  'an empty id': { id: '' },
  'a sender that is none': { from: 'nobody' },
  'a sender like a record': { from: 'x@y z' },
  'itself for a sender': { from: ALICE },
  'another receiver': { to: 'carol@example.org' },
  'a companion that nobody knows': { from: 'carol:7@example.org' },
  'a companion that nobody knows, and an id that is none': { from: 'carol:7@example.org', id: 'é' },
  'a companion that nobody knows, and a prekey message': { from: 'carol:7@example.org', type: 'prekey' },
} as const;

describe('a mailbox with', () => {
  const cases_ = [
    ...Object.entries(deliveries),
    ...Object.entries(envelopes).map(([name, change]) => [
      name,
      { id: '1', envelope: { id: 'x', from: BOB, to: ALICE, type: 'message', at: 1, bytes, ...change } },
    ]),
  ] as readonly (readonly [string, unknown])[];

  test.each(cases_)('%s: what comes after it is read', async (name, delivery) => {
    const { world, bob, breakable, client, heard } = stage;
    await client.disconnect();
    const acknowledged: string[] = [];
    breakable.break(
      'receive',
      (right) => withFirst(delivery, right() as unknown as AsyncIterable<unknown>),
      1,
    );
    await client.connect();
    const id = newId();
    await world.send(bob, ALICE, 'hello', id);
    await world.settled();
    expect(
      heard.filter((each) => each === id),
      name,
    ).toHaveLength(1);
    expect(acknowledged).toEqual([]);
    breakable.mend();
  });
});

async function* withFirst(first: unknown, rest: AsyncIterable<unknown>): AsyncGenerator {
  yield first;
  yield* rest;
}

describe('a mailbox that', () => {
  test.each([
    ...faultsWith(wrongButUndefined, ['throws at once', 'returns nothing', 'returns no promise']),
    ['ends at once', () => withFirst(undefined, none())],
    ['fails after a while', () => withFirst(undefined, failing())],
  ] as readonly (readonly [string, Fault])[])(
    '%s: the client says that it is disconnected, and connects again',
    async (__, fault) => {
      const { world, bob, breakable, client, heard, disconnections } = stage;
      await client.disconnect();
      breakable.break('receive', fault);
      const before = disconnections.length;
      await client.connect();
      await world.settled();
      expect(disconnections.length).toBe(before + 1);
      const error = disconnections.at(-1);
      if (error !== undefined) expectTyped(error);
      breakable.mend();
      await client.connect();
      const id = newId();
      await world.send(bob, ALICE, 'hello', id);
      await world.settled();
      expect(heard.filter((each) => each === id)).toHaveLength(1);
    },
  );

  test('never ends, not even when it is closed: the client closes all the same', async () => {
    const { world, access, store } = stage;
    const stuck: ServerAccess = {
      ...access,
      connect: (device) => ({
        ...world.server.connect(device),
        receive: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
        close: () => undefined,
      }),
    };
    const client = createClient({ store, server: stuck, clock: world.clock });
    await client.connect();
    let isClosed = false;
    void client.close().then(() => (isClosed = true));
    await settled();
    expect(isClosed).toBe(true);
  });

  test('cannot forget: what comes again is passed over', async () => {
    const { world, bob, breakable, client, heard } = stage;
    breakable.break('acknowledge', () => Promise.reject(new Error('out of order')), 1);
    const id = newId();
    await world.send(bob, ALICE, 'hello', id);
    await world.settled();
    breakable.mend();
    await client.connect();
    await world.settled();
    expect(heard.filter((each) => each === id)).toHaveLength(1);
    expect(world.server.waiting(ALICE)).toBe(0);
  });
});

function none(): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
  };
}

function failing(): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('out of order')) }) };
}

describe('a server that cannot be connected to', () => {
  test.each(['connect', 'connectUnlinked'] as const)('%s throws: a typed error', async (method) => {
    const { world } = stage;
    const server = {
      ...world.access(),
      [method]: () => {
        throw new Error('out of order');
      },
    };
    const client = createClient({ store: createMemoryStore(), server, clock: world.clock });
    expectTyped(
      await caught(method === 'connect' ? client.register('carol@example.org') : client.offerLink(LABELS)),
    );
    const known = createClient({ store: stage.store, server, clock: world.clock });
    expectTyped(await caught(known.connect()));
  });

  test.each([...Object.entries(WRONG_ANSWERS)])(
    'connections are %s: a typed error',
    async (__, connection) => {
      const { world } = stage;
      const server = {
        connect: () => connection,
        connectUnlinked: () => connection,
      } as unknown as ServerAccess;
      const client = createClient({ store: createMemoryStore(), server, clock: world.clock });
      expectTyped(await world.run(caught(client.register('carol@example.org'))));
      expectTyped(await world.run(caught(client.offerLink(LABELS))));
      expectTyped(await world.run(caught(client.offerLinkByCode({ ...LABELS, account: ALICE }))));
      expect(await client.address()).toBeUndefined();
    },
  );
});
