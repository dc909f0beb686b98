/**
 * Whether people must compare again: only a change of a primary identity asks for it.
 *
 * A companion is accepted because the primary has signed for it (Automatic Device Verification), so it changes the code
 * and asks nobody. A new primary identity is a new phone, or somebody else's: no signature vouches for it.
 *
 * @module
 */
import { concat, equalBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { invalidArgument } from '../core/refusals.js';
import { publicKeyFrom, type PublicKey } from '../crypto/index.js';
import { inputIdentityKeys, sortBytes } from './party.js';

/** The identity keys of one person at one time. */
export interface PersonIdentities {
  /** The primary's identity key, 32 bytes; one of `identityKeys`. */
  readonly primary: Uint8Array;
  /** The keys of all accepted devices, as they went into the code: 32 bytes each. */
  readonly identityKeys: readonly Uint8Array[];
}

/** One person's identity keys, then and now. */
export interface SecurityNoticeOptions {
  /** When the code was last worked out. */
  readonly before: PersonIdentities;
  /** Now. */
  readonly after: PersonIdentities;
}

/** What a change of identities means to people. */
export type SecurityNotice =
  | {
      /** The identities are the same, and so is the code. */
      readonly kind: 'none';
      /** Nothing to do. */
      readonly compare: false;
    }
  | {
      /** Companions came or went under the same primary: the code is another one, and still trusted. */
      readonly kind: 'code-changed';
      /** Nothing to do. */
      readonly compare: false;
    }
  | {
      /** The primary identity is another one: show it in the chat. */
      readonly kind: 'primary-changed';
      /** A comparison that was made before says nothing any more. */
      readonly compare: true;
    };

/**
 * What the change from one set of identities to another means; to be asked for each of the two people.
 *
 * Both sets are of accepted devices: those whose signatures under the primary were verified.
 *
 * @throws PolyratchetError `invalid-argument`; `too-large`: more than 64 keys; `invalid-key`.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { generateIdentity } from 'polyratchet/identity';
 * import { securityNotice } from 'polyratchet/securitycode';
 *
 * const phone = generateIdentity(systemRandom).publicKey;
 * const laptop = generateIdentity(systemRandom).publicKey;
 * const notice = securityNotice({
 *   before: { primary: phone, identityKeys: [phone] },
 *   after: { primary: phone, identityKeys: [phone, laptop] },
 * });
 * console.log(notice.kind, notice.compare); // 'code-changed' false
 * ```
 */
export function securityNotice(options: SecurityNoticeOptions): SecurityNotice {
  const { before, after } = inputObject('options', options);
  const [then, now] = [inputIdentities('before', before), inputIdentities('after', after)];
  if (!equalBytes(then.primary, now.primary)) return { kind: 'primary-changed', compare: true };
  const kind = equalBytes(then.keys, now.keys) ? 'none' : 'code-changed';
  return { kind, compare: false };
}

interface CheckedIdentities {
  readonly primary: PublicKey;
  /** Sorted and joined: a multiset. */
  readonly keys: Uint8Array;
}

function inputIdentities(name: string, identities: PersonIdentities): CheckedIdentities {
  const { primary, identityKeys } = inputObject(name, identities);
  const checked = publicKeyFrom('primary', primary);
  const keys = inputIdentityKeys(identityKeys);
  if (keys.some((key) => equalBytes(key, checked)))
    return { primary: checked, keys: concat(...sortBytes(keys)) };
  throw invalidArgument(`${name}.primary`, 'one of the identity keys', 'another key');
}
