/**
 * Who reads a message to a group: those who have our key, and those who are given it with the message.
 *
 * @module
 */
import type { DeviceOutcome, Envelope, FanoutPlan, OutgoingMessage } from '../../fanout/index.js';
import { addKeyHolders, type GroupKey } from '../../group/index.js';
import { senderKeyDistribution } from '../../senderkey/index.js';
import type { Core, Self } from '../core.js';
import { markKept } from '../kept.js';
import { sealStep, type Fetched } from '../seal.js';
import { compose, randomId } from '../send.js';
import type { Transaction } from '../transaction.js';
import type { GroupSend } from './plan.js';

/** What was given. */
export interface Given {
  readonly key: GroupKey;
  readonly envelopes: readonly Envelope[];
  readonly outcomes: readonly DeviceOutcome[];
  /** Id of the message that they came in. */
  readonly messageId: string;
  /** Whether others still lack it. */
  readonly isPart: boolean;
}

/** Gives our key to those who lack it, or to as many of them as there is room for. */
export async function giveKey(
  core: Core,
  tx: Transaction,
  self: Self,
  { key, distribution }: GroupSend,
  fetched: Fetched,
): Promise<Given> {
  const messageId = randomId(core);
  if (distribution.kind !== 'distribute')
    return { key, envelopes: [], outcomes: [], messageId, isPart: false };
  const { plan, to } = distribution;
  const { senderKey, holders } = key;
  const groupId = plan.chat;
  const outgoing = compose(core, plan, {
    id: messageId,
    content: { senderKeyDistribution: { groupId, message: senderKeyDistribution({ senderKey }) } },
  });
  const { envelopes, outcomes, isPart } = await sealStep(core, tx, self, plan, outgoing, fetched);
  await markKept(tx, messageId);
  const sealed = outcomes.flatMap((outcome) => (outcome.kind === 'sealed' ? [outcome.device] : []));
  const given = { senderKey, holders: addKeyHolders({ holders, to, sealed }) };
  return { key: given, envelopes, outcomes, messageId, isPart };
}

/** A device that reads. */
export type Reader = Pick<GroupKey['holders']['devices'][number], 'device' | 'identityKey'>;

/** The devices that have the key, and may read. */
export function readersOf({ recipients, ownDevices }: FanoutPlan, { holders }: GroupKey): readonly Reader[] {
  const accepted = new Set(
    [...recipients, ...ownDevices].filter(({ kind }) => kind !== 'refused').map(({ device }) => device),
  );
  return holders.devices.filter(({ device }) => accepted.has(device));
}

/** The message with those who get it: who asks for it again must be one of them. */
export function withReaders(
  outgoing: OutgoingMessage,
  readers: readonly Reader[],
  sentAt: number,
): OutgoingMessage {
  const { messageId, plaintexts } = outgoing;
  if (plaintexts.kind === 'each') return outgoing;
  const devices = readers.map(({ device, identityKey }) => ({ device, identityKey }));
  return { ...outgoing, sent: { messageId, sentAt, parts: [{ plaintext: plaintexts.plaintext, devices }] } };
}

/** What became of each device: it reads, or there was something in the way of our key. */
export function outcomesOf(
  { recipients, ownDevices }: FanoutPlan,
  readers: readonly Reader[],
  outcomes: readonly DeviceOutcome[],
): readonly DeviceOutcome[] {
  const reading = new Set(readers.map(({ device }) => device));
  const others = new Map(outcomes.map((outcome) => [outcome.device, outcome]));
  return [...recipients, ...ownDevices].map((planned): DeviceOutcome => {
    const { device } = planned;
    if (planned.kind === 'refused') return planned;
    if (reading.has(device)) return { kind: 'sealed', device };
    return others.get(device) ?? { kind: 'needs-bundle', device, session: 'none' };
  });
}
