/**
 * The records of groups that are small and belong to this device alone.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { accountText, optional, repeated, required, string, uint53, type Table } from '../../wire/index.js';

/** Accounts about which a person has decided in one group: who is annoyed more often is not asked any more. */
export const MAX_REFUSED = 8;

/** How sure this device is of a group. */
export interface GroupStanding {
  /** Version of the state that counts: each change of the group is a change of this record. */
  readonly version: number;
  /** Whose word the group is; absent where we have made it, and where a device of ours says so as an admin. */
  readonly toldBy?: Address;
  /** Who says that they are an admin of ours and we do not know it: the person has to decide, and nothing is sent until then. */
  readonly disputedBy?: Address;
  /** Those whom the person did not believe. */
  readonly refused: readonly Address[];
}

/** The table of {@link GroupStanding}. */
export const standingTable: Table<GroupStanding> = {
  name: 'client.groupStanding',
  unknown: 'reject',
  rows: {
    version: required(1, uint53),
    toldBy: optional(2, accountText),
    disputedBy: optional(3, accountText),
    refused: repeated(4, accountText, MAX_REFUSED),
  },
};

/** How far something has got that is done record by record. */
export interface Progress {
  /** Name of the last record that is done; empty at the beginning. */
  readonly after: string;
}

/** The table of {@link Progress}. */
export const progressTable: Table<Progress> = {
  name: 'client.groupProgress',
  unknown: 'reject',
  rows: { after: required(1, string) },
};
