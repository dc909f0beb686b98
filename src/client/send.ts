/**
 * Sending: one transaction encrypts a message for every device of both sides and stores it; then it is sent.
 *
 * @module
 */
import { accountOf, inputAccount, type Address } from '../core/address.js';
import { copyBytes, inputBytes, toHex } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { randomBytes } from '../core/random.js';
import { inputMessageId } from '../content/index.js';
import {
  composeMessage,
  type DeviceOutcome,
  type FanoutPlan,
  type OutgoingContent,
  type OutgoingMessage,
} from '../fanout/index.js';
import { loadSelf, type Core } from './core.js';
import { authored, type ClientContentExtensions } from './extensions.js';
import { deviceList, message, outboxEntry, outboxName, sentId } from './keys.js';
import type { Outbox, Sent } from './outbox.js';
import { finish, writeEntry } from './outboxEntry.js';
import type { Written } from './rounds.js';
import {
  Fetched,
  roundOf,
  planChat,
  requireReached,
  sealStep,
  tellIdentityChange,
  type Destination,
  type Missing,
} from './seal.js';
import type { Transaction } from './transaction.js';

/** A message to send. */
export interface SendMessage {
  /** The recipient's account; the own one for a note to our other devices. */
  readonly to: Address;
  /** The application's bytes; in the form `message` its serialised Message. */
  readonly body: Uint8Array;
  /**
   * Names the message, 1 … 64 characters of printable ASCII: the same id again is the same message, whatever else is said,
   * and is not encrypted again for 30 days. Random unless given.
   */
  readonly id?: string;
}

/** What became of a message. It is stored in any case, and is sent with the next connection if it was not yet. */
export type SentMessageResult = Sent & {
  /** Its id. */
  readonly id: string;
  /**
   * What became of each device of both sides; empty where the id was used before. Of a long message to very many devices,
   * which is encrypted for some at a time, those of the first part.
   */
  readonly devices: readonly DeviceOutcome[];
};

/** A message as it is taken from the caller: whatever the caller does with its arrays afterwards. */
export interface Request extends Destination {
  /** Its id. */
  readonly id: string;
  /** What it says. */
  readonly content: OutgoingContent<ClientContentExtensions>;
}

/** Sends a message of the application. */
export async function sendMessage(
  core: Core,
  outbox: Outbox,
  options: SendMessage,
): Promise<SentMessageResult> {
  const { to, body, id } = inputObject('options', options);
  const chat = inputAccount('to', to);
  return sendContent(core, outbox, {
    chat,
    accounts: [chat],
    id: id === undefined ? randomId(core) : inputMessageId(id),
    content: { body: copyBytes(inputBytes('body', body)) },
  });
}

/** A new id. */
export function randomId({ settings: { random } }: Core): string {
  return toHex(randomBytes(random, 16));
}

/** What one transaction has made of a message. */
type Step =
  | ({ readonly kind: 'fetch' } & Missing)
  /** The id was used: the message is sent, or there is an entry for it. */
  | { readonly kind: 'known'; readonly name?: string }
  | {
      readonly kind: 'stored';
      readonly name: string;
      readonly written?: Written;
      readonly devices: readonly DeviceOutcome[];
    };

/**
 * Encrypts, stores and sends. Where the server cannot be asked for bundles, the message is stored as it is, and is
 * encrypted when it can.
 */
export async function sendContent(core: Core, outbox: Outbox, request: Request): Promise<SentMessageResult> {
  const fetched = new Fetched();
  const encrypt = async (failure?: PolyratchetError): Promise<Step> => {
    try {
      return await core.transactor.run((tx) => encryptStep(core, tx, request, fetched, failure));
    } catch (error) {
      tellIdentityChange(core, error);
      throw error;
    }
  };
  let step = await encrypt();
  if (step.kind === 'fetch') step = await core.fetching.run(() => fetchAndEncrypt(core, fetched, encrypt));
  if (step.name === undefined) return { kind: 'sent', id: request.id, devices: [] };
  const written = step.kind === 'stored' ? step.written : undefined;
  const sent = await outbox.send(step.name, written);
  return { ...sent, id: request.id, devices: step.kind === 'stored' ? step.devices : [] };
}

/** Fetches what a message lacks until it can be encrypted; if the server fails, the message makes do. */
async function fetchAndEncrypt(
  core: Core,
  fetched: Fetched,
  encrypt: (failure?: PolyratchetError) => Promise<Step>,
): Promise<Exclude<Step, { readonly kind: 'fetch' }>> {
  let failure: PolyratchetError | undefined;
  for (;;) {
    const step = await encrypt(failure);
    if (step.kind !== 'fetch') return step;
    try {
      await fetched.fetch(core, step);
    } catch (error) {
      if (!isServerDown(error)) throw error;
      failure = error;
    }
  }
}

/** Whether the server cannot be asked now. */
export function isServerDown(error: unknown): error is PolyratchetError {
  return PolyratchetError.is(error, 'server-failed') || PolyratchetError.is(error, 'deadline');
}

async function encryptStep(
  core: Core,
  tx: Transaction,
  request: Request,
  fetched: Fetched,
  failure: PolyratchetError | undefined,
): Promise<Step> {
  const { id: messageId, chat, accounts } = request;
  const self = await loadSelf(tx, sentId(messageId), ...accounts.map(deviceList));
  const known = await findSent(tx, messageId);
  if (known !== undefined) return { kind: 'known', ...known };
  const unknown = accounts.filter(
    (account) =>
      account !== self.account && tx.get(deviceList(account)) === undefined && !fetched.hasAsked(account),
  );
  // Without any list there is nobody to write to; without a bundle the message can wait.
  if (unknown.length > 0 && failure !== undefined) throw failure;
  if (unknown.length > 0) return { kind: 'fetch', lists: unknown, bundles: [] };
  const plan = await planChat(core, tx, self, { chat, accounts });
  const missing = fetched.missing(plan);
  if (missing !== undefined && failure === undefined) return { kind: 'fetch', ...missing };

  if (missing !== undefined)
    return { kind: 'stored', name: await queueContent(core, tx, plan, request), devices: [] };
  const outgoing = compose(core, plan, request);
  const at = tx.stamp();
  const name = outboxName(at, messageId);
  tx.set(sentId(messageId), { at });
  const sealed = await sealStep(core, tx, self, plan, outgoing, fetched);
  requireReached(plan, sealed);
  const { envelopes, outcomes, isPart } = sealed;
  const round = roundOf(core, sealed);
  if (envelopes.length === 0) {
    await finish(tx, name, messageId);
    return { kind: 'stored', name, devices: outcomes };
  }
  const whole = isPart ? {} : { participantHash: plan.participantHash };
  const entry = await writeEntry(core, tx, name, { messageId, round: 1, ...whole, envelopes });
  return { kind: 'stored', name, written: { entry, ...round }, devices: outcomes };
}

/** What is known of an id that was used: the name of its entry in the outbox, unless the message is sent. */
export async function findSent(
  tx: Transaction,
  messageId: string,
): Promise<{ readonly name?: string } | undefined> {
  const used = await tx.read(sentId(messageId));
  if (used === undefined) return undefined;
  const name = outboxName(used.at, messageId);
  return (await tx.read(outboxEntry(name))) === undefined ? {} : { name };
}

/** Stores a message that is encrypted when it is sent; returns its entry in the outbox. */
export async function queueContent(
  core: Core,
  tx: Transaction,
  plan: FanoutPlan,
  request: Request,
): Promise<string> {
  const { id: messageId } = request;
  const at = tx.stamp();
  const name = outboxName(at, messageId);
  await tx.load(message(messageId), sentId(messageId));
  tx.set(sentId(messageId), { at });
  tx.set(message(messageId), compose(core, plan, request));
  await writeEntry(core, tx, name, { messageId, round: 1, envelopes: [] });
  return name;
}

/** The message of a request. */
export function compose(
  { settings: { format } }: Core,
  plan: FanoutPlan,
  { id: messageId, content }: Pick<Request, 'id' | 'content'>,
): OutgoingMessage {
  return composeMessage({ plan, messageId, format, content: authored(accountOf(plan.from), content) });
}
