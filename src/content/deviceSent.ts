/**
 * The copy of a message for the sender's own other devices, which show it in the chat that it was sent to.
 *
 *     {31 {1 destination, 2 the message, 3 participant hash}, 35 context, 1001 message id, 1002 chat}
 *
 * @module
 */
import { inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { invalidArgument } from '../core/refusals.js';
import { decodeMessage, encodeMessage, MAX_PLAINTEXT_LENGTH, required, type Table } from '../wire/index.js';
import type { Binding } from './content.js';
import { checkLength, libraryTable, present, type LibraryFields } from './fields.js';

/** Which message to wrap. */
export interface WrapDeviceSentOptions {
  /** The plaintext that goes to the recipient. */
  readonly plaintext: Uint8Array;
  /** Participant hash of the devices that it goes to. */
  readonly participantHash?: string;
}

/**
 * The plaintext of the copy for our own other devices, from the plaintext that goes to the recipient.
 *
 * @throws PolyratchetError `malformed`, `too-large`: the plaintext was not made by `encodeContent`; `invalid-argument`.
 * @example
 * ```ts
 * import { decodeContent, encodeContent, wrapDeviceSent } from 'polyratchet/content';
 *
 * const format = { form: 'payload' } as const;
 * const plaintext = encodeContent({ format, content: { messageId: '1', chat: 'bob@example.org' } });
 * const copy = decodeContent({ format, plaintext: wrapDeviceSent({ plaintext }) });
 * console.log(copy.deviceSent?.destination); // bob@example.org
 * ```
 */
export function wrapDeviceSent(options: WrapDeviceSentOptions): Uint8Array {
  const message = inputBytes('plaintext', inputObject('options', options).plaintext);
  const { messageId, chat, context, deviceSent } = decodeMessage(outsideTable, message);
  if (deviceSent !== undefined) {
    throw invalidArgument('plaintext', 'the message of the recipient', 'a copy of it');
  }
  return encodeCopy({ message, messageId, chat, context, participantHash: options.participantHash });
}

/** A message that goes to the recipient, and what its copy repeats outside. */
interface CopyParts extends Binding {
  readonly message: Uint8Array;
  readonly context: Uint8Array | undefined;
  readonly participantHash: string | undefined;
}

/** The copy of a message whose parts are known. */
export function encodeCopy({ message, messageId, chat, context, participantHash }: CopyParts): Uint8Array {
  const deviceSent = { destination: chat, message, ...present({ participantHash }) };
  const copy = encodeMessage(libraryTable, { deviceSent, messageId, chat, ...present({ context }) });
  checkLength('plaintext', copy, MAX_PLAINTEXT_LENGTH);
  return copy;
}

const { messageId, chat, context, deviceSent } = libraryTable.rows;

/** What a copy repeats outside. */
const outsideTable: Table<Binding & Pick<LibraryFields, 'context' | 'deviceSent'>> = {
  name: libraryTable.name,
  unknown: 'skip',
  rows: {
    messageId: required(messageId.number, messageId.kind),
    chat: required(chat.number, chat.kind),
    context,
    deviceSent,
  },
};
