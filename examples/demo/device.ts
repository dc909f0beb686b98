/** One device of one person, as an application has it: a store that stays, and a client while it is switched on. */
import {
  createClient,
  PolyratchetError,
  type Address,
  type Client,
  type ClientEvent,
  type ClientEvents,
  type ReceivedMessage,
  type ServerAccess,
} from 'polyratchet';
import type { FeatureMethods } from 'polyratchet/client';
import { groups } from 'polyratchet/groups';
import { createMemoryStore, type MemoryStore } from 'polyratchet/memory';

/** A client with groups. */
type GroupClient = Client & FeatureMethods<[ReturnType<typeof groups>]>;

/** Milliseconds between two looks at a link: nobody is far away here. */
const LINK_POLL_MS = 5;

/** What a device is made of. */
export interface DeviceOptions {
  readonly name: string;
  readonly server: ServerAccess;
  /** Hears of every message that the device shows. */
  readonly shows?: (device: Device, message: ReceivedMessage) => void;
}

/** One device of one person. */
export class Device {
  /** The messages on its screen. */
  readonly screen: ReceivedMessage[] = [];
  /** What its client has told of. */
  readonly events: ClientEvent[] = [];
  readonly #options: DeviceOptions;
  #address: Address | undefined;
  #store: MemoryStore = createMemoryStore();
  #client: GroupClient;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#client = this.#start();
  }

  get name(): string {
    return this.#options.name;
  }

  get client(): GroupClient {
    return this.#client;
  }

  get store(): MemoryStore {
    return this.#store;
  }

  /** Its address, once it is registered or linked. */
  get address(): Address {
    if (this.#address === undefined) throw new Error(`${this.name} has no address yet`);
    return this.#address;
  }

  /** Makes it the phone of a new account. */
  async register(account: Address): Promise<void> {
    await this.#client.register(account);
    this.#address = account;
  }

  /** Makes it a companion, whose link ends with its address. */
  async join(linked: Promise<Address>): Promise<void> {
    this.#address = await linked;
    await this.#client.connect();
  }

  async switchOff(): Promise<void> {
    await this.#client.close();
  }

  async switchOn(): Promise<void> {
    this.#client = this.#start();
    await this.#client.connect();
  }

  /** Goes on from a store as it once was; whatever still runs writes to one that nobody reads again. */
  async dieAndGoOn(store: MemoryStore): Promise<void> {
    const dead = this.#client;
    this.#store = store;
    await dead.close();
    await this.switchOn();
  }

  /** The events of one kind. */
  heard<Kind extends keyof ClientEvents>(kind: Kind): ClientEvents[Kind][] {
    return this.events.filter((event): event is ClientEvents[Kind] => event.kind === kind);
  }

  #start(): GroupClient {
    const { server } = this.#options;
    const client = createClient({ store: this.#store, server, linkPoll: LINK_POLL_MS, features: [groups()] });
    for (const kind of KINDS) client.on(kind, (event) => this.events.push(event));
    client.on('message', ({ message }) => {
      this.#show(message);
      client.acknowledge(message.key).catch(unlessClosed);
    });
    return client;
  }

  /** A message that was shown and could not be acknowledged comes again under the same key. */
  #show(message: ReceivedMessage): void {
    if (this.screen.some(({ key }) => key === message.key)) return;
    this.screen.push(message);
    this.#options.shows?.(this, message);
  }
}

const KINDS = [
  'refused',
  'lost',
  'identity-changed',
  'devices-changed',
  'group-changed',
  'list-refused',
  'logged-out',
  'disconnected',
] as const;

function unlessClosed(error: unknown): void {
  if (!PolyratchetError.is(error, 'closed')) throw error;
}
