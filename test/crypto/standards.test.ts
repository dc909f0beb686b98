/** The backend of this project against the figures that the standards print. */
import * as crypto from '#crypto';
import { describe, expect, inject, test } from 'vitest';
import { fromHex, toHex } from '../../src/core/bytes.js';
import { Secret } from '../../src/core/secret.js';
import { xchachaSubkey } from '../../src/crypto/hchacha.js';
import * as standards from './standards.js';

test('the backend is the one that this project is for', () => {
  expect(crypto.backend).toBe(inject('backend'));
});

describe('X25519', () => {
  test.each(Object.entries(standards.x25519))('%s', (_, { scalar, u, output }) => {
    expect(hex(crypto.x25519SharedSecret(secret(scalar), fromHex(u)))).toBe(output);
  });

  test.each(Object.entries(standards.x25519PublicKeys))('%s', (_, { privateKey, publicKey }) => {
    expect(hex(crypto.x25519PublicKey(secret(privateKey)))).toBe(publicKey);
  });

  test('RFC 7748 §5.2, the iterated rounds', () => {
    const rounds = inject('backend') === 'node' ? 1000 : 1;
    let [k, u] = ['09'.padEnd(64, '0'), '09'.padEnd(64, '0')];
    for (let i = 0; i < rounds; i++) {
      [k, u] = [hex(crypto.x25519SharedSecret(secret(k), fromHex(u))), k];
    }
    expect(k).toBe(standards.x25519Rounds[rounds]);
  });
});

describe('Ed25519', () => {
  test.each(Object.entries(standards.ed25519))('%s', (_, { seed, publicKey, message, signature }) => {
    expect(hex(crypto.ed25519PublicKey(secret(seed)))).toBe(publicKey);
    expect(hex(crypto.ed25519Sign(secret(seed), fromHex(message)))).toBe(signature);
    expect(crypto.ed25519Verify(fromHex(publicKey), fromHex(message), fromHex(signature))).toBe(true);
    expect(crypto.ed25519Verify(fromHex(publicKey), fromHex(`${message}00`), fromHex(signature))).toBe(false);
  });
});

describe('hashes', () => {
  test.each(Object.entries(standards.sha256))('%s', (_, { data, hash }) => {
    expect(hex(crypto.sha256(fromHex(data)))).toBe(hash);
  });

  test.each(Object.entries(standards.sha512))('%s', (_, { data, hash }) => {
    expect(hex(crypto.sha512(fromHex(data)))).toBe(hash);
  });

  test.each(Object.entries(standards.hmacSha256))('%s', (_, { key, data, tag }) => {
    expect(hex(crypto.hmacSha256(fromHex(key), fromHex(data))).slice(0, tag.length)).toBe(tag);
  });

  test.each(Object.entries(standards.hkdfSha256))('%s', (_, { inputKey, salt, info, output }) => {
    const length = output.length / 2;
    expect(hex(crypto.hkdfSha256(fromHex(inputKey), fromHex(salt), fromHex(info), length))).toBe(output);
  });

  test.each(Object.entries(standards.pbkdf2Sha256))('%s', (_, { password, salt, iterations, output }) => {
    const length = output.length / 2;
    expect(hex(crypto.pbkdf2Sha256(fromHex(password), fromHex(salt), iterations, length))).toBe(output);
  });
});

describe('ciphers', () => {
  test.each(Object.entries(standards.aesCtr))('%s', (_, { key, counter, plaintext, ciphertext }) => {
    expect(hex(crypto.aesCtr(fromHex(key), fromHex(counter), fromHex(plaintext)))).toBe(ciphertext);
    expect(hex(crypto.aesCtr(fromHex(key), fromHex(counter), fromHex(ciphertext)))).toBe(plaintext);
  });

  test.each(Object.entries(standards.aesCbc))('%s', (_, { key, iv, plaintext, ciphertext }) => {
    const made = crypto.aesCbcEncrypt(fromHex(key), fromHex(iv), fromHex(plaintext));
    expect(hex(made).slice(0, ciphertext.length)).toBe(ciphertext);
    expect(hex(crypto.aesCbcDecrypt(fromHex(key), fromHex(iv), made))).toBe(plaintext);
  });

  test.each([
    ...Object.entries(standards.aesGcm).map(
      ([name, figures]) => [name, crypto.aesGcmSeal, crypto.aesGcmOpen, figures] as const,
    ),
    ...Object.entries(standards.chacha).map(
      ([name, figures]) => [name, crypto.chachaSeal, crypto.chachaOpen, figures] as const,
    ),
    ...Object.entries(standards.xchacha).map(
      ([name, figures]) => [name, crypto.xchachaSeal, crypto.xchachaOpen, figures] as const,
    ),
  ])('%s', (_, seal, open, { key, nonce, plaintext, associatedData, sealed }) => {
    const made = seal(fromHex(key), fromHex(nonce), fromHex(plaintext), fromHex(associatedData));
    expect(hex(made)).toBe(sealed);
    expect(hex(open(fromHex(key), fromHex(nonce), made, fromHex(associatedData)))).toBe(plaintext);
  });

  test.each(Object.entries(standards.hchacha))('%s', (_, { key, nonce, subkey }) => {
    const last = '0123456789abcdef';
    const made = xchachaSubkey(fromHex(key), fromHex(nonce + last));
    expect(hex(made.subkey)).toBe(subkey);
    expect(hex(made.subnonce)).toBe('00000000' + last);
  });
});

function secret(hexText: string): Secret {
  return new Secret('Key', fromHex(hexText));
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'nothing' : toHex(bytes);
}
