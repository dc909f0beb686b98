import fc from 'fast-check';
import { acts, newTally, walk } from '../test/client/groups/walk.js';
const tally = newTally(); const t = performance.now();
const [seed, runs, steps] = process.argv.slice(2).map(Number);
try { await fc.assert(fc.asyncProperty(acts(steps!), (s) => walk(s, tally)), { endOnFailure: true, numRuns: runs!, seed: seed! }); } catch (e) { console.log(String((e as Error).message).slice(0, 300), '\n', String(((e as any).cause as Error)?.stack ?? '').slice(0, 1200)); }
console.log(JSON.stringify(tally), Math.round(performance.now() - t));
