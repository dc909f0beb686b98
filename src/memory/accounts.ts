/**
 * The accounts of a server: which device numbers were given out, which devices are linked, and what the primary signed.
 *
 * @module
 */
import type { PublishedDeviceList } from '../client/index.js';
import { deviceAddress, MAX_DEVICE, parseAddress, type Address } from '../core/address.js';
import { copyBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import type { DeviceListAnswer } from '../devices/index.js';
import { MAX_LINKED } from './limits.js';

/** The accounts of a server. */
export interface Accounts {
  /** The address of the account's next companion: a number is given once. */
  readonly nextAddress: (account: Address) => Address;
  /** Links a device, with its ADVSignedDeviceIdentity bytes. */
  readonly link: (device: Address, signedIdentity: Uint8Array) => void;
  /** Keeps the account's list; returns the addresses of the devices that are unlinked now. */
  readonly publish: (account: Address, list: Required<PublishedDeviceList>) => readonly Address[];
  /** Numbers of the account's devices: its primary, and the companions that are linked. */
  readonly devicesOf: (account: Address) => readonly number[];
  /** What is said of an account, given the identity keys that its devices have published. */
  readonly answer: (
    account: Address,
    identityOf: (device: Address) => Uint8Array | undefined,
  ) => DeviceListAnswer;
}

interface Account {
  lastDevice: number;
  signedList: Uint8Array | undefined;
  /** Device number to ADVSignedDeviceIdentity bytes. */
  readonly linked: Map<number, Uint8Array>;
}

/** No accounts yet. */
export function createAccounts(): Accounts {
  const accounts = new Map<Address, Account>();

  const find = (address: Address): Account => {
    const known = accounts.get(address) ?? {
      lastDevice: 0,
      signedList: undefined,
      linked: new Map<number, Uint8Array>(),
    };
    accounts.set(address, known);
    return known;
  };

  return {
    nextAddress: (address) => {
      const account = find(address);
      if (account.linked.size >= MAX_LINKED || account.lastDevice >= MAX_DEVICE) {
        throw new PolyratchetError('companion-limit', { account: address, why: 'full' });
      }
      account.lastDevice++;
      return deviceAddress(address, account.lastDevice);
    },
    link: (address, signedIdentity) => {
      const { device, user, server } = parseAddress(address);
      find(`${user}@${server}`).linked.set(device, signedIdentity);
    },
    publish: (address, { signedList, removed }) => {
      const account = find(address);
      account.signedList = signedList;
      return removed
        .filter((device) => account.linked.delete(device))
        .map((device) => deviceAddress(address, device));
    },
    devicesOf: (address) => [0, ...(accounts.get(address)?.linked.keys() ?? [])],
    answer: (address, identityOf) => {
      const { signedList, linked } = find(address);
      const primary = identityOf(address);
      return {
        devices: [
          ...(primary === undefined ? [] : [{ device: 0, identity: primary }]),
          ...[...linked].map(([device, signedIdentity]) => {
            const identity = identityOf(deviceAddress(address, device));
            return {
              device,
              signedIdentity: copyBytes(signedIdentity),
              ...(identity === undefined ? {} : { identity }),
            };
          }),
        ],
        ...(signedList === undefined ? {} : { signedList: copyBytes(signedList) }),
      };
    },
  };
}
