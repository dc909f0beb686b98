/**
 * Messages that wait until something vouches for their senders.
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { acceptedDevices } from '../devices/index.js';
import { holdMessage, releaseHeld, type HeldMessage, type PairwiseEnvelope } from '../fanout/index.js';
import type { Core } from './core.js';
import { deviceList, HELD, heldEnvelope, heldMessages } from './keys.js';
import type { Opened } from './opened.js';
import type { Transaction } from './transaction.js';

/** Accounts of which messages are held: the server can make up any number of them. */
export const MAX_HELD_ACCOUNTS = 1_000;

/** Keeps an envelope until the lists that it lacks have come. */
export async function hold(
  { records }: Core,
  tx: Transaction,
  envelope: PairwiseEnvelope,
  fetch: readonly Address[],
): Promise<Opened> {
  const { id: messageId, from: device, bytes, deviceIdentity } = envelope;
  const lists = heldMessages(accountOf(device));
  const before = await tx.read(lists);
  if (before === undefined && (await records.list(HELD, '', MAX_HELD_ACCOUNTS)).length >= MAX_HELD_ACCOUNTS)
    return { kind: 'left', fetch };
  const { kind, held, expired } = holdMessage({
    ...(before === undefined ? {} : { held: before }),
    device,
    messageId,
    length: bytes.length + (deviceIdentity?.length ?? 0),
    now: tx.now,
  });
  if (kind === 'already-held') return { kind: 'waiting', fetch };
  await tx.load(heldEnvelope(device, messageId));
  await drop(tx, expired);
  tx.set(lists, held);
  if (kind === 'refused') return { kind: 'left', fetch };
  tx.set(heldEnvelope(device, messageId), envelope);
  return { kind: 'waiting', fetch };
}

/** Drops messages for which nothing has vouched in time, and says so: the server has forgotten them long ago. */
async function drop(tx: Transaction, messages: readonly HeldMessage[]): Promise<void> {
  const keys = messages.map(({ device, messageId }) => heldEnvelope(device, messageId));
  await tx.remove(...keys);
  for (const { device, messageId } of messages) tx.emit({ kind: 'lost', id: messageId, from: device });
}

/** The messages of an account that can be opened now, since their senders count. */
export async function released(
  core: Core,
  tx: Transaction,
  account: Address,
): Promise<readonly HeldMessage[]> {
  await tx.load(heldMessages(account), deviceList(account));
  const held = tx.get(heldMessages(account));
  const record = tx.get(deviceList(account));
  if (held === undefined) return [];
  const { hosted } = core.settings;
  const accepted = record === undefined ? [] : acceptedDevices({ record, now: tx.now, hosted }).devices;
  const release = releaseHeld({ held, accepted, now: tx.now });
  await drop(tx, release.expired);
  const left = held.messages.filter((message) => !release.expired.includes(message));
  if (left.length === 0) await tx.remove(heldMessages(account));
  else if (left.length < held.messages.length) tx.set(heldMessages(account), { account, messages: left });
  return release.released;
}

/** Opens a message that was held; it goes on waiting if it still cannot be opened. */
export async function openHeld(
  tx: Transaction,
  { device, messageId }: HeldMessage,
  open: (tx: Transaction, envelope: PairwiseEnvelope) => Promise<Opened>,
): Promise<Opened | undefined> {
  const account = accountOf(device);
  await tx.load(heldEnvelope(device, messageId), heldMessages(account));
  const envelope = tx.get(heldEnvelope(device, messageId));
  const held = tx.get(heldMessages(account));
  if (envelope === undefined || held === undefined) return undefined;
  const opened = await open(tx, envelope as PairwiseEnvelope);
  if (opened.kind !== 'done') return opened;
  await tx.remove(heldEnvelope(device, messageId));
  const messages = held.messages.filter(
    (message) => message.device !== device || message.messageId !== messageId,
  );
  if (messages.length === 0) await tx.remove(heldMessages(account));
  else tx.set(heldMessages(account), { account, messages });
  return opened;
}

/** The accounts of which messages wait. */
export async function heldAccounts({ records }: Core): Promise<readonly Address[]> {
  const accounts: Address[] = [];
  for await (const names of records.names(HELD)) {
    for (const name of names) accounts.push(name.slice(HELD.length));
  }
  return accounts;
}
