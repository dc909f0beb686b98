/**
 * What the trials of servers do over and over.
 *
 * A server looks into nothing that it carries, so what is carried here is made up: of the right lengths, and recognisable.
 *
 * @module
 */
import type { Delivery, LinkingServer, PublishedPreKeys, Server, ServerAccess } from '../client/index.js';
import { deviceAddress, type Address } from '../core/address.js';
import type { Clock } from '../core/system.js';
import type { Envelope } from '../fanout/index.js';
import type { PreKeyBundle } from '../identity/index.js';
import { ConformanceError, expectSame, type Trial } from './conformance.js';

/** A fresh server, and the accounts that may use it. */
export interface ServerSubject {
  readonly access: ServerAccess;
  /** Address of an account that nobody has used before. */
  readonly alice: Address;
  /** Address of another one. */
  readonly bob: Address;
  readonly clock: Clock;
  /** How long something that must come may take, in milliseconds. */
  readonly patience: number;
}

/** Something that a server is tried with. */
export type ServerTrial = Trial<ServerSubject>;

/** What a companion says of itself. */
export const LABELS = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;

/** Bytes that are recognised by their number. */
export function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

/** Made-up keys of a device, recognised by a number. */
export function keysOf(mark: number, oneTimeIds: readonly number[] = []): PublishedPreKeys {
  return {
    registrationId: 1_000 + mark,
    identityKey: filled(32, mark),
    signedPreKey: { id: mark, publicKey: filled(32, mark + 1), signature: filled(64, mark + 2) },
    oneTimePreKeys: oneTimeIds.map((id) => ({ id, publicKey: filled(32, 100 + id) })),
  };
}

/** Connects a device that has published keys. */
export async function arrive(
  access: ServerAccess,
  device: Address,
  mark: number,
  oneTimeIds: readonly number[] = [],
): Promise<Server> {
  const server = access.connect(device);
  await server.publishPreKeys(keysOf(mark, oneTimeIds), { id: `keys ${mark}` });
  return server;
}

/** Alice's and Bob's primaries, both with keys. */
export async function arriveBoth({
  access,
  alice,
  bob,
}: ServerSubject): Promise<{ alice: Server; bob: Server }> {
  return { alice: await arrive(access, alice, 1), bob: await arrive(access, bob, 11) };
}

/** A link by QR code on the server's side, as far as the companion's signature; its address, and its ref. */
export async function link(
  companion: LinkingServer,
  primary: Server,
  mark: number,
): Promise<{ readonly address: Address; readonly ref: string }> {
  const ref = await companion.offerLink(LABELS);
  const address = await primary.approveLink({ ref, container: filled(200, mark) });
  await companion.completeLink({ ref, signedIdentity: filled(170, mark) });
  return { address, ref };
}

/** A companion that is linked, listed, and has keys. */
export async function arriveLinked(
  { access, alice }: ServerSubject,
  primary: Server,
  mark: number,
): Promise<{ readonly address: Address; readonly server: Server }> {
  const { address } = await link(access.connectUnlinked(), primary, mark);
  expectSame('the account of a companion', deviceAddress(address, 0), alice);
  await primary.publishDeviceList({ signedList: filled(90, mark) });
  return { address, server: await arrive(access, address, mark) };
}

/** An envelope that is recognised by a number. */
export function envelopeTo(to: Address, mark: number, extras: Partial<Envelope> = {}): Envelope {
  return { id: `message ${mark}`, from: to, to, type: 'message', bytes: filled(40, mark), at: 0, ...extras };
}

/** The first bytes of envelopes: their numbers. */
export function marksOf(deliveries: readonly Delivery[]): readonly (number | undefined)[] {
  return deliveries.map(({ envelope }) => envelope.bytes[0]);
}

/** The next deliveries of a device, from a reader of their own. */
export async function take(
  subject: ServerSubject,
  server: Server,
  count: number,
): Promise<readonly Delivery[]> {
  const reader = server.receive()[Symbol.asyncIterator]();
  const taken: Delivery[] = [];
  while (taken.length < count) {
    const next = await within(subject, `delivery ${taken.length + 1} of ${count}`, reader.next());
    if (next.done === true)
      throw new ConformanceError(`receive: expected ${count} deliveries, got ${taken.length}`);
    taken.push(next.value);
  }
  // A reader that waits for nothing more need not answer: the connection's end is its end.
  void reader.return?.().catch(() => undefined);
  return taken;
}

/** Waits for what must come. */
export async function within<Value>(
  { clock, patience }: ServerSubject,
  what: string,
  promise: Promise<Value>,
): Promise<Value> {
  let cancel: () => void = () => undefined;
  const timeout = new Promise<never>((_, reject) => {
    cancel = clock.after(patience, () => {
      reject(new ConformanceError(`${what}: nothing came within ${patience} ms`));
    });
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    cancel();
  }
}

/** The bundle of one device. */
export async function bundleOf(server: Server, device: Address): Promise<PreKeyBundle | undefined> {
  return (await server.fetchBundles([device])).get(device);
}
