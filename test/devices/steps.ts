/** What may happen to an account's device list, at random. */
import fc from 'fast-check';
import { CONTACTS, FORGERIES, type Step } from './world.js';

const contact = fc.nat(CONTACTS - 1);
const age = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(9) });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('link' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unlink' as const), which: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('renew' as const, 'unlink-all' as const, 're-register' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      hours: fc.oneof(fc.nat(30), fc.nat(150), fc.nat(1_000)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('deliver' as const), contact, age, order: fc.nat(5) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('forge' as const), contact, how: fc.nat(FORGERIES - 1), age }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('hint' as const), contact }) },
);

export const listSteps: fc.Arbitrary<Step[]> = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' });
