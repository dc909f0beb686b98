/**
 * The outbox: what is encrypted and stored, and not yet taken by the server.
 *
 *     entry ─ no envelopes yet: seal ─▸ send ─▸ answer ─ done: remove
 *                    ▲                            └ again: fetch lists ─▸ next round
 *                    └─────────────────────────────────────────┘
 *
 * Entries are sent one after the other, in the order of their times. Each names its send, so that a server that is asked
 * again after a crash delivers nothing twice.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { toHex } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { randomBytes } from '../core/random.js';
import {
  reviewAnswer,
  updateResendCache,
  type CachedMessage,
  type Envelope,
  type FanoutAnswer,
  type FanoutPlan,
} from '../fanout/index.js';
import { connected, loadSelf, loadSessions, type Core } from './core.js';
import { STOPPING_CODES } from './deadline.js';
import { KEPT, keptMessage, keptOf, message, OUTBOX, outboxEntry, session } from './keys.js';
import { accountsOf, refreshLists } from './lists.js';
import { planChat, sealRound } from './seal.js';
import { MAX_ENVELOPES, type OutboxEntry } from './state.js';
import type { Transaction } from './transaction.js';

/** Messages are dropped from those that are kept after so many sends: so many more than the bound may be kept. */
const SENDS_PER_DROP = 16;

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
  for (const [i, key] of keys.entries()) {
    const envelopes = others[i];
    if (envelopes === undefined) tx.remove(key);
    else tx.set(key, { ...whole, envelopes, more: 0 });
  }
  return whole;
}

async function readEntry(tx: Transaction, name: string): Promise<OutboxEntry | undefined> {
  const entry = await tx.read(outboxEntry(name));
  if (entry === undefined || entry.more === 0) return entry;
  const keys = Array.from({ length: entry.more }, (_, i) => more(name, i));
  await tx.load(...keys);
  return {
    ...entry,
    envelopes: [...entry.envelopes, ...keys.flatMap((key) => tx.get(key)?.envelopes ?? [])],
  };
}

async function removeEntry(tx: Transaction, name: string): Promise<void> {
  const entry = await tx.read(outboxEntry(name));
  const keys = Array.from({ length: entry?.more ?? 0 }, (_, i) => more(name, i));
  await tx.load(...keys);
  for (const key of [outboxEntry(name), ...keys]) tx.remove(key);
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

/** Whether a message has reached the server. */
export type Sent =
  | {
      /** It has. */
      readonly kind: 'sent';
    }
  | {
      /** It is stored, and goes out with the next connection. */
      readonly kind: 'queued';
      /** Why not yet. */
      readonly error: PolyratchetError;
    };

/** What is known of an entry that was just written: it need not be read again. */
export interface Written {
  /** The entry. */
  readonly entry: OutboxEntry;
  /** The plan of its round. */
  readonly plan?: FanoutPlan;
}

interface Waiting {
  readonly name: string;
  readonly written?: Written;
  readonly settle: ((sent: Sent) => void)[];
}

/** Sends what the outbox holds. */
export class Outbox {
  readonly #core: Core;
  #queue: Waiting[] = [];
  /** Whether the store may hold entries that the queue does not: those of earlier runs, and what could not be sent. */
  #isBehind = true;
  #sinceDrop = 0;
  #draining: Promise<void> | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Sends an entry that was written, after those before it. */
  send(name: string, written?: Written): Promise<Sent> {
    return new Promise((settle) => {
      this.#queue.push({ name, ...(written === undefined ? {} : { written }), settle: [settle] });
      void this.#drain();
    });
  }

  /** Sends whatever the store holds. */
  async flush(): Promise<void> {
    this.#isBehind = true;
    await this.#drain();
  }

  /** Waits until nothing is being sent. */
  async settled(): Promise<void> {
    await this.#draining;
  }

  #drain(): Promise<void> {
    this.#draining ??= this.#sendAll();
    return this.#draining;
  }

  /** In order; what could not be sent stays for the next time, and so does everything after it. */
  async #sendAll(): Promise<void> {
    await Promise.resolve(); // so that the last line comes after its beginning was noted
    while (this.#isBehind || this.#queue.length > 0) {
      try {
        await this.#sendNext();
      } catch (cause) {
        const error = asError(cause);
        // Other errors are about one message, and the next may do better.
        if (STOPPING_CODES.includes(error.code)) {
          this.#giveUp(error);
          break;
        }
        this.#settle({ kind: 'queued', error });
      }
    }
    this.#draining = undefined;
  }

  async #sendNext(): Promise<void> {
    connected(this.#core);
    if (this.#isBehind) await this.#gather();
    const next = this.#queue[0];
    if (next === undefined) return;
    await sendEntry(this.#core, next.name, next.written);
    this.#settle({ kind: 'sent' });
    await this.#dropKept();
  }

  /** Takes what the store holds into the queue, in its order. */
  async #gather(): Promise<void> {
    const stored: string[] = [];
    for await (const names of this.#core.records.names(OUTBOX)) stored.push(...names);
    const known = new Set(this.#queue.map(({ name }) => name));
    for (const name of stored) if (!known.has(name)) this.#queue.push({ name, settle: [] });
    this.#queue.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#isBehind = false;
  }

  /** Now and then: looking after each message would cost more than sending it. */
  async #dropKept(): Promise<void> {
    this.#sinceDrop++;
    if (this.#sinceDrop < SENDS_PER_DROP) return;
    this.#sinceDrop = 0;
    await dropKept(this.#core);
  }

  #settle(sent: Sent): void {
    const [first, ...others] = this.#queue;
    this.#queue = others;
    for (const settle of first?.settle ?? []) settle(sent);
  }

  #giveUp(error: PolyratchetError): void {
    const waiting = this.#queue;
    this.#queue = [];
    this.#isBehind = true;
    for (const { settle } of waiting) for (const each of settle) each({ kind: 'queued', error });
  }
}

function asError(cause: unknown): PolyratchetError {
  if (PolyratchetError.is(cause)) return cause;
  return new PolyratchetError('server-failed', { operation: 'server.send' }, { cause });
}

/** Sends an entry, round by round, until the server has nothing to say. */
async function sendEntry(core: Core, name: string, written?: Written): Promise<void> {
  let current = written?.plan;
  let entry = written?.entry;
  let hasFetched = false;
  for (;;) {
    entry ??= await core.transactor.run((tx) => readEntry(tx, name));
    if (entry === undefined) return;
    if (entry.round > 0 && entry.envelopes.length === 0) {
      // Whoever was interrupted after the server's answer may not have the lists that it has asked for.
      if (entry.round > 1 && !hasFetched) await refreshLists(core, await accountsTo(core, entry.messageId));
      current = await sealNext(core, name, entry);
      entry = undefined;
      continue;
    }
    const round = entry;
    const { sendId: id, participantHash } = round;
    const answer = await connected(core).send(round.envelopes, {
      id,
      ...(participantHash === undefined ? {} : { participantHash }),
    });
    const fetch = await core.transactor.run((tx) => takeAnswer(core, tx, name, round, answer, current));
    if (fetch === undefined) return;
    entry = undefined;
    await refreshLists(core, fetch);
    hasFetched = true;
  }
}

/** The accounts that a message was written to. */
async function accountsTo(core: Core, messageId: string): Promise<readonly Address[]> {
  return (await core.transactor.run((tx) => tx.read(message(messageId))))?.accounts ?? [];
}

/** Whether the server has nothing to say. */
function isSilent({ stale, missing, extra, participantHash }: FanoutAnswer): boolean {
  return [stale, missing, extra, participantHash].every((part) => part === undefined);
}

/** Notes the server's answer; returns the accounts to fetch where another round follows. */
async function takeAnswer(
  core: Core,
  tx: Transaction,
  name: string,
  entry: OutboxEntry,
  answer: FanoutAnswer,
  plan: FanoutPlan | undefined,
): Promise<readonly string[] | undefined> {
  const { messageId, round } = entry;
  if (round > 0 && plan !== undefined && isSilent(answer)) {
    await finish(tx, name, messageId);
    return undefined;
  }
  const sent = round === 0 ? undefined : await tx.read(message(messageId));
  if (sent === undefined) {
    await removeEntry(tx, name);
    return undefined;
  }
  const planned = plan ?? (await planChat(core, tx, await loadSelf(tx), sent));
  const stale = [...planned.recipients, ...planned.ownDevices]
    .map(({ device }) => device)
    .filter((device) => answer.stale?.includes(device) === true);
  const sessions = await loadSessions(tx, stale);
  const review = reviewAnswer({ plan: planned, message: sent, answer, sessions });
  if (review.kind !== 'done') {
    tx.set(message(messageId), review.message);
    for (const [device, renewed] of review.sessions) tx.set(session(device), renewed);
  }
  // A plan that was made after the round may name devices that the round did not reach: it is sealed for them.
  const isOver = review.kind === 'given-up' || (review.kind === 'done' && plan !== undefined);
  if (isOver) {
    await finish(tx, name, messageId);
    return undefined;
  }
  await writeEntry(core, tx, name, { messageId, round: round + 1, envelopes: [] });
  return review.kind === 'done' ? [] : accountsOf(review.fetch);
}

/** Encrypts the next round; if nobody is left to encrypt for, the message is sent. */
async function sealNext(core: Core, name: string, entry: OutboxEntry): Promise<FanoutPlan | undefined> {
  return sealRound(core, entry.messageId, async (tx, sealed) => {
    if (sealed === undefined || sealed.envelopes.length === 0) {
      await finish(tx, name, entry.messageId);
      return;
    }
    const { envelopes, plan } = sealed;
    const { messageId, round } = entry;
    const { participantHash } = plan;
    // A later round goes to some devices only: a hash over all would differ from what the server sees.
    const whole = round === 1 ? { participantHash } : {};
    await writeEntry(core, tx, name, { messageId, round, envelopes, ...whole });
  });
}

/** Removes the entry of a message that is sent, and keeps the message for those who ask again. */
export async function finish(tx: Transaction, name: string, messageId: string): Promise<void> {
  await removeEntry(tx, name);
  const mark = keptMessage({ messageId, sentAt: tx.now });
  await tx.load(mark);
  tx.set(mark, { at: tx.now });
  tx.emit({ kind: 'sent', id: messageId });
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
  await core.transactor.run(async (tx) => {
    const keys = [...marks, ...evicted.map(message)];
    await tx.load(...keys);
    for (const key of keys) tx.remove(key);
  });
}
