/**
 * What people compare, and what they decide: security codes, and identities that have changed.
 *
 * @module
 */
import { inputAccount, type Address } from '../core/address.js';
import { copyBytes, inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { KEY_LENGTH } from '../crypto/index.js';
import {
  acceptedDevices,
  acceptPrimaryIdentity,
  securityCodeParty,
  type AcceptedDevices,
  type DeviceFetch,
  type DeviceListRecord,
} from '../devices/index.js';
import { securityCode, type SecurityCode } from '../securitycode/index.js';
import { loadSelf, type Core } from './core.js';
import { deviceList } from './keys.js';
import { forgetDevices, noticeOf, refreshLists } from './lists.js';
import type { Transaction } from './transaction.js';

/** A security code, or what is missing for it. */
export type SecurityCodeResult =
  | {
      /** Both people's devices are known. */
      readonly kind: 'complete';
      /** The code: digits to read out, and a QR code to scan. */
      readonly code: SecurityCode;
    }
  | {
      /** The identity of a device is not known, and the server has not said it: digits without it would be wrong. */
      readonly kind: 'incomplete';
      /** What is missing. */
      readonly fetch: readonly DeviceFetch[];
    };

/**
 * The security code with a contact, over all devices of both, as they are now: with a connection, the lists of both are asked
 * for first. Without, or if the server fails, the code is that of the devices that are known.
 */
export async function securityCodeWith(core: Core, address: Address): Promise<SecurityCodeResult> {
  const account = inputAccount('account', address);
  const self = await core.transactor.run((tx) => loadSelf(tx));
  if (core.connection() !== undefined) {
    try {
      await refreshLists(core, [account, self.account]);
    } catch (error) {
      if (!PolyratchetError.is(error, 'server-failed') && !PolyratchetError.is(error, 'deadline'))
        throw error;
    }
  }
  return core.transactor.run((tx) => codeStep(core, tx, account));
}

async function codeStep(core: Core, tx: Transaction, account: Address): Promise<SecurityCodeResult> {
  const { own } = await loadSelf(tx, deviceList(account));
  const record = tx.get(deviceList(account));
  if (record === undefined) return { kind: 'incomplete', fetch: [{ kind: 'list', account }] };
  const { hosted } = core.settings;
  const local = securityCodeParty({ record: own.record, now: tx.now, hosted });
  const remote = securityCodeParty({ record, now: tx.now, hosted });
  if (local.kind === 'complete' && remote.kind === 'complete') {
    return { kind: 'complete', code: securityCode({ local: local.party, remote: remote.party }) };
  }
  const fetch = [local, remote].flatMap((party) => (party.kind === 'incomplete' ? party.fetch : []));
  return { kind: 'incomplete', fetch };
}

/** An identity that the person has accepted. */
export interface AcceptIdentityOptions {
  /** The contact's account. */
  readonly account: Address;
  /** The identity key that the event `identity-changed` has named as `got`, 32 bytes. */
  readonly identity: Uint8Array;
}

/** Pins another primary identity: nothing that was signed under the one before counts any more. */
export async function acceptIdentity(core: Core, options: AcceptIdentityOptions): Promise<void> {
  const identity = copyBytes(inputBytes('identity', inputObject('options', options).identity, KEY_LENGTH));
  const account = inputAccount('account', options.account);
  await core.transactor.run(async (tx) => {
    const self = await loadSelf(tx, deviceList(account));
    const before = tx.get(deviceList(account));
    if (before === undefined || account === self.account) throw unknownAccount();
    const { kind, record, removed } = acceptPrimaryIdentity({
      record: before,
      primaryIdentity: identity,
      now: tx.now,
    });
    if (kind === 'unchanged') return;
    tx.set(deviceList(account), record);
    await forgetDevices(core, tx, [{ address: account }, ...removed]);
    const notice = noticeOf(before, record, tx.now, core.settings.hosted);
    tx.emit({ kind: 'devices-changed', account, added: [], removed, notice });
  });
}

function unknownAccount(): PolyratchetError {
  return new PolyratchetError('invalid-argument', {
    name: 'account',
    expected: 'a contact whose identity is pinned',
    got: 'another',
  });
}

/** A contact's devices, or our own: those that count, and those that do not, with the reasons. */
export async function devicesOf(core: Core, address: Address): Promise<AcceptedDevices> {
  const account = inputAccount('account', address);
  const find = (): Promise<DeviceListRecord | undefined> =>
    core.transactor.run(async (tx) => {
      const self = await loadSelf(tx, deviceList(account));
      return account === self.account ? self.own.record : tx.get(deviceList(account));
    });
  let record = await find();
  if (record === undefined) {
    await refreshLists(core, [account]);
    record = await find();
  }
  if (record === undefined) throw new PolyratchetError('device-unverified', { account, why: 'no-list' });
  const { clock, hosted } = core.settings;
  return acceptedDevices({ record, now: clock.now(), hosted });
}
