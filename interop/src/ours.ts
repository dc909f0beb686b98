/** polyratchet itself as a party, stored after each step as an application stores it. */
import { systemRandom, type Random } from 'polyratchet';
import { PolyratchetError } from 'polyratchet/errors';
import {
  createBundle,
  decodePublicKey,
  encodePublicKey,
  generateIdentity,
  generateOneTimePreKeys,
  generateRegistrationId,
  generateSignedPreKey,
  importIdentity,
  type Identity,
  type OneTimePreKey,
  type PreKeyBundle,
  type SignedPreKey,
} from 'polyratchet/identity';
import {
  createSession,
  decodeSession,
  decrypt,
  encodeSession,
  encrypt,
  peekPreKeyMessage,
  type DecryptOptions,
  type DecryptResult,
  type EncryptedMessage,
  type Session,
} from 'polyratchet/session';
import type { Bundle, Message, Party } from './party.js';

export interface OursOptions {
  /** An identity that was made elsewhere, 32 bytes; without it the party makes its own from a seed. */
  readonly privateKey?: Uint8Array;
  readonly random?: Random;
}

/** A device of ours. */
export class Ours implements Party {
  readonly name: string = 'polyratchet';
  readonly versionByte = 0x33;
  readonly maxJump = 25_000;
  readonly checksSignedPreKey = true;
  readonly maxSkippedKeys = 2_000;
  readonly maxReceivingChains = 5;
  readonly namesDuplicates = true;
  readonly isSpoiledByLateMessages = false;
  readonly identity: Identity;
  readonly registrationId: number;
  protected readonly random: Random;
  readonly #signedPreKeys = new Map<number, SignedPreKey>();
  readonly #oneTimePreKeys = new Map<number, OneTimePreKey>();
  #lastOneTimePreKeyId = 0;
  #stored: Uint8Array | undefined;

  constructor({ privateKey, random = systemRandom }: OursOptions = {}) {
    this.random = random;
    this.identity = privateKey === undefined ? generateIdentity(random) : importIdentity(privateKey);
    this.registrationId = generateRegistrationId(random);
  }

  get identityKey(): Uint8Array {
    return encodePublicKey(this.identity.publicKey);
  }

  oneTimePreKeyIds(): readonly number[] {
    return [...this.#oneTimePreKeys.keys()];
  }

  async publishBundle({ oneTimePreKey }: { readonly oneTimePreKey: boolean }): Promise<Bundle> {
    const { identity, registrationId, random } = this;
    const id = this.#signedPreKeys.size + 1;
    const signedPreKey = generateSignedPreKey({ identity, id, random, now: Date.now() });
    this.#signedPreKeys.set(id, signedPreKey);
    const bundle = { identity, registrationId, signedPreKey };
    if (!oneTimePreKey) return toPlain(createBundle(bundle));

    const { oneTimePreKeys, lastId } = generateOneTimePreKeys({
      lastId: this.#lastOneTimePreKeyId,
      count: 1,
      random,
    });
    this.#lastOneTimePreKeyId = lastId;
    const [made] = oneTimePreKeys;
    if (made === undefined) throw new Error('no one-time prekey was made');
    this.#oneTimePreKeys.set(made.id, made);
    return toPlain(createBundle({ ...bundle, oneTimePreKey: made }));
  }

  async processBundle(bundle: Bundle): Promise<void> {
    const { identity, registrationId, random } = this;
    const { session } = createSession({
      identity,
      registrationId,
      bundle: fromPlain(bundle),
      ...this.known(),
      random,
      now: Date.now(),
    });
    this.store(session);
  }

  async encrypt(plaintext: Uint8Array): Promise<Message> {
    const { session, message } = this.seal(plaintext);
    this.store(session);
    return message;
  }

  async decrypt(message: Message): Promise<Uint8Array> {
    return this.receive(message).plaintext;
  }

  /** Decrypts, stores, deletes what was used up; tells more than {@link decrypt}. */
  receive(message: Message): DecryptResult {
    const { identity, random } = this;
    const result = this.open({ identity, message, ...this.known(), ...this.#preKeysFor(message), random });
    this.store(result.session);
    const { oneTimePreKeyId } = result.consumed;
    if (oneTimePreKeyId !== undefined) this.#oneTimePreKeys.delete(oneTimePreKeyId);
    return result;
  }

  isDuplicate(error: unknown): boolean {
    return PolyratchetError.is(error, 'duplicate-message');
  }

  forgetSession(): void {
    this.#stored = undefined;
  }

  protected seal(plaintext: Uint8Array): { message: EncryptedMessage; session: Session } {
    const { session } = this.known();
    if (session === undefined) throw new Error('the case encrypts without a session');
    return encrypt({ session, plaintext, now: Date.now() });
  }

  protected open(options: DecryptOptions): DecryptResult {
    return decrypt(options);
  }

  /** The session as it was stored. */
  protected known(): { session?: Session } {
    return this.#stored === undefined ? {} : { session: decodeSession(this.#stored) };
  }

  protected store(session: Session): void {
    this.#stored = encodeSession(session);
  }

  #preKeysFor(message: Message): Pick<DecryptOptions, 'signedPreKey' | 'oneTimePreKey'> {
    if (message.type !== 'prekey') return {};
    const { signedPreKeyId, oneTimePreKeyId } = peekPreKeyMessage(message.bytes);
    const signedPreKey = this.#signedPreKeys.get(signedPreKeyId);
    const oneTimePreKey = this.#oneTimePreKeys.get(oneTimePreKeyId ?? 0);
    return {
      ...(signedPreKey === undefined ? {} : { signedPreKey }),
      ...(oneTimePreKey === undefined ? {} : { oneTimePreKey }),
    };
  }
}

/** A bundle with its keys in the 33-byte form. */
function toPlain({ registrationId, identityKey, signedPreKey, oneTimePreKey }: PreKeyBundle): Bundle {
  return {
    registrationId,
    identityKey: encodePublicKey(identityKey),
    signedPreKey: { ...signedPreKey, publicKey: encodePublicKey(signedPreKey.publicKey) },
    ...(oneTimePreKey === undefined
      ? {}
      : { oneTimePreKey: { id: oneTimePreKey.id, publicKey: encodePublicKey(oneTimePreKey.publicKey) } }),
  };
}

/** A peer's bundle as the library takes it. */
export function fromPlain({
  registrationId,
  identityKey,
  signedPreKey,
  oneTimePreKey,
}: Bundle): PreKeyBundle {
  return {
    registrationId,
    identityKey: decodePublicKey(identityKey),
    signedPreKey: { ...signedPreKey, publicKey: decodePublicKey(signedPreKey.publicKey) },
    ...(oneTimePreKey === undefined
      ? {}
      : { oneTimePreKey: { id: oneTimePreKey.id, publicKey: decodePublicKey(oneTimePreKey.publicKey) } }),
  };
}
