/**
 * Making a group, and making a change of one: what follows from it here, and whom to tell what.
 *
 * @module
 */
import { inputAccount, type Address } from '../core/address.js';
import { copyBytes, describe } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import { nextGroup, without, type ChangeKind, type GroupChange } from './change.js';
import { eventsBetween, type GroupEvent } from './events.js';
import { GROUP_HASH_LENGTH, type Group } from './group.js';
import { historyFrom } from './history.js';
import { inputGroupRecord, recordFrom, recordOf, type GroupRecord } from './known.js';
import { MAX_MEMBERS } from './limits.js';
import { inputList } from './lists.js';
import { encodeGroupUpdate } from './update.js';

/** What to tell some accounts, pairwise, on all their devices. */
export interface GroupAnnouncement {
  /** Addresses of the accounts, our own among them: its other devices are told as well. */
  readonly accounts: readonly Address[];
  /** For `groupChange` of Content. */
  readonly groupChange: Uint8Array;
}

/** A group that was made or changed. */
export interface ChangedGroup {
  /** To be stored. */
  readonly record: GroupRecord;
  /** What to show. */
  readonly events: readonly GroupEvent[];
  /** Whom to tell what: members of before get the change, new ones the state. */
  readonly announcements: readonly GroupAnnouncement[];
}

/** A new group. */
export interface CreateGroupOptions {
  /** Its address: one that no other group has. */
  readonly id: Address;
  /** Address of our own account: the first member and admin. */
  readonly creator: Address;
  /** Addresses of the other members' accounts. */
  readonly members: readonly Address[];
}

/**
 * A new group, whose creator is its only admin.
 *
 * @throws PolyratchetError `membership-conflict` `full`; `invalid-argument`.
 * @example
 * ```ts
 * import { createGroup } from 'polyratchet/group';
 *
 * const [creator, bob] = ['alice@example.org', 'bob@example.org'];
 * const { record, announcements } = createGroup({ id: 'friends@groups.example.org', creator, members: [bob] });
 * for (const { accounts, groupChange } of announcements) console.log('send', groupChange, 'to', accounts);
 * ```
 */
export function createGroup(options: CreateGroupOptions): ChangedGroup {
  const { creator } = inputObject('options', options);
  const id = inputAccount('id', options.id);
  const all = [inputAccount('creator', creator), ...inputList('members', options.members)];
  const members = inputAccounts('members', all, id);
  if (members.length > MAX_MEMBERS)
    throw new PolyratchetError('membership-conflict', { group: id, version: 1, why: 'full' });
  const parent = new Uint8Array(GROUP_HASH_LENGTH);
  const group: Group = { id, version: 1, members, admins: [creator], parent };
  return {
    record: recordOf(group),
    events: members.map((account) => ({ kind: 'added', account, by: creator })),
    announcements: [{ accounts: members, groupChange: encodeGroupUpdate({ kind: 'state', group }) }],
  };
}

/** A change that we make. */
export type ChangeGroupOptions = {
  /** What is known of the group. */
  readonly record: GroupRecord;
  /** Address of our own account. */
  readonly author: Address;
} & (
  | {
      /** What to do with the accounts. */
      readonly kind: Exclude<ChangeKind, 'leave'>;
      /** Addresses of the accounts. */
      readonly accounts: readonly Address[];
    }
  | {
      /** We go. */
      readonly kind: 'leave';
    }
);

/** A group that we have changed. */
export interface MadeChange extends ChangedGroup {
  /** The change. */
  readonly change: GroupChange;
}

/**
 * Changes a group: adds, removes, promotes or demotes members as an admin, or leaves.
 *
 * Until all have it the change may still lose against one of another admin: `applyGroupChange` says so then.
 *
 * @throws PolyratchetError `membership-conflict`: we are no admin, or the change does not fit the members, such as somebody
 *   who is added twice; `invalid-argument`.
 * @example
 * ```ts
 * import { changeGroup, createGroup } from 'polyratchet/group';
 *
 * const [alice, bob] = ['alice@example.org', 'bob@example.org'];
 * const made = createGroup({ id: 'friends@groups.example.org', creator: alice, members: [bob] });
 * const { events } = changeGroup({ record: made.record, author: alice, kind: 'remove', accounts: [bob] });
 * console.log(events); // [{ kind: 'removed', account: bob, by: alice }]
 * ```
 */
export function changeGroup(options: ChangeGroupOptions): MadeChange {
  const { kind, author } = inputObject('options', options);
  const { group, hash: parent, base, steps } = inputGroupRecord(options.record);
  if (!KINDS.includes(kind)) throw invalidArgument('kind', KINDS.join(', '), describe(kind));
  const accounts = options.kind === 'leave' ? [] : inputAccounts('accounts', options.accounts, group.id);
  if (kind !== 'leave' && accounts.length === 0)
    throw invalidArgument('accounts', 'at least one account', 'none');
  const { id, version, members } = group;
  const change: GroupChange = { kind, id, version: version + 1, parent: copyBytes(parent), accounts };
  const step = { change, author: inputAccount('author', author) };
  const next = nextGroup(group, step);
  if (next.kind === 'invalid')
    throw new PolyratchetError('membership-conflict', { group: id, version, why: next.why });
  const joining = without(next.group.members, members);
  const state = { accounts: joining, groupChange: encodeGroupUpdate({ kind: 'state', group: next.group }) };
  return {
    record: recordFrom(historyFrom(base, [...steps, step])),
    change,
    events: eventsBetween({ before: group, after: next.group, steps: [step], by: author }),
    announcements: [
      { accounts: members, groupChange: encodeGroupUpdate({ kind: 'change', change }) },
      ...(joining.length === 0 ? [] : [state]),
    ],
  };
}

const KINDS: readonly ChangeKind[] = ['add', 'remove', 'promote', 'demote', 'leave'];

/** Addresses in the order of their characters, each once: of accounts, so none is that of the group. */
function inputAccounts(name: string, accounts: readonly Address[], group: Address): readonly Address[] {
  const checked = inputList(name, accounts).map((account) => inputAccount(name, account));
  if (checked.includes(group)) throw invalidArgument(name, 'accounts', 'the address of the group');
  return [...new Set(checked)].sort();
}
