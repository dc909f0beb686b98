/**
 * Disputes: two accounts tell this device of different groups of one address, each as its admin.
 *
 * Who has just been added has nothing to hold a state against, so whoever is quicker than the true admin is believed first.
 * When the other comes, no rule can say who is right: the person is asked, and nothing is sent until they have decided.
 *
 * Nobody shall be able to stop a group by this as often as they like. So a dispute opens only where the group is one other
 * account's word, only by somebody who says that we are a member, once for each of them and {@link MAX_REFUSED} times in all;
 * and never by somebody who has written under our state, for who has seen another group could not name its hash.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { PolyratchetError } from '../../core/errors.js';
import { loadSelf, type Core } from '../core.js';
import type { Transaction } from '../transaction.js';
import { agreedBy, askedFor, disputedBy, groupStanding } from './keys.js';
import { forgetGroup, requireGroup, standingOf } from './known.js';
import { MAX_REFUSED, type GroupStanding } from './state.js';
import { ask, ASK_INTERVAL_MS } from './tell.js';

/** Somebody who is not believed. */
export interface Claim {
  /** Address of the group. */
  readonly group: Address;
  /** Address of their account. */
  readonly author: Address;
  /** Whether they say that they are an admin of ours, and we are in the group. */
  readonly isAboutUs: boolean;
}

/** Takes note of somebody who is not believed. */
export async function dispute(tx: Transaction, { group, author, isAboutUs }: Claim): Promise<void> {
  const standing = await standingOf(tx, group);
  if (standing.refused.includes(author)) return;
  const mark = disputedBy(group, author);
  await tx.load(mark, agreedBy(group, author));
  const open = isAboutUs && mayOpen(tx, group, author, standing);
  const told = tx.get(mark)?.at;
  if (!open && told !== undefined && Math.abs(tx.now - told) < ASK_INTERVAL_MS) return;
  tx.set(mark, { at: tx.now });
  if (open) tx.set(groupStanding(group), { ...standing, disputedBy: author });
  tx.emit({ kind: 'group-disputed', group, by: author, open });
}

function mayOpen(
  tx: Transaction,
  group: Address,
  author: Address,
  { toldBy, disputedBy: open, refused }: GroupStanding,
): boolean {
  const isOneWord = toldBy !== undefined && toldBy !== author;
  const hasAgreed = tx.get(agreedBy(group, author)) !== undefined;
  return isOneWord && open === undefined && !hasAgreed && refused.length < MAX_REFUSED;
}

/** Notes that somebody has written under our state of a group that is another's word. */
export async function noteAgreement(tx: Transaction, group: Address, account: Address): Promise<void> {
  const { toldBy } = await standingOf(tx, group);
  if (toldBy === undefined || (await tx.read(agreedBy(group, account))) !== undefined) return;
  tx.set(agreedBy(group, account), { at: tx.now });
}

/**
 * How sure we are of a group, if there is nothing to decide. Who sends to it writes that again: whoever changes the group
 * meanwhile is in conflict with it.
 *
 * @throws PolyratchetError `membership-conflict` `disputed`
 */
export async function requireSettled(
  tx: Transaction,
  group: Address,
  version: number,
): Promise<GroupStanding> {
  const standing = await standingOf(tx, group);
  if (standing.disputedBy !== undefined)
    throw new PolyratchetError('membership-conflict', { group, version, why: 'disputed' });
  return standing;
}

/** The person goes on with the group as this device knows it. */
export async function keepState(core: Core, group: Address): Promise<void> {
  await core.transactor.run(async (tx) => {
    await loadSelf(tx);
    await requireGroup(tx, group);
    const { disputedBy: author, ...standing } = await standingOf(tx, group);
    if (author === undefined) return;
    tx.set(groupStanding(group), { ...standing, refused: [...standing.refused, author] });
  });
}

/** The person begins anew with a group; who has disputed it is asked for it. Returns the entries of the outbox. */
export async function forgetState(core: Core, group: Address): Promise<readonly string[]> {
  return core.transactor.run(async (tx) => {
    const self = await loadSelf(tx);
    const { disputedBy: author } = await standingOf(tx, group);
    await forgetGroup(core, tx, group);
    if (author === undefined) return [];
    // Our other devices may have been told what this one was: who knows it otherwise is asked alone.
    await tx.load(askedFor(group, self.account));
    tx.set(askedFor(group, self.account), { at: tx.now });
    return ask(core, tx, self, group, author);
  });
}
