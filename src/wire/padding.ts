/**
 * Message padding: n bytes of value n, so that the length of a text does not show exactly.
 *
 * @module
 */
import { copyBytes, inputBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { randomBytes, type Random } from '../core/random.js';
import { malformed } from '../core/refusals.js';

/** Longest plaintext of one message: far above any text, and media travel elsewhere. */
export const MAX_PLAINTEXT_LENGTH: number = 256 * 1024;

/** Most padding bytes: what WhatsApp's clients write and accept. */
export const MAX_PADDING = 16;

/**
 * The plaintext followed by 1 … 16 padding bytes.
 *
 * @throws PolyratchetError `too-large`: more than {@link MAX_PLAINTEXT_LENGTH} bytes.
 */
export function pad(plaintext: Uint8Array, random: Random): Uint8Array {
  const input = inputBytes('plaintext', plaintext);
  if (input.length > MAX_PLAINTEXT_LENGTH) {
    throw new PolyratchetError('too-large', {
      what: 'plaintext',
      limit: MAX_PLAINTEXT_LENGTH,
      got: input.length,
    });
  }
  const [draw = 0] = randomBytes(random, 1);
  const padding = 1 + (draw % MAX_PADDING);
  const padded = new Uint8Array(input.length + padding).fill(padding, input.length);
  padded.set(input);
  return padded;
}

/**
 * The plaintext in a fresh array; called on authenticated bytes only, so it is no oracle.
 *
 * @throws PolyratchetError `malformed`: no padding, more than 16 bytes of it, or bytes that differ.
 */
export function unpad(padded: Uint8Array): Uint8Array {
  const padding = padded.at(-1) ?? 0;
  const start = padded.length - padding;
  if (
    padding < 1 ||
    padding > MAX_PADDING ||
    start < 0 ||
    padded.subarray(start).some((byte) => byte !== padding)
  ) {
    throw malformed('plaintext', 'padding', `1 to ${MAX_PADDING} equal bytes`, 'others');
  }
  return copyBytes(padded.subarray(0, start));
}
