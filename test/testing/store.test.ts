import type { Store } from 'polyratchet';
import { createMemoryStore, type MemoryStore } from 'polyratchet/memory';
import { ConformanceError, storeCases } from 'polyratchet/testing';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { broken, BROKEN_STORES } from './brokenStores.js';
import { expectCaught, failureOf, runCases } from './suites.js';

const reopen = (store: Store): Store => (store as MemoryStore).snapshot();

describe('the store in memory passes:', () => {
  runCases(storeCases({ create: createMemoryStore, reopen }));
});

describe('a store with one defect is caught:', () => {
  test.each(BROKEN_STORES)('%s', async (name, defect) => {
    await expectCaught(storeCases({ create: () => broken(defect) }), name);
  });

  test('each case catches one at least', () => {
    const caught = new Set(BROKEN_STORES.map(([name]) => name));
    const cases = storeCases({ create: createMemoryStore }).map(({ name }) => name);
    expect(cases.filter((name) => !caught.has(name))).toEqual([]);
  });

  test('has after a restart what was committed before, and nothing else', async () => {
    const forgetful = storeCases({ create: createMemoryStore, reopen: createMemoryStore });
    await expectCaught(forgetful, 'has after a restart what was committed before, and nothing else');
  });

  test('has after a restart the versions of before, and gives none of them again', async () => {
    const name = 'has after a restart the versions of before, and gives none of them again';
    await expectCaught(storeCases({ create: createMemoryStore, reopen: countedAnew }), name);
  });
});

describe('a suite', () => {
  test('has no cases of restarts where there are none', () => {
    const names = (cases: ReturnType<typeof storeCases>) => cases.map(({ name }) => name);
    const [without, all] = [
      storeCases({ create: createMemoryStore }),
      storeCases({ create: createMemoryStore, reopen }),
    ];
    expect(names(all).slice(0, without.length)).toEqual(names(without));
    expect(all.length - without.length).toBe(2);
    expect(new Set(names(all)).size).toBe(all.length);
  });

  test('makes a store for each case, and none before', async () => {
    let made = 0;
    const cases = storeCases({
      create: async () => {
        await Promise.resolve();
        made++;
        return createMemoryStore();
      },
    });
    expect(made).toBe(0);
    await cases[0]?.run();
    await cases[1]?.run();
    expect(made).toBe(2);
  });

  test('passes on what a store throws', async () => {
    const failing = storeCases({
      create: () => broken(() => ({ read: () => Promise.reject(new Error('disk')) })),
    });
    const error = await failureOf(failing, 'reads what was committed, and leaves out what has no value');
    expect(error).toEqual(new Error('disk'));
  });

  test('says what was expected and what came', async () => {
    const cases = storeCases({ create: () => broken(() => ({ list: () => Promise.resolve(['x']) })) });
    const error = await failureOf(cases, 'commits nothing at all without changes');
    expect(error).toEqual(new ConformanceError('the names: expected [], got ["x"]'));
    expect((error as Error).name).toBe('ConformanceError');
  });

  test('needs options', () => {
    expectError('invalid-argument', () => storeCases(undefined as never));
  });
});

/** A restart after which writes are counted from the beginning. */
function countedAnew(store: Store): Store {
  const fresh = createMemoryStore();
  const copied = store.list('', '', 100).then(async (names) => {
    const changes = [...(await store.read(names))].map(([name, { value }]) => ({
      name,
      value,
      expected: null,
    }));
    await fresh.commit(changes);
  });
  return {
    read: async (names) => {
      await copied;
      return fresh.read(names);
    },
    list: async (...question) => {
      await copied;
      return fresh.list(...question);
    },
    commit: async (changes) => {
      await copied;
      return fresh.commit(changes);
    },
  };
}
