/**
 * An outgoing message as a stored record: what it says, to whom it was written, and who was sent it so far.
 *
 *     plaintexts, each once ◂── what the devices get: one and its copy, or one for each
 *                           ◂── what some of them were sent
 *
 * A plaintext stands in the record once and is named by its place: what was sent comes back as the very plaintext of the
 * message, and a record of the largest message with its copy fits into one value of a store.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { equalBytes } from '../core/bytes.js';
import { inputList, inputObject } from '../core/check.js';
import { malformed } from '../core/refusals.js';
import { reveal, type Secret } from '../core/secret.js';
import { messageIdText } from '../content/index.js';
import {
  accountText,
  decodeRecord,
  deviceText,
  encodeRecord,
  nested,
  optional,
  repeated,
  required,
  uint32,
  uint53,
  type Table,
} from '../wire/index.js';
import type { OutgoingMessage, Plaintexts } from './message.js';
import { participantHashText } from './participantHash.js';
import { MAX_SENT_DEVICES } from './retry/limits.js';
import { checkCount, inputSent, type SentDevice, type SentMessage, type SentPart } from './retry/sent.js';
import { checkLength, checkParts, plaintextSecret, sentDevice } from './retry/sentRecord.js';
import { checkOnce } from './retry/strict.js';

/** Name of the record in errors. */
const WHAT = 'outgoingMessage';

/** What all devices get, by places. */
interface StoredOne {
  readonly plaintext: number;
  readonly copy?: number;
}

/** What one device gets, by its place. */
interface StoredEach {
  readonly device: Address;
  readonly plaintext: number;
}

/** What some devices were sent, by its place. */
interface StoredPart {
  readonly plaintext: number;
  readonly devices: readonly SentDevice[];
}

/** An outgoing message whose plaintexts are named by their places among all of them. */
interface StoredMessage extends Omit<OutgoingMessage, 'plaintexts' | 'sent'> {
  readonly plaintexts: readonly Secret<'Plaintext'>[];
  readonly one?: StoredOne;
  readonly each?: { readonly devices: readonly StoredEach[] };
  readonly sent?: { readonly sentAt: number; readonly parts: readonly StoredPart[] };
}

const table: Table<StoredMessage> = {
  name: WHAT,
  unknown: 'reject',
  rows: {
    messageId: required(1, messageIdText),
    chat: required(2, accountText),
    accounts: repeated(3, accountText, MAX_SENT_DEVICES), // each of them has a device
    participantHash: required(4, participantHashText),
    answers: required(5, uint32),
    plaintexts: repeated(6, plaintextSecret, 2 * MAX_SENT_DEVICES), // one to get and one that was sent
    one: optional(
      7,
      nested<StoredOne>({
        name: `${WHAT}.one`,
        unknown: 'reject',
        rows: { plaintext: required(1, uint32), copy: optional(2, uint32) },
      }),
    ),
    each: optional(
      8,
      nested<{ readonly devices: readonly StoredEach[] }>({
        name: `${WHAT}.each`,
        unknown: 'reject',
        rows: {
          devices: repeated(
            1,
            nested<StoredEach>({
              name: `${WHAT}.device`,
              unknown: 'reject',
              rows: { device: required(1, deviceText), plaintext: required(2, uint32) },
            }),
            MAX_SENT_DEVICES,
          ),
        },
      }),
    ),
    sent: optional(
      9,
      nested<{ readonly sentAt: number; readonly parts: readonly StoredPart[] }>({
        name: `${WHAT}.sent`,
        unknown: 'reject',
        rows: {
          sentAt: required(1, uint53),
          parts: repeated(
            2,
            nested<StoredPart>({
              name: `${WHAT}.part`,
              unknown: 'reject',
              rows: {
                plaintext: required(1, uint32),
                devices: repeated(2, sentDevice, MAX_SENT_DEVICES),
              },
            }),
            MAX_SENT_DEVICES,
          ),
        },
      }),
    ),
  },
};

/**
 * An outgoing message as bytes to store, until the server has taken it: they hold its plaintexts, so they belong in an
 * encrypted store.
 *
 * @throws PolyratchetError `too-large`: more than 1 MiB, or 5,125 devices or accounts; `invalid-argument`.
 * @example
 * ```ts no-run
 * import { decodeOutgoingMessage, encodeOutgoingMessage, type OutgoingMessage } from 'polyratchet/fanout';
 *
 * declare const message: OutgoingMessage; // of composeMessage, or out of a round
 * const record = encodeOutgoingMessage(message);
 * const same = decodeOutgoingMessage(record); // goes on where `message` stands
 * console.log(same.messageId === message.messageId); // true
 * ```
 */
export function encodeOutgoingMessage(message: OutgoingMessage): Uint8Array {
  const { messageId, chat, participantHash, answers, sent } = inputObject('message', message);
  const accounts = inputList('message.accounts', message.accounts);
  checkCount(accounts.length, 'accounts');
  const places = new Places();
  const record = encodeRecord(table, {
    ...{ messageId, chat, accounts, participantHash, answers },
    ...storedPlaintexts(inputObject('message.plaintexts', message.plaintexts), places),
    ...(sent === undefined ? {} : { sent: storedSent(inputSent(sent, messageId), places) }),
    plaintexts: places.plaintexts,
  });
  return checkLength(WHAT, record);
}

/** Plaintexts by the places at which a record has them. */
class Places {
  readonly plaintexts: Secret<'Plaintext'>[] = [];
  readonly #places = new Map<Secret<'Plaintext'>, number>();

  /** The place of a plaintext. Devices that get equal ones from different objects are kept apart, as sealing does it. */
  of(plaintext: Secret<'Plaintext'>): number {
    const known = this.#places.get(plaintext);
    if (known !== undefined) return known;
    this.#places.set(plaintext, this.plaintexts.length);
    return this.plaintexts.push(plaintext) - 1;
  }

  /** The place of a plaintext, or of an equal one. */
  ofEqual(plaintext: Secret<'Plaintext'>): number {
    if (this.#places.has(plaintext)) return this.of(plaintext);
    const bytes = reveal(plaintext);
    return this.of(this.plaintexts.find((other) => equalBytes(reveal(other), bytes)) ?? plaintext);
  }
}

function storedPlaintexts(plaintexts: Plaintexts, places: Places): Pick<StoredMessage, 'one' | 'each'> {
  if (plaintexts.kind === 'one') {
    const { plaintext, copy } = plaintexts;
    const place = places.of(plaintext);
    return { one: copy === undefined ? { plaintext: place } : { plaintext: place, copy: places.of(copy) } };
  }
  checkCount(inputObject('message.plaintexts.plaintexts', plaintexts.plaintexts).size);
  const devices = [...plaintexts.plaintexts].map(([device, plaintext]) => ({
    device,
    plaintext: places.of(plaintext),
  }));
  return { each: { devices } };
}

function storedSent({ sentAt, parts }: SentMessage, places: Places): NonNullable<StoredMessage['sent']> {
  checkCount(parts.reduce((count, { devices }) => count + devices.length, 0));
  return {
    sentAt,
    parts: parts.map(({ plaintext, devices }) => ({ plaintext: places.ofEqual(plaintext), devices })),
  };
}

/**
 * Reads an outgoing message strictly. A round with it does what one with the message that was written would do.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeOutgoingMessage(record: Uint8Array): OutgoingMessage {
  const { plaintexts, one, each, sent, ...message } = decodeRecord(table, record);
  if (message.accounts.length === 0) throw malformed(WHAT, 'accounts', 'the own account at least', 'none');
  checkOnce(WHAT, 'accounts', message.accounts);
  const used = new Set<number>();
  const at = (place: number): Secret<'Plaintext'> => {
    const plaintext = plaintexts[place];
    if (plaintext === undefined) throw malformed(WHAT, 'plaintexts', 'every one that is named', 'fewer');
    used.add(place);
    return plaintext;
  };
  const whole: OutgoingMessage = { ...message, plaintexts: plaintextsFrom(one, each?.devices, at) };
  const parts = sent?.parts.map(({ plaintext, devices }): SentPart => ({
    plaintext: at(plaintext),
    devices,
  }));
  if (used.size < plaintexts.length) throw malformed(WHAT, 'plaintexts', 'what is named', 'more');
  if (sent === undefined || parts === undefined) return whole;
  checkParts(WHAT, parts);
  return { ...whole, sent: { messageId: message.messageId, sentAt: sent.sentAt, parts } };
}

/** What the devices get: in one of two forms, and not in both. */
function plaintextsFrom(
  one: StoredOne | undefined,
  each: readonly StoredEach[] | undefined,
  at: (place: number) => Secret<'Plaintext'>,
): Plaintexts {
  if (one !== undefined && each === undefined) {
    const plaintext = at(one.plaintext);
    const { copy } = one;
    return copy === undefined ? { kind: 'one', plaintext } : { kind: 'one', plaintext, copy: at(copy) };
  }
  if (one !== undefined || each === undefined)
    throw malformed(
      WHAT,
      'plaintexts',
      'one for all, or one for each',
      one === undefined ? 'neither' : 'both',
    );
  const devices = each.map(({ device }) => device);
  checkOnce(WHAT, 'each', devices);
  return { kind: 'each', plaintexts: new Map(each.map(({ device, plaintext }) => [device, at(plaintext)])) };
}
