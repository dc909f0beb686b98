/**
 * A server in memory: for tests, demos and first steps.
 *
 * It hands out each one-time prekey and each device number once, keeps an envelope until it is acknowledged, and knows
 * nothing that a real server would not know.
 *
 * @module
 */
import type { ServerAccess } from '../client/index.js';
import type { Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import type { Random } from '../core/random.js';
import { systemClock, systemRandom, type Clock } from '../core/system.js';
import { createAccounts } from './accounts.js';
import { connectDevice, type World } from './connection.js';
import { createExchanges } from './exchanges.js';
import { connectUnlinked } from './linkingConnection.js';
import { createRegistry } from './registry.js';

/** Where the server has its time and its randomness from. */
export interface MemoryServerOptions {
  /** The system's clock unless given. */
  readonly clock?: Clock;
  /** The source of what names links; the system's unless given. */
  readonly random?: Random;
}

/** A relay with mailboxes, and how it stands. */
export interface MemoryServer extends ServerAccess {
  /** Envelopes that wait for a device. */
  readonly waiting: (device: Address) => number;
  /** One-time prekeys that are left of a device. */
  readonly oneTimePreKeys: (device: Address) => number;
}

/**
 * Makes an empty server.
 *
 * Beyond what the interface asks for: a connection that is closed ends its readers, and refuses to read anew (`closed`). A
 * device that is unlinked has `device-revoked` for an answer, its readers too. What clients can fill has bounds
 * (`too-large`); a send for which one mailbox has no room delivers nothing.
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
  return serverOf(createWorld(options));
}

/** A server that tells the truth about a world. */
export function serverOf(world: World): MemoryServer {
  return {
    connect: (device) => connectDevice(device, world),
    connectUnlinked: () => connectUnlinked(world),
    waiting: world.registry.waiting,
    oneTimePreKeys: world.registry.oneTimePreKeys,
  };
}

/** A world without anybody. */
export function createWorld(options: MemoryServerOptions): World {
  const { clock = systemClock, random = systemRandom } = inputObject('options', options);
  return {
    registry: createRegistry(),
    accounts: createAccounts(),
    exchanges: createExchanges({ random, now: () => clock.now() }),
    clock,
  };
}
