/**
 * Opening a message with one state of a session: what both kinds of messages come down to.
 *
 * @module
 */
import type { Random } from '../core/random.js';
import type { Identity, OneTimePreKey, SignedPreKey } from '../identity/index.js';
import { ratchetDecrypt, type SignalMessage } from '../ratchet/index.js';
import type { EncryptedMessage } from './encrypt.js';
import { checkIdentity, type RemoteIdentity } from './identity.js';
import { promote, type Session, type SessionState } from './state.js';

/** What to decrypt, and what it may need. */
export interface DecryptOptions {
  /** Our identity. */
  readonly identity: Identity;
  /** The message as it came. */
  readonly message: EncryptedMessage;
  /** The session with the sending device, if there is one. */
  readonly session?: Session;
  /** The sender's identity key that we trust, 32 bytes; absent at first contact. */
  readonly trustedIdentity?: Uint8Array;
  /** For a prekey message: our signed prekey of the id that `peekPreKeyMessage` gives. */
  readonly signedPreKey?: SignedPreKey;
  /** For a prekey message that names one: our one-time prekey of that id. */
  readonly oneTimePreKey?: OneTimePreKey;
  /** The source of our next ratchet key. */
  readonly random: Random;
}

/** A decrypted message, and what to store and delete in one write before anybody sees it. */
export interface DecryptResult {
  /** The plaintext. */
  readonly plaintext: Uint8Array;
  /** Replaces the session that was passed. */
  readonly session: Session;
  /** The sender's identity key: to be kept if it is the first. */
  readonly identity: RemoteIdentity;
  /** What the message used up: to be deleted in the same write. */
  readonly consumed: {
    /** Our one-time prekey. */
    readonly oneTimePreKeyId?: number;
  };
  /** Whether the message's state was `current` before, was `promoted` from the archive, or was `created`. */
  readonly state: 'current' | 'promoted' | 'created';
}

/**
 * Opens a message with a state that exists, which becomes the current one; `undefined` if it is not authentic there.
 *
 * @throws PolyratchetError `duplicate-message`, `key-gone`, `too-far-ahead`, `untrusted-identity`, `invalid-argument`.
 */
export function openWith(
  state: SessionState,
  message: SignalMessage,
  { identity, session, trustedIdentity, random }: DecryptOptions & { readonly session: Session },
): DecryptResult | undefined {
  const { remoteIdentity } = state;
  const localIdentity = identity.publicKey;
  const direction = { sender: remoteIdentity, receiver: localIdentity };
  const opened = ratchetDecrypt({ ratchet: state.ratchet, message, ...direction, random });
  if (opened === undefined) return undefined;
  return {
    plaintext: opened.plaintext,
    session: promote(session, state, acknowledged({ ...state, ratchet: opened.ratchet })),
    identity: checkIdentity({ identityKey: remoteIdentity, localIdentity, trustedIdentity, session }),
    consumed: {},
    state: state === session.current ? 'current' : 'promoted',
  };
}

/** A state in which the peer's first message has come. */
function acknowledged(state: SessionState): SessionState {
  return state.handshake.kind === 'unacknowledged'
    ? { ...state, handshake: { kind: 'acknowledged' } }
    : state;
}
