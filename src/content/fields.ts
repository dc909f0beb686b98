/**
 * The fields of Content, and whose each of them is.
 *
 *     2 sender key distribution · 10 call · 12 protocol message · 31 device-sent copy · 35 context
 *     1000 payload · 1001 message id · 1002 chat · 1003 group change · 1004 … 1019 extensions
 *
 * The numbers below 1000 are those of WhatsApp's Message. In the form `message` all others below 1000, and a protocol
 * message of a type that is not the library's, are the application's and pass unread.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { concat, describe } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument, malformed } from '../core/refusals.js';
import {
  accountText,
  bytes,
  decodeMessage,
  nested,
  optional,
  required,
  scanFields,
  secret,
  type RawField,
  type Table,
} from '../wire/index.js';
import { messageIdText, participantHashText } from './binding.js';
import {
  CALL_KEY_LENGTH,
  type Call,
  type ContentFormat,
  type DeviceSent,
  type SenderKeyDistribution,
} from './content.js';
import { extensionTable, isExtensionField, type AnyValues, type ContentExtensions } from './extensions.js';
import { isLibraryProtocolMessage, protocolMessage, type ProtocolMessage } from './protocol.js';

/** Name of the message in errors. */
const WHAT = 'Content';

/** Most fields of one message: Message has each of its about hundred at most once, and few of them together. */
export const MAX_CONTENT_FIELDS = 64;

/** Numbers of fields that are looked at before a table reads them. */
export const FIELD = { protocolMessage: 12, context: 35, firstOfLibrary: 1000 } as const;

/** Numbers below 1000 that are the library's; a protocol message may be the application's all the same. */
const LIBRARY_FIELDS: ReadonlySet<number> = new Set([2, 10, FIELD.protocolMessage, 31, FIELD.context]);

/** A device-sent copy on the wire: where the message went, and the message. */
interface DeviceSentMessage extends DeviceSent {
  /** A whole Content. */
  readonly message: Uint8Array;
}

/** The library's fields. */
export interface LibraryFields {
  readonly senderKeyDistribution?: SenderKeyDistribution;
  readonly call?: Call;
  readonly protocolMessage?: ProtocolMessage;
  readonly deviceSent?: DeviceSentMessage;
  /** MessageContextInfo: of a Message it holds the application's fields as well. */
  readonly context?: Uint8Array;
  readonly payload?: Uint8Array;
  readonly messageId?: string;
  readonly chat?: Address;
  readonly groupChange?: Uint8Array;
}

/** What the library puts into a message; those of WhatsApp's parts may have fields that are not known here. */
export const libraryTable: Table<LibraryFields> = {
  name: WHAT,
  unknown: 'reject',
  rows: {
    senderKeyDistribution: optional(
      2,
      nested<SenderKeyDistribution>({
        name: 'SenderKeyDistribution',
        unknown: 'skip',
        rows: { groupId: required(1, accountText), message: required(2, bytes()) },
      }),
    ),
    call: optional(
      10,
      nested<Call>({
        name: 'Call',
        unknown: 'skip',
        rows: { callKey: required(1, secret('CallKey', CALL_KEY_LENGTH)) },
      }),
    ),
    protocolMessage: optional(FIELD.protocolMessage, protocolMessage),
    deviceSent: optional(
      31,
      nested<DeviceSentMessage>({
        name: 'DeviceSentMessage',
        unknown: 'skip',
        rows: {
          destination: required(1, accountText),
          message: required(2, bytes()),
          participantHash: optional(3, participantHashText),
        },
      }),
    ),
    context: optional(FIELD.context, bytes()),
    payload: optional(1000, bytes()),
    messageId: optional(1001, messageIdText),
    chat: optional(1002, accountText),
    groupChange: optional(1003, bytes()),
  },
};

/**
 * Returns a format, and refuses what is none.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputFormat<Format extends ContentFormat<ContentExtensions>>(format: Format): Format {
  const form: unknown = inputObject('format', format).form;
  if (form === 'payload' || form === 'message') return format;
  throw invalidArgument('format.form', 'payload or message', describe(form));
}

/**
 * Refuses bytes above a bound.
 *
 * @throws PolyratchetError `too-large`
 */
export function checkLength(what: string, bytes: Uint8Array, limit: number): void {
  if (bytes.length > limit) throw new PolyratchetError('too-large', { what, limit, got: bytes.length });
}

/** A plaintext by the owners of its fields. */
export interface OwnedFields {
  readonly library: LibraryFields;
  readonly extensions: AnyValues;
  /** Whether there is a field of the application's. */
  readonly hasApplication: boolean;
}

/**
 * Reads the library's fields of a plaintext and its extensions strictly.
 *
 * @throws PolyratchetError `malformed`
 */
export function readFields(plaintext: Uint8Array, format: ContentFormat<ContentExtensions>): OwnedFields {
  const fields = scanFields(WHAT, plaintext, MAX_CONTENT_FIELDS);
  checkOneProtocolMessage(fields);
  const ours = format.form === 'message' ? fields.filter(isLibraryField) : fields;
  return {
    library: decodeMessage(libraryTable, join(ours.filter((field) => !isExtensionField(field)))),
    extensions: decodeMessage(extensionTable(format.extensions), join(ours.filter(isExtensionField))),
    hasApplication: ours.length < fields.length,
  };
}

/**
 * Whether a field of a Message is the library's and not the application's.
 *
 * @throws PolyratchetError `malformed`: a protocol message whose type cannot be read.
 */
export function isLibraryField({ number, wireType, content }: RawField): boolean {
  if (number === FIELD.protocolMessage && wireType === 2) return isLibraryProtocolMessage(content);
  return number >= FIELD.firstOfLibrary || LIBRARY_FIELDS.has(number);
}

/** To a reader that merges fields, two protocol messages are one: the application's would become one of the library's. */
function checkOneProtocolMessage(fields: readonly RawField[]): void {
  if (fields.filter(({ number }) => number === FIELD.protocolMessage).length <= 1) return;
  throw malformed(WHAT, 'protocolMessage', 'the field once', 'twice');
}

/** The properties that have a value: absence has one form only. */
export function present<Values extends object>(
  values: Values,
): { readonly [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  const kept: Partial<Values> = {};
  for (const key of Object.keys(values) as (keyof Values)[]) {
    if (values[key] !== undefined) kept[key] = values[key];
  }
  return kept as { [Key in keyof Values]?: Exclude<Values[Key], undefined> };
}

/** Fields one after the other. */
function join(fields: readonly RawField[]): Uint8Array {
  return concat(...fields.map((field) => field.bytes));
}
