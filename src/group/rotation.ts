/**
 * When a sender key must not be used any more.
 *
 * A key that was given away cannot be taken back: whoever has it reads on until there is a new one. So it is compared with
 * who may read before each message, and nothing depends on having noticed a removal at the time.
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { equalBytes } from '../core/bytes.js';
import { inputInteger, inputObject, inputTime } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import type { SenderKey } from '../senderkey/index.js';
import { inputHolders, type GroupKeyHolders, type KeyHolder } from './holders.js';
import { inputGroupRecord, type GroupRecord } from './known.js';
import { MAX_SENDER_KEY_MESSAGES, SENDER_KEY_LIFETIME_MS } from './limits.js';
import { devicesIn, type GroupSendPlan, type SendDevice } from './devices.js';

/** Why a new sender key is due. */
export type RotationReason =
  | {
      /**
       * Somebody who has the key may not read any more:
       *
       * - `member-left`: its account has left the group, or was removed;
       * - `device-removed`: it was removed from its account, or nothing vouches for it any more;
       * - `own-device-removed`: it was one of ours;
       * - `identity-changed`: another device has its address now;
       * - `list-expired`: its account's list is too old to vouch for it;
       * - `unknown-device`: it is not known, and has asked for one of our messages.
       */
      readonly kind:
        | 'member-left'
        | 'device-removed'
        | 'own-device-removed'
        | 'identity-changed'
        | 'list-expired'
        | 'unknown-device';
      /** Address of the device. */
      readonly device: Address;
    }
  | {
      /**
       * - `no-key`: there is none yet;
       * - `too-old`: it was made a week ago;
       * - `too-many-messages`: 1,000 messages were sent with it.
       */
      readonly kind: 'no-key' | 'too-old' | 'too-many-messages';
    };

/** A sender key of ours, and who was given it. */
export interface GroupKey {
  /** The key, as it is now. */
  readonly senderKey: SenderKey;
  /** Who was given it. */
  readonly holders: GroupKeyHolders;
}

/** How long a sender key is used, where other limits than the usual ones are wanted. */
export interface RotationLimits {
  /** Milliseconds; {@link SENDER_KEY_LIFETIME_MS} by default. */
  readonly lifetime?: number;
  /** Messages; {@link MAX_SENDER_KEY_MESSAGES} by default. */
  readonly messages?: number;
}

/** A key, and who may read. */
export interface RotationDueOptions {
  /** What is known of the group. */
  readonly record: GroupRecord;
  /** Who gets a message in the group, as `planFanout` says now. */
  readonly plan: GroupSendPlan;
  /** Our key, if there is one. */
  readonly key?: GroupKey;
  /** Other limits than the usual ones. */
  readonly limits?: RotationLimits;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/**
 * Why a new sender key is due before the next message; empty if none is.
 *
 * @throws PolyratchetError `wrong-chat`: plan or key are of another group; `invalid-argument`.
 * @example
 * ```ts no-run
 * import { rotationDue, type GroupKey, type GroupRecord, type GroupSendPlan } from 'polyratchet/group';
 *
 * declare const record: GroupRecord;
 * declare const plan: GroupSendPlan; // of planFanout
 * declare const key: GroupKey;
 * for (const reason of rotationDue({ record, plan, key, now: Date.now() })) console.log(reason);
 * ```
 */
export function rotationDue(options: RotationDueOptions): readonly RotationReason[] {
  const { key } = inputObject('options', options);
  const { group } = inputGroupRecord(options.record);
  const devices = devicesIn(group, options.plan);
  if (key === undefined) return [{ kind: 'no-key' }];
  const { holders } = inputKey(key, group.id);
  const ownAccount = accountOf(options.plan.from);
  const members = new Set(group.members);
  const reasons = holders.devices.flatMap((holder): readonly RotationReason[] => {
    const why = whyNot(holder, devices.get(holder.device));
    if (why === undefined) return [];
    const account = accountOf(holder.device);
    const { device } = holder;
    if (account === ownAccount)
      return [{ kind: why === 'device-removed' ? 'own-device-removed' : why, device }];
    return [{ kind: members.has(account) ? why : 'member-left', device }];
  });
  const { unknownDevice: device } = holders;
  return [
    ...reasons,
    ...(device === undefined ? [] : [{ kind: 'unknown-device' as const, device }]),
    ...worn(key, options),
  ];
}

/** Why a device that has the key may not have it. */
function whyNot(
  { identityKey }: KeyHolder,
  device: SendDevice | undefined,
): 'device-removed' | 'identity-changed' | 'list-expired' | undefined {
  if (device === undefined) return 'device-removed';
  if (device.kind !== 'refused')
    return equalBytes(device.identity, identityKey) ? undefined : 'identity-changed';
  return device.why === 'expired' || device.why === 'newer-list-expected' ? 'list-expired' : 'device-removed';
}

/** Why a key is used up, whoever has it. */
export function worn(
  { senderKey, holders }: GroupKey,
  { limits = {}, now }: Pick<RotationDueOptions, 'limits' | 'now'>,
): readonly RotationReason[] {
  const { lifetime = SENDER_KEY_LIFETIME_MS, messages = MAX_SENDER_KEY_MESSAGES } = inputObject(
    'limits',
    limits,
  );
  inputInteger('limits.lifetime', lifetime, 1, Number.MAX_SAFE_INTEGER);
  inputInteger('limits.messages', messages, 1, Number.MAX_SAFE_INTEGER);
  // A clock that was set back would make a key young again: what lies as far ahead is too old as well.
  const age = Math.abs(inputTime('now', now) - holders.createdAt);
  return [
    ...(age >= lifetime ? [{ kind: 'too-old' as const }] : []),
    ...(senderKey.iteration >= messages ? [{ kind: 'too-many-messages' as const }] : []),
  ];
}

/**
 * Returns a key whose holders are its own.
 *
 * @throws PolyratchetError `wrong-chat`: it is of another group; `invalid-argument`.
 */
export function inputKey(key: GroupKey, group: Address): GroupKey {
  const { senderKey } = inputObject('key', key);
  const holders = inputHolders(key.holders);
  if (holders.group !== group)
    throw new PolyratchetError('wrong-chat', { expected: [group], got: holders.group });
  if (inputObject('key.senderKey', senderKey).keyId === holders.keyId) return key;
  throw invalidArgument('key.holders', 'the holders of the key', 'those of another');
}
