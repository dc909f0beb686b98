/** Watches all ciphertexts on their way to a server: a message key may belong to one ciphertext only. */
import type { Envelope, ServerAccess } from 'polyratchet';
import type { PairwiseEnvelope } from 'polyratchet/fanout';
import { decodeSignalMessage } from 'polyratchet/ratchet';
import { toHex } from '../../src/core/bytes.js';
import { parseMessage } from '../../src/senderkey/message.js';
import { profileOf, type SenderKeyProfile } from '../../src/senderkey/profile.js';
import { innerOf } from '../support/forge.js';

/** What came past. */
export class Ciphertexts {
  readonly #byKey = new Map<string, string>();
  /** By id, and by the devices between which it goes. */
  readonly #byMessage = new Map<string, Map<string, Set<string>>>();
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
    if (type === 'retry') return;
    if (type === 'senderkey') {
      this.#note(id, senderKeyOf(envelope), toHex(bytes), from);
      return;
    }
    const inner = innerOf({ type, bytes } satisfies Pick<PairwiseEnvelope, 'type' | 'bytes'>).bytes;
    const { ratchetKey, counter } = decodeSignalMessage(inner);
    this.#note(id, `${toHex(ratchetKey)} ${counter}`, toHex(inner), `${from} ${to}`);
  }

  #note(id: string, key: string, ciphertext: string, way: string): void {
    if ((this.#byKey.get(key) ?? ciphertext) !== ciphertext) this.reused++;
    this.#byKey.set(key, ciphertext);
    const ways = this.#byMessage.get(id) ?? new Map<string, Set<string>>();
    this.#byMessage.set(id, ways.set(way, (ways.get(way) ?? new Set()).add(ciphertext)));
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
    return [...(this.#byMessage.get(id)?.values() ?? [])].reduce((sum, { size }) => sum + size, 0);
  }

  /** Messages that were encrypted more than once for one device, some ids left out. */
  repeated(but: ReadonlySet<string>): number {
    return [...this.#byMessage]
      .filter(([id]) => !but.has(id))
      .flatMap(([, devices]) => [...devices.values()])
      .filter(({ size }) => size > 1).length;
  }
}

/** The message key that a message to a group names: a sender's, for one position of one chain. */
function senderKeyOf({ from, group = '', bytes }: Envelope): string {
  // Signal's first field is a UUID, of 16 bytes; WhatsApp's is a number.
  const profile: SenderKeyProfile = bytes[1] === 0x0a ? 'signal' : 'whatsapp';
  const { keyId, distributionId = '', iteration } = parseMessage(profileOf(profile), bytes);
  return `${from} ${group} ${distributionId} ${keyId} ${iteration}`;
}
