/**
 * A connection whose calls have a deadline and whose answers are looked at: of the right type, and not more than was asked.
 *
 * What the answers mean is for the rooms below to judge.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { PolyratchetError, type ErrorCode } from '../core/errors.js';
import type { CompanionFinish, DeviceClaim, DeviceListAnswer, PrimaryHello } from '../devices/index.js';
import type { Envelope, FanoutAnswer } from '../fanout/index.js';
import type { PreKeyBundle } from '../identity/index.js';
import {
  anything,
  device,
  fanoutAnswer,
  isDelivery,
  linkExchange,
  linkExchanges,
  mapOf,
  object,
  rows,
  text,
  time,
  type Check,
} from './answers.js';
import type { Calls } from './deadline.js';
import type { LinkExchange, LinkingServer, OutgoingLinkOffer } from './linking.js';
import type { Delivery, PublishedDeviceList, PublishedPreKeys, SendOptions, Server } from './server.js';

/** What servers may say in this library's own words. */
export const PASSED_CODES: readonly ErrorCode[] = [
  'closed',
  'companion-limit',
  'device-revoked',
  'link-expired',
  'link-mismatch',
];

/** One device's connection, checked. */
export class CheckedServer {
  readonly #server: Server;
  readonly #calls: Calls;

  #end: () => void = () => undefined;
  #isClosed = false;

  constructor(server: Server, calls: Calls) {
    this.#server = server;
    this.#calls = calls;
  }

  async fetchTime(): Promise<number> {
    return this.#call('fetchTime', (server) => server.fetchTime(), time);
  }

  async publishPreKeys(keys: PublishedPreKeys, id: string): Promise<void> {
    await this.#call('publishPreKeys', (server) => server.publishPreKeys(keys, { id }), anything);
  }

  async countOneTimePreKeys(): Promise<number> {
    const count = await this.#call('countOneTimePreKeys', (server) => server.countOneTimePreKeys(), time);
    return Math.max(0, count);
  }

  async fetchBundles(devices: readonly Address[]): Promise<ReadonlyMap<Address, PreKeyBundle>> {
    const bundles = await this.#call('fetchBundles', (server) => server.fetchBundles(devices), mapOf);
    return this.#calls.makeAtOnce('server.fetchBundles', () => taken(devices, bundles));
  }

  async publishDeviceList(list: PublishedDeviceList): Promise<void> {
    await this.#call('publishDeviceList', (server) => server.publishDeviceList(list), anything);
  }

  async fetchDeviceLists(accounts: readonly Address[]): Promise<ReadonlyMap<Address, DeviceListAnswer>> {
    const lists = await this.#call('fetchDeviceLists', (server) => server.fetchDeviceLists(accounts), mapOf);
    return this.#calls.makeAtOnce('server.fetchDeviceLists', () => taken(accounts, lists));
  }

  async fetchLastUsed(): Promise<readonly DeviceClaim[]> {
    return this.#call('fetchLastUsed', (server) => server.fetchLastUsed(), rows);
  }

  async fetchLinkOffers(): Promise<readonly LinkExchange[]> {
    return this.#call('fetchLinkOffers', (server) => server.fetchLinkOffers(), linkExchanges);
  }

  async fetchLink(ref: string): Promise<LinkExchange> {
    return this.#call('fetchLink', (server) => server.fetchLink(ref), linkExchange);
  }

  async answerLink(hello: PrimaryHello): Promise<void> {
    await this.#call('answerLink', (server) => server.answerLink(hello), anything);
  }

  async approveLink(ref: string, container: Uint8Array): Promise<Address> {
    return this.#call('approveLink', (server) => server.approveLink({ ref, container }), device);
  }

  async send(envelopes: readonly Envelope[], options: SendOptions): Promise<FanoutAnswer> {
    return this.#call('send', (server) => server.send(envelopes, options), fanoutAnswer);
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    await this.#call('acknowledge', (server) => server.acknowledge(ids), anything);
  }

  /** What comes, each delivery with the types that it should have; others are passed over. */
  async *receive(): AsyncGenerator<Delivery> {
    let deliveries: AsyncIterator<Delivery> | undefined;
    try {
      deliveries = this.#server.receive()[Symbol.asyncIterator]();
      for (;;) {
        const next = await this.#untilClosed(deliveries.next());
        if (next === undefined || next.done === true) return;
        if (isDelivery(next.value)) yield next.value;
      }
    } catch (cause) {
      if (PolyratchetError.is(cause) && PASSED_CODES.includes(cause.code)) throw cause;
      throw new PolyratchetError('server-failed', { operation: 'server.receive' }, { cause });
    } finally {
      void leave(deliveries);
    }
  }

  /** The next delivery has no deadline, so a server that does not end by itself when it is closed is not waited for. */
  #untilClosed<Next>(next: Promise<Next>): Promise<Next | undefined> {
    return new Promise((resolve, reject) => {
      this.#end = () => {
        resolve(undefined);
      };
      if (this.#isClosed) this.#end();
      next.then(resolve, reject);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
    try {
      this.#server.close();
    } catch {
      // A connection that cannot be closed is of no use any more either way.
    }
  }

  #call<Answer>(name: string, call: (server: Server) => Promise<Answer>, check: Check): Promise<Answer> {
    return this.#calls.make(`server.${name}`, () => call(this.#server), check);
  }
}

/** Tells an iterator that nobody listens any more. */
async function leave(deliveries: AsyncIterator<unknown> | undefined): Promise<void> {
  try {
    await deliveries?.return?.();
  } catch {
    // Nobody listens any more.
  }
}

/** The connection of a device without an address, checked. */
export class CheckedLinkingServer {
  readonly #server: LinkingServer;
  readonly #calls: Calls;

  constructor(server: LinkingServer, calls: Calls) {
    this.#server = server;
    this.#calls = calls;
  }

  async offerLink(offer: OutgoingLinkOffer): Promise<string> {
    return this.#call('offerLink', (server) => server.offerLink(offer), text);
  }

  async fetchLink(ref: string): Promise<LinkExchange> {
    return this.#call('fetchLink', (server) => server.fetchLink(ref), linkExchange);
  }

  async finishLink(finish: CompanionFinish): Promise<void> {
    await this.#call('finishLink', (server) => server.finishLink(finish), anything);
  }

  async completeLink(ref: string, signedIdentity: Uint8Array): Promise<void> {
    await this.#call('completeLink', (server) => server.completeLink({ ref, signedIdentity }), anything);
  }

  close(): void {
    try {
      this.#server.close();
    } catch {
      // A connection that cannot be closed is of no use any more either way.
    }
  }

  #call<Answer>(
    name: string,
    call: (server: LinkingServer) => Promise<Answer>,
    check: Check,
  ): Promise<Answer> {
    return this.#calls.make(`server.${name}`, () => call(this.#server), check);
  }
}

/** Of a Map's entries those that were asked for. */
function taken<Value>(
  asked: readonly Address[],
  found: ReadonlyMap<Address, Value>,
): ReadonlyMap<Address, Value> {
  return new Map(
    asked.flatMap((address) => {
      const value = found.get(address);
      return object(value) === undefined ? [[address, value as Value] as const] : [];
    }),
  );
}
