/**
 * What a wire profile is: a row of the table in `code.ts`. Nothing below that table knows which one it serves.
 *
 * @module
 */
import type { PublicKey } from '../crypto/index.js';
import type { SecurityCodeComparison } from './comparison.js';
import type { Both } from './fingerprint.js';

/** How one family of applications makes codes and QR payloads. */
export interface Profile<Party> {
  /** The form in which keys are hashed: 32 or 33 bytes. */
  readonly encodeKey: (key: PublicKey) => Uint8Array;
  /** Checks what the parties say of themselves; the keys are not its business. */
  readonly prepare: (local: Party, remote: Party) => Prepared;
  /** Versions of the QR payload that are understood. */
  readonly versions: readonly number[];
  /** Compares the own payload with one of an understood version. */
  readonly compare: (own: Uint8Array, scanned: Uint8Array) => SecurityCodeComparison;
}

/** Two people who were checked. */
export interface Prepared {
  /** What is hashed together with the keys. */
  readonly identifiers: Both<Uint8Array>;
  /** The QR payload for joined keys and fingerprints of 64 bytes. */
  readonly encode: (keys: Both<Uint8Array>, fingerprints: Both<Uint8Array>) => Uint8Array;
}
