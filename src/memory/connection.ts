/**
 * Connections to a server in memory: each call copies what it is given, looks whether it may still act, and acts at once.
 *
 * @module
 */
import type { LinkingServer, PublishedDeviceList, SendReceipt, Server } from '../client/index.js';
import { accountOf, MAX_DEVICE, type Address } from '../core/address.js';
import { copyBytes, describe } from '../core/bytes.js';
import { inputInteger, inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { Clock } from '../core/system.js';
import type { DeviceListAnswer } from '../devices/index.js';
import { MAX_LINKED, type Accounts } from './accounts.js';
import type { Exchanges } from './exchanges.js';
import { copyOfInput, inputPrimary } from './input.js';
import { copyKeys } from './preKeys.js';
import type { Registry } from './registry.js';

/** Accounts in one question for device lists: more than a group has members, and a bound on the answer. */
export const MAX_FETCHED_ACCOUNTS = 4_096;

/** One device's connection, which it can close. */
export interface MemoryConnection extends Server {
  /** Ends `receive`; later calls fail with `closed`. */
  close(): void;
}

/** The connection of a device that has no address yet. */
export interface MemoryLinkingConnection extends LinkingServer {
  /** Later calls fail with `closed`. */
  close(): void;
}

/** What all connections act on. */
export interface World {
  readonly registry: Registry;
  readonly accounts: Accounts;
  readonly exchanges: Exchanges;
  readonly clock: Clock;
}

/** A connection that acts in a device's name. */
export function connectDevice(
  device: Address,
  { registry, accounts, exchanges, clock }: World,
): MemoryConnection {
  const { mailbox, sent } = registry.register(device);
  const account = accountOf(device);
  let closed = false;
  const open = async <Value>(action: () => Value): Promise<Value> => {
    await Promise.resolve();
    if (closed) throw new PolyratchetError('closed', { what: 'connection' });
    if (registry.register(device).unlinked) {
      throw new PolyratchetError('device-revoked', { account, device, why: 'not-in-list' });
    }
    return action();
  };

  return {
    fetchTime: () => open(() => clock.now()),
    publishPreKeys: (keys) => {
      const published = copyKeys(keys);
      return open(() => {
        registry.publish(device, published);
      });
    },
    fetchBundles: (addresses) =>
      open(() => {
        const found = addresses.map((address) => [address, registry.takeBundle(address)] as const);
        return new Map(
          found.flatMap(([address, bundle]) => (bundle === undefined ? [] : [[address, bundle]])),
        );
      }),
    publishDeviceList: async (list) => {
      const copy = copyOfList(list);
      inputPrimary('device', device);
      await open(() => {
        for (const gone of accounts.publish(account, copy)) registry.unlink(gone);
      });
    },
    fetchDeviceLists: async (asked) => {
      const checked = inputAccounts(asked);
      return open(() => {
        const known = checked.filter((address) => registry.identityOf(address) !== undefined);
        return new Map<Address, DeviceListAnswer>(
          known.map((address) => [address, accounts.answer(address, registry.identityOf)]),
        );
      });
    },
    fetchLinkOffers: () => open(() => exchanges.offersTo(device)),
    fetchLink: (ref) => open(() => exchanges.read(ref)),
    answerLink: async (hello) => {
      const { ref, wrappedEphemeral, primaryIdentity } = inputObject('hello', hello);
      const value = {
        ref,
        wrappedEphemeral: copyOfInput('wrappedEphemeral', wrappedEphemeral),
        primaryIdentity: copyOfInput('primaryIdentity', primaryIdentity),
      };
      inputPrimary('device', device);
      await open(() => exchanges.leave({ ref, step: 'answer', account, value: () => value }));
    },
    approveLink: async (approval) => {
      const { ref, container } = inputObject('approval', approval);
      const copy = copyOfInput('container', container);
      inputPrimary('device', device);
      const value = () => ({ container: copy, address: accounts.nextAddress(account) });
      return open(() => exchanges.leave({ ref, step: 'approval', account, value }).approval.address);
    },
    send: (outgoing, { id }) => {
      const envelopes = outgoing.map(({ to, type, bytes }) => ({ to, type, bytes: copyBytes(bytes) }));
      return open((): SendReceipt => {
        if (sent.has(id)) return {};
        sent.add(id);
        const extra = envelopes.filter((envelope) => !registry.deliver(device, envelope)).map(({ to }) => to);
        return extra.length === 0 ? {} : { extra };
      });
    },
    receive: () => mailbox.read(() => closed || registry.register(device).unlinked),
    acknowledge: (ids) =>
      open(() => {
        mailbox.remove(ids);
      }),
    close: () => {
      closed = true;
      mailbox.wake();
    },
  };
}

/** A connection of a device that has no address yet. */
export function connectUnlinked({ accounts, exchanges }: World): MemoryLinkingConnection {
  let closed = false;
  const open = async <Value>(action: () => Value): Promise<Value> => {
    await Promise.resolve();
    if (closed) throw new PolyratchetError('closed', { what: 'connection' });
    return action();
  };

  return {
    offerLink: async (offer) => {
      const begun = exchanges.begin(offer);
      return open(begun);
    },
    fetchLink: (ref) => open(() => exchanges.read(ref)),
    finishLink: async (finish) => {
      const { ref, bundle, companionIdentity } = inputObject('finish', finish);
      const value = {
        ref,
        bundle: copyOfInput('bundle', bundle),
        companionIdentity: copyOfInput('companionIdentity', companionIdentity),
      };
      await open(() => exchanges.leave({ ref, step: 'finish', value: () => value }));
    },
    completeLink: async (reply) => {
      const { ref, signedIdentity } = inputObject('reply', reply);
      const copy = copyOfInput('signedIdentity', signedIdentity);
      await open(() => {
        const { approval } = exchanges.leave({ ref, step: 'signedIdentity', value: () => copy });
        if (approval !== undefined) accounts.link(approval.address, copy);
      });
    },
    close: () => {
      closed = true;
    },
  };
}

/** A list whose bytes and numbers can be. */
function copyOfList(list: PublishedDeviceList): Required<PublishedDeviceList> {
  const { signedList, removed = [] } = inputObject('list', list);
  return {
    signedList: copyOfInput('signedList', signedList),
    removed: inputArray('removed', removed, MAX_LINKED).map((device) =>
      inputInteger('removed', device, 1, MAX_DEVICE),
    ),
  };
}

function inputAccounts(accounts: readonly Address[]): readonly Address[] {
  return inputArray('accounts', accounts, MAX_FETCHED_ACCOUNTS).map((account) =>
    inputPrimary('account', account),
  );
}

function inputArray<Item>(name: string, items: readonly Item[], limit: number): readonly Item[] {
  const isArray: boolean = Array.isArray(items);
  if (!isArray)
    throw new PolyratchetError('invalid-argument', { name, expected: 'an array', got: describe(items) });
  if (items.length <= limit) return [...items];
  throw new PolyratchetError('too-large', { what: name, limit, got: items.length });
}
