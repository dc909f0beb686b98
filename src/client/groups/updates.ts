/**
 * Taking what other devices say about a group: changes, states and questions.
 *
 * @module
 */
import { accountOf, type Address } from '../../core/address.js';
import { PolyratchetError } from '../../core/errors.js';
import {
  applyGroupChange,
  decodeGroupUpdate,
  isMember,
  joinGroup,
  type Group,
  type GroupChange,
  type GroupRecord,
  type GroupUpdate,
  type JoinedGroup,
} from '../../group/index.js';
import type { Core, Self } from '../core.js';
import type { Transaction } from '../transaction.js';
import { dispute } from './disputes.js';
import { ASKED_FOR_ALL, askedFor, groupRecord } from './keys.js';
import { requireRoom, standingOf, storeGroup, UNDISPUTED } from './known.js';
import type { GroupStanding } from './state.js';
import { answer, ask, beginTellingAll } from './tell.js';

/** An answer to a question is taken for this long. */
export const ANSWER_LIFETIME_MS: number = 24 * 60 * 60 * 1000;

/** What became of an update. */
export interface TakenUpdate {
  readonly entries: readonly string[];
  /** Whether there is more to do about the group: what has waited may be readable. */
  readonly hasChanged: boolean;
}

const NOTHING: TakenUpdate = { entries: [], hasChanged: false };

/** Reads an update of a message in a group's chat: it is about no other group. */
export function readUpdate(group: Address, groupChange: Uint8Array): GroupUpdate {
  const update = decodeGroupUpdate(groupChange);
  if (groupOf(update) === group) return update;
  throw new PolyratchetError('wrong-chat', { expected: [group], got: groupOf(update) });
}

/** Takes what a device has said about a group, within the transaction that has opened its message. */
export async function takeUpdate(
  core: Core,
  tx: Transaction,
  self: Self,
  group: Address,
  from: Address,
  update: GroupUpdate,
): Promise<TakenUpdate> {
  const record = await tx.read(groupRecord(group));
  const author = accountOf(from);
  switch (update.kind) {
    case 'state':
      return takeState(core, tx, self, author, update.group, record);
    case 'change':
      return { entries: [], hasChanged: await takeChange(tx, self, author, update.change, record) };
    case 'question':
      if (group === self.account && author === self.account && self.devices !== undefined) {
        await beginTellingAll(tx);
        return { entries: [], hasChanged: true };
      }
      if (record === undefined) return NOTHING;
      return { entries: await answer(core, tx, self, record, from), hasChanged: false };
  }
}

type TakenState = Exclude<JoinedGroup, { readonly kind: 'known' | 'refused' }>;

/** Takes a whole state, if it counts. */
async function takeState(
  core: Core,
  tx: Transaction,
  self: Self,
  author: Address,
  state: Group,
  record: GroupRecord | undefined,
): Promise<TakenUpdate> {
  const { account: own } = self;
  const { id: group } = state;
  const at = (await tx.read(author === own ? ASKED_FOR_ALL : askedFor(group, author)))?.at;
  const asked = at !== undefined && Math.abs(tx.now - at) < ANSWER_LIFETIME_MS;
  if (record !== undefined && author === own && (await isLate(tx, own, state, record))) return NOTHING;
  const joined = joinGroup({ group: state, author, own, asked, ...(record === undefined ? {} : { record }) });
  switch (joined.kind) {
    case 'known':
      return NOTHING;
    case 'refused':
      if (joined.why !== 'not-believed' || record === undefined) return NOTHING;
      await dispute(tx, { group, author, isAboutUs: isMember(record, own) });
      return NOTHING;
    case 'joined':
    case 'adopted': {
      if (joined.kind === 'joined' && author !== own) await requireRoom(core);
      const { disputedBy } = await standingOf(tx, group);
      await storeGroup(tx, self, joined.record, await standingAfter(tx, own, author, joined));
      tx.emit({ kind: 'group-changed', group, changes: joined.events, lost: false });
      // What somebody has said while they were not believed was lost: they may say it again.
      const asks = author === own && disputedBy !== undefined;
      const entries = asks ? await ask(core, tx, self, group, disputedBy) : [];
      return { entries, hasChanged: true };
    }
  }
}

/** Whether a device of ours says what it has said before: against the word of others, an older state of ours counts, too. */
async function isLate(tx: Transaction, own: Address, state: Group, { base }: GroupRecord): Promise<boolean> {
  const { toldBy = own } = await standingOf(tx, state.id);
  return toldBy === own && state.version < base.version;
}

/**
 * How sure we are of a state that was taken. What another device of ours says settles every dispute; but where we are no admin,
 * it can only have been told, too.
 */
async function standingAfter(
  tx: Transaction,
  own: Address,
  author: Address,
  { kind, record: { group } }: TakenState,
): Promise<GroupStanding> {
  if (author === own && group.admins.includes(own)) return UNDISPUTED;
  return author === own || kind === 'joined' ? { ...UNDISPUTED, toldBy: author } : standingOf(tx, group.id);
}

/** Whether a change has changed what we know. */
async function takeChange(
  tx: Transaction,
  self: Self,
  author: Address,
  change: GroupChange,
  record: GroupRecord | undefined,
): Promise<boolean> {
  if (record === undefined) return false;
  const { id: group } = change;
  const applied = applyGroupChange({ record, change, author });
  switch (applied.kind) {
    case 'known':
      return false;
    case 'refused':
      // Of strangers it is no news that they are not believed.
      if (applied.why === 'not-an-admin') await dispute(tx, { group, author, isAboutUs: false });
      return false;
    case 'early':
    case 'lost':
      await storeGroup(tx, self, applied.record, await standingOf(tx, group));
      return false;
    case 'applied':
    case 'replaced': {
      await storeGroup(tx, self, applied.record, await standingOf(tx, group));
      const lost = applied.kind === 'replaced' && applied.lost.some((step) => step.author === self.account);
      tx.emit({ kind: 'group-changed', group, changes: applied.events, lost });
      return true;
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
