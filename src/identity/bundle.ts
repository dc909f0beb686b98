/**
 * Prekey bundles: the public keys of a device from which others start a session.
 *
 * @module
 */
import { copyBytes, inputBytes } from '../core/bytes.js';
import { inputInteger, inputObject, MAX_UINT32 } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { publicKeyFrom, SIGNATURE_LENGTH, xeddsaVerify, type PublicKey } from '../crypto/index.js';
import {
  bytes,
  decodeRecord,
  encodePublicKey,
  encodeRecord,
  nested,
  optional,
  rawPublicKey,
  required,
  uint32,
  type Table,
} from '../wire/index.js';
import type { Identity } from './keys.js';
import type { OneTimePreKey, SignedPreKey } from './prekeys.js';

/** A published one-time prekey. */
export interface PublicPreKey {
  /** Its id at its device; any 32-bit number is accepted from others. */
  readonly id: number;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** A published signed prekey. */
export interface PublicSignedPreKey extends PublicPreKey {
  /** XEdDSA by the identity key over the 33-byte form of the public key, 64 bytes. */
  readonly signature: Uint8Array;
}

/** What a server hands out for one device. */
export interface PreKeyBundle {
  /** The device's registration id, any 32-bit number. */
  readonly registrationId: number;
  /** The device's identity key, 32 bytes. */
  readonly identityKey: Uint8Array;
  /** The device's signed prekey. */
  readonly signedPreKey: PublicSignedPreKey;
  /** One of its one-time prekeys, unless the server has none left. */
  readonly oneTimePreKey?: PublicPreKey;
}

/** A published one-time prekey whose key was checked. */
export interface ValidPreKey extends PublicPreKey {
  /** 32 bytes. */
  readonly publicKey: PublicKey;
}

/** A published signed prekey whose key and signature were checked. */
export interface ValidSignedPreKey extends PublicSignedPreKey {
  /** 32 bytes. */
  readonly publicKey: PublicKey;
}

/** A bundle whose keys and signature were checked. */
export interface ValidBundle extends PreKeyBundle {
  /** The device's identity key, 32 bytes. */
  readonly identityKey: PublicKey;
  /** The device's signed prekey. */
  readonly signedPreKey: ValidSignedPreKey;
  /** One of its one-time prekeys, unless the server has none left. */
  readonly oneTimePreKey?: ValidPreKey;
}

/** The private parts from which a bundle is made. */
export interface BundleOptions {
  /** The device's identity. */
  readonly identity: Identity;
  /** The device's registration id. */
  readonly registrationId: number;
  /** The device's signed prekey. */
  readonly signedPreKey: SignedPreKey;
  /** A one-time prekey, if there is one. */
  readonly oneTimePreKey?: OneTimePreKey;
}

/**
 * The public bundle of a device.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { createBundle, generateIdentity, generateSignedPreKey } from 'polyratchet/identity';
 *
 * const identity = generateIdentity(systemRandom);
 * const signedPreKey = generateSignedPreKey({ identity, id: 1, random: systemRandom, now: Date.now() });
 * const bundle = createBundle({ identity, registrationId: 4711, signedPreKey });
 * ```
 */
export function createBundle(options: BundleOptions): PreKeyBundle {
  const { identity, registrationId, signedPreKey, oneTimePreKey } = inputObject('options', options);
  return {
    registrationId,
    identityKey: copyBytes(identity.publicKey),
    signedPreKey: publicSignedPreKey(signedPreKey),
    ...(oneTimePreKey === undefined ? {} : { oneTimePreKey: publicPreKey(oneTimePreKey) }),
  };
}

/**
 * The public part of a one-time prekey.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function publicPreKey(oneTimePreKey: OneTimePreKey): PublicPreKey {
  const { id, publicKey } = inputObject('oneTimePreKey', oneTimePreKey);
  return { id, publicKey: copyBytes(publicKey) };
}

/**
 * The public part of a signed prekey.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function publicSignedPreKey(signedPreKey: SignedPreKey): PublicSignedPreKey {
  const { id, publicKey, signature } = inputObject('signedPreKey', signedPreKey);
  return { id, publicKey: copyBytes(publicKey), signature: copyBytes(signature) };
}

/**
 * Checks a bundle of a server's: every key, every id, and the signature of the signed prekey; returns a copy.
 *
 * @throws PolyratchetError `invalid-key`, `invalid-signature`, `invalid-argument`.
 */
export function validateBundle(bundle: PreKeyBundle): ValidBundle {
  const { registrationId, identityKey, signedPreKey, oneTimePreKey } = inputObject('bundle', bundle);
  const identity = publicKeyFrom('identity key', identityKey);
  const valid = {
    registrationId: inputInteger('registrationId', registrationId, 0, MAX_UINT32),
    identityKey: identity,
    signedPreKey: validateSignedPreKey(identity, signedPreKey),
  };
  if (oneTimePreKey === undefined) return valid;
  return { ...valid, oneTimePreKey: validatePreKey('one-time prekey', oneTimePreKey) };
}

function validatePreKey(role: string, preKey: PublicPreKey): ValidPreKey {
  const { id, publicKey } = inputObject(role, preKey);
  return { id: inputInteger(`${role} id`, id, 0, MAX_UINT32), publicKey: publicKeyFrom(role, publicKey) };
}

function validateSignedPreKey(identityKey: PublicKey, signed: PublicSignedPreKey): ValidSignedPreKey {
  const { id, publicKey } = validatePreKey('signed prekey', signed);
  const signature = copyBytes(inputBytes('signature', signed.signature));
  if (!xeddsaVerify(identityKey, encodePublicKey(publicKey), signature)) {
    throw new PolyratchetError('invalid-signature', { what: 'signed prekey', signer: identityKey });
  }
  return { id, publicKey, signature };
}

const preKeyRows = { id: required(1, uint32), publicKey: required(2, rawPublicKey) };

/**
 * A bundle as a message, for messages that carry one; reading it checks the structure, and not the signature.
 *
 * @internal
 */
export const bundleTable: Table<ValidBundle> = {
  name: 'bundle',
  unknown: 'reject',
  rows: {
    registrationId: required(1, uint32),
    identityKey: required(2, rawPublicKey),
    signedPreKey: required(
      3,
      nested<ValidSignedPreKey>({
        name: 'signedPreKey',
        unknown: 'reject',
        rows: { ...preKeyRows, signature: required(3, bytes(SIGNATURE_LENGTH)) },
      }),
    ),
    oneTimePreKey: optional(
      4,
      nested<ValidPreKey>({
        name: 'oneTimePreKey',
        unknown: 'reject',
        rows: preKeyRows,
      }),
    ),
  },
};

/**
 * A bundle as bytes, for servers and transports that want one opaque value.
 *
 * @throws PolyratchetError `invalid-key`, `invalid-signature`, `invalid-argument`: the bundle is not valid.
 */
export function encodeBundle(bundle: PreKeyBundle): Uint8Array {
  return encodeRecord(bundleTable, validateBundle(bundle));
}

/**
 * Reads and checks a bundle.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`, `invalid-signature`.
 */
export function decodeBundle(record: Uint8Array): ValidBundle {
  return validateBundle(decodeRecord(bundleTable, record));
}
