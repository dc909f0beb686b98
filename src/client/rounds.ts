/**
 * The rounds of a message: sent, answered by the server, and sent again to those whom it has named.
 *
 *     no envelopes yet: seal ─▸ send ─▸ answer ─ done: remove
 *              ▲                           └ again: fetch lists ─▸ next round
 *              └────────────────────────────────────────┘
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { reviewAnswer, type FanoutAnswer } from '../fanout/index.js';
import { connected, loadSelf, loadSessions, type Core } from './core.js';
import { message, outboxEntry, session } from './keys.js';
import { accountsOf, refreshLists } from './lists.js';
import { finish, readEntry, removeEntry, writeEntry } from './outboxEntry.js';
import { Fetched, planChat, sealRound, type Round } from './seal.js';
import type { OutboxEntry } from './state.js';
import type { Transaction } from './transaction.js';

/** What is known of an entry that was just written: it need not be read again. */
export interface Written extends Round {
  /** The entry. */
  readonly entry: OutboxEntry;
}

/** Sends an entry, round by round, until the server has nothing to say. */
export async function sendEntry(core: Core, name: string, written?: Written): Promise<void> {
  let current: Round = written ?? { isPart: false };
  let entry = written?.entry;
  let hasFetched = false;
  let fetched = new Fetched();
  for (;;) {
    entry ??= await core.transactor.run((tx) => readEntry(tx, name));
    if (entry === undefined) return;
    if (entry.round > 0 && entry.envelopes.length === 0) {
      // Whoever was interrupted after the server's answer may not have the lists that it has asked for.
      if (entry.round > 1 && !hasFetched) await refreshLists(core, await accountsTo(core, entry.messageId));
      current = await sealNext(core, name, entry, fetched);
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
    // The parts of a round share what was fetched; what the server finds wrong with one is fetched anew.
    if (!current.isPart || !isSilent(answer)) fetched = new Fetched();
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

/** Notes the server's answer; returns the accounts to fetch where another part or another round follows. */
async function takeAnswer(
  core: Core,
  tx: Transaction,
  name: string,
  entry: OutboxEntry,
  answer: FanoutAnswer,
  { plan, isPart }: Round,
): Promise<readonly string[] | undefined> {
  const { messageId, round, sendId } = entry;
  // Another client of the same store may have gone on with the message: what it has written counts.
  if ((await tx.read(outboxEntry(name)))?.sendId !== sendId) return undefined;
  if (isPart && isSilent(answer)) {
    await writeEntry(core, tx, name, { messageId, round, envelopes: [] });
    return [];
  }
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
  // Whoever comes in a later part has not been asked about yet.
  const isLeft = review.kind === 'given-up' && isPart;
  if (review.kind !== 'done' && !isLeft) {
    tx.set(message(messageId), review.message);
    for (const [device, renewed] of review.sessions) tx.set(session(device), renewed);
  }
  // A plan that was made after the round may name devices that the round did not reach: it is sealed for them.
  const isOver = (review.kind === 'given-up' && !isLeft) || (review.kind === 'done' && plan !== undefined);
  if (isOver) {
    await finish(tx, name, messageId);
    return undefined;
  }
  await writeEntry(core, tx, name, { messageId, round: round + 1, envelopes: [] });
  return review.kind === 'done' ? [] : accountsOf(review.fetch);
}

/** Encrypts the next round; if nobody is left to encrypt for, the message is sent. */
async function sealNext(core: Core, name: string, entry: OutboxEntry, fetched: Fetched): Promise<Round> {
  return sealRound(core, entry.messageId, fetched, async (tx, sealed) => {
    if (sealed === undefined || sealed.envelopes.length === 0) {
      await finish(tx, name, entry.messageId);
      return;
    }
    const { envelopes, plan, isPart } = sealed;
    const { messageId, round } = entry;
    const { participantHash } = plan;
    // A part, or a later round, goes to some devices only; the last part of the first round has the hash over all.
    const whole = round === 1 && !isPart ? { participantHash } : {};
    await writeEntry(core, tx, name, { messageId, round, envelopes, ...whole });
  });
}
