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
import { chainSteps, hkdfSha256 } from '../crypto/index.js';

/** The root key of a ratchet, 32 bytes. */
export type RootKey = Secret<'RootKey'>;

/** The chain key from which the next message's key follows, 32 bytes. */
export type ChainKey = Secret<'ChainKey'>;

/** Bytes of a root key, a chain key and a message seed. */
export const CHAIN_KEY_LENGTH = 32;

const INFO_ROOT = utf8('WhisperRatchet');
const INFO_MESSAGE_KEYS = utf8('WhisperMessageKeys');
const MESSAGE_KEYS_LENGTH = 80;
const STEP_LENGTH = CHAIN_KEY_LENGTH + MESSAGE_KEYS_LENGTH;
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

/** The keys of one message: views of one array that is wiped after use. */
export interface MessageKeys {
  readonly cipherKey: Uint8Array;
  readonly macKey: Uint8Array;
  readonly iv: Uint8Array;
}

/** One step of a chain: views of an array that is wiped after use. */
export interface ChainStep {
  /** The next chain key, 32 bytes. */
  readonly next: Uint8Array;
  /** The keys of the message at the chain key that was. */
  readonly keys: MessageKeys;
}

/** One step of each chain, in their order, and the array to wipe. */
export function stepChains(chainKeys: readonly Uint8Array[]): {
  readonly steps: readonly ChainStep[];
  readonly all: Uint8Array;
} {
  const all = chainSteps(chainKeys, INFO_MESSAGE_KEYS, MESSAGE_KEYS_LENGTH);
  const steps = chainKeys.map((_, i) => {
    const start = i * STEP_LENGTH;
    return {
      next: all.subarray(start, start + CHAIN_KEY_LENGTH),
      keys: messageKeys(all, start + CHAIN_KEY_LENGTH),
    };
  });
  return { steps, all };
}

/** The keys of a skipped message from its seed, and the array to wipe. */
export function deriveMessageKeys(seed: Uint8Array): {
  readonly keys: MessageKeys;
  readonly all: Uint8Array;
} {
  const all = hkdfSha256(seed, NO_SALT, INFO_MESSAGE_KEYS, MESSAGE_KEYS_LENGTH);
  return { keys: messageKeys(all, 0), all };
}

function messageKeys(all: Uint8Array, start: number): MessageKeys {
  const macKey = start + 32;
  const iv = macKey + 32;
  return {
    cipherKey: all.subarray(start, macKey),
    macKey: all.subarray(macKey, iv),
    iv: all.subarray(iv, iv + 16),
  };
}
