/// <reference lib="dom" />
/** A page whose policy forbids WebAssembly: the library must give the same results there. */
import { expect, inject, test } from 'vitest';
import {
  aesCbcDecrypt,
  aesCbcEncrypt,
  backend,
  chainSteps,
  hmacSha256Batch,
} from '../../src/crypto/browser.js';
import { toHex } from '../../src/core/bytes.js';

/** Loads the backend in a frame with a policy of its own, and reports whether WebAssembly compiles there. */
function askFrame(): Promise<{ wasm: boolean; answer: string }> {
  const module = new URL('../../src/crypto/browser.ts', import.meta.url).href;
  const bytes = new URL('../../src/core/bytes.ts', import.meta.url).href;
  const script = `
    import { aesCbcDecrypt, aesCbcEncrypt, chainSteps, hmacSha256Batch } from ${JSON.stringify(module)};
    import { toHex } from ${JSON.stringify(bytes)};
    let wasm = true;
    try { new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)); } catch { wasm = false; }
    const key = new Uint8Array(32).fill(7);
    const opened = aesCbcDecrypt(key, key.subarray(16), aesCbcEncrypt(key, key.subarray(16), key));
    const answer =
      toHex(chainSteps([key, key], key.subarray(0, 3), 80)) + toHex(hmacSha256Batch([key], [[key]])) + toHex(opened);
    parent.postMessage({ wasm, answer }, '*');`;
  const policy = `script-src 'unsafe-inline' ${location.origin}`;
  const frame = document.createElement('iframe');
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${policy}"><script type="module">${script}</script>`;
  return new Promise((resolve) => {
    addEventListener('message', ({ data, source }) => {
      if (source === frame.contentWindow) resolve(data as { wasm: boolean; answer: string });
    });
    document.body.append(frame);
  });
}

test.runIf(inject('backend') === 'browser')(
  'a policy without wasm-unsafe-eval costs speed only',
  async () => {
    const { wasm, answer } = await askFrame();
    const key = new Uint8Array(32).fill(7);
    const opened = aesCbcDecrypt(key, key.subarray(16), aesCbcEncrypt(key, key.subarray(16), key))!;
    const expected =
      toHex(chainSteps([key, key], key.subarray(0, 3), 80)) +
      toHex(hmacSha256Batch([key], [[key]])) +
      toHex(opened);
    expect(backend).toBe('browser');
    expect(wasm).toBe(false);
    expect(answer).toBe(expected);
  },
);
