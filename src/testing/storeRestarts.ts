/**
 * What was committed survives a restart.
 *
 * @module
 */
import type { Store } from '../client/index.js';
import { utf8 } from '../core/bytes.js';
import { expectSame } from './conformance.js';
import {
  commit,
  creation,
  expectNames,
  expectValues,
  replace,
  versionOf,
  type StoreTrial,
} from './storeSteps.js';

/** Trials of a store that is closed and opened again. */
export function restartTrials(reopen: (store: Store) => Store | Promise<Store>): readonly StoreTrial[] {
  return [
    {
      name: 'has after a restart what was committed before, and nothing else',
      run: async (store) => {
        await commit(store, creation('a'), creation('b', new Uint8Array(0)), creation('gone'));
        await replace(store, 'gone', null);
        await replace(store, 'a', utf8('second'));
        expectSame('a conflict', await store.commit([creation('c'), creation('a')]), 'conflict');
        const again = await reopen(store);
        await expectNames(again, ['a', 'b']);
        await expectValues(again, [
          ['a', utf8('second')],
          ['b', new Uint8Array(0)],
          ['c', undefined],
          ['gone', undefined],
        ]);
      },
    },
    {
      name: 'has after a restart the versions of before, and gives none of them again',
      run: async (store) => {
        const versions = new Set<string>();
        await commit(store, creation('a'), creation('b'));
        let current = store;
        for (let restart = 1; restart <= 5; restart++) {
          const before = await versionOf(current, 'a');
          versions.add(before);
          current = await reopen(current);
          expectSame('the version after a restart', await versionOf(current, 'a'), before);
          await replace(current, 'a', null);
          current = await reopen(current);
          await commit(current, creation('a'));
          versions.add(await versionOf(current, 'a'));
          expectSame(`versions after ${restart} rounds`, versions.size, restart + 1);
          await replace(current, 'b', utf8('changed'));
        }
      },
    },
  ];
}
