/** Random walks of a group of clients: who may read reads all, and who is gone reads nothing; `npm run soak` walks further. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acts, newTally, walk } from './walk.js';

test('members and devices come and go, mail is mixed, repeated and lost, devices crash', async () => {
  const tally = newTally();
  await fc.assert(
    fc.asyncProperty(acts(40), (steps) => walk(steps, tally)),
    { endOnFailure: true, numRuns: 2, seed: 102 },
  );
  const { shown, changes, gone, closed, crashes, mixed, repeated, lostKeys } = tally;
  for (const count of [shown, changes, gone, closed, crashes, mixed, repeated, lostKeys]) {
    expect(count).toBeGreaterThan(0);
  }
});
