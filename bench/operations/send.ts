/** The script of whole sends: plan, content, copies, envelopes, and beside them the encrypt batch alone. */
import type { Send, Subject } from '../subject.js';
import { stopwatch } from './conversation.js';
import type { Script } from './index.js';

/**
 * Sends to so many accounts of five devices, in turns with the batch that is within: what the rest costs is their
 * ratio. And the plan again, with nothing changed. Nothing for subjects that only know sessions.
 */
export function sendScripts(subject: Subject, accounts: readonly number[]): [string, Script][] {
  return accounts.flatMap((count): [string, Script][] => {
    if (subject.sendTo === undefined) return [];
    let made: Send | undefined;
    const script: Script = (n) => {
      made ??= subject.sendTo?.(count);
      if (made === undefined) return [];
      return [timed(n, made.batch), timed(n, made.whole), timed(n, made.plan)];
    };
    return [[`send ${count}`, script]];
  });
}

function timed(n: number, operation: () => void) {
  const elapsed = stopwatch(n);
  for (let i = 0; i < n; i++) operation();
  return elapsed();
}
