/**
 * What messages say about the state of their group: its version and hash, from inside the encryption.
 *
 * A server that keeps changes from somebody is found out by the first message that was sent under another state.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { copyBytes, equalBytes, inputBytes, toHex } from '../core/bytes.js';
import { inputInteger, inputObject, MAX_UINT32 } from '../core/check.js';
import { bytes, nested, optional, required, uint32, type OptionalRow } from '../wire/index.js';
import { GROUP_HASH_LENGTH } from './group.js';
import { historyOf, inputGroupRecord, type GroupRecord } from './known.js';

/** The state of a group as a message names it. */
export interface GroupStateClaim {
  /** Its version. */
  readonly version: number;
  /** Its hash, 32 bytes. */
  readonly hash: Uint8Array;
}

/** The row that groups bring into Content: the state that a message was sent under. */
export type GroupExtensions = Readonly<Record<'groupState', OptionalRow<GroupStateClaim>>>;

/**
 * The extension that messages to groups have: field 1006 of Content, for the `extensions` of an account's format.
 *
 * @example
 * ```ts
 * import type { ContentFormat } from 'polyratchet/content';
 * import { groupExtensions, type GroupExtensions } from 'polyratchet/group';
 *
 * const format: ContentFormat<GroupExtensions> = { form: 'payload', extensions: groupExtensions };
 * ```
 */
export const groupExtensions: GroupExtensions = {
  groupState: optional(
    1006,
    nested<GroupStateClaim>({
      name: 'groupState',
      unknown: 'reject',
      rows: { version: required(1, uint32), hash: required(2, bytes(GROUP_HASH_LENGTH)) },
    }),
  ),
};

/** What a message under the state that counts says: for `extensions.groupState` of Content. */
export function groupStateOf(record: GroupRecord): GroupStateClaim {
  const { group, hash } = inputGroupRecord(record);
  return { version: group.version, hash: copyBytes(hash) };
}

/** A record, and what a message says. */
export interface CompareGroupStateOptions {
  /** What is known of the group. */
  readonly record: GroupRecord;
  /** What a message says of it. */
  readonly claim: GroupStateClaim;
}

/** What a message's word on the group means. */
export interface GroupStateComparison {
  /**
   * - `agrees`: the sender sees the group as we do;
   * - `behind`: the sender lacks changes that we have, or has not yet seen that one of them lost;
   * - `ahead`: changes are on their way to us: if they do not come soon, ask;
   * - `differs`: the sender sees another group: ask.
   */
  readonly kind: 'agrees' | 'behind' | 'ahead' | 'differs';
  /** Addresses of the accounts to ask, the longest-standing admin first; none where nothing is to be asked. */
  readonly ask: readonly Address[];
}

/**
 * Compares what a message says about the state of its group with what we know. The server has no say in either.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { compareGroupState, createGroup, groupStateOf } from 'polyratchet/group';
 *
 * const { record } = createGroup({ id: 'friends@groups.example.org', creator: 'alice@example.org', members: [] });
 * compareGroupState({ record, claim: groupStateOf(record) }).kind; // 'agrees'
 * ```
 */
export function compareGroupState(options: CompareGroupStateOptions): GroupStateComparison {
  const record = inputGroupRecord(inputObject('options', options).record);
  const { version, hash } = inputObject('claim', options.claim);
  const claimed = inputBytes('claim.hash', hash, GROUP_HASH_LENGTH);
  inputInteger('claim.version', version, 0, MAX_UINT32);
  const { group, base } = record;
  if (equalBytes(record.hash, claimed)) return { kind: 'agrees', ask: [] };
  if (version > group.version) return { kind: 'ahead', ask: group.admins };
  if (version < base.version || historyOf(record).nodes.has(toHex(claimed)))
    return { kind: 'behind', ask: [] };
  return { kind: 'differs', ask: group.admins };
}
