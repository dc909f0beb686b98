/**
 * Randomness as an argument, checked where it is used.
 *
 * @module
 */
import { describe, isBytes } from './bytes.js';
import { PolyratchetError } from './errors.js';
import { invalidArgument } from './refusals.js';

/** A source of cryptographically secure random bytes: returns a fresh array of exactly `length` bytes. */
export type Random = (length: number) => Uint8Array;

/**
 * Draws bytes and refuses a source that gives too few, too many, or fails.
 *
 * @throws PolyratchetError `invalid-argument`
 * @internal
 */
export function randomBytes(random: Random, length: number): Uint8Array {
  const expected = `a source of ${length} random bytes`;
  let drawn: unknown;
  try {
    drawn = random(length);
  } catch (cause) {
    throw new PolyratchetError(
      'invalid-argument',
      { name: 'random', expected, got: 'an exception' },
      { cause },
    );
  }
  if (isBytes(drawn) && drawn.length === length) return new Uint8Array(drawn);
  throw invalidArgument('random', expected, describe(drawn));
}
