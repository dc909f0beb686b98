import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { listSteps } from './steps.js';
import { walkLists } from './world.js';

test('whatever the server does, contacts accept what the primary has signed, for as long as it holds', () => {
  const total = { steps: 0, accepted: 0, refused: 0, merged: 0 };
  fc.assert(
    fc.property(listSteps, (steps) => {
      walkLists(steps, total);
    }),
    { numRuns: inject('backend') === 'node' ? 40 : 4 },
  );
  expect(total.merged).toBeGreaterThan(0);
  expect(total.refused).toBeGreaterThan(0);
  expect(total.accepted).toBeGreaterThan(0);
});
