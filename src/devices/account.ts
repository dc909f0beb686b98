/**
 * Addresses of accounts at the door of this room.
 *
 * @module
 */
import { parseAddress, type Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';

/**
 * An account's address: one without a device.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputAccount(account: Address): Address {
  if (parseAddress(account).device === 0) return account;
  throw new PolyratchetError('invalid-argument', {
    name: 'account',
    expected: 'user@server',
    got: 'the address of a companion',
  });
}

/** Whether a stored text is an account's address. */
export function isAccount(account: string): boolean {
  try {
    return inputAccount(account) === account;
  } catch {
    return false;
  }
}
