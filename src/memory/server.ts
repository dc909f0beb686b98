/**
 * A server in memory: for tests, demos and first steps.
 *
 * It hands out each one-time prekey once, keeps an envelope until it is acknowledged, and knows nothing that a real
 * server would not know.
 *
 * @module
 */
import type { Envelope, OutgoingEnvelope, PublishedPreKeys, SendReceipt, Server } from '../client/index.js';
import { parseAddress, type Address } from '../core/address.js';
import { copyBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { systemClock, type Clock } from '../core/system.js';
import type { PreKeyBundle } from '../identity/index.js';
import { createMailbox, type Mailbox } from './mailbox.js';

/** How the server tells the time. */
export interface MemoryServerOptions {
  /** The system's clock unless given. */
  readonly clock?: Clock;
}

/** One device's connection, which it can close. */
export interface MemoryConnection extends Server {
  /** Ends `receive`; later calls fail with `closed`. */
  close(): void;
}

/** A relay with mailboxes. */
export interface MemoryServer {
  /** Connects a device; the connection acts in its name. */
  connect(device: Address): MemoryConnection;
  /** Envelopes that wait for a device. */
  waiting(device: Address): number;
  /** One-time prekeys that are left of a device. */
  oneTimePreKeys(device: Address): number;
}

/** What the server has of one device. */
interface Registered {
  keys: PublishedPreKeys | undefined;
  readonly mailbox: Mailbox;
  /** Ids of its sends, each of which counts once. */
  readonly sent: Set<string>;
}

/**
 * Makes an empty server.
 *
 * @example
 * ```ts
 * import { createMemoryServer } from 'polyratchet/memory';
 *
 * const server = createMemoryServer();
 * const phone = server.connect('alice@example.org');
 * const bundles = await phone.fetchBundles(['bob@example.org']); // empty: nobody is here yet
 * ```
 */
export function createMemoryServer({ clock = systemClock }: MemoryServerOptions = {}): MemoryServer {
  const devices = new Map<Address, Registered>();
  let delivered = 0;

  const register = (device: Address): Registered => {
    parseAddress(device);
    const known = devices.get(device) ?? {
      keys: undefined,
      mailbox: createMailbox(),
      sent: new Set<string>(),
    };
    devices.set(device, known);
    return known;
  };

  const deliver = (from: Address, { to, type, bytes }: OutgoingEnvelope): boolean => {
    const receiver = devices.get(to);
    if (receiver?.keys === undefined) return false;
    delivered++;
    receiver.mailbox.add({ id: String(delivered), from, to, type, bytes, at: clock.now() });
    return true;
  };

  const connect = (device: Address): MemoryConnection => {
    const own = register(device);
    let closed = false;
    const open = async <Value>(action: () => Value): Promise<Value> => {
      await Promise.resolve();
      if (closed) throw new PolyratchetError('closed', { what: 'connection' });
      return action();
    };
    return {
      publishPreKeys: (keys) => {
        const published = copyKeys(keys);
        return open(() => {
          own.keys = publish(own.keys, published);
        });
      },
      fetchBundles: (addresses) =>
        open(() => new Map(addresses.flatMap((address) => takeBundle(address, devices.get(address))))),
      send: (outgoing, { id }) => {
        const envelopes = outgoing.map(({ to, type, bytes }) => ({ to, type, bytes: copyBytes(bytes) }));
        return open((): SendReceipt => {
          if (own.sent.has(id)) return {};
          own.sent.add(id);
          const extra = envelopes.filter((envelope) => !deliver(device, envelope)).map(({ to }) => to);
          return extra.length === 0 ? {} : { extra };
        });
      },
      receive: (): AsyncIterable<Envelope> => own.mailbox.read(() => closed),
      acknowledge: (ids) =>
        open(() => {
          own.mailbox.remove(ids);
        }),
      close: () => {
        closed = true;
        own.mailbox.wake();
      },
    };
  };

  return {
    connect,
    waiting: (device) => devices.get(device)?.mailbox.size() ?? 0,
    oneTimePreKeys: (device) => devices.get(device)?.keys?.oneTimePreKeys.length ?? 0,
  };
}

/** New keys replace the old ones; one-time prekeys that are left stay. */
function publish(before: PublishedPreKeys | undefined, keys: PublishedPreKeys): PublishedPreKeys {
  return { ...keys, oneTimePreKeys: [...(before?.oneTimePreKeys ?? []), ...keys.oneTimePreKeys] };
}

/** A device's bundle as an entry of a map, or none; its first one-time prekey is gone afterwards. */
function takeBundle(address: Address, device: Registered | undefined): [Address, PreKeyBundle][] {
  if (device?.keys === undefined) return [];
  const { registrationId, identityKey, signedPreKey, oneTimePreKeys } = copyKeys(device.keys);
  const [oneTimePreKey] = oneTimePreKeys;
  device.keys = { ...device.keys, oneTimePreKeys: device.keys.oneTimePreKeys.slice(1) };
  const bundle = { registrationId, identityKey, signedPreKey };
  return [[address, oneTimePreKey === undefined ? bundle : { ...bundle, oneTimePreKey }]];
}

/** What comes in and what goes out shares no memory with what is kept. */
function copyKeys({
  registrationId,
  identityKey,
  signedPreKey,
  oneTimePreKeys,
}: PublishedPreKeys): PublishedPreKeys {
  const { id, publicKey, signature } = signedPreKey;
  return {
    registrationId,
    identityKey: copyBytes(identityKey),
    signedPreKey: { id, publicKey: copyBytes(publicKey), signature: copyBytes(signature) },
    oneTimePreKeys: oneTimePreKeys.map((preKey) => ({
      id: preKey.id,
      publicKey: copyBytes(preKey.publicKey),
    })),
  };
}
