/**
 * The key derivations of the Double Ratchet.
 *
 *     KDF_RK(rk, dh) = HKDF(dh, salt rk, "WhisperRatchet", 64)      → root key ‖ chain key
 *     KDF_CK(ck)     = HMAC(ck, 02), HMAC(ck, 01)                   → next chain key, message seed
 *     message keys   = HKDF(seed, no salt, "WhisperMessageKeys", 80) → cipher key ‖ MAC key ‖ IV
 *
 * Source: The Double Ratchet Algorithm §5.2; the constants are libsignal's for protocol version 3.
 *
 * @module
 */
import { utf8, wipe } from '../core/bytes.js';
import { reveal, Secret } from '../core/secret.js';
import { hkdfSha256, hmacSha256 } from '../crypto/index.js';

/** The root key of a ratchet, 32 bytes. */
export type RootKey = Secret<'RootKey'>;

/** The chain key from which the next message's key follows, 32 bytes. */
export type ChainKey = Secret<'ChainKey'>;

/** Bytes of a root key, a chain key and a message seed. */
export const CHAIN_KEY_LENGTH = 32;

const INFO_ROOT = utf8('WhisperRatchet');
const INFO_MESSAGE_KEYS = utf8('WhisperMessageKeys');
const SEED_INPUT = Uint8Array.of(0x01);
const CHAIN_INPUT = Uint8Array.of(0x02);
const NO_SALT = new Uint8Array(0);

/** The next root key and the chain key that a Diffie-Hellman result starts; wipes the result. */
export function deriveRootKey(
  rootKey: RootKey,
  sharedSecret: Uint8Array,
): { rootKey: RootKey; chainKey: ChainKey } {
  const output = hkdfSha256(sharedSecret, reveal(rootKey), INFO_ROOT, 64);
  try {
    return {
      rootKey: new Secret('RootKey', output.subarray(0, 32)),
      chainKey: new Secret('ChainKey', output.subarray(32)),
    };
  } finally {
    wipe(sharedSecret, output);
  }
}

/** The chain key after this one, 32 fresh bytes. */
export function nextChainKey(chainKey: Uint8Array): Uint8Array {
  return hmacSha256(chainKey, CHAIN_INPUT);
}

/** The seed of the message at this chain key, 32 fresh bytes. */
export function messageSeed(chainKey: Uint8Array): Uint8Array {
  return hmacSha256(chainKey, SEED_INPUT);
}

/** The keys of one message: views of one array that the caller wipes. */
export interface MessageKeys {
  readonly cipherKey: Uint8Array;
  readonly macKey: Uint8Array;
  readonly iv: Uint8Array;
  /** All of them: 80 bytes. */
  readonly all: Uint8Array;
}

/** The keys of the message with this seed. */
export function deriveMessageKeys(seed: Uint8Array): MessageKeys {
  const all = hkdfSha256(seed, NO_SALT, INFO_MESSAGE_KEYS, 80);
  return { cipherKey: all.subarray(0, 32), macKey: all.subarray(32, 64), iv: all.subarray(64), all };
}
