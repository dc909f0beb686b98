/**
 * Why a device asks for a message again: from the error that it met to the number on the wire.
 *
 * @module
 */
import type { ErrorCode } from '../../core/errors.js';

/** Why a message is asked for again. It informs, and decides nothing: whoever forges a request chooses it. */
export type RetryReason =
  | 'unknown'
  | 'no-session'
  | 'invalid-key'
  | 'invalid-key-id'
  | 'invalid-message'
  | 'invalid-signature'
  | 'future-message'
  | 'bad-mac'
  | 'invalid-session'
  | 'invalid-message-key'
  | 'bad-broadcast-ephemeral'
  | 'unknown-companion-no-prekey'
  | 'adv-failure'
  | 'status-revoke-delay';

/** The number of each reason on the wire: WhatsApp's. */
export const RETRY_REASONS: Readonly<Record<RetryReason, number>> = {
  unknown: 0,
  'no-session': 1,
  'invalid-key': 2,
  'invalid-key-id': 3,
  'invalid-message': 4,
  'invalid-signature': 5,
  'future-message': 6,
  'bad-mac': 7,
  'invalid-session': 8,
  'invalid-message-key': 9,
  'bad-broadcast-ephemeral': 10,
  'unknown-companion-no-prekey': 11,
  'adv-failure': 12,
  'status-revoke-delay': 13,
};

/** What an error asks for. */
export interface RetryRow {
  /** The reason to give. */
  readonly reason: RetryReason;
  /** `at-once` where no session can be left to answer with; otherwise keys come with the second request. */
  readonly keys: 'at-once' | 'later';
}

/**
 * The errors that another copy can cure. Every other one would come again with the next copy, or is not the sender's to
 * cure: `errorAdvice` says what to do about it.
 */
const ROWS: Readonly<Partial<Record<ErrorCode, RetryRow>>> = {
  'bad-mac': { reason: 'bad-mac', keys: 'later' },
  'key-gone': { reason: 'invalid-message-key', keys: 'later' },
  'too-far-ahead': { reason: 'future-message', keys: 'later' },
  'no-session': { reason: 'no-session', keys: 'at-once' },
  'no-prekey': { reason: 'invalid-key-id', keys: 'at-once' },
  'no-sender-key': { reason: 'no-session', keys: 'at-once' },
};

/** What an error asks for; `undefined` where a retry is no cure. */
export function retryRowOf(code: ErrorCode): RetryRow | undefined {
  return ROWS[code];
}

/** Whether a value is one of the reasons. */
export function isReason(value: unknown): value is RetryReason {
  return typeof value === 'string' && Object.hasOwn(RETRY_REASONS, value);
}

const NAMES: ReadonlyMap<number, RetryReason> = new Map(
  Object.entries(RETRY_REASONS).map(([reason, number]) => [number, reason as RetryReason]),
);

/** The reason of a number; a number that is not known yet is `unknown`, since nothing depends on it. */
export function reasonOf(number: number): RetryReason {
  return NAMES.get(number) ?? 'unknown';
}
