/** Envelopes of accounts that the server has made up: every second one is a companion’s, every other a primary’s. */
import { encodeHeldMessages, encodeRetryRequests } from 'polyratchet/fanout';
import { MAX_HELD_ACCOUNTS } from '../../../src/client/held.js';
import { MAX_ASKED_DEVICES } from '../../../src/client/retry.js';
import type { Device } from '../device.js';
import { BOB, type People } from './lyingWorld.js';

/** How many there are of each kind, before the test and in it. */
export interface Flood {
  /** Accounts of which a message is held already, and devices that were asked. */
  readonly already: number;
  /** More of each that write now. */
  readonly more: number;
}

/** Floods Bob’s phone, and fails unless the bounds hold. Returns how many envelopes came. */
export async function expectBounded(all: People, { already, more }: Flood): Promise<number> {
  const { world, bob } = all;
  const sample = world.ciphertexts.envelopes.find(({ type, to }) => type === 'prekey' && to === BOB);
  if (sample === undefined) throw new Error('nobody has begun a session with Bob');
  await prepare(all, already);
  const before = bob.store.size();
  for (let i = 0; i < 2 * more; i++) {
    const from = i % 2 === 0 ? `made-up-${i}:1@example.org` : `made-up-${i}@example.org`;
    world.inject({ ...sample, id: `made up ${i}`, from });
  }
  let left = Infinity;
  while (world.server.waiting(BOB) < left) {
    left = world.server.waiting(BOB);
    await world.settled();
  }
  const counts = [await namesOf(bob, 'held/'), await namesOf(bob, 'asked/')].map(({ length }) => length);
  const bounds = [MAX_HELD_ACCOUNTS, MAX_ASKED_DEVICES];
  if (counts.join() !== bounds.join()) throw new Error(`${counts.join()} are kept, and not ${bounds.join()}`);
  // Each of them is a record or two; the envelopes beyond the bounds wait at the server.
  const grown = bob.store.size() - before;
  const room = 2 * bounds.reduce((sum, bound) => sum + bound - already, 0);
  if (grown > room) throw new Error(`${grown} records were added, and not ${room} at most`);
  if (left < 2 * more - room) throw new Error(`${left} envelopes wait at the server`);
  return 2 * more;
}

/** The names of a device’s records with a prefix. */
export function namesOf(device: Device, prefix: string): Promise<readonly string[]> {
  return device.store.list(prefix, '', 100_000);
}

/** What an earlier flood has left behind. */
async function prepare({ world, bob }: People, already: number): Promise<void> {
  const now = world.clock.now();
  const changes = Array.from({ length: already }, (_, i) => {
    const account = `earlier-${i}@example.org`;
    const held = { device: account, messageId: '1', length: 1, receivedAt: now };
    const asked = { messageId: '1', count: 1, since: now, delivered: false };
    return [
      { name: `held/${account}`, value: encodeHeldMessages({ account, messages: [held] }), expected: null },
      {
        name: `asked/${account}`,
        value: encodeRetryRequests({ device: account, messages: [asked] }),
        expected: null,
      },
    ];
  });
  if (already > 0) await bob.store.commit(changes.flat());
}
