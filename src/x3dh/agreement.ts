/**
 * The X3DH key agreement, from both sides.
 *
 *     DH1 = DH(IKa, SPKb)   DH2 = DH(EKa, IKb)   DH3 = DH(EKa, SPKb)   [DH4 = DH(EKa, OPKb)]
 *     root key ‖ chain key = HKDF(FF×32 ‖ DH1 ‖ DH2 ‖ DH3 ‖ [DH4], no salt, "WhisperText", 64)
 *
 * Source: The X3DH Key Agreement Protocol §3.3; the constants are libsignal's for protocol version 3.
 *
 * @module
 */
import { concat, utf8, wipe } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { reveal, Secret } from '../core/secret.js';
import { agree, hkdfSha256, type KeyPair, type PublicKey } from '../crypto/index.js';
import type { Identity, OneTimePreKey, SignedPreKey, ValidBundle } from '../identity/index.js';

/** The root key that starts a Double Ratchet, 32 bytes. */
export type RootKey = Secret<'RootKey'>;

/** The first chain key, 32 bytes. */
export type ChainKey = Secret<'ChainKey'>;

/** What both sides derive. */
export interface InitialKeys {
  /** Root key of the ratchet. */
  readonly rootKey: RootKey;
  /** Chain key of the responder's chain under its signed prekey; no known peer ever sends on it. */
  readonly chainKey: ChainKey;
}

/** Sets these inputs apart from every XEdDSA hash (X3DH §2.2, the value F). */
const DISCONTINUITY = new Uint8Array(32).fill(0xff);
const INFO = utf8('WhisperText');
const ROOT_TAG_INFO = utf8('polyratchet root tag');
const NO_SALT = new Uint8Array(0);

/** Bytes of a root tag. */
export const ROOT_TAG_LENGTH = 16;

/** The initiator's side. */
export interface InitiateOptions {
  /** IKa: the initiator's identity. */
  readonly identity: Identity;
  /** EKa: a fresh key pair for this agreement only. */
  readonly baseKey: KeyPair<'BaseKey'>;
  /** The responder's validated bundle. */
  readonly bundle: ValidBundle;
}

/**
 * The agreement as the initiator computes it.
 *
 * @throws PolyratchetError `invalid-argument`; `invalid-key`: never with a validated bundle.
 */
export function initiate(options: InitiateOptions): InitialKeys {
  const { identity, baseKey, bundle } = inputObject('options', options);
  const { identityKey, signedPreKey, oneTimePreKey } = bundle;
  const secrets = [
    agree(identity.privateKey, signedPreKey.publicKey),
    agree(baseKey.privateKey, identityKey),
    agree(baseKey.privateKey, signedPreKey.publicKey),
  ];
  if (oneTimePreKey !== undefined) secrets.push(agree(baseKey.privateKey, oneTimePreKey.publicKey));
  return deriveInitialKeys(secrets);
}

/** The responder's side. */
export interface RespondOptions {
  /** IKb: the responder's identity. */
  readonly identity: Identity;
  /** SPKb: the signed prekey that the initiator used. */
  readonly signedPreKey: SignedPreKey;
  /** OPKb: the one-time prekey that the initiator used, if it used one. */
  readonly oneTimePreKey?: OneTimePreKey;
  /** IKa: the initiator's identity key, 32 bytes. */
  readonly identityKey: PublicKey;
  /** EKa: the initiator's base key, 32 bytes. */
  readonly baseKey: PublicKey;
}

/**
 * The agreement as the responder computes it.
 *
 * @throws PolyratchetError `invalid-argument`; `invalid-key`: never with checked public keys.
 */
export function respond(options: RespondOptions): InitialKeys {
  const { identity, signedPreKey, oneTimePreKey, identityKey, baseKey } = inputObject('options', options);
  const secrets = [
    agree(signedPreKey.privateKey, identityKey),
    agree(identity.privateKey, baseKey),
    agree(signedPreKey.privateKey, baseKey),
  ];
  if (oneTimePreKey !== undefined) secrets.push(agree(oneTimePreKey.privateKey, baseKey));
  return deriveInitialKeys(secrets);
}

/**
 * A 16-byte tag of an initial root key, by which a replayed agreement is recognised.
 *
 * The base key's bytes are no such mark: adding a torsion point changes them and not the secret, and nothing
 * authenticates them.
 */
export function rootTag(rootKey: RootKey): Uint8Array {
  return hkdfSha256(reveal(rootKey), NO_SALT, ROOT_TAG_INFO, ROOT_TAG_LENGTH);
}

function deriveInitialKeys(secrets: readonly Uint8Array[]): InitialKeys {
  const inputKey = concat(DISCONTINUITY, ...secrets);
  const output = hkdfSha256(inputKey, NO_SALT, INFO, 64);
  try {
    return {
      rootKey: new Secret('RootKey', output.subarray(0, 32)),
      chainKey: new Secret('ChainKey', output.subarray(32)),
    };
  } finally {
    wipe(inputKey, output, ...secrets);
  }
}
