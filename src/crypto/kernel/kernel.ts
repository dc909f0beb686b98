/**
 * The kernel: batch operations in WebAssembly, four lanes at a time where there are four.
 *
 * It is compiled at first use and then asked a question whose answer is known. Where the runtime has no WebAssembly or
 * SIMD, a Content-Security-Policy forbids it, or the answer is wrong, the operations go on one at a time with the same
 * results.
 *
 * @module
 */
import { equalBytes } from '../../core/bytes.js';
import { itemAt } from '../../core/lists.js';
import { instantiate } from './instantiate.js';
import { KEY, type BatchOperations } from './operations.js';
import { KERNEL_WASM } from './wasm.js';

/** What the module exports; see kernel/index.ts. */
interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly IO: { readonly value: number };
  init(infoLength: number): void;
  chainSteps(from: number, n: number, to: number, length: number): void;
  walk(from: number, steps: number, kept: number, to: number): void;
  seeds(from: number, n: number, to: number): void;
  macs(keys: number, messages: number, stride: number, lengths: number, n: number, to: number): void;
  mac(key: number, message: number, length: number, to: number): void;
  derive(
    salt: number,
    input: number,
    inputLength: number,
    info: number,
    infoLength: number,
    blocks: number,
    to: number,
  ): void;
  wipe(used: number): void;
}

/** Longest HKDF info: result ‖ info ‖ counter must be one block. */
const MAX_INFO = 22;

/** Chains of one call into the module. */
const CHUNK = 512;

/** Longest message that goes into the kernel: beyond it the provider's own HMAC is as fast. */
const MAX_MESSAGE = 1024;

/** The kernel over the exports of its module, with `fallback` for what does not fit into its memory. */
export function kernelOperations(exports: KernelExports, fallback: BatchOperations): BatchOperations {
  const bytes = new Uint8Array(exports.memory.buffer);
  const words = new Uint32Array(exports.memory.buffer);
  const io = exports.IO.value;
  const room = bytes.length - io;
  let preparedInfo: Uint8Array | undefined;
  exports.init(0); // the constants, until an info is known

  /** Runs and takes the result out; leaves no key behind. */
  const take = (to: number, length: number, run: () => void, written = length): Uint8Array => {
    try {
      run();
      return bytes.slice(to, to + length);
    } finally {
      exports.wipe(to + written - io);
    }
  };

  const prepare = (info: Uint8Array): void => {
    if (preparedInfo === info) return;
    bytes.set(info, io);
    exports.init(info.length);
    bytes.fill(0, io, io + info.length); // no chain may follow that would be wiped with it
    preparedInfo = info;
  };

  const chunkSteps = (chainKeys: readonly Uint8Array[], length: number): Uint8Array => {
    const to = io + chainKeys.length * KEY;
    chainKeys.forEach((chainKey, i) => {
      bytes.set(chainKey, io + i * KEY);
    });
    return take(to, chainKeys.length * (KEY + length), () => {
      exports.chainSteps(io, chainKeys.length, to, length);
    });
  };

  const chunkMacs = (
    keys: readonly Uint8Array[],
    messages: readonly (readonly Uint8Array[])[],
    stride: number,
  ): Uint8Array => {
    const n = keys.length;
    const lengths = io + n * KEY;
    const content = align(lengths + 4 * align(n, 4), 64);
    const to = content + n * stride;
    keys.forEach((key, i) => {
      bytes.set(key, io + i * KEY);
      let end = content + i * stride;
      for (const part of itemAt(messages, i)) {
        bytes.set(part, end);
        end += part.length;
      }
      words[lengths / 4 + i] = end - content - i * stride;
    });
    return take(to, n * KEY, () => {
      exports.macs(io, content, stride, lengths, n, to);
    });
  };

  return {
    hmacSha256: (key, data) => {
      if (key.length !== KEY || data.length > MAX_MESSAGE) return fallback.hmacSha256(key, data);
      const message = io + 64;
      const to = message + align(data.length + 9, 64);
      bytes.set(key, io);
      bytes.set(data, message);
      return take(to, KEY, () => {
        exports.mac(io, message, data.length, to);
      });
    },
    hkdfSha256: (inputKey, salt, info, length) => {
      const isShort = inputKey.length + info.length + length <= MAX_MESSAGE;
      if (!isShort || (salt.length !== KEY && salt.length !== 0))
        return fallback.hkdfSha256(inputKey, salt, info, length);
      const input = io + 64;
      const infoAt = input + align(inputKey.length + 9, 64) + KEY;
      const to = infoAt + align(KEY + info.length + 10, 64);
      bytes.set(salt, io); // an empty one is the zeros that are there
      bytes.set(inputKey, input);
      bytes.set(info, infoAt);
      const blocks = Math.ceil(length / KEY);
      return take(
        to,
        length,
        () => {
          exports.derive(io, input, inputKey.length, infoAt, info.length, blocks, to);
        },
        blocks * KEY,
      );
    },
    chainSteps: (chainKeys, info, length) => {
      if (info.length > MAX_INFO || length % 4 !== 0 || length > 128)
        return fallback.chainSteps(chainKeys, info, length);
      prepare(info);
      return inChunks(chainKeys.length, CHUNK, KEY + length, (from, to) =>
        chunkSteps(chainKeys.slice(from, to), length),
      );
    },
    walkChain: (chainKey, steps, kept) => {
      const length = (kept + 1) * KEY;
      if (KEY + length > room) return fallback.walkChain(chainKey, steps, kept);
      bytes.set(chainKey, io);
      return take(io + KEY, length, () => {
        exports.walk(io, steps, kept, io + KEY);
      });
    },
    messageSeeds: (chainKeys) => {
      if (2 * chainKeys.length > room) return fallback.messageSeeds(chainKeys);
      const to = io + chainKeys.length;
      bytes.set(chainKeys, io);
      return take(to, chainKeys.length, () => {
        exports.seeds(io, chainKeys.length / KEY, to);
      });
    },
    hmacSha256Batch: (keys, messages) => {
      const longest = messages.reduce((most, parts) => Math.max(most, lengthOf(parts)), 0);
      if (longest > MAX_MESSAGE) return fallback.hmacSha256Batch(keys, messages);
      const stride = align(longest + 9, 64);
      const chunk = Math.min(CHUNK, Math.floor((room - 256) / (stride + 2 * KEY + 4)) & ~3);
      return inChunks(keys.length, chunk, KEY, (from, to) =>
        chunkMacs(keys.slice(from, to), messages.slice(from, to), stride),
      );
    },
  };
}

/** Compiles the module, or says why not by throwing. */
export function instantiateKernel(): KernelExports {
  return instantiate(KERNEL_WASM) as KernelExports;
}

/** The kernel if it can be had and answers a question as `fallback` does; else `fallback`. */
export function loadKernel(fallback: BatchOperations, instantiate: () => KernelExports): BatchOperations {
  try {
    const kernel = kernelOperations(instantiate(), fallback);
    return agrees(kernel, fallback) ? kernel : fallback;
  } catch {
    return fallback;
  }
}

/** Five keys: four lanes and one alone. */
function agrees(kernel: BatchOperations, fallback: BatchOperations): boolean {
  const keys = [1, 2, 3, 4, 5].map((fill) => new Uint8Array(KEY).fill(fill));
  const messages = keys.map((key, i) => [key, new Uint8Array(50 * i).fill(i)]);
  const packed = new Uint8Array(5 * KEY).fill(6);
  const info = Uint8Array.of(7, 8, 9);
  const answers = ({
    chainSteps,
    walkChain,
    messageSeeds,
    hmacSha256Batch,
    hmacSha256,
    hkdfSha256,
  }: BatchOperations): Uint8Array[] => [
    chainSteps(keys, info, 80),
    walkChain(packed.subarray(0, KEY), 3, 2),
    messageSeeds(packed),
    hmacSha256Batch(keys, messages),
    hmacSha256(packed.subarray(0, KEY), packed),
    hkdfSha256(packed, packed.subarray(0, KEY), info, 70),
    hkdfSha256(packed, packed.subarray(0, 0), info, 20),
  ];
  const expected = answers(fallback);
  return answers(kernel).every((answer, i) => equalBytes(answer, expected[i] ?? keys[0] ?? packed));
}

/** Rows of all chunks, one after the other. */
function inChunks(
  n: number,
  chunk: number,
  row: number,
  run: (from: number, to: number) => Uint8Array,
): Uint8Array {
  if (n <= chunk) return run(0, n);
  const all = new Uint8Array(n * row);
  for (let from = 0; from < n; from += chunk) {
    const part = run(from, Math.min(from + chunk, n));
    all.set(part, from * row);
    part.fill(0);
  }
  return all;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
