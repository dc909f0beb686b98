/**
 * A device asks for a message of ours to a group: whether it may have it, and what that means for our sender key.
 *
 * @module
 */
import { accountOf, inputDevice, type Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import { devicesIn, type GroupSendPlan } from './devices.js';
import { inputHolders, type GroupKeyHolders } from './holders.js';
import { inputGroupRecord, type GroupRecord } from './known.js';

/** A device that asks. */
export interface ReviewGroupRetryOptions {
  /** What is known of the group. */
  readonly record: GroupRecord;
  /** Who gets a message in the group, as `planFanout` says now. */
  readonly plan: GroupSendPlan;
  /** Who was given our key. */
  readonly holders: GroupKeyHolders;
  /** Address of the device that asks, as the server says. */
  readonly device: Address;
}

/** What to do about a request. */
export type GroupRetryReview =
  | {
      /** Go on with `answerRetry`. */
      readonly kind: 'allowed';
      /** To be stored: with the next message the device is given the key again. */
      readonly holders: GroupKeyHolders;
    }
  | {
      /** Send nothing. */
      readonly kind: 'refused';
      /**
       * - `not-a-member`: the device's account is none; our key is none of its business, so nothing changes;
       * - `not-accepted`: nothing vouches for the device: fetch its account's list. A new key is due.
       */
      readonly why: 'not-a-member' | 'not-accepted';
      /** To be stored. */
      readonly holders: GroupKeyHolders;
    };

/**
 * Decides whether a device may ask for messages of a group: one that its account vouches for, of a member.
 *
 * A request is the server's word. Forged ones cost one distribution a message, or one new key.
 *
 * @throws PolyratchetError `wrong-chat`: the plan is of another group; `membership-conflict`: we are not a member;
 *   `invalid-argument`.
 * @example
 * ```ts no-run
 * import { reviewGroupRetry, type ReviewGroupRetryOptions } from 'polyratchet/group';
 *
 * declare const known: Omit<ReviewGroupRetryOptions, 'device'>; // from the store
 *
 * const review = reviewGroupRetry({ ...known, device: 'bob:2@example.org' });
 * if (review.kind === 'allowed') console.log('answerRetry decides how often');
 * ```
 */
export function reviewGroupRetry(options: ReviewGroupRetryOptions): GroupRetryReview {
  const { plan } = inputObject('options', options);
  const device = inputDevice('device', options.device);
  const holders = inputHolders(options.holders);
  const { group } = inputGroupRecord(options.record);
  const found = devicesIn(group, plan).get(device);
  if (found !== undefined && found.kind !== 'refused') {
    const devices = holders.devices.map((each) =>
      each.device === device ? { ...each, isLacking: true } : each,
    );
    return { kind: 'allowed', holders: { ...holders, devices } };
  }
  const account = accountOf(device);
  const isMembers = group.members.includes(account) || account === accountOf(plan.from);
  if (!isMembers) return { kind: 'refused', why: 'not-a-member', holders };
  return { kind: 'refused', why: 'not-accepted', holders: { ...holders, unknownDevice: device } };
}
