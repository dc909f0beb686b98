/**
 * The crypto seam: what a backend provides, one synchronous function an operation.
 *
 * `#crypto` resolves to `node.ts` (node:crypto and the kernel) in Node.js, to `browser.ts` (pure JavaScript and the
 * kernel) elsewhere, and to `noble.ts` (pure JavaScript alone) on request. All export the functions of {@link CryptoProvider} by name, give the same bytes for the same input, and give them as fresh plain
 * `Uint8Array`s. They trust the lengths that they are given: checking is the business of the rooms above.
 *
 * @module
 */
import { PolyratchetError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import type { CbcOperations } from './kernel/cbc.js';
import type { BatchOperations } from './kernel/operations.js';
import type { Sha512Rounds } from './kernel/rounds.js';

/** The operations of a backend; what the kernel does is described in kernel/operations.ts and kernel/cbc.ts. */
export interface CryptoProvider extends BatchOperations, CbcOperations {
  /** Which backend this is. */
  readonly backend: 'node' | 'noble' | 'browser';
  /** SHA-256 (FIPS 180-4): 32 bytes. */
  readonly sha256: (data: Uint8Array) => Uint8Array;
  /** SHA-512 (FIPS 180-4): 64 bytes. */
  readonly sha512: (data: Uint8Array) => Uint8Array;
  /** Many rounds of it for two at once; see kernel/rounds.ts. */
  readonly sha512Rounds: Sha512Rounds;
  /** PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2): `length` bytes. */
  readonly pbkdf2Sha256: (
    password: Uint8Array,
    salt: Uint8Array,
    iterations: number,
    length: number,
  ) => Uint8Array;
  /** AES-CBC with PKCS#7 padding; key of 16 or 32 bytes, iv of 16. */
  readonly aesCbcEncrypt: (key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array) => Uint8Array;
  /** AES-256-CTR (NIST SP 800-38A §6.5) in either direction: the initial counter block of 16 bytes counts big-endian. */
  readonly aesCtr: (key: Uint8Array, counter: Uint8Array, data: Uint8Array) => Uint8Array;
  /** AES-256-GCM (NIST SP 800-38D): nonce of 12 bytes; ciphertext ‖ 16-byte tag. */
  readonly aesGcmSeal: (
    key: Uint8Array,
    nonce: Uint8Array,
    plaintext: Uint8Array,
    associatedData: Uint8Array,
  ) => Uint8Array;
  /** The plaintext, or `undefined` if the tag is wrong. */
  readonly aesGcmOpen: (
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
    associatedData: Uint8Array,
  ) => Uint8Array | undefined;
  /** ChaCha20-Poly1305 (RFC 8439): nonce of 12 bytes; ciphertext ‖ 16-byte tag. */
  readonly chachaSeal: (
    key: Uint8Array,
    nonce: Uint8Array,
    plaintext: Uint8Array,
    associatedData: Uint8Array,
  ) => Uint8Array;
  /** The plaintext, or `undefined` if the tag is wrong. */
  readonly chachaOpen: (
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
    associatedData: Uint8Array,
  ) => Uint8Array | undefined;
  /** XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): nonce of 24 bytes; ciphertext ‖ 16-byte tag. */
  readonly xchachaSeal: (
    key: Uint8Array,
    nonce: Uint8Array,
    plaintext: Uint8Array,
    associatedData: Uint8Array,
  ) => Uint8Array;
  /** The plaintext, or `undefined` if the tag is wrong. */
  readonly xchachaOpen: (
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
    associatedData: Uint8Array,
  ) => Uint8Array | undefined;
  /** Public key of an X25519 private key (RFC 7748): 32 bytes. */
  readonly x25519PublicKey: (privateKey: Secret) => Uint8Array;
  /** X25519 (RFC 7748): the 32-byte shared secret, or `undefined` where it is all zero (a low-order public key). */
  readonly x25519SharedSecret: (privateKey: Secret, publicKey: Uint8Array) => Uint8Array | undefined;
  /** Public key of an Ed25519 seed (RFC 8032): 32 bytes. */
  readonly ed25519PublicKey: (seed: Secret) => Uint8Array;
  /** Ed25519 signature (RFC 8032, deterministic): 64 bytes. */
  readonly ed25519Sign: (seed: Secret, message: Uint8Array) => Uint8Array;
  /** Ed25519 verification, strict and without cofactor: s < L, and compress(s·B − h·A) equals R byte for byte. */
  readonly ed25519Verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
}

/** 255 blocks of the hash (RFC 5869 §2.3): the block counter is one byte. */
const MAX_HKDF_LENGTH = 255 * 32;

/**
 * Refuses to derive more than HKDF can.
 *
 * @throws PolyratchetError `too-large`
 */
export function checkHkdfLength(length: number): void {
  if (length > MAX_HKDF_LENGTH) {
    throw new PolyratchetError('too-large', { what: 'HKDF output', limit: MAX_HKDF_LENGTH, got: length });
  }
}
