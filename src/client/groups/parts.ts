/**
 * What groups take part in: what comes, what is asked for again, what is due from time to time.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { reveal } from '../../core/secret.js';
import { decodeContent } from '../../content/index.js';
import type { Envelope, OutgoingMessage, PairwiseEnvelope } from '../../fanout/index.js';
import { isMember, reviewGroupRetry } from '../../group/index.js';
import type { SenderKeyProfile } from '../../senderkey/index.js';
import type { Core, Self } from '../core.js';
import type { FeatureParts } from '../feature.js';
import { openStep } from '../open.js';
import { DONE } from '../opened.js';
import type { Outbox } from '../outbox.js';
import type { Transaction } from '../transaction.js';
import { eraseIds } from '../upkeep.js';
import { ANSWERED, ASKED, DISPUTED, groupRecord, keyHolders, ownSenderKey, UNKNOWN } from './keys.js';
import { forgetKeysOf, forgetLeft } from './known.js';
import { keyOf, planGroup } from './plan.js';
import { takeEnvelope, takeMessage } from './receive.js';
import { ASK_INTERVAL_MS, askForGroups, tellAll } from './tell.js';
import { ANSWER_LIFETIME_MS } from './updates.js';
import { askForKeys, KEY_WAIT_MS, releaseWaiting } from './waiting.js';

/** What groups do for a client. */
export function partsOf(core: Core, outbox: Outbox, profile: SenderKeyProfile): FeatureParts {
  let stopAsking: (() => void) | undefined;
  const askIn = (ms: number): void => {
    stopAsking ??= core.settings.clock.after(ms, () => {
      stopAsking = undefined;
      ask().catch(() => undefined); // what fails now is done with the next upkeep
    });
  };
  const ask = async (): Promise<void> => {
    const { entries, wait } = await askForKeys(core);
    sendAll(entries);
    if (wait !== undefined) askIn(wait);
  };
  const sendAll = (entries: readonly string[]): void => {
    for (const entry of entries) void outbox.send(entry);
  };
  const open: FeatureParts['takeEnvelope'] = async (tx, envelope) => {
    const opened = await (isPairwise(envelope)
      ? openStep(core, tx, envelope)
      : takeEnvelope(core, profile, tx, envelope));
    if (opened.kind === 'waiting') askIn(KEY_WAIT_MS);
    return opened;
  };
  return {
    takeMessage: (tx, self, message, envelope) => takeMessage(core, profile, tx, self, message, envelope),
    takeEnvelope: open,
    release: async (group) => [
      ...(await releaseWaiting(core, group, open)),
      { ...DONE, entries: await tellAll(core) },
    ],
    mayAsk: (tx, self, message, device) => mayAsk(core, tx, self, message, device),
    mayRead: (tx, self, message, account) => mayRead(core, tx, self, message, account),
    forget: (tx, devices) => forgetKeysOf(core, tx, devices),
    renew: async () => {
      sendAll(await askForGroups(core));
      sendAll(await tellAll(core));
      await ask();
      await forgetLeft(core);
      await eraseIds(core, ASKED, ANSWER_LIFETIME_MS, Infinity);
      for (const marks of [ANSWERED, DISPUTED, UNKNOWN])
        await eraseIds(core, marks, ASK_INTERVAL_MS, Infinity);
    },
    stop: () => {
      stopAsking?.();
    },
  };
}

function isPairwise(envelope: Envelope): envelope is PairwiseEnvelope {
  return envelope.type === 'prekey' || envelope.type === 'message';
}

/**
 * Whether a device may ask for a message again: one to a group only as long as it may read there. Changes are for those whom
 * they have put out, too.
 */
async function mayAsk(
  core: Core,
  tx: Transaction,
  self: Self,
  message: OutgoingMessage,
  device: Address,
): Promise<boolean> {
  const { chat } = message;
  if (isBetweenTwo(self, message)) return true;
  await tx.load(groupRecord(chat), ownSenderKey(chat), keyHolders(chat));
  const record = tx.get(groupRecord(chat));
  const key = keyOf(tx, chat);
  if (record === undefined || key === undefined || !isMember(record, self.account)) return true;
  if (isChange(core, message)) return true;
  const plan = await planGroup(core, tx, self, record.group);
  const review = reviewGroupRetry({ record, plan, holders: key.holders, device });
  tx.set(keyHolders(chat), review.holders);
  return review.kind === 'allowed';
}

/** Whether an account may still read a message to a group: it is a member, or is told that it has been put out. */
async function mayRead(
  core: Core,
  tx: Transaction,
  self: Self,
  message: OutgoingMessage,
  account: Address,
): Promise<boolean> {
  const { chat } = message;
  if (isBetweenTwo(self, message)) return true;
  const record = await tx.read(groupRecord(chat));
  if (record === undefined || !isMember(record, self.account)) return true;
  return isMember(record, account) || isChange(core, message);
}

function isBetweenTwo({ account }: Self, { chat, accounts }: OutgoingMessage): boolean {
  return chat === account || accounts.includes(chat);
}

function isChange({ settings: { format } }: Core, { plaintexts }: OutgoingMessage): boolean {
  if (plaintexts.kind === 'each') return false;
  return decodeContent({ format, plaintext: reveal(plaintexts.plaintext) }).groupChange !== undefined;
}
