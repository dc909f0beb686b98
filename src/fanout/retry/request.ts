/**
 * A retry request as it travels: outside the encryption, since that is what has failed.
 *
 * So it is the server's word: it may be forged, repeated, reordered or kept back. Whoever answers it gives away nothing
 * that the device named in it was not sent before, to keys that it had before.
 *
 * @module
 */
import { describe } from '../../core/bytes.js';
import { inputInteger, inputObject, MAX_UINT32 } from '../../core/check.js';
import { invalidArgument, malformed } from '../../core/refusals.js';
import { inputMessageId, messageIdText } from '../../content/index.js';
import { bundleTable, validateBundle, type PreKeyBundle, type ValidBundle } from '../../identity/index.js';
import {
  decodeRecord,
  encodeRecord,
  nested,
  optional,
  required,
  uint32,
  type Table,
} from '../../wire/index.js';
import { isReason, reasonOf, RETRY_REASONS, type RetryReason } from './reasons.js';

/** One device asks another for a message again. */
export interface RetryRequest {
  /** Id of the message, 1 … 64 characters of printable ASCII: its envelope's, which is its content's. */
  readonly messageId: string;
  /** How often the device has asked for it, this time included: from 1. */
  readonly count: number;
  /** What was wrong. */
  readonly reason: RetryReason;
  /** Registration id of the device that asks, any 32-bit number. */
  readonly registrationId: number;
  /** Keys of the device that asks, for a new session with it; its registration id is the same. */
  readonly bundle?: PreKeyBundle;
}

/** A request on the wire. Of the bundle only the structure is checked here: its signature is, where it is used. */
interface RequestRecord {
  readonly messageId: string;
  readonly count: number;
  readonly reason: number;
  readonly registrationId: number;
  readonly bundle?: ValidBundle;
}

const requestTable: Table<RequestRecord> = {
  name: 'retryRequest',
  unknown: 'reject',
  rows: {
    messageId: required(1, messageIdText),
    count: required(2, uint32),
    reason: required(3, uint32),
    registrationId: required(4, uint32),
    bundle: optional(5, nested(bundleTable)),
  },
};

/**
 * A retry request as the bytes of its envelope.
 *
 * @throws PolyratchetError `invalid-argument`; `invalid-key`, `invalid-signature`: of the bundle.
 * @example
 * ```ts
 * import { decodeRetryRequest, encodeRetryRequest } from 'polyratchet/fanout';
 *
 * const bytes = encodeRetryRequest({ messageId: '3EB0C4', count: 1, reason: 'bad-mac', registrationId: 4711 });
 * decodeRetryRequest(bytes).reason; // 'bad-mac'
 * ```
 */
export function encodeRetryRequest(request: RetryRequest): Uint8Array {
  const { bundle, ...rest } = inputRetryRequest(request);
  return encodeRecord(requestTable, {
    ...rest,
    reason: RETRY_REASONS[rest.reason],
    ...(bundle === undefined ? {} : { bundle: validateBundle(bundle) }),
  });
}

/**
 * Reads a retry request strictly; a reason that is not known yet is `unknown`.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeRetryRequest(bytes: Uint8Array): RetryRequest {
  const { reason, ...rest } = decodeRecord(requestTable, bytes);
  if (rest.count === 0) throw malformed(requestTable.name, 'count', 'a number from 1', '0');
  if (rest.bundle !== undefined && rest.bundle.registrationId !== rest.registrationId) {
    throw malformed(requestTable.name, 'bundle', 'the registration id of the request', 'another');
  }
  return { ...rest, reason: reasonOf(reason) };
}

/**
 * Returns a request whose parts are what they should be; the keys of its bundle are checked where they are used.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputRetryRequest(request: RetryRequest): RetryRequest {
  const { messageId, count, reason, registrationId, bundle } = inputObject('request', request);
  if (!isReason(reason)) throw invalidArgument('reason', 'a reason for a retry', describe(reason));
  const checked = {
    messageId: inputMessageId(messageId),
    count: inputInteger('count', count, 1, MAX_UINT32),
    reason,
    registrationId: inputInteger('registrationId', registrationId, 0, MAX_UINT32),
  };
  if (bundle === undefined) return checked;
  if (inputObject('bundle', bundle).registrationId === registrationId) return { ...checked, bundle };
  throw invalidArgument('bundle', 'the registration id of the request', 'another');
}
