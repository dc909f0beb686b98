/** Whatever breaks and however the server behaves: each device reads each message once, or it is known why not. */
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { createParty } from '../support/party.js';
import { World, type Journal } from './retryWorld.js';

const DEEP = inject('backend') === 'node';

/** Making keys takes longer than a walk. */
const parties = [1, 2, 3, 4].map((seed) => createParty(seed, 6));

const which = fc.nat(1);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constantFrom('deliver' as const, 'repeat' as const), at: fc.nat(500) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reply' as const), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('break' as const),
      which,
      how: fc.constantFrom('lose' as const, 'snapshot' as const, 'restore' as const),
    }),
  },
);
const hostile = fc.oneof(
  { weight: 4, arbitrary: step },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), at: fc.nat(500) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('forge' as const),
      who: fc.nat(2),
      message: fc.nat(9),
      count: fc.integer({ min: 1, max: 7 }),
      withKeys: fc.boolean(),
    }),
  },
);

type Step = typeof hostile extends fc.Arbitrary<infer Value> ? Value : never;

function take(world: World, action: Step): void {
  if (action.kind === 'send') world.send();
  else if (action.kind === 'reply') world.reply(action.which);
  else if (action.kind === 'break') world.break(action.which, action.how);
  else if (action.kind === 'forge') world.forge(action.who, action.message, action.count, action.withKeys);
  else if (world.flying.length > 0) {
    const at = action.at % world.flying.length;
    const flight = world.flying[at]!;
    if (action.kind !== 'repeat') world.flying.splice(at, 1);
    if (action.kind !== 'drop') world.deliver(flight);
  }
}

/** The phone reads and answers, loses its session, and is sent two messages more: what every run begins with. */
const typical: Step[] = [
  { kind: 'deliver', at: 0 },
  { kind: 'reply', which: 0 },
  { kind: 'break', which: 0, how: 'lose' },
  { kind: 'send' },
  { kind: 'send' },
];

/** Walks, then lets everything arrive that is still on its way. */
function walk(steps: readonly Step[]): World {
  const world = new World(parties);
  world.send();
  for (const action of steps) take(world, action);
  for (let flight = world.flying.shift(); flight !== undefined; flight = world.flying.shift())
    world.deliver(flight);
  return world;
}

/** What holds against any server. */
function check({ texts, journal }: World): void {
  for (const [name, text] of journal.read) {
    const messageId = name.slice(name.indexOf(' ') + 1);
    expect(text, 'the text of the message, and no other').toBe(texts.get(messageId));
  }
  for (const count of [...journal.requested.values(), ...journal.resent.values()])
    expect(count).toBeLessThanOrEqual(5);
  for (const name of journal.resent.keys()) expect(name).not.toContain('mallory');
  expect(journal.renewals).toBeLessThanOrEqual(2 * 5);
}

const limits = { maxLength: DEEP ? 60 : 12, size: 'max' } as const;
const numRuns = DEEP ? 40 : 4;

test('a server that repeats and reorders keeps no message from any device, whatever the devices lose', () => {
  const total = { read: 0, requested: 0, renewals: 0, doubled: 0, missed: 0 };
  fc.assert(
    fc.property(fc.array(step, limits), (steps) => {
      const world = walk(steps);
      check(world);
      const { journal, texts, bobs } = world;
      for (const messageId of texts.keys()) {
        for (const { address } of bobs) {
          const name = `${address} ${messageId}`;
          if (!journal.read.has(name)) total.missed++;
          expect(journal.read.has(name) || exhausted(journal, address, name), name).toBe(true);
        }
      }
      total.read += journal.read.size;
      total.requested += journal.requested.size;
      total.renewals += journal.renewals;
      total.doubled += journal.doubled;
    }),
    { numRuns, examples: [[typical]] },
  );
  console.log('retries:', JSON.stringify(total));
  expect(total.requested).toBeGreaterThan(0);
  expect(total.renewals).toBeGreaterThan(0);
  expect(total.missed).toBeLessThanOrEqual(total.read / 100);
});

/** A device that breaks more often than five times a day is told so, and asks no more than five times for a message. */
function exhausted({ missed }: Journal, address: string, name: string): boolean {
  const why = missed.get(name);
  if (why === undefined) return false;
  return ['too-many', 'too-many-sessions'].includes(why) && address.startsWith('bob');
}

test('a server that also drops and forges gets nobody anything else, and nothing more than five times', () => {
  let forgeries = 0;
  fc.assert(
    fc.property(fc.array(hostile, limits), (steps) => {
      forgeries += steps.filter(({ kind }) => kind === 'forge').length;
      check(walk(steps));
    }),
    { numRuns, examples: [[[...typical, { kind: 'forge', who: 2, message: 0, count: 1, withKeys: true }]]] },
  );
  expect(forgeries).toBeGreaterThan(0);
});
