/**
 * The crash test: in each scenario one device dies with each of its writes and with each of its calls, before and after it
 * has its effect, and goes on from its store.
 *
 *     npm run crash [-- PART OF A NAME]
 *
 * Afterwards every message was shown once on every device that it was for, every event that lasts was told, and no message key
 * has two ciphertexts; otherwise the exit code is 1. About a minute.
 */
import { explore } from '../test/client/crashes.js';
import { groupScenarios } from '../test/client/groups/scenarios.js';
import { scenarios } from '../test/client/scenarios.js';

const [part = ''] = process.argv.slice(2);
let [crashes, keys, failed] = [0, 0, 0];
for (const scenario of [...scenarios, ...groupScenarios].filter(({ name }) => name.includes(part))) {
  const report = await explore(scenario);
  crashes += report.crashes;
  keys += report.keys;
  failed += report.failures.length;
  const { writes, calls } = report;
  const verdict = report.failures.length === 0 ? 'ok' : 'FAILED';
  console.log(`${verdict} ${scenario.name}: ${writes} writes, ${calls} calls, ${report.crashes} crashes`);
  for (const { death, problem } of report.failures) {
    console.error(`  ${death.moment} ${death.boundary} call ${death.call}:`, problem);
  }
}
console.log(
  `${crashes} crashes: ${failed} with a message lost or doubled, an event never told, or a key used twice (of ${keys} keys)`,
);
process.exitCode = failed === 0 && crashes > 0 ? 0 : 1;
