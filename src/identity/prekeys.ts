/**
 * Prekeys: the keys that a device publishes so that others can start a session while it is offline.
 *
 * @module
 */
import { inputInteger, inputIterable, inputObject, inputTime } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { invalidArgument } from '../core/refusals.js';
import { reveal, type Secret } from '../core/secret.js';
import {
  generateKeyPair,
  KEY_LENGTH,
  keyPairFrom,
  SIGNATURE_LENGTH,
  type PublicKey,
} from '../crypto/index.js';
import {
  bytes,
  decodeRecord,
  encodePublicKey,
  encodeRecord,
  required,
  secret,
  uint32,
  uint53,
  type Table,
} from '../wire/index.js';
import { sign, type Identity } from './keys.js';

/** The largest prekey id that is generated: 24 bits, the size that WhatsApp's servers store. */
export const MAX_PREKEY_ID: number = 2 ** 24 - 1;

/** A one-time prekey with its private key: erased after the first message that uses it. */
export interface OneTimePreKey {
  /** 1 … 2²⁴ − 1. */
  readonly id: number;
  /** 32 bytes. */
  readonly publicKey: PublicKey;
  /** 32 bytes. */
  readonly privateKey: Secret<'PreKey'>;
}

/** A signed prekey with its private key: used by every session that starts until it is rotated. */
export interface SignedPreKey {
  /** 1 … 2²⁴ − 1. */
  readonly id: number;
  /** 32 bytes. */
  readonly publicKey: PublicKey;
  /** 32 bytes. */
  readonly privateKey: Secret<'PreKey'>;
  /** XEdDSA by the identity over the 33-byte form of the public key, 64 bytes. */
  readonly signature: Uint8Array;
  /** When it was made, milliseconds since 1970. */
  readonly createdAt: number;
}

/**
 * The id after `id`: 24 bits, never 0 (libsignal-node takes 0 for none), back to 1 after 2²⁴ − 1.
 *
 * @throws PolyratchetError `invalid-argument`: not 0 … 2²⁴ − 1.
 * @example
 * ```ts
 * import { nextPreKeyId } from 'polyratchet/identity';
 *
 * nextPreKeyId(0); // 1: the first
 * nextPreKeyId(2 ** 24 - 1); // 1: again from the start
 * ```
 */
export function nextPreKeyId(id: number): number {
  return (inputInteger('id', id, 0, MAX_PREKEY_ID) % MAX_PREKEY_ID) + 1;
}

/** Which signed prekey to make. */
export interface SignedPreKeyOptions {
  /** The device's identity, which signs. */
  readonly identity: Identity;
  /** Its id, 1 … 2²⁴ − 1; the next one is {@link nextPreKeyId} of the last. */
  readonly id: number;
  /** The source of its private key. */
  readonly random: Random;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/**
 * Makes a signed prekey.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { generateIdentity, generateSignedPreKey } from 'polyratchet/identity';
 *
 * const identity = generateIdentity(systemRandom);
 * const signedPreKey = generateSignedPreKey({ identity, id: 1, random: systemRandom, now: Date.now() });
 * ```
 */
export function generateSignedPreKey(options: SignedPreKeyOptions): SignedPreKey {
  const { identity, id, random, now } = inputObject('options', options);
  const checkedId = inputInteger('id', id, 1, MAX_PREKEY_ID);
  const createdAt = inputTime('now', now);
  const { publicKey, privateKey } = generateKeyPair('PreKey', random);
  const signature = sign({ identity, message: encodePublicKey(publicKey), random });
  return { id: checkedId, publicKey, privateKey, signature, createdAt };
}

/** Which one-time prekeys to make. */
export interface OneTimePreKeysOptions {
  /** The last id that was used, 0 at first. */
  readonly lastId: number;
  /** How many, 1 … 10,000. */
  readonly count: number;
  /** Ids of one-time prekeys that still exist: skipped, since the counter wraps. */
  readonly inUse?: Iterable<number>;
  /** The source of their private keys. */
  readonly random: Random;
}

/** New one-time prekeys. */
export interface OneTimePreKeys {
  /** In the order of their ids. */
  readonly oneTimePreKeys: readonly OneTimePreKey[];
  /** The last id that is used now: to be stored with the prekeys. */
  readonly lastId: number;
}

/** Most one-time prekeys of one call: a mistake in `count` must not keep a device busy for minutes. */
export const MAX_ONE_TIME_PREKEYS = 10_000;

/**
 * Makes one-time prekeys with the next free ids.
 *
 * @throws PolyratchetError `invalid-argument`; `too-large`: `inUse` has more ids than there are.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { generateOneTimePreKeys } from 'polyratchet/identity';
 *
 * const { oneTimePreKeys, lastId } = generateOneTimePreKeys({ lastId: 0, count: 2, random: systemRandom });
 * oneTimePreKeys.map(({ id }) => id); // [1, 2]
 * lastId; // 2
 * ```
 */
export function generateOneTimePreKeys(options: OneTimePreKeysOptions): OneTimePreKeys {
  const { lastId, count, inUse = [], random } = inputObject('options', options);
  const taken = idsOf(inUse);
  const ids: number[] = [];
  let id = inputInteger('lastId', lastId, 0, MAX_PREKEY_ID);
  inputInteger('count', count, 1, MAX_ONE_TIME_PREKEYS);
  if (taken.size + count > MAX_PREKEY_ID) {
    throw invalidArgument('inUse', 'free ids', 'none');
  }
  while (ids.length < count) {
    id = nextPreKeyId(id);
    if (!taken.has(id)) ids.push(id);
  }
  return {
    oneTimePreKeys: ids.map((free) => ({ id: free, ...generateKeyPair('PreKey', random) })),
    lastId: id,
  };
}

/** The ids that a caller names; more than there are can only come from a source that never ends. */
function idsOf(inUse: Iterable<number>): ReadonlySet<number> {
  const ids = new Set<number>();
  let count = 0;
  for (const id of inputIterable('inUse', inUse)) {
    if (++count > MAX_PREKEY_ID)
      throw new PolyratchetError('too-large', { what: 'inUse', limit: MAX_PREKEY_ID, got: count });
    ids.add(id);
  }
  return ids;
}

interface OneTimePreKeyRecord {
  readonly id: number;
  readonly privateKey: Secret<'PreKey'>;
}

interface SignedPreKeyRecord extends OneTimePreKeyRecord {
  readonly signature: Uint8Array;
  readonly createdAt: number;
}

const oneTimePreKeyTable: Table<OneTimePreKeyRecord> = {
  name: 'oneTimePreKey',
  unknown: 'reject',
  rows: { id: required(1, uint32), privateKey: required(2, secret('PreKey', KEY_LENGTH)) },
};

const signedPreKeyTable: Table<SignedPreKeyRecord> = {
  name: 'signedPreKey',
  unknown: 'reject',
  rows: {
    ...oneTimePreKeyTable.rows,
    signature: required(3, bytes(SIGNATURE_LENGTH)),
    createdAt: required(4, uint53),
  },
};

/**
 * The one-time prekey as bytes to store: they hold the private key.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeOneTimePreKey(oneTimePreKey: OneTimePreKey): Uint8Array {
  return encodeRecord(oneTimePreKeyTable, oneTimePreKey);
}

/**
 * Reads a stored one-time prekey; the public key is computed anew.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`.
 */
export function decodeOneTimePreKey(record: Uint8Array): OneTimePreKey {
  const { id, privateKey } = decodeRecord(oneTimePreKeyTable, record);
  return { id, ...keyPairFrom('PreKey', reveal(privateKey)) };
}

/**
 * The signed prekey as bytes to store: they hold the private key.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeSignedPreKey(signedPreKey: SignedPreKey): Uint8Array {
  return encodeRecord(signedPreKeyTable, signedPreKey);
}

/**
 * Reads a stored signed prekey; the public key is computed anew.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`.
 */
export function decodeSignedPreKey(record: Uint8Array): SignedPreKey {
  const { id, privateKey, signature, createdAt } = decodeRecord(signedPreKeyTable, record);
  return { id, ...keyPairFrom('PreKey', reveal(privateKey)), signature, createdAt };
}
