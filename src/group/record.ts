/**
 * What is known of a group as a stored record.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { malformed } from '../core/refusals.js';
import {
  accountText,
  decodeRecord,
  encodeRecord,
  nested,
  repeated,
  required,
  type Table,
} from '../wire/index.js';
import type { GroupChange } from './change.js';
import { fieldsOf, groupFrom, groupTable, type GroupFields } from './group.js';
import { historyFrom } from './history.js';
import { inputGroupRecord, recordFrom, type GroupRecord } from './known.js';
import { MAX_EARLY_CHANGES, MAX_KEPT_CHANGES } from './limits.js';
import { changeTable, checkChange } from './update.js';

interface StepFields {
  readonly change: GroupChange;
  readonly author: Address;
}

interface StoredGroup {
  readonly base: GroupFields;
  readonly steps: readonly StepFields[];
}

/** The state that counts is not stored: it follows from the base and the steps. */
const recordTable: Table<StoredGroup> = {
  name: 'groupRecord',
  unknown: 'reject',
  rows: {
    base: required(1, nested(groupTable)),
    steps: repeated(
      2,
      nested<StepFields>({
        name: 'groupRecord.step',
        unknown: 'reject',
        rows: { change: required(1, nested(changeTable)), author: required(2, accountText) },
      }),
      MAX_KEPT_CHANGES + MAX_EARLY_CHANGES,
    ),
  },
};

/**
 * What is known of a group as bytes to store: less than 1 MiB.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { createGroup, decodeGroup, encodeGroup } from 'polyratchet/group';
 *
 * const { record } = createGroup({ id: 'friends@groups.example.org', creator: 'alice@example.org', members: [] });
 * const stored = encodeGroup(record); // versioned bytes
 * const again = decodeGroup(stored);
 * ```
 */
export function encodeGroup(record: GroupRecord): Uint8Array {
  const { base, steps } = inputGroupRecord(record);
  return encodeRecord(recordTable, { base: fieldsOf(base), steps });
}

/**
 * Reads what is known of a group strictly. Who made its changes was checked before they were stored; that nobody changed
 * the bytes is the store's business.
 *
 * @throws PolyratchetError `malformed`, `newer-format`; `invalid-argument`: no bytes.
 */
export function decodeGroup(bytes: Uint8Array): GroupRecord {
  const stored = decodeRecord(recordTable, bytes);
  const base = groupFrom(stored.base);
  for (const { change } of stored.steps) {
    if (checkChange(change).id !== base.id)
      throw malformed(recordTable.name, 'steps', 'changes of the group', 'another');
  }
  const record = recordFrom(historyFrom(base, stored.steps));
  if (record.base === base && record.steps.length === stored.steps.length) return record;
  throw malformed(recordTable.name, 'steps', 'changes that follow on the base', 'others');
}
