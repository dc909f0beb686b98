/** The script of security codes: what a person sees who opens "verify". */
import type { Subject } from '../subject.js';
import { stopwatch } from './conversation.js';
import type { Script } from './index.js';

/** Works a code over so many devices of either person out; nothing for subjects that have no such codes. */
export function securityCodeScripts(subject: Subject, devices: readonly number[]): [string, Script][] {
  return devices.flatMap((count): [string, Script][] => {
    const digits = subject.securityCode?.(count);
    return digits === undefined ? [] : [[`security code ${count}`, repeated(digits)]];
  });
}

function repeated(digits: () => string): Script {
  if (!/^[0-9]{60}$/.test(digits())) throw new Error('a security code has 60 digits');
  return (n) => {
    const elapsed = stopwatch(n);
    for (let i = 0; i < n; i++) digits();
    return [elapsed()];
  };
}
