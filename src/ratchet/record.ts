/**
 * A Double Ratchet as part of a stored record.
 *
 * A receiving chain is one fixed layout, since a session may have many:
 *
 *     ratchet key (32) ‖ chain key (32) ‖ counter (4) [ ‖ evicted below (4) ‖ skipped keys (36 each) ]
 *
 * @module
 */
import { readUint32, writeUint32 } from '../core/bytes.js';
import { reveal, Secret } from '../core/secret.js';
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
import { CHAIN_KEY_LENGTH, type ChainKey, type RootKey } from './kdf.js';
import { MAX_RECEIVING_CHAINS } from './limits.js';
import { isPacked, NO_SKIPPED_KEYS } from './skipped.js';
import type { RatchetState, ReceivingChain } from './state.js';

const COUNTER = KEY_LENGTH + CHAIN_KEY_LENGTH;
const SHORT_CHAIN = COUNTER + 4;
const LONG_CHAIN = SHORT_CHAIN + 4;

const receivingChain: Kind<ReceivingChain> = {
  wireType: 2,
  size: (chain) => prefixedLength(chainLength(chain)),
  write: (writer, chain) => {
    const numbers = new Uint8Array(8);
    writeUint32(numbers, 0, chain.counter);
    writeUint32(numbers, 4, chain.evictedBelow);
    const length = chainLength(chain);
    writer.varint(length);
    writer.raw(chain.ratchetKey);
    writer.raw(reveal(chain.chainKey));
    writer.raw(length === SHORT_CHAIN ? numbers.subarray(0, 4) : numbers);
    writer.raw(reveal(chain.skipped));
  },
  read: (reader) => {
    const view = reader.view();
    if (view.length < LONG_CHAIN && view.length !== SHORT_CHAIN)
      return reader.fail('a chain', `${view.length} bytes`);
    const counter = readUint32(view, COUNTER);
    const packed = view.subarray(LONG_CHAIN);
    if (!isPacked(packed, counter)) return reader.fail('skipped keys in order', 'others');
    return {
      ratchetKey: readPublicKey(reader.field, view.subarray(0, KEY_LENGTH)),
      chainKey: new Secret('ChainKey', view.subarray(KEY_LENGTH, COUNTER)),
      counter,
      skipped: packed.length === 0 ? NO_SKIPPED_KEYS : new Secret('SkippedKeys', packed),
      evictedBelow: view.length === SHORT_CHAIN ? 0 : readUint32(view, SHORT_CHAIN),
    };
  },
};

function chainLength({ evictedBelow, skipped }: ReceivingChain): number {
  const packed = reveal(skipped).length;
  return packed === 0 && evictedBelow === 0 ? SHORT_CHAIN : LONG_CHAIN + packed;
}

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
