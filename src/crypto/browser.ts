/**
 * The backend for browsers and every other runtime: noble, with the kernel for what comes in batches.
 *
 * @module
 */
import { kernelWithFallback, sequentialOperations, type BatchOperations } from './kernel/index.js';
import { hkdfSha256, hmacSha256 } from './noble.js';
import type { CryptoProvider } from './provider.js';

export {
  aesCbcDecrypt,
  aesCbcEncrypt,
  aesGcmOpen,
  aesGcmSeal,
  chachaOpen,
  chachaSeal,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  hkdfSha256,
  hmacSha256,
  sha512,
  x25519PublicKey,
  x25519SharedSecret,
} from './noble.js';

export const backend: CryptoProvider['backend'] = 'browser';

const batches: BatchOperations = /* @__PURE__ */ kernelWithFallback(
  /* @__PURE__ */ sequentialOperations({ hmacSha256, hkdfSha256 }),
);

export const chainSteps: CryptoProvider['chainSteps'] = (chainKeys, info, length) =>
  batches.chainSteps(chainKeys, info, length);

export const walkChain: CryptoProvider['walkChain'] = (chainKey, steps, kept) =>
  batches.walkChain(chainKey, steps, kept);

export const messageSeeds: CryptoProvider['messageSeeds'] = (chainKeys) => batches.messageSeeds(chainKeys);

export const hmacSha256Batch: CryptoProvider['hmacSha256Batch'] = (keys, messages) =>
  batches.hmacSha256Batch(keys, messages);
