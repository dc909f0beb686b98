/**
 * What the records of messages are refused for beyond the types of their fields.
 *
 * @module
 */
import { malformed } from '../../core/refusals.js';

/**
 * Checks that nothing comes twice: it would be counted twice.
 *
 * @throws PolyratchetError `malformed`
 */
export function checkOnce(what: string, field: string, names: readonly string[]): void {
  if (new Set(names).size < names.length) throw malformed(what, field, 'each once', 'one twice');
}
