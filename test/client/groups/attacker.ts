/**
 * Whoever has a device that is gone: with all that it had stored, and every envelope that was ever sent to anybody.
 *
 * First the device itself is shown all of them, as if each were for it; then its sender keys are tried on every message to
 * a group, whatever its rules say.
 */
import type { Address, Envelope, Server, ServerAccess } from 'polyratchet';
import { PolyratchetError } from 'polyratchet/errors';
import type { MemoryStore } from 'polyratchet/memory';
import { decodeReceivedSenderKey, decryptSenderKey } from 'polyratchet/senderkey';
import { Device } from '../device.js';
import type { World } from '../world.js';
import { WITH_GROUPS } from './people.js';

/** A device that was taken. */
export interface Loot {
  readonly address: Address;
  readonly store: MemoryStore;
}

/** Ids of the messages that open. */
export async function opened(
  world: World,
  { address, store }: Loot,
  envelopes: readonly Envelope[],
): Promise<ReadonlySet<string>> {
  const copy = store.snapshot();
  const ids = await decrypted(copy, envelopes);
  const device = new Device({
    clock: world.clock,
    server: replaying(envelopes.map((envelope) => ({ ...envelope, to: address }))),
    seed: 13,
    store: copy,
    ...WITH_GROUPS,
  });
  await device.client.connect();
  await world.settled();
  await device.client.close();
  for (const { message } of device.shown.values()) ids.add(message.id);
  for (const id of await decrypted(copy, envelopes)) ids.add(id);
  return ids;
}

/** Tries every sender key on every message. */
async function decrypted(store: MemoryStore, envelopes: readonly Envelope[]): Promise<Set<string>> {
  const ids = new Set<string>();
  const names = await store.list('group-received/', '', 1_000);
  for (const { value } of (await store.read(names)).values()) {
    let received = decodeReceivedSenderKey(value);
    const { group, sender, profile } = received;
    for (const { id, type, from, bytes } of envelopes) {
      if (type !== 'senderkey' || from !== sender) continue;
      try {
        ({ received } = decryptSenderKey({ message: bytes, group, sender, profile, received }));
        ids.add(id);
      } catch (error) {
        if (!PolyratchetError.is(error)) throw error;
      }
    }
  }
  return ids;
}

/** A server that delivers what it is told, and has nothing else to say. */
function replaying(envelopes: readonly Envelope[]): ServerAccess {
  const nothing = (): Promise<void> => Promise.resolve();
  const server: Partial<Server> = {
    publishPreKeys: nothing,
    publishDeviceList: nothing,
    acknowledge: nothing,
    countOneTimePreKeys: () => Promise.resolve(100),
    fetchBundles: () => Promise.resolve(new Map()),
    fetchDeviceLists: () => Promise.resolve(new Map()),
    fetchLastUsed: () => Promise.resolve([]),
    fetchLinkOffers: () => Promise.resolve([]),
    send: () => Promise.resolve({}),
    close: () => undefined,
    async *receive() {
      for (const [i, envelope] of envelopes.entries()) yield { id: String(i), envelope };
      await new Promise(() => undefined);
    },
  };
  return { connect: () => server as Server, connectUnlinked: () => ({ close: () => undefined }) as never };
}
