/**
 * One person of a security code: the devices behind it are those that the fanout encrypts to.
 *
 * @module
 */
import { inputAccount, type Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import type { AccountParty } from '../securitycode/index.js';
import { acceptedDevices, type AcceptedDevicesOptions, type DeviceFetch } from './accepted.js';

/** Which account, and what else the person is known by. */
export interface SecurityCodePartyOptions extends AcceptedDevicesOptions {
  /** The account's other address (LID or phone number), if the two were united. */
  readonly alias?: Address;
  /** The person's username, if the chat is known by it. */
  readonly username?: string;
}

/** What a security code is made of, or why there is none. */
export type SecurityCodePartyResult =
  | {
      /** Every device is known. */
      readonly kind: 'complete';
      /** For `securityCode`. */
      readonly party: AccountParty;
    }
  | {
      /** A device's identity is not known: digits without it would be wrong. */
      readonly kind: 'incomplete';
      /** What to ask the server for. */
      readonly fetch: readonly DeviceFetch[];
    };

/**
 * The party of a security code: all devices that count, as `acceptedDevices` says.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import { deviceListOf, securityCodeParty, type DeviceListRecord, type OwnDevices } from 'polyratchet/devices';
 * import { securityCode } from 'polyratchet/securitycode';
 *
 * declare const devices: OwnDevices;
 * declare const bob: DeviceListRecord;
 * const now = Date.now();
 * const local = securityCodeParty({ record: deviceListOf(devices), now });
 * const remote = securityCodeParty({ record: bob, now });
 * if (local.kind === 'complete' && remote.kind === 'complete') {
 *   console.log(securityCode({ local: local.party, remote: remote.party }).digits);
 * }
 * ```
 */
export function securityCodeParty(options: SecurityCodePartyOptions): SecurityCodePartyResult {
  const { record, alias, username } = inputObject('options', options);
  const { kind, devices, fetch } = acceptedDevices(options);
  if (kind === 'incomplete') return { kind, fetch };
  return {
    kind,
    party: {
      accounts: [record.account, ...(alias === undefined ? [] : [inputAccount('alias', alias)])],
      identityKeys: devices.map(({ identity }) => identity),
      ...(username === undefined ? {} : { username }),
      hosted: devices.some(({ hosted }) => hosted),
    },
  };
}
