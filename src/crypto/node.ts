/**
 * The fast backend: node:crypto (OpenSSL), 20 to 30 times as fast on curves as pure JavaScript, and constant-time.
 *
 * Raw keys go in as JWK: OpenSSL's DER decoder costs ten times as much. A private key's `x` is not known when it comes
 * in, and Node.js does not ask for the right one; that is an observation, not a promise, so it is tested once, at first
 * use, and where it does not hold keys go in as PKCS#8.
 *
 * @module
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  KeyObject,
  sign,
  verify,
  type CipherGCM,
  type DecipherGCM,
} from 'node:crypto';
import { Buffer } from 'node:buffer';
import { concat, equalBytes } from '../core/bytes.js';
import { importedForm, keepImportedForm, reveal, type Secret } from '../core/secret.js';
import { isCanonicalPoint } from './field.js';
import { kernelWithFallback, sequentialOperations, type BatchOperations } from './kernel/index.js';
import { checkHkdfLength, type CryptoProvider } from './provider.js';

export const backend: CryptoProvider['backend'] = 'node';

export const sha512: CryptoProvider['sha512'] = (data) => plain(createHash('sha512').update(data).digest());

/**
 * Two one-shot hashes instead of an Hmac object: as fast for short messages, and nothing for the garbage collector to
 * finalise, which costs more than the hashing when messages come by the thousand.
 */
export const hmacSha256: CryptoProvider['hmacSha256'] = (key, data) => {
  if (key.length > BLOCK || data.length > SCRATCH)
    return plain(createHmac('sha256', key).update(data).digest());
  for (let i = 0; i < BLOCK; i++) {
    const byte = key[i] ?? 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  inner.set(data, BLOCK);
  outer.set(hash('sha256', inner.subarray(0, BLOCK + data.length), 'buffer'), BLOCK);
  const mac = plain(hash('sha256', outer, 'buffer'));
  inner.fill(0, 0, BLOCK + data.length);
  outer.fill(0);
  return mac;
};

export const hkdfSha256: CryptoProvider['hkdfSha256'] = (inputKey, salt, info, length) => {
  checkHkdfLength(length);
  const pseudoRandomKey = hmacSha256(salt, inputKey);
  const output = new Uint8Array(length);
  const block = new Uint8Array(HASH + info.length + 1);
  block.set(info, HASH);
  for (let offset = 0, counter = 1; offset < length; offset += HASH, counter++) {
    block[block.length - 1] = counter;
    const piece = hmacSha256(pseudoRandomKey, counter === 1 ? block.subarray(HASH) : block);
    output.set(offset + HASH > length ? piece.subarray(0, length - offset) : piece, offset);
    block.set(piece);
    piece.fill(0);
  }
  block.fill(0);
  pseudoRandomKey.fill(0);
  return output;
};

export const aesCbcEncrypt: CryptoProvider['aesCbcEncrypt'] = (key, iv, plaintext) => {
  const cipher = createCipheriv(key.length === 16 ? 'aes-128-cbc' : 'aes-256-cbc', key, iv);
  return concat(cipher.update(plaintext), cipher.final());
};

export const aesCbcDecrypt: CryptoProvider['aesCbcDecrypt'] = (key, iv, ciphertext) => {
  const decipher = createDecipheriv(key.length === 16 ? 'aes-128-cbc' : 'aes-256-cbc', key, iv);
  const start = decipher.update(ciphertext);
  try {
    return concat(start, decipher.final());
  } catch {
    return undefined;
  } finally {
    start.fill(0);
  }
};

export const aesGcmSeal: CryptoProvider['aesGcmSeal'] = (key, nonce, plaintext, associatedData) => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  return seal(cipher, plaintext, associatedData);
};

export const aesGcmOpen: CryptoProvider['aesGcmOpen'] = (key, nonce, sealed, associatedData) => {
  if (sealed.length < TAG) return undefined;
  return open(createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG }), sealed, associatedData);
};

export const chachaSeal: CryptoProvider['chachaSeal'] = (key, nonce, plaintext, associatedData) => {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG });
  return seal(cipher, plaintext, associatedData);
};

export const chachaOpen: CryptoProvider['chachaOpen'] = (key, nonce, sealed, associatedData) => {
  if (sealed.length < TAG) return undefined;
  return open(
    createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG }),
    sealed,
    associatedData,
  );
};

export const x25519PublicKey: CryptoProvider['x25519PublicKey'] = (privateKey) =>
  publicPart(privateKeyObject('X25519', privateKey));

export const x25519SharedSecret: CryptoProvider['x25519SharedSecret'] = (privateKey, publicKey) => {
  const ours = privateKeyObject('X25519', privateKey);
  const theirs = publicKeyObject('X25519', publicKey);
  try {
    return plain(diffieHellman({ privateKey: ours, publicKey: theirs }));
  } catch {
    return undefined; // OpenSSL refuses an all-zero result; nothing else fails on keys it has taken
  }
};

export const ed25519PublicKey: CryptoProvider['ed25519PublicKey'] = (seed) =>
  publicPart(privateKeyObject('Ed25519', seed));

export const ed25519Sign: CryptoProvider['ed25519Sign'] = (seed, message) =>
  plain(sign(null, message, privateKeyObject('Ed25519', seed)));

export const ed25519Verify: CryptoProvider['ed25519Verify'] = (publicKey, message, signature) =>
  isCanonicalPoint(publicKey) && verify(null, message, publicKeyObject('Ed25519', publicKey), signature);

const batches: BatchOperations = /* @__PURE__ */ kernelWithFallback(
  /* @__PURE__ */ sequentialOperations({ hmacSha256, hkdfSha256 }),
);

export const chainSteps: CryptoProvider['chainSteps'] = (chainKeys, info, length) =>
  batches.chainSteps(chainKeys, info, length);

export const walkChain: CryptoProvider['walkChain'] = (chainKey, steps, kept) =>
  batches.walkChain(chainKey, steps, kept);

export const messageSeeds: CryptoProvider['messageSeeds'] = (chainKeys) => batches.messageSeeds(chainKeys);

export const hmacSha256Batch: CryptoProvider['hmacSha256Batch'] = (keys, messages) =>
  batches.hmacSha256Batch(keys, messages);

/** Bytes of SHA-256's block and result. */
const BLOCK = 64;
const HASH = 32;

/** Longest message whose HMAC uses the scratch space: it is wiped after each use, and no call can interrupt another. */
const SCRATCH = 1024;
const inner = new Uint8Array(BLOCK + SCRATCH);
const outer = new Uint8Array(BLOCK + HASH);

/** Bytes of the tag of both AEADs. */
const TAG = 16;

type Curve = 'X25519' | 'Ed25519';

function seal(cipher: CipherGCM, plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array {
  cipher.setAAD(associatedData, { plaintextLength: plaintext.length });
  const body = cipher.update(plaintext);
  return concat(body, cipher.final(), cipher.getAuthTag());
}

function open(decipher: DecipherGCM, sealed: Uint8Array, associatedData: Uint8Array): Uint8Array | undefined {
  const body = sealed.subarray(0, sealed.length - TAG);
  decipher.setAAD(associatedData, { plaintextLength: body.length });
  decipher.setAuthTag(sealed.subarray(body.length));
  const plaintext = decipher.update(body);
  try {
    decipher.final();
    return new Uint8Array(plaintext);
  } catch {
    return undefined;
  } finally {
    plaintext.fill(0);
  }
}

/** A secret is imported once: as a private key of the first curve that it is used on. */
function privateKeyObject(curve: Curve, secret: Secret): KeyObject {
  const kept = importedForm(secret);
  if (kept instanceof KeyObject && kept.asymmetricKeyType === curve.toLowerCase()) return kept;
  const key = importPrivateKey(curve, reveal(secret));
  keepImportedForm(secret, key);
  return key;
}

/** Recently imported public keys by curve and content: a ratchet step and X3DH use the same one several times in a row. */
const publicKeys = new Map<string, KeyObject>();
const MAX_PUBLIC_KEYS = 64;

function publicKeyObject(crv: Curve, publicKey: Uint8Array): KeyObject {
  const x = base64url(publicKey);
  const name = crv + x;
  let key = publicKeys.get(name);
  if (key === undefined) {
    key = createPublicKey({ key: { kty: 'OKP', crv, x }, format: 'jwk' });
    if (publicKeys.size >= MAX_PUBLIC_KEYS) publicKeys.delete(publicKeys.keys().next().value ?? '');
    publicKeys.set(name, key);
  }
  return key;
}

/** Whether a private JWK with a wrong `x` gives the right key; unknown until the first import. */
let jwkWorks: boolean | undefined;

function importPrivateKey(curve: Curve, bytes: Uint8Array): KeyObject {
  jwkWorks ??= jwkSelfTest();
  return jwkWorks ? importJwk(curve, bytes) : importPkcs8(curve, bytes);
}

function importJwk(crv: Curve, bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: { kty: 'OKP', crv, d: base64url(bytes), x: UNKNOWN_X }, format: 'jwk' });
}

function importPkcs8(curve: Curve, bytes: Uint8Array): KeyObject {
  const key = Buffer.concat([curve === 'X25519' ? PKCS8_X25519 : PKCS8_ED25519, bytes]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** Imports a fixed key both ways and compares the public keys. */
function jwkSelfTest(): boolean {
  const bytes = Buffer.alloc(32, 0x58);
  try {
    return (['X25519', 'Ed25519'] as const).every((curve) =>
      equalBytes(publicPart(importJwk(curve, bytes)), publicPart(importPkcs8(curve, bytes))),
    );
  } catch {
    return false;
  }
}

function publicPart(key: KeyObject): Uint8Array {
  const { x = '' } = key.export({ format: 'jwk' });
  return new Uint8Array(Buffer.from(x, 'base64url'));
}

const UNKNOWN_X = base64url(new Uint8Array(32));
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex'); // RFC 8410 §7
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

/** The same memory as a plain `Uint8Array`: a `Buffer` that owns its memory, as node:crypto's results do. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
