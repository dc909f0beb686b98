/**
 * Writing Content: the application's body, then the library's fields.
 *
 * @module
 */
import { inputAccount } from '../core/address.js';
import { concat, inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { invalidArgument } from '../core/refusals.js';
import { encodeMessage, MAX_PLAINTEXT_LENGTH } from '../wire/index.js';
import { inputMessageId } from './binding.js';
import { readBody, type Body } from './body.js';
import type { Content, ContentFormat } from './content.js';
import { encodeContext } from './context.js';
import { encodeCopy } from './deviceSent.js';
import { extensionTable, type AnyValues, type ContentExtensions, type NoExtensions } from './extensions.js';
import { checkLength, inputFormat, libraryTable, present, type LibraryFields } from './fields.js';

/** Longest MessageContextInfo: the application's part of it holds a few keys. */
export const MAX_CONTEXT_LENGTH = 4096;

/** Longest Content that is written: the copy for our own devices, which says context, id and chat twice, fits too. */
export const MAX_CONTENT_LENGTH: number = MAX_PLAINTEXT_LENGTH - MAX_CONTEXT_LENGTH - 512;

/** What to write, and how the account writes it. */
export interface EncodeContentOptions<Extensions extends ContentExtensions = NoExtensions> {
  /** How the account writes its messages. */
  readonly format: ContentFormat<Extensions>;
  /** The message. */
  readonly content: Content<Extensions>;
}

/**
 * The plaintext of a message, to be encrypted for every device of the recipient (padding is added there).
 *
 * In the form `message` the body is a serialised Message. It must not have the library's fields: 2, 10, 31, any from
 * 1000, 12 with a type of the library's, and within 35 the fields 1 and 2.
 *
 * @throws PolyratchetError `invalid-argument`: a part is not what it should be, or the body has a field of the
 * library's; `malformed`: the body is no protobuf; `too-large`: above {@link MAX_CONTENT_LENGTH}.
 * @example
 * ```ts
 * import { encodeContent } from 'polyratchet/content';
 *
 * const plaintext = encodeContent({
 *   format: { form: 'payload' },
 *   content: {
 *     messageId: '3EB0C431C26A1916E07A',
 *     chat: 'bob@example.org',
 *     body: new TextEncoder().encode('hello'),
 *   },
 * });
 * ```
 */
export function encodeContent<Extensions extends ContentExtensions = NoExtensions>(
  options: EncodeContentOptions<Extensions>,
): Uint8Array {
  const { format, content } = inputContent(options);
  return encodeParts(format, content, metadataOf(content)).plaintext;
}

/** A message that our own devices get a copy of. */
export interface EncodeWithCopyOptions<
  Extensions extends ContentExtensions = NoExtensions,
> extends EncodeContentOptions<Extensions> {
  /** The message's device-list metadata as `encodeContext` writes it: that of the content is not looked at. */
  readonly metadata: Uint8Array;
  /** Participant hash of the devices that it goes to. */
  readonly participantHash: string;
}

/**
 * The plaintext of a message as {@link encodeContent} gives it, and of its copy as `wrapDeviceSent` does, at once.
 *
 * @throws PolyratchetError as they do.
 * @internal
 */
export function encodeWithCopy<Extensions extends ContentExtensions = NoExtensions>(
  options: EncodeWithCopyOptions<Extensions>,
): { readonly plaintext: Uint8Array; readonly copy: Uint8Array } {
  const { format, content } = inputContent(options);
  const { messageId, chat } = content;
  const { plaintext, context } = encodeParts(format, content, options.metadata);
  const { participantHash } = options;
  return { plaintext, copy: encodeCopy({ message: plaintext, messageId, chat, context, participantHash }) };
}

interface Input {
  readonly format: ContentFormat<ContentExtensions>;
  readonly content: Content<ContentExtensions>;
}

function inputContent(options: Input): Input {
  const { format, content } = inputObject('options', options);
  return { format: inputFormat(format), content: inputObject('content', content) };
}

function metadataOf({ deviceListMetadata }: Content<ContentExtensions>): Uint8Array {
  return deviceListMetadata === undefined ? NO_BYTES : encodeContext(deviceListMetadata);
}

function encodeParts(
  format: ContentFormat<ContentExtensions>,
  content: Content<ContentExtensions>,
  metadata: Uint8Array,
): { readonly plaintext: Uint8Array; readonly context: Uint8Array | undefined } {
  const input = content.body === undefined ? undefined : inputBytes('body', content.body);
  const body = format.form === 'message' && input !== undefined ? readBody(input) : NO_BODY;
  const context = contextOf(body, metadata);
  const payload = format.form === 'payload' ? input : undefined;
  const plaintext = concat(
    body.fields,
    encodeMessage(libraryTable, libraryFields(content, body, context, payload)),
    encodeMessage(extensionTable(format.extensions), inputValues(content.extensions, format.extensions)),
  );
  checkLength('Content', plaintext, MAX_CONTENT_LENGTH);
  return { plaintext, context };
}

const NO_BYTES = new Uint8Array(0);
const NO_BODY: Body = { fields: NO_BYTES, hasProtocolMessage: false };

function libraryFields(
  content: Content<ContentExtensions>,
  body: Body,
  context: Uint8Array | undefined,
  payload: Uint8Array | undefined,
): LibraryFields {
  if (content.protocolMessage !== undefined && body.hasProtocolMessage) {
    throw invalidArgument('protocolMessage', 'one protocol message', 'another in the body');
  }
  return present({
    senderKeyDistribution: content.senderKeyDistribution,
    call: content.call,
    protocolMessage: content.protocolMessage,
    context,
    messageId: inputMessageId(content.messageId),
    chat: inputAccount('chat', content.chat),
    groupChange: content.groupChange,
    payload,
  });
}

/** Refuses the value of an extension that the format does not have: it would be left out in silence. */
function inputValues(values: AnyValues = {}, extensions: ContentExtensions = {}): AnyValues {
  const unknown = Object.keys(inputObject('extensions', values)).find(
    (name) => !Object.hasOwn(extensions, name),
  );
  if (unknown === undefined) return values;
  throw invalidArgument('extensions', 'those of the format', 'another');
}

/** MessageContextInfo: the application's fields, then the library's. */
function contextOf(body: Body, metadata: Uint8Array): Uint8Array | undefined {
  if (body.context === undefined && metadata.length === 0) return undefined;
  const context = concat(body.context ?? NO_BYTES, metadata);
  checkLength('MessageContextInfo', context, MAX_CONTEXT_LENGTH);
  return context;
}
