/**
 * Records: named values in a store, each with its codec; and what was decoded once, as long as its bytes stay the same.
 *
 * @module
 */
import { copyBytes, equalBytes, inputBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { insteadOf, isMapLike, type Calls } from './deadline.js';
import { MAX_STORE_VALUE_LENGTH, type Store, type StoreChange, type StoredValue } from './store.js';

/** Errors about what the store holds: no message is to blame for them, whatever their code. */
const storeErrors = new WeakSet<Error>();

/** Whether an error is about a record of this store that cannot be read. */
export function isStoreError(error: Error): boolean {
  return storeErrors.has(error);
}

function decodeOwn(key: AnyKey, bytes: Uint8Array): unknown {
  try {
    return key.decode(bytes);
  } catch (error) {
    return rethrowOwn(error);
  }
}

function rethrowOwn(error: unknown): never {
  if (error instanceof Error) storeErrors.add(error);
  throw error;
}

/** Where a value is stored, and how it becomes bytes. */
export interface RecordKey<Value> {
  /** The name: no two records have one. */
  readonly name: string;
  /** The value as bytes. */
  readonly encode: (value: Value) => Uint8Array;
  /** The bytes as a value. */
  readonly decode: (bytes: Uint8Array) => Value;
}

/** Where some value is stored: whatever a transaction has to know to read and write it. */
export interface AnyKey {
  readonly name: string;
  readonly encode: (value: never) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

/** A record as it was read. */
export interface LoadedRecord {
  /** `null` where there is none. */
  readonly version: string | null;
  /** The decoded value. */
  readonly value: unknown;
}

/** Decoded records that are kept: enough for the conversations of a day, and a bound on the memory. */
const MAX_KEPT = 4_096;

/** Longer records are decoded each time: they are messages, and nobody reads them twice. */
const MAX_KEPT_LENGTH = 8_192;

/** A record that is kept: a value, and the bytes that it was decoded from. */
interface KeptRecord {
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

/** A record that is not there. */
export const ABSENT: LoadedRecord = { version: null, value: undefined };

/** A store that is asked with a deadline, whose answers are checked, and whose values are decoded once. */
export class Records {
  readonly #store: Store;
  readonly #calls: Calls;
  /** In two generations: the older goes as a whole, for a `Map` is slow to find its oldest entry behind those that went. */
  #kept = new Map<string, KeptRecord>();
  #keptBefore = new Map<string, KeptRecord>();

  constructor(store: Store, calls: Calls) {
    this.#store = store;
    this.#calls = calls;
  }

  /** Reads some records. */
  async read(keys: readonly AnyKey[]): Promise<readonly LoadedRecord[]> {
    const names = keys.map(({ name }) => name);
    const found = await this.#calls
      .make(
        'store.read',
        () => this.#store.read(names),
        (answer) => (isMapLike(answer) ? undefined : insteadOf('a Map', answer)),
      )
      .catch((error: unknown) => rethrowOwn(error));
    return keys.map((key) => this.#decode(key, entryOf(found, key.name)));
  }

  #decode(key: AnyKey, stored: Stored | undefined): LoadedRecord {
    if (stored === undefined) return ABSENT;
    const { version, bytes } = stored;
    const { name } = key;
    const recent = this.#kept.get(name);
    const kept = recent ?? this.#keptBefore.get(name);
    if (kept !== undefined && equalBytes(kept.bytes, bytes)) {
      if (recent === undefined) this.#keep(name, kept);
      return { version, value: kept.value };
    }
    const value = decodeOwn(key, bytes);
    this.#keep(name, { bytes: copyBytes(bytes), value });
    return { version, value };
  }

  /** At most `limit` names with a prefix, after one of them. */
  async list(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    const names = await this.#calls.make(
      'store.list',
      () => this.#store.list(prefix, after, limit),
      (answer) =>
        Array.isArray(answer) &&
        answer.length <= limit &&
        answer.every((name) => isAfter(name, prefix, after))
          ? undefined
          : insteadOf(`at most ${limit} names with the prefix`, answer),
    );
    return [...names];
  }

  /** All names with a prefix, in their order; page by page, so that none of them has to be held longer than needed. */
  async *names(prefix: string): AsyncGenerator<readonly string[]> {
    let after = '';
    for (;;) {
      const page = await this.list(prefix, after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = last;
    }
  }

  /** Commits, and keeps what was written as decoded. */
  async commit(
    changes: readonly StoreChange[],
    values: ReadonlyMap<string, unknown>,
  ): Promise<'committed' | 'conflict'> {
    const outcome = await this.#calls.make(
      'store.commit',
      () => this.#store.commit(changes),
      (answer: unknown) =>
        answer === 'committed' || answer === 'conflict'
          ? undefined
          : insteadOf('committed or conflict', answer),
    );
    if (outcome === 'committed') {
      for (const { name, value } of changes) {
        if (value === null) this.#drop(name);
        else this.#keep(name, { bytes: value, value: values.get(name) });
      }
    }
    return outcome;
  }

  #keep(name: string, record: KeptRecord): void {
    if (record.bytes.length > MAX_KEPT_LENGTH) {
      this.#drop(name);
      return;
    }
    if (this.#kept.size >= MAX_KEPT / 2) {
      this.#keptBefore = this.#kept;
      this.#kept = new Map();
    }
    this.#kept.set(name, record);
  }

  #drop(name: string): void {
    this.#kept.delete(name);
    this.#keptBefore.delete(name);
  }

  /** Forgets everything that was decoded. */
  forget(): void {
    this.#kept.clear();
    this.#keptBefore.clear();
  }
}

/** Names in one page of a list. */
const PAGE = 1_000;

function isAfter(name: unknown, prefix: string, after: string): boolean {
  return typeof name === 'string' && name.startsWith(prefix) && name > after;
}

/** What a store says of a name. */
function entryOf(found: ReadonlyMap<string, StoredValue>, name: string): Stored | undefined {
  const operation = 'store.read';
  try {
    const stored = found.get(name);
    if (stored === undefined) return undefined;
    const { value, version } = stored;
    if (typeof version === 'string') return { version, bytes: inputBytes('value', value) };
  } catch (cause) {
    throw new PolyratchetError('store-failed', { operation, why: 'a strange answer' }, { cause });
  }
  throw new PolyratchetError('store-failed', { operation, why: 'a value without a version' });
}

interface Stored {
  readonly version: string;
  readonly bytes: Uint8Array;
}

/**
 * The bytes of a record, if a store takes them.
 *
 * @throws PolyratchetError `too-large`
 */
export function encodedValue(key: AnyKey, value: unknown): Uint8Array {
  const bytes = key.encode(value as never);
  if (bytes.length <= MAX_STORE_VALUE_LENGTH) return bytes;
  throw new PolyratchetError('too-large', {
    what: 'stored record',
    limit: MAX_STORE_VALUE_LENGTH,
    got: bytes.length,
  });
}
