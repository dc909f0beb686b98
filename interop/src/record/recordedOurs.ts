/** A device of ours that writes down what it draws, what it is given and what it gives. */
import { systemRandom } from 'polyratchet';
import type { DecryptResult } from 'polyratchet/session';
import type { RecordedBundle, RecordedPreKey, Step, Transcript } from '../../../test/vectors/schema.js';
import { Ours } from '../ours.js';
import type { Bundle, Message } from '../party.js';

/** Everything that one device draws, in order. */
export class Draws {
  #drawn: Uint8Array[] = [];

  /** The system's random bytes, kept. */
  readonly random = (length: number): Uint8Array => {
    const bytes = systemRandom(length);
    this.#drawn.push(Uint8Array.from(bytes));
    return bytes;
  };

  /** What was drawn since the last call. */
  take(): string {
    const taken = toHex(Buffer.concat(this.#drawn));
    this.#drawn = [];
    return taken;
  }
}

export class RecordedOurs extends Ours {
  readonly #draws: Draws;
  readonly #identity: { seed: string } | { privateKey: string };
  readonly #signedPreKeys: (RecordedPreKey & { signature: string })[] = [];
  readonly #oneTimePreKeys: RecordedPreKey[] = [];
  readonly #steps: Step[] = [];

  /** @param privateKey - an identity that was made elsewhere; without it the device makes its own. */
  constructor(privateKey?: Uint8Array, draws: Draws = new Draws()) {
    super({ random: draws.random, ...(privateKey === undefined ? {} : { privateKey }) });
    this.#draws = draws;
    const drawn = draws.take(); // the seed, if there is one, then 4 bytes of the registration id
    this.#identity =
      privateKey === undefined ? { seed: drawn.slice(0, 64) } : { privateKey: toHex(privateKey) };
  }

  /** The conversation so far. */
  transcript(name: string): Transcript {
    return {
      name,
      us: {
        identity: this.#identity,
        identityKey: toHex(this.identityKey),
        registrationId: this.registrationId,
        signedPreKeys: this.#signedPreKeys,
        oneTimePreKeys: this.#oneTimePreKeys,
      },
      steps: this.#steps,
    };
  }

  override async publishBundle(options: { readonly oneTimePreKey: boolean }): Promise<Bundle> {
    const bundle = await super.publishBundle(options);
    const { signedPreKey, oneTimePreKey } = toRecord(bundle);
    const drawn = this.#draws.take(); // for the signed prekey: its private key, then what its signature took
    const end = drawn.length - (oneTimePreKey === undefined ? 0 : 64);
    this.#signedPreKeys.push({ ...signedPreKey, random: drawn.slice(0, end) });
    if (oneTimePreKey !== undefined)
      this.#oneTimePreKeys.push({ ...oneTimePreKey, random: drawn.slice(end) });
    return bundle;
  }

  override async processBundle(bundle: Bundle): Promise<void> {
    await super.processBundle(bundle);
    this.#steps.push({ kind: 'start', bundle: toRecord(bundle), random: this.#draws.take() });
  }

  override async encrypt(plaintext: Uint8Array): Promise<Message> {
    const { type, bytes } = await super.encrypt(plaintext);
    this.#steps.push({ kind: 'encrypt', type, plaintext: toHex(plaintext), message: toHex(bytes) });
    return { type, bytes };
  }

  override receive(message: Message): DecryptResult {
    const result = super.receive(message);
    this.#steps.push({
      kind: 'decrypt',
      type: message.type,
      message: toHex(message.bytes),
      plaintext: toHex(result.plaintext),
      state: result.state,
      ...result.consumed,
      random: this.#draws.take(),
    });
    return result;
  }
}

function toRecord({ registrationId, identityKey, signedPreKey, oneTimePreKey }: Bundle): RecordedBundle {
  return {
    registrationId,
    identityKey: toHex(identityKey),
    signedPreKey: {
      id: signedPreKey.id,
      publicKey: toHex(signedPreKey.publicKey),
      signature: toHex(signedPreKey.signature),
    },
    ...(oneTimePreKey === undefined
      ? {}
      : { oneTimePreKey: { id: oneTimePreKey.id, publicKey: toHex(oneTimePreKey.publicKey) } }),
  };
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
