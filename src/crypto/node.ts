/**
 * The fast backend: node:crypto (OpenSSL), 20 to 30 times as fast on curves as pure JavaScript, and constant-time; and the
 * kernel, which is faster on short messages.
 *
 * @module
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  diffieHellman,
  pbkdf2Sync,
  sign,
  verify,
  type CipherGCM,
  type DecipherGCM,
} from 'node:crypto';
import type { Buffer } from 'node:buffer';
import { concat, wipe } from '../core/bytes.js';
import { isCanonicalPoint } from './field.js';
import { xchachaSubkey } from './hchacha.js';
import {
  cbcWithFallback,
  kernelWithFallback,
  roundsWithFallback,
  sequentialCbc,
  sequentialOperations,
  sequentialRounds,
  type BatchOperations,
  type CbcOperations,
  type Sha512Rounds,
} from './kernel/index.js';
import { privateKeyObject, publicKeyObject, publicPart } from './nodeKeys.js';
import { checkHkdfLength, type CryptoProvider } from './provider.js';

export const backend: CryptoProvider['backend'] = 'node';

export const sha256: CryptoProvider['sha256'] = (data) => plain(createHash('sha256').update(data).digest());

export const sha512: CryptoProvider['sha512'] = (data) => plain(createHash('sha512').update(data).digest());

export const pbkdf2Sha256: CryptoProvider['pbkdf2Sha256'] = (password, salt, iterations, length) =>
  plain(pbkdf2Sync(password, salt, iterations, length, 'sha256'));

export const aesCbcEncrypt: CryptoProvider['aesCbcEncrypt'] = (key, iv, plaintext) => {
  const cipher = createCipheriv(key.length === 16 ? 'aes-128-cbc' : 'aes-256-cbc', key, iv);
  return concat(cipher.update(plaintext), cipher.final());
};

/** A cipher object costs what half a dozen steps of the kernel do, and next to nothing a block. */
const cbc: CbcOperations = /* @__PURE__ */ cbcWithFallback(
  /* @__PURE__ */ sequentialCbc({
    aesCbcEncrypt,
    aesCbcDecrypt: (key, iv, ciphertext) => {
      const decipher = createDecipheriv(key.length === 16 ? 'aes-128-cbc' : 'aes-256-cbc', key, iv);
      const start = decipher.update(ciphertext);
      try {
        return concat(start, decipher.final());
      } catch {
        return undefined;
      } finally {
        start.fill(0);
      }
    },
  }),
  { message: 5, block: 0.07, longestDecrypted: 24 },
);

export const aesCbcEncryptBatch: CryptoProvider['aesCbcEncryptBatch'] = (keys, ivs, plaintexts) =>
  cbc.aesCbcEncryptBatch(keys, ivs, plaintexts);

export const aesCbcDecrypt: CryptoProvider['aesCbcDecrypt'] = (key, iv, ciphertext) =>
  cbc.aesCbcDecrypt(key, iv, ciphertext);

export const aesCtr: CryptoProvider['aesCtr'] = (key, counter, data) => {
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  return concat(cipher.update(data), cipher.final());
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

export const xchachaSeal: CryptoProvider['xchachaSeal'] = (key, nonce, plaintext, associatedData) => {
  const { subkey, subnonce } = xchachaSubkey(key, nonce);
  const sealed = chachaSeal(subkey, subnonce, plaintext, associatedData);
  wipe(subkey);
  return sealed;
};

export const xchachaOpen: CryptoProvider['xchachaOpen'] = (key, nonce, sealed, associatedData) => {
  const { subkey, subnonce } = xchachaSubkey(key, nonce);
  const plaintext = chachaOpen(subkey, subnonce, sealed, associatedData);
  wipe(subkey);
  return plaintext;
};

export const x25519PublicKey: CryptoProvider['x25519PublicKey'] = (privateKey) =>
  publicPart(privateKeyObject('X25519', privateKey));

export const x25519SharedSecret: CryptoProvider['x25519SharedSecret'] = (privateKey, publicKey) => {
  const ours = privateKeyObject('X25519', privateKey);
  const theirs = publicKeyObject('X25519', publicKey);
  try {
    return moved(diffieHellman({ privateKey: ours, publicKey: theirs }));
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

/** Short messages go to the kernel: Hmac objects cost more in making and collecting than the hashing itself. */
const batches: BatchOperations = /* @__PURE__ */ kernelWithFallback(
  /* @__PURE__ */ sequentialOperations({
    hmacSha256: hmac,
    hkdfSha256: hkdf,
  }),
);

export const hmacSha256: CryptoProvider['hmacSha256'] = (key, data) => batches.hmacSha256(key, data);

export const hkdfSha256: CryptoProvider['hkdfSha256'] = (inputKey, salt, info, length) =>
  batches.hkdfSha256(inputKey, salt, info, length);

export const chainSteps: CryptoProvider['chainSteps'] = (chainKeys, info, length) =>
  batches.chainSteps(chainKeys, info, length);

export const walkChain: CryptoProvider['walkChain'] = (chainKey, steps, kept) =>
  batches.walkChain(chainKey, steps, kept);

export const messageSeeds: CryptoProvider['messageSeeds'] = (chainKeys) => batches.messageSeeds(chainKeys);

export const hmacSha256Batch: CryptoProvider['hmacSha256Batch'] = (keys, messages) =>
  batches.hmacSha256Batch(keys, messages);

const iterate: Sha512Rounds = /* @__PURE__ */ roundsWithFallback(/* @__PURE__ */ sequentialRounds(sha512));

export const sha512Rounds: CryptoProvider['sha512Rounds'] = (states, suffixes, rounds) =>
  iterate(states, suffixes, rounds);

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return plain(createHmac('sha256', key).update(data).digest());
}

/** RFC 5869 over HMAC: Node's own takes no info of more than 1,024 bytes. */
function hkdf(inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  checkHkdfLength(length);
  const pseudoRandomKey = hmac(salt, inputKey);
  const output = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let offset = 0, counter = 1; offset < length; offset += block.length, counter++) {
    block = hmac(pseudoRandomKey, concat(block, info, Uint8Array.of(counter)));
    output.set(block.subarray(0, length - offset), offset);
  }
  wipe(pseudoRandomKey, block);
  return output;
}

/** Bytes of the tag of both AEADs. */
const TAG = 16;

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

/** A small result as a plain `Uint8Array` of its own: quicker than a view, for which V8 must make an `ArrayBuffer`. */
function moved(buffer: Buffer): Uint8Array {
  const copy = new Uint8Array(buffer);
  buffer.fill(0);
  return copy;
}

/** The same memory as a plain `Uint8Array`: a `Buffer` that owns its memory, as node:crypto's results do. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
