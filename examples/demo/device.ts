/**
 * One device as an application would write it: keys and sessions in maps, and the pure steps of the library between
 * them and the server.
 */
import { systemRandom as random, type Address, type Envelope } from 'polyratchet';
import { PolyratchetError } from 'polyratchet/errors';
import { decryptFrom, encryptFanout, type FanoutDevice, type FanoutOutcome } from 'polyratchet/fanout';
import {
  generateIdentity,
  generateOneTimePreKeys,
  generateRegistrationId,
  generateSignedPreKey,
  publicPreKey,
  publicSignedPreKey,
  type OneTimePreKey,
  type SignedPreKey,
} from 'polyratchet/identity';
import type { MemoryConnection, MemoryServer } from 'polyratchet/memory';
import { peekPreKeyMessage, type EncryptedMessage, type Session } from 'polyratchet/session';

/** What became of one device's copy on its way out. */
export interface Sent {
  readonly to: Address;
  readonly type: EncryptedMessage['type'];
  readonly bytes: number;
  /** Whether a session was started for it. */
  readonly started: boolean;
}

/** What came out of one envelope. */
export interface Received {
  readonly from: Address;
  readonly type: EncryptedMessage['type'];
  readonly bytes: number;
  readonly us: number;
  readonly plaintext: Uint8Array;
  /** Whether the message turned the Diffie-Hellman ratchet. */
  readonly ratchetStep: boolean;
  /** The one-time prekey that is used up now. */
  readonly usedPreKey: number | undefined;
}

/** One device of one person. */
export class Device {
  readonly address: Address;
  readonly connection: MemoryConnection;
  readonly #identity = generateIdentity(random);
  readonly #registrationId = generateRegistrationId(random);
  readonly #signedPreKey = generateSignedPreKey({ identity: this.#identity, id: 1, random, now: Date.now() });
  readonly #oneTimePreKeys = new Map<number, OneTimePreKey>();
  readonly #sessions = new Map<Address, Session>();
  readonly #trusted = new Map<Address, Uint8Array>();

  constructor(address: Address, server: MemoryServer) {
    this.address = address;
    this.connection = server.connect(address);
  }

  /** Publishes the keys from which others start sessions. */
  async register(): Promise<void> {
    const { oneTimePreKeys } = generateOneTimePreKeys({ lastId: 0, count: 10, random });
    for (const preKey of oneTimePreKeys) this.#oneTimePreKeys.set(preKey.id, preKey);
    await this.connection.publishPreKeys({
      registrationId: this.#registrationId,
      identityKey: this.#identity.publicKey,
      signedPreKey: publicSignedPreKey(this.#signedPreKey),
      oneTimePreKeys: oneTimePreKeys.map(publicPreKey),
    });
  }

  /** Encrypts for each device, keeps the sessions, and only then sends. */
  async send(
    id: string,
    plaintext: Uint8Array,
    to: readonly Address[],
  ): Promise<{ sent: Sent[]; us: number }> {
    const bundles = await this.connection.fetchBundles(to.filter((device) => !this.#sessions.has(device)));
    const devices = to.map((device): FanoutDevice => {
      const session = this.#sessions.get(device);
      const bundle = bundles.get(device);
      const trustedIdentity = this.#trusted.get(device);
      return {
        device,
        ...(session === undefined ? {} : { session }),
        ...(bundle === undefined ? {} : { bundle }),
        ...(trustedIdentity === undefined ? {} : { trustedIdentity }),
      };
    });
    const start = performance.now();
    const [identity, registrationId] = [this.#identity, this.#registrationId];
    const outcomes = encryptFanout({ identity, registrationId, plaintext, devices, random, now: Date.now() });
    const us = (performance.now() - start) * 1000;
    const encrypted = outcomes.map(expectEncrypted);
    for (const { device, session, identity } of encrypted) {
      this.#sessions.set(device, session);
      if (identity !== undefined) this.#trusted.set(device, identity.key);
    }
    const envelopes = encrypted.map(({ device, message }) => ({ to: device, ...message }));
    await this.connection.send(envelopes, { id });
    const sent = encrypted.map(({ device, message, identity }) => {
      return { to: device, type: message.type, bytes: message.bytes.length, started: identity !== undefined };
    });
    return { sent, us };
  }

  /** Takes the next envelopes out of the mailbox. */
  async collect(count: number): Promise<Envelope[]> {
    const envelopes: Envelope[] = [];
    if (count === 0) return envelopes;
    for await (const envelope of this.connection.receive()) {
      envelopes.push(envelope);
      if (envelopes.length === count) break;
    }
    return envelopes;
  }

  /** Decrypts an envelope; session and used-up prekey change together, then the server may forget the envelope. */
  async open({ id, from, type, bytes }: Envelope): Promise<Received> {
    const session = this.#sessions.get(from);
    const trustedIdentity = this.#trusted.get(from);
    const start = performance.now();
    const result = decryptFrom({
      device: from,
      identity: this.#identity,
      message: { type, bytes },
      ...(session === undefined ? {} : { session }),
      ...(trustedIdentity === undefined ? {} : { trustedIdentity }),
      ...(type === 'prekey' ? this.#preKeysFor(bytes) : {}),
      random,
    });
    const us = (performance.now() - start) * 1000;
    this.#sessions.set(from, result.session);
    this.#trusted.set(from, result.identity.key);
    const usedPreKey = result.consumed.oneTimePreKeyId;
    if (usedPreKey !== undefined) this.#oneTimePreKeys.delete(usedPreKey);
    await this.connection.acknowledge([id]);
    const ratchetStep = ratchetKeyOf(session) !== ratchetKeyOf(result.session);
    return { from, type, bytes: bytes.length, us, plaintext: result.plaintext, ratchetStep, usedPreKey };
  }

  #preKeysFor(bytes: Uint8Array): { signedPreKey: SignedPreKey; oneTimePreKey?: OneTimePreKey } {
    const { oneTimePreKeyId } = peekPreKeyMessage(bytes);
    const oneTimePreKey =
      oneTimePreKeyId === undefined ? undefined : this.#oneTimePreKeys.get(oneTimePreKeyId);
    return { signedPreKey: this.#signedPreKey, ...(oneTimePreKey === undefined ? {} : { oneTimePreKey }) };
  }
}

function expectEncrypted(outcome: FanoutOutcome): Extract<FanoutOutcome, { kind: 'encrypted' }> {
  if (outcome.kind === 'encrypted') return outcome;
  if (outcome.kind === 'refused') throw outcome.error;
  throw new PolyratchetError('no-session', { device: outcome.device });
}

function ratchetKeyOf(session: Session | undefined): string {
  return session?.current?.ratchet.sending.ratchetKey.publicKey.join() ?? 'none';
}
