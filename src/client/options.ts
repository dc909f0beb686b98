/**
 * What a client is made of, checked.
 *
 * @module
 */
import { describe } from '../core/bytes.js';
import { inputInteger, inputList, inputObject } from '../core/check.js';
import type { Random } from '../core/random.js';
import { invalidArgument } from '../core/refusals.js';
import { systemClock, systemRandom, type Clock } from '../core/system.js';
import type { ContentFormat } from '../content/index.js';
import { PASSED_CODES } from './checkedServer.js';
import type { Settings } from './core.js';
import { Calls } from './deadline.js';
import { CLIENT_EXTENSIONS, type ClientContentExtensions } from './extensions.js';
import type { Feature } from './feature.js';
import type { ServerAccess } from './server.js';
import type { Store } from './store.js';

/** A call of the store may take this long. */
export const STORE_DEADLINE_MS: number = 10 * 1000;

/** A call of the server may take this long. */
export const SERVER_DEADLINE_MS: number = 30 * 1000;

/** While a link waits for the other side, the server is asked at this interval. */
export const LINK_POLL_MS = 1_000;

/** What a client is made of. */
export interface ClientOptions {
  /** Where this device keeps everything: a store of its own. */
  readonly store: Store;
  /** Where its connections come from. */
  readonly server: ServerAccess;
  /** Time and timers; the system's unless given. */
  readonly clock?: Clock;
  /** The source of all randomness; the system's unless given. */
  readonly random?: Random;
  /** How the account's messages are written: `payload` unless given. All of its devices, and its contacts', must agree. */
  readonly form?: ContentFormat['form'];
  /** Whether messages of other clients, without id and chat, are taken too. */
  readonly foreign?: boolean;
  /** Whether devices of hosting providers count. */
  readonly hosted?: boolean;
  /** Milliseconds that a call of the store may take; {@link STORE_DEADLINE_MS} unless given. */
  readonly storeDeadline?: number;
  /** Milliseconds that a call of the server may take; {@link SERVER_DEADLINE_MS} unless given. */
  readonly serverDeadline?: number;
  /** What attaches to the client, such as `groups()`: its methods are found under its name. */
  readonly features?: readonly Feature[];
  /** Milliseconds between two looks at a link; {@link LINK_POLL_MS} unless given. */
  readonly linkPoll?: number;
}

/** The options of a client with what is taken where one is absent. */
export interface Setup {
  readonly store: Store;
  readonly server: ServerAccess;
  readonly settings: Settings;
  readonly features: readonly Feature[];
  readonly linkPoll: number;
  readonly storeCalls: Calls;
  readonly serverCalls: Calls;
}

/**
 * Checks the options of a client.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputOptions(options: ClientOptions): Setup {
  const { store, server, clock = systemClock, random = systemRandom } = inputObject('options', options);
  const { form = 'payload', foreign = false, hosted = false } = options;
  const features = inputFeatures(options.features ?? []);
  if (!['payload', 'message'].includes(form)) {
    throw invalidArgument('form', 'payload or message', describe(form));
  }
  // The rows of features that are not attached are unknown, and refused.
  const rows = [CLIENT_EXTENSIONS, ...features.map((each) => each.extensions)];
  const extensions = Object.fromEntries(rows.flatMap(Object.entries)) as ClientContentExtensions;
  return {
    store: inputObject('store', store),
    server: inputObject('server', server),
    settings: { clock, random, hosted, format: { form, foreign, extensions } },
    features,
    linkPoll: inputLimit('linkPoll', options.linkPoll ?? LINK_POLL_MS),
    storeCalls: new Calls({
      clock,
      limit: inputLimit('storeDeadline', options.storeDeadline ?? STORE_DEADLINE_MS),
      code: 'store-failed',
      passed: ['store-failed', 'newer-format'],
    }),
    serverCalls: new Calls({
      clock,
      limit: inputLimit('serverDeadline', options.serverDeadline ?? SERVER_DEADLINE_MS),
      code: 'server-failed',
      passed: PASSED_CODES,
    }),
  };
}

/** Features, each under a name of its own. */
function inputFeatures(features: readonly Feature[]): readonly Feature[] {
  for (const feature of inputList('features', features)) {
    const { name, attach } = inputObject('features', feature);
    if (typeof name !== 'string' || typeof attach !== 'function')
      throw invalidArgument('features', 'what groups() and the like return', describe(feature));
  }
  if (new Set(features.map(({ name }) => name)).size === features.length) return features;
  throw invalidArgument('features', 'each feature once', `${features.length} features`);
}

/** Milliseconds that a timer takes: 32 bits, with a sign. */
function inputLimit(name: string, value: number): number {
  return inputInteger(name, value, 1, 2 ** 31 - 1);
}
