/**
 * Batch operations for the backends: the kernel at first use, or what stands in for it.
 *
 * @module
 */
import { instantiateKernel, loadKernel } from './kernel.js';
import type { BatchOperations } from './operations.js';

export { cbcWithFallback } from './aes.js';
export { sequentialCbc, type CbcOperations } from './cbc.js';
export { sequentialOperations, type BatchOperations } from './operations.js';
export { sequentialRounds, type Sha512Rounds } from './rounds.js';
export { roundsWithFallback } from './sha512.js';

/** Operations that look for the kernel when the first of them is called: importing costs nothing. */
export function kernelWithFallback(fallback: BatchOperations): BatchOperations {
  let loaded: BatchOperations | undefined;
  const operations = (): BatchOperations => (loaded ??= loadKernel(fallback, instantiateKernel));
  return {
    hmacSha256: (key, data) => operations().hmacSha256(key, data),
    hkdfSha256: (inputKey, salt, info, length) => operations().hkdfSha256(inputKey, salt, info, length),
    chainSteps: (chainKeys, info, length) => operations().chainSteps(chainKeys, info, length),
    walkChain: (chainKey, steps, kept) => operations().walkChain(chainKey, steps, kept),
    messageSeeds: (chainKeys) => operations().messageSeeds(chainKeys),
    hmacSha256Batch: (keys, messages) => operations().hmacSha256Batch(keys, messages),
  };
}
