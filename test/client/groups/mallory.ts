/** A member, or a stranger, whose client says whatever it likes: in real messages of its own sessions, or to the server. */
import type { Address, Client, Envelope } from 'polyratchet';
import type { Feature } from 'polyratchet/client';
import { groups } from 'polyratchet/groups';
import { loadSelf } from '../../../src/client/core.js';
import { receivedSenderKey } from '../../../src/client/groups/keys.js';
import { sendContent, type Request } from '../../../src/client/send.js';
import type { ReceivedSenderKey } from 'polyratchet/senderkey';
import type { Device } from '../device.js';
import type { World } from '../world.js';
import { BYSTANDER } from '../bystander.js';

interface Tricks {
  /** Sends a message with any content, in any chat. */
  say(message: Pick<Request, 'chat' | 'accounts' | 'content'>): Promise<unknown>;
  /** Puts envelopes into mailboxes. */
  post(envelopes: readonly Envelope[]): Promise<unknown>;
  /** A key that others gave it. */
  keyOf(device: Address, group: Address): Promise<ReceivedSenderKey | undefined>;
}

let count = 0;

function tricks(): Feature<'tricks', Tricks> {
  return {
    name: 'tricks',
    extensions: {},
    attach: (core, outbox) => ({
      methods: {
        say: (message) => sendContent(core, outbox, { ...message, id: `trick ${count++}` }),
        post: (envelopes) =>
          core.connection()?.send(envelopes, { id: `trick ${count++}` }) ?? Promise.resolve(),
        keyOf: (device, group) =>
          core.transactor.run(async (tx) => {
            await loadSelf(tx);
            return tx.read(receivedSenderKey(device, group));
          }),
      },
      ...BYSTANDER,
    }),
  };
}

/** What makes a device Mallory's. */
export const AS_MALLORY = { client: { features: [groups(), tricks()] } };

/** Plays a trick. */
export async function play(
  world: World,
  mallory: Device,
  trick: (tricks: Tricks) => Promise<unknown>,
): Promise<void> {
  await world.run(trick((mallory.client as Client & { readonly tricks: Tricks }).tricks));
  await world.settled();
}
