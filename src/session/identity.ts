/**
 * Whether the peer is who we think it is: the trust decision that every new key passes.
 *
 * @module
 */
import { equalBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { publicKeyFrom, type PublicKey } from '../crypto/index.js';
import { knownIdentity, type Session } from './state.js';

/** The peer's identity key, and what is known of it. */
export interface RemoteIdentity {
  /** `first`: nothing to compare it with yet; `trusted`: the key that was trusted before. */
  readonly kind: 'first' | 'trusted';
  /** 32 bytes: to be kept, and passed as `trustedIdentity` from now on. */
  readonly key: PublicKey;
}

/** What an identity key is compared with. */
export interface TrustOptions {
  /** The key that came. */
  readonly identityKey: PublicKey;
  /** Our own identity key. */
  readonly localIdentity: PublicKey;
  /** The key that the caller trusts, if it has one. */
  readonly trustedIdentity: Uint8Array | undefined;
  /** What is known if the caller says nothing: the identity of the session so far. */
  readonly session: Session | undefined;
}

/**
 * Compares the peer's identity key with the trusted one.
 *
 * @throws PolyratchetError `untrusted-identity`; `invalid-key` `own-key`: each device has a key of its own, so ours
 *   coming back is a reflection.
 */
export function checkIdentity({
  identityKey,
  localIdentity,
  trustedIdentity,
  session,
}: TrustOptions): RemoteIdentity {
  if (equalBytes(identityKey, localIdentity)) {
    throw new PolyratchetError('invalid-key', { role: 'identity key', why: 'own-key' });
  }
  const trusted =
    trustedIdentity === undefined
      ? knownIdentity(session)
      : publicKeyFrom('trustedIdentity', trustedIdentity);
  if (trusted === undefined) return { kind: 'first', key: identityKey };
  if (equalBytes(trusted, identityKey)) return { kind: 'trusted', key: identityKey };
  throw new PolyratchetError('untrusted-identity', { expected: trusted, got: identityKey });
}

/**
 * Refuses a session that belongs to another identity of ours.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function checkOwner(session: Session | undefined, localIdentity: PublicKey): void {
  if (session === undefined || equalBytes(session.localIdentity, localIdentity)) return;
  throw new PolyratchetError('invalid-argument', {
    name: 'identity',
    expected: 'the identity that the session was made with',
    got: 'another',
  });
}
