/** Two people hold their devices side by side: they read digits to each other, and scan each other’s screen. */
import { accountOf } from 'polyratchet';
import { compareSecurityCodes, type SecurityCode } from 'polyratchet/securitycode';
import { scan, show } from './camera.js';
import type { Device } from './device.js';
import { timed } from './events.js';
import type { Stage } from './stage.js';

/** The digits on the first screen, and whether both agree. */
export interface Comparison {
  readonly digits: string;
  readonly isMatch: boolean;
}

/** Compares two people’s devices. */
export async function compare({ tell }: Stage, one: Device, other: Device): Promise<Comparison> {
  const { value: first, ms } = await timed(() => codeOn(one, other));
  const second = await codeOn(other, one);
  const scans = [
    { by: one.address, result: scanned(first, second) },
    { by: other.address, result: scanned(second, first) },
  ];
  const screens = [
    { on: one.address, groups: first.groups },
    { on: other.address, groups: second.groups },
  ];
  tell({ kind: 'compared', screens, scans, ms });
  const isMatch = first.digits === second.digits && scans.every(({ result }) => result === 'match');
  return { digits: first.digits, isMatch };
}

/** The security code with another person, on a device’s screen. */
export async function codeOn(device: Device, other: Device): Promise<SecurityCode> {
  const result = await device.client.securityCode(accountOf(other.address));
  if (result.kind === 'complete') return result.code;
  throw new Error(`${device.name} does not know a key yet`);
}

function scanned(code: SecurityCode, onTheOtherScreen: SecurityCode): 'match' | 'mismatch' | 'version' {
  return compareSecurityCodes({ code, scanned: scan(show(onTheOtherScreen.qr)) }).kind;
}
