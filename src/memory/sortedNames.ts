/**
 * Names in order: in pages, so that one more moves a few hundred others at most, and never are all of them sorted.
 *
 * @module
 */
import { itemAt } from '../core/lists.js';

/** A page that grows beyond this becomes two: small enough to shift quickly, large enough for few pages. */
const MAX_PAGE = 512;

/** Names in the order of their bytes (they are ASCII, so that it is JavaScript's order). */
export interface SortedNames {
  /** Adds a name that is not there. */
  readonly add: (name: string) => void;
  /** Removes a name that is there. */
  readonly remove: (name: string) => void;
  /** At most `limit` names that begin with `prefix` and come after `after`. */
  readonly list: (prefix: string, after: string, limit: number) => readonly string[];
}

/** No names yet. */
export function createSortedNames(): SortedNames {
  /** No page is empty but the first while there are no names. */
  const pages: string[][] = [[]];
  /** Names that nobody has asked for yet: many are gone before anybody does. */
  const added = new Set<string>();

  const place = (name: string): { readonly page: string[]; readonly at: number; readonly index: number } => {
    const index = Math.max(0, count(pages, ([first = name]) => first <= name) - 1);
    const page = itemAt(pages, index);
    return { page, at: count(page, (other) => other < name), index };
  };
  const insert = (name: string): void => {
    const { page, at, index } = place(name);
    page.splice(at, 0, name);
    if (page.length > MAX_PAGE) pages.splice(index + 1, 0, page.splice(MAX_PAGE / 2));
  };

  return {
    add: (name) => {
      added.add(name);
    },
    remove: (name) => {
      if (added.delete(name)) return;
      const { page, at, index } = place(name);
      page.splice(at, 1);
      if (page.length === 0 && pages.length > 1) pages.splice(index, 1);
    },
    list: (prefix, after, limit) => {
      for (const name of added) insert(name);
      added.clear();
      const from = after < prefix ? prefix : after;
      const start = place(from);
      const found: string[] = [];
      for (let index = start.index, at = start.at; index < pages.length; index++, at = 0) {
        const page = itemAt(pages, index);
        for (const name of page.slice(at, at + limit - found.length + 1)) {
          if (name === after) continue;
          if (found.length >= limit || !name.startsWith(prefix)) return found;
          found.push(name);
        }
      }
      return found;
    },
  };
}

/** How many items at the beginning are so; those after them are not (binary search). */
function count<Item>(items: readonly Item[], isSo: (item: Item) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSo(itemAt(items, middle))) low = middle + 1;
    else high = middle;
  }
  return low;
}
