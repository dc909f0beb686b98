/**
 * What travels and what is stored, as bytes: the protobuf table codec and the frames around it.
 *
 * @module
 */
export { accountText, deviceText, restrictedText } from './address.js';
export { bytes, encodedPublicKey, rawPublicKey, secret, string } from './byteKinds.js';
export { scanFields, type RawField } from './fields.js';
export {
  bool,
  enumeration,
  int32,
  packedUint32,
  prefixedLength,
  seconds,
  uint32,
  uint53,
  uint64,
  type Kind,
  type WireType,
} from './kinds.js';
export { MAX_PADDING, MAX_PLAINTEXT_LENGTH, pad, unpad } from './padding.js';
export { decodePublicKey, ENCODED_KEY_LENGTH, encodePublicKey, KEY_TYPE } from './publicKey.js';
export type { Reader } from './reader.js';
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
export type { Writer } from './writer.js';
