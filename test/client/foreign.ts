/** Somebody with another client: it encrypts as we do, and puts no id and no chat into its messages. */
import type { Address } from 'polyratchet';
import { encryptFanout } from 'polyratchet/fanout';
import { generateIdentity, type Identity } from 'polyratchet/identity';
import type { Session } from 'polyratchet/session';
import { seededRandom } from '../support/random.js';
import type { World } from './world.js';

export class Foreigner {
  readonly #world: World;
  readonly #address: Address;
  readonly #random = seededRandom(444);
  readonly #identity: Identity = generateIdentity(this.#random);
  #session: Session | undefined;
  #sends = 0;

  constructor(world: World, address: Address) {
    this.#world = world;
    this.#address = address;
  }

  async write(to: Address, plaintext: Uint8Array, id: string): Promise<void> {
    const server = this.#world.server.connect(this.#address);
    const bundle = this.#session === undefined ? (await server.fetchBundles([to])).get(to) : undefined;
    const now = this.#world.clock.now();
    const [outcome] = encryptFanout({
      identity: this.#identity,
      registrationId: 1,
      plaintext,
      devices: [
        {
          device: to,
          ...(this.#session === undefined ? {} : { session: this.#session }),
          ...(bundle === undefined ? {} : { bundle }),
        },
      ],
      random: this.#random,
      now,
    });
    if (outcome?.kind !== 'encrypted') throw new Error('nothing was encrypted');
    this.#session = outcome.session;
    const envelope = { id, from: this.#address, to, ...outcome.message, at: now };
    await server.send([envelope], { id: `send ${String(++this.#sends)}` });
  }
}
