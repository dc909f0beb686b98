/**
 * What goes into a store comes out again, byte for byte.
 *
 * @module
 */
import { MAX_STORE_VALUE_LENGTH } from '../client/index.js';
import { copyBytes, equalBytes, isBytes, utf8 } from '../core/bytes.js';
import { expectSame, expectThat } from './conformance.js';
import {
  commit,
  creation,
  expectValues,
  replace,
  valueOf,
  versionOf,
  type StoreTrial,
} from './storeSteps.js';

const EVERY_BYTE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** Trials of what is read and written. */
export const valueTrials: readonly StoreTrial[] = [
  {
    name: 'reads what was committed, and leaves out what has no value',
    run: async (store) => {
      await commit(store, creation('a'), creation('b'));
      await expectValues(store, [
        ['b', utf8('value of b')],
        ['c', undefined],
        ['a', utf8('value of a')],
      ]);
      expectSame('how many values are read without a name', (await store.read([])).size, 0);
    },
  },
  {
    name: 'keeps every byte, no bytes at all, and 1 MiB of them',
    run: async (store) => {
      const longest = Uint8Array.from({ length: MAX_STORE_VALUE_LENGTH }, (_, i) => (i * i) >>> 3);
      await commit(store, creation('bytes', EVERY_BYTE), creation('none', new Uint8Array(0)));
      await commit(store, creation('longest', longest));
      const found = await store.read(['bytes', 'none', 'longest']);
      expectThat('bytes: expected a Uint8Array', isBytes(found.get('bytes')?.value));
      expectSame('bytes', found.get('bytes')?.value, EVERY_BYTE);
      expectSame('none', found.get('none')?.value, new Uint8Array(0));
      expectSame('length of the longest', found.get('longest')?.value.length, longest.length);
      const last = found.get('longest')?.value;
      const isWhole = isBytes(last) && equalBytes(last, longest);
      expectThat('longest: expected the bytes that were written', isWhole);
    },
  },
  {
    name: 'takes a part of a buffer for what it is',
    run: async (store) => {
      await commit(store, creation('part', EVERY_BYTE.subarray(10, 20)));
      expectSame('part', await valueOf(store, 'part'), EVERY_BYTE.slice(10, 20));
    },
  },
  {
    name: 'replaces a value by a longer and by a shorter one',
    run: async (store) => {
      await commit(store, creation('a', utf8('first')));
      for (const text of ['longer than before', 'short', '', 'long again']) {
        await replace(store, 'a', utf8(text));
        await expectValues(store, [['a', utf8(text)]]);
      }
    },
  },
  {
    name: 'removes a value, and creates it again',
    run: async (store) => {
      await commit(store, creation('a'), creation('b'));
      await replace(store, 'a', null);
      await expectValues(store, [
        ['a', undefined],
        ['b', utf8('value of b')],
      ]);
      expectSame('the names', await store.list('', '', 10), ['b']);
      await commit(store, creation('a', utf8('again')));
      await expectValues(store, [['a', utf8('again')]]);
    },
  },
  {
    name: 'copies what comes in: the caller may write over its buffer at once',
    run: async (store) => {
      const value = copyBytes(EVERY_BYTE);
      const committing = store.commit([creation('a', value)]);
      value.fill(0);
      expectSame('the answer of commit', await committing, 'committed');
      value.fill(1);
      expectSame('the value', await valueOf(store, 'a'), EVERY_BYTE);
      const replacement = copyBytes(EVERY_BYTE).reverse();
      const replacing = store.commit([
        { name: 'a', value: replacement, expected: await versionOf(store, 'a') },
      ]);
      replacement.fill(0);
      await replacing;
      expectSame('the value', await valueOf(store, 'a'), copyBytes(EVERY_BYTE).reverse());
    },
  },
  {
    name: 'copies what goes out: a reader that writes over its buffer changes nothing',
    run: async (store) => {
      await commit(store, creation('a', EVERY_BYTE), creation('b', EVERY_BYTE));
      const found = await store.read(['a', 'b']);
      found.get('a')?.value.fill(0);
      expectSame('the value of "b" that was read with it', found.get('b')?.value, EVERY_BYTE);
      await expectValues(store, [
        ['a', EVERY_BYTE],
        ['b', EVERY_BYTE],
      ]);
      const before = await valueOf(store, 'a');
      await replace(store, 'a', utf8('another'));
      expectSame('what was read before it was replaced', before, EVERY_BYTE);
    },
  },
];
