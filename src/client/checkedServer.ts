/**
 * A connection whose calls have a deadline and whose answers are looked at: of the right type, and not more than was asked.
 *
 * What the answers mean is for the rooms below to judge.
 *
 * @module
 */
import { isDevice, type Address } from '../core/address.js';
import { inputBytes } from '../core/bytes.js';
import { PolyratchetError, type ErrorCode } from '../core/errors.js';
import type { CompanionFinish, DeviceClaim, DeviceListAnswer, PrimaryHello } from '../devices/index.js';
import type { Envelope, FanoutAnswer } from '../fanout/index.js';
import type { PreKeyBundle } from '../identity/index.js';
import { insteadOf, isMapLike, type Calls } from './deadline.js';
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

/** Rows of any answer that is a list: more devices than an account has, more offers than a person answers. */
const MAX_ROWS = 1_000;

type Check = (answer: unknown) => string | undefined;

const anything: Check = () => undefined;
const time: Check = (answer) => (Number.isSafeInteger(answer) ? undefined : insteadOf('a time', answer));
const object: Check = (answer) =>
  typeof answer === 'object' && answer !== null ? undefined : insteadOf('an object', answer);
const rows: Check = (answer) =>
  Array.isArray(answer) && answer.length <= MAX_ROWS && answer.every((row) => object(row) === undefined)
    ? undefined
    : insteadOf(`at most ${MAX_ROWS} rows`, answer);
const mapOf: Check = (answer) => (isMapLike(answer) ? undefined : insteadOf('a Map', answer));
const text: Check = (answer) => (typeof answer === 'string' ? undefined : insteadOf('text', answer));
const device: Check = (answer) =>
  typeof answer === 'string' && isDevice(answer) ? undefined : insteadOf("a device's address", answer);

const fanoutAnswer: Check = (answer) => {
  if (object(answer) !== undefined) return object(answer);
  const { stale, missing, extra, participantHash } = answer as FanoutAnswer;
  const lists: readonly unknown[] = [stale, missing, extra];
  const isRight =
    lists.every((list) => list === undefined || (Array.isArray(list) && list.every(isText))) &&
    (participantHash === undefined || isText(participantHash));
  return isRight ? undefined : 'expected lists of addresses, and a hash';
};

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

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
    return this.#call('fetchLinkOffers', (server) => server.fetchLinkOffers(), rows);
  }

  async fetchLink(ref: string): Promise<LinkExchange> {
    return this.#call('fetchLink', (server) => server.fetchLink(ref), object);
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
    return this.#call('fetchLink', (server) => server.fetchLink(ref), object);
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

const ENVELOPE_TYPES: readonly unknown[] = ['prekey', 'message', 'senderkey', 'retry'];

/** Whether a delivery can be read at all: what stands in it is judged with its contents. */
function isDelivery(value: unknown): value is Delivery {
  if (object(value) !== undefined) return false;
  const { id, envelope } = value as { readonly id: unknown; readonly envelope: Envelope };
  if (typeof id !== 'string' || object(envelope) !== undefined) return false;
  const { id: messageId, from, to, type, bytes, deviceIdentity, group, at } = envelope;
  try {
    inputBytes('bytes', bytes);
    if (deviceIdentity !== undefined) inputBytes('deviceIdentity', deviceIdentity);
  } catch {
    return false;
  }
  return (
    [messageId, from, to, group ?? ''].every((field) => typeof field === 'string') &&
    ENVELOPE_TYPES.includes(type) &&
    Number.isSafeInteger(at) &&
    at >= 0
  );
}
