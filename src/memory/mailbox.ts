/**
 * A mailbox: keeps envelopes in order until they are acknowledged.
 *
 * @module
 */
import type { Envelope } from '../client/index.js';
import { copyBytes } from '../core/bytes.js';

/** One device's mail. */
export interface Mailbox {
  /** Puts an envelope at the end and wakes whoever reads. */
  add(envelope: Envelope): void;
  /** Forgets envelopes. */
  remove(ids: readonly string[]): void;
  /** Forgets everything, and wakes whoever reads. */
  clear(): void;
  /** How many wait. */
  size(): number;
  /** Wakes whoever reads, so that it looks whether it has ended. */
  wake(): void;
  /** What is there in order, then what comes, until `ended` says so. */
  read(ended: () => boolean): AsyncIterable<Envelope>;
}

/** Makes an empty mailbox. */
export function createMailbox(): Mailbox {
  let waiting: readonly Envelope[] = [];
  let sleepers: readonly (() => void)[] = [];

  const wake = (): void => {
    const woken = sleepers;
    sleepers = [];
    for (const resume of woken) resume();
  };

  async function* read(ended: () => boolean): AsyncGenerator<Envelope> {
    const seen = new Set<string>();
    while (!ended()) {
      const next = waiting.find(({ id }) => !seen.has(id));
      if (next === undefined) {
        await new Promise<void>((resume) => (sleepers = [...sleepers, resume]));
        continue;
      }
      seen.add(next.id);
      yield { ...next, bytes: copyBytes(next.bytes) };
    }
  }

  return {
    add: (envelope) => {
      waiting = [...waiting, envelope];
      wake();
    },
    remove: (ids) => {
      const gone = new Set(ids);
      waiting = waiting.filter(({ id }) => !gone.has(id));
    },
    clear: () => {
      waiting = [];
      wake();
    },
    size: () => waiting.length,
    wake,
    read,
  };
}
