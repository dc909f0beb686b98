/**
 * The two errors that nearly every check makes.
 *
 * @module
 */
import { PolyratchetError } from './errors.js';

/** The error about an argument of the call; `got` is its type or length, never its content. */
export function invalidArgument(
  name: string,
  expected: string,
  got: string,
): PolyratchetError<'invalid-argument'> {
  return new PolyratchetError('invalid-argument', { name, expected, got });
}

/** The error about a field of a message or a record that is not well-formed. */
export function malformed(
  what: string,
  field: string,
  expected: string,
  got: string,
): PolyratchetError<'malformed'> {
  return new PolyratchetError('malformed', { what, field, expected, got });
}
