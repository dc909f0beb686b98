import { createClient, type Address, type Client } from 'polyratchet';
import { MAX_SEEN_IDS, SEEN_ID_LIFETIME_MS } from 'polyratchet/client';
import { createMemoryStore } from 'polyratchet/memory';
import { describe, expect, test } from 'vitest';
import { seenId } from '../../src/client/keys.js';
import { seededRandom } from '../support/random.js';
import { Foreigner } from './foreign.js';
import { DAY_MS, HOUR_MS, World } from './world.js';

const ALICE: Address = 'alice@example.org';
const BOB: Address = 'bob@example.org';
const body = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('ids that came', () => {
  test('are remembered for 45 days', async () => {
    const world = new World();
    const alice = await world.register(ALICE);
    const bob = await world.register(BOB);
    await world.send(alice, BOB, 'hello');
    await world.settled();
    expect(SEEN_ID_LIFETIME_MS).toBe(45 * DAY_MS);
    await world.clock.jump(45 * DAY_MS - 1);
    expect(await bob.store.list('seen/', '', 10)).toEqual(['seen/alice@example.org message 0']);
    await world.clock.jump(HOUR_MS);
    expect(await bob.store.list('seen/', '', 10)).toEqual([]);
  });

  test(`are bounded: of more than ${String(MAX_SEEN_IDS)} the oldest are forgotten`, async () => {
    const world = new World();
    const bob = await world.register(BOB);
    const extra = 5;
    const count = MAX_SEEN_IDS + extra;
    for (let start = 0; start < count; start += 10_000) {
      const changes = Array.from({ length: Math.min(10_000, count - start) }, (_, i) => {
        const number = start + i;
        const { name, encode } = seenId(ALICE, String(number));
        // The youngest come first by name, so that it is their times that count.
        return { name, value: encode({ at: world.clock.now() - number }), expected: null };
      });
      await bob.store.commit(changes);
    }
    await world.clock.jump(HOUR_MS);
    const left = new Set(await bob.store.list('seen/', '', count));
    expect(left.size).toBe(MAX_SEEN_IDS);
    for (let i = 0; i < extra; i++) expect(left.has(`seen/${ALICE} ${String(count - 1 - i)}`)).toBe(false);
  });
});

describe('how messages are written', () => {
  async function pair(
    options: Parameters<typeof createClient>[0] extends infer Options ? Partial<Options> : never,
  ): Promise<{ world: World; alice: Client; bob: Client; heard: Uint8Array[]; refused: unknown[] }> {
    const world = new World();
    const make = (seed: number): Client =>
      createClient({
        store: createMemoryStore(),
        server: world.access(),
        clock: world.clock,
        random: seededRandom(seed),
        ...options,
      });
    const [alice, bob] = [make(1), make(2)];
    await alice.register(ALICE);
    await bob.register(BOB);
    const heard: Uint8Array[] = [];
    const refused: unknown[] = [];
    bob.on('message', ({ message }) => heard.push(message.body));
    bob.on('refused', ({ error }) => refused.push(error.code));
    return { world, alice, bob, heard, refused };
  }

  /** A Message of another protocol: `conversation` is its field 1. */
  const message = Uint8Array.of(0x0a, 5, ...body('hello'));

  test('as a Message: the application’s own fields come through, with ours behind them', async () => {
    const { world, alice, heard, bob } = await pair({ form: 'message' });
    await alice.send({ to: BOB, body: message });
    await world.settled();
    expect(heard).toHaveLength(1);
    expect(heard[0]?.slice(0, message.length)).toEqual(message);
    await Promise.all([alice.close(), bob.close()]);
  });

  test('a body that is no Message is refused, and nothing is stored', async () => {
    const { alice, bob } = await pair({ form: 'message' });
    await expect(alice.send({ to: BOB, body: Uint8Array.of(0xff) })).rejects.toMatchObject({
      code: 'malformed',
    });
    await Promise.all([alice.close(), bob.close()]);
  });

  test.each([true, false])(
    'a message without id and chat is taken only from whom may be foreign: %s',
    async (foreign) => {
      const { world, alice, heard, refused, bob } = await pair({ form: 'message', foreign });
      const carol = new Foreigner(world, 'carol@example.org');
      await carol.write(BOB, message, 'one');
      await carol.write(BOB, message, 'one');
      await world.settled();
      expect(heard).toEqual(foreign ? [message] : []);
      expect(refused).toEqual(foreign ? [] : ['malformed', 'malformed']);
      await Promise.all([alice.close(), bob.close()]);
    },
  );
});
