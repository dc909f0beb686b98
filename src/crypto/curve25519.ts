/**
 * Curve25519 keys: the one place where bytes become a key, and the agreement between two of them.
 *
 * @module
 */
import { x25519PublicKey, x25519SharedSecret } from '#crypto';
import { inputBytes, toHex } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { randomBytes, type Random } from '../core/random.js';
import { Secret } from '../core/secret.js';
import { isCanonical } from './field.js';

declare const checked: unique symbol;

/** A checked Curve25519 public key: 32 bytes, the little-endian u coordinate, canonical and not of low order. */
export type PublicKey = Uint8Array & {
  /** Exists in the type only: bytes become a key in one place. */
  readonly [checked]: 'PublicKey';
};

/** A Curve25519 key pair whose private key has a role. */
export interface KeyPair<Role extends string = string> {
  /** The public key, 32 bytes. */
  readonly publicKey: PublicKey;
  /** The private key, 32 clamped bytes. */
  readonly privateKey: Secret<Role>;
}

/** Bytes of a public key, of a private key, and of a shared secret. */
export const KEY_LENGTH = 32;

/**
 * Checks the 32 bytes of a public key and returns a copy.
 *
 * Stricter than RFC 7748: libsignal refuses a non-canonical base key, and no honest implementation ever makes one, so
 * all of them are refused. A low-order key gives the same shared secret with everybody.
 *
 * @throws PolyratchetError `invalid-key`: `length`, `non-canonical`, `low-order`; `invalid-argument`: no bytes.
 */
export function publicKeyFrom(role: string, bytes: Uint8Array): PublicKey {
  return readPublicKey(role, inputBytes(role, bytes));
}

/**
 * The same for bytes that are no caller's argument: a view of a message that is being read.
 *
 * @throws PolyratchetError `invalid-key`: `length`, `non-canonical`, `low-order`.
 */
export function readPublicKey(role: string, bytes: Uint8Array): PublicKey {
  if (bytes.length !== KEY_LENGTH) throw new PolyratchetError('invalid-key', { role, why: 'length' });
  if (!isCanonical(bytes)) throw new PolyratchetError('invalid-key', { role, why: 'non-canonical' });
  if (isLowOrder(bytes)) throw new PolyratchetError('invalid-key', { role, why: 'low-order' });
  return new Uint8Array(bytes) as PublicKey;
}

/**
 * The key pair of a raw private key, which is copied and clamped (RFC 7748 §5).
 *
 * @throws PolyratchetError `invalid-key`: `length`, `zero`; `invalid-argument`: no bytes.
 */
export function keyPairFrom<Role extends string>(role: Role, bytes: Uint8Array): KeyPair<Role> {
  const privateKey = privateKeyFrom(role, bytes);
  return { publicKey: x25519PublicKey(privateKey) as PublicKey, privateKey };
}

/**
 * A private key from its raw bytes, which are copied and clamped (RFC 7748 §5).
 *
 * @throws PolyratchetError `invalid-key`: `length`, `zero`; `invalid-argument`: no bytes.
 */
export function privateKeyFrom<Role extends string>(role: Role, bytes: Uint8Array): Secret<Role> {
  const input = inputBytes(role, bytes);
  if (input.length !== KEY_LENGTH) throw new PolyratchetError('invalid-key', { role, why: 'length' });
  if (input.every((byte) => byte === 0)) throw new PolyratchetError('invalid-key', { role, why: 'zero' });
  const scalar = clamp(new Uint8Array(input));
  try {
    return new Secret(role, scalar);
  } finally {
    scalar.fill(0);
  }
}

/** A fresh key pair from 32 random bytes. */
export function generateKeyPair<Role extends string>(role: Role, random: Random): KeyPair<Role> {
  const bytes = randomBytes(random, KEY_LENGTH);
  try {
    return keyPairFrom(role, bytes);
  } finally {
    bytes.fill(0);
  }
}

/**
 * The X25519 shared secret, 32 fresh bytes that the caller wipes.
 *
 * @throws PolyratchetError `invalid-key` `low-order`: cannot happen with a checked public key; kept as a second lock.
 */
export function agree(privateKey: Secret, publicKey: PublicKey): Uint8Array {
  const secret = x25519SharedSecret(privateKey, publicKey);
  if (secret === undefined)
    throw new PolyratchetError('invalid-key', { role: 'public key', why: 'low-order' });
  return secret;
}

/** Sets and clears the bits that RFC 7748 §5 fixes, in place. */
export function clamp(scalar: Uint8Array): Uint8Array {
  scalar[0] = (scalar[0] ?? 0) & 248;
  scalar[31] = ((scalar[31] ?? 0) & 127) | 64;
  return scalar;
}

/** The canonical u of all points of order 1, 2, 4 and 8 on the curve and its twist: 0, 1, two of order 8, and −1. */
const LOW_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** The last bytes of the five: a cheap look that tells nearly every other key apart without the text. */
const LOW_ORDER_ENDS: ReadonlySet<number> = new Set([0x00, 0x57, 0x7f]);

function isLowOrder(u: Uint8Array): boolean {
  return LOW_ORDER_ENDS.has(u[31] ?? 0) && LOW_ORDER.has(toHex(u));
}
