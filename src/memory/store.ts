/**
 * A store in memory: for tests, demos and first steps.
 *
 * @module
 */
import {
  MAX_STORE_NAME_LENGTH,
  MAX_STORE_VALUE_LENGTH,
  MIN_COMMIT_CHANGES,
  MIN_COMMIT_LENGTH,
  SEALED_OVERHEAD,
  type Store,
  type StoreChange,
  type StoredValue,
} from '../client/index.js';
import { copyBytes, describe, inputBytes } from '../core/bytes.js';
import { inputInteger, inputList, inputObject, MAX_UINT32 } from '../core/check.js';
import { invalidArgument } from '../core/refusals.js';
import { checkLimit } from './input.js';
import { createSortedNames } from './sortedNames.js';

/** Longest value: what every store has to take, sealed. */
const MAX_VALUE_LENGTH = MAX_STORE_VALUE_LENGTH + SEALED_OVERHEAD;

/** Bytes of one commit: what every store has to take, sealed. */
const MAX_COMMIT_LENGTH = MIN_COMMIT_LENGTH + MIN_COMMIT_CHANGES * SEALED_OVERHEAD;

/** A store, and how it stands. */
export interface MemoryStore extends Store {
  /** How many names have a value. */
  readonly size: () => number;
  /** A store with what is in this one now: from then on each goes its own way. */
  readonly snapshot: () => MemoryStore;
}

/** A value, whose memory is written over with the next one if that fits. */
interface Entry {
  value: Uint8Array;
  version: string;
}

/**
 * Makes an empty store.
 *
 * It takes no more than every store has to take, sealed values included (`sealedStore`). The values that one `read` gives
 * are parts of one buffer.
 *
 * @example
 * ```ts
 * import { createMemoryStore } from 'polyratchet/memory';
 *
 * const store = createMemoryStore();
 * await store.commit([{ name: 'greeting', value: new TextEncoder().encode('hello'), expected: null }]);
 * const stored = (await store.read(['greeting'])).get('greeting');
 * console.log(stored?.version); // what the next change of the name has to expect
 * ```
 */
export function createMemoryStore(): MemoryStore {
  return storeOf(new Map(), 0);
}

/** A store of some values; `writes` have given versions before. */
function storeOf(entries: Map<string, Entry>, writes: number): MemoryStore {
  const names = createSortedNames();
  for (const name of entries.keys()) names.add(name);
  let last = writes;

  const apply = ({ name, value }: StoreChange, version: string): void => {
    const entry = entries.get(name);
    if (value === null) {
      if (entries.delete(name)) names.remove(name);
    } else if (entry === undefined) {
      entries.set(name, { value: copyBytes(value), version });
      names.add(name);
    } else {
      entry.value = overwrite(entry, value);
      entry.version = version;
    }
  };

  return {
    read: (asked) => promised(() => readAll(entries, inputList('names', asked))),
    list: (prefix, after, limit) =>
      promised(() =>
        names.list(
          inputText('prefix', prefix),
          inputText('after', after),
          inputInteger('limit', limit, 0, MAX_UINT32),
        ),
      ),
    commit: (changes) =>
      promised(() => {
        const checked = inputChanges(changes, entries);
        if (checked.some(({ name, expected }) => (entries.get(name)?.version ?? null) !== expected)) {
          return 'conflict';
        }
        last++;
        for (const change of checked) apply(change, String(last));
        return 'committed';
      }),
    size: () => entries.size,
    snapshot: () =>
      storeOf(
        new Map(
          [...entries].map(([name, { value, version }]) => [name, { value: copyBytes(value), version }]),
        ),
        last,
      ),
  };
}

/** The values of some names as parts of one buffer: making a buffer costs more than copying a record into one. */
function readAll(
  entries: ReadonlyMap<string, Entry>,
  asked: readonly string[],
): ReadonlyMap<string, StoredValue> {
  const found = new Map<string, StoredValue>();
  let length = 0;
  for (const name of asked) {
    const entry = entries.get(inputText('names', name));
    if (entry === undefined || found.has(name)) continue;
    found.set(name, entry);
    length += entry.value.length;
  }
  const { buffer } = new Uint8Array(length);
  let offset = 0;
  for (const [name, { value, version }] of found) {
    const copy = new Uint8Array(buffer, offset, value.length);
    copy.set(value);
    offset += value.length;
    found.set(name, { value: copy, version });
  }
  return found;
}

/** Writes where the old value is, if the new one fits there and does not waste the place. */
function overwrite({ value: old }: Entry, value: Uint8Array): Uint8Array {
  const { buffer } = old;
  const fits = value.length <= buffer.byteLength && buffer.byteLength <= 2 * value.length;
  if (old.length !== value.length && !fits) return copyBytes(value);
  const place = old.length === value.length ? old : new Uint8Array(buffer, 0, value.length);
  place.set(value);
  return place;
}

/** Changes that can be made, apart from their versions. */
function inputChanges(
  changes: readonly StoreChange[],
  entries: ReadonlyMap<string, Entry>,
): readonly StoreChange[] {
  const named = new Set<string>();
  let length = 0;
  checkLimit('changes', inputList('changes', changes).length, MIN_COMMIT_CHANGES);
  const checked = changes.map((change): StoreChange => {
    const { name, value, expected } = inputObject('changes', change);
    if (!entries.has(name)) inputName(name);
    if (expected !== null) inputText('expected', expected);
    named.add(name);
    if (value === null) return { name, value, expected };
    const bytes = inputBytes('value', value);
    checkLimit('value', bytes.length, MAX_VALUE_LENGTH);
    length += bytes.length;
    return { name, value: bytes, expected };
  });
  checkLimit('bytes of a commit', length, MAX_COMMIT_LENGTH);
  if (named.size === checked.length) return checked;
  throw invalidArgument('changes', 'each name once', 'one twice');
}

function inputName(name: string): void {
  if (/^[ -~]+$/.test(inputText('name', name))) return;
  throw invalidArgument('name', 'printable ASCII', name === '' ? '0 characters' : 'other characters');
}

function inputText(name: string, text: string): string {
  if (typeof text === 'string' && text.length <= MAX_STORE_NAME_LENGTH) return text;
  throw invalidArgument(
    name,
    `text of at most ${MAX_STORE_NAME_LENGTH} characters`,
    typeof text === 'string' ? 'a longer one' : describe(text),
  );
}

/** What is thrown rejects the promise. */
function promised<Value>(action: () => Value): Promise<Value> {
  return new Promise((resolve) => {
    resolve(action());
  });
}
