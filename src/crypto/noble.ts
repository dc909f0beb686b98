/**
 * The portable backend: audited pure JavaScript of the noble family, for browsers and every other runtime.
 *
 * @module
 */
import { cbc, ctr, gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js';
import { concat, equalBytes, readLittleEndian } from '../core/bytes.js';
import { reveal } from '../core/secret.js';
import { sequentialCbc, type CbcOperations } from './kernel/cbc.js';
import { sequentialOperations, type BatchOperations } from './kernel/operations.js';
import { sequentialRounds, type Sha512Rounds } from './kernel/rounds.js';
import { checkHkdfLength, type CryptoProvider } from './provider.js';

export const backend: CryptoProvider['backend'] = 'noble';

export const sha256: CryptoProvider['sha256'] = (data) => nobleSha256(data);

export const sha512: CryptoProvider['sha512'] = (data) => nobleSha512(data);

export const hmacSha256: CryptoProvider['hmacSha256'] = (key, data) => hmac(nobleSha256, key, data);

export const hkdfSha256: CryptoProvider['hkdfSha256'] = (inputKey, salt, info, length) => {
  checkHkdfLength(length);
  return hkdf(nobleSha256, inputKey, salt, info, length);
};

export const pbkdf2Sha256: CryptoProvider['pbkdf2Sha256'] = (password, salt, iterations, length) =>
  pbkdf2(nobleSha256, password, salt, { c: iterations, dkLen: length });

export const aesCbcEncrypt: CryptoProvider['aesCbcEncrypt'] = (key, iv, plaintext) =>
  cbc(key, iv).encrypt(plaintext);

/** noble's plaintext is a view of a larger array, whose end is the padding. */
export const aesCbcDecrypt: CryptoProvider['aesCbcDecrypt'] = (key, iv, ciphertext) =>
  orUndefined(() => {
    const padded = cbc(key, iv).decrypt(ciphertext);
    const plaintext = new Uint8Array(padded);
    padded.fill(0);
    return plaintext;
  });

export const aesCtr: CryptoProvider['aesCtr'] = (key, counter, data) => ctr(key, counter).encrypt(data);

export const aesGcmSeal: CryptoProvider['aesGcmSeal'] = (key, nonce, plaintext, associatedData) =>
  gcm(key, nonce, associatedData).encrypt(plaintext);

export const aesGcmOpen: CryptoProvider['aesGcmOpen'] = (key, nonce, sealed, associatedData) =>
  orUndefined(() => gcm(key, nonce, associatedData).decrypt(sealed));

export const chachaSeal: CryptoProvider['chachaSeal'] = (key, nonce, plaintext, associatedData) =>
  chacha20poly1305(key, nonce, associatedData).encrypt(plaintext);

export const chachaOpen: CryptoProvider['chachaOpen'] = (key, nonce, sealed, associatedData) =>
  orUndefined(() => chacha20poly1305(key, nonce, associatedData).decrypt(sealed));

export const xchachaSeal: CryptoProvider['xchachaSeal'] = (key, nonce, plaintext, associatedData) =>
  xchacha20poly1305(key, nonce, associatedData).encrypt(plaintext);

export const xchachaOpen: CryptoProvider['xchachaOpen'] = (key, nonce, sealed, associatedData) =>
  orUndefined(() => xchacha20poly1305(key, nonce, associatedData).decrypt(sealed));

export const x25519PublicKey: CryptoProvider['x25519PublicKey'] = (privateKey) =>
  x25519.getPublicKey(reveal(privateKey));

/** noble refuses an all-zero result by throwing; with lengths that are right nothing else throws. */
export const x25519SharedSecret: CryptoProvider['x25519SharedSecret'] = (privateKey, publicKey) =>
  orUndefined(() => x25519.getSharedSecret(reveal(privateKey), publicKey));

export const ed25519PublicKey: CryptoProvider['ed25519PublicKey'] = (seed) =>
  ed25519.getPublicKey(reveal(seed));

export const ed25519Sign: CryptoProvider['ed25519Sign'] = (seed, message) =>
  ed25519.sign(message, reveal(seed));

/**
 * noble's own `verify` multiplies by the cofactor, so a signer who adds a torsion point to R would pass here and fail
 * with OpenSSL and libsignal. This is the equation that those two check.
 */
export const ed25519Verify: CryptoProvider['ed25519Verify'] = (publicKey, message, signature) => {
  const { Point } = ed25519; // here, since at the top of the file it would keep bundlers from dropping the curves
  const { Fn } = Point;
  const R = signature.subarray(0, 32);
  const s = readLittleEndian(signature.subarray(32));
  if (signature.length !== 64 || s >= Fn.ORDER) return false;
  try {
    const A = Point.fromBytes(publicKey);
    const h = Fn.create(readLittleEndian(nobleSha512(concat(R, publicKey, message))));
    return equalBytes(Point.BASE.multiplyUnsafe(s).subtract(A.multiplyUnsafe(h)).toBytes(), R);
  } catch {
    return false; // the public key is not the encoding of a point
  }
};

const oneByOne: CbcOperations = /* @__PURE__ */ sequentialCbc({ aesCbcEncrypt, aesCbcDecrypt });

export const aesCbcEncryptBatch: CryptoProvider['aesCbcEncryptBatch'] = (keys, ivs, plaintexts) =>
  oneByOne.aesCbcEncryptBatch(keys, ivs, plaintexts);

const batches: BatchOperations = /* @__PURE__ */ sequentialOperations({ hmacSha256, hkdfSha256 });

export const chainSteps: CryptoProvider['chainSteps'] = (chainKeys, info, length) =>
  batches.chainSteps(chainKeys, info, length);

export const walkChain: CryptoProvider['walkChain'] = (chainKey, steps, kept) =>
  batches.walkChain(chainKey, steps, kept);

export const messageSeeds: CryptoProvider['messageSeeds'] = (chainKeys) => batches.messageSeeds(chainKeys);

export const hmacSha256Batch: CryptoProvider['hmacSha256Batch'] = (keys, messages) =>
  batches.hmacSha256Batch(keys, messages);

const iterate: Sha512Rounds = /* @__PURE__ */ sequentialRounds(sha512);

export const sha512Rounds: CryptoProvider['sha512Rounds'] = (states, suffixes, rounds) =>
  iterate(states, suffixes, rounds);

function orUndefined<Value>(attempt: () => Value): Value | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
