/**
 * One device of an account, if it counts now: what whoever sends to us must be.
 *
 * @module
 */
import { deviceAddress } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import { acceptedDevices, type AcceptedDevice, type AcceptedDevicesOptions } from './accepted.js';

/** Which device, of which account, and when. */
export interface AcceptedDeviceOptions extends AcceptedDevicesOptions {
  /** The device's number; 0 for the primary. */
  readonly device: number;
}

/**
 * One device, if it counts: what a message from it must pass before anything of it reaches the application.
 *
 * @throws PolyratchetError `device-revoked`; `list-expired`; `device-unverified`, with the reason; `invalid-argument`.
 */
export function requireAcceptedDevice(options: AcceptedDeviceOptions): AcceptedDevice {
  const { devices, excluded } = acceptedDevices(options);
  const found = devices.find(({ device }) => device === options.device);
  if (found !== undefined) return found;
  const { account } = options.record;
  const device = deviceAddress(account, options.device);
  const why = excluded.find((other) => other.device === options.device)?.why ?? 'identity-unknown';
  switch (why) {
    case 'revoked':
      throw new PolyratchetError('device-revoked', { account, device, why: 'not-in-list' });
    case 'expired':
      throw new PolyratchetError('list-expired', { account, device, why: 'lifetime' });
    case 'newer-list-expected':
      throw new PolyratchetError('list-expired', { account, device, why: 'newer-expected' });
    default:
      throw new PolyratchetError('device-unverified', { account, device, why });
  }
}
