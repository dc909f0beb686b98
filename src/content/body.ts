/**
 * The body in the form `message`: an application's serialised Message, read as far as the library's fields are concerned.
 *
 * Serialised protobufs concatenate: the library's fields are appended to the application's, so there must be none of
 * them yet. MessageContextInfo is shared, and is spliced instead: the application's fields, then the library's.
 *
 * @module
 */
import { concat } from '../core/bytes.js';
import type { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import { scanFields, type RawField } from '../wire/index.js';
import { isLibraryContextField } from './context.js';
import { FIELD, isLibraryField, MAX_CONTENT_FIELDS } from './fields.js';

/** Most fields of an application's Message: all of the library's fit beside them. */
export const MAX_BODY_FIELDS = 40;

/** A serialised Message in the parts that are treated differently. */
export interface Body {
  /** All fields but the context. */
  readonly fields: Uint8Array;
  /** The application's MessageContextInfo. */
  readonly context?: Uint8Array;
  /** Whether there is a protocol message of the application's: then there is no room for one of the library's. */
  readonly hasProtocolMessage: boolean;
}

/**
 * Takes a serialised Message apart.
 *
 * @throws PolyratchetError `malformed`: no protobuf, or too many fields; `invalid-argument`: a field of the library's.
 */
export function readBody(body: Uint8Array): Body {
  const fields = scanFields('body', body, MAX_BODY_FIELDS);
  const contexts = fields.filter(({ number }) => number === FIELD.context);
  const others = fields.filter(({ number }) => number !== FIELD.context);
  const protocolMessages = others.filter(({ number }) => number === FIELD.protocolMessage);
  if (contexts.length > 1) throw refused(`field ${FIELD.context} once`, 'twice');
  if (protocolMessages.length > 1) throw refused(`field ${FIELD.protocolMessage} once`, 'twice');
  const ours = others.find(isLibraryField);
  if (ours !== undefined) throw refused('no field of the library', `field ${ours.number}`);
  return {
    fields: concat(...others.map((field) => field.bytes)),
    ...(contexts[0] === undefined ? {} : { context: readContext(contexts[0]) }),
    hasProtocolMessage: protocolMessages.length > 0,
  };
}

function readContext({ wireType, content }: RawField): Uint8Array {
  if (wireType !== 2) throw refused(`field ${FIELD.context} of wire type 2`, `wire type ${wireType}`);
  const ours = scanFields('body', content, MAX_CONTENT_FIELDS).find(isLibraryContextField);
  if (ours === undefined) return content;
  throw refused('no field of the library', `field ${ours.number} of field ${FIELD.context}`);
}

function refused(expected: string, got: string): PolyratchetError {
  return invalidArgument('body', expected, got);
}
