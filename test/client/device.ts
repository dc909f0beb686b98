/** A device with an application that does what the guide says: it shows a message, and only then acknowledges it. */
import {
  accountOf,
  createClient,
  type Address,
  type Client,
  type ClientEvent,
  type ClientEvents,
  type ClientOptions,
  type ReceivedMessage,
  type ServerAccess,
  type Store,
} from 'polyratchet';
import { createMemoryStore, type MemoryStore } from 'polyratchet/memory';
import { UNTOLD } from '../../src/client/keys.js';
import { isLasting, untoldRecord } from '../../src/client/untold.js';
import { toHex } from '../../src/core/bytes.js';
import { seededRandom } from '../support/random.js';
import type { ManualClock } from './clock.js';
import { Process } from './process.js';

const KINDS: Readonly<Record<keyof ClientEvents, true>> = {
  message: true,
  sent: true,
  lost: true,
  refused: true,
  'identity-changed': true,
  'devices-changed': true,
  'list-refused': true,
  'device-list-expiring': true,
  'group-changed': true,
  'group-disputed': true,
  linked: true,
  'prekeys-depleted': true,
  'upkeep-failed': true,
  'logged-out': true,
  disconnected: true,
};

/** What devices of one world share, and what one of them has of its own. */
export interface DeviceOptions {
  readonly clock: ManualClock;
  readonly server: ServerAccess;
  readonly seed: number;
  readonly store?: MemoryStore;
  /** Whether the application acknowledges what it has shown; true unless given. */
  readonly acknowledges?: boolean;
  /** More for `createClient`. */
  readonly client?: Partial<ClientOptions>;
}

/** A message as the application has shown it. */
export interface Shown {
  readonly text: string;
  readonly message: ReceivedMessage;
  /** How many times the client has told of it. */
  told: number;
}

/** A device, through all its lives. */
export class Device {
  readonly #options: DeviceOptions;
  #lives = 0;
  /** What survives a crash. */
  readonly store: MemoryStore;
  /** By `account id`: the application's own database, which survives too. */
  readonly shown = new Map<string, Shown>();
  /** Messages that came again under another key. */
  rekeyed = 0;
  readonly events: ClientEvent[] = [];
  /** The records of events that its store was given until they are told, and that it was not told yet. */
  readonly #untold = new Set<string>();
  process = new Process();
  client: Client;
  /** Resolves when the current life has begun. */
  ready: Promise<void> = Promise.resolve();

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.store = options.store ?? createMemoryStore();
    this.client = this.#begin();
  }

  #begin(): Client {
    const { clock, server, seed, acknowledges = true, client: more } = this.#options;
    const process = new Process();
    this.process = process;
    this.#lives++;
    const client = createClient({
      store: process.store(this.#watched()),
      server: process.server(server),
      clock: process.clock(clock),
      random: seededRandom(seed * 1_000 + this.#lives),
      ...more,
    });
    for (const kind of Object.keys(KINDS) as (keyof ClientEvents)[]) {
      client.on(kind, (event) => {
        this.events.push(event);
        if (isLasting(event)) this.#untold.delete(toHex(untoldRecord('').encode(event)));
      });
    }
    client.on('message', ({ message }) => {
      this.#show(message);
      if (acknowledges) void client.acknowledge(message.key).catch(() => undefined);
    });
    void process.dead.then(() => {
      this.ready = this.restart();
    });
    return client;
  }

  /** The store, of which the events are noted that it is given. */
  #watched(): Store {
    const { store } = this;
    return {
      ...store,
      commit: async (changes) => {
        const result = await store.commit(changes);
        for (const { name, value } of changes)
          if (result === 'committed' && value !== null && name.startsWith(UNTOLD))
            this.#untold.add(toHex(value));
        return result;
      },
    };
  }

  /** How many events were written, and never told. */
  get neverTold(): number {
    return this.#untold.size;
  }

  #show(message: ReceivedMessage): void {
    const { from, id, body, key } = message;
    const name = `${accountOf(from)} ${id}`;
    const before = this.shown.get(name);
    if (before === undefined) {
      this.shown.set(name, { text: new TextDecoder().decode(body), message, told: 1 });
    } else {
      before.told++;
      if (before.message.key !== key) this.rekeyed++;
    }
  }

  /** Begins another life with the same store: it connects if it is somebody. */
  async restart(): Promise<void> {
    this.client = this.#begin();
    const { client, process } = this;
    const connect = async (): Promise<void> => {
      if ((await client.address()) !== undefined) await client.connect();
    };
    await Promise.race([connect(), process.dead]);
  }

  /** Waits until a life has begun, whichever it is. */
  async #alive(): Promise<void> {
    for (;;) {
      const { ready } = this;
      await ready;
      if (ready === this.ready) return;
    }
  }

  /** Does something with the client, in as many lives as it takes. */
  async perform<Result>(intent: (client: Client) => Promise<Result>): Promise<Result> {
    for (;;) {
      await this.#alive();
      const { process, client } = this;
      const outcome = await Promise.race([
        intent(client).then((result) => ({ result })),
        process.dead.then(() => undefined),
      ]);
      if (outcome !== undefined) return outcome.result;
    }
  }

  /** Its address, which it must have. */
  async address(): Promise<Address> {
    const address = await this.perform((client) => client.address());
    if (address === undefined) throw new Error('the device is nobody yet');
    return address;
  }

  /** The texts that were shown, in their order. */
  get texts(): readonly string[] {
    return [...this.shown.values()].map(({ text }) => text);
  }

  /** The events of a kind, in all lives. */
  of<Kind extends keyof ClientEvents>(kind: Kind): readonly ClientEvents[Kind][] {
    return this.events.filter((event) => event.kind === kind) as unknown as readonly ClientEvents[Kind][];
  }
}
