/**
 * The account's own devices as a screen shows them: what is signed, and what the server merely claims.
 *
 * @module
 */
import { deviceAddress, MAX_DEVICE, type Address } from '../core/address.js';
import { inputInteger, inputObject, inputTime } from '../core/check.js';
import { acceptedDevices, type AcceptedDevicesOptions } from './accepted.js';
import type { Companion } from './companion.js';
import type { WhyExcluded } from './listState.js';
import { isAbandoned } from './ownList.js';

/** What the server says of one of the account's devices. */
export interface DeviceClaim {
  /** Its device number. */
  readonly device: number;
  /** When it was last connected, milliseconds since 1970. */
  readonly lastUsed?: number;
}

/** What the screen is about. */
export interface LinkedDevicesOptions extends AcceptedDevicesOptions {
  /** The companions as the primary keeps them, where they are at hand: their names. */
  readonly companions?: readonly Companion[];
  /** The account's devices as the server lists them. */
  readonly claims?: readonly DeviceClaim[];
}

/** Whether a device is what it seems. */
export type LinkedDeviceStatus =
  | {
      /** Both signatures hold, and the list names it. */
      readonly kind: 'verified';
    }
  | {
      /** The primary has approved it, and it has not answered yet. */
      readonly kind: 'approved';
    }
  | {
      /** The person should look at it: it is not, or no longer, a device that the primary vouches for. */
      readonly kind: 'flagged';
      /** `not-in-list`: only the server knows of it. */
      readonly why: WhyExcluded | 'not-in-list';
    };

/** A row of the screen. */
export interface LinkedDeviceView {
  /** Its address, once it has one. */
  readonly address?: Address;
  /** Its key index, as far as it is known. */
  readonly keyIndex?: number;
  /** What it called itself when it was linked. */
  readonly name?: string;
  /** What it said that it runs on. */
  readonly platform?: string;
  /** When the primary approved it, milliseconds since 1970; part of what is signed. */
  readonly linkedAt?: number;
  /** When it was last used. Nothing vouches for that but the server. */
  readonly lastUsed?: {
    /** Milliseconds since 1970. */
    readonly at: number;
    /** Whose word it is. */
    readonly source: 'server';
  };
  /** Whether it is what it seems. */
  readonly status: LinkedDeviceStatus;
}

/**
 * The account's companions: those that are verified, those that have not answered, and those to be looked at.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import { deviceListOf, linkedDevices, type OwnDevices } from 'polyratchet/devices';
 *
 * declare const devices: OwnDevices;
 * const record = deviceListOf(devices);
 * const claims = [{ device: 2, lastUsed: 1_750_000_000_000 }]; // from the server
 * for (const row of linkedDevices({ record, companions: devices.companions, claims, now: Date.now() })) {
 *   console.log(row.name ?? row.address, row.status.kind, row.lastUsed?.at);
 * }
 * ```
 */
export function linkedDevices(options: LinkedDevicesOptions): readonly LinkedDeviceView[] {
  const { record, companions = [], claims = [] } = inputObject('options', options);
  const { devices, excluded } = acceptedDevices(options);
  const { account } = record;
  const lastUsed = new Map(
    claims.map((claim) => [inputInteger('device', claim.device, 0, MAX_DEVICE), claim.lastUsed]),
  );

  const row = (
    device: number,
    keyIndex: number | undefined,
    status: LinkedDeviceStatus,
  ): LinkedDeviceView => {
    const signed = record.companions.find((companion) => companion.device === device);
    const at = lastUsed.get(device);
    return {
      address: deviceAddress(account, device),
      ...(keyIndex === undefined ? {} : { keyIndex }),
      ...(signed === undefined ? {} : labels(companions, signed.details.keyIndex)),
      ...(signed === undefined ? {} : { linkedAt: signed.details.timestamp }),
      ...(at === undefined ? {} : { lastUsed: { at: inputTime('lastUsed', at), source: 'server' } }),
      status,
    };
  };
  const rows = [
    ...devices.slice(1).map(({ device, keyIndex }) => row(device, keyIndex, { kind: 'verified' })),
    ...excluded.map(({ device, keyIndex, why }) => row(device, keyIndex, { kind: 'flagged', why })),
  ];
  const listed = new Set([...devices, ...excluded].map(({ device }) => device));
  const strangers = [...lastUsed.keys()].filter((device) => !listed.has(device));
  const waiting = companions.filter(
    (companion) => companion.link.kind === 'approved' && !isAbandoned(companion, options.now),
  );
  return [
    ...rows,
    ...strangers.map((device) => row(device, undefined, { kind: 'flagged', why: 'not-in-list' })),
    ...waiting.map(({ keyIndex, approvedAt }) => ({
      keyIndex,
      ...labels(companions, keyIndex),
      linkedAt: approvedAt,
      status: { kind: 'approved' as const },
    })),
  ];
}

function labels(
  companions: readonly Companion[],
  keyIndex: number,
): Pick<LinkedDeviceView, 'name' | 'platform'> {
  const { name, platform } = companions.find((companion) => companion.keyIndex === keyIndex) ?? {};
  return { ...(name === undefined ? {} : { name }), ...(platform === undefined ? {} : { platform }) };
}
