/**
 * What a message is bound to from inside the encryption: its id and its chat, and the texts that they may be.
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { describe } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { string, type Kind } from '../wire/index.js';

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
  throw new PolyratchetError('invalid-argument', {
    name: 'messageId',
    expected: `1 to ${MAX_MESSAGE_ID_LENGTH} characters of printable ASCII`,
    got: describe(messageId),
  });
}

/**
 * Returns the address of an account or a group: one without a device number.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputAccount(name: string, address: Address): Address {
  if (isAccount(address)) return address;
  throw new PolyratchetError('invalid-argument', { name, expected: 'user@server', got: describe(address) });
}

/** A message id on the wire. */
export const messageIdText: Kind<string> = restricted(
  'messageId',
  isMessageId,
  `1 to ${MAX_MESSAGE_ID_LENGTH} characters of printable ASCII`,
);

/** The address of an account or a group on the wire. */
export const accountText: Kind<Address> = restricted('account', isAccount, 'user@server');

/** A participant hash on the wire; other clients leave it empty where they have none. */
export const participantHashText: Kind<string> = restricted(
  'participantHash',
  (text) => text === '' || isMessageId(text),
  'at most 64 characters of printable ASCII',
);

function isMessageId(text: unknown): boolean {
  return typeof text === 'string' && MESSAGE_ID.test(text);
}

function isAccount(text: unknown): boolean {
  try {
    return accountOf(text as Address) === text;
  } catch {
    return false;
  }
}

/** Text of which only some is taken. */
function restricted(name: string, isTaken: (text: string) => boolean, expected: string): Kind<string> {
  return {
    ...string,
    size: (value) => {
      if (isTaken(value)) return string.size(value);
      throw new PolyratchetError('invalid-argument', { name, expected, got: describe(value) });
    },
    read: (reader) => {
      const text = string.read(reader);
      return isTaken(text) ? text : reader.fail(expected, 'other text');
    },
  };
}
