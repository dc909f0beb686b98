/**
 * One device as an application would write it: keys, sessions and device lists in maps, and the pure steps of the library
 * between them and the server.
 */
import { accountOf, parseAddress, systemRandom as random, type Address, type Envelope } from 'polyratchet';
import {
  acceptedDevices,
  mergeDeviceList,
  requireAcceptedDevice,
  type AcceptedDevice,
  type AcceptedDevices,
  type DeviceListAnswer,
  type DeviceListRecord,
} from 'polyratchet/devices';
import { PolyratchetError } from 'polyratchet/errors';
import {
  decryptFrom,
  encryptFanout,
  planFanout,
  type FanoutDevice,
  type FanoutOutcome,
  type FanoutPlan,
} from 'polyratchet/fanout';
import {
  generateOneTimePreKeys,
  generateRegistrationId,
  generateSignedPreKey,
  publicPreKey,
  publicSignedPreKey,
  type Identity,
  type OneTimePreKey,
  type SignedPreKey,
} from 'polyratchet/identity';
import type { MemoryConnection, MemoryServer } from 'polyratchet/memory';
import { peekPreKeyMessage, type EncryptedMessage, type Session } from 'polyratchet/session';
import { timed } from './events.js';

/** One-time prekeys that a device publishes when it comes. */
export const PRE_KEYS = 10;

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

/** Who the device is. */
export interface DeviceOptions {
  readonly address: Address;
  readonly identity: Identity;
  readonly server: MemoryServer;
  /** Of its own account: a companion has it from its link. */
  readonly primaryIdentity: Uint8Array;
}

/** One device of one person. */
export class Device {
  readonly address: Address;
  readonly account: Address;
  readonly identity: Identity;
  readonly connection: MemoryConnection;
  readonly #primaryIdentity: Uint8Array;
  readonly #registrationId = generateRegistrationId(random);
  readonly #signedPreKey: SignedPreKey;
  readonly #oneTimePreKeys = new Map<number, OneTimePreKey>();
  readonly #sessions = new Map<Address, Session>();
  readonly #lists = new Map<Address, DeviceListRecord>();

  constructor({ address, identity, server, primaryIdentity }: DeviceOptions) {
    this.address = address;
    this.account = accountOf(address);
    this.identity = identity;
    this.connection = server.connect(address);
    this.#primaryIdentity = primaryIdentity;
    this.#signedPreKey = generateSignedPreKey({ identity, id: 1, random, now: Date.now() });
  }

  /** Publishes the keys from which others start sessions. */
  async publishKeys(): Promise<void> {
    const { oneTimePreKeys } = generateOneTimePreKeys({ lastId: 0, count: PRE_KEYS, random });
    for (const preKey of oneTimePreKeys) this.#oneTimePreKeys.set(preKey.id, preKey);
    await this.connection.publishPreKeys({
      registrationId: this.#registrationId,
      identityKey: this.identity.publicKey,
      signedPreKey: publicSignedPreKey(this.#signedPreKey),
      oneTimePreKeys: oneTimePreKeys.map(publicPreKey),
    });
  }

  /** Merges what the server says of an account's devices into what this device knows of them. */
  merge(account: Address, answer: DeviceListAnswer): AcceptedDevices {
    const record = this.#lists.get(account);
    const own = account === this.account ? { primaryIdentity: this.#primaryIdentity } : {};
    const now = Date.now();
    const known = record === undefined ? own : { ...own, record };
    this.#lists.set(account, mergeDeviceList({ account, answer, now, ...known }).record);
    return this.accepted(account);
  }

  /** What this device knows of an account. */
  list(account: Address): DeviceListRecord {
    const record = this.#lists.get(account);
    if (record === undefined) throw new PolyratchetError('device-unverified', { account, why: 'no-list' });
    return record;
  }

  /** The devices of an account that count. */
  accepted(account: Address): AcceptedDevices {
    return acceptedDevices({ record: this.list(account), now: Date.now() });
  }

  /** Who gets a message: every accepted device of both accounts but this one. */
  plan(to: Address): FanoutPlan {
    const { device } = parseAddress(this.address);
    const own = { record: this.list(this.account), device };
    return planFanout({ own, recipients: [this.list(to)], sessions: this.#sessions, now: Date.now() });
  }

  /** Encrypts as planned, keeps the sessions, and only then sends. */
  async send(
    id: string,
    plaintext: Uint8Array,
    to: Address,
  ): Promise<{ plan: FanoutPlan; sent: Sent[]; us: number }> {
    const plan = this.plan(to);
    const bundles = await this.connection.fetchBundles(plan.bundles);
    const planned = [...plan.recipients, ...plan.ownDevices].filter(({ kind }) => kind !== 'refused');
    const devices = planned.map(({ device }): FanoutDevice => {
      const session = this.#sessions.get(device);
      const bundle = bundles.get(device);
      return {
        device,
        trustedIdentity: this.#requireAccepted(device).identity,
        ...(session === undefined ? {} : { session }),
        ...(bundle === undefined ? {} : { bundle }),
      };
    });
    const [identity, registrationId] = [this.identity, this.#registrationId];
    const { value: outcomes, us } = timed(() =>
      encryptFanout({ identity, registrationId, plaintext, devices, random, now: Date.now() }),
    );
    const encrypted = outcomes.map(expectEncrypted);
    for (const { device, session } of encrypted) this.#sessions.set(device, session);
    const envelopes = encrypted.map(({ device, message }) => ({ to: device, ...message }));
    await this.connection.send(envelopes, { id });
    const sent = encrypted.map(({ device, message: { type, bytes } }) => {
      return { to: device, type, bytes: bytes.length, started: bundles.has(device) };
    });
    return { plan, sent, us };
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

  /**
   * Decrypts an envelope of an accepted device; session and used-up prekey change together, then the server may forget
   * the envelope.
   */
  async open({ id, from, type, bytes }: Envelope): Promise<Received> {
    const session = this.#sessions.get(from);
    const sender = this.#requireAccepted(from);
    const preKeys = type === 'prekey' ? this.#preKeysFor(bytes) : {};
    const { value: result, us } = timed(() =>
      decryptFrom({
        device: from,
        identity: this.identity,
        trustedIdentity: sender.identity,
        message: { type, bytes },
        ...(session === undefined ? {} : { session }),
        ...preKeys,
        random,
      }),
    );
    this.#sessions.set(from, result.session);
    const usedPreKey = result.consumed.oneTimePreKeyId;
    if (usedPreKey !== undefined) this.#oneTimePreKeys.delete(usedPreKey);
    await this.connection.acknowledge([id]);
    const ratchetStep = ratchetKeyOf(session) !== ratchetKeyOf(result.session);
    return { from, type, bytes: bytes.length, us, plaintext: result.plaintext, ratchetStep, usedPreKey };
  }

  #requireAccepted(from: Address): AcceptedDevice {
    const { device } = parseAddress(from);
    return requireAcceptedDevice({ record: this.list(accountOf(from)), device, now: Date.now() });
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
