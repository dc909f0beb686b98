/** What `npm test` samples of the lies, at length. */
import fc from 'fast-check';
import { expectBounded } from './flood.js';
import { people } from './lyingWorld.js';
import { newWalkTally, walkLies, walkSteps } from './walk.js';

const ENVELOPES = 10_000;

/** Walks for as long as it is told to; throws at the first harm, with what repeats it. */
export async function walkAmongLies(milliseconds: number): Promise<string> {
  const tally = newWalkTally();
  let walks = 0;
  const property = fc.asyncProperty(walkSteps(40), async (steps) => {
    await walkLies(steps, tally);
    walks++;
  });
  const until = { interruptAfterTimeLimit: milliseconds, markInterruptAsFailure: false };
  await fc.assert(property, { numRuns: 1_000_000, endOnFailure: true, ...until });
  const { lies, messages, refusals, intrusions, days } = tally;
  return `${walks} walks of ${Math.round(days)} days: ${lies} lies, ${messages} messages while they were told, ${refusals} refused, ${intrusions} of made-up devices; harm 0`;
}

/** Ten thousand envelopes of accounts that the server has made up. */
export async function floodOfStrangers(): Promise<string> {
  const started = performance.now();
  const count = await expectBounded(await people(), { already: 0, more: ENVELOPES / 2 });
  const seconds = (performance.now() - started) / 1_000;
  return `${count} envelopes of made-up accounts in ${seconds.toFixed(1)} s, the bounds hold`;
}
