import {
  MAX_STORE_NAME_LENGTH,
  MAX_STORE_VALUE_LENGTH,
  MIN_COMMIT_CHANGES,
  MIN_COMMIT_LENGTH,
  SEALED_OVERHEAD,
} from 'polyratchet/client';
import { createMemoryStore, type MemoryStore } from 'polyratchet/memory';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectRejection } from '../support/errors.js';
import { filled } from './connections.js';

describe('a store', () => {
  test('counts its values', async () => {
    const store = createMemoryStore();
    await put(store, 'a', 'b');
    expect(store.size()).toBe(2);
    const { version } = (await store.read(['a'])).get('a')!;
    await store.commit([{ name: 'a', value: null, expected: version }]);
    expect(store.size()).toBe(1);
    expect(await store.commit([{ name: 'a', value: null, expected: null }])).toBe('committed');
    expect(store.size()).toBe(1);
  });

  test('and a snapshot of it go their own ways, with the same versions', async () => {
    const store = createMemoryStore();
    await put(store, 'a', 'b');
    const before = await store.read(['a', 'b']);
    const snapshot = store.snapshot();
    const expected = before.get('a')!.version;
    expect(await store.commit([{ name: 'a', value: filled(5, 9), expected }])).toBe('committed');
    await put(store, 'c');
    expect(await snapshot.read(['a', 'b', 'c'])).toEqual(before);
    expect(await snapshot.list('', '', 10)).toEqual(['a', 'b']);
    expect(await snapshot.commit([{ name: 'b', value: null, expected: before.get('b')!.version }])).toBe(
      'committed',
    );
    expect([store.size(), snapshot.size()]).toEqual([3, 1]);
  });

  test('gives the values of one read as parts of one buffer, none of which is its own', async () => {
    const store = createMemoryStore();
    await put(store, 'a', 'b');
    const found = await store.read(['a', 'b', 'a', 'none']);
    const [a, b] = [found.get('a')!.value, found.get('b')!.value];
    expect(a.buffer).toBe(b.buffer);
    expect(a.byteOffset + a.length).toBe(b.byteOffset);
    expect(found.size).toBe(2);
    expect((await store.read(['a'])).get('a')!.value.buffer).not.toBe(a.buffer);
  });

  test('takes in what it is given at the door: commits take effect in the order of their calls', async () => {
    const store = createMemoryStore();
    const first = store.commit([{ name: 'a', value: filled(1), expected: null }]);
    const second = store.commit([{ name: 'a', value: filled(2), expected: null }]);
    const reading = store.read(['a']);
    expect([await first, await second]).toEqual(['committed', 'conflict']);
    expect((await reading).get('a')?.value).toEqual(filled(1));
  });
});

describe('values of any length', () => {
  test('written one over the other are what was written last', async () => {
    const lengths = fc.array(fc.nat(300), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lengths, async (all) => {
        const store = createMemoryStore();
        for (const [i, length] of all.entries()) {
          const expected = (await store.read(['a'])).get('a')?.version ?? null;
          const value = filled(length, i + 1);
          expect(await store.commit([{ name: 'a', value, expected }])).toBe('committed');
          expect((await store.read(['a'])).get('a')?.value).toEqual(value);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('names', () => {
  test('are listed as an array of them would be, whatever comes and goes', async () => {
    const name = fc.integer({ min: 0, max: 4_000 }).map((n) => `${n % 7}/${n}`);
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ names: fc.uniqueArray(name, { minLength: 1, maxLength: 900 }) }) },
      fc.record({ prefix: fc.constantFrom('', '3', '3/', '3/1', '9'), after: name, limit: fc.nat(700) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const store = createMemoryStore();
        const model = new Set<string>();
        for (const one of steps) {
          if ('names' in one) await toggle(store, model, one.names);
          else {
            const { prefix, after, limit } = one;
            const expected = [...model].filter((other) => other.startsWith(prefix) && other > after).sort();
            expect(await store.list(prefix, after, limit)).toEqual(expected.slice(0, limit));
          }
        }
        expect(await store.list('', '', 10_000)).toEqual([...model].sort());
      }),
      { numRuns: 25 },
    );
  });
});

describe('bounds', () => {
  test('are those of every store, and what sealing adds', async () => {
    const store = createMemoryStore();
    const longest = MAX_STORE_VALUE_LENGTH + SEALED_OVERHEAD;
    await put(store, 'x'.repeat(MAX_STORE_NAME_LENGTH));
    expect(await store.commit([{ name: 'long', value: filled(longest), expected: null }])).toBe('committed');
    const tooLong = [{ name: 'b', value: filled(longest + 1), expected: null }];
    const { data } = await expectRejection('too-large', store.commit(tooLong));
    expect(data).toEqual({ what: 'value', limit: longest, got: longest + 1 });

    const count = MIN_COMMIT_CHANGES;
    const many = Array.from({ length: count }, (_, i) => ({
      name: `n${i}`,
      value: filled(1),
      expected: null,
    }));
    await expectRejection('too-large', store.commit([...many, { name: 'b', value: null, expected: null }]));
    const most = MIN_COMMIT_LENGTH + MIN_COMMIT_CHANGES * SEALED_OVERHEAD;
    const whole = filled(longest);
    const full = Array.from({ length: Math.floor(most / longest) }, (_, i) => {
      return { name: `f${i}`, value: whole, expected: null };
    });
    const rest = filled(most - full.length * longest + 1);
    const tooMuch = [...full, { name: 'rest', value: rest, expected: null }];
    await expectRejection('too-large', store.commit(tooMuch));
    expect(store.size()).toBe(2);
    tooMuch[full.length] = { name: 'rest', value: rest.subarray(1), expected: null };
    expect(await store.commit(tooMuch)).toBe('committed');
  });
});

describe('bad input', () => {
  test('of any kind is refused and changes nothing', async () => {
    const store = createMemoryStore();
    await put(store, 'a');
    const value = filled(1);
    const good = { name: 'b', value, expected: null };
    const commits: unknown[] = [
      undefined,
      good,
      [good, null],
      [good, good],
      [good, { ...good, name: undefined }],
      [good, { ...good, name: '' }],
      [good, { ...good, name: 'é' }],
      [good, { ...good, name: 'c\n' }],
      [good, { ...good, name: 'x'.repeat(MAX_STORE_NAME_LENGTH + 1) }],
      [good, { ...good, name: 'c', value: undefined }],
      [good, { ...good, name: 'c', value: 'text' }],
      [good, { ...good, name: 'c', expected: undefined }],
      [good, { ...good, name: 'c', expected: 1 }],
    ];
    for (const changes of commits) await expectRejection('invalid-argument', store.commit(changes as never));
    for (const names of [undefined, 'a', [7], ['x'.repeat(MAX_STORE_NAME_LENGTH + 1)]])
      await expectRejection('invalid-argument', store.read(names as never));
    const questions: unknown[][] = [
      [undefined, '', 1],
      ['', 7, 1],
      ['', '', -1],
      ['', '', 0.5],
    ];
    for (const question of questions)
      await expectRejection('invalid-argument', store.list(...(question as [string, string, number])));
    expect(await store.list('', '', 10)).toEqual(['a']);
  });
});

async function put(store: MemoryStore, ...names: readonly string[]): Promise<void> {
  const changes = names.map((name) => ({ name, value: filled(5), expected: null }));
  expect(await store.commit(changes)).toBe('committed');
}

/** Creates the names that are not there, and removes the others. */
async function toggle(store: MemoryStore, model: Set<string>, names: readonly string[]): Promise<void> {
  const found = await store.read(names);
  const changes = names.map((name) => {
    const expected = found.get(name)?.version ?? null;
    return { name, value: expected === null ? filled(1) : null, expected };
  });
  expect(await store.commit(changes)).toBe('committed');
  for (const name of names) if (!model.delete(name)) model.add(name);
}
