/**
 * What a message is bound to from inside the encryption: its id and its chat, and the texts that they may be.
 *
 * @module
 */
import { describe } from '../core/bytes.js';
import { invalidArgument } from '../core/refusals.js';
import { restrictedText, type Kind } from '../wire/index.js';

/** Longest message id in bytes: room for every known client's ids, and small enough for any database's keys. */
export const MAX_MESSAGE_ID_LENGTH = 64;

const MESSAGE_ID = /^[ -~]{1,64}$/;

/**
 * Returns a message id: 1 … 64 characters of printable ASCII.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { inputMessageId } from 'polyratchet/content';
 *
 * inputMessageId('3EB0C431C26A1916E07A');
 * ```
 */
export function inputMessageId(messageId: string): string {
  if (isMessageId(messageId)) return messageId;
  throw invalidArgument(
    'messageId',
    `1 to ${MAX_MESSAGE_ID_LENGTH} characters of printable ASCII`,
    describe(messageId),
  );
}

/**
 * A message id on the wire and in records.
 *
 * @internal
 */
export const messageIdText: Kind<string> = restrictedText(
  'messageId',
  isMessageId,
  `1 to ${MAX_MESSAGE_ID_LENGTH} characters of printable ASCII`,
);

/** A participant hash on the wire; other clients leave it empty where they have none. */
export const participantHashText: Kind<string> = restrictedText(
  'participantHash',
  (text) => text === '' || isMessageId(text),
  'at most 64 characters of printable ASCII',
);

function isMessageId(text: unknown): boolean {
  return typeof text === 'string' && MESSAGE_ID.test(text);
}
