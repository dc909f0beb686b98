import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, copyBytes } from '../../src/core/bytes.js';
import { Secret } from '../../src/core/secret.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { all, backends, both, bothBytes } from './backends.js';
import { lowOrderKeys } from './lowOrder.js';

const anyLength = fc.uint8Array({ maxLength: 200 });
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 });
const key32 = bytes32.map((bytes) => new Secret('Key', bytes));

test('there are two backends, and each tells which it is', () => {
  expect(backends.map(({ backend }) => backend)).toEqual(['node', 'noble']);
});

describe('hashes', () => {
  test('sha256 agrees and gives 32 bytes', () => {
    fc.assert(
      fc.property(anyLength, (data) => {
        expect(both((b) => b.sha256(data))).toHaveLength(32);
      }),
    );
  });

  test('sha512 agrees and gives 64 bytes', () => {
    fc.assert(
      fc.property(anyLength, (data) => {
        expect(both((b) => b.sha512(data))).toHaveLength(64);
      }),
    );
  });

  test('sha512Rounds agrees for two suffixes of any lengths, and gives 128 bytes', () => {
    const state = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(state, state, anyLength, anyLength, (stateA, stateB, suffixA, suffixB) => {
        expect(all((b) => b.sha512Rounds([stateA, stateB], [suffixA, suffixB], 3))).toHaveLength(128);
      }),
    );
  });

  test('hmacSha256 agrees on keys shorter and longer than a block, and gives 32 bytes', () => {
    fc.assert(
      fc.property(anyLength, anyLength, (key, data) => {
        expect(both((b) => b.hmacSha256(key, data))).toHaveLength(32);
      }),
    );
  });

  test('hmacSha256 agrees around the block of the hash and for long messages', () => {
    const bytes = seededRandom(1)(3_000);
    for (const keyLength of [0, 1, 31, 32, 63, 64, 65, 200]) {
      for (const length of [0, 55, 56, 63, 64, 65, 960, 1_023, 1_024, 1_025, 2_500]) {
        const [key, data] = [bytes.subarray(0, keyLength), bytes.subarray(7, 7 + length)];
        expect(
          both((b) => b.hmacSha256(key, data)),
          `${keyLength}, ${length}`,
        ).toHaveLength(32);
      }
    }
  });

  test('hkdfSha256 agrees on long inputs, and around the block of the hash', () => {
    const bytes = seededRandom(2)(3_000);
    for (const length of [0, 32, 64, 65, 990, 991, 992, 993, 1_024, 1_025, 2_500]) {
      const input = bytes.subarray(0, length);
      expect(
        both((b) => b.hkdfSha256(input, input, input, 100)),
        `${length}`,
      ).toHaveLength(100);
    }
    for (const length of [0, 1, 31, 32, 33, 63, 64, 65, 8_159]) {
      expect(
        both((b) => b.hkdfSha256(bytes, bytes, bytes, length)),
        `${length}`,
      ).toHaveLength(length);
    }
  });

  test('hkdfSha256 refuses more than 255 blocks', () => {
    const none = new Uint8Array(0);
    for (const backend of backends) {
      const run = (): unknown => backend.hkdfSha256(none, none, none, 8_161);
      expect(expectError('too-large', run).data).toMatchObject({ limit: 8_160, got: 8_161 });
    }
  });

  test('hkdfSha256 agrees on every length from 1 to 200 and on the longest', () => {
    fc.assert(
      fc.property(anyLength, anyLength, anyLength, fc.integer({ min: 1, max: 200 }), (key, salt, info, n) => {
        expect(both((b) => b.hkdfSha256(key, salt, info, n))).toHaveLength(n);
      }),
    );
    const none = new Uint8Array(0);
    expect(both((b) => b.hkdfSha256(none, none, none, 8160))).toHaveLength(8160);
  });

  test('an empty salt is 32 zero bytes', () => {
    fc.assert(
      fc.property(anyLength, anyLength, (key, info) => {
        const [without, zeros] = [new Uint8Array(0), new Uint8Array(32)].map((salt) =>
          both((b) => b.hkdfSha256(key, salt, info, 64)),
        );
        expect(without).toEqual(zeros);
      }),
      { numRuns: 20 },
    );
  });

  test('an empty input is hashed as such', () => {
    const none = new Uint8Array(0);
    expect(both((b) => b.sha512(none))[0]).toBe(0xcf);
    expect(both((b) => b.hmacSha256(none, none))[0]).toBe(0xb6);
  });
});

describe('batches', () => {
  const keys = fc.array(bytes32, { maxLength: 9 });
  const info = fc.uint8Array({ maxLength: 22 });

  test('chain steps agree on all backends: a chain key and a seed’s derivation for each chain', () => {
    fc.assert(
      fc.property(keys, info, fc.constantFrom(4, 32, 80, 132), (chainKeys, label, length) => {
        const rows = all((b) => b.chainSteps(chainKeys, label, length));
        expect(rows).toHaveLength(chainKeys.length * (32 + length));
      }),
    );
  });

  test('walks agree on all backends, and pass the chain keys of single steps', () => {
    fc.assert(
      fc.property(bytes32, fc.nat(60), fc.nat(60), (chainKey, steps, most) => {
        const kept = Math.min(steps, most);
        const passed = all((b) => b.walkChain(chainKey, steps, kept));
        const single: Uint8Array[] = [chainKey];
        for (let i = 0; i < steps; i++) {
          single.push(both((b) => b.hmacSha256(single.at(-1)!, Uint8Array.of(2))));
        }
        expect(passed).toEqual(concat(...single.slice(steps - kept)));
      }),
      { numRuns: 50 },
    );
  });

  test('message seeds agree on all backends', () => {
    fc.assert(
      fc.property(keys, (chainKeys) => {
        const seeds = all((b) => b.messageSeeds(concat(...chainKeys)));
        const single = chainKeys.map((key) => both((b) => b.hmacSha256(key, Uint8Array.of(1))));
        expect(seeds).toEqual(concat(...single));
      }),
    );
  });

  test('MACs agree on all backends, whatever the lengths of the messages', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes32, anyLength), { maxLength: 9 }), (pairs) => {
        const [macKeys, messages] = [pairs.map(([key]) => key), pairs.map(([, message]) => [message])];
        const macs = all((b) => b.hmacSha256Batch(macKeys, messages));
        const single = pairs.map(([key, message]) => both((b) => b.hmacSha256(key, message)));
        expect(macs).toEqual(concat(...single));
      }),
    );
  });

  test('leave the keys that went in as they were', () => {
    fc.assert(
      fc.property(keys, (chainKeys) => {
        const before = chainKeys.map(copyBytes);
        all((b) => b.chainSteps(chainKeys, new Uint8Array(3), 32));
        all((b) =>
          b.hmacSha256Batch(
            chainKeys,
            chainKeys.map((key) => [key]),
          ),
        );
        for (const key of chainKeys) all((b) => b.walkChain(key, 3, 2));
        expect(chainKeys).toEqual(before);
      }),
      { numRuns: 20 },
    );
  });
});

test('pbkdf2Sha256 agrees on every length of password, salt and output', () => {
  fc.assert(
    fc.property(
      anyLength,
      anyLength,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 70 }),
      (p, s, c, n) => {
        expect(both((b) => b.pbkdf2Sha256(p, s, c, n))).toHaveLength(n);
      },
    ),
    { numRuns: 50 },
  );
});

test('AES-CTR agrees, is its own inverse, and counts across all 16 bytes', () => {
  const nearOverflow = fc.nat(16).map((ones) => new Uint8Array(16).fill(0xff, 16 - ones));
  fc.assert(
    fc.property(bytes32, fc.oneof(bytes16, nearOverflow), anyLength, (key, counter, data) => {
      const made = both((b) => b.aesCtr(key, counter, data));
      expect(made).toHaveLength(data.length);
      expect(both((b) => b.aesCtr(key, counter, made))).toEqual(data);
    }),
  );
});

describe('AES-CBC', () => {
  const aesKey = fc.oneof(bytes16, bytes32);

  test('both backends encrypt alike to whole blocks, always with padding, and decrypt to the plaintext', () => {
    fc.assert(
      fc.property(aesKey, bytes16, anyLength, (key, iv, plaintext) => {
        const ciphertext = bothBytes((b) => b.aesCbcEncrypt(key, iv, plaintext));
        expect(ciphertext.length).toBe(plaintext.length + 16 - (plaintext.length % 16));
        expect(bothBytes((b) => b.aesCbcDecrypt(key, iv, ciphertext))).toEqual(plaintext);
      }),
    );
  });

  test('a batch gives on all backends what one at a time gives', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes32, bytes16, anyLength), { maxLength: 12 }), (messages) => {
        const keys = messages.map(([key]) => key);
        const ivs = messages.map(([, iv]) => iv);
        const plaintexts = messages.map(([, , plaintext]) => plaintext);
        const alone = keys.map((key, i) => bothBytes((b) => b.aesCbcEncrypt(key, ivs[i]!, plaintexts[i]!)));
        expect(all((b) => concat(...b.aesCbcEncryptBatch(keys, ivs, plaintexts)))).toEqual(concat(...alone));
      }),
    );
  });

  test('a ciphertext of random bytes decrypts on both backends or on neither', () => {
    let refused = 0;
    fc.assert(
      fc.property(aesKey, bytes16, anyLength, (key, iv, ciphertext) => {
        if (both((b) => b.aesCbcDecrypt(key, iv, ciphertext)) === undefined) refused++;
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(400);
  });

  test('every length that is no positive number of blocks is refused', () => {
    const [key, iv] = [new Uint8Array(32).fill(1), new Uint8Array(16).fill(2)];
    const long = bothBytes((b) => b.aesCbcEncrypt(key, iv, new Uint8Array(60)));
    for (let length = 0; length < long.length; length++) {
      if (length > 0 && length % 16 === 0) continue;
      expect(
        both((b) => b.aesCbcDecrypt(key, iv, long.subarray(0, length))),
        `${length}`,
      ).toBeUndefined();
    }
  });

  test('each of the 256 last bytes is good or bad padding alike, and only 1 … 16 equal bytes are good', () => {
    const [key, iv] = [new Uint8Array(32).fill(3), new Uint8Array(16).fill(4)];
    for (let last = 0; last < 256; last++) {
      for (const filler of [last, 0]) {
        const block = new Uint8Array(16).fill(filler);
        block[15] = last;
        const ciphertext = encryptBlock(key, iv, block);
        const plaintext = both((b) => b.aesCbcDecrypt(key, iv, ciphertext));
        const isGood = last >= 1 && last <= 16 && (filler === last || last === 1);
        if (isGood) expect(plaintext, `padding ${last}`).toEqual(block.subarray(0, 16 - last));
        else expect(plaintext, `padding ${last}`).toBeUndefined();
      }
    }
  });
});

/** AES-CBC of one block without padding: the first block of a longer encryption. */
function encryptBlock(key: Uint8Array, iv: Uint8Array, block: Uint8Array): Uint8Array {
  return bothBytes((b) => b.aesCbcEncrypt(key, iv, block)).subarray(0, 16);
}

describe.each([
  ['AES-256-GCM', 'aesGcmSeal', 'aesGcmOpen', 12],
  ['ChaCha20-Poly1305', 'chachaSeal', 'chachaOpen', 12],
  ['XChaCha20-Poly1305', 'xchachaSeal', 'xchachaOpen', 24],
] as const)('%s', (_, seal, open, nonceLength) => {
  const nonces = fc.uint8Array({ minLength: nonceLength, maxLength: nonceLength });

  test('both backends seal alike, 16 bytes longer, and open to the plaintext', () => {
    fc.assert(
      fc.property(bytes32, nonces, anyLength, anyLength, (key, nonce, plaintext, data) => {
        const sealed = bothBytes((b) => b[seal](key, nonce, plaintext, data));
        expect(sealed.length).toBe(plaintext.length + 16);
        expect(bothBytes((b) => b[open](key, nonce, sealed, data))).toEqual(plaintext);
      }),
    );
  });

  test('a flipped bit anywhere in ciphertext, tag, nonce or associated data is refused by both', () => {
    fc.assert(
      fc.property(
        bytes32,
        nonces,
        anyLength,
        fc.uint8Array({ minLength: 1, maxLength: 50 }),
        fc.nat(),
        (key, nonce, plaintext, data, position) => {
          const sealed = bothBytes((b) => b[seal](key, nonce, plaintext, data));
          const opens = (...[n, s, d]: readonly [Uint8Array, Uint8Array, Uint8Array]): boolean =>
            both((b) => b[open](key, n, s, d)) !== undefined;
          expect(opens(nonce, sealed, data)).toBe(true);
          expect(opens(nonce, flipped(sealed, position), data)).toBe(false);
          expect(opens(flipped(nonce, position), sealed, data)).toBe(false);
          expect(opens(nonce, sealed, flipped(data, position))).toBe(false);
        },
      ),
    );
  });

  test('each of the 128 bits of the tag counts', () => {
    const [key, nonce, data] = [new Uint8Array(32).fill(1), new Uint8Array(nonceLength), new Uint8Array(0)];
    const sealed = bothBytes((b) => b[seal](key, nonce, new Uint8Array(5), data));
    for (let bit = 8 * 5; bit < 8 * sealed.length; bit++) {
      expect(
        both((b) => b[open](key, nonce, flipped(sealed, bit), data)),
        `bit ${bit}`,
      ).toBeUndefined();
    }
  });

  test('a shortened text is refused at every length, below a whole tag too', () => {
    const [key, nonce, data] = [new Uint8Array(32).fill(1), new Uint8Array(nonceLength), new Uint8Array(3)];
    const sealed = bothBytes((b) => b[seal](key, nonce, new Uint8Array(40), data));
    for (let length = 0; length < sealed.length; length++) {
      expect(
        both((b) => b[open](key, nonce, sealed.subarray(0, length), data)),
        `${length}`,
      ).toBeUndefined();
    }
  });
});

describe('X25519', () => {
  test('both backends give one public key and one shared secret, from either side', () => {
    fc.assert(
      fc.property(key32, key32, (a, b) => {
        const [A, B] = [a, b].map((key) => bothBytes((backend) => backend.x25519PublicKey(key)));
        const shared = bothBytes((backend) => backend.x25519SharedSecret(a, B!));
        expect(bothBytes((backend) => backend.x25519SharedSecret(b, A!))).toEqual(shared);
      }),
      { numRuns: 15 },
    );
  });

  test('any 32 bytes are a public key to both, high bit and non-canonical ones too', () => {
    fc.assert(
      fc.property(key32, bytes32, (key, publicKey) => {
        const shared = bothBytes((b) => b.x25519SharedSecret(key, publicKey));
        expect(bothBytes((b) => b.x25519SharedSecret(key, flipped(publicKey, 255)))).toEqual(shared);
      }),
      { numRuns: 15 },
    );
  });

  test.each(lowOrderKeys)('with the low-order key %s both give nothing', (_, publicKey) => {
    const key = new Secret('Key', new Uint8Array(32).fill(5));
    expect(both((b) => b.x25519SharedSecret(key, publicKey))).toBeUndefined();
  });
});

describe('Ed25519', () => {
  test('both backends sign alike, and verify what was signed', () => {
    fc.assert(
      fc.property(key32, anyLength, fc.nat(), (seed, message, position) => {
        const publicKey = bothBytes((b) => b.ed25519PublicKey(seed));
        const signature = bothBytes((b) => b.ed25519Sign(seed, message));
        expect(signature).toHaveLength(64);
        expect(both((b) => b.ed25519Verify(publicKey, message, signature))).toBe(true);
        expect(both((b) => b.ed25519Verify(publicKey, message, flipped(signature, position)))).toBe(false);
        expect(both((b) => b.ed25519Verify(flipped(publicKey, position), message, signature))).toBe(false);
      }),
      { numRuns: 15 },
    );
  });
});

test('a secret that is used on both curves gives each curve its own answers', () => {
  const bytes = new Uint8Array(32).fill(6);
  const orders: readonly ((b: CryptoProvider, secret: Secret) => Uint8Array[])[] = [
    (b, secret) => [b.x25519PublicKey(secret), b.ed25519PublicKey(secret)],
    (b, secret) => [b.ed25519PublicKey(secret), b.x25519PublicKey(secret)].reverse(),
  ];
  const answers = backends.flatMap((b) => orders.map((run) => run(b, new Secret('Both', bytes))));
  for (const answer of answers) expect(answer).toEqual(answers.at(-1));
});

describe('an answer', () => {
  const key = new Uint8Array(32).fill(1);
  const iv = new Uint8Array(16).fill(2);
  const nonce = new Uint8Array(12).fill(3);
  const data = new Uint8Array(48).fill(4);
  const scalar = new Secret('Key', key);
  const seed = new Secret('Seed', key);

  const operations: readonly (readonly [name: string, run: (b: CryptoProvider) => Uint8Array | undefined])[] =
    [
      ['sha256', (b) => b.sha256(data)],
      ['sha512', (b) => b.sha512(data)],
      ['hmacSha256', (b) => b.hmacSha256(key, data)],
      ['hkdfSha256', (b) => b.hkdfSha256(key, iv, data, 64)],
      ['aesCbcEncrypt', (b) => b.aesCbcEncrypt(key, iv, data)],
      ['aesCbcDecrypt', (b) => b.aesCbcDecrypt(key, iv, b.aesCbcEncrypt(key, iv, data))],
      ['aesGcmSeal', (b) => b.aesGcmSeal(key, nonce, data, iv)],
      ['aesGcmOpen', (b) => b.aesGcmOpen(key, nonce, b.aesGcmSeal(key, nonce, data, iv), iv)],
      ['chachaSeal', (b) => b.chachaSeal(key, nonce, data, iv)],
      ['chachaOpen', (b) => b.chachaOpen(key, nonce, b.chachaSeal(key, nonce, data, iv), iv)],
      ['xchachaSeal', (b) => b.xchachaSeal(key, data.subarray(24), data, iv)],
      [
        'xchachaOpen',
        (b) => b.xchachaOpen(key, data.subarray(24), b.xchachaSeal(key, data.subarray(24), data, iv), iv),
      ],
      ['x25519PublicKey', (b) => b.x25519PublicKey(scalar)],
      ['x25519SharedSecret', (b) => b.x25519SharedSecret(scalar, key)],
      ['ed25519PublicKey', (b) => b.ed25519PublicKey(seed)],
      ['ed25519Sign', (b) => b.ed25519Sign(seed, data)],
    ];

  test.each(operations)('of %s is a plain array of its own, the same from both backends', (_, run) => {
    expect(both(run)!.length).toBeGreaterThan(0);
  });

  test.each(operations)('of %s is fresh: overwriting it changes no later one', (_, run) => {
    for (const backend of backends) {
      const first = run(backend)!;
      const kept = copyBytes(first);
      first.fill(0xee);
      expect(run(backend)).toEqual(kept);
    }
  });

  test.each(operations)('of %s leaves the inputs as they were', (_, run) => {
    const inputs = [key, iv, nonce, data];
    const before = inputs.map(copyBytes);
    both(run);
    expect(inputs).toEqual(before);
  });
});

function flipped(bytes: Uint8Array, position: number): Uint8Array {
  const copy = copyBytes(bytes);
  const bit = position % (8 * bytes.length);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
