/** What tests of servers send and collect. */
import type { Clock, Delivery, Envelope, PublishedPreKeys, Server } from 'polyratchet';
import { PolyratchetError } from 'polyratchet/errors';
import { createMemoryServer, type MemoryServer } from 'polyratchet/memory';

export const ALICE = 'alice@example.org';
export const BOB = 'bob@example.org';

/** A server, and the connections of two accounts. */
export interface Started {
  readonly server: MemoryServer;
  readonly alice: Server;
  readonly bob: Server;
  readonly clock: Clock & { time: number };
}

/** A server with two devices, one of which may have published one-time prekeys. */
export async function start(oneTimeIds: readonly number[] = []): Promise<Started> {
  const clock = { time: 1_000, now: () => clock.time, after: () => () => undefined };
  const server = createMemoryServer({ clock });
  const [alice, bob] = [server.connect(ALICE), server.connect(BOB)];
  await alice.publishPreKeys(...keysOf());
  await bob.publishPreKeys(...keysOf({ oneTimeIds }));
  return { server, alice, bob, clock };
}

/** A publication that no other equals, unless its `id` is given. */
export function keysOf({
  identityKey = filled(32, 1),
  oneTimeIds = [],
  signedPreKeyId = 9,
  id = `publication ${++publications}`,
}: {
  readonly identityKey?: Uint8Array;
  readonly oneTimeIds?: readonly number[];
  readonly signedPreKeyId?: number;
  readonly id?: string;
} = {}): [PublishedPreKeys, { id: string }] {
  const keys = {
    registrationId: 4711,
    identityKey,
    signedPreKey: { id: signedPreKeyId, publicKey: filled(32, 2), signature: filled(64, 3) },
    oneTimePreKeys: oneTimeIds.map((preKey) => ({ id: preKey, publicKey: filled(32, 100 + preKey) })),
  };
  return [keys, { id }];
}

let publications = 0;

export function filled(length: number, byte = 1): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

/** An envelope whose content is a number. */
export function envelopeTo(to: string, byte: number, extras: Partial<Envelope> = {}): Envelope {
  return {
    id: 'message',
    from: 'somebody@example.org',
    to,
    type: 'message',
    bytes: filled(10, byte),
    at: 1,
    ...extras,
  };
}

/** The numbers of envelopes. */
export function numbers(deliveries: readonly Delivery[]): (number | undefined)[] {
  return deliveries.map(({ envelope }) => envelope.bytes[0]);
}

/** The next deliveries, as many as are asked for. */
export async function take(connection: Server, count: number): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  for await (const delivery of connection.receive()) {
    taken.push(delivery);
    if (taken.length === count) break;
  }
  return taken;
}

/** What comes until the connection ends, and what it ends with. */
export async function collect(
  connection: Server,
): Promise<{ deliveries: Delivery[]; error: string | undefined }> {
  const deliveries: Delivery[] = [];
  try {
    for await (const delivery of connection.receive()) deliveries.push(delivery);
  } catch (error) {
    if (!PolyratchetError.is(error)) throw error;
    return { deliveries, error: error.code };
  }
  return { deliveries, error: undefined };
}

/** Lets everything run that can: afterwards each reader waits for mail. */
export async function allAsleep(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}
