/**
 * The outbox: what is encrypted and stored, and not yet taken by the server.
 *
 * Entries are sent one after the other, in the order of their times; those of a chat in which one could not be sent wait behind
 * it. Each names its send, so that a server that is asked
 * again after a crash delivers nothing twice.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import { connected, type Core } from './core.js';
import { STOPPING_CODES } from './deadline.js';
import { dropKept } from './kept.js';
import { message, OUTBOX, outboxEntry } from './keys.js';
import { sendEntry, type Written } from './rounds.js';
import { tellIdentityChange } from './seal.js';

/**
 * Sends that the server may refuse before the client takes it to be down: one that it refuses for ever, since a mailbox is full
 * for example, keeps back the messages of its own chat and no others.
 */
const MAX_REFUSED_SENDS = 3;

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

  /** In order; what could not be sent stays for the next time, and so does what comes after it in its chat. */
  async #sendAll(): Promise<void> {
    await Promise.resolve(); // so that the last line comes after its beginning was noted
    const refused = new Map<Address, PolyratchetError>();
    while (this.#isBehind || this.#queue.length > 0) {
      try {
        await this.#sendNext(refused);
      } catch (cause) {
        const error = asError(cause);
        tellIdentityChange(this.#core, error);
        const isAboutOne = this.#isAboutOne(error, refused).catch(() => false);
        if (STOPPING_CODES.includes(error.code) && !(await isAboutOne)) {
          this.#giveUp(error);
          break;
        }
        this.#settle({ kind: 'queued', error });
      }
    }
    if (refused.size > 0) this.#isBehind = true;
    this.#draining = undefined;
  }

  async #sendNext(refused: ReadonlyMap<Address, PolyratchetError>): Promise<void> {
    connected(this.#core);
    if (this.#isBehind) await this.#gather();
    const next = this.#queue[0];
    if (next === undefined) return;
    const before = refused.size === 0 ? undefined : refused.get(await this.#chatOf(next));
    if (before !== undefined) {
      this.#settle({ kind: 'queued', error: before });
      return;
    }
    await sendEntry(this.#core, next.name, next.written);
    this.#settle({ kind: 'sent' });
    await this.#dropKept();
  }

  /** Whether the server may do better with messages of other chats; the chat of the first in the queue is passed over then. */
  async #isAboutOne(error: PolyratchetError, refused: Map<Address, PolyratchetError>): Promise<boolean> {
    const next = this.#queue[0];
    if (error.code !== 'server-failed' || next === undefined || this.#core.connection() === undefined)
      return false;
    if (refused.size >= MAX_REFUSED_SENDS - 1) return false;
    refused.set(await this.#chatOf(next), error);
    return true;
  }

  /** The chat of an entry: for what is in none, such as a request, its name. */
  async #chatOf({ name, written }: Waiting): Promise<Address> {
    const entry = written?.entry ?? (await this.#core.transactor.run((tx) => tx.read(outboxEntry(name))));
    if (entry === undefined) return name;
    const sent = await this.#core.transactor.run((tx) => tx.read(message(entry.messageId)));
    return sent?.chat ?? name;
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
