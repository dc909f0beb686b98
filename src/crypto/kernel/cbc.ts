/**
 * AES-256-CBC of what the library sends and receives by the thousand: short messages, each under a key of its own.
 *
 * The operations are written here over a provider's AES, and in WebAssembly over eight blocks at a time (`aes.ts`); both
 * give the same bytes.
 *
 * @module
 */
import type { CryptoProvider } from '../provider.js';

/** AES-CBC with PKCS#7 padding where the kernel is the quicker way. */
export interface CbcOperations {
  /**
   * Encrypts each plaintext under its key of 32 bytes and its iv of 16. The ciphertexts are fresh, but may be views of one
   * array.
   */
  readonly aesCbcEncryptBatch: (
    keys: readonly Uint8Array[],
    ivs: readonly Uint8Array[],
    plaintexts: readonly Uint8Array[],
  ) => readonly Uint8Array[];
  /** The plaintext, or `undefined` if length or padding is wrong; key of 16 or 32 bytes, iv of 16. */
  readonly aesCbcDecrypt: (key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array) => Uint8Array | undefined;
}

/** Bytes of a block and of an iv. */
export const BLOCK = 16;

/** Stands where an array could be too short for all that types can tell. */
export const NONE: Uint8Array = new Uint8Array(0);

/** The operations one at a time, over a provider's own. */
export function sequentialCbc({
  aesCbcEncrypt,
  aesCbcDecrypt,
}: Pick<CryptoProvider, 'aesCbcEncrypt' | 'aesCbcDecrypt'>): CbcOperations {
  return {
    aesCbcEncryptBatch: (keys, ivs, plaintexts) =>
      keys.map((key, i) => aesCbcEncrypt(key, ivs[i] ?? NONE, plaintexts[i] ?? NONE)),
    aesCbcDecrypt,
  };
}
