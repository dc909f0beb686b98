/**
 * The devices of a group: those of a planned send, as far as their accounts are members.
 *
 * @module
 */
import { accountOf, inputAccount, type Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { PublicKey } from '../crypto/index.js';
import type { WhyExcluded } from '../devices/index.js';
import type { Group } from './group.js';
import { inputList } from './lists.js';

/** What is planned for one device. */
export type SendDevice =
  | {
      /** It may read. */
      readonly kind: 'ready' | 'needs-bundle';
      /** Its address. */
      readonly device: Address;
      /** The identity key that its account vouches for, 32 bytes. */
      readonly identity: PublicKey;
    }
  | {
      /** It may not. */
      readonly kind: 'refused';
      /** Its address. */
      readonly device: Address;
      /** Why. */
      readonly why: WhyExcluded;
    };

/** The plan of a send in a group: a `FanoutPlan` of `planFanout` is one. */
export interface GroupSendPlan {
  /** Address of this device. */
  readonly from: Address;
  /** Address of the group. */
  readonly chat: Address;
  /** The devices of the other members. */
  readonly recipients: readonly SendDevice[];
  /** Our own devices but this one. */
  readonly ownDevices: readonly SendDevice[];
  /** The devices whose bundles are to be fetched. */
  readonly bundles: readonly Address[];
  /** What it was made from. */
  readonly basis: {
    /** The other addresses of our own account. */
    readonly aliases: readonly Address[];
  };
}

/**
 * The devices of members in a plan, by address. Whom the plan was made for does not matter: the group says who is a member.
 *
 * @throws PolyratchetError `wrong-chat`: the plan is for another chat; `membership-conflict`: we are not a member;
 *   `invalid-argument`.
 */
export function devicesIn(group: Group, plan: GroupSendPlan): ReadonlyMap<Address, SendDevice> {
  const { from, chat, recipients, ownDevices, bundles, basis } = inputObject('plan', plan);
  inputList('plan.recipients', recipients);
  inputList('plan.ownDevices', ownDevices);
  inputList('plan.bundles', bundles);
  const { aliases } = inputObject('plan.basis', basis);
  const { id, version } = group;
  if (inputAccount('plan.chat', chat) !== id)
    throw new PolyratchetError('wrong-chat', { expected: [id], got: chat });
  const members = new Set(group.members);
  if (![accountOf(from), ...inputList('plan.basis.aliases', aliases)].some((account) => members.has(account)))
    throw new PolyratchetError('membership-conflict', { group: id, version, why: 'not-a-member' });
  const others = recipients.filter(({ device }) => members.has(accountOf(device)));
  return new Map([...ownDevices, ...others].map((device) => [device.device, device]));
}
