/**
 * The backend for browsers and every other runtime: noble, with the kernel for what comes in batches.
 *
 * @module
 */
import { kernelWithFallback, type BatchOperations } from './kernel/index.js';
import * as noble from './noble.js';
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

const { chainSteps: steps, walkChain: walk, messageSeeds: seeds, hmacSha256Batch: macs } = noble;
const batches: BatchOperations = kernelWithFallback({
  chainSteps: steps,
  walkChain: walk,
  messageSeeds: seeds,
  hmacSha256Batch: macs,
});
export const chainSteps: CryptoProvider['chainSteps'] = batches.chainSteps;
export const walkChain: CryptoProvider['walkChain'] = batches.walkChain;
export const messageSeeds: CryptoProvider['messageSeeds'] = batches.messageSeeds;
export const hmacSha256Batch: CryptoProvider['hmacSha256Batch'] = batches.hmacSha256Batch;
