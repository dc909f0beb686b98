/** What another implementation's messages look like to the cases. */
import type { Installed } from './peer.js';

/** One that reads and writes WhatsApp's Message. */
export interface MessagePeer extends Installed {
  /** Bytes of a Message under the names of its definitions; byte strings are base64, times and types numbers. */
  encode(message: object): Uint8Array;
  /** A Message as plain data of the same form. */
  decode(bytes: Uint8Array): Record<string, unknown>;
  /** Bytes of a Message with the padding that is encrypted along. */
  encodePadded(message: object): Uint8Array;
  unpad(padded: Uint8Array): Uint8Array;
  /** The participant hash of device texts. */
  participantHash(devices: readonly string[]): string;
}
