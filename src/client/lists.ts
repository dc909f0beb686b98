/**
 * Device lists: what the server says of accounts becomes what this device believes, and what follows from it.
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import {
  acceptedDevices,
  compareDeviceLists,
  mergeDeviceList,
  type DeviceFetch,
  type DeviceListAnswer,
  type DeviceListRecord,
} from '../devices/index.js';
import { securityNotice, type SecurityNotice } from '../securitycode/index.js';
import { connected, loadSelf, type Core, type Self } from './core.js';
import { LINKED_DEVICE, OWN_DEVICES, deviceList, retryAnswers, retryRequests, session } from './keys.js';
import type { Transaction } from './transaction.js';

/** Asks the server for accounts' devices, and believes as much as their primaries have signed. */
export async function refreshLists(core: Core, accounts: readonly Address[]): Promise<void> {
  const asked = [...new Set(accounts)];
  if (asked.length === 0) return;
  const answers = await connected(core).fetchDeviceLists(asked);
  for (const [account, answer] of answers) {
    await core.transactor.run((tx) => takeAnswer(core, tx, account, answer));
  }
}

/** The accounts whose lists are to be fetched: the identities of devices come with them. */
export function accountsOf(fetch: readonly DeviceFetch[]): readonly Address[] {
  return [...new Set(fetch.map((want) => accountOf(want.kind === 'list' ? want.account : want.device)))];
}

/** Merges an answer. The primary's own list is what it has signed itself: there is nothing to learn about it. */
async function takeAnswer(
  core: Core,
  tx: Transaction,
  account: Address,
  answer: DeviceListAnswer,
): Promise<void> {
  const self = await loadSelf(tx, deviceList(account));
  if (self.devices?.account === account) return;
  const before = tx.get(deviceList(account));
  let merged: DeviceListRecord;
  try {
    const known = before === undefined ? {} : { record: before };
    merged = mergeDeviceList({ account, ...known, answer, now: tx.now }).record;
  } catch (error) {
    if (!PolyratchetError.is(error)) throw error;
    refuse(tx, account, error);
    return;
  }
  await changeList(core, tx, before, merged);
}

function refuse(tx: Transaction, account: Address, error: PolyratchetError): void {
  if (PolyratchetError.is(error, 'untrusted-identity')) {
    const { expected, got } = error.data;
    tx.emit({ kind: 'identity-changed', account, expected, got });
  } else tx.emit({ kind: 'list-refused', account, error });
}

/** Stores a list; drops the sessions with companions that went, and tells of those and of the new ones. */
export async function changeList(
  core: Core,
  tx: Transaction,
  before: DeviceListRecord | undefined,
  record: DeviceListRecord,
): Promise<void> {
  if (record === before) return;
  await tx.load(deviceList(record.account));
  tx.set(deviceList(record.account), record);
  if (before === undefined) return;
  const { added, removed } = compareDeviceLists({ before, after: record });
  if (added.length + removed.length === 0) return;
  await forgetDevices(core, tx, removed);
  const notice = noticeOf(before, record, tx.now, core.settings.hosted);
  tx.emit({ kind: 'devices-changed', account: record.account, added, removed, notice });
}

/** Erases what there is of devices that went: sessions, retries, and what features have. */
export async function forgetDevices(
  { features }: Core,
  tx: Transaction,
  removed: readonly { readonly address: Address }[],
): Promise<void> {
  const devices = removed.map(({ address }) => address);
  const keys = devices.flatMap((device) => [session(device), retryRequests(device), retryAnswers(device)]);
  await tx.remove(...keys);
  for (const feature of features) await feature.forget(tx, devices);
}

/** What a change of an account's devices means to people who have compared codes. */
export function noticeOf(
  before: DeviceListRecord,
  after: DeviceListRecord,
  now: number,
  hosted: boolean,
): SecurityNotice {
  const identities = (record: DeviceListRecord) => ({
    primary: record.primaryIdentity,
    identityKeys: acceptedDevices({ record, now, hosted }).devices.map(({ identity }) => identity),
  });
  return securityNotice({ before: identities(before), after: identities(after) });
}

/** Whether this device, a companion, is in no list of its primary's any more. */
export function isUnlinked(tx: Transaction, { own }: Self): boolean {
  const linked = tx.get(LINKED_DEVICE);
  if (linked === undefined || tx.get(OWN_DEVICES) !== undefined) return false;
  const { list } = own.record;
  if (list.kind === 'assumed') return false;
  const { rawId, currentIndex, validIndexes } = list.details;
  if (rawId !== linked.rawId) return true;
  return linked.keyIndex <= currentIndex && !validIndexes.includes(linked.keyIndex);
}
