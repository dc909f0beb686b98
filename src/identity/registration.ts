/**
 * Registration ids: a number by which a device notices that another was installed anew.
 *
 * @module
 */
import { readUint32 } from '../core/bytes.js';
import { randomBytes, type Random } from '../core/random.js';

/** Registration ids are drawn from 1 … 16380, as Signal does; any 32-bit number is accepted from others. */
export const MAX_REGISTRATION_ID = 16_380;

/**
 * Draws a registration id.
 *
 * Four random bytes modulo 16380: the bias is below 2⁻¹⁷, and the id is no secret.
 *
 * @throws PolyratchetError `invalid-argument`: the random source fails.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { generateRegistrationId } from 'polyratchet/identity';
 *
 * const registrationId = generateRegistrationId(systemRandom); // 1 … 16380
 * ```
 */
export function generateRegistrationId(random: Random): number {
  return 1 + (readUint32(randomBytes(random, 4), 0) % MAX_REGISTRATION_ID);
}
