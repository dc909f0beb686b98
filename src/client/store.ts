/**
 * Where a device keeps what it must not lose: an interface that the application implements over its own database.
 *
 * A store holds named values. Everything that belongs together is written in one `commit`, which happens as a whole or
 * not at all, and only if nobody else has changed what it replaces. `polyratchet/testing` proves an implementation.
 *
 * @module
 */

/** Longest value that a store has to take. */
export const MAX_STORE_VALUE_LENGTH: number = 1024 * 1024;

/** Changes of one commit that a store has to take: the sessions and envelopes of a message to 5,125 devices. */
export const MIN_COMMIT_CHANGES = 10_250;

/** Bytes of values in one commit that a store has to take. */
export const MIN_COMMIT_LENGTH: number = 24 * 1024 * 1024;

/** Longest name: printable ASCII, in it at most two addresses and an id. */
export const MAX_STORE_NAME_LENGTH = 512;

/** A value, and which version of it. */
export interface StoredValue {
  /** The bytes as they were written. */
  readonly value: Uint8Array;
  /** Names this version: another one with every write of the name, and never one that the name had before. */
  readonly version: string;
}

/** One change of a commit. */
export interface StoreChange {
  /** The name; each at most once in a commit. */
  readonly name: string;
  /** The new value; `null` removes the name. */
  readonly value: Uint8Array | null;
  /** The version that the name must have now; `null` if there must be none. */
  readonly expected: string | null;
}

/** Named values with versions. What is given is copied before anything is waited for, and what is handed out is a copy. */
export interface Store {
  /** The values of some names; a name without a value is absent. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, StoredValue>>;
  /** At most `limit` names that begin with `prefix` and come after `after`, sorted by their bytes. */
  list(prefix: string, after: string, limit: number): Promise<readonly string[]>;
  /**
   * Makes all changes at once if each name has the version that is expected; otherwise none of them, and `conflict`.
   * What has been `committed` survives a crash.
   */
  commit(changes: readonly StoreChange[]): Promise<'committed' | 'conflict'>;
}
