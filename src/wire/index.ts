/**
 * What travels and what is stored, as bytes: the protobuf table codec and the frames around it.
 *
 * @module
 */
export {
  bool,
  bytes,
  encodedPublicKey,
  enumeration,
  int32,
  prefixedLength,
  rawPublicKey,
  secret,
  string,
  uint32,
  uint53,
  uint64,
  type Kind,
  type WireType,
} from './kinds.js';
export { MAX_PADDING, MAX_PLAINTEXT_LENGTH, pad, unpad } from './padding.js';
export { decodePublicKey, ENCODED_KEY_LENGTH, encodePublicKey } from './publicKey.js';
export { decodeRecord, encodeRecord } from './record.js';
export {
  decodeMessage,
  encodedLength,
  encodeMessage,
  MAX_DEPTH,
  nested,
  optional,
  repeated,
  required,
  type OptionalRow,
  type RepeatedRow,
  type RequiredRow,
  type RowOf,
  type Table,
} from './table.js';
export { checkVersionByte, EMITTED_VERSION_BYTE, PROTOCOL_VERSION } from './version.js';
