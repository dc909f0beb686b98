/**
 * What the records of retries are refused for beyond the types of their fields.
 *
 * @module
 */
import { PolyratchetError } from '../../core/errors.js';

/**
 * Checks that nothing comes twice: it would be counted twice.
 *
 * @throws PolyratchetError `malformed`
 */
export function checkOnce<Item>(what: string, items: readonly Item[], nameOf: (item: Item) => string): void {
  if (new Set(items.map(nameOf)).size < items.length)
    throw malformed(what, 'messages', 'each once', 'one twice');
}

/** The error about a field. */
export function malformed(what: string, field: string, expected: string, got: string): PolyratchetError {
  return new PolyratchetError('malformed', { what, field, expected, got });
}
