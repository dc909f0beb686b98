/**
 * A chain as part of a stored record: one fixed layout, since there may be many.
 *
 *     chain key (32) ‖ counter (4) [ ‖ evicted below (4) ‖ skipped keys (36 each) ]
 *
 * @module
 */
import { readUint32, writeUint32 } from '../core/bytes.js';
import { reveal, Secret } from '../core/secret.js';
import { prefixedLength, type Kind, type Reader, type Writer } from '../wire/index.js';
import { CHAIN_KEY_LENGTH, type MessageChain } from './chain.js';
import { isPacked, NO_SKIPPED_KEYS } from './skipped.js';

const SHORT_CHAIN = CHAIN_KEY_LENGTH + 4;
const LONG_CHAIN = SHORT_CHAIN + 4;

/** The kind of a field that holds a chain and nothing else. */
export const messageChain: Kind<MessageChain> = {
  wireType: 2,
  size: (chain) => prefixedLength(chainLength(chain)),
  write: (writer, chain) => {
    writer.varint(chainLength(chain));
    writeChain(writer, chain);
  },
  read: (reader) => readChain(reader, reader.view()),
};

/** Bytes of the layout. */
export function chainLength({ evictedBelow, skipped }: MessageChain): number {
  const packed = reveal(skipped).length;
  return packed === 0 && evictedBelow === 0 ? SHORT_CHAIN : LONG_CHAIN + packed;
}

/** Appends the layout. */
export function writeChain(writer: Writer, chain: MessageChain): void {
  const numbers = new Uint8Array(8);
  writeUint32(numbers, 0, chain.counter);
  writeUint32(numbers, 4, chain.evictedBelow);
  writer.raw(reveal(chain.chainKey));
  writer.raw(chainLength(chain) === SHORT_CHAIN ? numbers.subarray(0, 4) : numbers);
  writer.raw(reveal(chain.skipped));
}

/** Reads the layout from all of `view`, or fails in the name of the reader's current field. */
export function readChain(reader: Reader, view: Uint8Array): MessageChain {
  if (view.length < LONG_CHAIN && view.length !== SHORT_CHAIN)
    return reader.fail('a chain', `${view.length} bytes`);
  const counter = readUint32(view, CHAIN_KEY_LENGTH);
  const evictedBelow = view.length === SHORT_CHAIN ? 0 : readUint32(view, SHORT_CHAIN);
  if (evictedBelow > counter) return reader.fail('no key gone that is to come', 'one');
  const packed = view.subarray(LONG_CHAIN);
  if (!isPacked(packed, counter)) return reader.fail('skipped keys in order', 'others');
  return {
    chainKey: new Secret('ChainKey', view.subarray(0, CHAIN_KEY_LENGTH)),
    counter,
    skipped: packed.length === 0 ? NO_SKIPPED_KEYS : new Secret('SkippedKeys', packed),
    evictedBelow,
  };
}
