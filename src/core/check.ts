/**
 * Checks at the door: numbers such as ids, counters and times, objects, and lists.
 *
 * @module
 */
import { describe } from './bytes.js';
import { invalidArgument } from './refusals.js';

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
  throw invalidArgument(name, `an integer from ${least} to ${most}`, describe(value));
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
  throw invalidArgument(name, 'an object', describe(value));
}

/**
 * Returns a list; what its items are is checked one by one.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputList<Item>(name: string, list: readonly Item[]): readonly Item[] {
  if (Array.isArray(list)) return list as readonly Item[];
  throw invalidArgument(name, 'a list', describe(list));
}

/**
 * Returns what can be iterated over, such as a list, a set or the keys of a map.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputIterable<Item>(name: string, items: Iterable<Item>): Iterable<Item> {
  const given = items as Partial<Iterable<Item>> | null | undefined;
  if (typeof given?.[Symbol.iterator] === 'function') return items;
  throw invalidArgument(name, 'something to iterate over', describe(items));
}
