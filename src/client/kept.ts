/**
 * Messages that were sent, and are kept for those who ask for them again.
 *
 * @module
 */
import { updateResendCache, type CachedMessage } from '../fanout/index.js';
import type { Core } from './core.js';
import { KEPT, keptMessage, keptOf, message } from './keys.js';
import type { Transaction } from './transaction.js';

/** Marks a message as sent now. */
export async function markKept(tx: Transaction, messageId: string): Promise<void> {
  const mark = keptMessage({ messageId, sentAt: tx.now });
  await tx.load(mark);
  tx.set(mark, { at: tx.now });
}

/** Drops messages that were kept for long enough, and the oldest where there are too many. */
export async function dropKept(core: Core): Promise<void> {
  const messages: CachedMessage[] = [];
  for await (const names of core.records.names(KEPT)) messages.push(...names.map(keptOf));
  const { clock } = core.settings;
  const { evicted } = updateResendCache({ cache: { messages }, now: clock.now() });
  if (evicted.length === 0) return;
  const gone = new Set(evicted);
  const marks = messages.filter(({ messageId }) => gone.has(messageId)).map(keptMessage);
  await core.transactor.run((tx) => tx.remove(...marks, ...evicted.map(message)));
}
