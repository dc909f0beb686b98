/**
 * How the exchange by code hides the ephemeral keys and carries the identities:
 *
 *     wrapped ephemeral  salt 32 ‖ iv 16 ‖ AES-256-CTR(PBKDF2(code, salt), iv, ephemeral key 32)          80 bytes
 *     bundle             salt 32 ‖ nonce 12 ‖ AES-256-GCM(HKDF(shared, salt), nonce, identities ‖ random) 156 bytes
 *
 * Nothing in a wrapped key tells a right code from a wrong one; the tag of the bundle does.
 *
 * @module
 */
import { concat, equalBytes, inputBytes, utf8, wipe } from '../../core/bytes.js';
import { PolyratchetError } from '../../core/errors.js';
import { randomBytes, type Random } from '../../core/random.js';
import { malformed } from '../../core/refusals.js';
import { reveal, Secret } from '../../core/secret.js';
import {
  aesCtr,
  aesGcmOpen,
  aesGcmSeal,
  agree,
  hkdfSha256,
  KEY_LENGTH,
  pbkdf2Sha256,
  publicKeyFrom,
  type PublicKey,
} from '../../crypto/index.js';
import type { Identity } from '../../identity/index.js';
import { LINKING_SECRET_LENGTH } from './qr.js';

/** Rounds of PBKDF2 for the wrapping key: WhatsApp's, a fraction of a second. */
const PBKDF2_ITERATIONS = 2 << 16;

const SALT_LENGTH = 32;
const IV_LENGTH = 16;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** Bytes of a wrapped ephemeral key. */
export const WRAPPED_EPHEMERAL_LENGTH: number = SALT_LENGTH + IV_LENGTH + KEY_LENGTH;

/** Bytes of a bundle: both identities and 32 random bytes, sealed. */
export const LINK_BUNDLE_LENGTH: number = SALT_LENGTH + NONCE_LENGTH + 3 * KEY_LENGTH + TAG_LENGTH;

const INFO_BUNDLE = utf8('link_code_pairing_key_bundle_encryption_key');
const INFO_LINKING_SECRET = utf8('adv_secret');
const NONE = new Uint8Array(0);

/** The code of an exchange, 8 bytes of ASCII. */
export type CodeSecret = Secret<'LinkingCode'>;

/** Hides an ephemeral key under the code; each side has a salt and an iv of its own. */
export function wrapEphemeral(code: CodeSecret, ephemeralKey: PublicKey, random: Random): Uint8Array {
  const salt = randomBytes(random, SALT_LENGTH);
  const iv = randomBytes(random, IV_LENGTH);
  return concat(salt, iv, underCode(code, salt, iv, ephemeralKey));
}

/**
 * The other side's ephemeral key, or with another code one that nobody has the private part of.
 *
 * The highest bit is ignored, as X25519 does (RFC 7748 §5): half of all wrong codes would set it, and a refusal would
 * show whoever chose the bytes one bit of the key stream.
 *
 * @throws PolyratchetError `malformed`: not 80 bytes; `invalid-key` `low-order`, `own-key`; `invalid-argument`: no bytes.
 */
export function unwrapEphemeral(code: CodeSecret, wrapped: Uint8Array, own?: PublicKey): PublicKey {
  const input = inputLength('wrappedEphemeral', wrapped, WRAPPED_EPHEMERAL_LENGTH);
  const salt = input.subarray(0, SALT_LENGTH);
  const iv = input.subarray(SALT_LENGTH, SALT_LENGTH + IV_LENGTH);
  const key = underCode(code, salt, iv, input.subarray(SALT_LENGTH + IV_LENGTH));
  key[31] = (key[31] ?? 0) & 0x7f;
  const ephemeralKey = publicKeyFrom('ephemeral key', key);
  if (own === undefined || !equalBytes(ephemeralKey, own)) return ephemeralKey;
  throw new PolyratchetError('invalid-key', { role: 'ephemeral key', why: 'own-key' });
}

/** What a bundle tells the primary. */
export interface LinkBundle {
  /** The companion's identity key, 32 bytes. */
  readonly companionIdentity: Uint8Array;
  /** The primary's identity key as the companion has received it, 32 bytes. */
  readonly primaryIdentity: Uint8Array;
  /** The companion's share of the linking secret, 32 bytes. */
  readonly random: Uint8Array;
}

/** Seals a bundle under the secret that the ephemeral keys share. */
export function sealBundle(shared: Uint8Array, bundle: LinkBundle, random: Random): Uint8Array {
  const salt = randomBytes(random, SALT_LENGTH);
  const nonce = randomBytes(random, NONCE_LENGTH);
  const key = hkdfSha256(shared, salt, INFO_BUNDLE, 32);
  const plaintext = concat(bundle.companionIdentity, bundle.primaryIdentity, bundle.random);
  try {
    return concat(salt, nonce, aesGcmSeal(key, nonce, plaintext, NONE));
  } finally {
    wipe(key, plaintext);
  }
}

/**
 * Opens a bundle.
 *
 * @throws PolyratchetError `malformed`: not 156 bytes; `link-mismatch` `code`: it was made with another code, or by
 *   somebody else; `invalid-argument`: no bytes.
 */
export function openBundle(shared: Uint8Array, bundle: Uint8Array): LinkBundle {
  const input = inputLength('bundle', bundle, LINK_BUNDLE_LENGTH);
  const nonceEnd = SALT_LENGTH + NONCE_LENGTH;
  const key = hkdfSha256(shared, input.subarray(0, SALT_LENGTH), INFO_BUNDLE, 32);
  try {
    const opened = aesGcmOpen(key, input.subarray(SALT_LENGTH, nonceEnd), input.subarray(nonceEnd), NONE);
    if (opened === undefined) throw new PolyratchetError('link-mismatch', { why: 'code' });
    return {
      companionIdentity: opened.subarray(0, KEY_LENGTH),
      primaryIdentity: opened.subarray(KEY_LENGTH, 2 * KEY_LENGTH),
      random: opened.subarray(2 * KEY_LENGTH),
    };
  } finally {
    wipe(key);
  }
}

/** What both sides bring into the linking secret. */
export interface LinkingSecretInput {
  /** The secret that the ephemeral keys share, 32 bytes. */
  readonly shared: Uint8Array;
  /** This side's identity. */
  readonly identity: Identity;
  /** The other side's identity key. */
  readonly remoteIdentity: PublicKey;
  /** The companion's random bytes, 32. */
  readonly random: Uint8Array;
}

/** HKDF(ephemeral secret ‖ identity secret ‖ random): with a QR code the companion chooses the secret alone. */
export function deriveLinkingSecret(input: LinkingSecretInput): Secret<'LinkingSecret'> {
  const { shared, identity, remoteIdentity, random } = input;
  const identityShared = agree(identity.privateKey, remoteIdentity);
  const inputKey = concat(shared, identityShared, random);
  const secret = hkdfSha256(inputKey, NONE, INFO_LINKING_SECRET, LINKING_SECRET_LENGTH);
  try {
    return new Secret('LinkingSecret', secret);
  } finally {
    wipe(identityShared, inputKey, secret);
  }
}

/** AES-256-CTR is its own inverse. */
function underCode(code: CodeSecret, salt: Uint8Array, iv: Uint8Array, key: Uint8Array): Uint8Array {
  const wrapKey = pbkdf2Sha256(reveal(code), salt, PBKDF2_ITERATIONS, 32);
  try {
    return aesCtr(wrapKey, iv, key);
  } finally {
    wipe(wrapKey);
  }
}

/** Bytes from the other side, if there are as many as there must be. */
function inputLength(what: string, bytes: Uint8Array, length: number): Uint8Array {
  const input = inputBytes(what, bytes);
  if (input.length === length) return input;
  throw malformed(what, 'length', `${length} bytes`, `${input.length} bytes`);
}
