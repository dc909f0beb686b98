/**
 * The bounds of device lists, each with its reason.
 *
 * @module
 */

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Companions that one account may have: the product's published limit. */
export const MAX_COMPANIONS = 4;

/** Devices that one account may have in the eyes of others: more than any server hands out, and a bound on signature checks. */
export const MAX_DEVICES = 64;

/** A list counts for this long after it was signed: so long can a server withhold the next one. */
export const LIST_LIFETIME_MS: number = 35 * DAY_MS;

/** The account's own devices are warned this long before their list expires: time to switch the phone on. */
export const LIST_WARNING_MS: number = 7 * DAY_MS;

/** The primary signs its list again this often, so that a phone may be off for 28 days before anybody is warned. */
export const LIST_RENEWAL_MS: number = DAY_MS;

/** A list, or a hint at one, from further ahead than this is refused: clocks differ, but not by more. */
export const MAX_LIST_AHEAD_MS: number = DAY_MS;

/** Once a device of the account has named a newer list, the known one counts for this long: time to fetch it, none to hide it. */
export const NEWER_LIST_GRACE_MS: number = 48 * HOUR_MS;

/** The record of an account never seen is a day from its end of life: it lasts until the list has been fetched. */
export const ASSUMED_LIST_AGE_MS: number = 34 * DAY_MS;

/** The metadata in messages names the time of a list without companions for this long (multi-device.md §6: 720 h). */
export const STATED_LIST_AGE_MS: number = 30 * DAY_MS;

/** An approved companion that has not come after this time leaves the list: its offer has long expired. */
export const APPROVAL_LIFETIME_MS: number = HOUR_MS;
