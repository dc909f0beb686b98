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
import { CHAIN_KEY_LENGTH, type ChainKey, type MessageDerivation } from '../chain/index.js';
import { utf8, wipe } from '../core/bytes.js';
import { reveal, Secret } from '../core/secret.js';
import { chainSteps, hkdfSha256 } from '../crypto/index.js';

/** The root key of a ratchet, 32 bytes. */
export type RootKey = Secret<'RootKey'>;

/** The keys of a message. */
export const MESSAGE_KEYS: MessageDerivation = { info: utf8('WhisperMessageKeys'), length: 80 };

const INFO_ROOT = utf8('WhisperRatchet');
const STEP_LENGTH = CHAIN_KEY_LENGTH + MESSAGE_KEYS.length;

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
  const all = chainSteps(chainKeys, MESSAGE_KEYS.info, MESSAGE_KEYS.length);
  const steps = chainKeys.map((_, i) => {
    const start = i * STEP_LENGTH;
    return {
      next: all.subarray(start, start + CHAIN_KEY_LENGTH),
      keys: messageKeys(all, start + CHAIN_KEY_LENGTH),
    };
  });
  return { steps, all };
}

/** The keys of one message, which begin at `start`. */
export function messageKeys(all: Uint8Array, start = 0): MessageKeys {
  const macKey = start + 32;
  const iv = macKey + 32;
  return {
    cipherKey: all.subarray(start, macKey),
    macKey: all.subarray(macKey, iv),
    iv: all.subarray(iv, iv + 16),
  };
}
