/**
 * Messages of companions that nothing vouches for yet: held, not decrypted, until a verified list names their sender.
 *
 * Nothing of such a message is touched: it consumes no prekey and changes no session. The value says which messages are
 * held; their envelopes are the caller's to store, each as a record of its own.
 *
 * @module
 */
import { accountOf, inputAccount, type Address } from '../../core/address.js';
import { inputInteger, inputList, inputObject, inputTime } from '../../core/check.js';
import { invalidArgument } from '../../core/refusals.js';
import { inputMessageId } from '../../content/index.js';
import { MAX_DEVICES, type AcceptedDevice } from '../../devices/index.js';
import { HELD_LIFETIME_MS, isOver, MAX_HELD_LENGTH, MAX_HELD_MESSAGES } from './limits.js';

/** A message that is held. */
export interface HeldMessage {
  /** Address of the device that it is said to come from. */
  readonly device: Address;
  /** Id of its envelope, 1 … 64 characters of printable ASCII. */
  readonly messageId: string;
  /** Bytes of its envelope. */
  readonly length: number;
  /** When it was held first, milliseconds since 1970. */
  readonly receivedAt: number;
}

/** The messages that are held for one account's devices. */
export interface HeldMessages {
  /** Address of the account. */
  readonly account: Address;
  /** The messages, in the order in which they came. */
  readonly messages: readonly HeldMessage[];
}

/** A message to hold. */
export interface HoldMessageOptions {
  /** What is held for the account, if anything is. */
  readonly held?: HeldMessages;
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
export type HeldOutcome = {
  /** To be stored. */
  readonly held: HeldMessages;
  /** Messages that were held too long: their envelopes are to be deleted. */
  readonly expired: readonly HeldMessage[];
} & (
  | {
      /** `held`: store its envelope; `already-held`: it came before. */
      readonly kind: 'held' | 'already-held';
    }
  | {
      /** Drop it, or leave it at the server until there is room. */
      readonly kind: 'refused';
      /** Whose room is used up. */
      readonly why: 'device-full' | 'account-full';
    }
);

/**
 * Holds a message of a device that is not accepted, within bounds: 100 a device, 64 devices and 16 MiB an account, 7 days.
 *
 * The first messages stay and later ones are refused, since the first are those that start a session.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { holdMessage } from 'polyratchet/fanout';
 *
 * const envelope = { device: 'alice:3@example.org', messageId: '3EB0C4', length: 412 };
 * const { kind, held } = holdMessage({ ...envelope, now: Date.now() });
 * console.log(kind, held.account); // held alice@example.org
 * ```
 */
export function holdMessage(options: HoldMessageOptions): HeldOutcome {
  const { device, held } = inputObject('options', options);
  const messageId = inputMessageId(options.messageId);
  const length = inputInteger('length', options.length, 0, Number.MAX_SAFE_INTEGER);
  const now = inputTime('now', options.now);
  const account = accountOf(device);
  const { live, expired } = separated(held === undefined ? [] : inputHeld(held, account).messages, now);
  const ofDevice = live.filter((message) => message.device === device);
  const rest = { held: { account, messages: live }, expired };
  if (ofDevice.some((message) => message.messageId === messageId)) return { kind: 'already-held', ...rest };
  if (ofDevice.length >= MAX_HELD_MESSAGES) return { kind: 'refused', why: 'device-full', ...rest };
  const message = { device, messageId, length, receivedAt: now };
  if (!fits([...live, message])) return { kind: 'refused', why: 'account-full', ...rest };
  return { kind: 'held', held: { account, messages: [...live, message] }, expired };
}

/** Whether an account may have all of these: as many devices as a list may name, and a bound on their bytes. */
function fits(messages: readonly HeldMessage[]): boolean {
  const devices = new Set(messages.map(({ device }) => device));
  const bytes = messages.reduce((sum, { length }) => sum + length, 0);
  return devices.size <= MAX_DEVICES && bytes <= MAX_HELD_LENGTH;
}

/** What is held, and who counts now. */
export interface ReleaseHeldOptions {
  /** What is held for the account. */
  readonly held: HeldMessages;
  /** The account's devices that count now, as `acceptedDevices` says. */
  readonly accepted: readonly Pick<AcceptedDevice, 'address'>[];
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What is to be delivered, and what is not held any more. */
export interface ReleasedMessages {
  /** To be decrypted now, in this order, with the accepted device's identity key as the trusted one. */
  readonly released: readonly HeldMessage[];
  /** Messages that were held too long: their envelopes are to be deleted. */
  readonly expired: readonly HeldMessage[];
  /** To be stored. */
  readonly held: HeldMessages;
}

/**
 * Takes the messages of devices that count now out of what is held: to be called with every new device list.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { holdMessage, releaseHeld } from 'polyratchet/fanout';
 *
 * const now = Date.now();
 * const envelope = { device: 'alice:3@example.org', messageId: '3EB0C4', length: 412 };
 * const { held } = holdMessage({ ...envelope, now });
 * const accepted = [{ address: 'alice@example.org' }, { address: 'alice:3@example.org' }];
 * releaseHeld({ held, accepted, now }).released.map(({ messageId }) => messageId); // ['3EB0C4']
 * ```
 */
export function releaseHeld(options: ReleaseHeldOptions): ReleasedMessages {
  const { account } = inputObject('held', inputObject('options', options).held);
  const { messages } = inputHeld(options.held, account);
  const { live, expired } = separated(messages, inputTime('now', options.now));
  const accepted = new Set(inputList('accepted', options.accepted).map(addressOf));
  return {
    released: live.filter(({ device }) => accepted.has(device)),
    expired,
    held: { account, messages: live.filter(({ device }) => !accepted.has(device)) },
  };
}

function addressOf(device: Pick<AcceptedDevice, 'address'>): Address {
  return inputObject('accepted', device).address;
}

/**
 * What is held for an account.
 *
 * @throws PolyratchetError `invalid-argument`: something else, or for another account.
 */
export function inputHeld(held: HeldMessages, account: Address): HeldMessages {
  inputAccount('account', account);
  if (inputObject('held', held).account === account && Array.isArray(held.messages)) return held;
  throw invalidArgument('held', 'what is held for the account', 'something else');
}

function separated(
  messages: readonly HeldMessage[],
  now: number,
): { readonly live: readonly HeldMessage[]; readonly expired: readonly HeldMessage[] } {
  const isExpired = ({ receivedAt }: HeldMessage): boolean => isOver(receivedAt, HELD_LIFETIME_MS, now);
  return {
    live: messages.filter((message) => !isExpired(message)),
    expired: messages.filter(isExpired),
  };
}
