/**
 * Transactions: read, decide, write everything at once; and nothing is told to anybody before it is written.
 *
 *     lock ─▸ step: load records, call pure functions, set records ─▸ commit ─▸ unlock ─▸ events ─▸ erase those that last
 *               ▲                                                        │
 *               └────────────────────── conflict ────────────────────────┘
 *
 * A step may be run several times, so it touches nothing but its transaction. It never waits for the network: one
 * transaction of a client runs at a time, and others may be at work on the same store.
 *
 * @module
 */
import { inputTime } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { ClientEvent } from './events.js';
import { untoldName } from './keys.js';
import { Lock } from './lock.js';
import {
  ABSENT,
  encodedValue,
  type AnyKey,
  type LoadedRecord,
  type RecordKey,
  type Records,
} from './records.js';
import type { StoreChange } from './store.js';
import { isLasting, untoldRecord, type LastingEvent } from './untold.js';

/** Attempts at one transaction: a store that answers `conflict` more often is broken, or is fought over. */
export const MAX_COMMIT_ATTEMPTS = 16;

/** What a step reads and wants to write. */
export class Transaction {
  readonly #records: Records;
  readonly #loaded = new Map<string, LoadedRecord>();
  readonly #written = new Map<string, { readonly key: AnyKey; readonly value: unknown }>();
  readonly #events: ClientEvent[] = [];
  readonly #untold: AnyKey[] = [];
  readonly #stamp: (now: number) => number;
  /** The time of the step, milliseconds since 1970. */
  readonly now: number;

  constructor(records: Records, now: number, stamp: (now: number) => number) {
    this.#records = records;
    this.#stamp = stamp;
    this.now = now;
  }

  /** The time for the name of a record that is kept in order: later than that of every record before, whatever the clock says. */
  stamp(): number {
    return this.#stamp(this.now);
  }

  /** Reads records, those that were read already left out. */
  async load(...keys: readonly AnyKey[]): Promise<void> {
    const wanted = keys.filter(({ name }) => !this.#loaded.has(name));
    if (wanted.length === 0) return;
    const found = await this.#records.read(wanted);
    for (const [i, { name }] of wanted.entries()) {
      const record = found[i];
      if (record !== undefined) this.#loaded.set(name, record);
    }
  }

  /** Reads one record. */
  async read<Value>(key: RecordKey<Value>): Promise<Value | undefined> {
    await this.load(key);
    return this.get(key);
  }

  /** The value of a record that was loaded, as the transaction has it by now. */
  get<Value>(key: RecordKey<Value>): Value | undefined {
    const written = this.#written.get(key.name);
    return (written === undefined ? this.#get(key.name).value : written.value) as Value | undefined;
  }

  /** Writes a record that was loaded. */
  set<Value>(key: RecordKey<Value>, value: Value): void {
    this.#get(key.name);
    this.#written.set(key.name, { key, value });
  }

  /** Removes records, those that are there. */
  async remove(...keys: readonly AnyKey[]): Promise<void> {
    await this.load(...keys);
    for (const key of keys) {
      if (this.#get(key.name).version === null) this.#written.delete(key.name);
      else this.#written.set(key.name, { key, value: undefined });
    }
  }

  /** Tells the application, once everything is written. */
  emit(event: ClientEvent): void {
    this.#events.push(event);
  }

  #get(name: string): LoadedRecord {
    const loaded = this.#loaded.get(name);
    if (loaded !== undefined) return loaded;
    throw new Error(`the record ${name} was not loaded`);
  }

  /** Writes everything; true if it is written. */
  async commit(): Promise<boolean> {
    if (this.#written.size === 0) return true;
    for (const event of this.#events.filter(isLasting)) this.#keep(event);
    const values = new Map<string, unknown>();
    const changes: StoreChange[] = [];
    for (const [name, { key, value }] of this.#written) {
      const bytes = value === undefined ? null : encodedValue(key, value);
      changes.push({ name, value: bytes, expected: this.#get(name).version });
      values.set(name, value);
    }
    return (await this.#records.commit(changes, values)) === 'committed';
  }

  /** Writes an event until it is told. */
  #keep(event: LastingEvent): void {
    const key = untoldRecord(untoldName(this.stamp()));
    this.#loaded.set(key.name, ABSENT);
    this.set(key, event);
    this.#untold.push(key);
  }

  /** What to tell. */
  get events(): readonly ClientEvent[] {
    return this.#events;
  }

  /** The events that were written until they are told. */
  get untold(): readonly AnyKey[] {
    return this.#untold;
  }
}

/** What a transaction needs of its client. */
export interface TransactionContext {
  readonly records: Records;
  readonly now: () => number;
  readonly tell: (events: readonly ClientEvent[]) => void;
  readonly isClosed: () => boolean;
}

/** What a transaction has done. */
interface Done<Result> extends Pick<Transaction, 'events' | 'untold'> {
  readonly result: Result;
}

/** Runs transactions, one after the other. */
export class Transactor {
  readonly #context: TransactionContext;
  readonly #lock = new Lock();
  #lastStamp = 0;

  constructor(context: TransactionContext) {
    this.#context = context;
  }

  /**
   * Runs a step and commits what it has written.
   *
   * @throws PolyratchetError what the step throws; `store-failed`, `store-conflict`, `deadline`, `closed`; `invalid-argument`: the
   *   clock says no time.
   */
  async run<Result>(step: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const { result, events, untold } = await this.#lock.run(() => this.#attempt(step));
    this.#context.tell(events);
    // What cannot be erased now is told again by the next start.
    if (untold.length > 0) this.run((tx) => tx.remove(...untold)).catch(() => undefined);
    return result;
  }

  async #attempt<Result>(step: (tx: Transaction) => Promise<Result>): Promise<Done<Result>> {
    const { records, now, isClosed } = this.#context;
    for (let attempt = 0; attempt < MAX_COMMIT_ATTEMPTS; attempt++) {
      if (isClosed()) throw new PolyratchetError('closed', { what: 'client' });
      const tx = new Transaction(records, inputTime('clock.now()', now()), (time) => {
        this.#lastStamp = Math.max(time, this.#lastStamp + 1);
        return this.#lastStamp;
      });
      const result = await step(tx);
      if (await tx.commit()) return { result, events: tx.events, untold: tx.untold };
    }
    throw new PolyratchetError('store-conflict', { operation: 'store.commit' });
  }

  /** Waits for the transactions that were begun. */
  settled(): Promise<void> {
    return this.#lock.settled();
  }
}
