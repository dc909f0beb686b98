/**
 * Telling other devices of groups, and asking them: each question and each answer once an hour.
 *
 * @module
 */
import { accountOf, type Address } from '../../core/address.js';
import { answerGroupQuestion, encodeGroupUpdate, isMember, type GroupRecord } from '../../group/index.js';
import { loadSelf, type Core, type Self } from '../core.js';
import { deviceList } from '../keys.js';
import { planChat } from '../seal.js';
import { queueContent, randomId } from '../send.js';
import type { RecordKey } from '../records.js';
import type { UsedId } from '../state.js';
import type { Transaction } from '../transaction.js';
import {
  answeredTo,
  ASKED_FOR_ALL,
  askedFor,
  askedForUnknown,
  groupRecord,
  GROUPS,
  TELLING_ALL,
  UNKNOWN,
  unknownPrefix,
} from './keys.js';

/** The state of a group is asked for again after this time. */
export const ASK_INTERVAL_MS: number = 60 * 60 * 1000;

/** Unknown groups that senders are asked for within an hour or two: the server can make up groups, and who has written there. */
export const MAX_UNKNOWN_ASKED = 16;

/** A device that asks is answered again after this time: it asks once an hour, and mail may be late. */
export const ANSWER_INTERVAL_MS: number = ASK_INTERVAL_MS / 2;

/** Queues an update for all devices of some accounts, those of which nothing is known left out: they keep nobody from acting. */
export async function tell(
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

/** On the primary: begins to tell its companions of all groups. */
export async function beginTellingAll(tx: Transaction): Promise<void> {
  await tx.load(TELLING_ALL);
  tx.set(TELLING_ALL, { after: '' });
}

/** Queues the states of all groups for our own other devices, each in its own write: together they may be too much for one. */
export async function tellAll(core: Core): Promise<readonly string[]> {
  const entries: string[] = [];
  for (;;) {
    const step = await core.transactor.run((tx) => tellNext(core, tx));
    if (step === undefined) return entries;
    entries.push(...step);
  }
}

/** Goes on where it was left; `undefined` at the end. */
async function tellNext(core: Core, tx: Transaction): Promise<readonly string[] | undefined> {
  const progress = await tx.read(TELLING_ALL);
  if (progress === undefined) return undefined;
  const [name] = await core.records.list(GROUPS, progress.after, 1);
  if (name === undefined) {
    await tx.remove(TELLING_ALL);
    return undefined;
  }
  tx.set(TELLING_ALL, { after: name });
  const key = groupRecord(name.slice(GROUPS.length));
  const self = await loadSelf(tx, key);
  const record = tx.get(key);
  if (record === undefined || !isMember(record, self.account)) return [];
  const state = encodeGroupUpdate({ kind: 'state', group: record.group });
  return [await tell(core, tx, self, record.group.id, [self.account], state)];
}

/** Queues the answer to a device that asks for a group's state; our own devices may ask as often as they like. */
export async function answer(
  core: Core,
  tx: Transaction,
  self: Self,
  record: GroupRecord,
  device: Address,
): Promise<readonly string[]> {
  const author = accountOf(device);
  const { id } = record.group;
  const given = answerGroupQuestion({ record, author, own: self.account });
  if (given.kind === 'refused') return [];
  if (author !== self.account && !(await mark(tx, answeredTo(id, device), ANSWER_INTERVAL_MS))) return [];
  return [await tell(core, tx, self, id, [author], given.groupChange)];
}

/** Marks that something is done now; false if it was done within some time. */
async function mark(tx: Transaction, key: RecordKey<UsedId>, interval: number): Promise<boolean> {
  const at = (await tx.read(key))?.at;
  if (at !== undefined && Math.abs(tx.now - at) < interval) return false;
  tx.set(key, { at: tx.now });
  return true;
}

/** Queues the question for a group's state, unless it was asked within the hour. */
export async function ask(
  core: Core,
  tx: Transaction,
  self: Self,
  group: Address,
  account: Address,
): Promise<readonly string[]> {
  if (account !== self.account && (await tx.read(deviceList(account))) === undefined) return [];
  if (!(await mark(tx, askedFor(group, account), ASK_INTERVAL_MS))) return [];
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

/** What to do about a group of which this device was not told. */
export interface AskedForUnknown {
  /** Entries of the outbox. */
  readonly entries: readonly string[];
  /** Accounts whose lists are to be fetched, and who can be asked then. */
  readonly fetch: readonly Address[];
}

/**
 * Queues the question for the state of a group of which this device was not told: our other devices are asked, and who has
 * written to it; of those the first until an hour has passed.
 */
export async function askForUnknown(
  core: Core,
  tx: Transaction,
  self: Self,
  group: Address,
  sender: Address,
): Promise<AskedForUnknown> {
  const entries = await ask(core, tx, self, group, self.account);
  const nothing = { entries, fetch: [] };
  if (sender === self.account) return nothing;
  const asked = askedForUnknown(group, sender);
  const isNew = (await tx.read(asked)) === undefined;
  // Who was asked today and did not say is no admin: it is another's turn.
  const hasAsked = (await tx.read(askedFor(group, sender))) !== undefined;
  if (isNew && (hasAsked || (await isOneTooMany(core, group)))) return nothing;
  if (isNew) tx.set(asked, { at: tx.now });
  if ((await tx.read(deviceList(sender))) === undefined)
    return isNew ? { entries, fetch: [sender] } : nothing;
  return { entries: [...entries, ...(await ask(core, tx, self, group, sender))], fetch: [] };
}

/** Whether another sender was asked for a group, or senders of many other groups were. */
async function isOneTooMany({ records }: Core, group: Address): Promise<boolean> {
  const [other] = await records.list(unknownPrefix(group), '', 1);
  if (other !== undefined) return true;
  return (await records.list(UNKNOWN, '', MAX_UNKNOWN_ASKED)).length >= MAX_UNKNOWN_ASKED;
}
