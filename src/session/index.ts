/**
 * Sessions: the encrypted channel with one other device, byte-compatible with Signal's and WhatsApp's.
 *
 * Subpath: `polyratchet/session`.
 *
 * @module
 */
export { createSession, type CreateSessionOptions, type CreateSessionResult } from './create.js';
export { decrypt } from './decrypt.js';
export {
  checkSendable,
  encrypt,
  encryptBatch,
  type BatchItem,
  type EncryptedMessage,
  type EncryptOptions,
  type EncryptResult,
  type SendableSession,
} from './encrypt.js';
export type { RemoteIdentity } from './identity.js';
export type { DecryptOptions, DecryptResult } from './open.js';
export { COUNTER_RESERVE, MAX_SESSION_AHEAD_MS, planSessionRenewal, type SessionRenewal } from './policy.js';
export { MAX_PREKEY_MESSAGE_LENGTH, peekPreKeyMessage, type PreKeyMessageInfo } from './preKeyMessage.js';
export { decodeSession, encodeSession } from './record.js';
export {
  archiveSession,
  forgetSignedPreKey,
  MAX_ACCEPTED_ROOTS,
  MAX_ARCHIVED_STATES,
  sessionStatus,
  UNACKNOWLEDGED_LIFETIME_MS,
  type AcceptedRoot,
  type ArchiveOptions,
  type ForgetOptions,
  type Handshake,
  type Session,
  type SessionState,
  type SessionStatus,
  type SessionStatusOptions,
} from './state.js';
