/**
 * What was done under which id, so that the same again is answered as it was the first time.
 *
 * @module
 */

/** The latest of what was done. */
export interface Remembered<Value> {
  /** Whether something was done under an id. */
  readonly has: (id: string) => boolean;
  /** What came of it. */
  readonly get: (id: string) => Value | undefined;
  /** Remembers it, and forgets the oldest beyond the limit. */
  readonly add: (id: string, value: Value) => void;
}

/** Nothing was done yet. */
export function createRemembered<Value>(limit: number): Remembered<Value> {
  const values = new Map<string, Value>();
  return {
    has: (id) => values.has(id),
    get: (id) => values.get(id),
    add: (id, value) => {
      values.set(id, value);
      if (values.size <= limit) return;
      const [oldest = ''] = values.keys();
      values.delete(oldest);
    },
  };
}
