/**
 * A device's connection to a server in memory: each call copies what it is given, looks whether it may still act, and acts
 * at once.
 *
 * @module
 */
import type { Server } from '../client/index.js';
import { accountOf, deviceAddress, inputDevice, type Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { Clock } from '../core/system.js';
import type { DeviceClaim, DeviceListAnswer } from '../devices/index.js';
import type { PreKeyBundle } from '../identity/index.js';
import type { Accounts } from './accounts.js';
import type { Exchanges } from './exchanges.js';
import {
  copyOfInput,
  inputArray,
  inputDeviceList,
  inputEnvelopes,
  inputKeys,
  inputPrimary,
  inputText,
} from './input.js';
import { MAX_ENVELOPES, MAX_FETCHED_ACCOUNTS, MAX_WAITING } from './limits.js';
import type { Registry } from './registry.js';
import { deliver } from './send.js';

/** What all connections act on. */
export interface World {
  readonly registry: Registry;
  readonly accounts: Accounts;
  readonly exchanges: Exchanges;
  readonly clock: Clock;
}

/** A connection that acts in a device's name. */
export function connectDevice(device: Address, world: World): Server {
  const { registry, accounts, exchanges, clock } = world;
  const known = registry.register(device);
  const account = accountOf(device);
  let isClosed = false;

  const checkOpen = (): void => {
    if (isClosed) throw new PolyratchetError('closed', { what: 'connection' });
    known.lastUsed = clock.now();
  };
  const checkLinked = (): void => {
    if (!known.isUnlinked) return;
    throw new PolyratchetError('device-revoked', { account, device, why: 'not-in-list' });
  };
  const act = async <Value>(action: () => Value): Promise<Value> => {
    await Promise.resolve();
    checkOpen();
    checkLinked();
    return action();
  };
  checkOpen();

  return {
    fetchTime: () => act(() => clock.now()),
    publishPreKeys: async (keys, options) => {
      const copy = inputKeys(keys);
      const id = inputText('id', inputObject('options', options).id);
      await act(() => {
        registry.publish(device, copy, id);
      });
    },
    countOneTimePreKeys: () => act(() => registry.oneTimePreKeys(device)),
    fetchBundles: async (devices) => {
      const asked = new Set(
        inputArray('devices', devices, MAX_ENVELOPES).map((one) => inputDevice('devices', one)),
      );
      return act(() => {
        const bundles = new Map<Address, PreKeyBundle>();
        for (const address of asked) {
          const bundle = registry.takeBundle(address);
          if (bundle !== undefined) bundles.set(address, bundle);
        }
        return bundles;
      });
    },
    publishDeviceList: async (list) => {
      const copy = inputDeviceList(list);
      inputPrimary('device', device);
      await act(() => {
        for (const gone of accounts.publish(account, copy)) registry.unlink(gone);
      });
    },
    fetchDeviceLists: async (asked) => {
      const checked = inputArray('accounts', asked, MAX_FETCHED_ACCOUNTS).map((one) =>
        inputPrimary('account', one),
      );
      await Promise.resolve();
      checkOpen();
      if (checked.some((one) => one !== account)) checkLinked();
      const answered = checked.filter((one) => registry.isReachable(one));
      return new Map<Address, DeviceListAnswer>(
        answered.map((one) => [one, accounts.answer(one, registry.identityOf)]),
      );
    },
    fetchLastUsed: () =>
      act(() =>
        accounts.devicesOf(account).map((number): DeviceClaim => {
          const lastUsed = registry.lastUsed(deviceAddress(account, number));
          return { device: number, ...(lastUsed === undefined ? {} : { lastUsed }) };
        }),
      ),
    fetchLinkOffers: () => act(() => exchanges.offersTo(device)),
    fetchLink: (ref) => act(() => exchanges.read(ref)),
    answerLink: async (hello) => {
      const { ref, wrappedEphemeral, primaryIdentity } = inputObject('hello', hello);
      const value = {
        ref,
        wrappedEphemeral: copyOfInput('wrappedEphemeral', wrappedEphemeral),
        primaryIdentity: copyOfInput('primaryIdentity', primaryIdentity),
      };
      inputPrimary('device', device);
      await act(() => exchanges.leave({ ref, step: 'answer', account, value: () => value }));
    },
    approveLink: async (approval) => {
      const { ref, container } = inputObject('approval', approval);
      const copy = copyOfInput('container', container);
      inputPrimary('device', device);
      const value = () => ({ container: copy, address: accounts.nextAddress(account) });
      return act(() => exchanges.leave({ ref, step: 'approval', account, value }).approval.address);
    },
    send: async (outgoing, options) => {
      const { id, participantHash } = inputObject('options', options);
      const sending = {
        from: device,
        envelopes: inputEnvelopes(outgoing, { from: device, at: clock.now() }),
        id: inputText('id', id),
        participantHash:
          participantHash === undefined ? undefined : inputText('participantHash', participantHash),
      };
      return act(() => deliver(sending, world));
    },
    receive: () => {
      const wasClosed = isClosed;
      return known.mailbox.read(() => {
        if (wasClosed) checkOpen();
        if (!isClosed) checkLinked();
        return isClosed;
      });
    },
    acknowledge: async (ids) => {
      const copy = inputArray('ids', ids, MAX_WAITING).map((id) => inputText('ids', id));
      await act(() => {
        known.mailbox.remove(copy);
      });
    },
    close: () => {
      isClosed = true;
      known.mailbox.wake();
    },
  };
}
