/**
 * Identity keys: the long-lived key pair of one device, and signatures by it.
 *
 * @module
 */
import { inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { randomBytes, type Random } from '../core/random.js';
import { malformed } from '../core/refusals.js';
import { reveal, type Secret } from '../core/secret.js';
import {
  importedKeyPair,
  KEY_LENGTH,
  publicKeyFrom,
  SEED_LENGTH,
  seededKeyPair,
  xeddsaSign,
  xeddsaVerify,
  type SigningKeyPair,
} from '../crypto/index.js';
import { decodeRecord, encodeRecord, optional, secret, type Table } from '../wire/index.js';

/** The identity of one device: a Curve25519 key pair that also signs. */
export type Identity = SigningKeyPair<'IdentityKey'>;

/**
 * Makes a device's identity from 32 random bytes.
 *
 * The bytes become an Ed25519 seed from which the Curve25519 key pair follows, so that signing is native and
 * deterministic.
 *
 * @throws PolyratchetError `invalid-argument`: the random source fails.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { generateIdentity } from 'polyratchet/identity';
 *
 * const identity = generateIdentity(systemRandom);
 * identity.publicKey; // 32 bytes, to be published
 * ```
 */
export function generateIdentity(random: Random): Identity {
  const seed = randomBytes(random, SEED_LENGTH);
  try {
    return seededKeyPair('IdentityKey', seed);
  } finally {
    seed.fill(0);
  }
}

/**
 * Takes over an identity whose raw Curve25519 private key (32 bytes) comes from another implementation.
 *
 * The key is clamped. Its signatures use libsignal's randomised nonce and pure JavaScript, since there is no seed.
 *
 * @throws PolyratchetError `invalid-key`: `length`, `zero`.
 * @example
 * ```ts
 * import { importIdentity } from 'polyratchet/identity';
 *
 * const identity = importIdentity(new Uint8Array(32).fill(7)); // in real life: the exported private key
 * ```
 */
export function importIdentity(privateKey: Uint8Array): Identity {
  return importedKeyPair('IdentityKey', privateKey);
}

/** What is signed, by whom. */
export interface SignOptions {
  /** The signer. */
  readonly identity: Identity;
  /** The bytes to sign. */
  readonly message: Uint8Array;
  /** Used by imported identities only: their nonce is randomised. */
  readonly random: Random;
}

/**
 * Signs a message: XEdDSA in libsignal's variant, 64 bytes.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { generateIdentity, sign, verify } from 'polyratchet/identity';
 *
 * const identity = generateIdentity(systemRandom);
 * const message = new TextEncoder().encode('hello');
 * const signature = sign({ identity, message, random: systemRandom });
 * verify({ publicKey: identity.publicKey, message, signature }); // true
 * ```
 */
export function sign(options: SignOptions): Uint8Array {
  const { identity, message, random } = inputObject('options', options);
  return xeddsaSign(identity, inputBytes('message', message), random);
}

/** A signature to check. */
export interface VerifyOptions {
  /** The signer's public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The bytes that were signed. */
  readonly message: Uint8Array;
  /** The signature, 64 bytes. */
  readonly signature: Uint8Array;
}

/**
 * Whether a signature is the key's over the message.
 *
 * Stricter than libsignal: s must be below the group order, so that nobody can make a second signature from one.
 *
 * @throws PolyratchetError `invalid-key`: a public key that must not be used; `invalid-argument`.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { generateIdentity, verify } from 'polyratchet/identity';
 *
 * const { publicKey } = generateIdentity(systemRandom);
 * verify({ publicKey, message: new Uint8Array(3), signature: new Uint8Array(64) }); // false
 * ```
 */
export function verify(options: VerifyOptions): boolean {
  const { publicKey, message, signature } = inputObject('options', options);
  return xeddsaVerify(publicKeyFrom('publicKey', publicKey), inputBytes('message', message), signature);
}

interface IdentityRecord {
  readonly seed?: Secret<'IdentityKeySeed'>;
  readonly privateKey?: Secret<'IdentityKey'>;
}

const identityTable: Table<IdentityRecord> = {
  name: 'identity',
  unknown: 'reject',
  rows: {
    seed: optional(1, secret('IdentityKeySeed', SEED_LENGTH)),
    privateKey: optional(2, secret('IdentityKey', KEY_LENGTH)),
  },
};

/**
 * The identity as bytes to store: they hold the private key.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { decodeIdentity, encodeIdentity, generateIdentity } from 'polyratchet/identity';
 *
 * const stored = encodeIdentity(generateIdentity(systemRandom));
 * const identity = decodeIdentity(stored);
 * ```
 */
export function encodeIdentity(identity: Identity): Uint8Array {
  const keys = inputObject('identity', identity);
  return encodeRecord(
    identityTable,
    keys.kind === 'seeded' ? { seed: keys.seed } : { privateKey: keys.privateKey },
  );
}

/**
 * Reads a stored identity; the public key is computed anew, never read.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`.
 */
export function decodeIdentity(record: Uint8Array): Identity {
  const { seed, privateKey } = decodeRecord(identityTable, record);
  if (seed !== undefined && privateKey === undefined) return seededKeyPair('IdentityKey', reveal(seed));
  if (privateKey !== undefined && seed === undefined)
    return importedKeyPair('IdentityKey', reveal(privateKey));
  throw malformed('identity', 'key', 'a seed or a private key', seed === undefined ? 'neither' : 'both');
}
