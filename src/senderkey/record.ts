/**
 * Sender keys as stored records.
 *
 * @module
 */
import { CHAIN_KEY_LENGTH, messageChain, type ChainKey } from '../chain/index.js';
import { inputObject } from '../core/check.js';
import { malformed } from '../core/refusals.js';
import { reveal, type Secret } from '../core/secret.js';
import { SEED_LENGTH, signerKeyPair } from '../crypto/index.js';
import {
  accountText,
  decodeRecord,
  deviceText,
  encodeRecord,
  enumeration,
  nested,
  optional,
  rawPublicKey,
  repeated,
  required,
  secret,
  uint32,
  type Table,
} from '../wire/index.js';
import { profileOf, type SenderKeyProfile } from './profile.js';
import {
  isSameId,
  MAX_SENDER_KEY_STATES,
  type ReceivedSenderKey,
  type SenderKey,
  type SenderKeyId,
  type SenderKeyState,
} from './state.js';
import { uuid } from './uuid.js';

const profile = enumeration<SenderKeyProfile>({ whatsapp: 1, signal: 2 });

/** A key of our own with its signing key as a seed, from which the public key is computed anew, never read. */
interface SenderKeyRecord extends SenderKeyId {
  readonly profile: SenderKeyProfile;
  readonly seed: Secret<'SenderSigningKeySeed'>;
  readonly chainKey: ChainKey;
  readonly iteration: number;
}

const senderKeyTable: Table<SenderKeyRecord> = {
  name: 'senderKey',
  unknown: 'reject',
  rows: {
    profile: required(1, profile),
    keyId: required(2, uint32),
    distributionId: optional(3, uuid),
    seed: required(4, secret('SenderSigningKeySeed', SEED_LENGTH)),
    chainKey: required(5, secret('ChainKey', CHAIN_KEY_LENGTH)),
    iteration: required(6, uint32),
  },
};

const stateTable: Table<SenderKeyState> = {
  name: 'receivedSenderKey.state',
  unknown: 'reject',
  rows: {
    keyId: required(1, uint32),
    distributionId: optional(2, uuid),
    signingKey: required(3, rawPublicKey),
    chain: required(4, messageChain),
  },
};

const receivedTable: Table<ReceivedSenderKey> = {
  name: 'receivedSenderKey',
  unknown: 'reject',
  rows: {
    profile: required(1, profile),
    group: required(2, accountText),
    sender: required(3, deviceText),
    states: repeated(4, nested(stateTable), MAX_SENDER_KEY_STATES),
  },
};

/**
 * A key of our own as bytes to store: who has them can write in our name.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { createSenderKey, decodeSenderKey, encodeSenderKey } from 'polyratchet/senderkey';
 *
 * const stored = encodeSenderKey(createSenderKey({ random: systemRandom })); // versioned bytes
 * const senderKey = decodeSenderKey(stored);
 * ```
 */
export function encodeSenderKey(senderKey: SenderKey): Uint8Array {
  const { signingKey, ...fields } = inputObject('senderKey', senderKey);
  return encodeRecord(senderKeyTable, { ...fields, seed: signingKey.seed });
}

/**
 * Reads a stored key of our own strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`; `invalid-argument`: no bytes.
 */
export function decodeSenderKey(record: Uint8Array): SenderKey {
  const { seed, ...fields } = decodeRecord(senderKeyTable, record);
  checkId(senderKeyTable.name, fields.profile, fields);
  return { ...fields, signingKey: signerKeyPair('SenderSigningKeySeed', reveal(seed)) };
}

/**
 * What a device has given us for a group as bytes to store: they hold keys, so they belong in an encrypted store.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import {
 *   decodeReceivedSenderKey,
 *   encodeReceivedSenderKey,
 *   type ReceivedSenderKey,
 * } from 'polyratchet/senderkey';
 *
 * declare const received: ReceivedSenderKey;
 * const stored = encodeReceivedSenderKey(received); // versioned bytes
 * const again = decodeReceivedSenderKey(stored);
 * ```
 */
export function encodeReceivedSenderKey(received: ReceivedSenderKey): Uint8Array {
  return encodeRecord(receivedTable, inputObject('received', received));
}

/**
 * Reads what a device has given us strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeReceivedSenderKey(record: Uint8Array): ReceivedSenderKey {
  const received = decodeRecord(receivedTable, record);
  received.states.forEach((state, i) => {
    checkId(stateTable.name, received.profile, state);
    if (received.states.findIndex((other) => isSameId(other, state)) === i) return;
    throw malformed(receivedTable.name, 'states', 'each key once', 'one twice');
  });
  return received;
}

function checkId(what: string, name: SenderKeyProfile, { distributionId }: SenderKeyId): void {
  const { hasDistributionId } = profileOf(name);
  if ((distributionId !== undefined) === hasDistributionId) return;
  throw malformed(
    what,
    'distributionId',
    hasDistributionId ? 'a UUID' : 'none',
    hasDistributionId ? 'none' : 'a UUID',
  );
}
