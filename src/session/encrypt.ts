/**
 * Encrypting for one device.
 *
 * @module
 */
import { inputList, inputObject, inputTime } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { itemAt } from '../core/lists.js';
import { ratchetEncryptBatch } from '../ratchet/index.js';
import { checkIdentity } from './identity.js';
import { encodePreKeyMessage } from './preKeyMessage.js';
import { inputSession, sessionStatus, type Session, type SessionState } from './state.js';

/** An encrypted message for one device. */
export interface EncryptedMessage {
  /** `prekey` until the peer has answered, `message` afterwards: to be sent along. */
  readonly type: 'prekey' | 'message';
  /** A PreKeySignalMessage or a SignalMessage. */
  readonly bytes: Uint8Array;
}

/** What to encrypt. */
export interface EncryptOptions {
  /** The session with the device. */
  readonly session: Session;
  /** At most 256 KiB and 16 bytes, padding included. */
  readonly plaintext: Uint8Array;
  /** The peer's identity key that we trust, 32 bytes: where it has changed meanwhile, nothing is encrypted. */
  readonly trustedIdentity?: Uint8Array;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** The message, and the session that must be stored before the message is sent. */
export interface EncryptResult {
  /** Replaces the session that was passed: encrypting twice with one session would use a key twice. */
  readonly session: Session;
  /** What to send. */
  readonly message: EncryptedMessage;
}

/**
 * Encrypts a message with the current state of a session.
 *
 * @throws PolyratchetError `no-session`, `session-expired`, `counter-exhausted`: a new session is needed;
 *   `untrusted-identity`, `too-large`, `invalid-argument`.
 * @example
 * ```ts no-run
 * import { encrypt, type Session } from 'polyratchet/session';
 *
 * declare let session: Session;
 * declare function store(session: Session): void;
 * declare function send(bytes: Uint8Array): void;
 *
 * const result = encrypt({ session, plaintext: new TextEncoder().encode('hello'), now: Date.now() });
 * session = result.session;
 * store(session); // first
 * send(result.message.bytes); // then
 * ```
 */
export function encrypt(options: EncryptOptions): EncryptResult {
  const { session, plaintext, trustedIdentity, now } = inputObject('options', options);
  const trust = trustedIdentity === undefined ? {} : { trustedIdentity };
  const sendable = checkSendable({ session, ...trust, now });
  return itemAt(encryptBatch([{ ...sendable, plaintext }]), 0);
}

/** A session that can encrypt now. */
export interface SendableSession {
  /** The session. */
  readonly session: Session;
  /** Its current state. */
  readonly current: SessionState;
}

/**
 * Checks that a session can encrypt for the identity that is trusted.
 *
 * @throws PolyratchetError `no-session`, `session-expired`, `counter-exhausted`, `untrusted-identity`, `invalid-argument`.
 * @internal
 */
export function checkSendable(options: Omit<EncryptOptions, 'plaintext'>): SendableSession {
  const { session, trustedIdentity, now } = inputObject('options', options);
  const { current, localIdentity } = inputSession(session);
  const status = sessionStatus({ session, now: inputTime('now', now) });
  if (current === undefined) throw new PolyratchetError('no-session', {});
  if (status === 'expired') throw new PolyratchetError('session-expired', {});
  if (status === 'exhausted') throw new PolyratchetError('counter-exhausted', {});
  checkIdentity({ identityKey: current.remoteIdentity, localIdentity, trustedIdentity, session });
  return { session, current };
}

/** One message of a batch. */
export interface BatchItem extends SendableSession {
  /** At most 256 KiB and 16 bytes, padding included. */
  readonly plaintext: Uint8Array;
}

/**
 * Encrypts with several sessions, whose chain steps and MACs are made together; the results come in their order.
 *
 * @throws PolyratchetError `too-large`, `invalid-argument`.
 * @internal
 */
export function encryptBatch(items: readonly BatchItem[]): readonly EncryptResult[] {
  const batch = inputList('items', items).map(({ session, current, plaintext }) => {
    const { ratchet, remoteIdentity: receiver } = current;
    return { ratchet, plaintext, sender: session.localIdentity, receiver };
  });
  return ratchetEncryptBatch(batch).map(({ ratchet, message }, i) => {
    const { session, current } = itemAt(items, i);
    return {
      session: { ...session, current: { ...current, ratchet } },
      message: frame(session, current, message),
    };
  });
}

function frame(
  { localIdentity }: Session,
  { handshake, baseKey }: SessionState,
  message: Uint8Array,
): EncryptedMessage {
  if (handshake.kind !== 'unacknowledged') return { type: 'message', bytes: message };
  const { registrationId, signedPreKeyId, oneTimePreKeyId } = handshake;
  const bytes = encodePreKeyMessage({
    registrationId,
    signedPreKeyId,
    ...(oneTimePreKeyId === undefined ? {} : { oneTimePreKeyId }),
    baseKey,
    identityKey: localIdentity,
    message,
  });
  return { type: 'prekey', bytes };
}
