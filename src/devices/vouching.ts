/**
 * What holds of every signature of a primary or a companion: it is verified under the key that is known.
 *
 * @module
 */
import { equalBytes } from '../core/bytes.js';
import { PolyratchetError, type WhyUnverified } from '../core/errors.js';
import { xeddsaVerify, type PublicKey } from '../crypto/index.js';

/**
 * Refuses a key that a message claims for its signer and that is not the one that is known.
 *
 * @throws PolyratchetError `device-unverified`: `other-primary`
 */
export function requirePinned(embedded: PublicKey | undefined, primary: PublicKey): void {
  if (embedded !== undefined && !equalBytes(embedded, primary)) throw unverified('other-primary');
}

/**
 * Refuses what is not signed.
 *
 * @throws PolyratchetError `invalid-signature`
 */
export function requireSignature(
  what: string,
  signer: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): void {
  if (!xeddsaVerify(signer, message, signature)) {
    throw new PolyratchetError('invalid-signature', { what, signer });
  }
}

/** The error about what nothing vouches for. */
export function unverified(why: WhyUnverified): PolyratchetError {
  return new PolyratchetError('device-unverified', { why });
}
