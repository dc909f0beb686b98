/**
 * The protocol's serialised public keys: a type byte and the u coordinate.
 *
 * @module
 */
import { inputBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { KEY_LENGTH, readPublicKey, type PublicKey } from '../crypto/index.js';

/** The type byte of a Curve25519 key. */
export const KEY_TYPE: Uint8Array = Uint8Array.of(0x05);

/** Bytes of a serialised public key: 0x05 ‖ u. */
export const ENCODED_KEY_LENGTH: number = 1 + KEY_LENGTH;

/**
 * The 33-byte form in which keys are signed, authenticated and sent: 0x05 ‖ 32 bytes.
 *
 * @throws PolyratchetError `invalid-argument`: not 32 bytes.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { encodePublicKey, generateIdentity } from 'polyratchet/identity';
 *
 * const identity = generateIdentity(systemRandom);
 * encodePublicKey(identity.publicKey); // 33 bytes
 * ```
 */
export function encodePublicKey(publicKey: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(ENCODED_KEY_LENGTH);
  encoded.set(KEY_TYPE);
  encoded.set(inputBytes('publicKey', publicKey, KEY_LENGTH), 1);
  return encoded;
}

/**
 * Reads and checks the 33-byte form; `role` names the key in errors.
 *
 * Stricter than libsignal, which drops bytes after the 33rd and accepts every u.
 *
 * @throws PolyratchetError `invalid-key`: `length`, `type-byte`, `non-canonical`, `low-order`.
 * @example
 * ```ts
 * import { PolyratchetError } from 'polyratchet/errors';
 * import { decodePublicKey } from 'polyratchet/identity';
 *
 * try {
 *   decodePublicKey(new Uint8Array(33));
 * } catch (error) {
 *   if (!PolyratchetError.is(error, 'invalid-key')) throw error; // its type byte is not 0x05
 * }
 * ```
 */
export function decodePublicKey(encoded: Uint8Array, role = 'public key'): PublicKey {
  return readEncodedPublicKey(role, inputBytes(role, encoded));
}

/**
 * The same for bytes that are no caller's argument: a view of a message that is being read.
 *
 * @throws PolyratchetError `invalid-key`
 */
export function readEncodedPublicKey(role: string, bytes: Uint8Array): PublicKey {
  if (bytes.length !== ENCODED_KEY_LENGTH) throw new PolyratchetError('invalid-key', { role, why: 'length' });
  if (bytes[0] !== KEY_TYPE[0]) throw new PolyratchetError('invalid-key', { role, why: 'type-byte' });
  return readPublicKey(role, bytes.subarray(1));
}

/** Writes the 33-byte form of a key of ours into `bytes`. */
export function writePublicKey(bytes: Uint8Array, offset: number, publicKey: PublicKey): void {
  bytes.set(KEY_TYPE, offset);
  bytes.set(publicKey, offset + 1);
}
