/**
 * Accepting a sender key that another device gives us.
 *
 * @module
 */
import { MAX_CHAIN_STEPS, NO_SKIPPED_KEYS } from '../chain/index.js';
import { equalBytes, inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { checkVersionByte } from '../wire/index.js';
import { DISTRIBUTION_NAME, profileOf, type Distribution } from './profile.js';
import {
  findState,
  inputBinding,
  MAX_SENDER_KEY_STATES,
  type SenderKeyBindingOptions,
  type ReceivedSenderKey,
  type SenderKeyState,
} from './state.js';

/** A distribution, and whose it is. */
export interface AcceptSenderKeyOptions extends SenderKeyBindingOptions {
  /** The SenderKeyDistributionMessage, out of the pairwise encryption. */
  readonly distribution: Uint8Array;
}

/** What came of a distribution. */
export interface AcceptSenderKeyResult {
  /**
   * - `added`: a key that we did not have;
   * - `known`: one that we have; nothing has changed, wherever in its chain it begins;
   * - `advanced`: one that we have, but the sender is further ahead than a message may be: we follow, and what lies
   *   between is lost.
   */
  readonly kind: 'added' | 'known' | 'advanced';
  /** Replaces what was passed. */
  readonly received: ReceivedSenderKey;
}

/**
 * Takes the sender key that a device has sent us for a group. Five of a device are kept, the newest first.
 *
 * `group` is what the decrypted message names, and `sender` the device whose session has decrypted it; that the device is
 * a member's is for the caller to check. Both stay with the key.
 *
 * The same number with another signing key is refused. (libsignal replaces the key; here nobody, the sender included, makes
 * two keys of one.)
 *
 * @throws PolyratchetError `malformed`, `legacy-version`, `unknown-version`; `invalid-key`: of low order, not canonical, or
 * another than the number has; `wrong-chat`: `received` is of another group or device; `invalid-argument`.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { acceptSenderKeyDistribution, createSenderKey, senderKeyDistribution } from 'polyratchet/senderkey';
 *
 * const distribution = senderKeyDistribution({ senderKey: createSenderKey({ random: systemRandom }) });
 *
 * const sender = 'alice:2@example.org'; // whose session has decrypted it
 * const group = 'friends@groups.example.org'; // which the decrypted message names
 * const { kind, received } = acceptSenderKeyDistribution({ distribution, sender, group }); // 'added'
 * ```
 */
export function acceptSenderKeyDistribution(options: AcceptSenderKeyOptions): AcceptSenderKeyResult {
  const bound = inputBinding(inputObject('options', options));
  const input = inputBytes('distribution', options.distribution);
  checkVersionByte(DISTRIBUTION_NAME, input);
  const distribution = profileOf(bound.profile).distribution.decode(input.subarray(1));
  const known = findState(bound.states, distribution);
  if (known === undefined) {
    const states = [createState(distribution), ...bound.states].slice(0, MAX_SENDER_KEY_STATES);
    return { kind: 'added', received: { ...bound, states } };
  }
  if (!equalBytes(known.signingKey, distribution.signingKey)) {
    throw new PolyratchetError('invalid-key', { role: 'signingKey', why: 'other-key' });
  }
  if (distribution.iteration - known.chain.counter <= MAX_CHAIN_STEPS)
    return { kind: 'known', received: bound };
  const advanced = advance(known, distribution);
  const states = bound.states.map((state) => (state === known ? advanced : state));
  return { kind: 'advanced', received: { ...bound, states } };
}

function createState({ iteration, chainKey, ...fields }: Distribution): SenderKeyState {
  const chain = { chainKey, counter: iteration, skipped: NO_SKIPPED_KEYS, evictedBelow: iteration };
  return { ...fields, chain };
}

/** The chain from where the sender says it is; what was kept of it stays. */
function advance(state: SenderKeyState, { iteration, chainKey }: Distribution): SenderKeyState {
  const { skipped } = state.chain;
  return { ...state, chain: { chainKey, counter: iteration, skipped, evictedBelow: iteration } };
}
