/**
 * Messages to a group that came before what is needed to read them: kept, not decrypted, until it comes.
 *
 * The value says which messages wait; their envelopes are the caller's to store, each as a record of its own.
 *
 * @module
 */
import { inputAccount, inputDevice, type Address } from '../core/address.js';
import { describe } from '../core/bytes.js';
import { inputInteger, inputObject, inputTime } from '../core/check.js';
import { invalidArgument, malformed } from '../core/refusals.js';
import { inputMessageId, messageIdText } from '../content/index.js';
import {
  accountText,
  decodeRecord,
  deviceText,
  encodeRecord,
  nested,
  repeated,
  required,
  uint53,
  type Table,
} from '../wire/index.js';
import {
  MAX_WAITING_LENGTH,
  MAX_WAITING_MESSAGES,
  MAX_WAITING_OF_DEVICE,
  WAITING_LIFETIME_MS,
} from './limits.js';

/** A message that waits. */
export interface WaitingMessage {
  /** Address of the device that it is said to come from. */
  readonly device: Address;
  /** Id of its envelope, 1 … 64 characters of printable ASCII. */
  readonly messageId: string;
  /** Bytes of its envelope. */
  readonly length: number;
  /** When it came, milliseconds since 1970. */
  readonly receivedAt: number;
}

/** The messages of one group that wait. */
export interface WaitingMessages {
  /** Address of the group. */
  readonly group: Address;
  /** The messages, in the order in which they came. */
  readonly messages: readonly WaitingMessage[];
}

/** A message to hold. */
export interface HoldGroupMessageOptions {
  /** What waits in the group, if anything does. */
  readonly waiting?: WaitingMessages;
  /** Address of the group. */
  readonly group: Address;
  /** Address of the device that it is said to come from. */
  readonly device: Address;
  /** Id of its envelope, 1 … 64 characters of printable ASCII. */
  readonly messageId: string;
  /** Bytes of its envelope. */
  readonly length: number;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What became of a message to hold. */
export type HeldGroupMessage = {
  /** To be stored. */
  readonly waiting: WaitingMessages;
  /** Messages that have waited too long: their envelopes are to be deleted. */
  readonly expired: readonly WaitingMessage[];
} & (
  | {
      /** `held`: store its envelope; `already-held`: it came before. */
      readonly kind: 'held' | 'already-held';
    }
  | {
      /** Drop it, or leave it at the server until there is room. */
      readonly kind: 'refused';
      /** Whose room is used up. */
      readonly why: 'device-full' | 'group-full';
    }
);

/**
 * Lets a message wait, within bounds: 1,000 a group, 250 of them a device's, 16 MiB, 7 days.
 *
 * The first messages stay and later ones are refused, so that a flood pushes nothing out.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { holdGroupMessage, releaseGroupMessages } from 'polyratchet/group';
 *
 * const now = Date.now();
 * const [group, device] = ['friends@groups.example.org', 'alice:3@example.org'];
 * const { waiting } = holdGroupMessage({ group, device, messageId: '3EB0C4', length: 412, now });
 *
 * // Alice's key has come:
 * const { released } = releaseGroupMessages({ waiting, from: (sender) => sender === device, now });
 * console.log(released.map(({ messageId }) => messageId)); // [ '3EB0C4' ]
 * ```
 */
export function holdGroupMessage(options: HoldGroupMessageOptions): HeldGroupMessage {
  const { waiting } = inputObject('options', options);
  const group = inputAccount('group', options.group);
  const device = inputDevice('device', options.device);
  const messageId = inputMessageId(options.messageId);
  const length = inputInteger('length', options.length, 0, Number.MAX_SAFE_INTEGER);
  const now = inputTime('now', options.now);
  const { live, expired } = separated(
    waiting === undefined ? [] : inputWaiting(waiting, group).messages,
    now,
  );
  const rest = { waiting: { group, messages: live }, expired };
  const ofDevice = live.filter((message) => message.device === device);
  if (ofDevice.some((message) => message.messageId === messageId)) return { kind: 'already-held', ...rest };
  if (ofDevice.length >= MAX_WAITING_OF_DEVICE) return { kind: 'refused', why: 'device-full', ...rest };
  const bytes = live.reduce((sum, message) => sum + message.length, length);
  if (live.length >= MAX_WAITING_MESSAGES || bytes > MAX_WAITING_LENGTH)
    return { kind: 'refused', why: 'group-full', ...rest };
  const messages = [...live, { device, messageId, length, receivedAt: now }];
  return { kind: 'held', waiting: { group, messages }, expired };
}

/** What waits, and whose messages can be read now. */
export interface ReleaseGroupMessagesOptions {
  /** What waits in the group. */
  readonly waiting: WaitingMessages;
  /** Whether the messages of a device are worth another try. */
  readonly from: (device: Address) => boolean;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What is to be opened, and what waits no more. */
export interface ReleasedGroupMessages {
  /** To be opened now, in this order. */
  readonly released: readonly WaitingMessage[];
  /** Messages that have waited too long: their envelopes are to be deleted. */
  readonly expired: readonly WaitingMessage[];
  /** To be stored. */
  readonly waiting: WaitingMessages;
}

/**
 * Takes the messages of some devices out of what waits: of one whose key or list has come, of those whose account was added.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function releaseGroupMessages(options: ReleaseGroupMessagesOptions): ReleasedGroupMessages {
  const { waiting, from, now } = inputObject('options', options);
  if (typeof from !== 'function') throw invalidArgument('from', 'a function', describe(from));
  const { group } = inputObject('waiting', waiting);
  const { live, expired } = separated(inputWaiting(waiting, group).messages, inputTime('now', now));
  const released = live.filter(({ device }) => from(device));
  return { released, expired, waiting: { group, messages: live.filter((each) => !released.includes(each)) } };
}

function inputWaiting(waiting: WaitingMessages, group: Address): WaitingMessages {
  if (inputObject('waiting', waiting).group === group && Array.isArray(waiting.messages)) return waiting;
  throw invalidArgument('waiting', 'what waits in the group', 'something else');
}

/** A message from further ahead than it may wait is left behind by a clock that was wrong. */
function separated(
  messages: readonly WaitingMessage[],
  now: number,
): { readonly live: readonly WaitingMessage[]; readonly expired: readonly WaitingMessage[] } {
  const isLive = ({ receivedAt }: WaitingMessage): boolean =>
    Math.abs(now - receivedAt) < WAITING_LIFETIME_MS;
  return { live: messages.filter(isLive), expired: messages.filter((message) => !isLive(message)) };
}

const waitingTable: Table<WaitingMessages> = {
  name: 'waitingMessages',
  unknown: 'reject',
  rows: {
    group: required(1, accountText),
    messages: repeated(
      2,
      nested<WaitingMessage>({
        name: 'waitingMessages.message',
        unknown: 'reject',
        rows: {
          device: required(1, deviceText),
          messageId: required(2, messageIdText),
          length: required(3, uint53),
          receivedAt: required(4, uint53),
        },
      }),
      MAX_WAITING_MESSAGES,
    ),
  },
};

/**
 * Which messages wait, as bytes to store.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeWaitingMessages(waiting: WaitingMessages): Uint8Array {
  return encodeRecord(waitingTable, inputWaiting(waiting, inputObject('waiting', waiting).group));
}

/**
 * Reads which messages wait strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`; `invalid-argument`: no bytes.
 */
export function decodeWaitingMessages(record: Uint8Array): WaitingMessages {
  const waiting = decodeRecord(waitingTable, record);
  const names = waiting.messages.map(({ device, messageId }) => `${device} ${messageId}`);
  if (new Set(names).size === names.length) return waiting;
  throw malformed(waitingTable.name, 'messages', 'each once', 'one twice');
}
