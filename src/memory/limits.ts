/**
 * The bounds of a server in memory, each with its reason: whatever a client can fill has one.
 *
 * @module
 */
import { MIN_COMMIT_CHANGES, MIN_COMMIT_LENGTH } from '../client/index.js';

/** Longest byte string of a link or a list: as much as its reader takes, so that nobody can fill the memory. */
export const MAX_SIGNED_LENGTH = 2_048;

/** Longest text: that of a companion's name. */
export const MAX_TEXT_LENGTH = 256;

/** Companions that are linked to one account at one time: with the primary, as many devices as an answer may name. */
export const MAX_LINKED = 63;

/** Accounts in one question for device lists: more than a group has members, and a bound on the answer. */
export const MAX_FETCHED_ACCOUNTS = 4_096;

/** Envelopes in one send, and devices in one question for bundles: each has a session that is written with it. */
export const MAX_ENVELOPES: number = MIN_COMMIT_CHANGES / 2;

/** Bytes of one send: what the sender could write down in one commit. */
export const MAX_SEND_LENGTH: number = MIN_COMMIT_LENGTH;

/** One-time prekeys that wait at the server for one device: ten times what a device publishes. */
export const MAX_PRE_KEYS = 1_000;

/** Envelopes that wait for one device: a month of mail for a busy one. A full mailbox refuses the send. */
export const MAX_WAITING = 20_000;

/** Bytes that wait for one device: 256 of the longest messages. */
export const MAX_WAITING_LENGTH: number = 64 * 1024 * 1024;

/** Sends of one device whose answer is remembered: a month of a hundred a day. The oldest are forgotten. */
export const MAX_REMEMBERED_SENDS = 3_000;

/** Publications of one device that are known again: a few for each day of a year. */
export const MAX_REMEMBERED_PUBLICATIONS = 1_000;
