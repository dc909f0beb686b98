/**
 * The devices of a server: their keys, their mail, and what they have sent.
 *
 * @module
 */
import type { OutgoingEnvelope, PublishedPreKeys } from '../client/index.js';
import { parseAddress, type Address } from '../core/address.js';
import { copyBytes } from '../core/bytes.js';
import type { PreKeyBundle } from '../identity/index.js';
import { createMailbox, type Mailbox } from './mailbox.js';
import { publish, takeBundle } from './preKeys.js';

/** What the server has of one device. */
export interface Registered {
  readonly keys: PublishedPreKeys | undefined;
  readonly mailbox: Mailbox;
  /** Ids of its sends, each of which counts once. */
  readonly sent: Set<string>;
  /** Whether the account's primary has unlinked it; its number is never given again. */
  readonly unlinked: boolean;
}

/** The devices of a server. */
export interface Registry {
  /** What there is of a device; nothing at first. */
  readonly register: (device: Address) => Registered;
  /** Adds to a device's keys. */
  readonly publish: (device: Address, keys: PublishedPreKeys) => void;
  /** A device's bundle, if it is known; its first one-time prekey is gone afterwards. */
  readonly takeBundle: (device: Address) => PreKeyBundle | undefined;
  /** The identity key that a device has published. */
  readonly identityOf: (device: Address) => Uint8Array | undefined;
  /** Puts an envelope into a mailbox; false where nobody can be reached. */
  readonly deliver: (from: Address, envelope: OutgoingEnvelope) => boolean;
  /** Forgets a device's keys and mail, and lets it in no more. */
  readonly unlink: (device: Address) => void;
  /** Envelopes that wait for a device. */
  readonly waiting: (device: Address) => number;
  /** One-time prekeys that are left of a device. */
  readonly oneTimePreKeys: (device: Address) => number;
}

/** No devices yet. */
export function createRegistry(now: () => number): Registry {
  const devices = new Map<Address, Registered>();
  let delivered = 0;

  const register = (device: Address): Registered => {
    parseAddress(device);
    const known = devices.get(device) ?? {
      keys: undefined,
      mailbox: createMailbox(),
      sent: new Set<string>(),
      unlinked: false,
    };
    devices.set(device, known);
    return known;
  };

  return {
    register,
    publish: (device, keys) => {
      const known = register(device);
      devices.set(device, { ...known, keys: publish(known.keys, keys) });
    },
    takeBundle: (device) => {
      const known = devices.get(device);
      if (known?.keys === undefined) return undefined;
      const { bundle, left } = takeBundle(known.keys);
      devices.set(device, { ...known, keys: left });
      return bundle;
    },
    identityOf: (device) => {
      const keys = devices.get(device)?.keys;
      return keys === undefined ? undefined : copyBytes(keys.identityKey);
    },
    deliver: (from, { to, type, bytes }) => {
      const receiver = devices.get(to);
      if (receiver?.keys === undefined) return false;
      delivered++;
      receiver.mailbox.add({ id: String(delivered), from, to, type, bytes, at: now() });
      return true;
    },
    unlink: (device) => {
      const { mailbox, sent } = register(device);
      devices.set(device, { keys: undefined, mailbox, sent, unlinked: true });
      mailbox.clear();
    },
    waiting: (device) => devices.get(device)?.mailbox.size() ?? 0,
    oneTimePreKeys: (device) => devices.get(device)?.keys?.oneTimePreKeys.length ?? 0,
  };
}
