/**
 * A new sender key, and what other devices are given of it.
 *
 * @module
 */
import { CHAIN_KEY_LENGTH, COUNTER_LIMIT } from '../chain/index.js';
import { readUint32, wipe } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { randomBytes, type Random } from '../core/random.js';
import { Secret } from '../core/secret.js';
import { SEED_LENGTH, signerKeyPair } from '../crypto/index.js';
import { EMITTED_VERSION_BYTE } from '../wire/index.js';
import { profileOf } from './profile.js';
import type { SenderKey } from './state.js';
import { inputUuid } from './uuid.js';

/** What a sender key is made of. */
export type CreateSenderKeyOptions =
  | {
      /** `whatsapp` by default. */
      readonly profile?: 'whatsapp';
      /** The source of its number, its chain key and its signing key. */
      readonly random: Random;
    }
  | {
      /** Signal's formats. */
      readonly profile: 'signal';
      /** The UUID under which we distribute to the group: another one for each group, the same when a key is renewed. */
      readonly distributionId: string;
      /** The source of its number, its chain key and its signing key. */
      readonly random: Random;
    };

/**
 * A new sender key for one group. Never use one in two groups: a message of the one could be shown in the other.
 *
 * Its signing key begins as an Ed25519 seed, so signing is as fast as the platform signs.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { createSenderKey } from 'polyratchet/senderkey';
 *
 * const senderKey = createSenderKey({ random: systemRandom });
 * ```
 */
export function createSenderKey(options: CreateSenderKeyOptions): SenderKey {
  const { profile = 'whatsapp', random } = inputObject('options', options);
  profileOf(profile);
  const distributionId =
    options.profile === 'signal' ? inputUuid('distributionId', options.distributionId) : undefined;
  const drawn = randomBytes(random, CHAIN_KEY_AT + CHAIN_KEY_LENGTH);
  try {
    return {
      profile,
      keyId: readUint32(drawn, 0) >>> 1, // 31 bits, as all peers draw: some keep it as a signed integer
      ...(distributionId === undefined ? {} : { distributionId }),
      signingKey: signerKeyPair('SenderSigningKeySeed', drawn.subarray(SEED_AT, CHAIN_KEY_AT)),
      chainKey: new Secret('ChainKey', drawn.subarray(CHAIN_KEY_AT)),
      iteration: 0,
    };
  } finally {
    wipe(drawn);
  }
}

/** Where the parts of what is drawn begin: the number, the seed of the signing key, the chain key. */
const SEED_AT = 4;
const CHAIN_KEY_AT: number = SEED_AT + SEED_LENGTH;

/** Which key to hand out. */
export interface SenderKeyDistributionOptions {
  /** A key of our own. */
  readonly senderKey: SenderKey;
}

/**
 * The SenderKeyDistributionMessage: what another device needs to read all messages from the next one on.
 *
 * Earlier ones it cannot read: who joins gets the chain as it stands. The bytes are as secret as the key; they travel inside
 * the pairwise encryption only, together with the group's address.
 *
 * @throws PolyratchetError `counter-exhausted`: no message will follow; `invalid-argument`.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { createSenderKey, senderKeyDistribution } from 'polyratchet/senderkey';
 *
 * const senderKey = createSenderKey({ random: systemRandom });
 * const message = senderKeyDistribution({ senderKey }); // for `senderKeyDistribution` of Content
 * ```
 */
export function senderKeyDistribution(options: SenderKeyDistributionOptions): Uint8Array {
  const { senderKey } = inputObject('options', options);
  const { profile, signingKey, ...rest } = inputObject('senderKey', senderKey);
  if (rest.iteration >= COUNTER_LIMIT) throw new PolyratchetError('counter-exhausted', {});
  const fields = { ...rest, signingKey: signingKey.publicKey };
  const distribution = profileOf(profile).distribution.encode(fields, 1, 0);
  distribution[0] = EMITTED_VERSION_BYTE;
  return distribution;
}
