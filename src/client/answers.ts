/**
 * What answers of a server have to look like before anybody reads a field of them.
 *
 * @module
 */
import { isDevice } from '../core/address.js';
import { inputBytes } from '../core/bytes.js';
import type { Envelope } from '../fanout/index.js';
import { insteadOf, isMapLike } from './deadline.js';
import type { Delivery } from './server.js';

/** Says what is wrong with an answer, if anything is. */
export type Check = (answer: unknown) => string | undefined;

/** Rows of any answer that is a list: more devices than an account has, more offers than a person answers. */
const MAX_ROWS = 1_000;

export const anything: Check = () => undefined;
export const text: Check = (answer) => (typeof answer === 'string' ? undefined : insteadOf('text', answer));
export const time: Check = (answer) =>
  Number.isSafeInteger(answer) ? undefined : insteadOf('a time', answer);
export const object: Check = (answer) =>
  typeof answer === 'object' && answer !== null ? undefined : insteadOf('an object', answer);
export const mapOf: Check = (answer) => (isMapLike(answer) ? undefined : insteadOf('a Map', answer));
export const device: Check = (answer) =>
  typeof answer === 'string' && isDevice(answer) ? undefined : insteadOf("a device's address", answer);
const bytes: Check = (answer) => (isBytes(answer) ? undefined : insteadOf('bytes', answer));

/** Any rows: what stands in them is judged where they are read. */
export const rows: Check = listOf(object, MAX_ROWS);

/** What the server says of a send: it may name as many devices as a group has. */
export const fanoutAnswer: Check = objectWith({
  stale: optional(listOf(text, Infinity)),
  missing: optional(listOf(text, Infinity)),
  extra: optional(listOf(text, Infinity)),
  participantHash: optional(text),
});

/** A link in progress: steps that were not made are absent. */
export const linkExchange: Check = objectWith({
  ref: text,
  clientType: text,
  name: text,
  platform: text,
  hello: optional(objectWith({ ref: text, wrappedEphemeral: bytes })),
  answer: optional(objectWith({ ref: text, wrappedEphemeral: bytes, primaryIdentity: bytes })),
  finish: optional(objectWith({ ref: text, bundle: bytes, companionIdentity: bytes })),
  approval: optional(objectWith({ container: bytes, address: device })),
  signedIdentity: optional(bytes),
});

/** Links in progress. */
export const linkExchanges: Check = listOf(linkExchange, MAX_ROWS);

function objectWith(fields: Readonly<Record<string, Check>>): Check {
  return (answer) => {
    const wrong = object(answer);
    if (wrong !== undefined) return wrong;
    for (const [name, check] of Object.entries(fields)) {
      const why = check((answer as Readonly<Record<string, unknown>>)[name]);
      if (why !== undefined) return `${name}: ${why}`;
    }
    return undefined;
  };
}

function listOf(check: Check, most: number): Check {
  return (answer) =>
    Array.isArray(answer) && answer.length <= most && answer.every((row) => check(row) === undefined)
      ? undefined
      : insteadOf(most === Infinity ? 'a list' : `at most ${most} rows`, answer);
}

/** Absent, or what it should be; `null` is something else. */
function optional(check: Check): Check {
  return (answer) => (answer === undefined ? undefined : check(answer));
}

function isBytes(value: unknown): boolean {
  try {
    inputBytes('bytes', value);
    return true;
  } catch {
    return false;
  }
}

const ENVELOPE_TYPES: readonly unknown[] = ['prekey', 'message', 'senderkey', 'retry'];

/** Whether a delivery can be read at all: what stands in it is judged with its contents. */
export function isDelivery(value: unknown): value is Delivery {
  if (object(value) !== undefined) return false;
  const { id, envelope } = value as { readonly id: unknown; readonly envelope: Envelope };
  if (typeof id !== 'string' || object(envelope) !== undefined) return false;
  const { id: messageId, from, to, type, bytes: message, deviceIdentity, group, at } = envelope;
  return (
    isBytes(message) &&
    (deviceIdentity === undefined || isBytes(deviceIdentity)) &&
    [messageId, from, to, group ?? ''].every((field) => typeof field === 'string') &&
    ENVELOPE_TYPES.includes(type) &&
    Number.isSafeInteger(at) &&
    at >= 0
  );
}
