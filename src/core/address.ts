/**
 * Addresses of accounts and devices: `user@server`, and `user:device@server` for a companion.
 *
 * @module
 */
import { describe } from './bytes.js';
import { inputInteger } from './check.js';
import { invalidArgument } from './refusals.js';

/**
 * An account (`user@server`) or one of its devices (`user:device@server`; the primary, device 0, is `user@server`).
 *
 * `user` and `server` are one or more characters of printable ASCII, without space, comma, `:` and `@`; case counts. `device` is
 * 1 … 65535 without a leading zero. All of it has at most 128 characters, and an account at most 122, so that its companions
 * fit. A group's address has the form of an account's.
 */
export type Address = string;

/** The parts of an address. */
export interface AddressParts {
  /** The account's name at its server. */
  readonly user: string;
  /** 0 for the primary device, 1 … 65535 for a companion. */
  readonly device: number;
  /** The namespace of the name, such as `s.whatsapp.net` or the application's own. */
  readonly server: string;
}

/** Longest address in bytes: room for every known server's names, and small enough for any database's keys. */
export const MAX_ADDRESS_LENGTH = 128;

/** The largest device number: 16 bits. */
export const MAX_DEVICE = 0xffff;

/** Longest address of an account that links devices: room for the longest number in theirs. */
export const MAX_ACCOUNT_LENGTH: number = MAX_ADDRESS_LENGTH - `:${MAX_DEVICE}`.length;

/** Printable ASCII without space and comma; `:` and `@` separate. A device number has no leading zero. */
const PATTERN = /^([!-+\--9;-?A-~]+)(?::([1-9][0-9]{0,4}))?@([!-+\--9;-?A-~]+)$/;

/**
 * Splits an address into its parts.
 *
 * @throws PolyratchetError `invalid-argument`: not of the form, longer than 128 bytes, device 0 spelled out.
 * @example
 * ```ts
 * import { parseAddress } from 'polyratchet';
 *
 * parseAddress('alice:2@example.org'); // { user: 'alice', device: 2, server: 'example.org' }
 * ```
 */
export function parseAddress(address: Address): AddressParts {
  const parts = partsOf(address);
  if (parts !== undefined) return parts;
  throw invalidArgument('address', ANY_DEVICE, describeAddress(address));
}

function partsOf(address: unknown): AddressParts | undefined {
  if (typeof address !== 'string' || address.length > MAX_ADDRESS_LENGTH) return undefined;
  const [, user, device = '0', server] = PATTERN.exec(address) ?? [];
  if (user === undefined || server === undefined || Number(device) > MAX_DEVICE) return undefined;
  return { user, device: Number(device), server };
}

/**
 * The address of the account that a device belongs to.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { accountOf } from 'polyratchet';
 *
 * accountOf('alice:2@example.org'); // 'alice@example.org'
 * ```
 */
export function accountOf(address: Address): Address {
  const { user, server } = parseAddress(address);
  return `${user}@${server}`;
}

/**
 * The address of a device of an account.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { deviceAddress } from 'polyratchet';
 *
 * deviceAddress('alice@example.org', 2); // 'alice:2@example.org'
 * deviceAddress('alice@example.org', 0); // 'alice@example.org'
 * ```
 */
export function deviceAddress(account: Address, device: number): Address {
  const { user, server } = parseAddress(account);
  const number = inputInteger('device', device, 0, MAX_DEVICE);
  const address = number === 0 ? `${user}@${server}` : `${user}:${number}@${server}`;
  parseAddress(address);
  return address;
}

/**
 * Returns the address of an account or a group: one without a device number.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputAccount(name: string, address: Address): Address {
  if (isAccount(address)) return address;
  throw invalidArgument(name, 'user@server', describeAddress(address));
}

/**
 * Returns the address of a device, the primary one included.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputDevice(name: string, address: Address): Address {
  if (isDevice(address)) return address;
  throw invalidArgument(name, ANY_DEVICE, describeAddress(address));
}

const ANY_DEVICE = 'user@server or user:device@server';

/** What stands in the way of a value that should have been an address. */
function describeAddress(address: unknown): string {
  if (typeof address !== 'string') return describe(address);
  if (address.length > MAX_ADDRESS_LENGTH) return `${address.length} characters`;
  if (isDevice(address)) return 'the address of a companion';
  if (!/^[!-~]*$/.test(address) || address.includes(',')) return 'a character that no address has';
  return address.includes('@') ? 'text of another form' : 'text without @';
}

/** Whether a value is the address of an account or a group. */
export function isAccount(address: unknown): boolean {
  return isDevice(address) && !(address as Address).includes(':');
}

/** Whether a value is the address of a device, the primary one included. */
export function isDevice(address: unknown): boolean {
  return partsOf(address) !== undefined;
}
