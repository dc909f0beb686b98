/** Stores with one defect each, by the name of the case that must find it. */
import type { Store, StoreChange, StoredValue } from 'polyratchet';
import { createMemoryStore, type MemoryStore } from 'polyratchet/memory';

/** What a broken store does differently from the one in memory. */
type Defect = (store: MemoryStore) => Partial<Store>;

const PATTERN = /[%_*?]/g;

export const BROKEN_STORES: readonly (readonly [name: string, defect: Defect])[] = [
  [
    'reads what was committed, and leaves out what has no value',
    (store) => ({
      read: async (names) => {
        const found = new Map<string, StoredValue>(names.map((name) => [name, emptyValue()]));
        for (const [name, value] of await store.read(names)) found.set(name, value);
        return found;
      },
    }),
  ],
  ['keeps every byte, no bytes at all, and 1 MiB of them', (store) => ({ read: mapped(store, asText) })],
  [
    'keeps every byte, no bytes at all, and 1 MiB of them',
    (store) => ({
      read: async (names) =>
        new Map([...(await store.read(names))].filter(([, { value }]) => value.length > 0)),
    }),
  ],
  [
    'keeps every byte, no bytes at all, and 1 MiB of them',
    (store) => ({ read: mapped(store, (value) => value.slice(0, 65_535)) }),
  ],
  [
    'takes a part of a buffer for what it is',
    (store) => ({ commit: written(store, (value) => new Uint8Array(value.buffer)) }),
  ],
  ['replaces a value by a longer and by a shorter one', keepsTheEnd],
  [
    'removes a value, and creates it again',
    (store) => ({ commit: written(store, (value) => value, new Uint8Array(0)) }),
  ],
  [
    'copies what comes in: the caller may write over its buffer at once',
    (store) => ({
      commit: async (changes) => {
        await Promise.resolve();
        return store.commit(changes);
      },
    }),
  ],
  ['copies what goes out: a reader that writes over its buffer changes nothing', sharesItsBuffers],
  [
    'commits nothing at all without changes',
    (store) => ({
      commit: async (changes) => (changes.length === 0 ? 'conflict' : store.commit(changes)),
    }),
  ],
  ['gives another version with every write, also of the same bytes', versionsByContent],
  ['gives no version twice, also after the name was removed and created again', countsEachLife],
  [
    'is in conflict where a name has another version than expected, or one at all, or none',
    (store) => ({ commit: expectingAnything(store, ({ expected }) => expected === null) }),
  ],
  [
    'is in conflict where a name has another version than expected, or one at all, or none',
    (store) => ({ commit: expectingAnything(store, ({ value }) => value === null) }),
  ],
  ['changes nothing when one of the changes is in conflict, wherever it stands', commitsOneByOne],
  ['lets one of many commits of the same names win, and nothing of the others', checksThenWrites],
  ['lets all commits of different names win', conflictsWithAnybody],
  [
    'takes 10,250 changes at once, as a whole or not at all',
    (store) => ({ commit: async (changes) => store.commit(changes.slice(0, 1_000)) }),
  ],
  [
    'takes 24 MiB at once',
    (store) => ({
      commit: async (changes) => {
        const length = changes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
        return length > 16 * 1024 * 1024 ? 'conflict' : store.commit(changes);
      },
    }),
  ],
  [
    'lists names in the order of their bytes, whatever the order in which they came',
    (store) => ({
      list: async (prefix, after, limit) => {
        const names = await store.list(prefix, after, limit);
        return [...names].sort((a, b) => a.localeCompare(b, 'en'));
      },
    }),
  ],
  [
    'lists the names that begin with a prefix, and takes no character of it for a pattern',
    (store) => ({
      list: async (prefix, after, limit) => {
        const pattern = new RegExp(`^${prefix.replace(/[.\\+^$]/g, '\\$&').replace(PATTERN, '.')}`, 'i');
        const names = await store.list('', after, 10_000);
        return names.filter((name) => pattern.test(name)).slice(0, limit);
      },
    }),
  ],
  [
    'lists what comes after a name, whether or not there is such a name',
    (store) => ({
      list: async (prefix, after, limit) => {
        const names = await store.list(prefix, '', 10_000);
        return names.slice(names.indexOf(after) + 1).slice(0, limit);
      },
    }),
  ],
  [
    'lists no more names than asked for, so that all come in portions',
    (store) => ({ list: async (prefix, after) => store.list(prefix, after, 10_000) }),
  ],
  [
    'lists no more names than asked for, so that all come in portions',
    (store) => ({ list: async (prefix, after, limit) => store.list(prefix, after, limit - 1) }),
  ],
  ['lists a thousand names in portions while others come and go', listsAsOfTheFirstQuestion],
  ['tells names apart that differ in case, in a space, or in their last character', foldsNames],
  [
    'takes every printable character in names of up to 512 characters',
    (store) => renamed(store, (name) => name.slice(0, 255)),
  ],
  [
    'takes every printable character in names of up to 512 characters',
    (store) => renamed(store, (name) => name.replaceAll('/', '_')),
  ],
];

/** The store in memory with a defect. */
export function broken(defect: Defect): Store {
  const store = createMemoryStore();
  return { ...store, ...defect(store) };
}

function emptyValue(): StoredValue {
  return { value: new Uint8Array(0), version: '0' };
}

function mapped(store: Store, map: (value: Uint8Array) => Uint8Array): Store['read'] {
  return async (names) =>
    new Map(
      [...(await store.read(names))].map(([name, { value, version }]) => [
        name,
        { value: map(value), version },
      ]),
    );
}

function asText(value: Uint8Array): Uint8Array {
  return new TextEncoder().encode(new TextDecoder().decode(value));
}

function written(
  store: Store,
  map: (value: Uint8Array) => Uint8Array,
  none: Uint8Array | null = null,
): Store['commit'] {
  return async (changes) =>
    store.commit(
      changes.map((change) => ({ ...change, value: change.value === null ? none : map(change.value) })),
    );
}

/** Writes a value over the old one, and leaves what was longer. */
function keepsTheEnd(store: Store): Partial<Store> {
  return {
    commit: async (changes) => {
      const before = await store.read(changes.map(({ name }) => name));
      return store.commit(
        changes.map((change) => {
          const old = before.get(change.name)?.value ?? new Uint8Array(0);
          if (change.value === null || old.length <= change.value.length) return change;
          const value = old.slice();
          value.set(change.value);
          return { ...change, value };
        }),
      );
    },
  };
}

function sharesItsBuffers(store: Store): Partial<Store> {
  const shared = new Map<string, StoredValue>();
  return {
    read: async (names) => {
      for (const [name, value] of await store.read(names)) {
        if (shared.get(name)?.version !== value.version) shared.set(name, value);
      }
      return new Map(
        names.flatMap((name) => {
          const value = shared.get(name);
          return value === undefined ? [] : [[name, value]];
        }),
      );
    },
  };
}

function versionsByContent(store: Store): Partial<Store> {
  return translated(store, ({ value }) => value.join());
}

/** A row's counter that begins anew with each row. */
function countsEachLife(store: Store): Partial<Store> {
  const lives = new Map<string, string[]>();
  const { read, commit } = translated(store, ({ version }, name) => {
    const seen = lives.get(name) ?? [];
    if (!seen.includes(version)) seen.push(version);
    lives.set(name, seen);
    return String(seen.indexOf(version));
  });
  return {
    read,
    commit: async (changes) => {
      const answer = await commit(changes);
      for (const { name, value } of changes) if (value === null) lives.delete(name);
      return answer;
    },
  };
}

/** Versions as they are told, and back. */
function translated(
  store: Store,
  tell: (stored: StoredValue, name: string) => string,
): Pick<Store, 'read' | 'commit'> {
  return {
    read: async (names) =>
      new Map(
        [...(await store.read(names))].map(([name, stored]) => [
          name,
          { ...stored, version: tell(stored, name) },
        ]),
      ),
    commit: async (changes) => {
      const found = await store.read(changes.map(({ name }) => name));
      return store.commit(
        changes.map((change) => {
          const stored = found.get(change.name);
          const isCurrent = stored !== undefined && tell(stored, change.name) === change.expected;
          return isCurrent ? { ...change, expected: stored.version } : change;
        }),
      );
    },
  };
}

/** Does not look at the versions of some changes. */
function expectingAnything(store: Store, isBlind: (change: StoreChange) => boolean): Store['commit'] {
  return async (changes) => {
    const found = await store.read(changes.map(({ name }) => name));
    return store.commit(
      changes.map((change) =>
        isBlind(change) ? { ...change, expected: found.get(change.name)?.version ?? null } : change,
      ),
    );
  };
}

function commitsOneByOne(store: Store): Partial<Store> {
  return {
    commit: async (changes) => {
      for (const change of changes) if ((await store.commit([change])) === 'conflict') return 'conflict';
      return 'committed';
    },
  };
}

/** Looks first, and writes a moment later whatever has happened meanwhile. */
function checksThenWrites(store: Store): Partial<Store> {
  const commit = expectingAnything(store, () => true);
  return {
    commit: async (changes) => {
      const found = await store.read(changes.map(({ name }) => name));
      const isOutdated = changes.some(
        ({ name, expected }) => (found.get(name)?.version ?? null) !== expected,
      );
      if (isOutdated) return 'conflict';
      while ((await commit(changes)) === 'conflict');
      return 'committed';
    },
  };
}

/** One writer at a time for the whole store, and the others are sent away. */
function conflictsWithAnybody(store: Store): Partial<Store> {
  let isBusy = false;
  return {
    commit: async (changes) => {
      if (isBusy) return 'conflict';
      isBusy = true;
      await Promise.resolve();
      isBusy = false;
      return store.commit(changes);
    },
  };
}

function listsAsOfTheFirstQuestion(store: Store): Partial<Store> {
  let names: readonly string[] | undefined;
  return {
    list: async (prefix, after, limit) => {
      names ??= await store.list('', '', 10_000);
      return names.filter((name) => name.startsWith(prefix) && name > after).slice(0, limit);
    },
  };
}

function foldsNames(store: Store): Partial<Store> {
  return renamed(store, (name) => name.trimEnd().toLowerCase());
}

function renamed(store: Store, rename: (name: string) => string): Partial<Store> {
  return {
    read: async (names) => {
      const found = await store.read(names.map(rename));
      return new Map(
        names.flatMap((name) => {
          const stored = found.get(rename(name));
          return stored === undefined ? [] : [[name, stored]];
        }),
      );
    },
    commit: async (changes) => {
      const byName = new Map(changes.map((change) => [rename(change.name), change]));
      return store.commit([...byName].map(([name, change]) => ({ ...change, name })));
    },
  };
}
