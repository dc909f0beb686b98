/** Random walks of two parties against a model; a failure prints what `replay` needs to repeat it. */
import { expect, inject, test } from 'vitest';
import { mostExchanges, newTally, summary } from './tally.js';
import { MOST_EXCHANGES, walk } from './walk.js';

const DEEP = inject('backend') === 'node';

test('without restore nothing is lost within the limits, nothing is read twice, and two exchanges suffice', () => {
  const tally = newTally();
  walk({ tally, runs: DEEP ? 300 : 12, commands: DEEP ? 60 : 20, restore: false });
  console.log(summary(`walks without restore (${inject('backend')})`, tally));
  expect(tally).toMatchObject({ forgeriesAccepted: 0, lostInside: 0, deliveredTwice: 0 });
  expect(mostExchanges(tally)).toBeLessThanOrEqual(MOST_EXCHANGES.withoutRestore);
  expect(tally.delivered).toBeGreaterThan(tally.walks);
  if (DEEP) for (const tried of [tally.forgeries, tally.replayed]) expect(tried).toBeGreaterThan(100);
});

test('with restore no forgery is ever accepted, and ten exchanges suffice', () => {
  const tally = newTally();
  walk({ tally, runs: DEEP ? 150 : 6, commands: DEEP ? 60 : 20, restore: true });
  console.log(summary(`walks with restore (${inject('backend')})`, tally));
  expect(tally.forgeriesAccepted).toBe(0);
  expect(mostExchanges(tally)).toBeLessThanOrEqual(MOST_EXCHANGES.withRestore);
  if (DEEP) expect(tally.restores).toBeGreaterThan(50);
});
