/**
 * What follows from an envelope that has come.
 *
 * @module
 */
import { isAccount, isDevice, type Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import { inputMessageId } from '../content/index.js';
import type { Envelope } from '../fanout/index.js';
import type { Transaction } from './transaction.js';

/** What follows from an envelope, once its transaction is written. */
export interface Opened {
  /** `waiting`: it could not be opened yet, and is kept; `left`: there is no room to keep it, so the server has to. */
  readonly kind: 'done' | 'waiting' | 'left';
  /** Accounts whose lists are to be fetched. */
  readonly fetch: readonly Address[];
  /** A group in which messages can be opened now that have waited. */
  readonly group?: Address;
  /** Entries of the outbox that are to be sent. */
  readonly entries?: readonly string[];
  /** Whether a companion of this primary has logged itself out. */
  readonly logout?: boolean;
}

/** Nothing follows. */
export const DONE: Opened = { kind: 'done', fetch: [] };

/** Drops an envelope, and says so. */
export function refuse(
  tx: Transaction,
  { id, from }: Pick<Envelope, 'id' | 'from'>,
  error: PolyratchetError,
): Opened {
  tx.emit({ kind: 'refused', id, from, error });
  return DONE;
}

/** Whether a message can have this id: what is kept of a message is kept under it. */
export function isMessageId(id: string): boolean {
  try {
    return inputMessageId(id) === id;
  } catch {
    return false;
  }
}

/** Bytes of an envelope's message: the longest that anybody of this library makes is half of it, and a record holds it. */
export const MAX_ENVELOPE_LENGTH: number = 512 * 1024;

/** Bytes of the container beside a message: two keys, two signatures and some numbers. */
const MAX_DEVICE_IDENTITY_LENGTH = 4_096;

/** The field of an envelope that cannot be what it should be: nothing of it is kept under such names, or at such length. */
export function malformedField(envelope: Envelope): keyof Envelope | undefined {
  const { id, from, to, group, bytes, deviceIdentity } = envelope;
  if (!isMessageId(id)) return 'id';
  if (!isDevice(from)) return 'from';
  if (!isDevice(to)) return 'to';
  if (group !== undefined && !isAccount(group)) return 'group';
  if (bytes.length > MAX_ENVELOPE_LENGTH) return 'bytes';
  return (deviceIdentity?.length ?? 0) > MAX_DEVICE_IDENTITY_LENGTH ? 'deviceIdentity' : undefined;
}

/** The error about a field of an envelope. */
export function malformed(field: string): PolyratchetError {
  return new PolyratchetError('malformed', {
    what: 'envelope',
    field,
    expected: 'an address, an id, or bytes within their bounds',
    got: 'something else',
  });
}
