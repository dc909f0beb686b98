/**
 * When a session is renewed: before it fails, where that can be foreseen.
 *
 * @module
 */
import { inputObject, inputTime } from '../core/check.js';
import { COUNTER_LIMIT } from '../ratchet/index.js';
import { inputSession, sessionStatus, type SessionStatusOptions } from './state.js';

/** A sending chain with fewer counters left than this is renewed while it still encrypts. */
export const COUNTER_RESERVE = 65_536;

/** A session that began further ahead of now than this is renewed: a clock was wrong, and it would not expire for years. */
export const MAX_SESSION_AHEAD_MS: number = 24 * 60 * 60 * 1000;

/** Whether to renew a session. */
export type SessionRenewal =
  | {
      /** It is good for the next messages. */
      readonly kind: 'keep';
    }
  | {
      /** Fetch a bundle and start anew. */
      readonly kind: 'renew';
      /**
       * `none`: there is no current state; `expired`: unanswered for 30 days; `exhausted`, `nearly-exhausted`: no
       * counters are left, or few; `from-future`: it began a day ahead of now.
       */
      readonly why: 'none' | 'expired' | 'exhausted' | 'nearly-exhausted' | 'from-future';
      /** Whether it encrypts until the bundle is there. */
      readonly sendable: boolean;
    };

/**
 * Whether a session is to be renewed now.
 *
 * A peer that answers keeps its session for ever: each turn of the conversation brings new keys. What is renewed has no
 * current state, has never been answered, or has sent four billion messages without an answer.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { planSessionRenewal } from 'polyratchet/session';
 *
 * planSessionRenewal({ now: Date.now() }); // { kind: 'renew', why: 'none', sendable: false }
 * ```
 */
export function planSessionRenewal(options: SessionStatusOptions): SessionRenewal {
  const { session } = inputObject('options', options);
  const now = inputTime('now', options.now);
  const known = session === undefined ? {} : { session: inputSession(session) };
  const status = sessionStatus({ ...known, now });
  if (status === 'none' || status === 'expired' || status === 'exhausted')
    return { kind: 'renew', why: status, sendable: false };
  const { handshake, ratchet } = session?.current ?? {};
  if (ratchet !== undefined && ratchet.sending.counter >= COUNTER_LIMIT - COUNTER_RESERVE)
    return { kind: 'renew', why: 'nearly-exhausted', sendable: true };
  if (handshake?.kind === 'unacknowledged' && handshake.createdAt - now > MAX_SESSION_AHEAD_MS)
    return { kind: 'renew', why: 'from-future', sendable: true };
  return { kind: 'keep' };
}
