import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { newSendTally, sendSteps, walkSends } from './sendWorld.js';

/** The same walks each time, so that the counts below hold each time; `npm run soak` goes where chance leads it. */
const SEED = 20_261_122;

test('whatever the server does, every accepted device reads each message once, or its outcome says why not', () => {
  const isNode = inject('backend') === 'node';
  const tally = newSendTally();
  fc.assert(
    fc.property(sendSteps(isNode ? 60 : 15), (steps) => {
      walkSends(steps, tally);
    }),
    { numRuns: isNode ? 40 : 2, seed: SEED },
  );
  console.log(`sends among changing devices (${inject('backend')}): ${JSON.stringify(tally)}`);
  if (isNode) for (const count of Object.values(tally)) expect(count).toBeGreaterThan(0);
});
