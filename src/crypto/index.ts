/**
 * Crypto for the rooms above: the backend's operations, Curve25519 keys, XEdDSA.
 *
 * @module
 */
export {
  aesCbcDecrypt,
  aesCbcEncrypt,
  backend,
  chainSteps,
  hkdfSha256,
  hmacSha256,
  hmacSha256Batch,
  messageSeeds,
  walkChain,
} from '#crypto';
export {
  agree,
  generateKeyPair,
  KEY_LENGTH,
  keyPairFrom,
  privateKeyFrom,
  publicKeyFrom,
  type KeyPair,
  type PublicKey,
} from './curve25519.js';
export {
  importedKeyPair,
  SEED_LENGTH,
  seededKeyPair,
  SIGNATURE_LENGTH,
  xeddsaSign,
  xeddsaVerify,
  type SigningKeyPair,
} from './xeddsa.js';
