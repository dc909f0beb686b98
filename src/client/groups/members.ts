/**
 * Making and changing groups, and taking what other members have changed.
 *
 * @module
 */
import { accountOf, type Address } from '../../core/address.js';
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
import { askedFor, groupRecord, GROUPS } from './keys.js';

/** The state of a group is asked for again after this time. */
const ASK_INTERVAL_MS = 60 * 60 * 1000;

/** An answer to a question is taken for this long. */
const ANSWER_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** A group that was made or changed here: its record, and the entries of the outbox that tell the others. */
export interface Announced {
  readonly record: GroupRecord;
  readonly entries: readonly string[];
}

/** Makes a group. */
export async function makeGroup(core: Core, id: Address, members: readonly Address[]): Promise<Announced> {
  await fetchLists(core, members);
  return core.transactor.run(async (tx) => {
    const self = await loadSelf(tx, groupRecord(id));
    if (tx.get(groupRecord(id)) !== undefined) {
      throw new PolyratchetError('invalid-argument', {
        name: 'id',
        expected: 'a new group',
        got: 'a known one',
      });
    }
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
  await fetchLists(core, [...known.group.members, ...(change.kind === 'leave' ? [] : change.accounts)]);
  return core.transactor.run(async (tx) => {
    const self = await loadSelf(tx);
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

/** Queues an update for all devices of some accounts. */
async function tell(
  core: Core,
  tx: Transaction,
  self: Self,
  group: Address,
  accounts: readonly Address[],
  groupChange: Uint8Array,
): Promise<string> {
  const plan = await planChat(core, tx, self, { chat: group, accounts });
  return queueContent(core, tx, plan, {
    chat: group,
    accounts,
    id: randomId(core),
    content: { groupChange },
  });
}

/** On a companion, once: asks the primary for all groups of the account. Returns the entry of the outbox. */
export async function askForGroups(core: Core): Promise<readonly string[]> {
  return core.transactor.run(async (tx) => {
    const self = await loadSelf(tx);
    const { account } = self;
    const asked = askedFor(account, account);
    if (self.devices !== undefined || (await tx.read(asked)) !== undefined) return [];
    tx.set(asked, { at: tx.now });
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

/** What became of an update. */
export interface TakenUpdate {
  readonly entries: readonly string[];
  /** Whether the group is another one now: what has waited may be readable. */
  readonly hasChanged: boolean;
}

const NOTHING: TakenUpdate = { entries: [], hasChanged: false };

/** Takes what a device has said about a group, within the transaction that has opened its message. */
export async function takeUpdate(
  core: Core,
  tx: Transaction,
  self: Self,
  group: Address,
  sender: Address,
  groupChange: Uint8Array,
): Promise<TakenUpdate> {
  const author = accountOf(sender);
  const update = decodeGroupUpdate(groupChange);
  if (groupOf(update) !== group)
    throw new PolyratchetError('wrong-chat', { expected: [group], got: groupOf(update) });
  const record = await tx.read(groupRecord(group));
  switch (update.kind) {
    case 'state': {
      await tx.load(askedFor(group, author));
      const at = tx.get(askedFor(group, author))?.at;
      const asked = at !== undefined && Math.abs(tx.now - at) < ANSWER_LIFETIME_MS;
      const { account: own } = self;
      const known = record === undefined ? {} : { record };
      const joined = joinGroup({ group: update.group, author, own, asked, ...known });
      if (joined.kind === 'refused' || joined.kind === 'known') return NOTHING;
      tx.set(groupRecord(group), joined.record);
      tx.emit({ kind: 'group-changed', group, changes: joined.events, lost: false });
      return { entries: [], hasChanged: true };
    }
    case 'change': {
      if (record === undefined)
        return { entries: await ask(core, tx, self, group, self.account), hasChanged: false };
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
