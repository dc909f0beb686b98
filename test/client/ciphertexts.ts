/** Watches all ciphertexts on their way to a server: a message key may belong to one ciphertext only. */
import type { Envelope, PairwiseEnvelope, ServerAccess } from 'polyratchet';
import { decodeSignalMessage } from 'polyratchet/ratchet';
import { toHex } from '../../src/core/bytes.js';
import { innerOf } from '../support/forge.js';

/** What came past. */
export class Ciphertexts {
  readonly #byKey = new Map<string, string>();
  readonly #byMessage = new Map<string, Set<string>>();
  readonly #envelopes: Envelope[] = [];
  /** Keys that were used for two plaintexts. */
  reused = 0;

  /** A server past which everything comes. */
  watch(server: ServerAccess): ServerAccess {
    return {
      connectUnlinked: () => server.connectUnlinked(),
      connect: (device) => {
        const connection = server.connect(device);
        return {
          ...connection,
          send: (envelopes, options) => {
            for (const envelope of envelopes) this.#look(envelope);
            return connection.send(envelopes, options);
          },
        };
      },
    };
  }

  #look(envelope: Envelope): void {
    this.#envelopes.push(envelope);
    const { id, from, to, type, bytes } = envelope;
    if (type !== 'prekey' && type !== 'message') return;
    const inner = innerOf({ type, bytes } satisfies Pick<PairwiseEnvelope, 'type' | 'bytes'>).bytes;
    const { ratchetKey, counter } = decodeSignalMessage(inner);
    const key = `${toHex(ratchetKey)} ${counter}`;
    const ciphertext = toHex(inner);
    if ((this.#byKey.get(key) ?? ciphertext) !== ciphertext) this.reused++;
    this.#byKey.set(key, ciphertext);
    this.#byMessage.set(id, (this.#byMessage.get(id) ?? new Set()).add(`${from} ${to} ${ciphertext}`));
  }

  /** Message keys that came past. */
  get keys(): number {
    return this.#byKey.size;
  }

  /** Everything that came past, whether it arrived or not. */
  get envelopes(): readonly Envelope[] {
    return this.#envelopes;
  }

  /** How many times messages of an id were encrypted, for all devices together. */
  encryptions(id: string): number {
    return this.#byMessage.get(id)?.size ?? 0;
  }
}
