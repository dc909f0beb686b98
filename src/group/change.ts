/**
 * A change of a group, and the rule that says what it makes of a state.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import type { WhyConflict } from '../core/errors.js';
import type { Group } from './group.js';
import { MAX_MEMBERS } from './limits.js';

/** What a change does with the accounts that it names. `leave` names nobody: its author goes. */
export type ChangeKind = 'add' | 'remove' | 'promote' | 'demote' | 'leave';

/** A change of a group. Who made it is not in it: the session that it came by says that. */
export interface GroupChange {
  /** What it does. */
  readonly kind: ChangeKind;
  /** Address of the group. */
  readonly id: Address;
  /** Version of the state that it makes. */
  readonly version: number;
  /** Hash of the state that it changes, 32 bytes. */
  readonly parent: Uint8Array;
  /** The accounts that it is about, in the order of their characters; of a `leave` none. */
  readonly accounts: readonly Address[];
}

/** A change, and the account that made it. */
export interface GroupStep {
  /** The change. */
  readonly change: GroupChange;
  /** Address of the account whose device sent it, as its session has authenticated it. */
  readonly author: Address;
}

/** Why a change cannot be made of a state. */
export type WhyInvalid = Exclude<WhyConflict, 'lost' | 'disputed'>;

/** What a change makes of a state: the next state, or why it cannot be made. */
export type NextGroup =
  { readonly kind: 'valid'; readonly group: Group } | { readonly kind: 'invalid'; readonly why: WhyInvalid };

/** The accounts that a step is about. */
export function subjectsOf({ change, author }: GroupStep): readonly Address[] {
  return change.kind === 'leave' ? [author] : change.accounts;
}

/** What a step makes of the state that it names as its parent. */
export function nextGroup(group: Group, step: GroupStep): NextGroup {
  const { kind, version, parent } = step.change;
  const { members, admins, why } = RULES[kind](group, subjectsOf(step));
  const whyNot =
    whyNotBy(group, step) ??
    why ??
    (members.length > MAX_MEMBERS ? 'full' : undefined) ??
    (members.length > 0 && admins.length === 0 ? 'last-admin' : undefined);
  if (whyNot !== undefined) return { kind: 'invalid', why: whyNot };
  return { kind: 'valid', group: { id: group.id, version, members, admins, parent } };
}

/** Whether the author may make the change: an admin, or who leaves. */
function whyNotBy({ members, admins }: Group, { change, author }: GroupStep): WhyInvalid | undefined {
  if (!members.includes(author)) return 'not-a-member';
  return change.kind === 'leave' || admins.includes(author) ? undefined : 'not-an-admin';
}

/** Members and admins after a change, and what speaks against it. */
interface Changed extends Pick<Group, 'members' | 'admins'> {
  readonly why?: WhyInvalid | undefined;
}

type ChangeRule = (group: Group, subjects: readonly Address[]) => Changed;

const remove: ChangeRule = ({ members, admins }, subjects) => ({
  members: without(members, subjects),
  admins: without(admins, subjects),
  why: areAllIn(members, subjects) ? undefined : 'no-such-member',
});

/** Each kind of change. */
const RULES: Readonly<Record<ChangeKind, ChangeRule>> = {
  add: ({ members, admins }, subjects) => ({
    members: [...members, ...subjects].sort(),
    admins,
    why: without(subjects, members).length < subjects.length ? 'already-a-member' : undefined,
  }),
  remove,
  leave: remove,
  promote: ({ members, admins }, subjects) => ({
    members,
    admins: [...admins, ...subjects],
    why: !areAllIn(members, subjects)
      ? 'no-such-member'
      : without(subjects, admins).length < subjects.length
        ? 'already-an-admin'
        : undefined,
  }),
  demote: ({ members, admins }, subjects) => ({
    members,
    admins: without(admins, subjects),
    why: areAllIn(admins, subjects) ? undefined : 'no-such-admin',
  }),
};

/** The accounts of a list that are not in another. */
export function without(accounts: readonly Address[], others: readonly Address[]): readonly Address[] {
  const left = new Set(others);
  return accounts.filter((account) => !left.has(account));
}

function areAllIn(accounts: readonly Address[], subjects: readonly Address[]): boolean {
  return without(subjects, accounts).length === 0;
}
