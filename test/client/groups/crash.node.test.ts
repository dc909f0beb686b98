/** Some of the crashes of each scenario; `npm run crash` runs all of them. */
import { expect, test } from 'vitest';
import { explore } from '../crashes.js';
import { groupScenarios } from './scenarios.js';

/** One crash in so many. */
const EVERY = 12;

test.each(groupScenarios.map((scenario, i) => ({ name: scenario.name, scenario, i })))(
  '$name',
  async ({ scenario, i }) => {
    const { crashes, failures } = await explore(scenario, (index) => (index + i) % EVERY === 0);
    expect(failures).toEqual([]);
    expect(crashes).toBeGreaterThan(0);
  },
);
