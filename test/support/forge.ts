/**
 * Forging: a message taken apart into protobuf fields, changed, and put together again.
 *
 * Written by hand and not with the library's codec, which refuses to write most of what a forger would.
 */
import type { RatchetState } from 'polyratchet/ratchet';
import type { EncryptedMessage, Session, SessionState } from 'polyratchet/session';
import { concat } from '../../src/core/bytes.js';
import { itemAt } from '../../src/core/lists.js';
import { reveal, Secret } from '../../src/core/secret.js';
import { hmacSha256, walkChain } from '../../src/crypto/index.js';
import { stepChains } from '../../src/ratchet/kdf.js';
import { send, type Party } from './party.js';

/** Field numbers of a SignalMessage. */
export const SIGNAL = { ratchetKey: 1, counter: 2, previousCounter: 3, ciphertext: 4 } as const;

/** Field numbers of a PreKeySignalMessage. */
export const PREKEY = {
  oneTimePreKeyId: 1,
  baseKey: 2,
  identityKey: 3,
  message: 4,
  registrationId: 5,
  signedPreKeyId: 6,
} as const;

/** One field: its tag and value as they stand on the wire, and the value alone. */
export interface Field {
  readonly number: number;
  readonly raw: Uint8Array;
  readonly content: Uint8Array;
}

export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}

/** A field of any wire type, its value as it shall stand on the wire. */
export function rawField(number: number, wireType: number, content: Uint8Array): Field {
  return { number, raw: concat(varint(number * 8 + wireType), content), content };
}

export function varintField(number: number, value: number | bigint): Field {
  return rawField(number, 0, varint(value));
}

export function bytesField(number: number, content: Uint8Array): Field {
  return { number, raw: concat(varint(number * 8 + 2), varint(content.length), content), content };
}

/** The fields of well-formed protobuf bytes that have varints and byte strings only. */
export function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let offset = 0;
  const read = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[offset++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (offset < bytes.length) {
    const start = offset;
    const tag = read();
    const valueStart = offset;
    const value = read();
    const contentStart = tag % 8 === 2 ? offset : valueStart;
    if (tag % 8 === 2) offset += value;
    fields.push({
      number: Math.floor(tag / 8),
      raw: bytes.slice(start, offset),
      content: bytes.slice(contentStart, offset),
    });
  }
  return fields;
}

/** A change of the list of fields. */
export type Change = (fields: readonly Field[]) => readonly Field[];

/** Puts a field in the place of the one with its number. */
export function replace(field: Field): Change {
  return (fields) => fields.map((old) => (old.number === field.number ? field : old));
}

export function remove(number: number): Change {
  return (fields) => fields.filter((field) => field.number !== number);
}

export function add(...more: readonly Field[]): Change {
  return (fields) => [...fields, ...more];
}

/** The same message with other fields; the MAC of an ordinary one stays as it was. */
export function forge(message: EncryptedMessage, change: Change): EncryptedMessage {
  const { version, fields, mac } = apart(message);
  return { ...message, bytes: together(version, change(fields), mac) };
}

/** A prekey message around another inner message. */
export function forgeInner(
  message: EncryptedMessage,
  change: (inner: EncryptedMessage) => EncryptedMessage,
): EncryptedMessage {
  return forge(message, replace(bytesField(PREKEY.message, change(innerOf(message)).bytes)));
}

/** The ordinary message inside a prekey message; an ordinary one as it is. */
export function innerOf(message: EncryptedMessage): EncryptedMessage {
  if (message.type === 'message') return message;
  return { type: 'message', bytes: contentOf(message, PREKEY.message) };
}

/** The value of a field that the message has. */
export function contentOf(message: EncryptedMessage, number: number): Uint8Array {
  const field = apart(message).fields.find((candidate) => candidate.number === number);
  if (field === undefined) throw new Error(`the message has no field ${String(number)}`);
  return field.content;
}

export function withBytes(message: EncryptedMessage, bytes: Uint8Array): EncryptedMessage {
  return { ...message, bytes };
}

export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = new Uint8Array(bytes);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

/**
 * An authentic message in an unusual form: what the owner of the session could send if it wanted to. The change is made
 * to the fields of the SignalMessage, and the MAC is computed anew.
 */
export function sendAltered(party: Party, text: string, change: Change, version?: number): EncryptedMessage {
  const { ratchet, remoteIdentity } = currentOf(party);
  const { macKey } = itemAt(stepChains([reveal(ratchet.sending.chainKey)]).steps, 0).keys;
  const message = send(party, text);
  const seal = (inner: EncryptedMessage): EncryptedMessage => {
    const { version: usual, fields } = apart(inner);
    const body = together(version ?? usual, change(fields), new Uint8Array(0));
    const keys = [party.identity.publicKey, remoteIdentity].flatMap((key) => [Uint8Array.of(5), key]);
    return withBytes(inner, concat(body, hmacSha256(macKey, concat(...keys, body)).subarray(0, 8)));
  };
  return message.type === 'prekey' ? forgeInner(message, seal) : seal(message);
}

/** Lets a party send messages that nobody ever sees, at the cost of a step of its chain each. */
export function skip(party: Party, count: number): void {
  alterRatchet(party, (ratchet) => {
    const { sending } = ratchet;
    const chainKey = walkChain(reveal(sending.chainKey), count, 0);
    return {
      ...ratchet,
      sending: { ...sending, chainKey: new Secret('ChainKey', chainKey), counter: sending.counter + count },
    };
  });
}

/** Changes the ratchet of a party's current state. */
export function alterRatchet(party: Party, change: (ratchet: RatchetState) => RatchetState): void {
  const current = currentOf(party);
  party.session = { ...sessionOf(party), current: { ...current, ratchet: change(current.ratchet) } };
}

export function sessionOf(party: Party): Session {
  if (party.session === undefined) throw new Error('the party has no session');
  return party.session;
}

export function currentOf(party: Party): SessionState {
  const { current } = sessionOf(party);
  if (current === undefined) throw new Error('the session has no current state');
  return current;
}

const MAC_LENGTH = 8;

interface Apart {
  readonly version: number;
  readonly fields: Field[];
  readonly mac: Uint8Array;
}

function apart({ type, bytes }: EncryptedMessage): Apart {
  const end = type === 'message' ? bytes.length - MAC_LENGTH : bytes.length;
  return { version: bytes[0] ?? 0, fields: fieldsOf(bytes.subarray(1, end)), mac: bytes.slice(end) };
}

function together(version: number, fields: readonly Field[], mac: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(version), ...fields.map(({ raw }) => raw), mac);
}
