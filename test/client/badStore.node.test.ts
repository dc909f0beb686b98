import { createClient, PolyratchetError, type Client, type Store } from 'polyratchet';
import { beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../support/random.js';
import type { Device } from './device.js';
import { Breakable, faultsWith, WRONG_ANSWERS, type Fault } from './faults.js';
import { World } from './world.js';

const ALICE = 'alice@example.org';
const BOB = 'bob@example.org';
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = new Uint8Array(3);

const answer =
  (value: unknown): Fault =>
  () =>
    Promise.resolve(value);
const stored = (value: unknown): Fault => answer({ get: () => value });

const readFaults: readonly (readonly [string, Fault])[] = [
  ...faultsWith(WRONG_ANSWERS),
  ['answers null for a record', stored(null)],
  ['answers text for a record', stored('record')],
  ['answers a record without a version', stored({ value: bytes })],
  ['answers a record with a number for a version', stored({ value: bytes, version: 1 })],
  ['answers a record without a value', stored({ version: '1' })],
  ['answers a record with an array for a value', stored({ value: [1, 2], version: '1' })],
  ['answers what is no record', stored({ value: bytes, version: '1' })],
  ['answers an empty record', stored({ value: new Uint8Array(0), version: '1' })],
  [
    'answers with something that throws',
    answer({
      get: () => {
        throw new Error('out of order');
      },
    }),
  ],
];
const { 'a text': _, ...wrongOutcomes } = WRONG_ANSWERS;
const commitFaults: readonly (readonly [string, Fault])[] = [
  ...faultsWith(WRONG_ANSWERS),
  ...faultsWith({ Committed: 'Committed', true: true, ...wrongOutcomes }, []),
  ['is always in conflict', answer('conflict')],
];
const listFaults: readonly (readonly [string, Fault])[] = [
  ...faultsWith(WRONG_ANSWERS),
  [
    'answers too many names',
    answer(Array.from({ length: 1_001 }, (__, i) => `inbox/${String(i).padStart(9, '0')}`)),
  ],
  ['answers names with another prefix', answer(['session/alice@example.org'])],
  ['answers names that are none', answer([undefined])],
];

/** Alice, whose store can be broken, and Bob. They have talked, and are the same in all tests: whatever one breaks must not last. */
interface Stage {
  readonly world: World;
  readonly bob: Device;
  readonly breakable: Breakable<Store>;
  readonly client: Client;
  readonly events: PolyratchetError[];
  readonly heard: string[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await setUp();
});

async function setUp(): Promise<Stage> {
  const world = new World();
  const alice = await world.register(ALICE);
  const bob = await world.register(BOB);
  await world.send(alice, BOB, 'hello');
  await world.settled();
  await world.retire(alice);
  const breakable = new Breakable<Store>(alice.store);
  const client = createClient({
    store: breakable.wrap(alice.store),
    server: world.access(),
    clock: world.clock,
    random: seededRandom(55),
  });
  const events: PolyratchetError[] = [];
  const heard: string[] = [];
  client.on('disconnected', ({ error }) => {
    if (error !== undefined) events.push(error);
  });
  client.on('message', ({ message }) => heard.push(message.id));
  await client.connect();
  return { world, bob, breakable, client, events, heard };
}

let ids = 0;
function newId(): string {
  return `message ${String(++ids)}`;
}

function expectShown(device: Device, id: string): void {
  expect(device.of('message').filter(({ message }) => message.id === id)).toHaveLength(1);
}

function expectTyped(error: unknown): void {
  expect(PolyratchetError.is(error) ? 'typed' : error, 'the error').toBe('typed');
}

const caught = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no error',
    (error: unknown) => error,
  );

const faults: readonly (readonly [keyof Store, string, Fault])[] = [
  ...readFaults.map(([name, fault]) => ['read', name, fault] as const),
  ...commitFaults.map(([name, fault]) => ['commit', name, fault] as const),
];

describe('a store whose', () => {
  test.each(faults)('%s %s: a typed error, and the next send works', async (method, __, fault) => {
    const { world, bob, breakable, client } = stage;
    const id = newId();
    const send = (): ReturnType<Client['send']> => client.send({ to: BOB, body: body('now'), id });
    breakable.break(method, fault);
    expectTyped(await world.run(caught(send())));
    expect(breakable.hits).toBeGreaterThan(0);
    breakable.mend();
    expect((await world.run(send())).kind).toBe('sent');
    await world.settled();
    expectShown(bob, id);
    expect(world.ciphertexts.encryptions(id)).toBe(1);
    expect(world.ciphertexts.reused).toBe(0);
  });

  test.each(faults)('%s %s: what comes meanwhile is not lost', async (method, __, fault) => {
    const { world, bob, breakable, client, events, heard } = stage;
    const id = newId();
    const before = events.length;
    breakable.break(method, fault);
    await world.send(bob, ALICE, 'are you there?', id);
    await world.clock.advance(10_000);
    expect(events).toHaveLength(before + 1);
    expectTyped(events.at(-1));
    breakable.mend();
    await world.run(client.connect());
    await world.settled();
    expect(heard.filter((heardId) => heardId === id)).toHaveLength(1);
    expect(world.server.waiting(ALICE)).toBe(0);
  });

  test.each(listFaults)('list %s: a typed error, and the next connection works', async (__, fault) => {
    const { world, bob, breakable, client } = stage;
    const id = newId();
    await client.disconnect();
    await client.send({ to: BOB, body: body('now'), id });
    breakable.break('list', fault);
    expectTyped(await world.run(caught(client.connect())));
    expectTyped(await world.run(caught(client.inbox())));
    breakable.mend();
    await client.connect();
    await world.settled();
    expectShown(bob, id);
  });

  test('commit has its effect after the deadline: the same id is not encrypted again', async () => {
    const { world, bob, breakable, client } = await setUp();
    let commit: () => Promise<unknown> = () => Promise.resolve();
    breakable.break(
      'commit',
      (late) => {
        commit = late;
        return new Promise(() => undefined);
      },
      1,
    );
    const send = (): ReturnType<Client['send']> => client.send({ to: BOB, body: body('now'), id: 'one' });
    const error = await world.run(caught(send()));
    expect(PolyratchetError.is(error, 'deadline')).toBe(true);
    await commit();
    expect((await send()).kind).toBe('sent');
    await world.settled();
    expect(world.ciphertexts.encryptions('one')).toBe(1);
    expect(bob.texts).toEqual(['hello', 'now']);
    await client.close();
  });

  test('commit has its effect while the next message is encrypted: one of them waits for the other', async () => {
    const { world, bob, breakable, client } = await setUp();
    let late: () => Promise<unknown> = () => Promise.resolve();
    breakable.break('commit', (commit) => ((late = commit), new Promise(() => undefined)), 1);
    await world.run(caught(client.send({ to: BOB, body: body('now'), id: 'one' })));
    breakable.break('commit', (commit) => late().then(commit), 1);
    expect((await world.run(client.send({ to: BOB, body: body('then'), id: 'two' }))).kind).toBe('sent');
    expect((await world.run(client.send({ to: BOB, body: body('now'), id: 'one' }))).kind).toBe('sent');
    await world.settled();
    expect(new Set(bob.texts)).toEqual(new Set(['hello', 'now', 'then']));
    expect(world.ciphertexts.reused).toBe(0);
    await client.close();
  });

  test('read knows nothing: nothing is sent, and the store is as it was', async () => {
    const { world, breakable, client } = await setUp();
    const before = world.ciphertexts.envelopes.length;
    breakable.break('read', () => Promise.resolve(new Map()));
    expectTyped(await world.run(caught(client.send({ to: BOB, body: body('now'), id: 'one' }))));
    breakable.mend();
    expect(world.ciphertexts.envelopes.length).toBe(before);
    expect((await client.send({ to: BOB, body: body('now'), id: 'one' })).kind).toBe('sent');
    await client.close();
  });

  test('read says more than was asked: the rest is passed over', async () => {
    const { world, bob, breakable, client } = await setUp();
    breakable.break(
      'read',
      async (right) => new Map([...((await right()) as Map<string, unknown>), ['more', null]]),
    );
    expect((await client.send({ to: BOB, body: body('now'), id: 'one' })).kind).toBe('sent');
    await world.settled();
    expect(bob.texts).toEqual(['hello', 'now']);
    await client.close();
  });

  test('values are written over after they were read: records were copied', async () => {
    const { world, bob, breakable, client } = await setUp();
    breakable.break('read', async (right) => {
      const found = (await right()) as Map<string, { value: Uint8Array }>;
      setTimeout(() => {
        for (const { value } of found.values()) value.fill(0);
      }, 0);
      return found;
    });
    for (const id of ['one', 'two', 'three']) await client.send({ to: BOB, body: body(id), id });
    await world.settled();
    expect(bob.texts).toEqual(['hello', 'one', 'two', 'three']);
    await client.close();
  });
});
