/**
 * The receiving side of a retry: which message to ask a device for once more, and when to stop.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { describe } from '../../core/bytes.js';
import { inputInteger, inputObject, inputTime, MAX_UINT32 } from '../../core/check.js';
import { PolyratchetError } from '../../core/errors.js';
import { invalidArgument } from '../../core/refusals.js';
import { inputMessageId } from '../../content/index.js';
import { isOver, MAX_REQUESTED_MESSAGES, MAX_RETRY_COUNT, RETRY_LIFETIME_MS } from './limits.js';
import { inputDeviceState, withMessage } from './perDevice.js';
import { retryRowOf } from './reasons.js';
import type { RetryRequest } from './request.js';

/** A message that was asked for. */
export interface RequestedMessage {
  /** Its id. */
  readonly messageId: string;
  /** How often it was asked for, 1 … 5. */
  readonly count: number;
  /** When it was asked for first, milliseconds since 1970. */
  readonly since: number;
  /** Whether a copy has come that could be read. */
  readonly delivered: boolean;
}

/** What was asked of one device in the last 24 hours. */
export interface RetryRequests {
  /** Address of the device that sent the messages. */
  readonly device: Address;
  /** The messages, in the order in which they were asked for first. */
  readonly messages: readonly RequestedMessage[];
}

/** A message that could not be read, and why. */
export interface PlanRetryRequestOptions {
  /** Address of the device that sent it. */
  readonly device: Address;
  /** What was asked of that device before, if anything was. */
  readonly requests?: RetryRequests;
  /** Id of the message, 1 … 64 characters of printable ASCII: that of its envelope. */
  readonly messageId: string;
  /** What `decryptFrom` threw. */
  readonly error: PolyratchetError;
  /** Our registration id. */
  readonly registrationId: number;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What to do about a message that could not be read. */
export type RetryRequestPlan =
  | {
      /** Ask the device for it. */
      readonly kind: 'request';
      /** What to send; its bundle is for the caller to add. */
      readonly request: RetryRequest;
      /** Whether it needs a bundle: of the current signed prekey and a one-time prekey that nobody else gets. */
      readonly withKeys: boolean;
      /** To be stored before the request is sent. */
      readonly requests: RetryRequests;
    }
  | {
      /** Tell the person that a message could not be read. */
      readonly kind: 'give-up';
      /** `too-many`: it was asked for five times; `too-many-messages`: 1,000 others of the device are waiting. */
      readonly why: 'too-many' | 'too-many-messages';
    }
  | {
      /** Nothing is missing, or another copy would not help. */
      readonly kind: 'ignore';
      /**
       * `duplicate`: this copy was read before; `delivered`: another copy was; `not-retryable`: the error needs
       * something else (`errorAdvice`).
       */
      readonly why: 'duplicate' | 'delivered' | 'not-retryable';
    };

/**
 * Decides whether to ask a device again for a message that could not be read.
 *
 * Only for devices that count (`acceptedDevices`): a request tells its receiver that this device is there.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { PolyratchetError } from 'polyratchet/errors';
 * import { planRetryRequest } from 'polyratchet/fanout';
 *
 * const device = 'alice:3@example.org';
 * const error = new PolyratchetError('bad-mac', { device, counter: 7 }); // from decryptFrom
 * const failed = { device, messageId: '3EB0C4', registrationId: 4711, now: Date.now() };
 * const plan = planRetryRequest({ ...failed, error });
 * if (plan.kind === 'request') console.log(plan.request.count, plan.withKeys); // 1 false
 * ```
 */
export function planRetryRequest(options: PlanRetryRequestOptions): RetryRequestPlan {
  const { device, error } = inputObject('options', options);
  const messageId = inputMessageId(options.messageId);
  const registrationId = inputInteger('registrationId', options.registrationId, 0, MAX_UINT32);
  const now = inputTime('now', options.now);
  const messages = liveMessages(inputRequests(device, options.requests), now);
  const { code } = inputError(error);
  if (code === 'duplicate-message') return { kind: 'ignore', why: 'duplicate' };
  const row = retryRowOf(code);
  if (row === undefined) return { kind: 'ignore', why: 'not-retryable' };
  const before = messages.find((message) => message.messageId === messageId);
  if (before?.delivered === true) return { kind: 'ignore', why: 'delivered' };
  if (before !== undefined && before.count >= MAX_RETRY_COUNT) return { kind: 'give-up', why: 'too-many' };
  if (before === undefined && messages.length >= MAX_REQUESTED_MESSAGES)
    return { kind: 'give-up', why: 'too-many-messages' };
  const asked: RequestedMessage = {
    messageId,
    count: (before?.count ?? 0) + 1,
    since: before?.since ?? now,
    delivered: false,
  };
  return {
    kind: 'request',
    request: { messageId, count: asked.count, reason: row.reason, registrationId },
    withKeys: asked.count >= KEYS_FROM_COUNT || row.keys === 'at-once',
    requests: { device, messages: withMessage(messages, before, asked) },
  };
}

/** The second request brings keys: the copy that the session could carry has not helped. */
const KEYS_FROM_COUNT = 2;

/** A message that could be read. */
export interface SettleRetryOptions {
  /** What was asked of the device that sent it. */
  readonly requests: RetryRequests;
  /** Its id. */
  readonly messageId: string;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/**
 * Notes that a message could be read: a late copy of it, which cannot be, is not asked for any more.
 *
 * For messages that were asked for; others change nothing.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { settleRetry, type RetryRequests } from 'polyratchet/fanout';
 *
 * const since = Date.now();
 * const asked = { messageId: '3EB0C4', count: 1, since, delivered: false };
 * const requests: RetryRequests = { device: 'alice@example.org', messages: [asked] };
 * settleRetry({ requests, messageId: '3EB0C4', now: since + 1_000 }).messages[0]?.delivered; // true
 * ```
 */
export function settleRetry(options: SettleRetryOptions): RetryRequests {
  const { device } = inputObject('requests', inputObject('options', options).requests);
  const messageId = inputMessageId(options.messageId);
  const messages = liveMessages(inputRequests(device, options.requests), inputTime('now', options.now));
  return {
    device,
    messages: messages.map((message) =>
      message.messageId === messageId ? { ...message, delivered: true } : message,
    ),
  };
}

/**
 * What was asked of a device before.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputRequests(device: Address, requests: RetryRequests | undefined): RetryRequests {
  return inputDeviceState('requests', device, requests, { device, messages: [] });
}

function inputError(error: PolyratchetError): PolyratchetError {
  if (PolyratchetError.is(error)) return error;
  throw invalidArgument('error', 'a PolyratchetError', describe(error));
}

/** The messages that are not over: nobody has the others any more. */
function liveMessages({ messages }: RetryRequests, now: number): readonly RequestedMessage[] {
  return messages.filter(({ since }) => !isOver(since, RETRY_LIFETIME_MS, now));
}
