/**
 * The sending side of a retry: whether a device gets a message again, and with which session.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { copyBytes, equalBytes, inputBytes } from '../../core/bytes.js';
import { inputList, inputObject, inputTime } from '../../core/check.js';
import { reveal } from '../../core/secret.js';
import { KEY_LENGTH, type PublicKey } from '../../crypto/index.js';
import type { PreKeyBundle } from '../../identity/index.js';
import { archiveSession, type Session } from '../../session/index.js';
import type { FanoutDevice } from '../encrypt.js';
import {
  isOver,
  MAX_CACHED_MESSAGES,
  MAX_RETRY_COUNT,
  MAX_RETRY_RENEWALS,
  RETRY_LIFETIME_MS,
} from './limits.js';
import { inputDeviceState, withMessage } from './perDevice.js';
import { inputRetryRequest, type RetryRequest } from './request.js';
import { needsNewSession } from './renewal.js';
import { inputSent, sentTo, type SentCopy, type SentMessage } from './sent.js';

/** A message that a device was sent again. */
export interface AnsweredMessage {
  /** Its id. */
  readonly messageId: string;
  /** When it was sent first, milliseconds since 1970. */
  readonly sentAt: number;
  /** Count of the last request that was answered, 1 … 5. */
  readonly count: number;
  /** When that was, milliseconds since 1970. */
  readonly answeredAt: number;
  /** Base key of the session that carried the last answer, 32 bytes; from the second one on. */
  readonly baseKey?: PublicKey;
}

/** What one device was sent again in the last 24 hours. */
export interface RetryAnswers {
  /** Its address. */
  readonly device: Address;
  /** The messages, in the order of their first answers. */
  readonly messages: readonly AnsweredMessage[];
  /** When sessions with it were started anew for that, milliseconds since 1970, in their order. */
  readonly renewals: readonly number[];
}

/** A request, and what is known of the message and of the device. */
export interface AnswerRetryOptions {
  /** The request as it was decoded. */
  readonly request: RetryRequest;
  /** Address of the device that asks, as the server says. */
  readonly device: Address;
  /** The message, if it is still kept. */
  readonly sent?: SentMessage;
  /** The identity key by which the device is accepted now (`acceptedDevices`), 32 bytes; absent if it is not. */
  readonly identityKey?: Uint8Array;
  /** The session with the device, if there is one. */
  readonly session?: Session;
  /** What the device was sent again before, if anything was. */
  readonly answers?: RetryAnswers;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** Why a request is refused. Nothing is sent then, and nothing changes. */
export type WhyRefused =
  /** The message is not kept: it was never sent, or 256 others were since. */
  | 'not-cached'
  /** It is 24 hours old. */
  | 'expired'
  /** The device was not sent it. */
  | 'not-a-recipient'
  /** The device does not count any more. */
  | 'not-accepted'
  /** The device's identity, or that of its bundle, is another than it was then. */
  | 'identity-changed'
  /** It is the sixth request for this message, or a later one. */
  | 'too-many'
  /** A request with this count, or a higher one, was answered. */
  | 'repeated'
  /** It would take a sixth new session within 24 hours. */
  | 'too-many-sessions';

/** What to do about a request. */
export type RetryAnswer =
  | {
      /** Encrypt the message for this device alone, and send it. */
      readonly kind: 'resend';
      /**
       * With which session: `keep` the current one; `renew-from-bundle`: a new one from the request's bundle;
       * `fetch-bundle`: a new one, whose bundle is to be added to `target` first.
       */
      readonly session: 'keep' | 'renew-from-bundle' | 'fetch-bundle';
      /** For `encryptFanout`. */
      readonly target: FanoutDevice;
      /** What the device was sent under this id, a fresh copy. */
      readonly plaintext: Uint8Array;
      /** The request's count: to be sent along, for clients that expect it. */
      readonly count: number;
      /** To be stored together with the new session; if no bundle can be had, then alone. */
      readonly answers: RetryAnswers;
    }
  | {
      /** Send nothing. */
      readonly kind: 'refused';
      /** Why. */
      readonly why: WhyRefused;
    };

/**
 * Decides whether a device gets a message again, and with which session.
 *
 * It gets what it was sent before, under the identity key that it had then, and only while it is still accepted with that
 * key. Whoever forges requests gets each device five copies of each of its messages, and five new sessions a day.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import { systemRandom as random } from 'polyratchet';
 * import { answerRetry, decodeRetryRequest, encryptFanout, type AnswerRetryOptions } from 'polyratchet/fanout';
 * import type { Identity } from 'polyratchet/identity';
 *
 * declare const identity: Identity;
 * declare const envelope: { from: string; bytes: Uint8Array };
 * declare const known: Pick<AnswerRetryOptions, 'sent' | 'identityKey' | 'session' | 'answers'>; // from the store
 *
 * const now = Date.now();
 * const request = decodeRetryRequest(envelope.bytes);
 * const answer = answerRetry({ ...known, request, device: envelope.from, now });
 * if (answer.kind === 'resend') {
 *   const { plaintext, target } = answer;
 *   const outcomes = encryptFanout({ identity, registrationId: 1, plaintext, devices: [target], random, now });
 *   console.log(outcomes[0]?.kind); // store its session and answer.answers in one write, then send its message
 * }
 * ```
 */
export function answerRetry(options: AnswerRetryOptions): RetryAnswer {
  const { device, sent, session, identityKey } = inputObject('options', options);
  const request = inputRetryRequest(options.request);
  const now = inputTime('now', options.now);
  const answers = liveAnswers(inputAnswers(device, options.answers), now);
  if (sent === undefined) return refused('not-cached');
  const { messageId, sentAt } = inputSent(sent, request.messageId);
  if (isOver(sentAt, RETRY_LIFETIME_MS, now)) return refused('expired');
  const recipient = sentTo(sent, device);
  if (recipient === undefined) return refused('not-a-recipient');
  if (identityKey === undefined) return refused('not-accepted');
  if (!hasIdentity(recipient, identityKey, request.bundle)) return refused('identity-changed');
  const before = answers.messages.find((message) => message.messageId === messageId);
  if (request.count > MAX_RETRY_COUNT) return refused('too-many');
  if (before !== undefined && request.count <= before.count) return refused('repeated');
  const lastSent = before?.answeredAt ?? sentAt;
  const { identityKey: trustedIdentity } = recipient;
  const renews = needsNewSession({ request, session, trustedIdentity, answers, before, lastSent, now });
  if (renews && answers.renewals.length >= MAX_RETRY_RENEWALS) return refused('too-many-sessions');
  return {
    kind: 'resend',
    session: !renews ? 'keep' : request.bundle === undefined ? 'fetch-bundle' : 'renew-from-bundle',
    target: {
      device,
      trustedIdentity: copyBytes(trustedIdentity),
      ...(session === undefined ? {} : { session: renews ? archiveSession({ session }) : session }),
      ...(renews && request.bundle !== undefined ? { bundle: request.bundle } : {}),
    },
    plaintext: copyBytes(reveal(recipient.plaintext)),
    count: request.count,
    answers: answered({ answers, before, request, sentAt, renews, session, now }),
  };
}

/** Whether device and bundle have the identity key that the message was sent to. */
function hasIdentity(
  recipient: SentCopy,
  identityKey: Uint8Array,
  bundle: PreKeyBundle | undefined,
): boolean {
  const isSame = (name: string, key: Uint8Array): boolean =>
    equalBytes(inputBytes(name, key, KEY_LENGTH), recipient.identityKey);
  return (
    isSame('identityKey', identityKey) &&
    (bundle === undefined || isSame('bundle.identityKey', bundle.identityKey))
  );
}

/** The base key is remembered with the second answer: if the third request comes, that session has not helped. */
const BASE_KEY_FROM_COUNT = 2;

interface Answered {
  readonly answers: RetryAnswers;
  readonly before: AnsweredMessage | undefined;
  readonly request: RetryRequest;
  readonly sentAt: number;
  readonly renews: boolean;
  readonly session: Session | undefined;
  readonly now: number;
}

/** What the device was sent again, with this answer. */
function answered({ answers, before, request, sentAt, renews, session, now }: Answered): RetryAnswers {
  const { messageId, count } = request;
  const baseKey = renews || count < BASE_KEY_FROM_COUNT ? undefined : session?.current?.baseKey;
  const rest = baseKey === undefined ? {} : { baseKey };
  const message = { messageId, sentAt, count, answeredAt: now, ...rest };
  return {
    device: answers.device,
    messages: newest(withMessage(answers.messages, before, message)),
    renewals: renews ? [...answers.renewals, now] : answers.renewals,
  };
}

/**
 * What a device was sent again before.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputAnswers(device: Address, answers: RetryAnswers | undefined): RetryAnswers {
  const state = inputDeviceState('answers', device, answers, { device, messages: [], renewals: [] });
  inputList('answers.renewals', state.renewals);
  return state;
}

/** What counts now: the rest is about messages that nobody can ask for any more. */
function liveAnswers({ device, messages, renewals }: RetryAnswers, now: number): RetryAnswers {
  return {
    device,
    messages: messages.filter(({ sentAt }) => !isOver(sentAt, RETRY_LIFETIME_MS, now)),
    renewals: renewals.filter((at) => !isOver(at, RETRY_LIFETIME_MS, now)),
  };
}

/** As many as are kept to be asked for: if there are more, the one that was sent first is not kept any more. */
function newest(messages: readonly AnsweredMessage[]): readonly AnsweredMessage[] {
  if (messages.length <= MAX_CACHED_MESSAGES) return messages;
  const first = messages.reduce((one, other) => (other.sentAt < one.sentAt ? other : one));
  return messages.filter((message) => message !== first);
}

function refused(why: WhyRefused): RetryAnswer {
  return { kind: 'refused', why };
}
