/**
 * What devices tell each other about a group, as it travels in the field `groupChange` of Content: a change, a whole state,
 * or the question for it.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { invalidArgument, malformed } from '../core/refusals.js';
import {
  accountText,
  bytes,
  decodeMessage,
  encodeMessage,
  enumeration,
  nested,
  optional,
  repeated,
  required,
  uint32,
  type Table,
} from '../wire/index.js';
import type { ChangeKind, GroupChange } from './change.js';
import {
  checkVersion,
  fieldsOf,
  GROUP_HASH_LENGTH,
  groupFrom,
  groupTable,
  inputGroup,
  isGrowing,
  type Group,
  type GroupFields,
} from './group.js';
import { MAX_MEMBERS } from './limits.js';
import { inputList } from './lists.js';

/** What a device tells others about a group. */
export type GroupUpdate =
  | {
      /** Something has changed. */
      readonly kind: 'change';
      /** What. */
      readonly change: GroupChange;
    }
  | {
      /** The group as an admin sees it: for those whom it has added, and for those who ask. */
      readonly kind: 'state';
      /** The state. */
      readonly group: Group;
    }
  | {
      /** A member asks an admin for the state. */
      readonly kind: 'question';
      /** Address of the group. */
      readonly id: Address;
    };

/** A change on the wire and in records. */
export const changeTable: Table<GroupChange> = {
  name: 'groupChange',
  unknown: 'reject',
  rows: {
    kind: required(1, enumeration<ChangeKind>({ add: 1, remove: 2, promote: 3, demote: 4, leave: 5 })),
    id: required(2, accountText),
    version: required(3, uint32),
    parent: required(4, bytes(GROUP_HASH_LENGTH)),
    accounts: repeated(5, accountText, MAX_MEMBERS),
  },
};

interface UpdateFields {
  readonly change?: GroupChange;
  readonly state?: GroupFields;
  readonly question?: Address;
}

const updateTable: Table<UpdateFields> = {
  name: 'groupUpdate',
  unknown: 'reject',
  rows: {
    change: optional(1, nested(changeTable)),
    state: optional(2, nested(groupTable)),
    question: optional(3, accountText),
  },
};

/**
 * An update as bytes: for `groupChange` of Content, pairwise to every device that it is for.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeGroupUpdate(update: GroupUpdate): Uint8Array {
  return encodeMessage(updateTable, updateFields(inputObject('update', update)));
}

function updateFields(update: GroupUpdate): UpdateFields {
  switch (update.kind) {
    case 'change':
      return { change: copyChange(update.change) };
    case 'state':
      return { state: fieldsOf(inputGroup('update.group', update.group)) };
    case 'question':
      return { question: update.id };
    default:
      throw invalidArgument('update.kind', 'change, state or question', 'another');
  }
}

/**
 * Reads an update strictly. Who sent it, and whether it may, is still to be checked: see `applyGroupChange`, `joinGroup` and
 * `answerGroupQuestion`.
 *
 * @throws PolyratchetError `malformed`; `invalid-argument`: no bytes.
 * @example
 * ```ts
 * import { createGroup, decodeGroupUpdate } from 'polyratchet/group';
 *
 * const [creator, bob] = ['alice@example.org', 'bob@example.org'];
 * const { announcements } = createGroup({ id: 'friends@groups.example.org', creator, members: [bob] });
 * decodeGroupUpdate(announcements[0]!.groupChange).kind; // 'state'
 * ```
 */
export function decodeGroupUpdate(groupChange: Uint8Array): GroupUpdate {
  const update = decodeMessage(updateTable, inputBytes('groupChange', groupChange));
  const { change, state, question } = update;
  if (Object.keys(update).length !== 1)
    throw malformed(updateTable.name, 'update', 'one part', 'another number');
  if (change !== undefined) return { kind: 'change', change: checkChange(change) };
  if (state !== undefined) return { kind: 'state', group: checkVersion(groupFrom(state)) };
  return { kind: 'question', id: question ?? '' };
}

/**
 * A copy of a change whose fields fit each other, whatever else a caller may hold.
 *
 * @throws PolyratchetError `malformed`: they do not; `invalid-argument`: it is no change.
 */
export function copyChange(change: GroupChange): GroupChange {
  inputList('change.accounts', inputObject('change', change).accounts);
  return checkChange(decodeMessage(changeTable, encodeMessage(changeTable, change)));
}

/**
 * Returns a change whose fields fit each other.
 *
 * @throws PolyratchetError `malformed`
 */
export function checkChange(change: GroupChange): GroupChange {
  const { kind, id, version, accounts } = change;
  const { name } = changeTable;
  if (version < 2) throw malformed(name, 'version', 'a number from 2', 'a lower one');
  if ((accounts.length === 0) !== (kind === 'leave'))
    throw malformed(name, 'accounts', kind === 'leave' ? 'none' : 'at least one', 'another number');
  if (!isGrowing(accounts)) throw malformed(name, 'accounts', 'accounts in order, each once', 'others');
  if (accounts.includes(id)) throw malformed(name, 'accounts', 'accounts', 'the address of the group');
  return change;
}
