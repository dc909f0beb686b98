/**
 * Lists at the door.
 *
 * @module
 */
import { describe } from '../core/bytes.js';
import { invalidArgument } from '../core/refusals.js';

/**
 * Returns a list, and refuses what is none.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputList<Item>(name: string, list: readonly Item[]): readonly Item[] {
  if (Array.isArray(list)) return list as readonly Item[];
  throw invalidArgument(name, 'a list', describe(list));
}
