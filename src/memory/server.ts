/**
 * A server in memory: for tests, demos and first steps.
 *
 * It hands out each one-time prekey and each device number once, keeps an envelope until it is acknowledged, and knows
 * nothing that a real server would not know.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import type { Random } from '../core/random.js';
import { systemClock, systemRandom, type Clock } from '../core/system.js';
import { createAccounts } from './accounts.js';
import {
  connectDevice,
  connectUnlinked,
  type MemoryConnection,
  type MemoryLinkingConnection,
  type World,
} from './connection.js';
import { createExchanges } from './exchanges.js';
import { createRegistry } from './registry.js';

/** Where the server has its time and its randomness from. */
export interface MemoryServerOptions {
  /** The system's clock unless given. */
  readonly clock?: Clock;
  /** The source of what names links; the system's unless given. */
  readonly random?: Random;
}

/** A relay with mailboxes. */
export interface MemoryServer {
  /** Connects a device; the connection acts in its name. */
  connect(device: Address): MemoryConnection;
  /** Connects a device that has no address yet, and wants to be linked. */
  connectUnlinked(): MemoryLinkingConnection;
  /** Envelopes that wait for a device. */
  waiting(device: Address): number;
  /** One-time prekeys that are left of a device. */
  oneTimePreKeys(device: Address): number;
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
 *
 * const laptop = server.connectUnlinked();
 * const ref = await laptop.offerLink({ clientType: 'firefox', name: 'Laptop', platform: 'Linux' });
 * const { name } = await phone.fetchLink(ref); // Laptop
 * ```
 */
export function createMemoryServer(options: MemoryServerOptions = {}): MemoryServer {
  const { clock = systemClock, random = systemRandom } = options;
  const now = (): number => clock.now();
  const registry = createRegistry(now);
  const accounts = createAccounts();
  const exchanges = createExchanges({ random, now });
  const world: World = { registry, accounts, exchanges, clock };
  return {
    connect: (device) => connectDevice(device, world),
    connectUnlinked: () => connectUnlinked(world),
    waiting: registry.waiting,
    oneTimePreKeys: registry.oneTimePreKeys,
  };
}
