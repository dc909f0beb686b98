/**
 * The states of retries as stored records: what was asked for, what was answered, and what is held.
 *
 * @module
 */
import { accountOf } from '../../core/address.js';
import { inputObject } from '../../core/check.js';
import { malformed } from '../../core/refusals.js';
import { messageIdText } from '../../content/index.js';
import { MAX_DEVICES } from '../../devices/index.js';
import {
  accountText,
  bool,
  decodeRecord,
  deviceText,
  encodeRecord,
  nested,
  optional,
  rawPublicKey,
  repeated,
  required,
  uint32,
  uint53,
  type Kind,
  type Table,
} from '../../wire/index.js';
import { inputAnswers, type AnsweredMessage, type RetryAnswers } from './answer.js';
import { inputHeld, type HeldMessage, type HeldMessages } from './held.js';
import {
  MAX_CACHED_MESSAGES,
  MAX_HELD_MESSAGES,
  MAX_REQUESTED_MESSAGES,
  MAX_RETRY_COUNT,
  MAX_RETRY_RENEWALS,
} from './limits.js';
import { inputRequests, type RequestedMessage, type RetryRequests } from './requests.js';
import { checkOnce } from './strict.js';

/** How often a message was asked for. */
const retryCount: Kind<number> = {
  ...uint32,
  read: (reader) => {
    const count = uint32.read(reader);
    const isCount = count >= 1 && count <= MAX_RETRY_COUNT;
    return isCount ? count : reader.fail(`a number from 1 to ${MAX_RETRY_COUNT}`, 'another');
  },
};

const requestsTable: Table<RetryRequests> = {
  name: 'retryRequests',
  unknown: 'reject',
  rows: {
    device: required(1, deviceText),
    messages: repeated(
      2,
      nested<RequestedMessage>({
        name: 'retryRequests.message',
        unknown: 'reject',
        rows: {
          messageId: required(1, messageIdText),
          count: required(2, retryCount),
          since: required(3, uint53),
          delivered: required(4, bool),
        },
      }),
      MAX_REQUESTED_MESSAGES,
    ),
  },
};

/**
 * What was asked of a device as bytes to store.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeRetryRequests(requests: RetryRequests): Uint8Array {
  const { device } = inputObject('requests', requests);
  return encodeRecord(requestsTable, inputRequests(device, requests));
}

/**
 * Reads what was asked of a device strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`; `invalid-argument`: no bytes.
 */
export function decodeRetryRequests(record: Uint8Array): RetryRequests {
  const requests = decodeRecord(requestsTable, record);
  checkOnce(
    requestsTable.name,
    'messages',
    requests.messages.map(({ messageId }) => messageId),
  );
  return requests;
}

const answersTable: Table<RetryAnswers> = {
  name: 'retryAnswers',
  unknown: 'reject',
  rows: {
    device: required(1, deviceText),
    messages: repeated(
      2,
      nested<AnsweredMessage>({
        name: 'retryAnswers.message',
        unknown: 'reject',
        rows: {
          messageId: required(1, messageIdText),
          sentAt: required(2, uint53),
          count: required(3, retryCount),
          answeredAt: required(4, uint53),
          baseKey: optional(5, rawPublicKey),
        },
      }),
      MAX_CACHED_MESSAGES,
    ),
    renewals: repeated(3, uint53, MAX_RETRY_RENEWALS),
  },
};

/**
 * What a device was sent again as bytes to store.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeRetryAnswers(answers: RetryAnswers): Uint8Array {
  const { device } = inputObject('answers', answers);
  return encodeRecord(answersTable, inputAnswers(device, answers));
}

/**
 * Reads what a device was sent again strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeRetryAnswers(record: Uint8Array): RetryAnswers {
  const answers = decodeRecord(answersTable, record);
  checkOnce(
    answersTable.name,
    'messages',
    answers.messages.map(({ messageId }) => messageId),
  );
  return answers;
}

const heldTable: Table<HeldMessages> = {
  name: 'heldMessages',
  unknown: 'reject',
  rows: {
    account: required(1, accountText),
    messages: repeated(
      2,
      nested<HeldMessage>({
        name: 'heldMessages.message',
        unknown: 'reject',
        rows: {
          device: required(1, deviceText),
          messageId: required(2, messageIdText),
          length: required(3, uint53),
          receivedAt: required(4, uint53),
        },
      }),
      MAX_DEVICES * MAX_HELD_MESSAGES,
    ),
  },
};

/**
 * Which messages are held, as bytes to store.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeHeldMessages(held: HeldMessages): Uint8Array {
  const { account } = inputObject('held', held);
  return encodeRecord(heldTable, inputHeld(held, account));
}

/**
 * Reads which messages are held strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`; `invalid-argument`: no bytes.
 */
export function decodeHeldMessages(record: Uint8Array): HeldMessages {
  const held = decodeRecord(heldTable, record);
  checkOnce(
    heldTable.name,
    'messages',
    held.messages.map(({ device, messageId }) => `${device} ${messageId}`),
  );
  if (held.messages.every(({ device }) => accountOf(device) === held.account)) return held;
  throw malformed(heldTable.name, 'messages', 'devices of the account', 'another');
}
