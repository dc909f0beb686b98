/** The script of device lists: what a device does with the list of an account that it sees for the first time. */
import type { Subject } from '../subject.js';
import { stopwatch } from './conversation.js';
import type { Script } from './index.js';

/** Accounts in turns: more identity keys than any cache of the library's holds, so that each is seen as new. */
const ACCOUNTS = 48;

/** Verifies the list of an account with so many companions; nothing for subjects that cannot. */
export function deviceListScript(subject: Subject, companions: number): Script | undefined {
  if (subject.deviceList === undefined) return undefined;
  let accounts: readonly ((() => void) | undefined)[] | undefined;
  return (n) => {
    accounts ??= Array.from({ length: ACCOUNTS }, () => subject.deviceList?.(companions));
    const elapsed = stopwatch(n);
    for (let i = 0; i < n; i++) accounts[i % ACCOUNTS]?.();
    return [elapsed()];
  };
}
