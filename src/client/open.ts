/**
 * Opening an envelope: one transaction takes the message into the inbox together with all that its decryption changes.
 *
 *     delivered ─▸ session, prekey, lists, inbox     unverified ─▸ held     unreadable ─▸ asked for again
 *
 * @module
 */
import { accountOf, isDevice, type Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import type { VerifiedChat } from '../content/index.js';
import { openEnvelope, settleRetry, type OpenedEnvelope, type PairwiseEnvelope } from '../fanout/index.js';
import { peekPreKeyMessage } from '../session/index.js';
import { isOwnTrouble, loadSelf, type Core, type Self } from './core.js';
import type { ReceivedMessage } from './events.js';
import type { ClientContentExtensions } from './extensions.js';
import type { DeliveredMessage, TakenMessage } from './feature.js';
import { hold } from './held.js';
import {
  deviceList,
  inboxMessage,
  inboxName,
  logoutOf,
  oneTimePreKey,
  retryRequests,
  seenId,
  session,
  signedPreKey,
} from './keys.js';
import { accountsOf, changeList } from './lists.js';
import { isMessageId, malformed, refuse, type Opened } from './opened.js';
import { askAgain } from './retry.js';
import type { InboxMessage } from './state.js';
import type { Transaction } from './transaction.js';

/** Takes an envelope with a message of a session. */
export async function openStep(core: Core, tx: Transaction, envelope: PairwiseEnvelope): Promise<Opened> {
  const { id, from } = envelope;
  if (!isDevice(from)) return refuse(tx, envelope, malformed('from'));
  if (!isMessageId(id)) return refuse(tx, envelope, malformed('id'));
  const account = accountOf(from);
  const preKeys = preKeysOf(envelope);
  const keys = [session(from), deviceList(account), retryRequests(from), seenId(from, id)];
  const named = [preKeys.signed, preKeys.oneTime].filter((key) => key !== undefined);
  const self = await loadSelf(tx, ...keys, ...named);
  let opened: OpenedEnvelope<ClientContentExtensions>;
  try {
    opened = openAnywhere(core, optionsOf(core, tx, self, envelope, preKeys));
  } catch (error) {
    if (!PolyratchetError.is(error)) throw error;
    return takeFailure(core, tx, self, envelope, error);
  }
  if (opened.kind === 'held') return hold(core, tx, envelope, accountsOf(opened.fetch));
  return deliver(core, tx, self, envelope, opened);
}

type OpenOptions = Parameters<typeof openEnvelope<ClientContentExtensions>>[0];

/**
 * Opens an envelope. A message that is for neither of us both is tried as one for a group: whether there is such a group, and
 * whether its sender may write there, is for the feature to say that knows groups.
 */
function openAnywhere({ features }: Core, options: OpenOptions): OpenedEnvelope<ClientContentExtensions> {
  try {
    return openEnvelope(options);
  } catch (error) {
    if (features.length === 0 || !PolyratchetError.is(error, 'wrong-chat')) throw error;
    return openEnvelope({ ...options, groups: EVERY_GROUP });
  }
}

const EVERY_GROUP = { has: () => true };

interface NamedPreKeys {
  readonly signed?: ReturnType<typeof signedPreKey>;
  readonly oneTime?: ReturnType<typeof oneTimePreKey>;
}

/** The prekeys that a message names; one that cannot be read names none, and is refused when it is opened. */
function preKeysOf({ type, bytes }: PairwiseEnvelope): NamedPreKeys {
  if (type !== 'prekey') return {};
  try {
    const { signedPreKeyId, oneTimePreKeyId } = peekPreKeyMessage(bytes);
    return {
      signed: signedPreKey(signedPreKeyId),
      ...(oneTimePreKeyId === undefined ? {} : { oneTime: oneTimePreKey(oneTimePreKeyId) }),
    };
  } catch {
    return {};
  }
}

function optionsOf(
  { settings }: Core,
  tx: Transaction,
  { own, identity }: Self,
  envelope: PairwiseEnvelope,
  { signed, oneTime }: NamedPreKeys,
): OpenOptions {
  const { from } = envelope;
  const record = tx.get(deviceList(accountOf(from)));
  const known = tx.get(session(from));
  const signedKey = signed === undefined ? undefined : tx.get(signed);
  const oneTimeKey = oneTime === undefined ? undefined : tx.get(oneTime);
  return {
    envelope,
    own,
    identity,
    ...(record === undefined ? {} : { sender: { record } }),
    ...(known === undefined ? {} : { session: known }),
    ...(signedKey === undefined ? {} : { signedPreKey: signedKey }),
    ...(oneTimeKey === undefined ? {} : { oneTimePreKey: oneTimeKey }),
    format: settings.format,
    hosted: settings.hosted,
    random: settings.random,
    now: tx.now,
  };
}

/** Writes what a message changes, and the message itself unless it is a repetition. */
async function deliver(
  core: Core,
  tx: Transaction,
  self: Self,
  envelope: PairwiseEnvelope,
  opened: DeliveredMessage,
): Promise<Opened> {
  const { messageId, device, chat, content } = opened;
  const { address: from } = device;
  const account = accountOf(from);
  const { author } = content.extensions ?? {};
  const isForeign = author === undefined && core.settings.format.foreign === true;
  if (author !== account && !isForeign) {
    const error = new PolyratchetError('wrong-chat', { expected: [account], got: author ?? 'nobody' });
    return refuse(tx, envelope, error);
  }
  const seen = seenId(from, messageId);
  const fetch = accountsOf(opened.fetch);
  const isRepeated = (await tx.read(seen)) !== undefined;
  const taken = isRepeated ? undefined : await takeByFeature(core, tx, self, opened, envelope);
  if (taken !== undefined && taken.opened.kind !== 'done') return taken.opened;
  await writeChanges(core, tx, self, opened);
  if (isRepeated) return { kind: 'done', fetch };
  tx.set(seen, { at: tx.now });
  if (taken !== undefined) {
    const group = { kind: 'group', chat: chat.chat } as const;
    if (taken.isShown) await putIntoInbox(tx, messageId, from, group, content.body);
    return { ...taken.opened, fetch: [...fetch, ...taken.opened.fetch] };
  }
  if (chat.kind === 'group') return { kind: 'done', fetch };
  await putIntoInbox(tx, messageId, from, chat, content.body);
  const isLogout = content.extensions?.logout === true && self.devices?.account === account;
  if (!isLogout) return { kind: 'done', fetch };
  await tx.load(logoutOf(from));
  tx.set(logoutOf(from), { at: tx.now });
  return { kind: 'done', fetch, logout: true };
}

async function takeByFeature(
  { features }: Core,
  tx: Transaction,
  self: Self,
  opened: DeliveredMessage,
  envelope: PairwiseEnvelope,
): Promise<TakenMessage | undefined> {
  for (const feature of features) {
    const taken = await feature.takeMessage(tx, self, opened, envelope);
    if (taken !== undefined) return taken;
  }
  return undefined;
}

/** Writes what the decryption of a message changes. */
async function writeChanges(
  core: Core,
  tx: Transaction,
  self: Self,
  { messageId, device, changes }: DeliveredMessage,
): Promise<void> {
  const { address: from } = device;
  await tx.load(session(from));
  tx.set(session(from), changes.session);
  if (changes.oneTimePreKeyId !== undefined) {
    await tx.remove(oneTimePreKey(changes.oneTimePreKeyId));
  }
  for (const record of changes.lists) {
    const isOwn = record.account === self.account;
    // What contacts say of the primary's own list is no news to it.
    if (isOwn && self.devices !== undefined) continue;
    await changeList(core, tx, isOwn ? self.own.record : tx.get(deviceList(record.account)), record);
  }
  const asked = tx.get(retryRequests(from));
  if (asked?.messages.some((message) => message.messageId === messageId) === true) {
    tx.set(retryRequests(from), settleRetry({ requests: asked, messageId, now: tx.now }));
  }
}

/** Puts a message of the application into the inbox; others have nothing to show. */
export async function putIntoInbox(
  tx: Transaction,
  id: string,
  from: Address,
  { kind, chat }: VerifiedChat,
  body: Uint8Array | undefined,
): Promise<void> {
  if (body === undefined) return;
  const name = inboxName(tx.stamp(), from, id);
  const stored = { id, from, kind, chat, body, receivedAt: tx.now };
  await tx.load(inboxMessage(name));
  tx.set(inboxMessage(name), stored);
  tx.emit({ kind: 'message', message: receivedMessage(name, stored) });
}

/** A message of the inbox as the application sees it. */
export function receivedMessage(key: string, stored: InboxMessage): ReceivedMessage {
  const { id, from, kind, chat, body, receivedAt } = stored;
  return { key, id, from, chat: { kind, chat }, body: body.slice(), receivedAt };
}

/** What to do about a message that could not be opened. */
async function takeFailure(
  core: Core,
  tx: Transaction,
  self: Self,
  envelope: PairwiseEnvelope,
  error: PolyratchetError,
): Promise<Opened> {
  if (isOwnTrouble(error)) throw error; // the message waits at the server
  const account = accountOf(envelope.from);
  if (PolyratchetError.is(error, 'untrusted-identity') && account === envelope.from) {
    const { expected, got } = error.data;
    tx.emit({ kind: 'identity-changed', account, expected, got });
    return hold(core, tx, envelope, []);
  }
  return askAgain(core, tx, self, envelope, error);
}
