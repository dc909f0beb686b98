/**
 * Who must be given our sender key before the next message.
 *
 *     group, plan of the send, key and its holders ─▸ rotate: make a new key, and plan again
 *                                                  ├▸ distribute: to those who lack it, in the same send
 *                                                  └▸ current: everybody has it
 *
 * All of this changes rarely, and its parts are immutable values. So the plan is kept and handed in again: as long as they
 * are the very same, planning is a comparison of references.
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { equalBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { devicesIn, type GroupSendPlan, type SendDevice } from './devices.js';
import type { Group } from './group.js';
import type { GroupKeyHolders, KeyTarget } from './holders.js';
import { inputGroupRecord } from './known.js';
import { MAX_KEY_HOLDERS } from './limits.js';
import { inputKey, rotationDue, worn, type RotationDueOptions, type RotationReason } from './rotation.js';

/** What the plan is made from. */
export interface PlanDistributionOptions<Plan extends GroupSendPlan> extends RotationDueOptions {
  /** Who gets a message in the group, as `planFanout` says now. */
  readonly plan: Plan;
  /** The plan of the last message: it comes back as it is where nothing has changed. */
  readonly previous?: DistributionPlan<Plan>;
}

/** What is due before the next message. */
export type DistributionPlan<Plan extends GroupSendPlan = GroupSendPlan> = {
  /** Members of whom no device is known: fetch their lists. Until then they read nothing. */
  readonly unknown: readonly Address[];
  /** Devices for which there is no room among the holders of one key: they read nothing. */
  readonly left: readonly Address[];
  /** What it was made from. */
  readonly basis: DistributionBasis;
} & (
  | {
      /** Make a new key with holders of its own, and plan again; the old key encrypts no more. */
      readonly kind: 'rotate';
      /** Why. */
      readonly reasons: readonly RotationReason[];
    }
  | {
      /** Give the key to some devices, in the same send as the message. */
      readonly kind: 'distribute';
      /** The devices: our own first. */
      readonly to: readonly KeyTarget[];
      /** The plan of the send, for these devices alone: what `composeMessage` and `sealEnvelopes` take. */
      readonly plan: Plan;
    }
  | {
      /** Everybody who may read has the key. */
      readonly kind: 'current';
    }
);

/** What a plan was made from. */
export interface DistributionBasis {
  /** The state of the group. */
  readonly group: Group;
  /** The devices of the other members. */
  readonly recipients: readonly SendDevice[];
  /** Our own devices but this one. */
  readonly ownDevices: readonly SendDevice[];
  /** Who had the key. */
  readonly holders: GroupKeyHolders | undefined;
}

/**
 * Plans what is due before the next message, so that everybody who may read has the key of that message and nobody else.
 *
 * Who comes new is given the key where its chain stands: what was sent before stays closed. Keep the plan and pass it as
 * `previous` with the next message.
 *
 * @throws PolyratchetError `wrong-chat`: plan or key are of another group; `membership-conflict`: we are not a member;
 *   `invalid-argument`.
 * @example
 * ```ts no-run
 * import { systemRandom as random } from 'polyratchet';
 * import type { FanoutPlan } from 'polyratchet/fanout';
 * import { createKeyHolders, planDistribution, type GroupKey, type GroupRecord } from 'polyratchet/group';
 * import { createSenderKey } from 'polyratchet/senderkey';
 *
 * declare const record: GroupRecord;
 * declare const plan: FanoutPlan; // of planFanout, with the group's address
 * declare let key: GroupKey;
 *
 * const now = Date.now();
 * let distribution = planDistribution({ record, plan, key, now });
 * if (distribution.kind === 'rotate') {
 *   const senderKey = createSenderKey({ random });
 *   key = { senderKey, holders: createKeyHolders({ group: record.group.id, senderKey, now }) };
 *   distribution = planDistribution({ record, plan, key, now });
 * }
 * if (distribution.kind === 'distribute') console.log('give it to', distribution.to);
 * ```
 */
export function planDistribution<Plan extends GroupSendPlan>(
  options: PlanDistributionOptions<Plan>,
): DistributionPlan<Plan> {
  const { plan, key, previous } = inputObject('options', options);
  const record = inputGroupRecord(options.record);
  inputObject('plan', plan);
  if (previous !== undefined && holds(previous, options)) return previous;
  const reasons = rotationDue(options);
  const { group } = record;
  const devices = devicesIn(group, plan);
  const { recipients, ownDevices } = plan;
  const known = new Set([...devices.keys()].map(accountOf));
  const own = [accountOf(plan.from), ...plan.basis.aliases];
  const common = {
    unknown: group.members.filter((member) => !known.has(member) && !own.includes(member)),
    basis: { group, recipients, ownDevices, holders: key?.holders },
  };
  if (key === undefined || reasons.length > 0) return { kind: 'rotate', reasons, left: [], ...common };
  const { to, left } = lacking(devices, key.holders);
  if (to.length === 0) return { kind: 'current', left, ...common };
  return { kind: 'distribute', to, plan: narrowed(plan, to), left, ...common };
}

/** Whether a plan was made from the very same values, by which no new key was due, and none is due by now. */
function holds<Plan extends GroupSendPlan>(
  previous: DistributionPlan<Plan>,
  { record, plan, key, ...options }: PlanDistributionOptions<Plan>,
): boolean {
  const { kind } = inputObject('previous', previous);
  const basis = inputObject('previous.basis', previous.basis);
  return (
    kind !== 'rotate' &&
    key !== undefined &&
    basis.group === record.group &&
    basis.recipients === plan.recipients &&
    basis.ownDevices === plan.ownDevices &&
    basis.holders === inputKey(key, plan.chat).holders &&
    worn(key, options).length === 0
  );
}

/** The devices that may read and lack the key, as far as there is room. */
function lacking(
  devices: ReadonlyMap<Address, SendDevice>,
  holders: GroupKeyHolders,
): { readonly to: readonly KeyTarget[]; readonly left: readonly Address[] } {
  const held = new Map(holders.devices.map((holder) => [holder.device, holder]));
  const to: KeyTarget[] = [];
  const left: Address[] = [];
  let room = MAX_KEY_HOLDERS - held.size;
  for (const device of devices.values()) {
    if (device.kind === 'refused') continue;
    const { device: address, identity: identityKey } = device;
    const holder = held.get(address);
    if (holder !== undefined && !holder.isLacking && equalBytes(holder.identityKey, identityKey)) continue;
    if (holder === undefined && room-- <= 0) left.push(address);
    else to.push({ device: address, identityKey });
  }
  return { to, left };
}

/** A plan for some of its devices. */
function narrowed<Plan extends GroupSendPlan>(plan: Plan, to: readonly KeyTarget[]): Plan {
  const wanted = new Set(to.map(({ device }) => device));
  const some = <Item extends SendDevice>(devices: readonly Item[]): readonly Item[] =>
    devices.filter(({ device }) => wanted.has(device));
  return {
    ...plan,
    recipients: some(plan.recipients),
    ownDevices: some(plan.ownDevices),
    bundles: plan.bundles.filter((device) => wanted.has(device)),
  };
}
