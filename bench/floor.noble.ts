/** The primitives of the noble family, called as they are. */
import { cbc } from '@noble/ciphers/aes.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import type { Primitives } from './floor.js';

const { Point } = ed25519;
const { Fn, Fp } = Point;
const u = Fp.fromBytes(x25519.getPublicKey(x25519.utils.randomSecretKey()));
const seed = ed25519.utils.randomSecretKey();
const signerPublic = ed25519.getPublicKey(seed);
const message = new Uint8Array(33);
const signature = ed25519.sign(message, seed);
const scalar = Fn.fromBytes(signature.subarray(32));

/** The equation that OpenSSL checks: without cofactor. */
const verifyKnown = (): void => {
  const hash = sha512(new Uint8Array([...signature.subarray(0, 32), ...signerPublic, ...message]));
  const h = Fn.create(BigInt(`0x${Buffer.from(hash.toReversed()).toString('hex')}`));
  const R = Point.BASE.multiplyUnsafe(scalar).subtract(Point.fromBytes(signerPublic).multiplyUnsafe(h));
  if (!Buffer.from(R.toBytes()).equals(signature.subarray(0, 32))) {
    throw new Error('the signature must verify');
  }
};

export const noblePrimitives: Primitives<Uint8Array, Uint8Array> = {
  name: 'noble primitives',
  generateKeyPair: () => {
    const privateKey = x25519.utils.randomSecretKey();
    return { privateKey, publicKey: x25519.getPublicKey(privateKey) };
  },
  importPublicKey: (bytes) => bytes,
  agree: (privateKey, publicKey) => x25519.getSharedSecret(privateKey, publicKey),
  sign: (bytes) => ed25519.sign(bytes, seed),
  verifySignature: () => {
    const y = Fp.toBytes(Fp.mul(Fp.sub(u, 1n), Fp.inv(Fp.add(u, 1n))));
    if (y.length !== 32) throw new Error('the key must map');
    verifyKnown();
  },
  verifyKnown,
  hmac: (key, data) => hmac(sha256, key, data),
  hkdf: (inputKey, salt, info, length) => hkdf(sha256, inputKey, salt, info, length),
  encrypt: (key, iv, plaintext) => cbc(key, iv).encrypt(plaintext),
  decrypt: (key, iv, ciphertext) => cbc(key, iv).decrypt(ciphertext),
};
