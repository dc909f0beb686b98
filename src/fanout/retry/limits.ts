/**
 * The bounds of retries and of held messages, each with its reason.
 *
 * @module
 */
import { MAX_PLAINTEXT_LENGTH } from '../../wire/index.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Requests, and so answers, per message and device: whoever cannot read the fifth copy will not read the sixth. */
export const MAX_RETRY_COUNT = 5;

/** A plaintext can be asked for this long after it was sent: devices that are on ask at once, and what is kept can be stolen. */
export const RETRY_LIFETIME_MS: number = DAY_MS;

/** Messages of one device that are asked for at a time: four times what a sender keeps, so that a flood ends and a backlog does not. */
export const MAX_REQUESTED_MESSAGES = 1_000;

/** Plaintexts kept for retries, the newest: what a device that was broken for a while may have missed. */
export const MAX_CACHED_MESSAGES = 256;

/** Sessions that one device's requests may start in a day: a peer keeps 40 old states, and a storm must not push them out. */
export const MAX_RETRY_RENEWALS = 5;

/** Devices that one message may be sent to: 1,024 members with five devices each, and room for one account more. */
export const MAX_SENT_DEVICES = 5_125;

/** Bytes of one sent message as a record: what a store takes as one value. */
export const MAX_SENT_RECORD_LENGTH: number = 1024 * 1024;

/** Messages held for one device that nothing vouches for yet: a conversation's worth, until its account's list is fetched. */
export const MAX_HELD_MESSAGES = 100;

/** A held message is dropped after this time: by then its account's list has come, or will not. */
export const HELD_LIFETIME_MS: number = 7 * DAY_MS;

/** Bytes held for one account: the server makes up as many devices as it likes, and they all share this. */
export const MAX_HELD_LENGTH: number = 64 * MAX_PLAINTEXT_LENGTH;

/** Whether a time has passed; also if it lies further ahead than it may last, as a clock that was wrong leaves it behind. */
export function isOver(since: number, lifetime: number, now: number): boolean {
  return Math.abs(now - since) >= lifetime;
}
