/**
 * Messages to groups that have waited: opened when what they lacked has come, asked for again when it does not come.
 *
 * @module
 */
import { accountOf, type Address } from '../../core/address.js';
import { PolyratchetError } from '../../core/errors.js';
import { acceptedDevices } from '../../devices/index.js';
import type { Envelope } from '../../fanout/index.js';
import { isMember, releaseGroupMessages, type WaitingMessage } from '../../group/index.js';
import { loadSelf, type Core } from '../core.js';
import { deviceList } from '../keys.js';
import { DONE, type Opened } from '../opened.js';
import { askAgain } from '../retry.js';
import type { Transaction } from '../transaction.js';
import { groupRecord, WAITING, waitingEnvelope, waitingMessages } from './keys.js';

/** A message waits this long before its sender is asked for it: the key is on its way, as a rule. */
export const KEY_WAIT_MS: number = 10 * 1000;

/** Groups in which messages wait: anybody can make up groups, and each costs some records and a question. */
export const MAX_WAITING_GROUPS = 64;

/** In how many groups messages wait. */
export async function countWaiting({ records }: Core): Promise<number> {
  let count = 0;
  for await (const names of records.names(WAITING)) count += names.length;
  return count;
}

/** Opens the messages of a group again; those that still cannot be opened go on waiting. */
export async function releaseWaiting(
  core: Core,
  group: Address,
  open: (tx: Transaction, envelope: Envelope) => Promise<Opened>,
): Promise<readonly Opened[]> {
  const messages = await core.transactor.run((tx) => liveMessages(tx, group));
  const outcomes: Opened[] = [];
  for (const message of messages) {
    const opened = await core.transactor.run(async (tx) => {
      const key = waitingEnvelope(group, message.device, message.messageId);
      const envelope = await tx.read(key);
      if (envelope === undefined) return DONE;
      const outcome = await open(tx, envelope);
      if (outcome.kind === 'done') await stopWaiting(tx, group, message);
      return outcome;
    });
    // What still waits would be looked at again and again; whom it lets us ask is asked.
    outcomes.push(opened.kind === 'done' ? opened : { ...DONE, entries: opened.entries ?? [] });
  }
  return outcomes;
}

/** What waits in a group; what has waited too long is dropped. */
async function liveMessages(tx: Transaction, group: Address): Promise<readonly WaitingMessage[]> {
  const waiting = await tx.read(waitingMessages(group));
  if (waiting === undefined) return [];
  const { released, expired } = releaseGroupMessages({ waiting, from: () => true, now: tx.now });
  if (expired.length === 0) return released;
  const keys = expired.map(({ device, messageId }) => waitingEnvelope(group, device, messageId));
  await tx.remove(...keys);
  if (released.length === 0) await tx.remove(waitingMessages(group));
  else tx.set(waitingMessages(group), { group, messages: released });
  return released;
}

/** Takes a message out of what waits, if it is there: it was read, or is lost. */
export async function stopWaiting(
  tx: Transaction,
  group: Address,
  { device, messageId }: Pick<WaitingMessage, 'device' | 'messageId'>,
): Promise<void> {
  const key = waitingEnvelope(group, device, messageId);
  await tx.load(waitingMessages(group), key);
  if (tx.get(key) === undefined) return;
  await tx.remove(key);
  const left = (tx.get(waitingMessages(group))?.messages ?? []).filter(
    (message) => message.device !== device || message.messageId !== messageId,
  );
  if (left.length === 0) await tx.remove(waitingMessages(group));
  else tx.set(waitingMessages(group), { group, messages: left });
}

/** What was asked for. */
export interface AskedForKeys {
  /** Entries of the outbox. */
  readonly entries: readonly string[];
  /** Milliseconds until the next message has waited for long enough. */
  readonly wait?: number;
}

/** Asks the senders of messages that have waited for their keys. */
export async function askForKeys(core: Core): Promise<AskedForKeys> {
  const entries: string[] = [];
  let wait = Infinity;
  for await (const names of core.records.names(WAITING)) {
    for (const name of names) {
      const group = name.slice(WAITING.length);
      for (const message of await core.transactor.run((tx) => liveMessages(tx, group))) {
        const left = KEY_WAIT_MS - Math.abs(core.settings.clock.now() - message.receivedAt);
        if (left > 0) wait = Math.min(wait, left);
        else entries.push(...(await core.transactor.run((tx) => askFor(core, tx, group, message))));
      }
    }
  }
  return { entries, ...(wait === Infinity ? {} : { wait }) };
}

/** Asks for one message, if its sender may write in the group: its key is all that is missing. */
async function askFor(
  core: Core,
  tx: Transaction,
  group: Address,
  { device, messageId }: WaitingMessage,
): Promise<readonly string[]> {
  const account = accountOf(device);
  const key = waitingEnvelope(group, device, messageId);
  const self = await loadSelf(tx, groupRecord(group), deviceList(account), key);
  const record = tx.get(groupRecord(group));
  const sender = account === self.account ? self.own.record : tx.get(deviceList(account));
  const envelope = tx.get(key);
  if (record === undefined || sender === undefined || envelope?.type !== 'senderkey') return [];
  const { devices } = acceptedDevices({ record: sender, now: tx.now, hosted: core.settings.hosted });
  if (!isMember(record, account) || !devices.some(({ address }) => address === device)) return [];
  const error = new PolyratchetError('no-sender-key', { device, id: 0 });
  const { entries } = await askAgain(core, tx, self, envelope, error);
  // It was asked for as often as may be, and is lost.
  if (entries === undefined) await stopWaiting(tx, group, { device, messageId });
  return entries ?? [];
}
