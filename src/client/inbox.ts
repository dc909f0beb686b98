/**
 * The inbox: messages that were received, until the application has handled them.
 *
 * @module
 */
import { describe } from '../core/bytes.js';
import { invalidArgument } from '../core/refusals.js';
import type { Core } from './core.js';
import type { ReceivedMessage } from './events.js';
import { INBOX, inboxMessage } from './keys.js';
import { receivedMessage } from './open.js';
import type { Transaction } from './transaction.js';

/** The messages that were not acknowledged, the oldest first. */
export async function listInbox(core: Core): Promise<readonly ReceivedMessage[]> {
  const messages: ReceivedMessage[] = [];
  for await (const names of core.records.names(INBOX)) {
    messages.push(...(await core.transactor.run((tx) => readInbox(tx, names))));
  }
  return messages;
}

async function readInbox(tx: Transaction, names: readonly string[]): Promise<readonly ReceivedMessage[]> {
  await tx.load(...names.map(inboxMessage));
  return names.flatMap((name) => {
    const stored = tx.get(inboxMessage(name));
    return stored === undefined ? [] : [receivedMessage(name, stored)];
  });
}

function inputInboxKey(key: string): string {
  if (typeof key === 'string' && key.startsWith(INBOX)) return key;
  throw invalidArgument('key', 'that of a message in the inbox', describe(key));
}

/** Removes messages from the inbox; returns their keys. */
export async function acknowledgeMessages(core: Core, keys: readonly string[]): Promise<readonly string[]> {
  const names = keys.map(inputInboxKey);
  await core.transactor.run(async (tx) => {
    const records = names.map(inboxMessage);
    await tx.remove(...records);
  });
  return names;
}
