/**
 * AES-256-CBC in WebAssembly: eight messages are encrypted at a time, and eight blocks of one are decrypted.
 *
 * It is bitsliced: it has no tables whose use would tell something of the key, as AES in plain JavaScript does, and there
 * is no cipher object to be made for each message, which takes OpenSSL longer than a short message itself. Eight messages
 * cost as much as one, so what goes through it is decided by measured costs.
 *
 * A module of its own. Like the kernel (`kernel.ts`) it is compiled at first use and asked a question whose answer is
 * known; where it cannot be had, the operations go on one at a time with the same results.
 *
 * @module
 */
import { BLOCK, NONE, type CbcOperations } from './cbc.js';
import { instantiate } from './instantiate.js';
import { KEY } from './operations.js';
import { AES_WASM } from './wasmAes.js';

/** What the module exports; see kernel/cbc.ts. */
interface AesExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly IO: { readonly value: number };
  encrypt(keys: number, messages: number, stride: number, lengths: number, n: number): void;
  decrypt(key: number, message: number, blocks: number): number;
}

/**
 * What a provider's own AES costs, measured. The unit is the time in which the module encrypts eight blocks, one of each
 * of eight messages.
 */
export interface CbcCosts {
  /** Encrypting a message, besides its blocks: less what the module takes besides. */
  readonly message: number;
  /** Encrypting a block of it. */
  readonly block: number;
  /** Longest ciphertext, in blocks, that the module decrypts as fast as the provider. */
  readonly longestDecrypted: number;
}

/** Operations that look for the module when the first of them is called: importing costs nothing. */
export function cbcWithFallback(fallback: CbcOperations, costs: CbcCosts): CbcOperations {
  let loaded: CbcOperations | undefined;
  const operations = (): CbcOperations => (loaded ??= loadCbc(fallback, costs, instantiateAes));
  return {
    aesCbcEncryptBatch: (keys, ivs, plaintexts) => operations().aesCbcEncryptBatch(keys, ivs, plaintexts),
    aesCbcDecrypt: (key, iv, ciphertext) => operations().aesCbcDecrypt(key, iv, ciphertext),
  };
}

/** Compiles the module, or says why not by throwing. */
export function instantiateAes(): AesExports {
  return instantiate(AES_WASM) as AesExports;
}

/** The module's operations if they can be had and answer as `fallback` does; else `fallback`. */
export function loadCbc(
  fallback: CbcOperations,
  costs: CbcCosts,
  instantiateModule: () => AesExports,
): CbcOperations {
  try {
    const exports = instantiateModule();
    return agrees(kernelCbc(exports, fallback, ALWAYS), fallback)
      ? kernelCbc(exports, fallback, costs)
      : fallback;
  } catch {
    return fallback;
  }
}

/** Costs of a provider that is never the quicker one. */
export const ALWAYS: CbcCosts = { message: Infinity, block: 0, longestDecrypted: Infinity };

/** The operations over the exports of the module, with `fallback` for what is quicker there or does not fit. */
export function kernelCbc(exports: AesExports, fallback: CbcOperations, costs: CbcCosts): CbcOperations {
  const bytes = new Uint8Array(exports.memory.buffer);
  const words = new Uint32Array(exports.memory.buffer);
  const io = exports.IO.value;
  const room = bytes.length - io;

  /** As many messages as fit: their keys, then their lengths, then iv and text of each. */
  const encryptChunk: CbcOperations['aesCbcEncryptBatch'] = (keys, ivs, plaintexts) => {
    const stride = BLOCK + padded(longest(plaintexts));
    const lanes = align(keys.length, LANES);
    const lengths = io + lanes * KEY;
    const messages = lengths + lanes * 4;
    const end = messages + lanes * stride;
    try {
      keys.forEach((key, i) => {
        const plaintext = plaintexts[i] ?? NONE;
        bytes.set(key, io + i * KEY);
        bytes.set(ivs[i] ?? NONE, messages + i * stride);
        bytes.set(plaintext, messages + i * stride + BLOCK);
        words[lengths / 4 + i] = plaintext.length;
      });
      exports.encrypt(io, messages, stride, lengths, keys.length);
      const rows = bytes.slice(messages, messages + keys.length * stride);
      return plaintexts.map(({ length }, i) => {
        const start = i * stride + BLOCK;
        return rows.subarray(start, start + padded(length));
      });
    } finally {
      bytes.fill(0, io, end);
    }
  };

  return {
    aesCbcEncryptBatch: (keys, ivs, plaintexts) => {
      const n = keys.length;
      const length = padded(longest(plaintexts));
      const blocks = length / BLOCK;
      const steps = Math.ceil(n / LANES) * blocks;
      const chunk = Math.floor(room / (KEY + 4 + BLOCK + length)) & ~(LANES - 1);
      if (chunk === 0 || steps > n * (costs.message + costs.block * blocks))
        return fallback.aesCbcEncryptBatch(keys, ivs, plaintexts);
      if (n <= chunk) return encryptChunk(keys, ivs, plaintexts);
      const part = (i: number): readonly Uint8Array[] => {
        const [from, to] = [i * chunk, (i + 1) * chunk];
        return encryptChunk(keys.slice(from, to), ivs.slice(from, to), plaintexts.slice(from, to));
      };
      return Array.from({ length: Math.ceil(n / chunk) }, (_, i) => part(i)).flat();
    },
    aesCbcDecrypt: (key, iv, ciphertext) => {
      const { length } = ciphertext;
      const message = io + KEY;
      const end = message + BLOCK + align(length, LANES * BLOCK);
      const tooLong = length > costs.longestDecrypted * BLOCK || end > bytes.length;
      if (key.length !== KEY || tooLong || length === 0 || length % BLOCK !== 0)
        return fallback.aesCbcDecrypt(key, iv, ciphertext);
      try {
        bytes.set(key, io);
        bytes.set(iv, message);
        bytes.set(ciphertext, message + BLOCK);
        const plaintextLength = exports.decrypt(io, message, length / BLOCK);
        return plaintextLength < 0 ? undefined : bytes.slice(message, message + plaintextLength);
      } finally {
        bytes.fill(0, io, end);
      }
    },
  };
}

/** Messages, or blocks of one, that go through the cipher at a time. */
const LANES = 8;

/** More messages than lanes, of one block and of two; their ciphertexts; and what has wrong padding. */
function agrees(kernel: CbcOperations, fallback: CbcOperations): boolean {
  const keys = Array.from({ length: LANES + 1 }, (_, i) => new Uint8Array(KEY).map((_, j) => 7 * i + j));
  const ivs = keys.map((key) => key.subarray(BLOCK));
  const plaintexts = keys.map((key, i) => key.subarray(0, 3 * i + 1));
  const answers = ({ aesCbcEncryptBatch, aesCbcDecrypt }: CbcOperations): string => {
    const ciphertexts = aesCbcEncryptBatch(keys, ivs, plaintexts);
    const open = (bytes: Uint8Array, i: number): Uint8Array | undefined =>
      aesCbcDecrypt(keys[i] ?? NONE, ivs[i] ?? NONE, bytes);
    return [...ciphertexts, ...ciphertexts.map(open), ...keys.map(open)].join(';');
  };
  return answers(kernel) === answers(fallback);
}

function longest(messages: readonly Uint8Array[]): number {
  return messages.reduce((most, { length }) => Math.max(most, length), 0);
}

/** The length of a ciphertext: there always is padding. */
function padded(length: number): number {
  return align(length + 1, BLOCK);
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
