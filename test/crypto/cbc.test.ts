import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, copyBytes, equalBytes, fromHex, toHex } from '../../src/core/bytes.js';
import { ALWAYS, instantiateAes, kernelCbc, loadCbc, type CbcCosts } from '../../src/crypto/kernel/aes.js';
import { sequentialCbc, type CbcOperations } from '../../src/crypto/kernel/cbc.js';
import { aesCbcDecrypt, aesCbcEncrypt } from '../../src/crypto/noble.js';
import { seededRandom } from '../support/random.js';
import { aesBlock, aesCbc } from './standards.js';

const sequential = sequentialCbc({ aesCbcEncrypt, aesCbcDecrypt });
const kernel = kernelCbc(instantiateAes(), sequential, ALWAYS);

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
/** Around the ends of the first blocks and of eight of them, and anything else. */
const plaintext = fc.oneof(
  fc.constantFrom(0, 1, 15, 16, 17, 31, 32, 111, 112, 127, 128, 129, 255, 256).map((n) => filled(n)),
  fc.uint8Array({ maxLength: 300 }),
);
const message = fc.record({ key: bytesOf(32), iv: bytesOf(16), plaintext });
type Message = typeof message extends fc.Arbitrary<infer Value> ? Value : never;

function filled(length: number): Uint8Array {
  return new Uint8Array(length).fill(length);
}

function encrypt(operations: CbcOperations, messages: readonly Message[]): readonly Uint8Array[] {
  return operations.aesCbcEncryptBatch(
    messages.map(({ key }) => key),
    messages.map(({ iv }) => iv),
    messages.map((one) => one.plaintext),
  );
}

/** Messages of a length, or of all lengths up to it. */
function messagesOf(n: number, length: number, isSame = true): Message[] {
  const random = seededRandom(n);
  return Array.from({ length: n }, (_, i) => ({
    key: random(32),
    iv: random(16),
    plaintext: random(isSame ? length : i % (length + 1)),
  }));
}

function messageOf(length: number): Message {
  return messagesOf(1, length)[0]!;
}

describe('the kernel against the standards', () => {
  const { key, plaintext, ciphertext } = aesBlock['FIPS 197 §C.3, AES-256'];
  const cbc = aesCbc['SP 800-38A §F.2.5, AES-256'];
  const block = { key, iv: '00'.repeat(16), plaintext, ciphertext };

  test.each([
    ['FIPS 197 §C.3', block],
    ['SP 800-38A §F.2.5 and §F.2.6', cbc],
  ])('%s, in each lane', (_, figures) => {
    const one = {
      key: fromHex(figures.key),
      iv: fromHex(figures.iv),
      plaintext: fromHex(figures.plaintext),
    };
    for (let lane = 0; lane < 9; lane++) {
      const messages = messagesOf(10, 70).with(lane, one);
      const made = encrypt(kernel, messages)[lane]!;
      expect(toHex(made).slice(0, figures.ciphertext.length)).toBe(figures.ciphertext);
      expect(kernel.aesCbcDecrypt(one.key, one.iv, made)).toEqual(one.plaintext);
    }
  });
});

describe('the kernel gives what the operations give one at a time', () => {
  test('encrypting messages of different lengths', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
        expect(encrypt(kernel, messages)).toEqual(encrypt(sequential, messages));
      }),
    );
  });

  test('decrypting, and what has been changed on its way too', () => {
    const position = fc.option(fc.nat(300), { nil: undefined });
    fc.assert(
      fc.property(message, position, fc.integer({ min: 1, max: 255 }), (one, at, change) => {
        const ciphertext = aesCbcEncrypt(one.key, one.iv, one.plaintext);
        if (at !== undefined) ciphertext[at % ciphertext.length]! ^= change;
        const opened = kernel.aesCbcDecrypt(one.key, one.iv, ciphertext);
        expect(opened).toEqual(sequential.aesCbcDecrypt(one.key, one.iv, ciphertext));
        if (at === undefined) expect(opened).toEqual(one.plaintext);
      }),
    );
  });

  test('every padding, right or with any byte of the last block changed', () => {
    const { key, iv } = messageOf(0);
    // A block decrypts to anything that is wanted, by what is before it.
    const ciphertext = aesCbcEncrypt(key, iv, filled(20));
    const [before, last] = [ciphertext.subarray(0, 16), ciphertext.subarray(16)];
    const was = Uint8Array.of(20, 20, 20, 20, ...filled(12));
    const answers = { good: 0, wrong: 0 };
    for (let count = 0; count < 256; count++) {
      const changed = count > 17 ? [-1] : [-1, ...Array(16).keys()];
      for (const position of changed) {
        const wanted = new Uint8Array(16).map((_, i) => (i >= 16 - count ? count : 0xa5));
        wanted[15] = count;
        if (position >= 0) wanted[position]! ^= 0x40;
        const block = before.map((byte, i) => byte ^ was[i]! ^ wanted[i]!);
        const opened = kernel.aesCbcDecrypt(key, block, last);
        expect(opened).toEqual(sequential.aesCbcDecrypt(key, block, last));
        answers[opened === undefined ? 'wrong' : 'good']++;
      }
    }
    // Changing one of the 16 − n bytes before a padding of n leaves it right; there are 16 right ones.
    expect(answers.good).toBe(16 + (16 * 15) / 2);
  });

  test.each([0, 1, 8, 15, 17, 24, 31, 33])('nothing is decrypted that is no whole blocks: %i bytes', (n) => {
    const { key, iv } = messageOf(0);
    expect(kernel.aesCbcDecrypt(key, iv, filled(n))).toBe(undefined);
  });

  test('batches larger than its memory', () => {
    const messages = messagesOf(2_500, 112, false);
    expect(toHex(concat(...encrypt(kernel, messages)))).toBe(toHex(concat(...encrypt(sequential, messages))));
  });

  test.each([48_000, 49_000])('eight messages at the end of its memory, or beyond: %i bytes', (length) => {
    const messages = messagesOf(2, length);
    expect(toHex(concat(...encrypt(kernel, messages)))).toBe(toHex(concat(...encrypt(sequential, messages))));
  });

  test.each([389_000, 400_000])('a message at the end of its memory, or beyond: %i bytes', (length) => {
    const { key, iv, plaintext } = messageOf(length);
    const ciphertext = aesCbcEncrypt(key, iv, plaintext);
    expect(equalBytes(kernel.aesCbcDecrypt(key, iv, ciphertext)!, plaintext)).toBe(true);
  });

  test('a key of 16 bytes', () => {
    const { key, iv, plaintext } = messageOf(40);
    const short = key.subarray(0, 16);
    expect(kernel.aesCbcDecrypt(short, iv, aesCbcEncrypt(short, iv, plaintext))).toEqual(plaintext);
  });
});

describe('what is quicker without the kernel goes without', () => {
  const costs: CbcCosts = { message: 4, block: 0.25, longestDecrypted: 3 };

  /** Whether the fallback is asked. */
  function asksFallback(run: (operations: CbcOperations) => void): boolean {
    let asked = false;
    const fallback: CbcOperations = {
      aesCbcEncryptBatch: (...batch) => ((asked = true), sequential.aesCbcEncryptBatch(...batch)),
      aesCbcDecrypt: (...one) => ((asked = true), sequential.aesCbcDecrypt(...one)),
    };
    run(kernelCbc(instantiateAes(), fallback, costs));
    return asked;
  }

  test.each([
    // steps of the kernel: blocks × eights of messages; the provider: messages × (4 + blocks / 4)
    { n: 1, blocks: 5, without: false }, // 5 and 5.25
    { n: 1, blocks: 6, without: true }, // 6 and 5.5
    { n: 2, blocks: 16, without: false }, // 16 and 16
    { n: 2, blocks: 17, without: true }, // 17 and 16.5
    { n: 8, blocks: 200, without: false },
    { n: 9, blocks: 200, without: false }, // 400 and 486
  ])('$n messages of $blocks blocks', ({ n, blocks, without }) => {
    const messages = messagesOf(n, blocks * 16 - 1);
    expect(asksFallback((operations) => encrypt(operations, messages))).toBe(without);
  });

  test.each([1, 2, 3, 4])('decrypting %i blocks', (blocks) => {
    const { key, iv } = messageOf(0);
    const ciphertext = aesCbcEncrypt(key, iv, filled(blocks * 16 - 1));
    expect(asksFallback(({ aesCbcDecrypt }) => aesCbcDecrypt(key, iv, ciphertext))).toBe(blocks > 3);
  });
});

describe('where there is no kernel', () => {
  const refuse = (): never => {
    throw new Error('no WebAssembly here');
  };

  test('a runtime that cannot compile it goes on without', () => {
    expect(loadCbc(sequential, ALWAYS, refuse)).toBe(sequential);
  });

  test.each([
    ['encrypt', () => undefined],
    ['decrypt', () => 0],
    ['decrypt', () => -1],
  ])('one whose %s is wrong is not used', (operation, wrong) => {
    const broken = { ...instantiateAes(), [operation]: wrong };
    expect(loadCbc(sequential, ALWAYS, () => broken)).toBe(sequential);
  });

  test('a good one is used', () => {
    expect(loadCbc(sequential, ALWAYS, instantiateAes)).not.toBe(sequential);
  });
});

describe('what stays behind', () => {
  const messages = messagesOf(9, 100, false);
  const { key, iv, plaintext } = messageOf(150);
  const ciphertext = aesCbcEncrypt(key, iv, plaintext);
  const operations: [string, (operations: CbcOperations) => unknown][] = [
    ['encrypting', (operations) => encrypt(operations, messages)],
    ['decrypting', ({ aesCbcDecrypt }) => aesCbcDecrypt(key, iv, ciphertext)],
    ['refusing to decrypt', ({ aesCbcDecrypt }) => aesCbcDecrypt(key, iv, plaintext.subarray(0, 144))],
  ];

  test.each(operations)('of %s is nothing: no key, and neither text', (_, run) => {
    const exports = instantiateAes();
    const before = new Uint8Array(exports.memory.buffer).slice();
    run(kernelCbc(exports, sequential, ALWAYS));
    expect(equalBytes(new Uint8Array(exports.memory.buffer), before)).toBe(true);
  });

  test.each(operations)('of %s are the inputs as they were', (_, run) => {
    const inputs = [key, iv, plaintext, ciphertext, ...messages.flatMap((one) => Object.values(one))];
    const copies = inputs.map(copyBytes);
    run(kernel);
    expect(inputs).toEqual(copies);
  });

  test('the results are fresh: overwriting them changes no later ones', () => {
    const first = encrypt(kernel, messages);
    const kept = first.map(copyBytes);
    for (const bytes of first) bytes.fill(0xee);
    expect(encrypt(kernel, messages)).toEqual(kept);
  });
});
