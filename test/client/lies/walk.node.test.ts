/** Several lies at a time, in an order that nobody has thought of. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newWalkTally, walkLies, walkSteps } from './walk.js';

test('lies on top of lies bring about no harm, and end with the truth', async () => {
  const tally = newWalkTally();
  await fc.assert(
    fc.asyncProperty(walkSteps(20), (steps) => walkLies(steps, tally)),
    { numRuns: 3, seed: 7, endOnFailure: true },
  );
  expect(tally.lies).toBeGreaterThan(10);
  expect(tally.messages).toBeGreaterThan(10);
});
