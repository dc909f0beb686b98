/**
 * The two wire profiles: rows of one table. Nothing below that table knows which one it serves.
 *
 *                  SenderKeyDistributionMessage                        SenderKeyMessage
 *     whatsapp     {1 id, 2 iteration, 3 chain key, 4 signing key}     {1 id, 2 iteration, 3 ciphertext}
 *     signal       {1 distribution UUID, 2 id, 3 iteration,            {1 distribution UUID, 2 id, 3 iteration,
 *                   4 chain key, 5 signing key}                         4 ciphertext}
 *
 * Both stand behind the version byte. Where a sender key is named, `signal` has one name more.
 *
 * @module
 */
import { CHAIN_KEY_LENGTH, COUNTER_LIMIT, type ChainKey } from '../chain/index.js';
import { describe } from '../core/bytes.js';
import { invalidArgument } from '../core/refusals.js';
import type { PublicKey } from '../crypto/index.js';
import {
  bytes,
  decodeMessage,
  encodedPublicKey,
  encodeMessage,
  required,
  secret,
  uint32,
  type Kind,
  type Table,
} from '../wire/index.js';
import type { SenderKeyId } from './state.js';
import { uuid } from './uuid.js';

/** Whose formats are spoken. */
export type SenderKeyProfile = 'whatsapp' | 'signal';

/** The name of the messages in errors. */
export const MESSAGE_NAME = 'SenderKeyMessage';

/** The name of the distributions in errors. */
export const DISTRIBUTION_NAME = 'SenderKeyDistributionMessage';

/** What a SenderKeyDistributionMessage says. */
export interface Distribution extends SenderKeyId {
  /** Position of the chain key. */
  readonly iteration: number;
  /** The chain key of the message at this position. */
  readonly chainKey: ChainKey;
  /** The key that signs all messages. */
  readonly signingKey: PublicKey;
}

/** What a SenderKeyMessage says. */
export interface MessageFields extends SenderKeyId {
  /** Position in the sender's chain. */
  readonly iteration: number;
  /** AES-256-CBC of the plaintext. */
  readonly ciphertext: Uint8Array;
}

/** Writes and strictly reads one kind of message. */
export interface Codec<Message> {
  /** The protobuf bytes, with room for a frame around them. */
  readonly encode: (message: Message, prefix: number, suffix: number) => Uint8Array;
  /** The message of protobuf bytes. */
  readonly decode: (bytes: Uint8Array) => Message;
}

/** One profile. */
export interface Profile {
  /** Whether a sender key has a distribution UUID besides its number. */
  readonly hasDistributionId: boolean;
  readonly distribution: Codec<Distribution>;
  readonly message: Codec<MessageFields>;
}

/** Position of a message: the last counter is never used. */
const iteration: Kind<number> = {
  ...uint32,
  read: (reader) => {
    const value = uint32.read(reader);
    return value < COUNTER_LIMIT ? value : reader.fail(`less than ${COUNTER_LIMIT}`, 'more');
  },
};

const chainKey = secret('ChainKey', CHAIN_KEY_LENGTH);

const whatsappDistribution: Table<Omit<Distribution, 'distributionId'>> = {
  name: DISTRIBUTION_NAME,
  unknown: 'reject',
  rows: {
    keyId: required(1, uint32),
    iteration: required(2, iteration),
    chainKey: required(3, chainKey),
    signingKey: required(4, encodedPublicKey),
  },
};

const whatsappMessage: Table<Omit<MessageFields, 'distributionId'>> = {
  name: MESSAGE_NAME,
  unknown: 'reject',
  rows: {
    keyId: required(1, uint32),
    iteration: required(2, iteration),
    ciphertext: required(3, bytes()),
  },
};

const signalDistribution: Table<Required<Distribution>> = {
  name: DISTRIBUTION_NAME,
  unknown: 'reject',
  rows: {
    distributionId: required(1, uuid),
    keyId: required(2, uint32),
    iteration: required(3, iteration),
    chainKey: required(4, chainKey),
    signingKey: required(5, encodedPublicKey),
  },
};

const signalMessage: Table<Required<MessageFields>> = {
  name: MESSAGE_NAME,
  unknown: 'reject',
  rows: {
    distributionId: required(1, uuid),
    keyId: required(2, uint32),
    iteration: required(3, iteration),
    ciphertext: required(4, bytes()),
  },
};

const profiles: Readonly<Record<SenderKeyProfile, Profile>> = {
  whatsapp: {
    hasDistributionId: false,
    distribution: codec<Distribution, Omit<Distribution, 'distributionId'>>(whatsappDistribution),
    message: codec<MessageFields, Omit<MessageFields, 'distributionId'>>(whatsappMessage),
  },
  signal: {
    hasDistributionId: true,
    distribution: codec<Distribution, Required<Distribution>>(signalDistribution),
    message: codec<MessageFields, Required<MessageFields>>(signalMessage),
  },
};

/**
 * The row of a profile.
 *
 * @throws PolyratchetError `invalid-argument`: no such profile.
 */
export function profileOf(name: SenderKeyProfile): Profile {
  if (Object.hasOwn(profiles, name)) return profiles[name];
  throw invalidArgument('profile', "'whatsapp' or 'signal'", describe(name));
}

/** The codec of a table; its writer itself refuses a message that lacks what the table requires. */
function codec<Message extends object, Wire extends Message>(table: Table<Wire>): Codec<Message> {
  return {
    encode: (message, prefix, suffix) => encodeMessage(table, message as Wire, prefix, suffix),
    decode: (input) => decodeMessage(table, input),
  };
}
