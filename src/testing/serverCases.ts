/**
 * What every server has to do.
 *
 * @module
 */
import type { ServerAccess } from '../client/index.js';
import type { Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import { systemClock, type Clock } from '../core/system.js';
import { casesOf, type ConformanceCase } from './conformance.js';
import { deviceTrials } from './serverDevices.js';
import { linkTrials } from './serverLinks.js';
import { mailTrials } from './serverMail.js';
import { preKeyTrials } from './serverPreKeys.js';
import { sendTrials } from './serverSends.js';

/** How long a delivery may take, unless said otherwise: long for a network, short for a person who waits. */
const DEFAULT_PATIENCE_MS = 5_000;

/** Where servers come from. */
export interface ServerCasesOptions {
  /** Makes a server that knows nobody, or a new view of one with accounts that nobody has used. */
  readonly create: () => ServerAccess | Promise<ServerAccess>;
  /** Addresses of two accounts that are as good as new after `create`; `alice@example.org` and `bob@example.org` unless given. */
  readonly accounts?: readonly [Address, Address];
  /** How long a delivery may take, in milliseconds; five seconds unless given. */
  readonly patience?: number;
  /** Where the time comes from; the system's clock unless given. */
  readonly clock?: Clock;
}

/**
 * Cases that a server must pass, for any test runner. What is published and sent is made up: servers look into nothing.
 *
 * @example
 * ```ts
 * import { createMemoryServer } from 'polyratchet/memory';
 * import { serverCases } from 'polyratchet/testing';
 *
 * for (const { name, run } of serverCases({ create: () => createMemoryServer() })) {
 *   await run(); // in a test runner: test(name, run)
 *   console.log('passed:', name);
 * }
 * ```
 */
export function serverCases(options: ServerCasesOptions): readonly ConformanceCase[] {
  const {
    create,
    accounts,
    patience = DEFAULT_PATIENCE_MS,
    clock = systemClock,
  } = inputObject('options', options);
  const [alice, bob] = accounts ?? ['alice@example.org', 'bob@example.org'];
  return casesOf(
    [...preKeyTrials, ...deviceTrials, ...linkTrials, ...mailTrials, ...sendTrials],
    async () => ({ access: await create(), alice, bob, patience, clock }),
  );
}
