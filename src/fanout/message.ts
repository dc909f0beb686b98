/**
 * An outgoing message: its plaintext, fixed under its id before anything is encrypted, and who was sent it so far.
 *
 * Whatever happens on the way, a device gets this plaintext under this id or nothing. The own devices get it as a copy
 * that says where it went, with the participant hash of the first round.
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import { reveal, Secret } from '../core/secret.js';
import {
  encodeContent,
  encodeContext,
  encodeWithCopy,
  inputMessageId,
  wrapDeviceSent,
  type Content,
  type ContentExtensions,
  type ContentFormat,
  type NoExtensions,
} from '../content/index.js';
import type { FanoutPlan } from './plan.js';
import { isAccepted } from './planned.js';
import type { SentMessage } from './retry/sent.js';

/** What a message says; id, chat and what it says of device lists come from elsewhere. */
export type OutgoingContent<Extensions extends ContentExtensions = NoExtensions> = Omit<
  Content<Extensions>,
  'messageId' | 'chat' | 'deviceListMetadata'
>;

/** What to send to whom. */
export interface ComposeMessageOptions<Extensions extends ContentExtensions = NoExtensions> {
  /** To whom. */
  readonly plan: FanoutPlan;
  /** Its id, 1 … 64 characters of printable ASCII: new for each message. */
  readonly messageId: string;
  /** How the account writes its messages. */
  readonly format: ContentFormat<Extensions>;
  /** One content for all devices, or what gives each device its own. */
  readonly content: OutgoingContent<Extensions> | ((device: Address) => OutgoingContent<Extensions>);
  /** The message so far, where devices have come that have no content of their own yet. */
  readonly message?: OutgoingMessage;
}

/** Plaintexts, without their padding: for the recipients' devices; the copies of our own are made from them. */
export type Plaintexts =
  | {
      /** All devices get the same. */
      readonly kind: 'one';
      /** The plaintext. */
      readonly plaintext: Secret<'Plaintext'>;
      /** What our own devices get, unless the message is for them alone. */
      readonly copy?: Secret<'Plaintext'>;
    }
  | {
      /** Each device gets its own. */
      readonly kind: 'each';
      /** By device. */
      readonly plaintexts: ReadonlyMap<Address, Secret<'Plaintext'>>;
    };

/** A message on its way: to be kept, like what it says, until the server has taken it. */
export interface OutgoingMessage {
  /** Its id. */
  readonly messageId: string;
  /** Its chat. */
  readonly chat: Address;
  /** The accounts that it was written to, and our own: no other account's device ever gets it. */
  readonly accounts: readonly Address[];
  /** What it says. */
  readonly plaintexts: Plaintexts;
  /** Participant hash of the devices that it was written to. */
  readonly participantHash: string;
  /** Who was sent it, for those who ask for it again; absent as long as nobody was. */
  readonly sent?: SentMessage;
  /** Answers of the server that asked for another round. */
  readonly answers: number;
}

/**
 * Writes a message down: encodes its content, bound to its id and to the plan's chat, with what we know of the device
 * lists of both sides (in a group: of our own).
 *
 * @throws PolyratchetError as `encodeContent`; `wrong-chat`: the message so far is of another chat; `invalid-argument`: it
 *   has another id, or one content for all.
 * @example
 * ```ts no-run
 * import { composeMessage, type FanoutPlan } from 'polyratchet/fanout';
 *
 * declare const plan: FanoutPlan;
 * const message = composeMessage({
 *   plan,
 *   messageId: '3EB0C431C26A1916E07A',
 *   format: { form: 'payload' },
 *   content: { body: new TextEncoder().encode('hello') },
 * });
 * ```
 */
export function composeMessage<Extensions extends ContentExtensions = NoExtensions>(
  options: ComposeMessageOptions<Extensions>,
): OutgoingMessage {
  const { plan, content, message } = inputObject('options', options);
  const messageId = inputMessageId(options.messageId);
  const before = message === undefined ? undefined : checkSame(message, messageId, plan);
  const { from, chat, participantHash, basis } = inputObject('plan', plan);
  const plaintexts =
    typeof content === 'function' ? eachOf(options, content, before) : oneOf(options, content);
  if (message !== undefined) return { ...message, plaintexts };
  const accounts = [accountOf(from), ...basis.recipients.map(({ account }) => account)];
  return { messageId, chat, accounts, plaintexts, participantHash, answers: 0 };
}

/** A plaintext that a message has is never replaced. */
function checkSame(message: OutgoingMessage, messageId: string, plan: FanoutPlan): OtherPlaintexts {
  const { plaintexts } = checkChat(message, plan);
  if (message.messageId === messageId && plaintexts.kind === 'each') return plaintexts.plaintexts;
  throw invalidArgument('message', 'the message of this id, with a content for each device', 'another');
}

type OtherPlaintexts = ReadonlyMap<Address, Secret<'Plaintext'>>;

function oneOf<Extensions extends ContentExtensions>(
  options: ComposeMessageOptions<Extensions>,
  content: OutgoingContent<Extensions>,
): Plaintexts {
  if (options.message === undefined)
    return isCopied(options.plan)
      ? withCopy(options, content)
      : { kind: 'one', plaintext: encode(options, content) };
  throw invalidArgument('content', 'a content for each device', 'one for all');
}

/** A message that goes to somebody else is copied to our own devices. */
function isCopied({ chat, basis }: FanoutPlan): boolean {
  return chat !== basis.own.account;
}

function withCopy<Extensions extends ContentExtensions>(
  { plan, messageId, format }: ComposeMessageOptions<Extensions>,
  content: OutgoingContent<Extensions>,
): Plaintexts {
  const { chat, participantHash } = plan;
  const whole = { ...inputObject('content', content), messageId, chat };
  const { plaintext, copy } = encodeWithCopy({
    format,
    content: whole,
    metadata: contextOf(plan),
    participantHash,
  });
  return {
    kind: 'one',
    plaintext: new Secret('Plaintext', plaintext, 'given'),
    copy: new Secret('Plaintext', copy, 'given'),
  };
}

/** What messages say of the device lists, encoded once for each plan. */
const contexts = new WeakMap<FanoutPlan, Uint8Array>();

function contextOf(plan: FanoutPlan): Uint8Array {
  let context = contexts.get(plan);
  if (context === undefined) contexts.set(plan, (context = encodeContext(plan.metadata)));
  return context;
}

function eachOf<Extensions extends ContentExtensions>(
  options: ComposeMessageOptions<Extensions>,
  contentFor: (device: Address) => OutgoingContent<Extensions>,
  before: OtherPlaintexts = new Map(),
): Plaintexts {
  const { recipients, ownDevices } = options.plan;
  const added = [...recipients, ...ownDevices]
    .filter((device) => isAccepted(device) && !before.has(device.device))
    .map(({ device }) => [device, encode(options, contentFor(device))] as const);
  return { kind: 'each', plaintexts: new Map([...before, ...added]) };
}

function encode<Extensions extends ContentExtensions>(
  { plan: { chat, metadata }, messageId, format }: ComposeMessageOptions<Extensions>,
  content: OutgoingContent<Extensions>,
): Secret<'Plaintext'> {
  const whole = { ...inputObject('content', content), messageId, chat, deviceListMetadata: metadata };
  return new Secret('Plaintext', encodeContent({ format, content: whole }), 'given');
}

/**
 * Returns a message that belongs into the plan's chat.
 *
 * @throws PolyratchetError `wrong-chat`
 */
export function checkChat(message: OutgoingMessage, { chat }: FanoutPlan): OutgoingMessage {
  if (inputObject('message', message).chat === chat) return message;
  throw new PolyratchetError('wrong-chat', { expected: [message.chat], got: chat });
}

/** What a device gets, without its padding. */
export type PlaintextOf = (device: Address, isOwn: boolean) => Secret<'Plaintext'> | undefined;

/** What each device gets: recipients the message, our own devices its copy, and the same again in a later round. */
export function plaintextsOf(
  { plaintexts, participantHash }: OutgoingMessage,
  plan: FanoutPlan,
): PlaintextOf {
  if (plaintexts.kind === 'one') {
    const { plaintext, copy = plaintext } = plaintexts;
    return (_, isOwn) => (isOwn ? copy : plaintext);
  }
  const wrap = (plaintext: Uint8Array): Secret<'Plaintext'> =>
    new Secret('Plaintext', wrapDeviceSent({ plaintext, participantHash }), 'given');
  return (device, isOwn) => {
    const plaintext = plaintexts.plaintexts.get(device);
    return plaintext !== undefined && isOwn && isCopied(plan) ? wrap(reveal(plaintext)) : plaintext;
  };
}
