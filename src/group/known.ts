/**
 * What this device knows of a group: the state that counts, and the changes that could still be part of a fork.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import type { GroupStep } from './change.js';
import { GROUP_HASH_LENGTH, groupHash, inputGroup, type Group } from './group.js';
import { historyFrom, pathTo, type GroupHistory, type HistoryNode } from './history.js';
import { MAX_EARLY_CHANGES, MAX_FORK_VERSIONS, MAX_KEPT_CHANGES, MAX_NAMED_ACCOUNTS } from './limits.js';
import { inputList } from './lists.js';

/** What is known of a group: to be stored, one record a group. */
export interface GroupRecord {
  /** The state that counts. */
  readonly group: Group;
  /** Its hash, 32 bytes. */
  readonly hash: Uint8Array;
  /** The state from which on forks are still decided. */
  readonly base: Group;
  /** The changes since then: those that count, those that lost a fork, and those that came before their parents. */
  readonly steps: readonly GroupStep[];
}

/** A record of a state, and nothing before it. */
export function recordOf(group: Group): GroupRecord {
  return { group, hash: groupHash(group), base: group, steps: [] };
}

/**
 * Returns a record, and refuses what can be none.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputGroupRecord(record: GroupRecord): GroupRecord {
  const { group, base, hash, steps } = inputObject('record', record);
  inputBytes('record.hash', hash, GROUP_HASH_LENGTH);
  inputList('record.steps', steps);
  inputGroup('record.group', group);
  inputGroup('record.base', base);
  return record;
}

/** Histories of records that were asked for theirs: a record is a value, so its history is made once. */
const histories = new WeakMap<GroupRecord, GroupHistory>();

/** The history of a record. */
export function historyOf(record: GroupRecord): GroupHistory {
  let history = histories.get(record);
  if (history === undefined) histories.set(record, (history = historyFrom(record.base, record.steps)));
  return history;
}

/** The record of a history: of its steps those that can still matter, from as far back as bounds allow. */
export function recordFrom({ head, early }: GroupHistory): GroupRecord {
  const { group, hash } = head;
  // Those that follow on next are the likeliest to be of use; many made-up ones are far ahead.
  const waiting = early.slice(0, MAX_EARLY_CHANGES);
  const candidates = pathTo(head).slice(-(MAX_FORK_VERSIONS + 1));
  for (const root of candidates) {
    const { group: base } = root;
    const placed = stepsBelow(root);
    const steps = [...placed, ...waiting.filter(({ change }) => change.version > base.version + 1)];
    if (placed.length <= MAX_KEPT_CHANGES && namesIn(steps) <= MAX_NAMED_ACCOUNTS)
      return { group, hash, base, steps };
  }
  return { group, hash, base: group, steps: [] };
}

function stepsBelow({ children }: HistoryNode): readonly GroupStep[] {
  return children.flatMap((child) => [...child.steps, ...stepsBelow(child)]);
}

function namesIn(steps: readonly GroupStep[]): number {
  return steps.reduce((sum, { change }) => sum + 1 + change.accounts.length, 0);
}

/** Whether an account is a member. */
export function isMember({ group }: GroupRecord, account: Address): boolean {
  return group.members.includes(account);
}

/** Whether an account was a member in a state that is still known: the change that adds one that was not may be on its way. */
export function wasMember(record: GroupRecord, account: Address): boolean {
  return [...historyOf(record).nodes.values()].some(({ group }) => group.members.includes(account));
}
