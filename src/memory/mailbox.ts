/**
 * A mailbox: keeps envelopes in order until they are acknowledged.
 *
 * @module
 */
import type { Delivery } from '../client/index.js';
import { copyBytes } from '../core/bytes.js';
import type { Envelope } from '../fanout/index.js';
import { checkLimit } from './input.js';
import { MAX_WAITING, MAX_WAITING_LENGTH } from './limits.js';

/** Some envelopes: how many, and how many bytes. */
export interface Load {
  readonly envelopes: number;
  readonly length: number;
}

/** One device's mail. */
export interface Mailbox {
  /** Puts an envelope at the end and wakes whoever reads. */
  readonly add: (envelope: Envelope) => void;
  /** Throws `too-large` unless so much more finds room. */
  readonly checkRoom: (more: Load) => void;
  /** Forgets envelopes. */
  readonly remove: (ids: readonly string[]) => void;
  /** Forgets everything, and wakes whoever reads. */
  readonly clear: () => void;
  /** How many wait. */
  readonly size: () => number;
  /** Wakes whoever reads, so that it looks whether it has ended. */
  readonly wake: () => void;
  /** What is there in order, then what comes, until `ended` says so, or throws. */
  readonly read: (ended: () => boolean) => AsyncIterable<Delivery>;
}

/** Makes an empty mailbox. */
export function createMailbox(): Mailbox {
  /** By number: envelopes are numbered as they come, and a reader knows which number it has seen. */
  const waiting = new Map<string, Envelope>();
  let last = 0;
  let length = 0;
  let sleepers: (() => void)[] = [];

  const wake = (): void => {
    const woken = sleepers;
    sleepers = [];
    for (const resume of woken) resume();
  };

  async function* read(ended: () => boolean): AsyncGenerator<Delivery> {
    const [first = last + 1] = waiting.keys();
    let next = Number(first);
    while (!ended()) {
      if (next > last) {
        await new Promise<void>((resume) => sleepers.push(resume));
        continue;
      }
      const id = String(next);
      const envelope = waiting.get(id);
      next++;
      if (envelope !== undefined) yield { id, envelope: copyOfEnvelope(envelope) };
    }
  }

  return {
    add: (envelope) => {
      last++;
      waiting.set(String(last), envelope);
      length += envelope.bytes.length;
      wake();
    },
    checkRoom: (more) => {
      checkLimit('mailbox', waiting.size + more.envelopes, MAX_WAITING);
      checkLimit('bytes of a mailbox', length + more.length, MAX_WAITING_LENGTH);
    },
    remove: (ids) => {
      for (const id of ids) {
        length -= waiting.get(id)?.bytes.length ?? 0;
        waiting.delete(id);
      }
    },
    clear: () => {
      waiting.clear();
      length = 0;
      wake();
    },
    size: () => waiting.size,
    wake,
    read,
  };
}

/** What is handed out shares no memory with what is kept. */
function copyOfEnvelope(envelope: Envelope): Envelope {
  const { bytes, deviceIdentity } = envelope;
  return {
    ...envelope,
    bytes: copyBytes(bytes),
    ...(deviceIdentity === undefined ? {} : { deviceIdentity: copyBytes(deviceIdentity) }),
  };
}
