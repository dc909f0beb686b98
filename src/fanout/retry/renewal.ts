/**
 * With which session a message is sent again: the base-key rule and its companions.
 *
 *     no usable session                                    a new one
 *     it is newer than the copy that could not be read     keep it
 *     keys in the request, or another registration id      a new one
 *     the base key of the last answer (from the second)    a new one
 *     otherwise                                            keep it
 *
 * @module
 */
import { equalBytes } from '../../core/bytes.js';
import type { PublicKey } from '../../crypto/index.js';
import { planSessionRenewal, type Session } from '../../session/index.js';
import type { AnsweredMessage, RetryAnswers } from './answer.js';
import type { RetryRequest } from './request.js';

/** What the choice of a session depends on. */
export interface SessionChoice {
  readonly request: RetryRequest;
  readonly session: Session | undefined;
  /** The identity key that the device must have. */
  readonly trustedIdentity: PublicKey;
  readonly answers: RetryAnswers;
  readonly before: AnsweredMessage | undefined;
  /** When the device was sent the message last. */
  readonly lastSent: number;
  readonly now: number;
}

/**
 * Whether the session with the device is no good for the message.
 *
 * A session that is newer than the copy that could not be read has not been tried yet: so a device that has lost its
 * sessions, and asks for a hundred messages, gets them all with one new session.
 */
export function needsNewSession(choice: SessionChoice): boolean {
  const { request, session, trustedIdentity, answers, before, lastSent, now } = choice;
  if (session?.current === undefined || planSessionRenewal({ session, now }).kind === 'renew') return true;
  const { remoteIdentity, remoteRegistrationId, handshake, baseKey } = session.current;
  if (!equalBytes(remoteIdentity, trustedIdentity)) return true;
  const startedAt =
    handshake.kind === 'unacknowledged' ? handshake.createdAt : (answers.renewals.at(-1) ?? 0);
  if (startedAt > lastSent) return false;
  if (request.bundle !== undefined || request.registrationId !== remoteRegistrationId) return true;
  return before?.baseKey !== undefined && equalBytes(before.baseKey, baseKey);
}
