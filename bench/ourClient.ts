/** A phone that a client runs; its server takes whatever is sent, says nothing to it, and delivers what the bench hands in. */
import { createClient, type Delivery, type Random, type ServerAccess, type Store } from 'polyratchet';
import type { PairwiseEnvelope } from 'polyratchet/fanout';
import type { MemoryServer } from 'polyratchet/memory';
import { BOB, BODY, CLOCK } from './ourClientStore.js';
import { check } from './operations/conversation.js';
import type { Device } from './subject.js';

/** What the client works with. */
export interface ClientDeviceOptions {
  readonly store: Store;
  /** Where the device is registered. */
  readonly server: MemoryServer;
  readonly random: Random;
}

/** A phone, by a client that is connected. */
export async function createClientDevice(options: ClientDeviceOptions): Promise<Device<PairwiseEnvelope>> {
  const { store, server, random } = options;
  const mailbox = createMailbox();
  const client = createClient({ store, server: withMailbox(server, mailbox), clock: CLOCK, random });
  let received: string[] = [];
  let lastBody: Uint8Array = new Uint8Array(0);
  client.on('message', ({ message }) => {
    received.push(message.key);
    lastBody = message.body;
  });
  await client.connect();
  return {
    async send() {
      const { kind } = await client.send({ to: BOB, body: BODY });
      if (kind !== 'sent') throw new Error(`the message is ${kind}`);
    },
    async receive(envelopes) {
      await mailbox.deliver(envelopes);
      if (received.length !== envelopes.length) throw new Error('every message must be told');
    },
    async acknowledge() {
      check(lastBody, BODY);
      await client.acknowledge(...received);
      received = [];
    },
  };
}

interface Mailbox extends Pick<ReturnType<ServerAccess['connect']>, 'receive' | 'acknowledge'> {
  /** Resolves once all of them are acknowledged. */
  readonly deliver: (envelopes: readonly PairwiseEnvelope[]) => Promise<void>;
}

function createMailbox(): Mailbox {
  let waiting: Delivery[] = [];
  let unread = 0;
  let arrived = (): void => undefined;
  let emptied = (): void => undefined;
  return {
    deliver: (envelopes) =>
      new Promise((resolve) => {
        waiting = envelopes.map((envelope, i) => ({ id: String(i), envelope }));
        unread = waiting.length;
        emptied = resolve;
        arrived();
      }),
    async *receive() {
      for (;;) {
        const deliveries = waiting;
        waiting = [];
        yield* deliveries;
        if (waiting.length > 0) continue;
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
    },
    acknowledge: async (ids) => {
      unread -= ids.length;
      if (unread === 0) emptied();
      await Promise.resolve();
    },
  };
}

/** A server whose connections send into nothing. */
function withMailbox(server: MemoryServer, { receive, acknowledge }: Mailbox): ServerAccess {
  return {
    connectUnlinked: () => server.connectUnlinked(),
    connect: (device) => ({
      ...server.connect(device),
      send: () => Promise.resolve({}),
      receive,
      acknowledge,
    }),
  };
}
