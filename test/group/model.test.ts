/** Random walks of a group: who may read reads all, and who may not reads nothing. */
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { groupActs, newGroupTally, walkGroup } from './groupWorld.js';

const isNode = inject('backend') === 'node';

test('after each removal nothing opens for those who are gone, and everything for those who stay', () => {
  const tally = newGroupTally();
  fc.assert(
    fc.property(groupActs(120), (acts) => {
      walkGroup(acts, tally);
    }),
    { endOnFailure: true, numRuns: isNode ? 15 : 5, seed: 20_261_122 }, // so that the counts below hold each time
  );
  const { read, closed, rotated, current, forks } = tally;
  const counts = [read, closed, rotated, current, ...(isNode ? [forks] : [])]; // so few walks may meet no fork
  for (const count of counts) expect(count).toBeGreaterThan(0);
});
