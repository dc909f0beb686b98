/**
 * Walks of whole clients in a group, which crash, and whose server delivers what it likes: at length.
 *
 *     npm run soak:groups
 *
 * A violation is printed with the seed that repeats it, and makes the exit code 1. A few minutes.
 */
import fc from 'fast-check';
import { acts, newTally, walk } from '../test/client/groups/walk.js';

const WALKS = 100;

const ACTS = 60;

const tally = newTally();
await fc.assert(
  fc.asyncProperty(acts(ACTS), (steps) => walk(steps, tally)),
  { endOnFailure: true, numRuns: WALKS },
);
console.log(
  Object.entries(tally)
    .map(([name, count]) => `${name} ${count}`)
    .join(', '),
);
