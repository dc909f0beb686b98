/** Devices that ask each other for what they could not read, and a server between them that does as it likes. */
import { PolyratchetError } from 'polyratchet/errors';
import {
  answerRetry,
  decodeResendCache,
  decodeRetryAnswers,
  decodeRetryRequest,
  decodeRetryRequests,
  decodeSentMessage,
  encodeResendCache,
  encodeRetryAnswers,
  encodeRetryRequest,
  encodeRetryRequests,
  encodeSentMessage,
  encryptFanout,
  planRetryRequest,
  rememberSent,
  settleRetry,
  updateResendCache,
  type FanoutDevice,
} from 'polyratchet/fanout';
import type { EncryptedMessage, Session } from 'polyratchet/session';
import {
  createDevice,
  receiveFrom,
  sendToAll,
  takeBundle,
  targetOf,
  type Device,
} from '../support/devices.js';
import { bundleOf, type Party } from '../support/party.js';

/** A message on its way to one device, or a request for one on its way back. */
export type Flight =
  | {
      readonly kind: 'message';
      readonly to: string;
      readonly messageId: string;
      readonly message: EncryptedMessage;
    }
  | { readonly kind: 'retry'; readonly from: string; readonly bytes: Uint8Array };

const ALICE = 'alice@x';
const BOBS = ['bob@x', 'bob:1@x'];
const MALLORY = 'mallory@x';

/** What has happened, for the model to judge. */
export interface Journal {
  /** `device id` of what was read, and the text. */
  readonly read: Map<string, string>;
  /** `device id` of what was given up or refused for good, and why. */
  readonly missed: Map<string, string>;
  /** Requests of each `device id`. */
  readonly requested: Map<string, number>;
  /** Copies sent again to each `device id`. */
  readonly resent: Map<string, number>;
  renewals: number;
  doubled: number;
}

/** Alice’s phone, two devices of Bob’s, and Mallory’s, which was sent nothing. */
export class World {
  readonly alice: Device;
  readonly bobs: readonly Device[];
  readonly mallory: Device;
  readonly flying: Flight[] = [];
  readonly texts = new Map<string, string>();
  readonly journal: Journal = {
    read: new Map(),
    missed: new Map(),
    requested: new Map(),
    resent: new Map(),
    renewals: 0,
    doubled: 0,
  };
  readonly #store = new Map<string, Uint8Array>();
  readonly #snapshots = new Map<string, Session>();
  readonly #handedOut = new Map<Device, Set<number>>();
  #now = 1_700_000_000_000;

  constructor(parties: readonly Party[]) {
    const make = (address: string, i: number): Device => ({
      ...createDevice(address, 90 + i, 0),
      party: { ...parties[i]!, oneTimePreKeys: new Map(parties[i]!.oneTimePreKeys) },
    });
    this.alice = make(ALICE, 0);
    this.bobs = BOBS.map((address, i) => make(address, 1 + i));
    this.mallory = make(MALLORY, 3);
  }

  /** Alice sends Bob a message. */
  send(): void {
    const messageId = `message ${this.texts.size}`;
    const text = `text ${this.texts.size}`;
    this.texts.set(messageId, text);
    const now = this.#tick();
    const targets = this.bobs.map((to) =>
      this.alice.sessions.has(to.address)
        ? targetOf(this.alice, to)
        : targetOf(this.alice, to, this.#bundle(to)),
    );
    for (const outcome of sendToAll(this.alice, text, targets)) {
      if (outcome.kind !== 'encrypted') throw new Error(`not encrypted: ${outcome.kind}`);
      this.flying.push({ kind: 'message', to: outcome.device, messageId, message: outcome.message });
    }
    const devices = this.bobs.map(({ address, party }) => ({
      device: address,
      identityKey: party.identity.publicKey,
    }));
    const sent = rememberSent({ messageId, plaintext: new TextEncoder().encode(text), devices, now });
    const cache = this.#load('cache', decodeResendCache);
    const updated = updateResendCache({ ...(cache === undefined ? {} : { cache }), sent, now });
    this.#store.set('cache', encodeResendCache(updated.cache));
    this.#store.set(`sent ${messageId}`, encodeSentMessage(sent));
    for (const id of updated.evicted) this.#store.delete(`sent ${id}`);
  }

  /** Something arrives. */
  deliver(flight: Flight): void {
    this.#tick();
    if (flight.kind === 'message') this.#receive(flight);
    else this.#answer(flight);
  }

  /** One of Bob’s devices answers in its session, so that Alice knows that it has it. */
  reply(index: number): void {
    const bob = this.bobs[index]!;
    if (bob.sessions.get(ALICE)?.current === undefined) return;
    this.#tick();
    const [outcome] = sendToAll(bob, 'a reply', [targetOf(bob, this.alice)]);
    if (outcome?.kind !== 'encrypted') return;
    try {
      receiveFrom(this.alice, bob.address, outcome.message);
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error; // Bob’s session was restored, and the key used before
    }
  }

  /** One of Bob’s devices loses its session with Alice, or goes back to an older one. */
  break(index: number, how: 'lose' | 'snapshot' | 'restore'): void {
    const { address, sessions } = this.bobs[index]!;
    const session = sessions.get(ALICE);
    const snapshot = this.#snapshots.get(address);
    if (how === 'lose') sessions.delete(ALICE);
    else if (how === 'snapshot' && session !== undefined) this.#snapshots.set(address, session);
    else if (how === 'restore' && snapshot !== undefined) sessions.set(ALICE, snapshot);
  }

  /** The server makes up a request. */
  forge(who: number, message: number, count: number, withKeys: boolean): void {
    const device = [...this.bobs, this.mallory][who]!;
    const bundle = bundleOf(device.party, false);
    const bytes = encodeRetryRequest({
      messageId: `message ${message}`,
      count,
      reason: 'bad-mac',
      registrationId: withKeys ? bundle.registrationId : 1,
      ...(withKeys ? { bundle } : {}),
    });
    this.flying.push({ kind: 'retry', from: device.address, bytes });
  }

  #receive({ to, messageId, message }: Extract<Flight, { kind: 'message' }>): void {
    const bob = this.bobs.find(({ address }) => address === to);
    if (bob === undefined) throw new Error(`${to} was sent a message`);
    const { party } = bob;
    const name = `requests ${to}`;
    const requests = this.#load(name, decodeRetryRequests);
    const now = this.#now;
    try {
      const text = receiveFrom(bob, ALICE, message);
      if (requests !== undefined)
        this.#store.set(name, encodeRetryRequests(settleRetry({ requests, messageId, now })));
      if (this.journal.read.has(`${to} ${messageId}`))
        this.journal.doubled++; // the inbox drops it
      else this.journal.read.set(`${to} ${messageId}`, text);
      return;
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
      const { registrationId } = party;
      const known = requests === undefined ? {} : { requests };
      const plan = planRetryRequest({ device: ALICE, ...known, messageId, error, registrationId, now });
      if (plan.kind === 'give-up') this.journal.missed.set(`${to} ${messageId}`, plan.why);
      if (plan.kind !== 'request') return;
      this.#store.set(name, encodeRetryRequests(plan.requests));
      const bytes = encodeRetryRequest({
        ...plan.request,
        ...(plan.withKeys ? { bundle: this.#bundle(bob) } : {}),
      });
      increment(this.journal.requested, `${to} ${messageId}`);
      this.flying.push({ kind: 'retry', from: to, bytes });
    }
  }

  #answer({ from, bytes }: Extract<Flight, { kind: 'retry' }>): void {
    const request = decodeRetryRequest(bytes);
    const { messageId } = request;
    const sent = this.#load(`sent ${messageId}`, decodeSentMessage);
    const answers = this.#load(`answers ${from}`, decodeRetryAnswers);
    const session = this.alice.sessions.get(from);
    const device = [...this.bobs, this.mallory].find(({ address }) => address === from)!;
    const answer = answerRetry({
      request,
      device: from,
      identityKey: device.party.identity.publicKey,
      ...(sent === undefined ? {} : { sent }),
      ...(answers === undefined ? {} : { answers }),
      ...(session === undefined ? {} : { session }),
      now: this.#now,
    });
    if (answer.kind === 'refused') {
      this.journal.missed.set(`${from} ${messageId}`, answer.why);
      return;
    }
    if (answer.session !== 'keep') this.journal.renewals++;
    const bundle = answer.session === 'fetch-bundle' ? { bundle: this.#bundle(device) } : {};
    this.#resend(messageId, answer.plaintext, { ...answer.target, ...bundle });
    this.#store.set(`answers ${from}`, encodeRetryAnswers(answer.answers));
    increment(this.journal.resent, `${from} ${messageId}`);
  }

  #resend(messageId: string, plaintext: Uint8Array, target: FanoutDevice): void {
    const { identity, registrationId, random, now } = this.alice.party;
    const [outcome] = encryptFanout({
      identity,
      registrationId,
      plaintext,
      devices: [target],
      random,
      now,
    });
    if (outcome?.kind !== 'encrypted') throw new Error(`not encrypted: ${outcome?.kind ?? 'nothing'}`);
    this.alice.sessions.set(outcome.device, outcome.session);
    this.flying.push({ kind: 'message', to: outcome.device, messageId, message: outcome.message });
  }

  #bundle(device: Device): ReturnType<typeof takeBundle> {
    const handedOut = this.#handedOut.get(device) ?? new Set<number>();
    this.#handedOut.set(device, handedOut);
    return takeBundle(device, handedOut);
  }

  #load<Value>(name: string, decode: (bytes: Uint8Array) => Value): Value | undefined {
    const record = this.#store.get(name);
    return record === undefined ? undefined : decode(record);
  }

  #tick(): number {
    this.#now += 1_000;
    for (const { party } of [this.alice, ...this.bobs]) party.now = this.#now;
    return this.#now;
  }
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
