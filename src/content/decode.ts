/**
 * Reading Content: what a decrypted message consists of, whichever device of the sender's account it came from.
 *
 * A device sends its own account's other devices a copy of each message: a Content whose only part is the Content that
 * went to the recipient. Id, chat and context stand on both and must be equal.
 *
 *     {31 {1 destination, 2 the message, 3 participant hash}, 35 context, 1001 message id, 1002 chat}
 *
 * @module
 */
import { copyBytes, equalBytes, inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { MAX_PLAINTEXT_LENGTH } from '../wire/index.js';
import type { Binding, ContentFormat, DeviceSent, ReceivedContent } from './content.js';
import { decodeContext } from './context.js';
import type { ContentExtensions, ExtensionValues, NoExtensions } from './extensions.js';
import { checkLength, inputFormat, present, readFields, type OwnedFields } from './fields.js';

/** What to read, and how the account's messages are written. */
export interface DecodeContentOptions<Extensions extends ContentExtensions = NoExtensions> {
  /** How the account writes its messages. */
  readonly format: ContentFormat<Extensions>;
  /** A decrypted message without its padding, at most 256 KiB. */
  readonly plaintext: Uint8Array;
}

/**
 * Reads a decrypted message strictly. Where it belongs is still to be verified: see `verifyChat`.
 *
 * @throws PolyratchetError `malformed`: a field is missing, doubled, misplaced, or not what it should be; `too-large`;
 * `invalid-argument`.
 * @example
 * ```ts
 * import { decodeContent, encodeContent } from 'polyratchet/content';
 *
 * const format = { form: 'payload' } as const;
 * const body = new TextEncoder().encode('hello');
 * const plaintext = encodeContent({ format, content: { messageId: '1', chat: 'bob@example.org', body } });
 * const received = decodeContent({ format, plaintext });
 * if (received.body !== undefined) console.log(new TextDecoder().decode(received.body));
 * ```
 */
export function decodeContent<Extensions extends ContentExtensions = NoExtensions>(
  options: DecodeContentOptions<Extensions>,
): ReceivedContent<Extensions> {
  const format = inputFormat(inputObject('options', options).format);
  const plaintext = inputBytes('plaintext', options.plaintext);
  checkLength('plaintext', plaintext, MAX_PLAINTEXT_LENGTH);
  const outer = readFields(plaintext, format);
  const { deviceSent } = outer.library;
  if (deviceSent === undefined) return received(plaintext, outer, format);
  const { message, ...copy } = deviceSent;
  const inner = readFields(message, format);
  checkCopy(outer, inner, copy);
  return { ...received(message, inner, format), deviceSent: copy };
}

function received<Extensions extends ContentExtensions>(
  plaintext: Uint8Array,
  fields: OwnedFields,
  format: ContentFormat<Extensions>,
): ReceivedContent<Extensions> {
  const { senderKeyDistribution, call, protocolMessage, groupChange, context } = fields.library;
  return {
    ...bindingOf(fields, format.foreign),
    ...present({
      body: bodyOf(plaintext, fields, format),
      senderKeyDistribution,
      call,
      protocolMessage,
      deviceListMetadata: context === undefined ? undefined : decodeContext(context),
      groupChange,
      // The rows of the format have read them, so they have the types of the format.
      extensions: isEmpty(fields.extensions) ? undefined : (fields.extensions as ExtensionValues<Extensions>),
    }),
  };
}

/** Foreign clients know none of the fields from 1000 on: whoever writes one of the others says id and chat as well. */
function bindingOf({ library, extensions }: OwnedFields, foreign = false): Bound | Unbound {
  const { messageId, chat, payload, groupChange } = library;
  if (messageId !== undefined && chat !== undefined) return { kind: 'bound', messageId, chat };
  const ours = [messageId, chat, payload, groupChange].some((value) => value !== undefined);
  if (foreign && !ours && isEmpty(extensions)) return { kind: 'unbound' };
  throw malformed(messageId === undefined ? 'messageId' : 'chat', 'the field', 'none');
}

function bodyOf(
  plaintext: Uint8Array,
  { library: { payload }, hasApplication }: OwnedFields,
  { form }: ContentFormat<ContentExtensions>,
): Uint8Array | undefined {
  if (form === 'payload') return payload;
  if (payload !== undefined) throw malformed('payload', 'no payload', 'one');
  return hasApplication ? copyBytes(plaintext) : undefined;
}

function isEmpty(values: object): boolean {
  return Object.keys(values).length === 0;
}

type Bound = Binding & { readonly kind: 'bound' };

interface Unbound {
  readonly kind: 'unbound';
}

/** What stands around the copy of a message is what the message itself says, and nothing else. */
function checkCopy(outer: OwnedFields, inner: OwnedFields, { destination }: DeviceSent): void {
  const { deviceSent, context, messageId, chat, ...others } = outer.library;
  const [other] = [...Object.keys(others), ...Object.keys(outer.extensions)];
  if (other !== undefined || outer.hasApplication) {
    throw malformed(other ?? 'body', 'nothing beside the copy', 'the field');
  }
  if (inner.library.deviceSent !== undefined) throw malformed('deviceSent', 'no copy of a copy', 'one');
  if (messageId !== inner.library.messageId) throw malformed('messageId', ...UNEQUAL);
  if (chat !== inner.library.chat) throw malformed('chat', ...UNEQUAL);
  if (chat === undefined) return; // a foreign client's, which may give each context its own padding
  if (destination !== chat) throw malformed('destination', 'the chat', 'another');
  if (!equalBytes(context ?? NONE, inner.library.context ?? NONE)) throw malformed('context', ...UNEQUAL);
}

const UNEQUAL = ['the same outside and inside', 'different ones'] as const;
const NONE = new Uint8Array(0);

function malformed(field: string, expected: string, got: string): PolyratchetError {
  return new PolyratchetError('malformed', { what: 'Content', field, expected, got });
}
