/**
 * Crypto for the rooms above: the backend's operations, Curve25519 keys, XEdDSA.
 *
 * @module
 */
export {
  aesCbcDecrypt,
  aesCbcEncrypt,
  aesCbcEncryptBatch,
  aesCtr,
  aesGcmOpen,
  aesGcmSeal,
  backend,
  chainSteps,
  hkdfSha256,
  hmacSha256,
  hmacSha256Batch,
  messageSeeds,
  pbkdf2Sha256,
  sha256,
  sha512,
  sha512Rounds,
  walkChain,
  xchachaOpen,
  xchachaSeal,
} from '#crypto';
export {
  agree,
  generateKeyPair,
  KEY_LENGTH,
  keyPairFrom,
  privateKeyFrom,
  publicKeyFrom,
  readPublicKey,
  type KeyPair,
  type PublicKey,
} from './curve25519.js';
export {
  importedKeyPair,
  SEED_LENGTH,
  seededKeyPair,
  SIGNATURE_LENGTH,
  signerKeyPair,
  xeddsaSign,
  xeddsaSignBy,
  xeddsaVerify,
  type SignerKeyPair,
  type SigningKeyPair,
} from './xeddsa.js';
