/**
 * Waiting for somebody else: asking again at intervals, until there is an answer or the time is over.
 *
 * @module
 */
import { PolyratchetError } from '../core/errors.js';
import type { Clock } from '../core/system.js';

/** What to wait for. */
export interface Wait<Answer> {
  readonly clock: Clock;
  /** Milliseconds between two questions. */
  readonly interval: number;
  /** When it is over, milliseconds since 1970. */
  readonly until: number;
  /** The question; `undefined` is no answer yet. */
  readonly ask: () => Promise<Answer | undefined>;
  /** Whether nobody waits any more. */
  readonly isClosed: () => boolean;
  /** Calls a function when the client is closed; the returned function takes that back. */
  readonly onEnd: (callback: () => void) => () => void;
}

/**
 * Asks until there is an answer; a server that fails is asked again.
 *
 * @throws PolyratchetError `link-expired`: the time is over; `closed`; what `ask` throws otherwise.
 */
export async function waitFor<Answer>(wait: Wait<Answer>): Promise<Answer> {
  const { clock, until, ask, isClosed } = wait;
  for (;;) {
    if (isClosed()) throw new PolyratchetError('closed', { what: 'client' });
    const answer = await ask().catch((error: unknown) => {
      if (PolyratchetError.is(error, 'server-failed') || PolyratchetError.is(error, 'deadline'))
        return undefined;
      throw error;
    });
    if (answer !== undefined) return answer;
    if (clock.now() >= until) throw new PolyratchetError('link-expired', { why: 'expired' });
    await pause(wait);
  }
}

/** Waits for an interval, or for the end. */
function pause<Answer>({ clock, interval, onEnd }: Wait<Answer>): Promise<void> {
  return new Promise((resolve) => {
    const forget = onEnd(() => {
      stop();
      resolve();
    });
    const stop = clock.after(interval, () => {
      forget();
      resolve();
    });
  });
}
