/**
 * Receiving in groups: keys, changes and messages; and messages that wait for what they lack.
 *
 * @module
 */
import { accountOf, isAccount, isDevice, type Address } from '../../core/address.js';
import { PolyratchetError } from '../../core/errors.js';
import type { Envelope, PairwiseEnvelope } from '../../fanout/index.js';
import {
  acceptGroupKey,
  holdGroupMessage,
  isMember,
  openGroupMessage,
  wasMember,
  type GroupRecord,
  type OpenedGroupMessage,
  type OpenGroupMessageOptions,
} from '../../group/index.js';
import type { SenderKeyProfile } from '../../senderkey/index.js';
import { isOwnTrouble, loadSelf, type Core, type Self } from '../core.js';
import { STOPPING_CODES } from '../deadline.js';
import type { ClientContentExtensions } from '../extensions.js';
import type { DeliveredMessage, TakenMessage } from '../feature.js';
import { deviceList, seenId } from '../keys.js';
import { accountsOf, changeList } from '../lists.js';
import { putIntoInbox } from '../open.js';
import { DONE, malformed, refuse, type Opened } from '../opened.js';
import { askAgain } from '../retry.js';
import type { Transaction } from '../transaction.js';
import {
  agreedBy,
  groupRecord,
  groupStanding,
  receivedSenderKey,
  waitingEnvelope,
  waitingMessages,
} from './keys.js';
import { noteAgreement } from './disputes.js';
import { askForUnknown, askOne } from './tell.js';
import { readUpdate, takeUpdate } from './updates.js';
import { countWaiting, MAX_WAITING_GROUPS, stopWaiting } from './waiting.js';

/** Takes a message of a session that is about a group: a key, a change, or a message that was asked for again. */
export async function takeMessage(
  core: Core,
  profile: SenderKeyProfile,
  tx: Transaction,
  self: Self,
  message: DeliveredMessage,
  envelope: PairwiseEnvelope,
): Promise<TakenMessage | undefined> {
  const { chat, content } = message;
  const { chat: group } = chat;
  const { groupChange, senderKeyDistribution: distribution } = content;
  const { id: messageId, from } = envelope;
  const account = accountOf(from);
  if (!isAbout(message)) return undefined;
  const record = await tx.read(groupRecord(group));
  try {
    const isAboutAll = groupChange !== undefined && group === self.account;
    if (record === undefined && !isAboutAll && (await isAccountKnown(tx, self, group))) {
      throw wrongChat(self, group);
    }
    const update = groupChange === undefined ? undefined : readUpdate(group, groupChange);
    if (update !== undefined && (record !== undefined || update.kind !== 'change')) {
      const { entries, hasChanged } = await takeUpdate(core, tx, self, group, from, update);
      const opened = { ...DONE, entries, ...(hasChanged ? { group } : {}) };
      return { isShown: false, opened };
    }
    if (record === undefined) {
      return { isShown: false, opened: await holdUnknown(core, tx, self, envelope, group) };
    }
    if (!isMember(record, account)) {
      const opened = wasMember(record, account)
        ? refuse(tx, envelope, notAMember(record, account))
        : await hold(tx, envelope, group, []);
      return { isShown: false, opened };
    }
    if (distribution === undefined) {
      await stopWaiting(tx, group, { device: from, messageId });
      return { isShown: true, opened: DONE };
    }
    const known = await tx.read(receivedSenderKey(from, group));
    const received = known === undefined ? {} : { received: known };
    const accepted = acceptGroupKey({ record, distribution, sender: from, profile, ...received });
    if (accepted.kind === 'refused') return { isShown: false, opened: DONE };
    tx.set(receivedSenderKey(from, group), accepted.received);
    return { isShown: false, opened: { ...DONE, group } };
  } catch (error) {
    if (!PolyratchetError.is(error) || STOPPING_CODES.includes(error.code) || isOwnTrouble(error))
      throw error;
    return { isShown: false, opened: refuse(tx, envelope, error) };
  }
}

/**
 * Whether a message is about a group. A copy from a device of our own says so by what it holds, not by where it is shown: a
 * group that somebody made up may have the address of an account that we write to.
 */
function isAbout({ chat, content }: DeliveredMessage): boolean {
  const { groupChange, senderKeyDistribution, extensions } = content;
  if (chat.kind === 'group' || groupChange !== undefined) return true;
  if (chat.kind === 'incoming') return false;
  return senderKeyDistribution !== undefined || extensions?.groupState !== undefined;
}

/** Whether an address is an account's: nobody makes a group of it, or is shown in its chat. */
async function isAccountKnown(tx: Transaction, { account }: Self, group: Address): Promise<boolean> {
  return group === account || (await tx.read(deviceList(group))) !== undefined;
}

function wrongChat({ account }: Self, group: Address): PolyratchetError {
  return new PolyratchetError('wrong-chat', { expected: [account], got: group });
}

/** Takes an envelope with a message to a group; one that waits already is not held again. */
export async function takeEnvelope(
  core: Core,
  profile: SenderKeyProfile,
  tx: Transaction,
  envelope: Envelope,
): Promise<Opened> {
  const { id, from, group } = envelope;
  if (!isDevice(from) || group === undefined || !isAccount(group)) {
    return refuse(tx, envelope, malformed('group'));
  }
  const account = accountOf(from);
  const keys = [
    groupRecord(group),
    groupStanding(group),
    agreedBy(group, account),
    deviceList(account),
    receivedSenderKey(from, group),
    seenId(from, id),
  ];
  const self = await loadSelf(tx, ...keys);
  if (tx.get(seenId(from, id)) !== undefined) return DONE;
  const record = tx.get(groupRecord(group));
  const sender = account === self.account ? self.own.record : tx.get(deviceList(account));
  if (record === undefined) return holdUnknown(core, tx, self, envelope, group);
  if (sender === undefined) return hold(tx, envelope, group, [account]);
  const received = tx.get(receivedSenderKey(from, group));
  const options: OpenGroupMessageOptions<ClientContentExtensions> = {
    envelope,
    record,
    sender,
    own: [self.account],
    ...(received === undefined ? {} : { received }),
    profile,
    format: core.settings.format,
    hosted: core.settings.hosted,
    now: tx.now,
  };
  let opened: OpenedGroupMessage<ClientContentExtensions>;
  try {
    opened = openGroupMessage(options);
  } catch (error) {
    if (!PolyratchetError.is(error)) throw error;
    if (error.code === 'list-expired') return hold(tx, envelope, group, [account]);
    return askAgain(core, tx, self, envelope, error);
  }
  switch (opened.kind) {
    case 'waiting':
      return hold(tx, envelope, group, opened.why === 'device-unverified' ? [account] : []);
    case 'refused':
      return refuse(tx, envelope, notAMember(record, account));
    case 'delivered':
      return deliver(core, tx, self, record, opened);
  }
}

function notAMember({ group }: GroupRecord, got: Address): PolyratchetError {
  return new PolyratchetError('wrong-chat', { expected: group.members, got });
}

type Delivered = Extract<OpenedGroupMessage<ClientContentExtensions>, { kind: 'delivered' }>;

async function deliver(
  core: Core,
  tx: Transaction,
  self: Self,
  record: GroupRecord,
  { messageId, device, content, received, state, metadata }: Delivered,
): Promise<Opened> {
  const { address: from } = device;
  const account = accountOf(from);
  const { id: group } = record.group;
  tx.set(receivedSenderKey(from, group), received);
  if (metadata !== undefined && 'record' in metadata && account !== self.account) {
    await changeList(core, tx, tx.get(deviceList(account)), metadata.record);
  }
  const fetch = metadata !== undefined && 'fetch' in metadata ? accountsOf(metadata.fetch) : [];
  const seen = seenId(from, messageId);
  if ((await tx.read(seen)) !== undefined) return { kind: 'done', fetch };
  tx.set(seen, { at: tx.now });
  await putIntoInbox(tx, messageId, from, { kind: 'group', chat: group }, content.body);
  if (state?.kind === 'agrees') await noteAgreement(tx, group, account);
  const entries = await askOne(core, tx, self, group, state?.ask ?? []);
  return { kind: 'done', fetch, entries };
}

/**
 * Lets a key, a change or a message of a group wait of which this device was not told; our other devices may know it, or who
 * has sent it. Where too many groups wait, it is left at the server.
 */
async function holdUnknown(
  core: Core,
  tx: Transaction,
  self: Self,
  envelope: Envelope,
  group: Address,
): Promise<Opened> {
  const isNew = (await tx.read(waitingMessages(group))) === undefined;
  if (isNew && (await countWaiting(core)) >= MAX_WAITING_GROUPS) return { kind: 'left', fetch: [] };
  const { entries, fetch } = await askForUnknown(core, tx, self, group, accountOf(envelope.from));
  return { ...(await hold(tx, envelope, group, fetch)), entries };
}

/** Lets a message wait, within bounds. */
async function hold(
  tx: Transaction,
  envelope: Envelope,
  group: Address,
  fetch: readonly Address[],
): Promise<Opened> {
  const { id: messageId, from: device, bytes } = envelope;
  const before = await tx.read(waitingMessages(group));
  const held = holdGroupMessage({
    ...(before === undefined ? {} : { waiting: before }),
    group,
    device,
    messageId,
    length: bytes.length,
    now: tx.now,
  });
  // What waits in this group can be opened once a list has come: its account is fetched, and then the group is looked at.
  const waiting: Opened = { kind: 'waiting', fetch, ...(fetch.length > 0 ? { group } : {}) };
  if (held.kind === 'already-held') return waiting;
  const expired = held.expired.map((message) => waitingEnvelope(group, message.device, message.messageId));
  await tx.load(waitingEnvelope(group, device, messageId));
  await tx.remove(...expired);
  tx.set(waitingMessages(group), held.waiting);
  if (held.kind === 'refused') return { ...waiting, kind: 'left' };
  tx.set(waitingEnvelope(group, device, messageId), envelope);
  return waiting;
}
