/**
 * The plan of a message to a group: whom it is for, and who must be given our key first.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { toHex } from '../../core/bytes.js';
import { randomBytes, type Random } from '../../core/random.js';
import { planFanout, type FanoutPlan, type PlanFanoutOptions } from '../../fanout/index.js';
import {
  createKeyHolders,
  planDistribution,
  type DistributionPlan,
  type Group,
  type GroupKey,
  type GroupRecord,
} from '../../group/index.js';
import { createSenderKey, type SenderKey, type SenderKeyProfile } from '../../senderkey/index.js';
import { keepPlan, loadSessions, type Core, type Self } from '../core.js';
import { deviceList } from '../keys.js';
import type { Transaction } from '../transaction.js';
import { keyHolders, ownSenderKey } from './keys.js';

/** The devices of a group. Their sessions are not looked at: who has our key needs none. */
export async function planGroup(core: Core, tx: Transaction, self: Self, group: Group): Promise<FanoutPlan> {
  const options = await groupOptions(core, tx, self, group);
  const previous = core.plans.get(group.id);
  const plan = planFanout({
    ...options,
    sessions: NO_SESSIONS,
    ...(previous === undefined ? {} : { previous }),
  });
  keepPlan(core, plan);
  return plan;
}

const NO_SESSIONS = { get: (): undefined => undefined };

async function groupOptions(
  core: Core,
  tx: Transaction,
  { account, own }: Self,
  { id, members }: Group,
): Promise<Omit<PlanFanoutOptions, 'sessions'>> {
  const keys = members.filter((member) => member !== account).map(deviceList);
  await tx.load(...keys);
  const recipients = keys.flatMap((key) => tx.get(key) ?? []);
  return { own, recipients, group: id, hosted: core.settings.hosted, now: tx.now };
}

/** What is due before a message. */
export interface GroupSend {
  readonly plan: FanoutPlan;
  readonly key: GroupKey;
  readonly distribution: DistributionPlan<FanoutPlan>;
}

/** Plans a message: makes a new key if one is due, and looks at the sessions of those who lack it. */
export async function planSend(
  core: Core,
  tx: Transaction,
  self: Self,
  record: GroupRecord,
  profile: SenderKeyProfile,
): Promise<GroupSend> {
  const { id } = record.group;
  const { now } = tx;
  const plan = await planGroup(core, tx, self, record.group);
  await tx.load(ownSenderKey(id), keyHolders(id));
  const known = keyOf(tx, id);
  let distribution = planDistribution({ record, plan, ...(known === undefined ? {} : { key: known }), now });
  let key = known;
  if (key === undefined || distribution.kind === 'rotate') {
    const senderKey = newKey(core, profile, known?.senderKey);
    key = { senderKey, holders: createKeyHolders({ group: id, senderKey, now }) };
    distribution = planDistribution({ record, plan, key, now });
  }
  if (distribution.kind !== 'distribute') return { plan, key, distribution };
  const options = await groupOptions(core, tx, self, record.group);
  const sessions = await loadSessions(
    tx,
    distribution.to.map(({ device }) => device),
  );
  const ready = planFanout({ ...options, sessions, previous: plan });
  return { plan, key, distribution: planDistribution({ record, plan: ready, key, now }) };
}

/** A new key: in Signal's formats under the UUID of the one before, for a group keeps its own. */
function newKey({ settings: { random } }: Core, profile: SenderKeyProfile, before?: SenderKey): SenderKey {
  if (profile === 'whatsapp') return createSenderKey({ random });
  const distributionId = before?.distributionId ?? randomUuid(random);
  return createSenderKey({ profile, distributionId, random });
}

const UUID_LENGTH = 16;

/** A UUID of version 4 (RFC 9562 §5.4). */
function randomUuid(random: Random): string {
  const bytes = randomBytes(random, UUID_LENGTH);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Our key, as it is stored. */
export function keyOf(tx: Transaction, group: Address): GroupKey | undefined {
  const senderKey = tx.get(ownSenderKey(group));
  const holders = tx.get(keyHolders(group));
  return senderKey === undefined || holders === undefined ? undefined : { senderKey, holders };
}
