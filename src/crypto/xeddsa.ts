/**
 * XEdDSA as libsignal does it: Ed25519 signatures by Curve25519 keys.
 *
 * The variant differs from the published one: the private scalar is not negated to make the sign of A zero; A keeps its
 * sign, and the sign travels in bit 7 of the signature's last byte.
 *
 * Key pairs that start from a seed sign with native Ed25519 (a deterministic nonce, RFC 8032); imported private keys,
 * which have no seed, sign with libsignal's randomised nonce.
 *
 * @module
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { ed25519PublicKey, ed25519Sign, ed25519Verify, sha512 } from '#crypto';
import { concat, inputBytes, readLittleEndian, toHex, wipe } from '../core/bytes.js';
import { randomBytes, type Random } from '../core/random.js';
import { reveal, secretOf, type Secret } from '../core/secret.js';
import { keyPairFrom, readPublicKey, type KeyPair, type PublicKey } from './curve25519.js';
import { invert } from './field.js';

/** A key pair that signs: from a seed (ours), or from a raw private key (somebody's export). */
export type SigningKeyPair<Role extends string = string> =
  | (KeyPair<Role> & {
      /** Made here: the Ed25519 seed is known. */
      readonly kind: 'seeded';
      /** The Ed25519 seed, 32 bytes: everything else follows from it. */
      readonly seed: Secret<`${Role}Seed`>;
    })
  | (KeyPair<Role> & {
      /** Imported: only the private key is known. */
      readonly kind: 'imported';
    });

/** Bytes of a signature. */
export const SIGNATURE_LENGTH = 64;

/** Bytes of the seed of a signing key pair. */
export const SEED_LENGTH = 32;

/**
 * The signing key pair of an Ed25519 seed of 32 bytes: its X25519 private key is clamp(SHA-512(seed)[0..32]), so that
 * both forms have the same Edwards point A.
 */
export function seededKeyPair<Role extends string>(role: Role, seed: Uint8Array): SigningKeyPair<Role> {
  const kept = secretOf(`${role}Seed`, seed, SEED_LENGTH);
  const hash = sha512(reveal(kept));
  try {
    return { kind: 'seeded', ...keyPairFrom(role, hash.subarray(0, 32)), seed: kept };
  } finally {
    wipe(hash);
  }
}

/** A key pair that only signs: nobody agrees with it, so that its X25519 private key is never needed. */
export interface SignerKeyPair<Role extends string = string> {
  /** The public key, 32 bytes. */
  readonly publicKey: PublicKey;
  /** The Ed25519 seed, 32 bytes. */
  readonly seed: Secret<Role>;
  /** 0x80 if the x coordinate of A is odd, else 0: the sign that travels in every signature. */
  readonly sign: number;
}

/** The pair of an Ed25519 seed of 32 bytes that only signs: its public key is u = (1 + y) / (1 − y) of the point A. */
export function signerKeyPair<Role extends string>(role: Role, seed: Uint8Array): SignerKeyPair<Role> {
  const kept = secretOf(role, seed, SEED_LENGTH);
  const { Fp } = ed25519.Point;
  const A = ed25519PublicKey(kept);
  const sign = signOf(A);
  A[31] = (A[31] ?? 0) & 0x7f;
  const y = Fp.fromBytes(A);
  const u = Fp.toBytes(Fp.mul(Fp.add(1n, y), invert(Fp.sub(1n, y))));
  return { publicKey: readPublicKey(role, u), seed: kept, sign };
}

/** The signing key pair of a raw X25519 private key of 32 bytes. */
export function importedKeyPair<Role extends string>(
  role: Role,
  privateKey: Uint8Array,
): SigningKeyPair<Role> {
  return { kind: 'imported', ...keyPairFrom(role, privateKey) };
}

/** The signature of a message, 64 bytes. */
export function xeddsaSign(keyPair: SigningKeyPair, message: Uint8Array, random: Random): Uint8Array {
  return join(
    keyPair.kind === 'seeded' ? signSeeded(keyPair.seed, message) : signImported(keyPair, message, random),
  );
}

/** The signature of a message by a key pair that only signs, 64 bytes. */
export function xeddsaSignBy({ seed, sign }: SignerKeyPair, message: Uint8Array): Uint8Array {
  return join({ signature: ed25519Sign(seed, message), sign });
}

/** Whether a signature of 64 bytes is the key's over the message; every malformed one is simply not. */
export function xeddsaVerify(publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  const input = inputBytes('signature', signature);
  if (input.length !== SIGNATURE_LENGTH) return false;
  const A = concat(edwardsY(publicKey));
  A[31] = (A[31] ?? 0) | ((input[63] ?? 0) & 0x80);
  const inner = concat(input);
  inner[63] = (inner[63] ?? 0) & 0x7f;
  return ed25519Verify(A, message, inner);
}

interface SignatureAndSign {
  readonly signature: Uint8Array;
  /** 0x80 if the x coordinate of A is odd, else 0. */
  readonly sign: number;
}

function join({ signature, sign }: SignatureAndSign): Uint8Array {
  signature[63] = ((signature[63] ?? 0) & 0x7f) | sign;
  return signature;
}

function signOf(A: Uint8Array): number {
  return (A[31] ?? 0) & 0x80;
}

/** Sign bits of seeds seen: one base-point multiplication saved a signature. */
const signs = new WeakMap<Secret, number>();

function signSeeded(seed: Secret, message: Uint8Array): SignatureAndSign {
  let sign = signs.get(seed);
  if (sign === undefined) {
    sign = signOf(ed25519PublicKey(seed));
    signs.set(seed, sign);
  }
  return { signature: ed25519Sign(seed, message), sign };
}

/** 2²⁵⁶ − 2, little-endian: keeps this hash apart from every other use of SHA-512 (XEdDSA §3, hash1). */
const HASH_1_PREFIX = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xfe : 0xff));

function signImported({ privateKey }: KeyPair, message: Uint8Array, random: Random): SignatureAndSign {
  const { BASE, Fn } = ed25519.Point; // not at the top of the file: bundlers could not drop the curves from there
  const k = reveal(privateKey);
  const Z = randomBytes(random, 64);
  const nonceInput = concat(HASH_1_PREFIX, k, message, Z);
  const nonceHash = sha512(nonceInput);
  try {
    const a = scalar(k);
    const A = BASE.multiply(a).toBytes();
    const r = scalar(nonceHash);
    const R = BASE.multiply(r).toBytes();
    const h = scalar(sha512(concat(R, A, message)));
    return { signature: concat(R, Fn.toBytes(Fn.add(r, Fn.mul(h, a)))), sign: signOf(A) };
  } finally {
    wipe(Z, nonceInput, nonceHash);
  }
}

/** Little-endian bytes modulo L. */
function scalar(bytes: Uint8Array): bigint {
  return ed25519.Point.Fn.create(readLittleEndian(bytes));
}

/** Edwards y by u, for keys seen lately: the map costs a field inversion, and identity keys come again. */
const edwardsYs = new Map<string, Uint8Array>();
const MAX_EDWARDS_YS = 256;

/** y = (u − 1) / (u + 1); u = −1 is of low order, so no checked key divides by zero. */
function edwardsY(publicKey: PublicKey): Uint8Array {
  const name = toHex(publicKey);
  let y = edwardsYs.get(name);
  if (y === undefined) {
    const { Fp } = ed25519.Point;
    const u = Fp.fromBytes(publicKey);
    y = Fp.toBytes(Fp.mul(Fp.sub(u, 1n), invert(Fp.add(u, 1n))));
    if (edwardsYs.size >= MAX_EDWARDS_YS) edwardsYs.delete(edwardsYs.keys().next().value ?? '');
    edwardsYs.set(name, y);
  }
  return y;
}
