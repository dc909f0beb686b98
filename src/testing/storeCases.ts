/**
 * What every store has to do.
 *
 * @module
 */
import type { Store } from '../client/index.js';
import { inputObject } from '../core/check.js';
import { casesOf, type ConformanceCase } from './conformance.js';
import { commitTrials } from './storeCommits.js';
import { nameTrials } from './storeNames.js';
import { restartTrials } from './storeRestarts.js';
import { valueTrials } from './storeValues.js';

/** Where stores come from. */
export interface StoreCasesOptions {
  /** Makes a store that is empty, and shares nothing with those that were made before. */
  readonly create: () => Store | Promise<Store>;
  /**
   * The same store after a restart: what a new process finds. Absent where nothing is kept; then what has to survive is not
   * tried.
   */
  readonly reopen?: (store: Store) => Store | Promise<Store>;
}

/**
 * Cases that a store must pass, for any test runner.
 *
 * Some commit as much as a store has to take at once (24 MiB, 10,250 changes): give them half a minute each.
 *
 * @example
 * ```ts
 * import { createMemoryStore } from 'polyratchet/memory';
 * import { storeCases } from 'polyratchet/testing';
 *
 * for (const { name, run } of storeCases({ create: createMemoryStore })) {
 *   await run(); // in a test runner: test(name, run)
 *   console.log('passed:', name);
 * }
 * ```
 */
export function storeCases(options: StoreCasesOptions): readonly ConformanceCase[] {
  const { create, reopen } = inputObject('options', options);
  const fresh = async (): Promise<Store> => create();
  return [
    ...casesOf([...valueTrials, ...commitTrials, ...nameTrials], fresh),
    ...(reopen === undefined ? [] : casesOf(restartTrials(reopen), fresh)),
  ];
}
