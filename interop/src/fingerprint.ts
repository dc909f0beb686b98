/** What implementations of Signal's fingerprints look like. */
import type { Installed } from './peer.js';

/** One person: an identifier and a key in its 33-byte form. */
export interface Person {
  readonly identifier: Uint8Array;
  readonly identityKey: Uint8Array;
}

export interface FingerprintPeer extends Installed {
  generateIdentityKey(): Uint8Array;
  /** The fingerprint as the local person's device has it, over 5,200 rounds. */
  create(
    local: Person,
    remote: Person,
    version: number,
  ): { readonly digits: string; readonly scannable: Uint8Array };
  /** Throws where it cannot compare. */
  compare(own: Uint8Array, scanned: Uint8Array): boolean;
}
