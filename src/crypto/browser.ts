/**
 * The backend for browsers and every other runtime: noble, with the kernel for what comes in batches.
 *
 * @module
 */
import {
  cbcWithFallback,
  kernelWithFallback,
  roundsWithFallback,
  sequentialCbc,
  sequentialOperations,
  sequentialRounds,
  type BatchOperations,
  type CbcOperations,
  type Sha512Rounds,
} from './kernel/index.js';
import {
  aesCbcDecrypt as nobleCbcDecrypt,
  aesCbcEncrypt,
  hkdfSha256 as nobleHkdf,
  hmacSha256 as nobleHmac,
  sha512,
} from './noble.js';
import type { CryptoProvider } from './provider.js';

export {
  aesCbcEncrypt,
  aesCtr,
  aesGcmOpen,
  aesGcmSeal,
  chachaOpen,
  chachaSeal,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  pbkdf2Sha256,
  sha256,
  sha512,
  x25519PublicKey,
  x25519SharedSecret,
  xchachaOpen,
  xchachaSeal,
} from './noble.js';

export const backend: CryptoProvider['backend'] = 'browser';

const batches: BatchOperations = /* @__PURE__ */ kernelWithFallback(
  /* @__PURE__ */ sequentialOperations({ hmacSha256: nobleHmac, hkdfSha256: nobleHkdf }),
);

export const hmacSha256: CryptoProvider['hmacSha256'] = (key, data) => batches.hmacSha256(key, data);

export const hkdfSha256: CryptoProvider['hkdfSha256'] = (inputKey, salt, info, length) =>
  batches.hkdfSha256(inputKey, salt, info, length);

export const chainSteps: CryptoProvider['chainSteps'] = (chainKeys, info, length) =>
  batches.chainSteps(chainKeys, info, length);

export const walkChain: CryptoProvider['walkChain'] = (chainKey, steps, kept) =>
  batches.walkChain(chainKey, steps, kept);

export const messageSeeds: CryptoProvider['messageSeeds'] = (chainKeys) => batches.messageSeeds(chainKeys);

export const hmacSha256Batch: CryptoProvider['hmacSha256Batch'] = (keys, messages) =>
  batches.hmacSha256Batch(keys, messages);

/** noble's AES looks into tables, the kernel's does not: so it may take up to a third longer, as one message alone does. */
const cbc: CbcOperations = /* @__PURE__ */ cbcWithFallback(
  /* @__PURE__ */ sequentialCbc({ aesCbcEncrypt, aesCbcDecrypt: nobleCbcDecrypt }),
  { message: 4, block: 0.55, longestDecrypted: Infinity },
);

export const aesCbcEncryptBatch: CryptoProvider['aesCbcEncryptBatch'] = (keys, ivs, plaintexts) =>
  cbc.aesCbcEncryptBatch(keys, ivs, plaintexts);

export const aesCbcDecrypt: CryptoProvider['aesCbcDecrypt'] = (key, iv, ciphertext) =>
  cbc.aesCbcDecrypt(key, iv, ciphertext);

const iterate: Sha512Rounds = /* @__PURE__ */ roundsWithFallback(/* @__PURE__ */ sequentialRounds(sha512));

export const sha512Rounds: CryptoProvider['sha512Rounds'] = (states, suffixes, rounds) =>
  iterate(states, suffixes, rounds);
