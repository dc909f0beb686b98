/** A client that receives ten thousand messages, one after the other: what each costs, and what it leaves behind. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createClient, type Client, type Delivery, type Envelope, type ServerAccess } from 'polyratchet';
import { createMemoryServer, createMemoryStore, type MemoryStore } from 'polyratchet/memory';

const ALICE = 'alice@example.org';
const BOB = 'bob@example.org';

/** Messages before anything is measured, and then. */
const WARM_UP = 2_000;
const MESSAGES = 10_000;
const PORTION = 1_000;

/** What a message may leave behind beside its id: room for what the engine itself moves about. */
const GROWTH_LIMIT = 100;

/** How much slower the last thousand may be than the first: their ids are among ten times as many. */
const SLOWDOWN_LIMIT = 1.5;

/** Receives, and says what it cost. */
export async function receiveMany(): Promise<string> {
  const { store, server, envelopes } = await prepare();
  const alive = heap();
  const costs: number[] = [];
  let before = 0;
  async function* deliveries(): AsyncGenerator<Delivery> {
    await Promise.resolve();
    for (const [i, envelope] of envelopes.entries()) {
      if (i === WARM_UP) before = alive();
      const started = performance.now();
      yield { id: String(i), envelope };
      costs.push(performance.now() - started);
    }
  }
  const bob = createClient({ store, server: delivering(server, deliveries) });
  let handled = 0;
  bob.on('message', ({ message }) => {
    void bob.acknowledge(message.key).then(() => handled++);
  });
  const ended = new Promise((resolve) => bob.on('disconnected', resolve));
  await bob.connect();
  await ended;
  await new Promise((resolve) => setTimeout(resolve, 10)); // for the last acknowledgement
  const grown = alive() - before;
  if (handled !== envelopes.length) throw new Error(`${handled} of ${envelopes.length} were handled`);
  const ids = await idsAlone(store, alive);
  await bob.close();
  const each = (grown - ids) / MESSAGES;
  const mean = (from: number): number =>
    (costs.slice(from, from + PORTION).reduce((sum, cost) => sum + cost, 0) / PORTION) * 1_000;
  const [first, last] = [mean(WARM_UP), mean(costs.length - PORTION)];
  if (each > GROWTH_LIMIT || last > first * SLOWDOWN_LIMIT) {
    throw new Error(`${each.toFixed(0)} bytes a message, ${first.toFixed(0)} µs, then ${last.toFixed(0)} µs`);
  }
  return `${MESSAGES} messages received and acknowledged: the first thousand ${first.toFixed(0)} µs each, the last ${last.toFixed(0)} µs; beside the ids that are remembered (${(ids / MESSAGES).toFixed(0)} bytes each) the heap grew by ${each.toFixed(0)} bytes a message`;
}

/** Bob, to whom Alice has written so many messages. */
async function prepare(): Promise<{
  store: MemoryStore;
  server: ServerAccess;
  envelopes: readonly Envelope[];
}> {
  const server = createMemoryServer();
  const store = createMemoryStore();
  const envelopes: Envelope[] = [];
  let isKept = false;
  const alice = createClient({
    store: createMemoryStore(),
    server: {
      ...server,
      connect: (device) => {
        const connection = server.connect(device);
        return {
          ...connection,
          send: (sent, options) => {
            if (!isKept) return connection.send(sent, options);
            envelopes.push(...sent);
            return Promise.resolve({});
          },
        };
      },
    },
  });
  const bob = createClient({ store, server });
  await alice.register(ALICE);
  await bob.register(BOB);
  await exchange(alice, bob, BOB);
  await exchange(bob, alice, ALICE);
  await bob.close();
  isKept = true;
  const body = new Uint8Array(100);
  for (let i = 0; i < WARM_UP + MESSAGES; i++) await alice.send({ to: BOB, body });
  await alice.close();
  return { store, server, envelopes };
}

async function exchange(from: Client, to: Client, address: string): Promise<void> {
  const arrived = new Promise<void>((resolve) => {
    to.on('message', ({ message }) => {
      void to.acknowledge(message.key).then(resolve);
    });
  });
  await from.send({ to: address, body: new Uint8Array(100) });
  await arrived;
}

/** A server whose mailbox holds what it is told. */
function delivering(server: ServerAccess, deliveries: () => AsyncIterable<Delivery>): ServerAccess {
  return {
    ...server,
    connect: (device) => ({
      ...server.connect(device),
      receive: deliveries,
      acknowledge: () => Promise.resolve(),
    }),
  };
}

/** What the ids of the measured messages take by themselves, in a store like that of the client. */
async function idsAlone(store: MemoryStore, alive: () => number): Promise<number> {
  const names = (await store.list('seen/', '', WARM_UP + MESSAGES)).slice(-MESSAGES);
  const records = await store.read(names);
  const before = alive();
  const copy = createMemoryStore();
  for (const [name, { value }] of records) {
    await copy.commit([{ name: ` ${name}`.slice(1), value, expected: null }]);
  }
  const taken = alive() - before;
  if (copy.size() !== MESSAGES) throw new Error('ids are missing');
  // A name that is shared with the list above takes no room of its own here.
  return taken + names.reduce((sum, name) => sum + name.length + 16, 0);
}

/** Measures what is alive. */
function heap(): () => number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return () => {
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
}
