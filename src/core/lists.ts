/**
 * Lists that go together: what is at the same place belongs together.
 *
 * @module
 */

/** The item at an index that is known to be within the list. */
export function itemAt<Item>(items: readonly Item[], index: number): Item {
  return items[index] as Item;
}
