import { systemRandom, type Store } from 'polyratchet';
import { SEALED_OVERHEAD, sealedStore } from 'polyratchet/client';
import { createMemoryStore, type MemoryStore } from 'polyratchet/memory';
import { storeCases } from 'polyratchet/testing';
import { describe, expect, inject, test } from 'vitest';
import { expectError, expectRejection } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { runCases } from '../testing/suites.js';

const KEY = seededRandom(1)(32);
const VALUE = Uint8Array.from({ length: 100 }, (_, i) => i);

describe('a sealed store passes:', () => {
  const beneath = new WeakMap<Store, MemoryStore>();
  const over = (inner: MemoryStore): Store => {
    const store = sealedStore(inner, KEY, { random: seededRandom(2) });
    beneath.set(store, inner);
    return store;
  };
  const create = (): Store => over(createMemoryStore());
  const cases = storeCases({ create, reopen: (store) => over(beneath.get(store)!.snapshot()) });
  // What is sealed in bulk is the same on every backend, and takes seconds in pure JavaScript.
  runCases(cases.filter(({ name }) => inject('backend') === 'node' || !/^takes \d/.test(name)));
});

describe('what lies beneath', () => {
  test('is format, nonce, ciphertext and tag, under the same name and version', async () => {
    const { inner, store } = await start();
    const stored = (await inner.read(['a'])).get('a')!;
    expect(stored.value.length).toBe(VALUE.length + SEALED_OVERHEAD);
    expect(stored.value[0]).toBe(1);
    expect(stored.value.subarray(1, 25)).toEqual(seededRandom(3)(24));
    expect((await store.read(['a'])).get('a')).toEqual({ value: VALUE, version: stored.version });
    expect(await inner.list('', '', 10)).toEqual(['a', 'b']);
  });

  test('has nothing of the value, and differs with each write of the same', async () => {
    const { inner, store } = await start();
    const first = (await inner.read(['a'])).get('a')!;
    await store.commit([{ name: 'a', value: VALUE, expected: first.version }]);
    const second = (await inner.read(['a'])).get('a')!;
    expect(first.value.join()).not.toContain(VALUE.subarray(10, 14).join());
    expect(second.value.subarray(1, 25)).not.toEqual(first.value.subarray(1, 25));
    expect(second.value.subarray(25)).not.toEqual(first.value.subarray(25));
  });
});

describe('what was not sealed so is refused:', () => {
  test('a value with any byte changed', async () => {
    const { inner, store } = await start();
    const { value } = (await inner.read(['a'])).get('a')!;
    for (let i = 1; i < value.length; i++) {
      await overwrite(inner, 'a', value.with(i, (value[i] ?? 0) ^ 0x80));
      await expectNotAuthentic(store.read(['a']));
    }
    await overwrite(inner, 'a', value);
    expect((await store.read(['a'])).get('a')?.value).toEqual(VALUE);
  });

  test('a value that is shorter, or longer, or none', async () => {
    const { inner, store } = await start();
    const { value } = (await inner.read(['a'])).get('a')!;
    for (const length of [0, 1, 25, SEALED_OVERHEAD - 1, SEALED_OVERHEAD, value.length - 1]) {
      await overwrite(inner, 'a', value.slice(0, length));
      await expectNotAuthentic(store.read(['a']));
    }
    await overwrite(inner, 'a', Uint8Array.of(...value, 0));
    await expectNotAuthentic(store.read(['a']));
    await overwrite(inner, 'a', VALUE);
    await expectNotAuthentic(store.read(['a']));
    const strange = sealedStore(
      { ...inner, read: () => Promise.resolve(new Map([['a', {} as never]])) },
      KEY,
    );
    await expectNotAuthentic(strange.read(['a']));
  });

  test('a value of another name, the whole read with it', async () => {
    const { inner, store } = await start();
    const { value } = (await inner.read(['a'])).get('a')!;
    await overwrite(inner, 'b', value);
    await expectNotAuthentic(store.read(['b']));
    await expectNotAuthentic(store.read(['a', 'b']));
    expect((await store.read(['a'])).size).toBe(1);
  });

  test('a value under another key', async () => {
    const { inner } = await start();
    const other = sealedStore(inner, KEY.with(31, (KEY[31] ?? 0) ^ 1));
    await expectNotAuthentic(other.read(['a']));
  });

  test('a value of a newer format, which says so', async () => {
    const { inner, store } = await start();
    const { value } = (await inner.read(['a'])).get('a')!;
    await overwrite(inner, 'a', value.with(0, 2));
    const { data } = await expectRejection('newer-format', store.read(['a']));
    expect(data).toEqual({ what: 'sealed value', got: 2, supported: '0x01' });
    await overwrite(inner, 'a', value.with(0, 0));
    await expectNotAuthentic(store.read(['a']));
  });

  test('but not an older value of the same name: that nobody can know', async () => {
    const { inner, store } = await start();
    const { value, version } = (await inner.read(['a'])).get('a')!;
    await store.commit([{ name: 'a', value: new Uint8Array(1), expected: version }]);
    await overwrite(inner, 'a', value);
    expect((await store.read(['a'])).get('a')?.value).toEqual(VALUE);
  });
});

describe('arguments', () => {
  test('of the wrong kind are refused', async () => {
    const inner = createMemoryStore();
    const wrong: (() => unknown)[] = [
      () => sealedStore(undefined as never, KEY),
      () => sealedStore(inner, KEY.subarray(1)),
      () => sealedStore(inner, 'key' as never),
      () => sealedStore(inner, KEY, null as never),
    ];
    for (const make of wrong) expectError('invalid-argument', make);
    const store = sealedStore(inner, KEY);
    for (const changes of [undefined, [null], [{ name: 'a', value: 'text', expected: null }]])
      await expectRejection('invalid-argument', store.commit(changes as never));
    const weak = sealedStore(inner, KEY, { random: (length) => new Uint8Array(length - 1) });
    await expectRejection('invalid-argument', weak.commit([{ name: 'a', value: VALUE, expected: null }]));
    expect(inner.size()).toBe(0);
  });

  test('are copied: the key may be written over', async () => {
    const inner = createMemoryStore();
    const key = KEY.slice();
    const store = sealedStore(inner, key, { random: systemRandom });
    key.fill(0);
    await store.commit([{ name: 'a', value: VALUE, expected: null }]);
    expect((await sealedStore(inner, KEY).read(['a'])).get('a')?.value).toEqual(VALUE);
  });

  test('show nothing of the key in a store', () => {
    const store = sealedStore(createMemoryStore(), KEY);
    expect(JSON.stringify(store)).toBe('{}');
    expect(Object.values(store).every((value) => typeof value === 'function')).toBe(true);
  });
});

/** Two values in a store with a key. */
async function start(): Promise<{ inner: MemoryStore; store: Store }> {
  const inner = createMemoryStore();
  const store = sealedStore(inner, KEY, { random: seededRandom(3) });
  await store.commit([
    { name: 'a', value: VALUE, expected: null },
    { name: 'b', value: VALUE, expected: null },
  ]);
  return { inner, store };
}

async function overwrite(inner: Store, name: string, value: Uint8Array): Promise<void> {
  const expected = (await inner.read([name])).get(name)?.version ?? null;
  expect(await inner.commit([{ name, value, expected }])).toBe('committed');
}

async function expectNotAuthentic(read: Promise<unknown>): Promise<void> {
  const { data, cause } = await expectRejection('store-failed', read);
  expect(data).toEqual({ operation: 'store.read', why: 'not-authentic' });
  expect(cause).toBeUndefined();
}
