/**
 * Making and changing groups.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { PolyratchetError } from '../../core/errors.js';
import {
  changeGroup,
  createGroup,
  type ChangedGroup,
  type ChangeGroupOptions,
  type GroupRecord,
} from '../../group/index.js';
import { loadSelf, type Core, type Self } from '../core.js';
import { deviceList } from '../keys.js';
import { refreshLists } from '../lists.js';
import type { Transaction } from '../transaction.js';
import { groupRecord } from './keys.js';
import { requireGroup, standingOf, storeGroup } from './known.js';
import { tell } from './tell.js';

/** A group that was made or changed here: its record, and the entries of the outbox that tell the others. */
export interface Announced {
  readonly record: GroupRecord;
  readonly entries: readonly string[];
}

/** Makes a group. */
export async function makeGroup(core: Core, id: Address, members: readonly Address[]): Promise<Announced> {
  await fetchLists(core, members);
  return core.transactor.run(async (tx) => {
    const self = await loadSelf(tx, groupRecord(id), ...[id, ...members].map(deviceList));
    if (tx.get(groupRecord(id)) !== undefined) throw inUse('a known one');
    if (tx.get(deviceList(id)) !== undefined) throw inUse('the address of an account');
    requireKnown(tx, self, members);
    return announce(core, tx, self, createGroup({ id, creator: self.account, members }));
  });
}

function inUse(got: string): PolyratchetError {
  return new PolyratchetError('invalid-argument', { name: 'id', expected: 'a new group', got });
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
  await storeGroup(tx, self, record, await standingOf(tx, id));
  tx.emit({ kind: 'group-changed', group: id, changes: events, lost: false });
  const entries: string[] = [];
  for (const { accounts, groupChange } of announcements) {
    entries.push(await tell(core, tx, self, id, accounts, groupChange));
  }
  return { record, entries };
}
