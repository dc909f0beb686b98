/**
 * Entries of the outbox as records: a round of a message, in as many records as its envelopes take.
 *
 * @module
 */
import { toHex } from '../core/bytes.js';
import { randomBytes } from '../core/random.js';
import type { Envelope } from '../fanout/index.js';
import type { Core } from './core.js';
import { outboxEntry } from './keys.js';
import { markKept } from './kept.js';
import { MAX_ENVELOPES, type OutboxEntry } from './state.js';
import type { Transaction } from './transaction.js';

/** Bytes of envelopes in one record: the longest envelope fits beside them. */
const MAX_CHUNK_LENGTH = 512 * 1024;

/** What is to be sent, without what the outbox itself adds. */
export type NewEntry = Pick<OutboxEntry, 'messageId' | 'round' | 'participantHash' | 'envelopes'>;

/** Puts an entry into the outbox, or in place of the round before. */
export async function writeEntry(
  core: Core,
  tx: Transaction,
  name: string,
  entry: NewEntry,
): Promise<OutboxEntry> {
  const [first = [], ...others] = chunksOf(entry.envelopes);
  const before = await tx.read(outboxEntry(name));
  const keys = Array.from({ length: Math.max(others.length, before?.more ?? 0) }, (_, i) => more(name, i));
  await tx.load(...keys);
  const sendId = toHex(randomBytes(core.settings.random, 16));
  const whole = { ...entry, sendId, more: others.length };
  tx.set(outboxEntry(name), { ...whole, envelopes: first });
  for (const [i, envelopes] of others.entries()) tx.set(more(name, i), { ...whole, envelopes, more: 0 });
  await tx.remove(...keys.slice(others.length));
  return whole;
}

/** An entry with all of its envelopes. */
export async function readEntry(tx: Transaction, name: string): Promise<OutboxEntry | undefined> {
  const entry = await tx.read(outboxEntry(name));
  if (entry === undefined || entry.more === 0) return entry;
  const keys = Array.from({ length: entry.more }, (_, i) => more(name, i));
  await tx.load(...keys);
  return {
    ...entry,
    envelopes: [...entry.envelopes, ...keys.flatMap((key) => tx.get(key)?.envelopes ?? [])],
  };
}

/** Removes an entry. */
export async function removeEntry(tx: Transaction, name: string): Promise<void> {
  const entry = await tx.read(outboxEntry(name));
  const keys = Array.from({ length: entry?.more ?? 0 }, (_, i) => more(name, i));
  await tx.remove(outboxEntry(name), ...keys);
}

function more(name: string, i: number): ReturnType<typeof outboxEntry> {
  return outboxEntry(`more-${name} ${i}`);
}

/** Envelopes in portions that a record can hold. */
function chunksOf(envelopes: readonly Envelope[]): readonly (readonly Envelope[])[] {
  const chunks: Envelope[][] = [];
  let room = 0;
  for (const envelope of envelopes) {
    const current = chunks.at(-1);
    if (current === undefined || current.length >= MAX_ENVELOPES || room < envelope.bytes.length) {
      chunks.push([envelope]);
      room = MAX_CHUNK_LENGTH;
    } else current.push(envelope);
    room -= envelope.bytes.length;
  }
  return chunks;
}

/** Removes the entry of a message that is sent, and keeps the message for those who ask again. */
export async function finish(tx: Transaction, name: string, messageId: string): Promise<void> {
  await removeEntry(tx, name);
  await markKept(tx, messageId);
  tx.emit({ kind: 'sent', id: messageId });
}
