/**
 * The primary's own list: registered, renewed every day, shortened when a device is unlinked; stored before it is published.
 *
 * @module
 */
import { accountOf, deviceAddress, inputAccount, parseAddress, type Address } from '../core/address.js';
import { describe, equalBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import {
  createOwnDevices,
  ownDevicesRenewalDue,
  removeAllCompanions,
  removeCompanion,
  renewOwnDevices,
  type Companion,
  type ListSigner,
  type OwnDevices,
  type OwnDevicesChange,
  type RemovedDevice,
} from '../devices/index.js';
import { generateIdentity, generateRegistrationId } from '../identity/index.js';
import { connected, findSelf, loadSelf, type Core, type Self } from './core.js';
import { approval, DEVICE, IDENTITY, OWN_DEVICES, PENDING_LIST } from './keys.js';
import { forgetDevices, noticeOf } from './lists.js';
import { createPreKeys } from './prekeys.js';
import type { CheckedServer } from './checkedServer.js';
import type { AnyKey } from './records.js';
import type { Transaction } from './transaction.js';

/** Makes this device the primary of an account, with new keys. They are published with the connection. */
export async function registerPrimary(core: Core, address: Address, server: CheckedServer): Promise<void> {
  const account = inputAccount('account', address);
  const serverTime = await server.fetchTime();
  await core.transactor.run(async (tx) => {
    if ((await findSelf(tx, PENDING_LIST)) !== undefined) throw alreadyThere();
    const { random } = core.settings;
    const identity = generateIdentity(random);
    const { devices } = createOwnDevices({ account, identity, random, now: tx.now, serverTime });
    tx.set(IDENTITY, identity);
    tx.set(DEVICE, { address: account, registrationId: generateRegistrationId(random) });
    tx.set(OWN_DEVICES, devices);
    tx.set(PENDING_LIST, { removed: [] });
    await createPreKeys(core, tx, identity);
  });
}

/** The error of a device that has a place already. */
export function alreadyThere(): PolyratchetError {
  return new PolyratchetError('invalid-argument', {
    name: 'client',
    expected: 'a new device',
    got: 'one that is registered or linked',
  });
}

/**
 * This device, a primary.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export async function loadPrimary(
  tx: Transaction,
  ...more: readonly AnyKey[]
): Promise<Self & { readonly devices: OwnDevices }> {
  const self = await loadSelf(tx, ...more);
  if (self.devices !== undefined) return { ...self, devices: self.devices };
  throw new PolyratchetError('invalid-argument', {
    name: 'client',
    expected: 'the primary device',
    got: 'a companion',
  });
}

/** What a change of the list is signed with. */
export function signer(core: Core, self: Self, now: number, serverTime: number): ListSigner {
  return { identity: self.identity, random: core.settings.random, now, serverTime };
}

/** Signs the list again once a day. */
export async function renewList(core: Core): Promise<void> {
  const isDue = await core.transactor.run(async (tx) => {
    const { devices } = await loadSelf(tx);
    return devices !== undefined && ownDevicesRenewalDue({ devices, now: tx.now });
  });
  if (isDue) await signByItself(core, (devices, by) => renewOwnDevices({ devices, ...by }));
}

/** Unlinks a companion that has logged itself out, unless it is gone already; returns whether that is done. */
export function unlinkLoggedOut(core: Core, device: Address): Promise<boolean> {
  return signByItself(core, (devices, by) => {
    const companion = companionAt(devices, device);
    return companion && removeCompanion({ devices, keyIndex: companion.keyIndex, ...by });
  });
}

/**
 * Changes the list where nobody waits for it; returns whether it could be signed.
 *
 * A clock that is ahead of the server's signs nothing, and keeps nobody from writing: the list is good for weeks, and the next
 * upkeep tries again.
 */
async function signByItself(core: Core, change: ChangeList): Promise<boolean> {
  try {
    await changeOwnDevices(core, change);
    return true;
  } catch (error) {
    if (!PolyratchetError.is(error, 'list-from-future')) throw error;
    const { account } = await core.transactor.run((tx) => loadSelf(tx));
    core.events.emit({ kind: 'list-refused', account, error });
    return false;
  }
}

/** A companion by its address; or by its key index, which it has before it has an address. */
export type CompanionReference =
  | Address
  | {
      /** Its key index. */
      readonly keyIndex: number;
    };

/** Unlinks one companion: it gets nothing from now on, and the next list leaves it out. */
export async function unlinkCompanion(core: Core, reference: CompanionReference): Promise<void> {
  await changeOwnDevices(core, (devices, by) =>
    removeCompanion({ devices, keyIndex: keyIndexOf(devices, reference), ...by }),
  );
}

function keyIndexOf(devices: OwnDevices, reference: CompanionReference): number {
  if (typeof reference !== 'string') return inputObject('device', reference).keyIndex;
  const companion = companionAt(devices, reference);
  if (companion !== undefined) return companion.keyIndex;
  throw invalidArgument('device', 'the address of a linked companion', describe(reference));
}

function companionAt({ account, companions }: OwnDevices, address: Address): Companion | undefined {
  const { device } = parseAddress(address);
  if (accountOf(address) !== account) return undefined;
  return companions.find(({ link }) => link.kind === 'confirmed' && link.device === device);
}

/** Unlinks every companion. */
export async function unlinkAll(core: Core): Promise<void> {
  await changeOwnDevices(core, (devices, by) => removeAllCompanions({ devices, ...by }));
}

/** A change of the list; none where nothing is to be changed. */
type ChangeList = (devices: OwnDevices, by: ListSigner) => OwnDevicesChange | undefined;

/** Signs another list, stores it with what follows from it, and publishes it. */
async function changeOwnDevices(core: Core, change: ChangeList): Promise<void> {
  await core.transactor.run((tx) => loadPrimary(tx));
  const serverTime = await connected(core).fetchTime();
  await core.transactor.run(async (tx) => {
    const self = await loadPrimary(tx, PENDING_LIST);
    const changed = change(self.devices, signer(core, self, tx.now, serverTime));
    if (changed !== undefined) await storeList(core, tx, self, changed);
  });
  await publishList(core);
}

/** Stores a list that is to be published; forgets the approvals that it leaves out, and the sessions with companions that went. */
export async function storeList(
  core: Core,
  tx: Transaction,
  self: Self,
  { devices, removed }: OwnDevicesChange,
): Promise<void> {
  await tx.load(OWN_DEVICES, PENDING_LIST);
  const pending = tx.get(PENDING_LIST)?.removed ?? [];
  tx.set(OWN_DEVICES, devices);
  const gone = removed.flatMap((companion) => goneDevice(self.account, companion));
  const numbers = gone.map(({ address }) => parseAddress(address).device);
  tx.set(PENDING_LIST, { removed: [...new Set([...pending, ...numbers])] });
  await tx.remove(...removed.map(({ keyIndex }) => approval(keyIndex)));
  await forgetDevices(core, tx, gone);
  if (gone.length === 0) return;
  const after = await loadSelf(tx);
  const notice = noticeOf(self.own.record, after.own.record, tx.now, core.settings.hosted);
  tx.emit({ kind: 'devices-changed', account: self.account, added: [], removed: gone, notice });
}

function goneDevice(account: Address, { keyIndex, identity, link }: Companion): readonly RemovedDevice[] {
  if (link.kind !== 'confirmed') return [];
  return [{ address: deviceAddress(account, link.device), keyIndex, identity, why: 'revoked' }];
}

/** Publishes the list, if it has not reached the server. */
export async function publishList(core: Core): Promise<void> {
  const pending = await core.transactor.run(async (tx) => {
    const { devices } = await loadSelf(tx, PENDING_LIST);
    const list = tx.get(PENDING_LIST);
    return devices === undefined || list === undefined
      ? undefined
      : { signedList: devices.signedList, removed: list.removed };
  });
  if (pending === undefined) return;
  await connected(core).publishDeviceList(pending);
  await core.transactor.run(async (tx) => {
    const { devices } = await loadSelf(tx, PENDING_LIST);
    const isSame = devices !== undefined && equalBytes(devices.signedList, pending.signedList);
    if (isSame) await tx.remove(PENDING_LIST);
  });
}
