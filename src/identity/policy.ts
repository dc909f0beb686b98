/**
 * When prekeys are refilled, rotated and erased: rules as pure functions.
 *
 * @module
 */
import { inputInteger, inputList, inputObject, inputTime, MAX_UINT32 } from '../core/check.js';
import { MAX_PREKEY_ID, type SignedPreKey } from './prekeys.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** One-time prekeys at the server after a refill: several days of new sessions. */
export const ONE_TIME_PREKEYS_FULL = 100;

/** Fewer than this at the server call for a refill. */
export const ONE_TIME_PREKEYS_LOW = 20;

/**
 * One-time prekeys whose private keys are kept: ten refills. Most that are handed out are used within days, and a server that
 * says that none are left must not make a device keep more and more.
 */
export const MAX_KEPT_PREKEYS = 1_000;

/** A signed prekey is replaced at this age, so that a stolen one opens few sessions. */
export const SIGNED_PREKEY_LIFETIME_MS: number = 7 * DAY_MS;

/** A replaced signed prekey is kept this long: messages in flight still decrypt. */
export const SIGNED_PREKEY_GRACE_MS: number = 30 * DAY_MS;

/** What to do about the one-time prekeys at the server. */
export type PreKeyRefill =
  | {
      /** There are enough. */
      readonly kind: 'enough';
    }
  | {
      /** Make and publish more. */
      readonly kind: 'refill';
      /** How many. */
      readonly count: number;
      /** Whether there were none left, so that new sessions lacked one: worth a report. */
      readonly depleted: boolean;
    };

/**
 * How many one-time prekeys to publish when `available` are left at the server.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { planPreKeyRefill } from 'polyratchet/identity';
 *
 * planPreKeyRefill(42); // { kind: 'enough' }
 * planPreKeyRefill(7); // { kind: 'refill', count: 93, depleted: false }
 * ```
 */
export function planPreKeyRefill(available: number): PreKeyRefill {
  const left = inputInteger('available', available, 0, MAX_UINT32);
  if (left >= ONE_TIME_PREKEYS_LOW) return { kind: 'enough' };
  return { kind: 'refill', count: ONE_TIME_PREKEYS_FULL - left, depleted: left === 0 };
}

/** One-time prekeys whose private keys are kept. */
export interface PreKeyErasure {
  /** Their ids, in any order. */
  readonly ids: readonly number[];
  /** The id that was given last. */
  readonly lastId: number;
}

/**
 * The one-time prekeys to erase: all but the newest {@link MAX_KEPT_PREKEYS}. Ids begin anew after 2²⁴ − 1, so those above the
 * last one are older than those below.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { planPreKeyErasure } from 'polyratchet/identity';
 *
 * planPreKeyErasure({ ids: [1, 2, 3], lastId: 3 }); // []: there are not too many
 * ```
 */
export function planPreKeyErasure(options: PreKeyErasure): readonly number[] {
  const { ids } = inputObject('options', options);
  const lastId = inputInteger('lastId', options.lastId, 0, MAX_PREKEY_ID);
  const ageOf = (id: number): number => (lastId - id + MAX_PREKEY_ID) % MAX_PREKEY_ID;
  const newestFirst = inputList('ids', ids)
    .map((id) => inputInteger('ids', id, 1, MAX_PREKEY_ID))
    .sort((a, b) => ageOf(a) - ageOf(b));
  return newestFirst.slice(MAX_KEPT_PREKEYS);
}

/** A signed prekey and the time. */
export interface SignedPreKeyRotation {
  /** The one that is published now. */
  readonly signedPreKey: Pick<SignedPreKey, 'createdAt'>;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/**
 * Whether the published signed prekey is seven days old; also if it is from the future, which a clock that was wrong
 * leaves behind and which would otherwise stay for years.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { signedPreKeyRotationDue } from 'polyratchet/identity';
 *
 * const day = 24 * 60 * 60 * 1000;
 * signedPreKeyRotationDue({ signedPreKey: { createdAt: 0 }, now: 6 * day }); // false
 * signedPreKeyRotationDue({ signedPreKey: { createdAt: 0 }, now: 7 * day }); // true
 * ```
 */
export function signedPreKeyRotationDue(options: SignedPreKeyRotation): boolean {
  const { signedPreKey, now } = inputObject('options', options);
  const age =
    inputTime('now', now) - inputTime('createdAt', inputObject('signedPreKey', signedPreKey).createdAt);
  return age >= SIGNED_PREKEY_LIFETIME_MS || age < -DAY_MS;
}

/** A signed prekey that was replaced, when, and the time. */
export interface SignedPreKeyErasure {
  /** When its successor was made, milliseconds since 1970. */
  readonly replacedAt: number;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/**
 * Whether a replaced signed prekey has outlived its grace of 30 days, so that its private key must be erased.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { signedPreKeyErasureDue } from 'polyratchet/identity';
 *
 * const day = 24 * 60 * 60 * 1000;
 * signedPreKeyErasureDue({ replacedAt: 0, now: 29 * day }); // false
 * signedPreKeyErasureDue({ replacedAt: 0, now: 30 * day }); // true
 * ```
 */
export function signedPreKeyErasureDue(options: SignedPreKeyErasure): boolean {
  const { replacedAt, now } = inputObject('options', options);
  return inputTime('now', now) - inputTime('replacedAt', replacedAt) >= SIGNED_PREKEY_GRACE_MS;
}
