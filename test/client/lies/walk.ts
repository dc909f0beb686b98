/** Random walks on a server that tells several lies at a time, one on top of the other. */
import { accountOf, type Address } from 'polyratchet';
import type { Lie } from 'polyratchet/memory';
import fc from 'fast-check';
import type { Device } from '../device.js';
import { DAY_MS, HOUR_MS } from '../world.js';
import { ALICE, BOB, chat, LAPTOP, people, TABLET, type People } from './lyingWorld.js';

/** What a walk has counted. */
export interface WalkTally {
  lies: number;
  messages: number;
  /** Messages that the client refused to write to the keys that the server gave out. */
  refusals: number;
  intrusions: number;
  days: number;
}

export const newWalkTally = (): WalkTally => ({ lies: 0, messages: 0, refusals: 0, intrusions: 0, days: 0 });

const account = fc.constantFrom(ALICE, BOB);
const device = fc.constantFrom(ALICE, LAPTOP, BOB, TABLET);
const companion = fc.constantFrom(LAPTOP, TABLET);
/** To everybody, or to some. */
const told = fc.option(fc.uniqueArray(device, { minLength: 1, maxLength: 3 }), { nil: undefined });
const optional = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  (value === undefined ? {} : { [name]: value }) as Partial<Record<Name, Value>>;
const to = told.map((devices) => optional('to', devices));
const from = told.map((devices) => optional('from', devices));
const envelopes = fc.tuple(from, to).map(([sender, receiver]) => ({ ...sender, ...receiver }));
const ahead = fc.constantFrom(-2 * DAY_MS, -HOUR_MS, HOUR_MS, 400 * DAY_MS);

const lie: fc.Arbitrary<Lie> = fc.oneof(
  fc
    .tuple(account, fc.constantFrom('unsigned', 'forged', 'borrowed', 'other-primary'), to)
    .map(([of, forgery, hearers]) => ({ kind: 'add-device', account: of, forgery, ...hearers }) as const),
  fc
    .tuple(account, to)
    .map(([of, hearers]) => ({ kind: 'replace-account', account: of, ...hearers }) as const),
  fc.tuple(account, to).map(([of, hearers]) => ({ kind: 'withhold-list', account: of, ...hearers }) as const),
  fc
    .tuple(account, fc.integer({ min: 1, max: 3 }), to)
    .map(([of, steps, hearers]) => ({ kind: 'roll-back-list', account: of, steps, ...hearers }) as const),
  fc
    .tuple(account, device)
    .map(([of, hearer]) => ({ kind: 'fork-list', account: of, to: [hearer] }) as const),
  fc.tuple(companion, to).map(([of, hearers]) => ({ kind: 'hide-device', device: of, ...hearers }) as const),
  companion.map((of) => ({ kind: 'unlink', device: of }) as const),
  fc
    .tuple(device, to)
    .map(([of, hearers]) => ({ kind: 'claim-last-used', device: of, lastUsed: 1, ...hearers }) as const),
  fc.tuple(device, to).map(([of, hearers]) => ({ kind: 'swap-bundle', device: of, ...hearers }) as const),
  fc
    .tuple(device, device, to)
    .map(([of, by, hearers]) => ({ kind: 'swap-bundle', device: of, by, ...hearers }) as const),
  fc
    .tuple(device, fc.constantFrom('signed', 'one-time'), to)
    .map(([of, which, hearers]) => ({ kind: 'swap-prekey', device: of, which, ...hearers }) as const),
  fc.tuple(device, to).map(([of, hearers]) => ({ kind: 'repeat-bundle', device: of, ...hearers }) as const),
  fc
    .tuple(device, to)
    .map(([of, hearers]) => ({ kind: 'withhold-prekeys', device: of, ...hearers }) as const),
  fc
    .tuple(device, fc.constantFrom(0, 5, 1_000_000))
    .map(([of, count]) => ({ kind: 'miscount-prekeys', device: of, count }) as const),
  envelopes.map((about) => ({ kind: 'drop', ...about }) as const),
  envelopes.map((about) => ({ kind: 'duplicate', ...about }) as const),
  envelopes.map((about) => ({ kind: 'delay', ...about }) as const),
  fc
    .tuple(envelopes, fc.integer({ min: 2, max: 6 }))
    .map(([about, count]) => ({ kind: 'reorder', count, ...about }) as const),
  fc.tuple(envelopes, device).map(([about, as]) => ({ kind: 'impersonate', as, ...about }) as const),
  fc.tuple(envelopes, device).map(([about, into]) => ({ kind: 'misdeliver', into, ...about }) as const),
  envelopes.map((about) => ({ kind: 'replay', ...about }) as const),
  fc
    .record(
      {
        stale: fc.array(device, { maxLength: 3 }),
        missing: fc.array(fc.oneof(device, fc.constant('bob:9@example.org')), { maxLength: 3 }),
        extra: fc.array(device, { maxLength: 3 }),
        participantHash: fc.constant('2:AAAAAAAA'),
      },
      { requiredKeys: [] },
    )
    .map((answer) => ({ kind: 'answer-send', answer }) as const),
  fc.tuple(ahead, to).map(([by, hearers]) => ({ kind: 'wrong-time', ahead: by, ...hearers }) as const),
);

/** A step of a walk. */
export type WalkStep =
  | { readonly kind: 'lie'; readonly lie: Lie }
  | { readonly kind: 'end' | 'intrude'; readonly which: number; readonly device: Address }
  | { readonly kind: 'say' | 'reconnect'; readonly device: Address }
  | { readonly kind: 'wait'; readonly ms: number };

/** Steps of a walk. */
export function walkSteps(maxLength: number): fc.Arbitrary<readonly WalkStep[]> {
  const which = fc.nat({ max: 7 });
  return fc.array(
    fc.oneof(
      { weight: 4, arbitrary: lie.map((each) => ({ kind: 'lie' as const, lie: each })) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), which, device }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('intrude' as const), which, device }) },
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('say' as const), device }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('reconnect' as const), device }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('wait' as const),
          ms: fc.constantFrom(HOUR_MS, DAY_MS, 3 * DAY_MS),
        }),
      },
    ),
    { minLength: maxLength / 2, maxLength, size: 'max' },
  );
}

/**
 * Walks, and tells the truth at the end. Messages that were written while the server lied may be lost, if it has dropped them;
 * nothing else may happen, and whatever is written afterwards arrives.
 */
export async function walkLies(steps: readonly WalkStep[], tally: WalkTally): Promise<void> {
  const all = await people();
  const { world } = all;
  const endings: (() => void)[] = [];
  for (const step of steps) {
    switch (step.kind) {
      case 'lie':
        endings.push(world.server.lie(step.lie));
        tally.lies++;
        break;
      case 'end':
        endings.splice(step.which, 1)[0]?.();
        break;
      case 'intrude': {
        const intruders = world.server.intruders();
        const intruder = intruders[step.which % intruders.length];
        if (intruder === undefined || intruder.address === step.device) break;
        if (await world.intrude(intruder, step.device)) tally.intrusions++;
        break;
      }
      case 'say': {
        const to = accountOf(step.device) === ALICE ? BOB : ALICE;
        const isSent = await world.attempt(deviceOf(all, step.device), to, `said, ${world.sent.length}`);
        tally[isSent ? 'messages' : 'refusals']++;
        break;
      }
      case 'reconnect': {
        const { client } = deviceOf(all, step.device);
        await world.run(client.disconnect());
        // The server may say that it was unlinked, or that its time is another: then it is tried again later.
        await world.run(client.connect().catch(() => undefined));
        break;
      }
      case 'wait':
        await world.clock.jump(step.ms);
        tally.days += step.ms / DAY_MS;
    }
    await world.settled();
  }
  await world.truth();
  // What was asked for again within the last day has come by now; what was lost before stays away.
  await chat(all);
  await world.finish();
  const { lost: before, ...harm } = await world.harm();
  await chat(all);
  await world.finish();
  const { lost } = await world.harm();
  const broken = Object.entries({ ...harm, lostWithTheTruth: lost - before }).filter(
    ([, count]) => count > 0,
  );
  if (broken.length > 0) throw new Error(broken.map(([name, count]) => `${name} ${count}`).join(', '));
}

function deviceOf({ alice, laptop, bob, tablet }: People, address: Address): Device {
  const devices = new Map([
    [ALICE, alice],
    [LAPTOP, laptop],
    [BOB, bob],
    [TABLET, tablet],
  ]);
  const found = devices.get(address);
  if (found === undefined) throw new Error('nobody has this address');
  return found;
}
