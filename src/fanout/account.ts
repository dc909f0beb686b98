/**
 * The accounts at both ends of a message, and this device among its own account's.
 *
 * @module
 */
import { deviceAddress, inputAccount, MAX_DEVICE, type Address } from '../core/address.js';
import { inputInteger, inputList, inputObject } from '../core/check.js';
import type { DeviceListRecord } from '../devices/index.js';

/** An account, by what is known of its devices. */
export interface KnownAccount {
  /** What is known of its devices. */
  readonly record: DeviceListRecord;
  /** Its other addresses, such as the phone number of a LID, once they were united (`uniteAliases`). */
  readonly aliases?: readonly Address[];
}

/** This device, and its account. */
export interface OwnDevice extends KnownAccount {
  /** Its device number: 0 for the primary. */
  readonly device: number;
}

/** All addresses of an account, the one of its record first. */
export function addressesOf(name: string, { record, aliases = [] }: KnownAccount): readonly Address[] {
  const { account } = inputObject(`${name}.record`, record);
  return [account, ...inputList(`${name}.aliases`, aliases)].map((address) => inputAccount(name, address));
}

/** The address of this device. */
export function ownAddress({ record, device }: OwnDevice): Address {
  return deviceAddress(record.account, inputInteger('own.device', device, 0, MAX_DEVICE));
}
