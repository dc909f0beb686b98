/**
 * A device's keys: its identity, the prekeys it publishes, and when to renew them.
 *
 * Subpath: `polyratchet/identity`.
 *
 * @module
 */
export {
  bundleTable,
  createBundle,
  decodeBundle,
  encodeBundle,
  publicPreKey,
  publicSignedPreKey,
  validateBundle,
  type BundleOptions,
  type PreKeyBundle,
  type PublicPreKey,
  type PublicSignedPreKey,
  type ValidBundle,
  type ValidPreKey,
  type ValidSignedPreKey,
} from './bundle.js';
export {
  decodeIdentity,
  encodeIdentity,
  generateIdentity,
  importIdentity,
  sign,
  verify,
  type Identity,
  type SignOptions,
  type VerifyOptions,
} from './keys.js';
export {
  MAX_KEPT_PREKEYS,
  ONE_TIME_PREKEYS_FULL,
  ONE_TIME_PREKEYS_LOW,
  planPreKeyErasure,
  planPreKeyRefill,
  SIGNED_PREKEY_GRACE_MS,
  SIGNED_PREKEY_LIFETIME_MS,
  signedPreKeyErasureDue,
  signedPreKeyRotationDue,
  type PreKeyErasure,
  type PreKeyRefill,
  type SignedPreKeyErasure,
  type SignedPreKeyRotation,
} from './policy.js';
export {
  decodeOneTimePreKey,
  decodeSignedPreKey,
  encodeOneTimePreKey,
  encodeSignedPreKey,
  generateOneTimePreKeys,
  generateSignedPreKey,
  MAX_ONE_TIME_PREKEYS,
  MAX_PREKEY_ID,
  nextPreKeyId,
  type OneTimePreKey,
  type OneTimePreKeys,
  type OneTimePreKeysOptions,
  type SignedPreKey,
  type SignedPreKeyOptions,
} from './prekeys.js';
export { generateRegistrationId, MAX_REGISTRATION_ID } from './registration.js';
export type { Secret } from '../core/secret.js';
export type { KeyPair, PublicKey, SigningKeyPair } from '../crypto/index.js';
export { decodePublicKey, encodePublicKey } from '../wire/index.js';
