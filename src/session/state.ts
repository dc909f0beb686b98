/**
 * The session with one remote device as a value, and how its states replace each other.
 *
 * A session has at most one current state, with which it encrypts, and archived ones, with which it still decrypts:
 * both sides may start at once, either may start anew, and late messages belong to the state that was.
 *
 * @module
 */
import { equalBytes, inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { invalidArgument } from '../core/refusals.js';
import { KEY_LENGTH, type PublicKey } from '../crypto/index.js';
import { COUNTER_LIMIT, type RatchetState } from '../ratchet/index.js';

/** Archived states kept, the newest first: so many restarts may a late message survive. As in Signal's clients. */
export const MAX_ARCHIVED_STATES = 40;

/** A session that the peer has not answered is not used for sending after this time: the peer may never have had it. */
export const UNACKNOWLEDGED_LIFETIME_MS: number = 30 * 24 * 60 * 60 * 1000;

/** Root tags kept per session: more restarts than any honest peer makes while a signed prekey lives. */
export const MAX_ACCEPTED_ROOTS = 1_000;

/** How a state began, and whether the peer is known to have it. */
export type Handshake =
  | {
      /** We started it and have heard nothing yet: every message carries what the peer needs to respond. */
      readonly kind: 'unacknowledged';
      /** Our registration id. */
      readonly registrationId: number;
      /** The peer's signed prekey that we used. */
      readonly signedPreKeyId: number;
      /** The peer's one-time prekey that we used, if its bundle had one. */
      readonly oneTimePreKeyId?: number;
      /** When we started it, milliseconds since 1970. */
      readonly createdAt: number;
    }
  | {
      /** We started it and the peer has answered. */
      readonly kind: 'acknowledged';
    }
  | {
      /** The peer started it. */
      readonly kind: 'accepted';
      /** Tag of the initial root key, 16 bytes. */
      readonly rootTag: Uint8Array;
    };

/** One state of a session: a key agreement and the ratchet that grew from it. */
export interface SessionState {
  /** The peer's identity key at the time, 32 bytes. */
  readonly remoteIdentity: PublicKey;
  /** The peer's registration id as it gave it; nothing authenticates it. */
  readonly remoteRegistrationId: number;
  /** The initiator's base key, 32 bytes: both sides know the state by it. */
  readonly baseKey: PublicKey;
  /** How it began. */
  readonly handshake: Handshake;
  /** Its Double Ratchet. */
  readonly ratchet: RatchetState;
}

/** A key agreement that was accepted once and is never accepted again. */
export interface AcceptedRoot {
  /** Our signed prekey that it used: once that is erased, nobody can repeat the agreement. */
  readonly signedPreKeyId: number;
  /** Tag of the initial root key, 16 bytes. */
  readonly rootTag: Uint8Array;
}

/** The session with one remote device. */
export interface Session {
  /** Our identity key, 32 bytes. */
  readonly localIdentity: PublicKey;
  /** The state with which we encrypt, unless it was archived. */
  readonly current?: SessionState;
  /** Earlier states, newest first. */
  readonly archived: readonly SessionState[];
  /** Accepted key agreements, oldest first: they outlive the states that they made. */
  readonly acceptedRoots: readonly AcceptedRoot[];
}

/**
 * Returns a session, and refuses what cannot be one.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputSession(session: Session): Session {
  const { localIdentity, archived, acceptedRoots } = inputObject('session', session);
  inputBytes('session.localIdentity', localIdentity, KEY_LENGTH);
  if (Array.isArray(archived) && Array.isArray(acceptedRoots)) return session;
  throw invalidArgument('session', 'a session', 'another object');
}

/** All states in the order in which they are tried. */
export function statesOf(session: Session | undefined): readonly SessionState[] {
  if (session === undefined) return [];
  return session.current === undefined ? session.archived : [session.current, ...session.archived];
}

/** The session with a new current state; the old one is archived. */
export function addState(session: Session, state: SessionState): Session {
  return { ...session, current: state, archived: statesOf(session).slice(0, MAX_ARCHIVED_STATES) };
}

/** The session after a step of one of its states, which becomes the current one. */
export function promote(session: Session, state: SessionState, next: SessionState): Session {
  if (state === session.current) return { ...session, current: next };
  return { ...session, current: next, archived: statesOf(session).filter((other) => other !== state) };
}

/** Which session to archive. */
export interface ArchiveOptions {
  /** The session with the device. */
  readonly session: Session;
}

/**
 * The session without a current state: it still decrypts, and encrypts again once a new state is made.
 *
 * @example
 * ```ts no-run
 * import { archiveSession, type Session } from 'polyratchet/session';
 *
 * declare const session: Session;
 * const archived = archiveSession({ session }); // the next message needs a bundle
 * ```
 */
export function archiveSession(options: ArchiveOptions): Session {
  const session = inputSession(inputObject('options', options).session);
  const { localIdentity, acceptedRoots } = session;
  return { localIdentity, archived: statesOf(session).slice(0, MAX_ARCHIVED_STATES), acceptedRoots };
}

/** Which signed prekey was erased. */
export interface ForgetOptions {
  /** The session with the device. */
  readonly session: Session;
  /** Id of the signed prekey whose private key no longer exists. */
  readonly signedPreKeyId: number;
}

/**
 * The session without the root tags of a signed prekey that was erased: nobody can repeat those agreements any more.
 *
 * @example
 * ```ts no-run
 * import { forgetSignedPreKey, type Session } from 'polyratchet/session';
 *
 * declare const session: Session;
 * const smaller = forgetSignedPreKey({ session, signedPreKeyId: 1 });
 * ```
 */
export function forgetSignedPreKey(options: ForgetOptions): Session {
  const { session, signedPreKeyId } = inputObject('options', options);
  return {
    ...inputSession(session),
    acceptedRoots: session.acceptedRoots.filter((root) => root.signedPreKeyId !== signedPreKeyId),
  };
}

/** Whether a session can encrypt. */
export type SessionStatus =
  /** Yes, and the peer is known to have it. */
  | 'established'
  /** Yes, with prekey messages until the peer answers. */
  | 'unacknowledged'
  /** No: the peer has not answered for 30 days. */
  | 'expired'
  /** No: every counter of the sending chain is used. */
  | 'exhausted'
  /** No: there is no current state. */
  | 'none';

/** A session and the time. */
export interface SessionStatusOptions {
  /** Absent where there is none. */
  readonly session?: Session;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/**
 * Whether a session can encrypt, and if not, why: then a bundle is needed.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { sessionStatus } from 'polyratchet/session';
 *
 * sessionStatus({ now: Date.now() }); // 'none'
 * ```
 */
export function sessionStatus(options: SessionStatusOptions): SessionStatus {
  const { session, now } = inputObject('options', options);
  if (session?.current === undefined) return 'none';
  const { handshake, ratchet } = session.current;
  if (ratchet.sending.counter >= COUNTER_LIMIT) return 'exhausted';
  if (handshake.kind !== 'unacknowledged') return 'established';
  return now - handshake.createdAt > UNACKNOWLEDGED_LIFETIME_MS ? 'expired' : 'unacknowledged';
}

/** The identity key that a session knows its peer by, newest first. */
export function knownIdentity(session: Session | undefined): PublicKey | undefined {
  return (session?.current ?? session?.archived[0])?.remoteIdentity;
}

/** The state that a key agreement made, by its base key and the peer's identity. */
export function findByBaseKey(
  session: Session | undefined,
  baseKey: PublicKey,
  identityKey: PublicKey,
): SessionState | undefined {
  return statesOf(session).find(
    (state) => equalBytes(state.baseKey, baseKey) && equalBytes(state.remoteIdentity, identityKey),
  );
}
