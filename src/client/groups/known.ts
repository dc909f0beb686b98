/**
 * What this device knows of groups: found, stored, counted and forgotten.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { PolyratchetError } from '../../core/errors.js';
import { isMember, type GroupRecord } from '../../group/index.js';
import type { Core, Self } from '../core.js';
import { usedId } from '../keys.js';
import type { AnyKey } from '../records.js';
import type { Transaction } from '../transaction.js';
import {
  agreedPrefix,
  ANSWERED,
  ASKED,
  DISPUTED,
  groupRecord,
  GROUPS,
  groupStanding,
  keyHolders,
  LEFT,
  leftGroup,
  ownSenderKey,
  RECEIVED,
  receivedPrefix,
  receivedSenderKey,
  UNKNOWN,
  waitingEnvelope,
  waitingMessages,
} from './keys.js';
import type { GroupStanding } from './state.js';

/**
 * Groups that others can make this device a member of: more than people have, and a bound on what a stranger who adds us to
 * group after group can make us store. Groups that we have left are kept up to the same number.
 */
export const MAX_GROUPS = 1_024;

/** How sure we are of a group that we have made. */
export const UNDISPUTED: GroupStanding = { version: 0, refused: [] };

/** What is known of a group. */
export async function requireGroup(tx: Transaction, id: Address): Promise<GroupRecord> {
  const record = await tx.read(groupRecord(id));
  if (record !== undefined) return record;
  throw new PolyratchetError('membership-conflict', { group: id, version: 0, why: 'not-a-member' });
}

/** How sure we are of a group. */
export async function standingOf(tx: Transaction, group: Address): Promise<GroupStanding> {
  return (await tx.read(groupStanding(group))) ?? UNDISPUTED;
}

/**
 * Stores a group. How sure we are of it is written with it, so that who sends to the group as it was before starts over: a
 * message writes that record again, and reads the group only.
 */
export async function storeGroup(
  tx: Transaction,
  { account }: Self,
  record: GroupRecord,
  standing: GroupStanding,
): Promise<void> {
  const { id, version } = record.group;
  await tx.load(groupRecord(id), groupStanding(id), leftGroup(id));
  tx.set(groupRecord(id), record);
  tx.set(groupStanding(id), { ...standing, version });
  if (isMember(record, account)) await tx.remove(leftGroup(id));
  else if (tx.get(leftGroup(id)) === undefined) tx.set(leftGroup(id), { at: tx.now });
}

/**
 * Checks that others may make us a member of one more group.
 *
 * @throws PolyratchetError `too-large`
 */
export async function requireRoom({ records }: Core): Promise<void> {
  const got = (await count(records.names(GROUPS))) - (await count(records.names(LEFT)));
  if (got >= MAX_GROUPS) throw new PolyratchetError('too-large', { what: 'groups', limit: MAX_GROUPS, got });
}

async function count(pages: AsyncIterable<readonly string[]>): Promise<number> {
  let sum = 0;
  for await (const names of pages) sum += names.length;
  return sum;
}

/** Forgets groups that we have left, where they are too many. */
export async function forgetLeft(core: Core): Promise<void> {
  const left: string[] = [];
  for await (const names of core.records.names(LEFT)) left.push(...names);
  for (const name of left.slice(MAX_GROUPS)) {
    await core.transactor.run((tx) => forgetGroup(core, tx, name.slice(LEFT.length)));
  }
}

/** Erases all that there is of a group, as if this device had never heard of it. */
export async function forgetGroup(core: Core, tx: Transaction, group: Address): Promise<void> {
  const waiting = (await tx.read(waitingMessages(group)))?.messages ?? [];
  const keys: AnyKey[] = [
    groupRecord(group),
    groupStanding(group),
    leftGroup(group),
    ownSenderKey(group),
    keyHolders(group),
    waitingMessages(group),
    ...waiting.map(({ device, messageId }) => waitingEnvelope(group, device, messageId)),
  ];
  for (const mark of [ASKED, ANSWERED, DISPUTED, UNKNOWN].map((prefix) => `${prefix}${group} `))
    for await (const names of core.records.names(mark)) keys.push(...names.map(usedId));
  for await (const names of core.records.names(agreedPrefix(group))) keys.push(...names.map(usedId));
  for await (const names of core.records.names(RECEIVED)) {
    const devices = names
      .filter((name) => name.endsWith(` ${group}`))
      .map((name) => name.slice(RECEIVED.length, -group.length - 1));
    keys.push(...devices.map((device) => receivedSenderKey(device, group)));
  }
  core.plans.delete(group);
  await tx.remove(...keys);
}

/** Erases the keys that came from devices that went. */
export async function forgetKeysOf(
  { records }: Core,
  tx: Transaction,
  devices: readonly Address[],
): Promise<void> {
  for (const device of devices) {
    const prefix = receivedPrefix(device);
    for await (const names of records.names(prefix)) {
      const keys = names.map((name) => receivedSenderKey(device, name.slice(prefix.length)));
      await tx.remove(...keys);
    }
  }
}
