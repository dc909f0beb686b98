/** One chain under any order of arrival, against a model of what it keeps. */
import fc from 'fast-check';
import { PolyratchetError } from 'polyratchet/errors';
import { MAX_SKIPPED_KEYS } from 'polyratchet/ratchet';
import { expect, test } from 'vitest';
import { open, seal, step, twoSides, type Side } from '../support/ratchets.js';
import { caught } from '../support/rejects.js';

/** Messages of one chain by counter, and what became of them: what the bound says, and nothing of how it is kept. */
const LENGTH = 6_000;

test('whatever arrives in whatever order, the newest 2,000 keys are kept and each is used once', () => {
  const { alice, bob } = twoSides();
  const senders: Side[] = [alice];
  for (let i = 1; i < LENGTH; i++) senders.push(step(senders[i - 1]!));

  const counters = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ ahead: fc.integer({ min: 0, max: 900 }) }) },
      { weight: 2, arbitrary: fc.record({ back: fc.integer({ min: 1, max: 2_300 }) }) },
      { weight: 1, arbitrary: fc.record({ at: fc.integer({ min: 0, max: 60 }) }) },
    ),
    { minLength: 5, maxLength: 40, size: 'max' },
  );
  const tally = { delivered: 0, duplicate: 0, gone: 0 };
  fc.assert(
    fc.property(counters, (arrivals) => {
      let side = bob;
      let next = 0;
      let kept: number[] = [];
      let evictedBelow = 0;
      for (const arrival of arrivals) {
        const counter =
          'at' in arrival
            ? arrival.at
            : 'back' in arrival
              ? Math.max(next - arrival.back, 0)
              : next + arrival.ahead;
        if (counter >= LENGTH) break;
        const { message } = seal(senders[counter]!, `message ${counter}`);
        if (counter >= next) {
          for (let passed = next; passed < counter; passed++) kept.push(passed);
          const excess = Math.max(kept.length - MAX_SKIPPED_KEYS, 0);
          if (excess > 0) evictedBelow = kept[excess - 1]! + 1;
          kept = kept.slice(excess);
          next = counter + 1;
        } else if (kept.includes(counter)) {
          kept = kept.filter((other) => other !== counter);
        } else {
          const code = counter < evictedBelow ? 'key-gone' : 'duplicate-message';
          const error = caught(() => open(side, message));
          expect(PolyratchetError.is(error) ? error.code : error).toBe(code);
          tally[code === 'key-gone' ? 'gone' : 'duplicate']++;
          continue;
        }
        const opened = open(side, message);
        expect(opened?.text).toBe(`message ${counter}`);
        side = opened!.side;
        tally.delivered++;
      }
    }),
    { numRuns: 40, seed: 2000 },
  );
  console.log(
    `one chain: ${tally.delivered} delivered, ${tally.duplicate} duplicates, ${tally.gone} beyond the bound`,
  );
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(20);
});
