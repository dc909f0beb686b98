/**
 * Names are printable ASCII, told apart character by character, and listed in the order of their bytes.
 *
 * @module
 */
import { MAX_STORE_NAME_LENGTH } from '../client/index.js';
import { utf8 } from '../core/bytes.js';
import { expectSame } from './conformance.js';
import { commit, creation, expectNames, expectValues, listAll, type StoreTrial } from './storeSteps.js';

/** Space to tilde, in the order of their bytes. */
const CHARACTERS: readonly string[] = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i));

/** Prefixes of each other, other cases, and what patterns and paths of databases take for something else. */
const NAMES: readonly string[] = [
  'a',
  'a ',
  'a%',
  'a*b',
  'a-',
  'a.',
  'a/',
  'a/b',
  'a/b/c',
  'a0',
  'aB',
  'a\\',
  'a_b',
  'aa',
  'aab',
  'ab',
  'axb',
].sort();

/** Trials of names and lists. */
export const nameTrials: readonly StoreTrial[] = [
  {
    name: 'lists names in the order of their bytes, whatever the order in which they came',
    run: async (store) => {
      await expectNames(store, []);
      for (const name of [...NAMES].reverse()) await commit(store, creation(name));
      await commit(store, ...CHARACTERS.map((name) => creation(`~${name}`)));
      const expected = [...NAMES, ...CHARACTERS.map((name) => `~${name}`)].sort();
      await expectNames(store, expected);
      expectSame('the answer to one question', await store.list('', '', 1_000), expected);
    },
  },
  {
    name: 'lists the names that begin with a prefix, and takes no character of it for a pattern',
    run: async (store) => {
      await commit(store, ...NAMES.map((name) => creation(name)));
      await commit(store, creation('A'), creation('b'), creation(' a'));
      for (const prefix of [...NAMES, 'a', 'ax', 'b', 'c', '%', '_', '*', 'a?']) {
        const expected = ['A', 'b', ' a', ...NAMES].filter((name) => name.startsWith(prefix)).sort();
        expectSame(`the names that begin with "${prefix}"`, await listAll(store, prefix), expected);
      }
    },
  },
  {
    name: 'lists what comes after a name, whether or not there is such a name',
    run: async (store) => {
      await commit(store, ...NAMES.map((name) => creation(name)), creation('b'));
      for (const after of [...NAMES, '!', 'a!', 'a/a', 'a/b!', 'az', 'b', 'c', '~']) {
        for (const prefix of ['', 'a', 'a/', 'a/b']) {
          const expected = [...NAMES, 'b'].filter((name) => name.startsWith(prefix) && name > after).sort();
          const got = await store.list(prefix, after, 1_000);
          expectSame(`the names with "${prefix}" after "${after}"`, got, expected);
        }
      }
    },
  },
  {
    name: 'lists no more names than asked for, so that all come in portions',
    run: async (store) => {
      await commit(store, ...NAMES.map((name) => creation(name)));
      for (const limit of [1, 2, 3, NAMES.length - 1, NAMES.length, NAMES.length + 1]) {
        const portion = await store.list('', '', limit);
        expectSame(`the first ${limit} names`, portion, NAMES.slice(0, limit));
        expectSame(`all names, ${limit} at a time`, await listAll(store, '', limit), NAMES);
      }
    },
  },
  {
    name: 'lists a thousand names in portions while others come and go',
    run: async (store) => {
      const names = Array.from({ length: 1_200 }, (_, i) => `n/${String((i * 7) % 1_200).padStart(4, '0')}`);
      await commit(store, ...names.map((name) => creation(name)));
      const first = await store.list('n/', '', 100);
      await commit(store, creation('n/0050x'), creation('n/0100x'), creation('m'), creation('o'));
      const rest = await store.list('n/', first.at(-1) ?? '', 2_000);
      expectSame('the first of the rest', rest[0], 'n/0100');
      expectSame('one that came later', rest[1], 'n/0100x');
      expectSame('how many are left', rest.length, 1_101);
    },
  },
  {
    name: 'tells names apart that differ in case, in a space, or in their last character',
    run: async (store) => {
      const long = 'x'.repeat(MAX_STORE_NAME_LENGTH - 1);
      const names = ['a', 'A', 'a ', ' a', 'a  ', `${long}a`, `${long}b`, long, '__proto__', 'constructor'];
      await commit(store, ...names.map((name) => creation(name)));
      await expectValues(
        store,
        names.map((name) => [name, utf8(`value of ${name}`)]),
      );
      await expectNames(store, [...names].sort());
    },
  },
  {
    name: 'takes every printable character in names of up to 512 characters',
    run: async (store) => {
      const all = CHARACTERS.join('');
      const names = [
        ...CHARACTERS.map((character) => `name ${character} of ${character}`),
        all.repeat(6).slice(0, MAX_STORE_NAME_LENGTH),
        `~${all.repeat(6)}`.slice(0, MAX_STORE_NAME_LENGTH),
      ];
      await commit(store, ...names.map((name) => creation(name)));
      await expectValues(
        store,
        names.map((name) => [name, utf8(`value of ${name}`)]),
      );
      await expectNames(store, [...names].sort());
    },
  },
];
