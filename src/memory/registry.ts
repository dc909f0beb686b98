/**
 * The devices of a server: their keys, their mail, and what they have done.
 *
 * @module
 */
import type { PublishedPreKeys } from '../client/index.js';
import { parseAddress, type Address } from '../core/address.js';
import { copyBytes } from '../core/bytes.js';
import type { Envelope, FanoutAnswer } from '../fanout/index.js';
import type { PreKeyBundle } from '../identity/index.js';
import { MAX_REMEMBERED_PUBLICATIONS, MAX_REMEMBERED_SENDS } from './limits.js';
import { createMailbox, type Load, type Mailbox } from './mailbox.js';
import { addPreKeys, takeBundle } from './preKeys.js';
import { createRemembered, type Remembered } from './remembered.js';

/** What the server has of one device. */
export interface Registered {
  keys: PublishedPreKeys | undefined;
  readonly mailbox: Mailbox;
  /** Its sends by id, each of which counts once. */
  readonly sends: Remembered<FanoutAnswer>;
  /** Its publications by id. */
  readonly publications: Remembered<true>;
  /** When it was last seen connected. */
  lastUsed: number | undefined;
  /** Whether the account's primary has unlinked it; its number is never given again. */
  isUnlinked: boolean;
}

/** The devices of a server. */
export interface Registry {
  /** What there is of a device; nothing at first. */
  readonly register: (device: Address) => Registered;
  /** Adds to a device's keys, once for each id. */
  readonly publish: (device: Address, keys: PublishedPreKeys, id: string) => void;
  /** Whether a device has published keys, so that it can be written to. */
  readonly isReachable: (device: Address) => boolean;
  /** A device's bundle, if it is known; its first one-time prekey is gone afterwards. */
  readonly takeBundle: (device: Address) => PreKeyBundle | undefined;
  /** The identity key that a device has published. */
  readonly identityOf: (device: Address) => Uint8Array | undefined;
  /** When a device was last connected. */
  readonly lastUsed: (device: Address) => number | undefined;
  /** Puts all envelopes into mailboxes, or none if one is full; returns the addresses that nobody has. */
  readonly deliver: (envelopes: readonly Envelope[]) => readonly Address[];
  /** Forgets a device's keys and mail, and lets it in no more. */
  readonly unlink: (device: Address) => void;
  /** Whether a device is let in no more. */
  readonly isUnlinked: (device: Address) => boolean;
  /** Envelopes that wait for a device. */
  readonly waiting: (device: Address) => number;
  /** One-time prekeys that are left of a device. */
  readonly oneTimePreKeys: (device: Address) => number;
}

/** No devices yet. */
export function createRegistry(): Registry {
  const devices = new Map<Address, Registered>();

  const register = (device: Address): Registered => {
    const known = devices.get(device);
    if (known !== undefined) return known;
    parseAddress(device);
    const registered: Registered = {
      keys: undefined,
      mailbox: createMailbox(),
      sends: createRemembered(MAX_REMEMBERED_SENDS),
      publications: createRemembered(MAX_REMEMBERED_PUBLICATIONS),
      lastUsed: undefined,
      isUnlinked: false,
    };
    devices.set(device, registered);
    return registered;
  };
  const isReachable = (device: Address): boolean => devices.get(device)?.keys !== undefined;

  return {
    register,
    isReachable,
    publish: (device, keys, id) => {
      const known = register(device);
      if (known.publications.has(id)) return;
      known.keys = addPreKeys(known.keys, keys);
      known.publications.add(id, true);
    },
    takeBundle: (device) => {
      const known = devices.get(device);
      if (known?.keys === undefined) return undefined;
      const { bundle, left } = takeBundle(known.keys);
      known.keys = left;
      return bundle;
    },
    identityOf: (device) => {
      const keys = devices.get(device)?.keys;
      return keys === undefined ? undefined : copyBytes(keys.identityKey);
    },
    lastUsed: (device) => devices.get(device)?.lastUsed,
    deliver: (envelopes) => {
      const reached = envelopes.filter(({ to }) => isReachable(to));
      checkRoom(reached, register);
      for (const envelope of reached) register(envelope.to).mailbox.add(envelope);
      return envelopes.filter(({ to }) => !isReachable(to)).map(({ to }) => to);
    },
    unlink: (device) => {
      const known = register(device);
      known.keys = undefined;
      known.isUnlinked = true;
      known.mailbox.clear();
    },
    isUnlinked: (device) => devices.get(device)?.isUnlinked ?? false,
    waiting: (device) => devices.get(device)?.mailbox.size() ?? 0,
    oneTimePreKeys: (device) => devices.get(device)?.keys?.oneTimePreKeys.length ?? 0,
  };
}

/** A full mailbox takes nothing, and neither do the others of the same send: so nothing is half sent, or lost. */
function checkRoom(envelopes: readonly Envelope[], find: (device: Address) => Registered): void {
  const loads = new Map<Address, Load>();
  for (const { to, bytes } of envelopes) {
    const load = loads.get(to) ?? { envelopes: 0, length: 0 };
    loads.set(to, { envelopes: load.envelopes + 1, length: load.length + bytes.length });
  }
  for (const [device, load] of loads) find(device).mailbox.checkRoom(load);
}
