/**
 * What has to be done from time to time: lists and prekeys are renewed, and what is over is erased.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { deviceListExpiry } from '../devices/index.js';
import { RETRY_LIFETIME_MS } from '../fanout/index.js';
import { loadSelf, type Core } from './core.js';
import { heldAccounts, released } from './held.js';
import {
  ANSWERED,
  ASKED,
  LOGOUTS,
  logoutOf,
  retryAnswers,
  retryRequests,
  SEEN,
  SENT,
  usedId,
} from './keys.js';
import { resumeApprovals } from './linkPrimary.js';
import { refreshLists } from './lists.js';
import { dropKept } from './kept.js';
import { renewPreKeys } from './prekeys.js';
import { publishList, renewList, unlinkLoggedOut } from './primary.js';
import type { AnyKey, RecordKey } from './records.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Upkeep is done with every connection, and then at this interval. */
export const UPKEEP_INTERVAL_MS: number = 60 * 60 * 1000;

/** The first upkeep is done this long after connecting: what is due at once was done with that. */
export const FIRST_UPKEEP_MS: number = 60 * 1000;

/** An id that a caller made is remembered for this long: nobody asks later whether a message was sent. */
export const SENT_ID_LIFETIME_MS: number = 30 * DAY_MS;

/** An id that came is remembered for this long: longer than a signed prekey lives, with which it could come again. */
export const SEEN_ID_LIFETIME_MS: number = 45 * DAY_MS;

/** Ids that are remembered of what came: a bound for the store. */
export const MAX_SEEN_IDS = 100_000;

/** Renews what is due; needs the server. */
export async function renew(core: Core): Promise<void> {
  const { devices, account } = await core.transactor.run((tx) => loadSelf(tx));
  if (devices === undefined) await refreshLists(core, [account]);
  else {
    await takeLogouts(core);
    await renewList(core);
    await publishList(core);
    await resumeApprovals(core);
  }
  await renewPreKeys(core);
  for (const feature of core.features) await feature.renew();
  await warnOfExpiry(core);
}

/** On the primary: unlinks companions that have logged themselves out; a wish that cannot be met now is kept. */
export async function takeLogouts(core: Core): Promise<void> {
  for await (const names of core.records.names(LOGOUTS)) {
    for (const name of names) {
      const device = name.slice(LOGOUTS.length);
      if (!(await unlinkLoggedOut(core, device))) return;
      await core.transactor.run(async (tx) => {
        await tx.remove(logoutOf(device));
      });
    }
  }
}

/** On a companion: the list will expire within 7 days, unless the phone is switched on. */
async function warnOfExpiry(core: Core): Promise<void> {
  await core.transactor.run(async (tx) => {
    const { own, devices } = await loadSelf(tx);
    const expiry = deviceListExpiry({ record: own.record, now: tx.now });
    if (devices !== undefined || (expiry.kind !== 'expiring' && expiry.kind !== 'expired')) return;
    tx.emit({ kind: 'device-list-expiring', expiresAt: expiry.expiresAt });
  });
}

/** Erases what is over; needs no server. */
export async function eraseOld(core: Core): Promise<void> {
  await dropKept(core);
  for (const account of await heldAccounts(core)) {
    await core.transactor.run((tx) => released(core, tx, account));
  }
  await eraseOver(core, ASKED, retryRequests, ({ messages }) => messages.map(({ since }) => since));
  await eraseOver(core, ANSWERED, retryAnswers, ({ messages, renewals }) => [
    ...messages.map(({ sentAt }) => sentAt),
    ...renewals,
  ]);
  await eraseIds(core, SENT, SENT_ID_LIFETIME_MS, Infinity);
  await eraseIds(core, SEEN, SEEN_ID_LIFETIME_MS, MAX_SEEN_IDS);
}

/** Erases what is known of retries with devices, where a day has passed since everything that it is about. */
async function eraseOver<Value>(
  core: Core,
  prefix: string,
  keyOf: (device: Address) => RecordKey<Value>,
  timesOf: (value: Value) => readonly number[],
): Promise<void> {
  for await (const names of core.records.names(prefix)) {
    await core.transactor.run(async (tx) => {
      const keys = names.map((name) => keyOf(name.slice(prefix.length)));
      await tx.load(...keys);
      for (const key of keys) {
        const value = tx.get(key);
        if (value === undefined) continue;
        const isOver = timesOf(value).every((at) => Math.abs(tx.now - at) >= RETRY_LIFETIME_MS);
        if (isOver) await tx.remove(key);
      }
    });
  }
}

/** Erases ids that are too old, and the oldest beyond a number. */
export async function eraseIds(core: Core, prefix: string, lifetime: number, most: number): Promise<void> {
  const kept: { readonly key: AnyKey; readonly at: number }[] = [];
  for await (const names of core.records.names(prefix)) {
    await core.transactor.run(async (tx) => {
      const keys = names.map(usedId);
      await tx.load(...keys);
      for (const key of keys) {
        const at = tx.get(key)?.at;
        if (at === undefined) continue;
        // An id from the future was used while a clock was wrong: it is over when its time is, seen from either side.
        if (Math.abs(tx.now - at) >= lifetime) await tx.remove(key);
        else kept.push({ key, at });
      }
    });
  }
  if (kept.length <= most) return;
  kept.sort((a, b) => a.at - b.at);
  const oldest = kept.slice(0, kept.length - most).map(({ key }) => key);
  for (let i = 0; i < oldest.length; i += ERASED_AT_ONCE) {
    const keys = oldest.slice(i, i + ERASED_AT_ONCE);
    await core.transactor.run(async (tx) => {
      await tx.remove(...keys);
    });
  }
}

const ERASED_AT_ONCE = 1_000;
