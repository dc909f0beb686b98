/**
 * What the primary keeps about each device that it has linked.
 *
 * @module
 */
import type { PublicKey } from '../crypto/index.js';

/** How far a link has come: approved by the primary, or confirmed by the companion's own signature. */
export type CompanionLink =
  | {
      /** The primary has signed for it; whether it ever comes is open. */
      readonly kind: 'approved';
    }
  | {
      /** Both have signed. */
      readonly kind: 'confirmed';
      /** Its device number, as the server has given it out: 1 … 65535. */
      readonly device: number;
      /** Its ADVSignedDeviceIdentity with both signatures, as it came. */
      readonly signedIdentity: Uint8Array;
    };

/** A device that the primary has linked. */
export interface Companion {
  /** Its key index: given once, never again under the same raw id. */
  readonly keyIndex: number;
  /** Its identity key, 32 bytes. */
  readonly identity: PublicKey;
  /** What its offer calls it; at most {@link MAX_LABEL_LENGTH} characters. */
  readonly name?: string;
  /** What its offer says it runs on; at most {@link MAX_LABEL_LENGTH} characters. */
  readonly platform?: string;
  /** When the primary approved it, milliseconds since 1970. */
  readonly approvedAt: number;
  /** How far the link has come. */
  readonly link: CompanionLink;
}

/** Longest name and platform: what a screen can show, and no place to hide a payload in. */
export const MAX_LABEL_LENGTH = 256;
