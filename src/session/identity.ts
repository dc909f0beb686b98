/**
 * Whether the peer is who we think it is: the trust decision that every new key passes.
 *
 * @module
 */
import { copyBytes, equalBytes, inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import { KEY_LENGTH, publicKeyFrom, type PublicKey } from '../crypto/index.js';
import type { Identity } from '../identity/index.js';
import { inputSession, knownIdentity, type Session } from './state.js';

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
  const key = copyBytes(identityKey) as PublicKey;
  if (trusted === undefined) return { kind: 'first', key };
  if (equalBytes(trusted, identityKey)) return { kind: 'trusted', key };
  throw new PolyratchetError('untrusted-identity', { expected: copyBytes(trusted), got: key });
}

/**
 * Our identity key, after a look at who owns the session. It is the caller's array: to be copied by what keeps it.
 *
 * @throws PolyratchetError `invalid-argument`: no identity, no session, or one of another identity of ours.
 */
export function checkOwner(session: Session | undefined, identity: Identity): PublicKey {
  const { publicKey } = inputObject('identity', identity);
  const localIdentity = inputBytes('identity.publicKey', publicKey, KEY_LENGTH) as PublicKey;
  if (session === undefined || equalBytes(inputSession(session).localIdentity, localIdentity))
    return localIdentity;
  throw invalidArgument('identity', 'the identity that the session was made with', 'another');
}
