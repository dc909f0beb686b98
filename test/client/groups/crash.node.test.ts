/** One crash of some scenarios; `npm run crash` runs all of all. */
import { expect, test } from 'vitest';
import { explore } from '../crashes.js';
import { groupScenarios } from './scenarios.js';

const SOME = groupScenarios.filter(({ name }) => /first messages|new key.*sender|lost.*receiver/.test(name));

test.each(SOME.map((scenario, i) => [scenario.name, scenario, i] as const))('%s', async (_, scenario, i) => {
  const { crashes, failures } = await explore(scenario, (index) => index === 2 * i);
  expect(failures).toEqual([]);
  expect(crashes).toBe(1);
});
