/**
 * The outbox: what is encrypted and stored, and not yet taken by the server.
 *
 * Entries are sent one after the other, in the order of their times. Each names its send, so that a server that is asked
 * again after a crash delivers nothing twice.
 *
 * @module
 */
import { PolyratchetError } from '../core/errors.js';
import { connected, type Core } from './core.js';
import { STOPPING_CODES } from './deadline.js';
import { dropKept } from './kept.js';
import { OUTBOX } from './keys.js';
import { sendEntry, type Written } from './rounds.js';

/** Messages are dropped from those that are kept after so many sends: so many more than the bound may be kept. */
const SENDS_PER_DROP = 16;

/** Whether a message has reached the server. */
export type Sent =
  | {
      /** It has. */
      readonly kind: 'sent';
    }
  | {
      /** It is stored, and goes out with the next connection. */
      readonly kind: 'queued';
      /** Why not yet. */
      readonly error: PolyratchetError;
    };

interface Waiting {
  readonly name: string;
  readonly written?: Written;
  readonly settle: ((sent: Sent) => void)[];
}

/** Sends what the outbox holds. */
export class Outbox {
  readonly #core: Core;
  #queue: Waiting[] = [];
  /** Whether the store may hold entries that the queue does not: those of earlier runs, and what could not be sent. */
  #isBehind = true;
  #sinceDrop = 0;
  #draining: Promise<void> | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Sends an entry that was written, after those before it. */
  send(name: string, written?: Written): Promise<Sent> {
    return new Promise((settle) => {
      this.#queue.push({ name, ...(written === undefined ? {} : { written }), settle: [settle] });
      void this.#drain();
    });
  }

  /** Sends whatever the store holds. */
  async flush(): Promise<void> {
    this.#isBehind = true;
    await this.#drain();
  }

  /** Waits until nothing is being sent. */
  async settled(): Promise<void> {
    await this.#draining;
  }

  #drain(): Promise<void> {
    this.#draining ??= this.#sendAll();
    return this.#draining;
  }

  /** In order; what could not be sent stays for the next time, and so does everything after it. */
  async #sendAll(): Promise<void> {
    await Promise.resolve(); // so that the last line comes after its beginning was noted
    while (this.#isBehind || this.#queue.length > 0) {
      try {
        await this.#sendNext();
      } catch (cause) {
        const error = asError(cause);
        // Other errors are about one message, and the next may do better.
        if (STOPPING_CODES.includes(error.code)) {
          this.#giveUp(error);
          break;
        }
        this.#settle({ kind: 'queued', error });
      }
    }
    this.#draining = undefined;
  }

  async #sendNext(): Promise<void> {
    connected(this.#core);
    if (this.#isBehind) await this.#gather();
    const next = this.#queue[0];
    if (next === undefined) return;
    await sendEntry(this.#core, next.name, next.written);
    this.#settle({ kind: 'sent' });
    await this.#dropKept();
  }

  /** Takes what the store holds into the queue, in its order. */
  async #gather(): Promise<void> {
    const stored: string[] = [];
    for await (const names of this.#core.records.names(OUTBOX)) stored.push(...names);
    const known = new Set(this.#queue.map(({ name }) => name));
    for (const name of stored) if (!known.has(name)) this.#queue.push({ name, settle: [] });
    this.#queue.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#isBehind = false;
  }

  /** Now and then: looking after each message would cost more than sending it. */
  async #dropKept(): Promise<void> {
    this.#sinceDrop++;
    if (this.#sinceDrop < SENDS_PER_DROP) return;
    this.#sinceDrop = 0;
    await dropKept(this.#core);
  }

  #settle(sent: Sent): void {
    const [first, ...others] = this.#queue;
    this.#queue = others;
    for (const settle of first?.settle ?? []) settle(sent);
  }

  #giveUp(error: PolyratchetError): void {
    const waiting = this.#queue;
    this.#queue = [];
    this.#isBehind = true;
    for (const { settle } of waiting) for (const each of settle) each({ kind: 'queued', error });
  }
}

function asError(cause: unknown): PolyratchetError {
  if (PolyratchetError.is(cause)) return cause;
  return new PolyratchetError('server-failed', { operation: 'server.send' }, { cause });
}
