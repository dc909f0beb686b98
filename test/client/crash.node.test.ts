/** Crashes at every write and every call, of which `npm run crash` runs all and this file some. */
import { describe, expect, test } from 'vitest';
import { explore } from './crashes.js';
import { scenarios } from './scenarios.js';

/** Every so many crashes of a scenario are run: those with ten devices, or with codes, take the longest. */
const STRIDES: readonly (readonly [RegExp, number])[] = [
  [/2 × 5|by code/, 14],
  [/./, 11],
];

describe('a device that dies', () => {
  test.each(scenarios.map((scenario, index) => [scenario.name, scenario, index] as const))(
    '%s: nothing is lost, nothing doubled, no key used twice',
    async (name, scenario, offset) => {
      const stride = STRIDES.find(([pattern]) => pattern.test(name))?.[1] ?? 1;
      const { crashes, failures } = await explore(scenario, (index) => (index + offset) % stride === 0);
      expect(failures).toEqual([]);
      expect(crashes).toBeGreaterThan(0);
    },
  );
});
