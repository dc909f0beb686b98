/**
 * A Double Ratchet as part of a stored record.
 *
 * @module
 */
import { CHAIN_KEY_LENGTH, chainLength, readChain, writeChain, type ChainKey } from '../chain/index.js';
import type { Secret } from '../core/secret.js';
import { KEY_LENGTH, readPublicKey, type PublicKey } from '../crypto/index.js';
import {
  nested,
  prefixedLength,
  rawPublicKey,
  repeated,
  required,
  secret,
  uint32,
  type Kind,
  type Table,
} from '../wire/index.js';
import type { RootKey } from './kdf.js';
import { MAX_RECEIVING_CHAINS } from './limits.js';
import type { RatchetState, ReceivingChain } from './state.js';

/** A receiving chain: ratchet key (32) ‖ chain. */
const receivingChain: Kind<ReceivingChain> = {
  wireType: 2,
  size: (chain) => prefixedLength(KEY_LENGTH + chainLength(chain)),
  write: (writer, chain) => {
    writer.varint(KEY_LENGTH + chainLength(chain));
    writer.raw(chain.ratchetKey);
    writeChain(writer, chain);
  },
  read: (reader) => {
    const view = reader.view();
    const chain = readChain(reader, view.subarray(KEY_LENGTH));
    return { ratchetKey: readPublicKey(reader.field, view.subarray(0, KEY_LENGTH)), ...chain };
  },
};

/** A ratchet with its chains and keys side by side, as it is stored. */
interface RatchetRecord {
  readonly rootKey: RootKey;
  readonly privateKey: Secret<'RatchetKey' | 'PreKey'>;
  readonly publicKey: PublicKey;
  readonly chainKey: ChainKey;
  readonly counter: number;
  readonly previousCounter: number;
  readonly receiving: readonly ReceivingChain[];
}

const ratchetTable: Table<RatchetRecord> = {
  name: 'ratchet',
  unknown: 'reject',
  rows: {
    rootKey: required(1, secret('RootKey', CHAIN_KEY_LENGTH)),
    privateKey: required(2, secret('RatchetKey', KEY_LENGTH)),
    publicKey: required(3, rawPublicKey),
    chainKey: required(4, secret('ChainKey', CHAIN_KEY_LENGTH)),
    counter: required(5, uint32),
    previousCounter: required(6, uint32),
    receiving: repeated(7, receivingChain, MAX_RECEIVING_CHAINS),
  },
};

const record = nested(ratchetTable);

/**
 * The kind of a field that holds a ratchet.
 *
 * @internal
 */
export const ratchetState: Kind<RatchetState> = {
  wireType: record.wireType,
  size: (state) => record.size(flatten(state)),
  write: (writer, state) => {
    record.write(writer, flatten(state));
  },
  read: (reader) => {
    const { privateKey, publicKey, chainKey, counter, rootKey, previousCounter, receiving } =
      record.read(reader);
    const sending = { ratchetKey: { publicKey, privateKey }, chainKey, counter };
    return { rootKey, sending, previousCounter, receiving };
  },
};

function flatten({ rootKey, sending, previousCounter, receiving }: RatchetState): RatchetRecord {
  const { ratchetKey, chainKey, counter } = sending;
  return { rootKey, ...ratchetKey, chainKey, counter, previousCounter, receiving };
}
