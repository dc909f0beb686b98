/**
 * A commit happens as a whole or not at all, and only if nobody else was there before.
 *
 * @module
 */
import {
  MIN_COMMIT_CHANGES,
  MIN_COMMIT_LENGTH,
  MAX_STORE_VALUE_LENGTH,
  type StoreChange,
} from '../client/index.js';
import { equalBytes, isBytes, utf8 } from '../core/bytes.js';
import { expectSame, expectThat } from './conformance.js';
import {
  commit,
  creation,
  expectNames,
  expectValues,
  listAll,
  replace,
  versionOf,
  type StoreTrial,
} from './storeSteps.js';

/** Commits at the same time. */
const WRITERS = 8;

/** Names that are read at once. */
const PORTION = 1_025;

/** Trials of commits and versions. */
export const commitTrials: readonly StoreTrial[] = [
  {
    name: 'commits nothing at all without changes',
    run: async (store) => {
      await commit(store);
      await expectNames(store, []);
    },
  },
  {
    name: 'gives another version with every write, also of the same bytes',
    run: async (store) => {
      await commit(store, creation('a'));
      const versions = new Set([await versionOf(store, 'a')]);
      for (let writes = 2; writes <= 20; writes++) {
        await replace(store, 'a', utf8('the same'));
        versions.add(await versionOf(store, 'a'));
        expectSame(`versions after ${writes} writes`, versions.size, writes);
      }
      expectSame('the version when nothing was written', await versionOf(store, 'a'), [...versions].at(-1));
    },
  },
  {
    name: 'gives no version twice, also after the name was removed and created again',
    run: async (store) => {
      const versions = new Set<string>();
      for (let round = 1; round <= 10; round++) {
        await commit(store, creation('a'), creation(`other ${round}`));
        versions.add(await versionOf(store, 'a'));
        await replace(store, 'a', utf8('second'));
        versions.add(await versionOf(store, 'a'));
        expectSame(`versions after ${round} lives`, versions.size, 2 * round);
        await replace(store, 'a', null);
      }
      await commit(store, creation('a'));
      for (const expected of versions) {
        const answer = await store.commit([{ name: 'a', value: utf8('late'), expected }]);
        expectSame('the answer to the version of an earlier life', answer, 'conflict');
      }
    },
  },
  {
    name: 'is in conflict where a name has another version than expected, or one at all, or none',
    run: async (store) => {
      await commit(store, creation('a'));
      const old = await versionOf(store, 'a');
      await replace(store, 'a', utf8('new'));
      const conflicts: readonly StoreChange[] = [
        { name: 'a', value: utf8('late'), expected: old },
        { name: 'a', value: null, expected: old },
        { name: 'a', value: utf8('late'), expected: null },
        { name: 'a', value: null, expected: null },
        { name: 'b', value: utf8('early'), expected: old },
        { name: 'b', value: null, expected: old },
      ];
      for (const change of conflicts) {
        const what = `${change.value === null ? 'removing' : 'writing'} "${change.name}" expecting ${String(change.expected)}`;
        expectSame(what, await store.commit([change]), 'conflict');
      }
      await expectValues(store, [
        ['a', utf8('new')],
        ['b', undefined],
      ]);
    },
  },
  {
    name: 'changes nothing when one of the changes is in conflict, wherever it stands',
    run: async (store) => {
      await commit(store, creation('kept'), creation('removed'), creation('contested'));
      const [kept, removed] = [await versionOf(store, 'kept'), await versionOf(store, 'removed')];
      const good: readonly StoreChange[] = [
        { name: 'kept', value: utf8('changed'), expected: kept },
        { name: 'removed', value: null, expected: removed },
        creation('new'),
      ];
      for (let place = 0; place <= good.length; place++) {
        const changes = [...good.slice(0, place), creation('contested'), ...good.slice(place)];
        expectSame(`a conflict at place ${place}`, await store.commit(changes), 'conflict');
        await expectNames(store, ['contested', 'kept', 'removed']);
        await expectValues(store, [['kept', utf8('value of kept')]]);
        expectSame('the version', await versionOf(store, 'kept'), kept);
      }
      await commit(store, ...good);
      await expectNames(store, ['contested', 'kept', 'new']);
    },
  },
  {
    name: 'lets one of many commits of the same names win, and nothing of the others',
    run: async (store) => {
      await commit(store, creation('shared'));
      for (let round = 0; round < 5; round++) {
        const expected = await versionOf(store, 'shared');
        const answers = await Promise.all(
          Array.from({ length: WRITERS }, (_, writer) => {
            const value = utf8(`round ${round}, writer ${writer}`);
            return store.commit([
              { name: `mark ${round}.${writer}`, value, expected: null },
              { name: 'shared', value, expected },
            ]);
          }),
        );
        const winner = answers.indexOf('committed');
        expectSame('how many have won', answers.filter((answer) => answer === 'committed').length, 1);
        expectSame('the others', answers.filter((answer) => answer === 'conflict').length, WRITERS - 1);
        await expectValues(store, [['shared', utf8(`round ${round}, writer ${winner}`)]]);
        expectSame('the marks', await store.list(`mark ${round}.`, '', 10), [`mark ${round}.${winner}`]);
      }
    },
  },
  {
    name: 'lets all commits of different names win',
    run: async (store) => {
      const answers = await Promise.all(
        Array.from({ length: WRITERS }, (_, writer) => store.commit([creation(`a${writer}`)])),
      );
      expectSame('the answers', answers, Array<string>(WRITERS).fill('committed'));
      await expectNames(
        store,
        Array.from({ length: WRITERS }, (_, writer) => `a${writer}`),
      );
    },
  },
  {
    name: 'takes 10,250 changes at once, as a whole or not at all',
    run: async (store) => {
      const changes = manyChanges();
      await commit(store, creation('n10249'));
      expectSame('one conflict among them', await store.commit(changes), 'conflict');
      await expectNames(store, ['n10249']);
      await replace(store, 'n10249', null);
      await commit(store, ...changes);
      const names = await listAll(store, 'n');
      expectSame('how many names', names.length, MIN_COMMIT_CHANGES);
      for (let from = 0; from < changes.length; from += PORTION) {
        const portion = changes.slice(from, from + PORTION);
        await expectValues(
          store,
          portion.map(({ name, value }) => [name, value ?? undefined]),
        );
      }
    },
  },
  {
    name: 'takes 24 MiB at once',
    run: async (store) => {
      const count = MIN_COMMIT_LENGTH / MAX_STORE_VALUE_LENGTH;
      const values = Array.from({ length: count }, (_, i) =>
        new Uint8Array(MAX_STORE_VALUE_LENGTH).fill(i + 1),
      );
      await commit(store, ...values.map((value, i) => creation(`n${i}`, value)));
      for (const [i, value] of values.entries()) {
        const found = (await store.read([`n${i}`])).get(`n${i}`)?.value;
        const isWhole = isBytes(found) && equalBytes(found, value);
        expectThat(`n${i}: expected the bytes that were written`, isWhole);
      }
    },
  },
];

function manyChanges(): readonly StoreChange[] {
  return Array.from({ length: MIN_COMMIT_CHANGES }, (_, i) => creation(`n${i}`, utf8(String(i))));
}
