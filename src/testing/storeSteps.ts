/**
 * What the trials of stores do over and over.
 *
 * @module
 */
import type { Store, StoreChange } from '../client/index.js';
import { utf8 } from '../core/bytes.js';
import { ConformanceError, expectSame, type Comparable, type Trial } from './conformance.js';

/** Something that a store is tried with. */
export type StoreTrial = Trial<Store>;

/** A change that creates a name. */
export function creation(name: string, value: Uint8Array = utf8(`value of ${name}`)): StoreChange {
  return { name, value, expected: null };
}

/** Commits what must not be in conflict with anything. */
export async function commit(store: Store, ...changes: readonly StoreChange[]): Promise<void> {
  expectSame('the answer of commit', await store.commit(changes), 'committed');
}

/** The value of a name as it is now; absent if it has none. */
export async function valueOf(store: Store, name: string): Promise<Uint8Array | undefined> {
  return (await store.read([name])).get(name)?.value;
}

/** The version of a name, which must have a value. */
export async function versionOf(store: Store, name: string): Promise<string> {
  const version: unknown = (await store.read([name])).get(name)?.version;
  if (typeof version === 'string') return version;
  throw new ConformanceError(`the version of "${name}": expected text, got ${typeof version}`);
}

/** Overwrites a name, or removes it. */
export async function replace(store: Store, name: string, value: Uint8Array | null): Promise<void> {
  await commit(store, { name, value, expected: await versionOf(store, name) });
}

/** Fails unless names have these values, or none. */
export async function expectValues(
  store: Store,
  expected: readonly (readonly [name: string, value: Uint8Array | undefined])[],
): Promise<void> {
  const found = await store.read(expected.map(([name]) => name));
  const present = expected.filter(([, value]) => value !== undefined);
  expectSame('how many values are read', found.size, present.length);
  for (const [name, value] of expected) expectSame(`the value of "${name}"`, found.get(name)?.value, value);
}

/** Names in the order in which a store lists them, asked for in portions. */
export async function listAll(store: Store, prefix: string, limit = 1_000): Promise<readonly string[]> {
  const names: string[] = [];
  for (let after = ''; ;) {
    const portion = await store.list(prefix, after, limit);
    names.push(...portion);
    const last = portion.at(-1);
    if (last === undefined || portion.length < limit || last <= after) return names;
    after = last;
  }
}

/** Fails unless a store has these names and no others, in this order. */
export async function expectNames(store: Store, expected: Comparable): Promise<void> {
  expectSame('the names', await listAll(store, ''), expected);
}
