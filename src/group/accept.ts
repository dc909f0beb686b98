/**
 * Taking the sender key of another device for a group.
 *
 * @module
 */
import { accountOf, inputAccount, type Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { SenderKeyDistribution } from '../content/index.js';
import {
  acceptSenderKeyDistribution,
  type AcceptSenderKeyResult,
  type ReceivedSenderKey,
  type SenderKeyProfile,
} from '../senderkey/index.js';
import { inputGroupRecord, isMember, type GroupRecord } from './known.js';

/** A sender key, and who sent it. */
export interface AcceptGroupKeyOptions {
  /** What is known of the group that the message names. */
  readonly record: GroupRecord;
  /** The part of the message. */
  readonly distribution: SenderKeyDistribution;
  /** Address of the device that sent it, as its session has authenticated it: the key is this device's. */
  readonly sender: Address;
  /** `whatsapp` by default. */
  readonly profile?: SenderKeyProfile;
  /** What the device has given us for this group; absent where that is nothing yet. */
  readonly received?: ReceivedSenderKey;
}

/** What became of a sender key. */
export type AcceptedGroupKey =
  | AcceptSenderKeyResult
  | {
      /** Nothing changes. */
      readonly kind: 'refused';
      /** The device's account is not a member, as far as we know. */
      readonly why: 'not-a-member';
    };

/**
 * Takes a sender key for the group that it is for, from the device that it came from, if its account is a member. Messages
 * that wait for it are released then: see `releaseGroupMessages`.
 *
 * @throws PolyratchetError `wrong-chat`: it is for another group; as `acceptSenderKeyDistribution`.
 * @example
 * ```ts no-run
 * import type { ReceivedContent } from 'polyratchet/content';
 * import { acceptGroupKey, type GroupRecord } from 'polyratchet/group';
 *
 * declare const record: GroupRecord;
 * declare const content: ReceivedContent;
 * declare const sender: string; // the envelope's, once openEnvelope has opened it
 *
 * const { senderKeyDistribution: distribution } = content;
 * if (distribution !== undefined) console.log(acceptGroupKey({ record, distribution, sender }).kind); // added
 * ```
 */
export function acceptGroupKey(options: AcceptGroupKeyOptions): AcceptedGroupKey {
  const { distribution, sender, profile, received } = inputObject('options', options);
  const record = inputGroupRecord(options.record);
  const { groupId, message } = inputObject('distribution', distribution);
  const { id: group } = record.group;
  if (inputAccount('distribution.groupId', groupId) !== group)
    throw new PolyratchetError('wrong-chat', { expected: [group], got: groupId });
  if (!isMember(record, accountOf(sender))) return { kind: 'refused', why: 'not-a-member' };
  return acceptSenderKeyDistribution({
    distribution: message,
    group,
    sender,
    ...(profile === undefined ? {} : { profile }),
    ...(received === undefined ? {} : { received }),
  });
}
