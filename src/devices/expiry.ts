/**
 * How long a device list still counts, for the warning on the account's own devices.
 *
 * @module
 */
import { inputObject, inputTime } from '../core/check.js';
import { hasCompanions } from './accepted.js';
import { LIST_LIFETIME_MS, LIST_WARNING_MS } from './limits.js';
import { inputRecord, timestampOf, type DeviceListRecord } from './listState.js';

/** Where a list stands in its life. */
export type DeviceListExpiry =
  | {
      /** There are no companions: nothing to expire. */
      readonly kind: 'exempt';
    }
  | {
      /** `expiring`: within 7 days, and the person should switch the phone on; `expired`: companions are left out. */
      readonly kind: 'fresh' | 'expiring' | 'expired';
      /** The last moment at which it counts, milliseconds since 1970. */
      readonly expiresAt: number;
    };

/**
 * Where a list stands in its life of 35 days.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import { deviceListExpiry, type DeviceListRecord } from 'polyratchet/devices';
 *
 * declare const own: DeviceListRecord; // of the own account, on a companion
 * const expiry = deviceListExpiry({ record: own, now: Date.now() });
 * if (expiry.kind === 'expiring') console.log('open the app on your phone before', new Date(expiry.expiresAt));
 * ```
 */
export function deviceListExpiry(options: {
  /** What is known of the account. */
  readonly record: DeviceListRecord;
  /** Milliseconds since 1970. */
  readonly now: number;
}): DeviceListExpiry {
  const record = inputRecord(inputObject('options', options).record);
  const now = inputTime('now', options.now);
  if (!hasCompanions(record)) return { kind: 'exempt' };
  const expiresAt = timestampOf(record) + LIST_LIFETIME_MS;
  if (now > expiresAt) return { kind: 'expired', expiresAt };
  return { kind: now >= expiresAt - LIST_WARNING_MS ? 'expiring' : 'fresh', expiresAt };
}
