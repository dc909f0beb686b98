/**
 * Taking a whole state: from the admin who has added us, or as an answer when our own state differs.
 *
 * @module
 */
import { inputAccount, type Address } from '../core/address.js';
import { equalBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { GroupStep } from './change.js';
import { eventsBetween, type GroupEvent } from './events.js';
import { checkVersion, copyGroup, type Group } from './group.js';
import { historyFrom, pathTo } from './history.js';
import { historyOf, inputGroupRecord, isMember, recordFrom, recordOf, type GroupRecord } from './known.js';
import { encodeGroupUpdate } from './update.js';

/** A state, and who sent it. */
export interface JoinGroupOptions {
  /** The state, as it was decoded. */
  readonly group: Group;
  /** Address of the account whose device sent it, as its session has authenticated it. */
  readonly author: Address;
  /** Address of our own account. */
  readonly own: Address;
  /** What is known of the group, if anything is. */
  readonly record?: GroupRecord;
  /** Whether we have asked this account: without that, the state of a group that we are in is not replaced. */
  readonly asked?: boolean;
}

/** What became of a state. */
export type JoinedGroup =
  | {
      /** `joined`: the author has added us; `adopted`: the state takes the place of ours. */
      readonly kind: 'joined' | 'adopted';
      /** To be stored. */
      readonly record: GroupRecord;
      /**
       * What to show; for `joined` that we were added, and by whom: who else is there is the author's word. Nothing where
       * another device of ours has told this one.
       */
      readonly events: readonly GroupEvent[];
    }
  | {
      /** We have it. */
      readonly kind: 'known';
      /** As it was. */
      readonly record: GroupRecord;
    }
  | {
      /** Nothing changes. */
      readonly kind: 'refused';
      /**
       * - `not-an-admin`: the author is none in the state, and not one of our own devices;
       * - `not-a-member`: we are not in it;
       * - `not-believed`: the author says to be an admin of ours, and is none as far as we know. One of the two whom we have
       *   heard has made the group up: tell the person;
       * - `older`: we have gone on from it; or it is older than what forks are decided for, and not from a device of our own;
       * - `not-asked`: we are in the group, and take changes only. If it is newer than ours, ask an admin.
       */
      readonly why: 'not-an-admin' | 'not-a-member' | 'not-believed' | 'older' | 'not-asked';
    };

/**
 * Takes the state of a group that we were added to, or that we have asked an admin or another device of ours for.
 *
 * A new member has nothing to hold the state against: it is what the admin says who added us. A member believes the admins
 * that it knows; if none of them is left, forget the record, and be added again.
 *
 * @throws PolyratchetError `wrong-chat`: the state of another group; `malformed`: its parts do not fit each other, or its
 *   version is above {@link MAX_GROUP_VERSION}; `invalid-argument`.
 * @example
 * ```ts
 * import { createGroup, decodeGroupUpdate, joinGroup } from 'polyratchet/group';
 *
 * const [alice, bob] = ['alice@example.org', 'bob@example.org'];
 * const made = createGroup({ id: 'friends@groups.example.org', creator: alice, members: [bob] });
 *
 * const update = decodeGroupUpdate(made.announcements[0]!.groupChange); // on Bob's devices
 * if (update.kind === 'state') {
 *   const joined = joinGroup({ group: update.group, author: alice, own: bob });
 *   if (joined.kind === 'joined') console.log(joined.events); // [{ kind: 'added', account: bob, by: alice }]
 * }
 * ```
 */
export function joinGroup(options: JoinGroupOptions): JoinedGroup {
  const { author, own, asked } = inputObject('options', options);
  const group = checkVersion(copyGroup('group', options.group));
  inputAccount('author', author);
  inputAccount('own', own);
  const isAuthority = ({ admins }: Group): boolean => author === own || admins.includes(author);
  if (!isAuthority(group)) return { kind: 'refused', why: 'not-an-admin' };
  if (!group.members.includes(own)) return { kind: 'refused', why: 'not-a-member' };
  const joined = recordOf(group);
  // Another device of ours has been told already through whom we came.
  const added: readonly GroupEvent[] = author === own ? [] : [{ kind: 'added', account: own, by: author }];
  if (options.record === undefined) return { kind: 'joined', record: joined, events: added };
  const record = inputGroupRecord(options.record);
  const { id, version } = record.group;
  if (group.id !== id) throw new PolyratchetError('wrong-chat', { expected: [id], got: group.id });
  if (equalBytes(record.hash, joined.hash)) return { kind: 'known', record };
  const next = followedBy(group, record.steps);
  if (!isMember(record, own) && group.version > version) {
    const events = eventsBetween({ before: group, after: next.record.group, steps: next.steps, by: author });
    return { kind: 'joined', record: next.record, events: [...added, ...events] };
  }
  if (!isAuthority(record.group)) return { kind: 'refused', why: 'not-believed' };
  // Before our own devices have said what they know, anybody may have told us of a group with any version.
  const isOlder = author !== own && group.version < record.base.version;
  if (isOlder || isPassed(record, joined)) return { kind: 'refused', why: 'older' };
  if (asked !== true) return { kind: 'refused', why: 'not-asked' };
  const { group: before } = record;
  const events = eventsBetween({ before, after: next.record.group, steps: next.steps, by: author });
  return { kind: 'adopted', record: next.record, events };
}

/** A state, and what follows on it of the changes that are known: some may have come before it. */
function followedBy(
  group: Group,
  steps: readonly GroupStep[],
): { readonly record: GroupRecord; readonly steps: readonly GroupStep[] } {
  const history = historyFrom(group, steps);
  return { record: recordFrom(history), steps: pathTo(history.head).flatMap((node) => node.steps) };
}

/** Whether a state is one that we have gone on from. */
function isPassed(record: GroupRecord, { hash }: GroupRecord): boolean {
  return pathTo(historyOf(record).head).some((node) => equalBytes(node.hash, hash));
}

/** A question for the state of a group, and who asks. */
export interface AnswerGroupQuestionOptions {
  /** What is known of the group. */
  readonly record: GroupRecord;
  /** Address of the account that asks, as its session has authenticated it. */
  readonly author: Address;
  /** Address of our own account. */
  readonly own: Address;
}

/** What to do about a question. */
export type GroupQuestionAnswer =
  | {
      /** Tell the account's devices. */
      readonly kind: 'answer';
      /** For `groupChange` of Content. */
      readonly groupChange: Uint8Array;
    }
  | {
      /** Say nothing: who asks is not a member, or we are no admin. */
      readonly kind: 'refused';
      /** Why. */
      readonly why: 'not-a-member' | 'not-an-admin';
    };

/**
 * Answers a member who asks for the state, if we are an admin or the same person: nobody else would be believed.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function answerGroupQuestion(options: AnswerGroupQuestionOptions): GroupQuestionAnswer {
  const { author, own } = inputObject('options', options);
  const record = inputGroupRecord(options.record);
  const { group } = record;
  if (!isMember(record, author)) return { kind: 'refused', why: 'not-a-member' };
  if (author !== own && !group.admins.includes(own)) return { kind: 'refused', why: 'not-an-admin' };
  return { kind: 'answer', groupChange: encodeGroupUpdate({ kind: 'state', group }) };
}
