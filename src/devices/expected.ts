/**
 * Hints that a newer device list exists, and what becomes of a list that they outlive.
 *
 * @module
 */
import { inputObject, inputTime } from '../core/check.js';
import type { DeviceFetch } from './accepted.js';
import { MAX_LIST_AHEAD_MS } from './limits.js';
import { inputRecord, timestampOf, type DeviceListRecord } from './listState.js';

/** A hint at a list. */
export interface NewerListHint {
  /** What is known of the account. */
  readonly record: DeviceListRecord;
  /** The time of the list that is said to exist, milliseconds since 1970. */
  readonly timestamp: number;
  /** Who says so: in an authenticated message the account itself, or a contact of it; or the server. */
  readonly source: 'account' | 'contact' | 'server';
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What a hint at a list means. */
export interface NewerList {
  /** `known`: nothing newer; `newer`: it is to be fetched; `from-future`: no clock may be that far ahead. */
  readonly kind: 'known' | 'newer' | 'from-future';
  /** What to store. */
  readonly record: DeviceListRecord;
  /** What to ask the server for. */
  readonly fetch: readonly DeviceFetch[];
}

/**
 * Takes a hint that an account has signed a newer list.
 *
 * If a device of the account says so, the known list counts for 48 hours more. What the server says makes nothing worse than a
 * fetch, and neither does what a contact says of our own list: else one message of a stranger's would cut our companions off
 * from each other while the phone is off. Of several hints the first starts the time, so that nobody can prolong it.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function expectNewerList(options: NewerListHint): NewerList {
  const { record, timestamp, source, now } = inputObject('options', options);
  const { account, expected } = inputRecord(record);
  const time = inputTime('now', now);
  if (inputTime('timestamp', timestamp) <= timestampOf(record)) return { kind: 'known', record, fetch: [] };
  const fetch: readonly DeviceFetch[] = [{ kind: 'list', account }];
  if (timestamp > time + MAX_LIST_AHEAD_MS) return { kind: 'from-future', record, fetch };
  if (source !== 'account' || (expected !== undefined && expected.timestamp >= timestamp)) {
    return { kind: 'newer', record, fetch };
  }
  return {
    kind: 'newer',
    record: { ...record, expected: { timestamp, since: expected?.since ?? time } },
    fetch,
  };
}
