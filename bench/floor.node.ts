/** The primitives of node:crypto, with raw keys imported as JWK: the fastest way in. */
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { Primitives } from './floor.js';

const { Fp } = ed25519.Point;
const u = Fp.fromBytes(x25519.getPublicKey(x25519.utils.randomSecretKey()));
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const xOf = (key: KeyObject): Uint8Array => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
const importPublic = (crv: string, bytes: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv, x: base64url(bytes) }, format: 'jwk' });

const signer = generateKeyPairSync('ed25519');
const signerPublic = xOf(signer.publicKey);
const message = randomBytes(33);
const signature = sign(null, message, signer.privateKey);
const zero = base64url(new Uint8Array(32));

export const nodePrimitives: Primitives<KeyObject, KeyObject> = {
  name: 'node:crypto primitives',
  generateKeyPair: () => {
    const d = base64url(randomBytes(32));
    const privateKey = createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', d, x: zero }, format: 'jwk' });
    return { privateKey, publicKey: xOf(privateKey) };
  },
  importPublicKey: (bytes) => importPublic('X25519', bytes),
  agree: (privateKey, publicKey) => diffieHellman({ privateKey, publicKey }),
  sign: (bytes) => sign(null, bytes, signer.privateKey),
  verifySignature: () => {
    const y = Fp.toBytes(Fp.mul(Fp.sub(u, 1n), Fp.inv(Fp.add(u, 1n))));
    if (y.length !== 32 || !verify(null, message, importPublic('Ed25519', signerPublic), signature)) {
      throw new Error('the signature must verify');
    }
  },
  verifyKnown: () => {
    if (!verify(null, message, signer.publicKey, signature)) throw new Error('the signature must verify');
  },
  hmac: (key, data) => createHmac('sha256', key).update(data).digest(),
  hkdf: (inputKey, salt, info, length) => new Uint8Array(hkdfSync('sha256', inputKey, salt, info, length)),
  encrypt: (key, iv, plaintext) => {
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    return Buffer.concat([cipher.update(plaintext), cipher.final()]);
  },
  decrypt: (key, iv, ciphertext) => {
    const decipher = createDecipheriv('aes-256-cbc', key, iv);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  },
};
