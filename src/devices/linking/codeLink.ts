/**
 * What both sides of linking by code share: the messages, their bounds and their checks.
 *
 *     companion                              primary
 *     startCodeLink ── hello ──► server ──►  (the person types the code)
 *     offerCodeLink ◄── ref ──── server
 *                      ◄──────── hello ────  answerCodeLink
 *     finishCodeLink ─────────── finish ──►  acceptCodeLink ─ approveLink
 *     completeLink   ◄───────── container ─
 *
 * @module
 */
import { PolyratchetError } from '../../core/errors.js';
import { inputRef } from './qr.js';

/** A code is good for this long: time to type it, and little time to guess it. */
export const CODE_LINK_LIFETIME_MS: number = 180 * 1000;

/** What the companion sends first. */
export interface CompanionHello {
  /** Its ephemeral key under the code, 80 bytes. */
  readonly wrappedEphemeral: Uint8Array;
  /** Names the exchange at the server, which adds it on the way. */
  readonly ref: string;
}

/** What the primary answers. */
export interface PrimaryHello {
  /** Its ephemeral key under the code, 80 bytes. */
  readonly wrappedEphemeral: Uint8Array;
  /** Its identity key, 32 bytes. */
  readonly primaryIdentity: Uint8Array;
  /** The ref of the companion's hello. */
  readonly ref: string;
}

/** What the companion sends last. */
export interface CompanionFinish {
  /** Both identities and random bytes, sealed: 156 bytes. */
  readonly bundle: Uint8Array;
  /** Its identity key, 32 bytes. */
  readonly companionIdentity: Uint8Array;
  /** The ref of its hello. */
  readonly ref: string;
}

/** A link that has done its work: whatever comes for it is refused. */
export interface UsedCodeLink {
  /** It is over. */
  readonly kind: 'used';
}

/**
 * Refuses a message of another exchange.
 *
 * @throws PolyratchetError `link-mismatch` `reference`; `invalid-argument`
 */
export function requireRef(expected: string, ref: string): void {
  if (inputRef(ref) !== expected) throw new PolyratchetError('link-mismatch', { why: 'reference' });
}

/** The error of a link that was used before. */
export function usedBefore(): PolyratchetError {
  return new PolyratchetError('link-expired', { why: 'used' });
}
