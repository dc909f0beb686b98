/**
 * The bounds of groups, each with its reason.
 *
 * @module
 */
import { MAX_PLAINTEXT_LENGTH } from '../wire/index.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Members of one group: the product's published limit. */
export const MAX_MEMBERS = 1_024;

/**
 * The highest version of a state that is taken from others: nobody gets there by changes, and whoever makes it up leaves room
 * for as many changes again, so that its members can still go.
 */
export const MAX_GROUP_VERSION: number = 2 ** 31;

/** A fork is decided as far back as this many versions: more than people do at once, and an end to old quarrels. */
export const MAX_FORK_VERSIONS = 16;

/** Changes kept to decide forks, those that lost included: a few for each version. */
export const MAX_KEPT_CHANGES = 64;

/** Changes kept that came before the one they follow on: as many as can be missing between two states. */
export const MAX_EARLY_CHANGES = 16;

/** Accounts that the kept changes may name together: with the group itself they fit into a store's value of 1 MiB. */
export const MAX_NAMED_ACCOUNTS: number = 4 * MAX_MEMBERS;

/** Devices that one sender key may be given to: 1,024 members with five devices each, and room for one account more. */
export const MAX_KEY_HOLDERS = 5_125;

/** A sender key is used for this long: so long does whoever has stolen it read along. */
export const SENDER_KEY_LIFETIME_MS: number = 7 * DAY_MS;

/** Messages under one sender key: so many can whoever has stolen it read at most. */
export const MAX_SENDER_KEY_MESSAGES = 1_000;

/** Messages of one group that wait for their key: what a busy group writes until a key comes. */
export const MAX_WAITING_MESSAGES = 1_000;

/** Messages of one device among them: a quarter, so that no device alone keeps the others out. */
export const MAX_WAITING_OF_DEVICE: number = MAX_WAITING_MESSAGES / 4;

/** Bytes of one group that wait: 64 messages of the largest size. */
export const MAX_WAITING_LENGTH: number = 64 * MAX_PLAINTEXT_LENGTH;

/** A waiting message is dropped after this time: by then its key was asked for, and has come or will not. */
export const WAITING_LIFETIME_MS: number = 7 * DAY_MS;
