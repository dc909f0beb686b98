/**
 * Making and changing groups, and taking what other members have changed.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { PolyratchetError } from '../../core/errors.js';
import {
  answerGroupQuestion,
  applyGroupChange,
  changeGroup,
  createGroup,
  decodeGroupUpdate,
  encodeGroupUpdate,
  isMember,
  joinGroup,
  type ChangedGroup,
  type ChangeGroupOptions,
  type GroupRecord,
  type GroupUpdate,
} from '../../group/index.js';
import { loadSelf, type Core, type Self } from '../core.js';
import { deviceList } from '../keys.js';
import { refreshLists } from '../lists.js';
import { planChat } from '../seal.js';
import { queueContent, randomId } from '../send.js';
import type { Transaction } from '../transaction.js';
import { ASKED_FOR_ALL, askedFor, groupRecord, GROUPS } from './keys.js';

/** The state of a group is asked for again after this time. */
const ASK_INTERVAL_MS = 60 * 60 * 1000;

/** An answer to a question is taken for this long. */
export const ANSWER_LIFETIME_MS: number = 24 * 60 * 60 * 1000;

/** A group that was made or changed here: its record, and the entries of the outbox that tell the others. */
export interface Announced {
  readonly record: GroupRecord;
  readonly entries: readonly string[];
}

/** Makes a group. */
export async function makeGroup(core: Core, id: Address, members: readonly Address[]): Promise<Announced> {
  await fetchLists(core, members);
  return core.transactor.run(async (tx) => {
    const self = await loadSelf(tx, groupRecord(id), ...members.map(deviceList));
    if (tx.get(groupRecord(id)) !== undefined) {
      throw new PolyratchetError('invalid-argument', {
        name: 'id',
        expected: 'a new group',
        got: 'a known one',
      });
    }
    requireKnown(tx, self, members);
    return announce(core, tx, self, createGroup({ id, creator: self.account, members }));
  });
}

/** What to change. */
export type Change =
  | {
      readonly kind: Exclude<ChangeGroupOptions['kind'], 'leave'>;
      readonly accounts: readonly Address[];
    }
  | { readonly kind: 'leave' };

/** Changes a group. */
export async function makeChange(core: Core, id: Address, change: Change): Promise<Announced> {
  const known = await core.transactor.run((tx) => requireGroup(tx, id));
  const added = change.kind === 'add' ? change.accounts : [];
  await fetchLists(core, [...known.group.members, ...added]);
  return core.transactor.run(async (tx) => {
    const self = await loadSelf(tx, ...added.map(deviceList));
    requireKnown(tx, self, added);
    const record = await requireGroup(tx, id);
    return announce(core, tx, self, changeGroup({ record, author: self.account, ...change }));
  });
}

/** What is known of a group. */
export async function requireGroup(tx: Transaction, id: Address): Promise<GroupRecord> {
  const record = await tx.read(groupRecord(id));
  if (record !== undefined) return record;
  throw new PolyratchetError('membership-conflict', { group: id, version: 0, why: 'not-a-member' });
}

/** Asks for the lists of accounts of which nothing is known. */
async function fetchLists(core: Core, accounts: readonly Address[]): Promise<void> {
  const unknown = await core.transactor.run(async (tx) => {
    const { account } = await loadSelf(tx, ...accounts.map(deviceList));
    return accounts.filter((each) => each !== account && tx.get(deviceList(each)) === undefined);
  });
  if (unknown.length > 0) await refreshLists(core, unknown);
}

/** Who comes new must be known to somebody: nobody could tell them. */
function requireKnown(tx: Transaction, self: Self, accounts: readonly Address[]): void {
  for (const account of accounts) {
    if (account === self.account || tx.get(deviceList(account)) !== undefined) continue;
    throw new PolyratchetError('device-unverified', { account, why: 'no-list' });
  }
}

/** Stores a change, and queues what the others are told. */
async function announce(core: Core, tx: Transaction, self: Self, changed: ChangedGroup): Promise<Announced> {
  const { record, events, announcements } = changed;
  const { id } = record.group;
  await tx.load(groupRecord(id));
  tx.set(groupRecord(id), record);
  tx.emit({ kind: 'group-changed', group: id, changes: events, lost: false });
  const entries: string[] = [];
  for (const { accounts, groupChange } of announcements) {
    entries.push(await tell(core, tx, self, id, accounts, groupChange));
  }
  return { record, entries };
}

/** Queues an update for all devices of some accounts, those of which nothing is known left out: they keep nobody from acting. */
async function tell(
  core: Core,
  tx: Transaction,
  self: Self,
  group: Address,
  accounts: readonly Address[],
  groupChange: Uint8Array,
): Promise<string> {
  await tx.load(...accounts.map(deviceList));
  const known = accounts.filter((each) => each === self.account || tx.get(deviceList(each)) !== undefined);
  const plan = await planChat(core, tx, self, { chat: group, accounts: known });
  return queueContent(core, tx, plan, {
    chat: group,
    accounts: known,
    id: randomId(core),
    content: { groupChange },
  });
}

/** On a companion, once: asks the primary for all groups of the account. Returns the entry of the outbox. */
export async function askForGroups(core: Core): Promise<readonly string[]> {
  return core.transactor.run(async (tx) => {
    const self = await loadSelf(tx);
    const { account } = self;
    if (self.devices !== undefined || (await tx.read(ASKED_FOR_ALL)) !== undefined) return [];
    tx.set(ASKED_FOR_ALL, { at: tx.now });
    const question = encodeGroupUpdate({ kind: 'question', id: account });
    return [await tell(core, tx, self, account, [account], question)];
  });
}

/** Queues the states of all groups for our own other devices. */
async function tellAll(core: Core, tx: Transaction, self: Self): Promise<readonly string[]> {
  const entries: string[] = [];
  for await (const names of core.records.names(GROUPS)) {
    for (const name of names) {
      const record = await requireGroup(tx, name.slice(GROUPS.length));
      const { group } = record;
      if (!isMember(record, self.account)) continue;
      const state = encodeGroupUpdate({ kind: 'state', group });
      entries.push(await tell(core, tx, self, group.id, [self.account], state));
    }
  }
  return entries;
}

/** Queues the question for a group's state, unless it was asked within the hour. */
export async function ask(
  core: Core,
  tx: Transaction,
  self: Self,
  group: Address,
  account: Address,
): Promise<readonly string[]> {
  const asked = askedFor(group, account);
  const at = (await tx.read(asked))?.at;
  if (at !== undefined && Math.abs(tx.now - at) < ASK_INTERVAL_MS) return [];
  if (account !== self.account && (await tx.read(deviceList(account))) === undefined) return [];
  tx.set(asked, { at: tx.now });
  const question = encodeGroupUpdate({ kind: 'question', id: group });
  return [await tell(core, tx, self, group, [account], question)];
}

/** Queues the question for the first of some accounts that was not asked within the hour. */
export async function askOne(
  core: Core,
  tx: Transaction,
  self: Self,
  group: Address,
  accounts: readonly Address[],
): Promise<readonly string[]> {
  for (const account of accounts) {
    const entries = account === self.account ? [] : await ask(core, tx, self, group, account);
    if (entries.length > 0) return entries;
  }
  return [];
}

/** What became of an update. */
export interface TakenUpdate {
  readonly entries: readonly string[];
  /** Whether the group is another one now: what has waited may be readable. */
  readonly hasChanged: boolean;
}

const NOTHING: TakenUpdate = { entries: [], hasChanged: false };

/** Reads an update of a message in a group's chat: it is about no other group. */
export function readUpdate(group: Address, groupChange: Uint8Array): GroupUpdate {
  const update = decodeGroupUpdate(groupChange);
  if (groupOf(update) === group) return update;
  throw new PolyratchetError('wrong-chat', { expected: [group], got: groupOf(update) });
}

/** Takes what an account's device has said about a group, within the transaction that has opened its message. */
export async function takeUpdate(
  core: Core,
  tx: Transaction,
  self: Self,
  group: Address,
  author: Address,
  update: GroupUpdate,
): Promise<TakenUpdate> {
  const record = await tx.read(groupRecord(group));
  switch (update.kind) {
    case 'state': {
      const { account: own } = self;
      const at = (await tx.read(author === own ? ASKED_FOR_ALL : askedFor(group, author)))?.at;
      const asked = at !== undefined && Math.abs(tx.now - at) < ANSWER_LIFETIME_MS;
      const known = record === undefined ? {} : { record };
      const joined = joinGroup({ group: update.group, author, own, asked, ...known });
      if (joined.kind === 'refused' || joined.kind === 'known') return NOTHING;
      tx.set(groupRecord(group), joined.record);
      tx.emit({ kind: 'group-changed', group, changes: joined.events, lost: false });
      return { entries: [], hasChanged: true };
    }
    case 'change': {
      if (record === undefined) return NOTHING;
      const applied = applyGroupChange({ record, change: update.change, author });
      if (applied.kind === 'refused' || applied.kind === 'known') return NOTHING;
      tx.set(groupRecord(group), applied.record);
      if (applied.kind !== 'applied' && applied.kind !== 'replaced') return NOTHING;
      const lost = applied.kind === 'replaced' && applied.lost.some((step) => step.author === self.account);
      tx.emit({ kind: 'group-changed', group, changes: applied.events, lost });
      return { entries: [], hasChanged: true };
    }
    case 'question': {
      if (group === self.account && author === self.account && self.devices !== undefined)
        return { entries: await tellAll(core, tx, self), hasChanged: false };
      if (record === undefined) return NOTHING;
      const answer = answerGroupQuestion({ record, author, own: self.account });
      if (answer.kind === 'refused') return NOTHING;
      const entry = await tell(core, tx, self, group, [author], answer.groupChange);
      return { entries: [entry], hasChanged: false };
    }
  }
}

function groupOf(update: GroupUpdate): Address {
  switch (update.kind) {
    case 'state':
      return update.group.id;
    case 'change':
      return update.change.id;
    case 'question':
      return update.id;
  }
}
