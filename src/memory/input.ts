/**
 * What comes in at a server: checked for kind and size alone, and copied. What it means is for the devices to judge.
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { copyBytes, describe, inputBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';

/** Longest byte string of a link or a list: as much as its reader takes, so that nobody can fill the memory. */
export const MAX_SIGNED_LENGTH = 2_048;

/** Longest text: that of a companion's name. */
export const MAX_TEXT_LENGTH = 256;

/**
 * A copy of a byte string that is not too long.
 *
 * @throws PolyratchetError `too-large`, `invalid-argument`
 */
export function copyOfInput(name: string, value: Uint8Array): Uint8Array {
  const bytes = inputBytes(name, value);
  if (bytes.length <= MAX_SIGNED_LENGTH) return copyBytes(bytes);
  throw new PolyratchetError('too-large', { what: name, limit: MAX_SIGNED_LENGTH, got: bytes.length });
}

/**
 * A text that is not too long.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputText<Text extends string>(name: string, value: Text): Text {
  if (typeof value === 'string' && value.length <= MAX_TEXT_LENGTH) return value;
  throw new PolyratchetError('invalid-argument', {
    name,
    expected: `text of at most ${MAX_TEXT_LENGTH} characters`,
    got: typeof value === 'string' ? 'a longer one' : describe(value),
  });
}

/**
 * The address of an account, or of its primary device.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputPrimary(name: string, address: Address): Address {
  if (accountOf(address) === address) return address;
  throw new PolyratchetError('invalid-argument', {
    name,
    expected: 'user@server',
    got: 'that of a companion',
  });
}
