/**
 * A server in memory that lies on request: what a client must see through, or bound.
 *
 * It can do what any server can: say anything, and deliver anything. It can sign nothing in the name of a device, and it
 * cannot read messages; whatever it makes up has keys of its own, so that a test can see whether anybody trusted them.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { inputObject } from '../../core/check.js';
import { invalidArgument } from '../../core/refusals.js';
import { systemRandom } from '../../core/system.js';
import type { DeviceListAnswer } from '../../devices/index.js';
import type { Envelope } from '../../fanout/index.js';
import { connectDevice, type World } from '../connection.js';
import { connectUnlinked } from '../linkingConnection.js';
import { createWorld, serverOf, type MemoryServer, type MemoryServerOptions } from '../server.js';
import { BUNDLE_LIES } from './bundleLies.js';
import { lyingConnection, lyingLinkingConnection } from './connection.js';
import { createIntruder, type Intruder } from './intruder.js';
import type { Lie } from './lie.js';
import { LIST_LIES } from './listLies.js';
import { MAIL_LIES } from './mailLies.js';
import { OTHER_LIES } from './otherLies.js';
import type { Stage, Telling } from './telling.js';

/** Envelopes that are remembered; of more, the oldest are forgotten. */
const MAX_REMEMBERED = 10_000;

/** A server that lies on request, and otherwise tells the truth. */
export interface LyingServer extends MemoryServer {
  /** Lies from now on; what is returned ends this lie. Lies are told one on top of the other. */
  readonly lie: (lie: Lie) => () => void;
  /** Tells the truth again: ends all lies, and delivers what they have kept. */
  readonly truth: () => void;
  /** The devices that it has made up so far. */
  readonly intruders: () => readonly Intruder[];
  /** Envelopes for devices that it has made up, or that were unlinked: what it has got hold of. */
  readonly intercepted: () => readonly Envelope[];
}

/** A device that lies shut out, and how it stood before the first of them. */
interface ShutOut {
  /** How many lies do. */
  lies: number;
  readonly isUnlinked: boolean;
  readonly hadKeys: boolean;
}

const LIES = { ...LIST_LIES, ...BUNDLE_LIES, ...MAIL_LIES, ...OTHER_LIES };

/**
 * Makes an empty server that tells the truth until it is asked to lie.
 *
 * With a `random` of its own that is the same each time, it lies in the same way each time.
 *
 * @example
 * ```ts
 * import { createLyingServer } from 'polyratchet/memory';
 *
 * const server = createLyingServer();
 * const endLie = server.lie({ kind: 'drop', to: ['bob@example.org'] });
 * // … what is sent to bob is lost
 * endLie();
 * ```
 */
export function createLyingServer(options: MemoryServerOptions = {}): LyingServer {
  const honest = createWorld(options);
  const { random = systemRandom } = options;
  const publications = new Map<Address, DeviceListAnswer[]>();
  const intruders: Intruder[] = [];
  const shutOut = new Map<Address, ShutOut>();
  let intercepted: readonly Envelope[] = [];
  let delivered: readonly Envelope[] = [];
  let tellings: readonly Telling[] = [];

  const listNow = (account: Address): DeviceListAnswer | undefined =>
    honest.registry.isReachable(account)
      ? honest.accounts.answer(account, honest.registry.identityOf)
      : undefined;
  /** Devices that are not the account's: nobody has to know what is sent to them. */
  const isGone = (device: Address): boolean =>
    !honest.registry.isReachable(device) &&
    (honest.registry.isUnlinked(device) || intruders.some(({ address }) => address === device));
  const isSeized = ({ to }: Envelope): boolean => isGone(to) || tellings.some(({ seizes }) => seizes === to);
  const deliver = (envelopes: readonly Envelope[]): void => {
    honest.registry.deliver(envelopes);
    delivered = [...delivered, ...envelopes].slice(-MAX_REMEMBERED);
    intercepted = [...intercepted, ...envelopes.filter(isSeized)].slice(-MAX_REMEMBERED);
  };

  const world: World = {
    ...honest,
    registry: {
      ...honest.registry,
      deliver: (envelopes) => {
        deliver(tellings.reduce((posted, telling) => telling.post?.(posted) ?? posted, envelopes));
        const isHidden = (device: Address): boolean => tellings.length > 0 && isGone(device);
        return envelopes
          .map(({ to }) => to)
          .filter((device) => !honest.registry.isReachable(device) && !isHidden(device));
      },
    },
  };
  const source = () => ({ random, now: honest.clock.now() });
  const stage: Stage = {
    listNow,
    publications: (account) => publications.get(account) ?? [],
    nextAddress: honest.accounts.nextAddress,
    shutOut: (device) => {
      const known = honest.registry.register(device);
      const { isUnlinked, keys } = known;
      const state = shutOut.get(device) ?? { lies: 0, isUnlinked, hadKeys: keys !== undefined };
      shutOut.set(device, state);
      state.lies++;
      known.isUnlinked = true;
      known.mailbox.wake();
      return () => {
        state.lies--;
        if (state.lies > 0) return;
        shutOut.delete(device);
        const wasUnlinkedSince = state.hadKeys && known.keys === undefined;
        known.isUnlinked = state.isUnlinked || wasUnlinkedSince;
      };
    },
    intrude: (address) => {
      const intruder = createIntruder(address, source());
      intruders.push(intruder);
      return intruder;
    },
    takeBundle: honest.registry.takeBundle,
    delivered: () => delivered,
    deliver,
    readLink: honest.exchanges.read,
    source,
  };
  const published = (account: Address): void => {
    const answer = listNow(account);
    if (answer !== undefined) publications.set(account, [...stage.publications(account), answer]);
  };
  const end = (telling: Telling): void => {
    if (!tellings.includes(telling)) return;
    tellings = tellings.filter((other) => other !== telling);
    telling.end?.();
  };

  return {
    ...serverOf(world),
    connect: (device) =>
      lyingConnection(connectDevice(device, world), device, { tellings: () => tellings, published }),
    connectUnlinked: () => lyingLinkingConnection(connectUnlinked(world), () => tellings),
    lie: (lie) => {
      const telling = begin(lie, stage);
      tellings = [...tellings, telling];
      return () => {
        end(telling);
      };
    },
    truth: () => {
      for (const telling of tellings) end(telling);
    },
    intruders: () => [...intruders],
    intercepted: () => intercepted,
  };
}

function begin(lie: Lie, stage: Stage): Telling {
  const { kind } = inputObject('lie', lie);
  if (!Object.hasOwn(LIES, kind)) throw invalidArgument('lie.kind', 'one that is known', typeof kind);
  const tell = LIES[kind] as (lie: Lie, stage: Stage) => Telling;
  return tell(lie, stage);
}
