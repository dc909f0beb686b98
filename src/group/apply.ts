/**
 * Taking a change of a group that another device has sent.
 *
 * @module
 */
import { inputAccount, type Address } from '../core/address.js';
import { equalBytes, toHex } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { GroupChange, GroupStep, WhyInvalid } from './change.js';
import { eventsBetween, type GroupEvent } from './events.js';
import { groupHash, type Group } from './group.js';
import { historyFrom, pathTo, type GroupHistory, type HistoryNode } from './history.js';
import { inputGroupRecord, recordFrom, type GroupRecord } from './known.js';
import { copyChange } from './update.js';

/** A change, and who sent it. */
export interface ApplyGroupChangeOptions {
  /** What is known of the group. */
  readonly record: GroupRecord;
  /** The change, as it was decoded. */
  readonly change: GroupChange;
  /** Address of the account whose device sent it, as its session has authenticated it. */
  readonly author: Address;
}

/** What became of a change. */
export type AppliedChange =
  | {
      /** The group has changed. */
      readonly kind: 'applied';
      /** Replaces what was passed. */
      readonly record: GroupRecord;
      /** What to show. */
      readonly events: readonly GroupEvent[];
    }
  | {
      /** The change decides a fork: others that counted so far are lost. */
      readonly kind: 'replaced';
      /** Replaces what was passed. */
      readonly record: GroupRecord;
      /** What to show. */
      readonly events: readonly GroupEvent[];
      /** The changes that do not count any more: if one is our own, tell the person, who may try again. */
      readonly lost: readonly GroupStep[];
    }
  | {
      /** `lost`: another change of the same state counts; `early`: what it follows on has not come yet; it is kept. */
      readonly kind: 'lost' | 'early';
      /** Replaces what was passed. */
      readonly record: GroupRecord;
    }
  | {
      /** It came before, or somebody else did the same; nothing is different now. */
      readonly kind: 'known';
      /** Replaces what was passed. */
      readonly record: GroupRecord;
    }
  | {
      /** It does not count. */
      readonly kind: 'refused';
      /** Why; `stale`: it is older than what forks are decided for. */
      readonly why: WhyInvalid | 'stale';
    };

/**
 * Takes a change if its author may make it: an admin of the state that it changes, or who leaves.
 *
 * Of two changes of one state the same one counts on every device, in whatever order they come, as long as they are no more
 * than {@link MAX_FORK_VERSIONS} versions apart: that of the branch in which the longest-standing admin has acted, and between
 * equals that of the lower hash.
 *
 * @throws PolyratchetError `wrong-chat`: a change of another group; `malformed`: its fields do not fit each other;
 *   `invalid-argument`.
 * @example
 * ```ts
 * import { applyGroupChange, changeGroup, createGroup } from 'polyratchet/group';
 *
 * const [alice, bob, carol] = ['alice@example.org', 'bob@example.org', 'carol@example.org'];
 * const { record } = createGroup({ id: 'friends@groups.example.org', creator: alice, members: [bob] });
 *
 * const { change } = changeGroup({ record, author: alice, kind: 'add', accounts: [carol] });
 * const applied = applyGroupChange({ record, change, author: alice }); // on Bob's devices
 * if (applied.kind === 'applied') console.log(applied.events); // [{ kind: 'added', account: carol, by: alice }]
 * ```
 */
export function applyGroupChange(options: ApplyGroupChangeOptions): AppliedChange {
  const { author } = inputObject('options', options);
  const record = inputGroupRecord(options.record);
  const change = copyChange(options.change);
  inputAccount('author', author);
  const { id } = record.group;
  if (change.id !== id) throw new PolyratchetError('wrong-chat', { expected: [id], got: change.id });
  const { base, steps } = record;
  if (isStale(base, change)) return { kind: 'refused', why: 'stale' };
  const step = { change, author };
  if (steps.some((known) => isSame(known, step))) return { kind: 'known', record };
  const history = historyFrom(base, [...steps, step]);
  const why = history.invalid.get(step);
  if (why !== undefined) return { kind: 'refused', why };
  return outcomeOf(record, history, step);
}

/** Whether all that a change could follow on is decided. */
function isStale(base: Group, { version, parent }: GroupChange): boolean {
  return version <= base.version || (version === base.version + 1 && !equalBytes(parent, groupHash(base)));
}

function isSame(one: GroupStep, other: GroupStep): boolean {
  const [a, b] = [one.change, other.change];
  return (
    one.author === other.author &&
    a.kind === b.kind &&
    a.version === b.version &&
    equalBytes(a.parent, b.parent) &&
    a.accounts.join() === b.accounts.join()
  );
}

/** What a step has done that is part of the history now. */
function outcomeOf(before: GroupRecord, history: GroupHistory, step: GroupStep): AppliedChange {
  const record = recordFrom(history);
  const path = pathTo(history.head);
  const pathBefore = pathTo(history.nodes.get(toHex(before.hash)) ?? history.head);
  const shared = path.filter((node) => pathBefore.includes(node)).length;
  const added = stepsOf(path.slice(shared));
  const lost = stepsOf(pathBefore.slice(shared));
  const { author: by } = added[0] ?? step;
  const events = eventsBetween({ before: before.group, after: record.group, steps: added, by });
  if (lost.length > 0) return { kind: 'replaced', record, events, lost };
  if (added.length > 0) return { kind: 'applied', record, events };
  if (history.early.includes(step)) return { kind: 'early', record };
  return { kind: path.some(({ steps }) => steps.includes(step)) ? 'known' : 'lost', record };
}

function stepsOf(path: readonly HistoryNode[]): readonly GroupStep[] {
  return path.flatMap(({ steps }) => steps);
}
