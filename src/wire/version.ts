/**
 * The version byte in front of every session message: protocol version ‖ the sender's newest version, a nibble each.
 *
 * @module
 */
import { PolyratchetError } from '../core/errors.js';
import { malformed } from '../core/refusals.js';

/** X3DH and the Double Ratchet: the protocol version of this library's sessions. */
export const PROTOCOL_VERSION = 3;

/** What this library emits: every peer takes it, WhatsApp's clients nothing else. */
export const EMITTED_VERSION_BYTE = 0x33;

/** What it accepts: 0x34 is version 3 from a libsignal that also knows version 4. */
const ACCEPTED_VERSION_BYTES: ReadonlySet<number> = new Set([0x33, 0x34]);

/**
 * Checks the first byte of a message.
 *
 * @throws PolyratchetError `malformed`: there is none; `legacy-version`: below 3; `unknown-version`: anything else.
 */
export function checkVersionByte(what: string, bytes: Uint8Array): void {
  const [byte] = bytes;
  if (byte === undefined) {
    throw malformed(what, 'version', '1 byte', '0 bytes');
  }
  if (ACCEPTED_VERSION_BYTES.has(byte)) return;
  const code = byte >> 4 < PROTOCOL_VERSION ? 'legacy-version' : 'unknown-version';
  throw new PolyratchetError(code, { what, got: byte, supported: '0x33, 0x34' });
}
