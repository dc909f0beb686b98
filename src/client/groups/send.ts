/**
 * Sending to a group: one ciphertext for all, and our key for those who lack it, in one send.
 *
 * @module
 */
import { inputAccount, type Address } from '../../core/address.js';
import { copyBytes, inputBytes } from '../../core/bytes.js';
import { inputObject } from '../../core/check.js';
import { inputMessageId } from '../../content/index.js';
import {
  type DeviceOutcome,
  type Envelope,
  type FanoutPlan,
  type OutgoingMessage,
} from '../../fanout/index.js';
import { addKeyHolders, encryptGroupMessage, groupStateOf, type GroupKey } from '../../group/index.js';
import { senderKeyDistribution, type SenderKeyProfile } from '../../senderkey/index.js';
import { loadSelf, type Core, type Self } from '../core.js';
import { markKept } from '../kept.js';
import { deviceList, message, outboxName, sentId } from '../keys.js';
import type { Outbox } from '../outbox.js';
import { writeEntry } from '../outboxEntry.js';
import type { Written } from '../rounds.js';
import { Fetched, sealStep, type Missing } from '../seal.js';
import { compose, randomId, type SentMessageResult } from '../send.js';
import type { Transaction } from '../transaction.js';
import { keyHolders, ownSenderKey } from './keys.js';
import { requireGroup } from './members.js';
import { planSend, type GroupSend } from './plan.js';

/** A message to a group. */
export interface SendGroupMessage {
  /** Address of the group. */
  readonly group: Address;
  /** The application's bytes; in the form `message` its serialised Message. */
  readonly body: Uint8Array;
  /** Names the message, as in `send` of the client. */
  readonly id?: string;
}

interface Request {
  readonly group: Address;
  readonly body: Uint8Array;
  readonly id: string;
  readonly profile: SenderKeyProfile;
}

type Step =
  | ({ readonly kind: 'fetch' } & Missing)
  | {
      readonly kind: 'stored';
      readonly name: string;
      readonly written?: Written;
      readonly devices: readonly DeviceOutcome[];
    };

/** Encrypts, stores and sends. */
export async function sendToGroup(
  core: Core,
  outbox: Outbox,
  profile: SenderKeyProfile,
  options: SendGroupMessage,
): Promise<SentMessageResult> {
  const { group, body, id } = inputObject('options', options);
  const request: Request = {
    group: inputAccount('group', group),
    body: copyBytes(inputBytes('body', body)),
    id: id === undefined ? randomId(core) : inputMessageId(id),
    profile,
  };
  const fetched = new Fetched();
  for (;;) {
    const step = await core.transactor.run((tx) => encryptStep(core, tx, request, fetched));
    if (step.kind === 'fetch') {
      await fetched.fetch(core, step);
      continue;
    }
    const sent = await outbox.send(step.name, step.written);
    return { ...sent, id: request.id, devices: step.devices };
  }
}

async function encryptStep(core: Core, tx: Transaction, request: Request, fetched: Fetched): Promise<Step> {
  const { group, id: messageId, profile } = request;
  const self = await loadSelf(tx, sentId(messageId));
  const used = tx.get(sentId(messageId));
  if (used !== undefined) return { kind: 'stored', name: outboxName(used.at, messageId), devices: [] };
  const record = await requireGroup(tx, group);
  const { members } = record.group;
  await tx.load(...members.map(deviceList));
  const unknown = members.filter(
    (each) => each !== self.account && tx.get(deviceList(each)) === undefined && !fetched.hasAsked(each),
  );
  if (unknown.length > 0) return { kind: 'fetch', lists: unknown, bundles: [] };
  const send = await planSend(core, tx, self, record, profile);
  const { plan, distribution } = send;
  const missing = fetched.missing({
    fetch: plan.fetch,
    bundles: distribution.kind === 'distribute' ? distribution.plan.bundles : [],
  });
  if (missing !== undefined) return { kind: 'fetch', ...missing };

  const { key: given, envelopes: keys, outcomes } = await distribute(core, tx, self, send, fetched);
  const { format, random } = core.settings;
  const { metadata, participantHash } = plan;
  const content = { body: request.body };
  const encrypted = encryptGroupMessage({
    record,
    distribution,
    key: given,
    messageId,
    format,
    content,
    metadata,
    random,
  });
  tx.set(ownSenderKey(group), encrypted.key.senderKey);
  tx.set(keyHolders(group), encrypted.key.holders);
  const state = groupStateOf(record);
  const outgoing = compose(core, plan, {
    id: messageId,
    content: { ...content, extensions: { groupState: state } },
  });
  const readers = readersOf(plan, encrypted.key);
  await tx.load(message(messageId));
  tx.set(message(messageId), withReaders(outgoing, readers, tx.now));
  const at = tx.stamp();
  tx.set(sentId(messageId), { at });
  const common = { id: messageId, from: self.address, type: 'senderkey', group, at: tx.now } as const;
  const messages = readers.map(({ device }): Envelope => ({
    ...common,
    to: device,
    bytes: encrypted.message,
  }));
  const name = outboxName(at, messageId);
  // Keys come before the message that they open.
  const envelopes = [...keys, ...messages];
  const entry = await writeEntry(core, tx, name, { messageId, round: 1, participantHash, envelopes });
  return { kind: 'stored', name, written: { entry, plan, isPart: false }, devices: outcomesOf(plan, readers, outcomes) };
}

interface Distributed {
  readonly key: GroupKey;
  readonly envelopes: readonly Envelope[];
  readonly outcomes: readonly DeviceOutcome[];
}

/** Gives our key to those who lack it. */
async function distribute(
  core: Core,
  tx: Transaction,
  self: Self,
  { key, distribution }: GroupSend,
  fetched: Fetched,
): Promise<Distributed> {
  if (distribution.kind !== 'distribute') return { key, envelopes: [], outcomes: [] };
  const { plan, to } = distribution;
  const { senderKey, holders } = key;
  const messageId = randomId(core);
  const groupId = plan.chat;
  const outgoing = compose(core, plan, {
    id: messageId,
    content: { senderKeyDistribution: { groupId, message: senderKeyDistribution({ senderKey }) } },
  });
  const { envelopes, outcomes } = await sealStep(core, tx, self, plan, outgoing, fetched);
  await markKept(tx, messageId);
  const sealed = outcomes.flatMap((outcome) => (outcome.kind === 'sealed' ? [outcome.device] : []));
  return { key: { senderKey, holders: addKeyHolders({ holders, to, sealed }) }, envelopes, outcomes };
}

type Reader = Pick<GroupKey['holders']['devices'][number], 'device' | 'identityKey'>;

/** The devices that have the key, and may read. */
function readersOf({ recipients, ownDevices }: FanoutPlan, { holders }: GroupKey): readonly Reader[] {
  const accepted = new Set(
    [...recipients, ...ownDevices].filter(({ kind }) => kind !== 'refused').map(({ device }) => device),
  );
  return holders.devices.filter(({ device }) => accepted.has(device));
}

/** The message with those who get it: who asks for it again must be one of them. */
function withReaders(outgoing: OutgoingMessage, readers: readonly Reader[], sentAt: number): OutgoingMessage {
  const { messageId, plaintexts } = outgoing;
  if (plaintexts.kind === 'each') return outgoing;
  const devices = readers.map(({ device, identityKey }) => ({ device, identityKey }));
  return { ...outgoing, sent: { messageId, sentAt, parts: [{ plaintext: plaintexts.plaintext, devices }] } };
}

/** What became of each device: it reads, or there was something in the way of our key. */
function outcomesOf(
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
