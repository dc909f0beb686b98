/**
 * Content: what stands inside the encryption of a message, bound to a message id and a chat.
 *
 * Subpath: `polyratchet/content`.
 *
 * @module
 */
export { inputMessageId, MAX_MESSAGE_ID_LENGTH, messageIdText } from './binding.js';
export { MAX_BODY_FIELDS } from './body.js';
export { verifyChat, type VerifiedChat, type VerifyChatOptions } from './chat.js';
export {
  CALL_KEY_LENGTH,
  callKeyFrom,
  type Binding,
  type BoundContent,
  type Call,
  type Content,
  type ContentFormat,
  type ContentParts,
  type DeviceSent,
  type ReceivedContent,
  type ReceivedParts,
  type SenderKeyDistribution,
  type UnboundContent,
} from './content.js';
export {
  DEVICE_LIST_METADATA_VERSION,
  encodeContext,
  MAX_KEY_INDEXES,
  type AccountType,
  type DeviceListMetadata,
} from './context.js';
export { decodeContent, type DecodeContentOptions } from './decode.js';
export { wrapDeviceSent, type WrapDeviceSentOptions } from './deviceSent.js';
export {
  encodeContent,
  encodeWithCopy,
  MAX_CONTENT_LENGTH,
  MAX_CONTEXT_LENGTH,
  type EncodeContentOptions,
  type EncodeWithCopyOptions,
} from './encode.js';
export {
  EXTENSION_FIELDS,
  type ContentExtensions,
  type ExtensionValues,
  type NoExtensions,
} from './extensions.js';
export { MAX_CONTENT_FIELDS } from './fields.js';
export type { ProtocolMessage, ProtocolType } from './protocol.js';
export type { Secret } from '../core/secret.js';
