/**
 * Linking codes: eight characters that a companion shows and a person types into the primary.
 *
 * Forty random bits. They protect the exchange only while it runs: whoever sits between the devices has one guess a run,
 * because an answer that was made for a wrong guess shows nothing to check another one against.
 *
 * @module
 */
import { describe, utf8 } from '../../core/bytes.js';
import { randomBytes, type Random } from '../../core/random.js';
import { invalidArgument } from '../../core/refusals.js';

/** Five bits a character, without 0, I, O and U, which are mistaken for others. */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTVWXYZ';

/** Characters of a code. */
export const LINKING_CODE_LENGTH = 8;

const CODE_PATTERN = new RegExp(`^[${ALPHABET}]{${LINKING_CODE_LENGTH}}$`);

/** A fresh code: 40 random bits, five a character, the most significant first. */
export function generateLinkingCode(random: Random): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = randomBytes(random, 5);
  const bits = ((a * 256 + b) * 256 + c) * 65_536 + d * 256 + e;
  return Array.from({ length: LINKING_CODE_LENGTH }, (_, at) => {
    const shifted = Math.floor(bits / 32 ** (LINKING_CODE_LENGTH - 1 - at));
    return ALPHABET.charAt(shifted % 32);
  }).join('');
}

/**
 * A code as people read it: two groups of four.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { formatLinkingCode } from 'polyratchet/devices';
 *
 * formatLinkingCode('ABCD1234'); // 'ABCD-1234'
 * ```
 */
export function formatLinkingCode(code: string): string {
  const checked = parseLinkingCode(code);
  return `${checked.slice(0, 4)}-${checked.slice(4)}`;
}

/**
 * A code as a person has typed it: small letters, spaces and hyphens do not matter; every other character does.
 *
 * @throws PolyratchetError `invalid-argument`: not eight characters of the alphabet.
 * @example
 * ```ts
 * import { parseLinkingCode } from 'polyratchet/devices';
 *
 * parseLinkingCode(' abcd-1234 '); // 'ABCD1234'
 * ```
 */
export function parseLinkingCode(text: string): string {
  const code = typeof text === 'string' ? text.replace(/[ -]/g, '').toUpperCase() : '';
  if (CODE_PATTERN.test(code)) return code;
  throw invalidArgument(
    'code',
    `${LINKING_CODE_LENGTH} characters of ${ALPHABET}`,
    typeof text === 'string' ? `${text.length} characters` : describe(text),
  );
}

/** The bytes of a checked code from which keys are derived. */
export function codeBytes(code: string): Uint8Array {
  return utf8(code);
}
