/**
 * Checks of numbers at the door: ids, counters and times.
 *
 * @module
 */
import { describe } from './bytes.js';
import { PolyratchetError } from './errors.js';

/** The largest value of an unsigned 32-bit integer. */
export const MAX_UINT32 = 0xffff_ffff;

/**
 * Returns an integer of a range, and refuses everything else that JavaScript might take for one (−0 included).
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputInteger(name: string, value: unknown, least: number, most: number): number {
  if (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= least &&
    value <= most &&
    !Object.is(value, -0)
  ) {
    return value;
  }
  throw new PolyratchetError('invalid-argument', {
    name,
    expected: `an integer from ${least} to ${most}`,
    got: describe(value),
  });
}

/**
 * Returns a time in whole milliseconds since 1970.
 *
 * @throws PolyratchetError `invalid-argument`: NaN, a fraction, a negative or unsafe number.
 */
export function inputTime(name: string, value: unknown): number {
  return inputInteger(name, value, 0, Number.MAX_SAFE_INTEGER);
}

/**
 * Returns a value whose properties can be read, such as a part of what a server sent.
 *
 * @throws PolyratchetError `invalid-argument`: null, undefined or a primitive.
 */
export function inputObject<Value extends object>(name: string, value: Value): Value {
  if (typeof value === 'object' && (value as Value | null) !== null) return value;
  throw new PolyratchetError('invalid-argument', { name, expected: 'an object', got: describe(value) });
}
