/** Two people change one state at the same time: all devices come to the same end, whatever came first. */
import fc from 'fast-check';
import type { Address } from 'polyratchet';
import {
  decodeGroup,
  encodeGroup,
  groupHash,
  joinGroup,
  MAX_EARLY_CHANGES,
  MAX_FORK_VERSIONS,
  MAX_KEPT_CHANGES,
  MAX_MEMBERS,
  MAX_NAMED_ACCOUNTS,
  type ChangeKind,
  type GroupRecord,
  type GroupStep,
} from 'polyratchet/group';
import { describe, expect, inject, test } from 'vitest';
import { toHex } from '../../src/core/bytes.js';
import { ALICE, BOB, CAROL, change, changed, DAVE, ERIN, GROUP, groupOf, take, taken } from './people.js';

/** Admins: Alice, then Bob, then Carol. */
const admins = changed(groupOf(BOB, CAROL, DAVE), [ALICE, 'promote', BOB], [ALICE, 'promote', CAROL]);
const runs = inject('backend') === 'node' ? 40 : 15;

/** Takes steps in their order; those that are refused are left out. */
function takeAll(record: GroupRecord, steps: readonly GroupStep[]): GroupRecord {
  return steps.reduce((now, step) => {
    const applied = take(now, step.change, step.author);
    return applied.kind === 'refused' ? now : applied.record;
  }, record);
}

describe('of two changes of one state', () => {
  const byBob = change(admins, BOB, 'add', ERIN);
  const byCarol = change(admins, CAROL, 'remove', DAVE);

  test('that of the longer-standing admin counts, and the other is told', () => {
    const first = taken(admins, byCarol.change, CAROL);
    expect(take(first, byBob.change, BOB)).toMatchObject({
      kind: 'replaced',
      record: { group: byBob.record.group },
      lost: [{ author: CAROL, change: byCarol.change }],
      events: [
        { kind: 'added', account: DAVE, by: BOB },
        { kind: 'added', account: ERIN, by: BOB },
      ],
    });
    expect(take(byBob.record, byCarol.change, CAROL)).toMatchObject({
      kind: 'lost',
      record: { group: byBob.record.group },
    });
  });

  test('who only leaves makes room for an admin, and leaves again', () => {
    const leaves = change(admins, DAVE, 'leave');
    const record = taken(leaves.record, byCarol.change, CAROL);
    expect(record.group).toEqual(byCarol.record.group);
    expect(taken(taken(admins, byBob.change, BOB), leaves.change, DAVE).group).toEqual(byBob.record.group);
    expect(changed(byBob.record, [DAVE, 'leave']).group.members).toEqual([ALICE, BOB, CAROL, ERIN]);
  });

  test.each([
    ['of one admin', ALICE, ALICE, 'add', 'remove'],
    ['of two who leave', DAVE, ERIN, 'leave', 'leave'],
  ] as const)('%s the lower hash counts', (_, one, other, kindOne, kindOther) => {
    const record = changed(admins, [ALICE, 'add', ERIN]);
    const a = change(record, one, kindOne, ...(kindOne === 'add' ? ['x@example.org'] : []));
    const b = change(record, other, kindOther, ...(kindOther === 'remove' ? [DAVE] : []));
    const [winner] = [a, b].sort((x, y) => (toHex(x.record.hash) < toHex(y.record.hash) ? -1 : 1));
    expect(taken(a.record, b.change, other).group).toEqual(winner!.record.group);
    expect(taken(b.record, a.change, one).group).toEqual(winner!.record.group);
  });

  test('the same twice is no conflict, and counts as that of the longer-standing', () => {
    const byAlice = change(admins, ALICE, 'remove', DAVE);
    expect(byAlice.record.hash).toEqual(byCarol.record.hash);
    expect(take(byCarol.record, byAlice.change, ALICE).kind).toBe('known');
    const bobsCounts = taken(byCarol.record, byBob.change, BOB);
    expect(bobsCounts.group).toEqual(byBob.record.group);
    expect(take(bobsCounts, byAlice.change, ALICE)).toMatchObject({
      kind: 'replaced',
      record: { group: byCarol.record.group },
      lost: [{ author: BOB }],
    });
  });

  test('with what followed on the other the whole branch is lost, or stays for who has acted on it', () => {
    const onCarols = change(byCarol.record, CAROL, 'add', ERIN);
    expect(take(onCarols.record, byBob.change, BOB)).toMatchObject({ kind: 'replaced', lost: [{}, {}] });
    const withAlice = change(onCarols.record, ALICE, 'promote', ERIN);
    expect(take(withAlice.record, byBob.change, BOB)).toMatchObject({ kind: 'lost' });
    const bobFirst = takeAll(admins, [
      { change: byBob.change, author: BOB },
      { change: byCarol.change, author: CAROL },
      { change: onCarols.change, author: CAROL },
    ]);
    expect(bobFirst.group).toEqual(byBob.record.group);
    expect(take(bobFirst, withAlice.change, ALICE)).toMatchObject({
      kind: 'replaced',
      record: { group: withAlice.record.group },
      lost: [{ author: BOB }],
    });
  });
});

/** Who acts on which of the states so far, and how. */
interface Act {
  readonly on: number;
  readonly author: Address;
  readonly kind: ChangeKind;
  readonly account: Address;
}

const plots = fc.array(
  fc.record<Act>({
    on: fc.nat(99),
    author: fc.constantFrom(ALICE, BOB, CAROL, DAVE, ERIN),
    kind: fc.constantFrom<ChangeKind>('add', 'remove', 'promote', 'demote', 'leave'),
    account: fc.constantFrom(ALICE, BOB, CAROL, DAVE, ERIN),
  }),
  { minLength: 4, maxLength: 12 },
);

/** Steps that can be made, each on a state that some step before it has made. */
function stepsOf(plot: readonly Act[]): GroupStep[] {
  const states = [admins];
  const steps: GroupStep[] = [];
  for (const { on, author, kind, account } of plot) {
    try {
      // Each on a record of its own, as somebody has it who knows nothing of the other branches.
      const made = change(states[on % states.length]!, author, kind, ...(kind === 'leave' ? [] : [account]));
      states.push(made.record);
      steps.push({ change: made.change, author });
    } catch {
      // not possible there
    }
  }
  return steps;
}

test('whatever the order, the end is the same, and so is what is stored of it', () => {
  let forks = 0;
  fc.assert(
    fc.property(plots, fc.infiniteStream(fc.nat(1_000)), (plot, order) => {
      const steps = stepsOf(plot);
      const shuffled = steps
        .map((step) => ({ step, place: order.next().value as number }))
        .sort((a, b) => a.place - b.place)
        .map(({ step }) => step);
      const one = takeAll(admins, steps);
      const other = takeAll(admins, [...shuffled, ...shuffled]); // what was refused as early comes again, the rest twice
      expect(other.group).toEqual(one.group);
      expect(other.hash).toEqual(groupHash(other.group));
      const stored = decodeGroup(encodeGroup(other));
      expect(stored).toEqual(other);
      if (new Set(steps.map(({ change: { version } }) => version)).size < steps.length) forks++;
    }),
    { numRuns: runs, seed: 20_261_122 },
  );
  expect(forks).toBeGreaterThan(runs / 2);
});

test('what an admin makes up and dates back undoes nothing that a longer-standing one did', () => {
  let lost = 0;
  fc.assert(
    fc.property(plots, fc.nat(5), (plot, before) => {
      // Alice removes Bob somewhere; Bob then writes whatever he likes on any state before.
      const lead = (['add', 'remove', 'add', 'remove', 'add'] as const)
        .slice(0, before)
        .map((kind, i) => [i % 2 === 0 ? CAROL : ALICE, kind, ERIN] as const);
      const known = changed(admins, ...lead);
      const removed = changed(known, [ALICE, 'remove', BOB]);
      const states = lead.map((_, i) => changed(admins, ...lead.slice(0, i))).concat(known, admins);
      let record = removed;
      for (const { on, kind, account } of plot) {
        try {
          const forged = change(
            states[on % states.length]!,
            BOB,
            kind,
            ...(kind === 'leave' ? [] : [account]),
          );
          states.push(forged.record);
          const applied = take(record, forged.change, BOB);
          if (applied.kind === 'refused') continue;
          lost++;
          record = applied.record;
        } catch {
          // not possible there
        }
      }
      expect(record.group).toEqual(removed.group);
    }),
    { numRuns: runs },
  );
  expect(lost).toBeGreaterThan(runs);
});

describe('bounds', () => {
  /** So many versions, each made by Alice. */
  function grown(record: GroupRecord, versions: number): GroupRecord {
    let now = record;
    for (let i = 0; i < versions; i++)
      now = changed(now, i % 2 === 0 ? [ALICE, 'add', ERIN] : [ALICE, 'remove', ERIN]);
    return now;
  }

  test('a fork is decided as far back as it may be, and not one version further', () => {
    const late = change(admins, CAROL, 'add', 'x@example.org');
    expect(take(grown(admins, MAX_FORK_VERSIONS), late.change, CAROL).kind).toBe('lost');
    expect(take(grown(admins, MAX_FORK_VERSIONS + 1), late.change, CAROL)).toEqual({
      kind: 'refused',
      why: 'stale',
    });
  });

  /** Nothing of the past is in it. */
  const joined = joinGroup({ group: admins.group, author: ALICE, own: DAVE });
  if (joined.kind !== 'joined') throw new Error(joined.kind);
  const { record: fresh } = joined;

  test('of changes that lost as many are kept as may be; then their forks are closed', () => {
    let record = changed(fresh, [ALICE, 'add', ERIN]);
    for (let i = 1; i < MAX_KEPT_CHANGES; i++) {
      const lost = change(fresh, CAROL, 'add', `x${i}@example.org`);
      record = taken(record, lost.change, CAROL);
      expect(record.steps).toHaveLength(i + 1);
    }
    const { change: last } = change(fresh, CAROL, 'add', 'last@example.org');
    const after = taken(record, last, CAROL);
    expect(after).toMatchObject({ group: record.group, base: record.group, steps: [] });
    expect(decodeGroup(encodeGroup(record))).toEqual(record);
  });

  test('of early changes the next ones are kept', () => {
    let record = fresh;
    for (let i = 0; i <= MAX_EARLY_CHANGES; i++) {
      const parent = new Uint8Array(32).fill(i);
      const accounts = [ERIN];
      record = taken(record, { kind: 'add', id: GROUP, version: 100 - i, parent, accounts }, ALICE);
    }
    expect(record.steps).toHaveLength(MAX_EARLY_CHANGES);
    expect(Math.max(...record.steps.map(({ change: { version } }) => version))).toBe(99);
  });

  test('with the longest names everywhere a record fits into a value of a store', () => {
    const name = (i: number): Address =>
      `${String(i).padStart(118, 'x')}@exa.org`.padStart(128, 'x').slice(-128);
    const many = Array.from({ length: MAX_MEMBERS - 4 }, (_, i) => name(i));
    let record = fresh;
    for (let i = 0; i < 3; i++) record = changed(record, [ALICE, 'add', ...many], [ALICE, 'remove', ...many]);
    record = changed(record, [ALICE, 'add', ...many]);
    const named = record.steps.reduce((sum, step) => sum + 1 + step.change.accounts.length, 0);
    expect(named).toBeLessThanOrEqual(MAX_NAMED_ACCOUNTS);
    expect(record.steps.length).toBeGreaterThanOrEqual(3);
    const bytes = encodeGroup(record);
    expect(bytes.length).toBeLessThan(1024 * 1024);
    expect(decodeGroup(bytes)).toEqual(record);
  });
});
