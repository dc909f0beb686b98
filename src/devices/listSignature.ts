/**
 * The signature by which a primary vouches for its list: XEdDSA, 64 bytes.
 *
 *     list signature      primary     06 02 ‖ details
 *
 * It is verified as those of a device are: over the details as they came, under an identity key that the caller knows.
 *
 * @module
 */
import { concat } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import type { Random } from '../core/random.js';
import { publicKeyFrom } from '../crypto/index.js';
import { sign, type Identity } from '../identity/index.js';
import {
  decodeKeyIndexList,
  decodeSignedKeyIndexList,
  encodeKeyIndexList,
  encodeSignedKeyIndexList,
  type KeyIndexList,
} from './adv.js';
import { requirePinned, requireSignature, unverified } from './vouching.js';

const LIST_PREFIX = Uint8Array.of(6, 2);

/** A list to sign. */
export interface SignKeyIndexListOptions {
  /** The list. */
  readonly list: KeyIndexList;
  /** The primary's identity. */
  readonly identity: Identity;
  /** Used by imported identities only: their nonce is randomised. */
  readonly random: Random;
}

/**
 * Signs a key index list.
 *
 * @returns ADVSignedKeyIndexList bytes.
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { signKeyIndexList, verifyKeyIndexList } from 'polyratchet/devices';
 * import { generateIdentity } from 'polyratchet/identity';
 *
 * const identity = generateIdentity(systemRandom);
 * const list = { rawId: 4711, timestamp: 1_750_000_000_000, currentIndex: 2, validIndexes: [2] };
 * const signedList = signKeyIndexList({ list, identity, random: systemRandom });
 * verifyKeyIndexList({ signedList, primaryIdentity: identity.publicKey }); // the list
 * ```
 */
export function signKeyIndexList(options: SignKeyIndexListOptions): Uint8Array {
  const { list, identity, random } = inputObject('options', options);
  const details = encodeKeyIndexList(list);
  return encodeSignedKeyIndexList({
    details,
    accountSignature: sign({ identity, message: concat(LIST_PREFIX, details), random }),
    accountSignatureKey: identity.publicKey,
  });
}

/** A signed list to check. */
export interface VerifyKeyIndexListOptions {
  /** ADVSignedKeyIndexList bytes. */
  readonly signedList: Uint8Array;
  /** The primary's pinned identity key, 32 bytes. */
  readonly primaryIdentity: Uint8Array;
  /** Whether a hosted account is taken; without it, it is refused. */
  readonly hosted?: boolean;
}

/**
 * The list, if the primary has signed it. How old it is, and what came before it, is not looked at.
 *
 * @throws PolyratchetError `malformed`, `too-large`, `invalid-signature`; `invalid-key`; `device-unverified`:
 *   `other-primary`, `hosted`; `invalid-argument`.
 */
export function verifyKeyIndexList(options: VerifyKeyIndexListOptions): KeyIndexList {
  const { signedList, primaryIdentity, hosted = false } = inputObject('options', options);
  const primary = publicKeyFrom('primaryIdentity', primaryIdentity);
  const { details, accountSignature, accountSignatureKey } = decodeSignedKeyIndexList(signedList);
  requirePinned(accountSignatureKey, primary);
  requireSignature('device list', primary, concat(LIST_PREFIX, details), accountSignature);
  const list = decodeKeyIndexList(details);
  if (list.accountType === 'hosted' && !hosted) throw unverified('hosted');
  return list;
}
