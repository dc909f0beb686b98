import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { generateIdentity, validateBundle } from 'polyratchet/identity';
import { initiate, respond, rootTag, ROOT_TAG_LENGTH, type InitialKeys } from 'polyratchet/x3dh';
import { describe, expect, test } from 'vitest';
import { concat, copyBytes, toHex, utf8 } from '../../src/core/bytes.js';
import { reveal, type Secret } from '../../src/core/secret.js';
import { generateKeyPair, publicKeyFrom } from '../../src/crypto/index.js';
import { createDevice } from '../identity/device.js';
import { torsionedTwins } from '../support/points.js';
import { seededRandom } from '../support/random.js';

const alice = generateIdentity(seededRandom(1));
const bob = createDevice(2);
const baseKey = generateKeyPair('BaseKey', seededRandom(3));
const withOneTime = validateBundle(bob.bundle);
const withoutOneTime = validateBundle({ ...bob.bundle, oneTimePreKey: undefined as never });

/** What Bob computes, with Alice's real keys unless given others. */
function answer(options: Partial<Parameters<typeof respond>[0]>): InitialKeys {
  const { identity, signedPreKey } = bob;
  return respond({
    identity,
    signedPreKey,
    identityKey: alice.publicKey,
    baseKey: baseKey.publicKey,
    ...options,
  });
}

describe('the agreement', () => {
  test('gives both sides the same keys, with a one-time prekey and without', () => {
    const four = initiate({ identity: alice, baseKey, bundle: withOneTime });
    expect(shown(answer({ oneTimePreKey: bob.oneTimePreKey }))).toEqual(shown(four));
    const three = initiate({ identity: alice, baseKey, bundle: withoutOneTime });
    expect(shown(answer({}))).toEqual(shown(three));
    expect(shown(three)).not.toEqual(shown(four));
  });

  test('is the formula of X3DH, with the constants of libsignal', () => {
    const dh = (privateKey: Secret, publicKey: Uint8Array): Uint8Array =>
      x25519.getSharedSecret(reveal(privateKey), publicKey);
    const secrets = [
      new Uint8Array(32).fill(0xff),
      dh(alice.privateKey, bob.signedPreKey.publicKey),
      dh(baseKey.privateKey, bob.identity.publicKey),
      dh(baseKey.privateKey, bob.signedPreKey.publicKey),
      dh(baseKey.privateKey, bob.oneTimePreKey.publicKey),
    ];
    for (const [bundle, count] of [
      [withoutOneTime, 4],
      [withOneTime, 5],
    ] as const) {
      const input = concat(...secrets.slice(0, count));
      const output = hkdf(sha256, input, new Uint8Array(32), utf8('WhisperText'), 64);
      expect(shown(initiate({ identity: alice, baseKey, bundle }))).toEqual({
        rootKey: toHex(output.subarray(0, 32)),
        chainKey: toHex(output.subarray(32)),
      });
    }
  });

  test('gives other keys if any key of either side is another', () => {
    const other = createDevice(4);
    const keys = [
      answer({ oneTimePreKey: bob.oneTimePreKey }),
      answer({}),
      answer({ identity: other.identity }),
      answer({ signedPreKey: other.signedPreKey }),
      answer({ oneTimePreKey: other.oneTimePreKey }),
      answer({ identityKey: other.identity.publicKey }),
      answer({ baseKey: generateKeyPair('BaseKey', seededRandom(5)).publicKey }),
    ].flatMap((made) => Object.values(shown(made)));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('leaves the keys that went in as they were', () => {
    const inputs = [
      alice.privateKey,
      baseKey.privateKey,
      bob.identity.privateKey,
      bob.signedPreKey.privateKey,
    ];
    const before = inputs.map((secret) => toHex(reveal(secret)));
    const publicKey = copyBytes(baseKey.publicKey);
    initiate({ identity: alice, baseKey, bundle: withOneTime });
    answer({ oneTimePreKey: bob.oneTimePreKey });
    expect(inputs.map((secret) => toHex(reveal(secret)))).toEqual(before);
    expect(baseKey.publicKey).toEqual(publicKey);
  });

  test('names the roles of its keys', () => {
    const { rootKey, chainKey } = answer({});
    expect([rootKey.role, chainKey.role]).toEqual(['RootKey', 'ChainKey']);
  });
});

describe('the root tag', () => {
  test('is sixteen bytes that follow from the root key', () => {
    const { rootKey } = answer({});
    const info = utf8('polyratchet root tag');
    const expected = hkdf(sha256, reveal(rootKey), new Uint8Array(32), info, ROOT_TAG_LENGTH);
    expect(ROOT_TAG_LENGTH).toBe(16);
    expect(rootTag(rootKey)).toEqual(expected);
    expect(toHex(reveal(rootKey))).not.toContain(toHex(expected).slice(0, 8));
  });

  test('is a fresh array each time', () => {
    const { rootKey } = answer({});
    const tag = rootTag(rootKey);
    tag.fill(0);
    expect(rootTag(rootKey)).not.toEqual(tag);
  });

  test('recognises a base key to which a point of low order was added: other bytes, same secret', () => {
    const { oneTimePreKey } = bob;
    const original = answer({ oneTimePreKey });
    const variants = torsionedTwins(baseKey.publicKey);
    expect(new Set([baseKey.publicKey, ...variants].map(toHex)).size).toBe(8);
    for (const variant of variants) {
      const keys = answer({ oneTimePreKey, baseKey: publicKeyFrom('base key', variant) });
      expect(shown(keys)).toEqual(shown(original));
      expect(rootTag(keys.rootKey)).toEqual(rootTag(original.rootKey));
    }
  });
});

function shown({ rootKey, chainKey }: InitialKeys): { rootKey: string; chainKey: string } {
  return { rootKey: toHex(reveal(rootKey)), chainKey: toHex(reveal(chainKey)) };
}
