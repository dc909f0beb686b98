/** A process that can die: from then on nothing that it has asked for is answered, and nothing that it asks for happens. */
import type { Clock, ServerAccess, Store } from 'polyratchet';

/** What a process does to the outside. */
export type Boundary = 'store' | 'server';

/** When it dies: with one of its writes or calls, before or after it has its effect. */
export interface Death {
  readonly boundary: Boundary;
  /** The first is 1. */
  readonly call: number;
  readonly moment: 'before' | 'after';
}

/** One life of a device. */
export class Process {
  readonly #counts: Record<Boundary, number> = { store: 0, server: 0 };
  readonly #connections = new Set<{ close: () => void }>();
  #death: Death | undefined;
  #isDead = false;
  #mourn: () => void = () => undefined;
  /** Resolves when the process is dead. */
  readonly dead: Promise<void>;

  constructor() {
    this.dead = new Promise((resolve) => {
      this.#mourn = resolve;
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Writes and calls since the last {@link arm}. */
  get counts(): Readonly<Record<Boundary, number>> {
    return this.#counts;
  }

  /** Counts from here on, and dies where it is told to. */
  arm(death?: Death): void {
    this.#counts.store = 0;
    this.#counts.server = 0;
    this.#death = death;
  }

  /** Dies now. */
  kill(): void {
    this.#isDead = true;
    for (const connection of this.#connections) connection.close();
    this.#mourn();
  }

  /** The store as this process has it. */
  store(store: Store): Store {
    return {
      read: (names) => this.#unlessDead(() => store.read(names)),
      list: (prefix, after, limit) => this.#unlessDead(() => store.list(prefix, after, limit)),
      commit: (changes) => this.#counted('store', () => store.commit(changes)),
    };
  }

  /** The server as this process has it. */
  server(server: ServerAccess): ServerAccess {
    return {
      connect: (device) => this.#connection(server.connect(device)),
      connectUnlinked: () => this.#connection(server.connectUnlinked()),
    };
  }

  /** The clock as this process has it. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      after: (ms, callback) =>
        clock.after(ms, () => {
          if (!this.#isDead) callback();
        }),
    };
  }

  #connection<Connection extends { close: () => void }>(connection: Connection): Connection {
    this.#connections.add(connection);
    return new Proxy(connection, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...args: readonly unknown[]) => unknown;
        switch (name) {
          case 'close':
            return () => {
              target.close();
            };
          case 'receive':
            return () => this.#alive(method() as AsyncIterable<unknown>);
          default:
            return (...args: readonly unknown[]) =>
              this.#counted('server', () => method(...args) as Promise<unknown>);
        }
      },
    });
  }

  async *#alive(deliveries: AsyncIterable<unknown>): AsyncGenerator {
    for await (const delivery of deliveries) {
      if (this.#isDead) await never();
      yield delivery;
    }
    if (this.#isDead) await never();
  }

  async #unlessDead<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    if (this.#isDead) await never();
    const answer = await call();
    if (this.#isDead) await never();
    return answer;
  }

  async #counted<Answer>(boundary: Boundary, call: () => Promise<Answer>): Promise<Answer> {
    if (this.#isDead) await never();
    this.#counts[boundary]++;
    const death = this.#death;
    const isLast = death?.boundary === boundary && death.call === this.#counts[boundary];
    if (isLast && death.moment === 'before') this.kill();
    return this.#unlessDead(async () => {
      const answer = await call();
      if (isLast) this.kill();
      return answer;
    });
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
