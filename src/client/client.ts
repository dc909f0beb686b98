/**
 * The client: one device of one account, over a store and a server.
 *
 * @module
 */
import { inputAccount, type Address } from '../core/address.js';
import { describe } from '../core/bytes.js';
import { inputInteger, inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { invalidArgument } from '../core/refusals.js';
import { systemClock, systemRandom, type Clock } from '../core/system.js';
import type { ContentFormat } from '../content/index.js';
import { linkedDevices, type AcceptedDevices, type LinkedDeviceView } from '../devices/index.js';
import type { FanoutPlan } from '../fanout/index.js';
import { CheckedLinkingServer, CheckedServer, PASSED_CODES } from './checkedServer.js';
import { Calls } from './deadline.js';
import { eraseAll } from './erase.js';
import { connected, findSelf, loadSelf, type Core } from './core.js';
import {
  Emitter,
  type ClientEvent,
  type ClientEvents,
  type Listener,
  type ReceivedMessage,
} from './events.js';
import { CLIENT_EXTENSIONS, type ClientContentExtensions } from './extensions.js';
import type { Feature, FeatureMethods } from './feature.js';
import { heldAccounts } from './held.js';
import { INBOX, inboxMessage } from './keys.js';
import {
  awaitLink,
  beginCodeLink,
  beginQrLink,
  leaveReply,
  type Ask,
  type OfferCodeLinkOptions,
  type OfferLinkOptions,
} from './linkCompanion.js';
import {
  approveCodeLink,
  approveQrLink,
  type ApproveCodeLinkOptions,
  type ApproveLinkOptions,
} from './linkPrimary.js';
import { isUnlinked, refreshLists } from './lists.js';
import type { LinkExchange } from './linking.js';
import { receivedMessage } from './open.js';
import { Outbox } from './outbox.js';
import { loadPrimary, registerPrimary, unlinkAll, unlinkCompanion } from './primary.js';
import { Receiver } from './receive.js';
import { Records } from './records.js';
import {
  acceptIdentity,
  devicesOf,
  securityCodeWith,
  type AcceptIdentityOptions,
  type SecurityCodeResult,
} from './security.js';
import { randomId, sendContent, sendMessage, type SendMessage, type SentMessageResult } from './send.js';
import type { ServerAccess } from './server.js';
import type { Store } from './store.js';
import { Transactor, type Transaction } from './transaction.js';
import { eraseOld, FIRST_UPKEEP_MS, renew, UPKEEP_INTERVAL_MS } from './upkeep.js';
import { waitFor } from './wait.js';

/** A call of the store may take this long. */
export const STORE_DEADLINE_MS: number = 10 * 1000;

/** A call of the server may take this long. */
export const SERVER_DEADLINE_MS: number = 30 * 1000;

/** While a link waits for the other side, the server is asked at this interval. */
export const LINK_POLL_MS = 1_000;

/** What a client is made of. */
export interface ClientOptions {
  /** Where this device keeps everything: a store of its own. */
  readonly store: Store;
  /** Where its connections come from. */
  readonly server: ServerAccess;
  /** Time and timers; the system's unless given. */
  readonly clock?: Clock;
  /** The source of all randomness; the system's unless given. */
  readonly random?: Random;
  /** How the account's messages are written: `payload` unless given. All of its devices, and its contacts', must agree. */
  readonly form?: ContentFormat['form'];
  /** Whether messages of other clients, without id and chat, are taken too. */
  readonly foreign?: boolean;
  /** Whether devices of hosting providers count. */
  readonly hosted?: boolean;
  /** Milliseconds that a call of the store may take; {@link STORE_DEADLINE_MS} unless given. */
  readonly storeDeadline?: number;
  /** Milliseconds that a call of the server may take; {@link SERVER_DEADLINE_MS} unless given. */
  readonly serverDeadline?: number;
  /** What attaches to the client, such as `groups()`: its methods are found under its name. */
  readonly features?: readonly Feature[];
  /** Milliseconds between two looks at a link; {@link LINK_POLL_MS} unless given. */
  readonly linkPoll?: number;
}

/** A link that waits for the primary. */
export interface PendingLink {
  /** Resolves with the address of this device once it is linked; `connect` comes next. */
  readonly linked: Promise<Address>;
}

/** A link by QR code. */
export interface PendingQrLink extends PendingLink {
  /** The text of the QR code to show. It holds a secret: for the screen alone. */
  readonly qr: string;
}

/** A link by code. */
export interface PendingCodeLink extends PendingLink {
  /** The code to show, `XXXX-XXXX`: the person types it into the phone. */
  readonly code: string;
}

/** One device of one account. */
export class Client {
  readonly #core: Core;
  readonly #outbox: Outbox;
  readonly #receiver: Receiver;
  readonly #options: ClientOptions;
  readonly #storeCalls: Calls;
  readonly #serverCalls: Calls;
  readonly #clock: Clock;
  readonly #linkPoll: number;
  readonly #told = new Set<string>();
  #connection: CheckedServer | undefined;
  #connecting: Promise<void> | undefined;
  #receiving: Promise<void> = Promise.resolve();
  #stopUpkeep: () => void = () => undefined;
  #closed = false;

  /** Makes a client; `createClient` does the same. */
  constructor(options: ClientOptions) {
    const { store, server, clock = systemClock, random = systemRandom } = inputObject('options', options);
    inputObject('store', store);
    inputObject('server', server);
    this.#options = options;
    this.#clock = clock;
    const limit = (name: string, value: number): number => inputInteger(name, value, 1, 2 ** 31 - 1);
    this.#linkPoll = limit('linkPoll', options.linkPoll ?? LINK_POLL_MS);
    this.#serverCalls = new Calls({
      clock,
      limit: limit('serverDeadline', options.serverDeadline ?? SERVER_DEADLINE_MS),
      code: 'server-failed',
      passed: PASSED_CODES,
    });
    this.#storeCalls = new Calls({
      clock,
      limit: limit('storeDeadline', options.storeDeadline ?? STORE_DEADLINE_MS),
      code: 'store-failed',
      passed: ['store-failed', 'newer-format'],
    });
    const events = new Emitter(clock);
    const records = new Records(store, this.#storeCalls);
    const { form = 'payload', foreign = false, hosted = false, features = [] } = options;
    if (!['payload', 'message'].includes(form)) {
      throw invalidArgument('form', 'payload or message', describe(form));
    }
    // The rows of features that are not attached are unknown, and refused.
    const rows = [CLIENT_EXTENSIONS, ...features.map((each) => each.extensions)];
    const extensions = Object.fromEntries(rows.flatMap(Object.entries)) as ClientContentExtensions;
    this.#core = {
      settings: {
        clock,
        random,
        hosted,
        format: { form, foreign, extensions },
      },
      records,
      events,
      transactor: this.#transactor(records, () => this.#closed),
      plans: new Map<Address, FanoutPlan>(),
      features: [],
      connection: () => this.#connection,
    };
    this.#outbox = new Outbox(this.#core);
    this.#receiver = new Receiver(this.#core, this.#outbox);
    for (const { name, attach } of features) {
      const { methods, ...parts } = attach(this.#core, this.#outbox);
      this.#core.features.push(parts);
      Object.defineProperty(this, name, { value: methods, enumerable: true });
    }
  }

  /**
   * Calls `listener` with every event of a kind; the returned function ends it. Events are told after they are stored.
   *
   * Add listeners before `connect`: it tells of the messages that earlier runs have not acknowledged. A listener may call any
   * method of the client. Acknowledge a `message` once it is handled; until then it comes again with the next run.
   */
  on<Kind extends keyof ClientEvents>(kind: Kind, listener: Listener<Kind>): () => void {
    return this.#core.events.on(kind, listener);
  }

  /** Address of this device; `undefined` as long as it is neither registered nor linked. */
  async address(): Promise<Address | undefined> {
    const self = await this.#core.transactor.run((tx) => findSelf(tx));
    return self?.address;
  }

  /**
   * Makes this device the primary of an account, with new keys, and connects it.
   *
   * @throws PolyratchetError `invalid-argument`: it has an account already; `list-from-future`: its clock is more than a day
   *   ahead of the server's; `server-failed`, `store-failed`, `deadline`.
   */
  async register(account: Address): Promise<void> {
    const address = inputAccount('account', account);
    this.#requireOpen();
    const server = this.#connectAs(address);
    try {
      await registerPrimary(this.#core, address, server);
    } finally {
      server.close();
    }
    await this.connect();
  }

  /**
   * Connects: publishes what is due, sends what is queued, and receives from then on. Messages of the inbox that were not
   * acknowledged are told again. Does nothing while it is connected.
   *
   * @throws PolyratchetError `invalid-argument`: this device is neither registered nor linked; `device-revoked`: the server
   *   lets it in no more; `server-failed`, `store-failed`, `deadline`.
   */
  connect(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    this.#requireOpen();
    if (this.#connection !== undefined) return;
    const { address } = await this.#core.transactor.run((tx) => loadSelf(tx));
    await this.#leaveReply();
    const server = this.#connectAs(address);
    this.#connection = server;
    try {
      await renew(this.#core);
      if (await this.#isUnlinked()) return;
      await this.#receiver.release(await heldAccounts(this.#core));
      await this.#outbox.flush();
    } catch (error) {
      this.#disconnect(server);
      if (PolyratchetError.is(error, 'device-revoked') && (await this.#wasUnlinked(address))) return;
      throw error;
    }
    await this.#tellInbox();
    if (this.#connection !== server) return;
    this.#receiving = this.#receive(server);
    this.#planUpkeep(FIRST_UPKEEP_MS);
  }

  /** Ends the connection; what is sent from now on waits for the next. */
  async disconnect(): Promise<void> {
    if (this.#connection !== undefined) this.#disconnect(this.#connection);
    await this.#connecting?.catch(() => undefined); // whoever has called it is told
    if (this.#isConnected()) return this.disconnect();
    await this.#receiving;
    await this.#outbox.settled();
  }

  /** Ends everything that this client does, once what was begun is written; later calls fail with `closed`. */
  async close(): Promise<void> {
    await this.disconnect();
    await this.#core.transactor.settled();
    this.#closed = true;
    this.#end();
  }

  /**
   * Sends a message to all devices of an account, and a copy to our own other devices. It is encrypted and stored before
   * it is sent, so a crash loses nothing, and the same id again does nothing twice.
   *
   * @throws PolyratchetError nothing was stored then: `device-unverified` `no-list`: nobody knows the account, or the server
   *   cannot be asked about one that is new to this device; `too-large`: the body is longer than 251 KiB; `invalid-argument`,
   *   `store-failed`, `deadline`. Otherwise a server that cannot be reached is no error: the message is `queued`.
   */
  send(message: SendMessage): Promise<SentMessageResult> {
    return sendMessage(this.#core, this.#outbox, message);
  }

  /** The messages that were not acknowledged, the oldest first. */
  async inbox(): Promise<readonly ReceivedMessage[]> {
    this.#requireOpen();
    const messages: ReceivedMessage[] = [];
    for await (const names of this.#core.records.names(INBOX)) {
      messages.push(...(await this.#core.transactor.run((tx) => readInbox(tx, names))));
    }
    return messages;
  }

  /** Removes messages from the inbox, by their keys: the application has handled them. */
  async acknowledge(...keys: readonly string[]): Promise<void> {
    const names = keys.map(inputInboxKey);
    await this.#core.transactor.run(async (tx) => {
      const records = names.map(inboxMessage);
      await tx.load(...records);
      for (const record of records) tx.remove(record);
    });
    for (const name of names) this.#told.delete(name);
  }

  /**
   * On a new device: asks to be linked as a companion, by a QR code that the person scans with the phone.
   *
   * @throws PolyratchetError `invalid-argument`: it has an account already; `server-failed`, `store-failed`, `deadline`.
   */
  async offerLink(options: OfferLinkOptions): Promise<PendingQrLink> {
    const server = this.#connectUnlinked();
    const qr = await closeOnFailure(server, beginQrLink(this.#core, server, options));
    return { qr, linked: this.#awaitLink(server) };
  }

  /**
   * On a new device: asks to be linked as a companion, by a code that the person types into the phone.
   *
   * @throws PolyratchetError as `offerLink`
   */
  async offerLinkByCode(options: OfferCodeLinkOptions): Promise<PendingCodeLink> {
    const server = this.#connectUnlinked();
    const code = await closeOnFailure(server, beginCodeLink(this.#core, server, options));
    return { code, linked: this.#awaitLink(server) };
  }

  /**
   * On the primary: links the companion whose QR code was scanned. Returns its address once it has answered.
   *
   * @throws PolyratchetError `not-confirmed`, `companion-limit`, `link-expired`, `link-mismatch`, `device-unverified`,
   *   `invalid-signature`, `list-from-future`, `malformed`, `invalid-argument`; `server-failed`, `store-failed`, `deadline`.
   */
  approveLink(options: ApproveLinkOptions): Promise<Address> {
    return approveQrLink(this.#core, this.#ask, options);
  }

  /** On the primary: the companions that ask to be linked by code. What they say of themselves is the server's word. */
  async linkOffers(): Promise<readonly LinkExchange[]> {
    await this.#core.transactor.run((tx) => loadPrimary(tx));
    return connected(this.#core).fetchLinkOffers();
  }

  /**
   * On the primary: links the companion whose code the person has typed. Returns its address once it has answered.
   *
   * @throws PolyratchetError as `approveLink`; `link-mismatch` `code`: it was another code.
   */
  approveLinkByCode(options: ApproveCodeLinkOptions): Promise<Address> {
    return approveCodeLink(this.#core, this.#ask, options);
  }

  /** The companions of our own account, as a screen shows them: when each was last used is the server's word. */
  async linkedDevices(): Promise<readonly LinkedDeviceView[]> {
    const self = await this.#core.transactor.run((tx) => loadSelf(tx));
    const claims = (await this.#connection?.fetchLastUsed()) ?? [];
    return linkedDevices({
      record: self.own.record,
      ...(self.devices === undefined ? {} : { companions: self.devices.companions }),
      claims: claims.filter(({ device }) => device !== 0),
      now: this.#clock.now(),
      hosted: this.#core.settings.hosted,
    });
  }

  /**
   * The devices of an account: those that count, and those that do not, with the reasons.
   *
   * @throws PolyratchetError `device-unverified` `no-list`: nobody knows the account.
   */
  devicesOf(account: Address): Promise<AcceptedDevices> {
    return devicesOf(this.#core, account);
  }

  /**
   * On the primary: unlinks a companion, by its address.
   *
   * @throws PolyratchetError `invalid-argument`: it is none; `server-failed`: the server's time could not be had, and nothing
   *   has changed; otherwise the companion is unlinked, and the list is published with the next connection at the latest.
   */
  unlink(device: Address): Promise<void> {
    return unlinkCompanion(this.#core, device);
  }

  /** On the primary: unlinks all companions. */
  unlinkAll(): Promise<void> {
    return unlinkAll(this.#core);
  }

  /**
   * On a companion: tells the primary that this device logs itself out, erases its store, and closes the client.
   *
   * @throws PolyratchetError `server-failed`: nothing was erased; without a connection, nobody is told. A connection that fails on
   *   the way leaves the wish in the outbox: with the next one it is told, and this device logged out.
   */
  async logout(): Promise<void> {
    const self = await this.#core.transactor.run((tx) => loadSelf(tx));
    if (self.devices !== undefined) {
      throw new PolyratchetError('invalid-argument', {
        name: 'client',
        expected: 'a companion',
        got: 'the primary',
      });
    }
    connected(this.#core);
    const sent = await sendContent(this.#core, this.#outbox, {
      id: randomId(this.#core),
      chat: self.account,
      accounts: [self.account],
      content: { extensions: { logout: true } },
    });
    if (sent.kind === 'queued') throw sent.error;
    await this.#erase();
  }

  /** The security code with a contact, over all devices of both. */
  securityCode(account: Address): Promise<SecurityCodeResult> {
    return securityCodeWith(this.#core, account);
  }

  /**
   * Pins the new identity of a contact's primary: the person's decision, after a look at the security code. Messages that
   * have waited for it are opened.
   *
   * @throws PolyratchetError `invalid-argument`: none is pinned for the account; `invalid-key`.
   */
  async acceptIdentity(options: AcceptIdentityOptions): Promise<void> {
    await acceptIdentity(this.#core, options);
    if (this.#connection !== undefined) await refreshLists(this.#core, [options.account]);
    await this.#receiver.release([options.account]);
  }

  #transactor(records: Records, isClosed: () => boolean): Transactor {
    const tell = (events: readonly ClientEvent[]): void => {
      this.#tell(events);
    };
    return new Transactor({ records, now: () => this.#clock.now(), tell, isClosed });
  }

  readonly #ask: Ask = (until, ask) =>
    waitFor({
      clock: this.#clock,
      interval: this.#linkPoll,
      until,
      ask,
      isClosed: () => this.#closed,
    });

  #connectAs(device: Address): CheckedServer {
    const { server } = this.#options;
    const connection = this.#serverCalls.makeAtOnce('server.connect', () => server.connect(device));
    return new CheckedServer(connection, this.#serverCalls);
  }

  #connectUnlinked(): CheckedLinkingServer {
    this.#requireOpen();
    const { server } = this.#options;
    const connection = this.#serverCalls.makeAtOnce('server.connectUnlinked', () => server.connectUnlinked());
    return new CheckedLinkingServer(connection, this.#serverCalls);
  }

  #requireOpen(): void {
    if (this.#closed) throw new PolyratchetError('closed', { what: 'client' });
  }

  #awaitLink(server: CheckedLinkingServer): Promise<Address> {
    const linked = awaitLink(this.#core, server, this.#ask).finally(() => {
      server.close();
    });
    linked.catch(() => undefined); // whoever does not look at it is not told by the platform
    return linked;
  }

  /** Leaves what an earlier run could not leave for the primary. */
  async #leaveReply(): Promise<void> {
    const server = this.#connectUnlinked();
    try {
      await leaveReply(this.#core, server);
    } finally {
      server.close();
    }
  }

  async #receive(server: CheckedServer): Promise<void> {
    let failure: PolyratchetError | undefined;
    try {
      await this.#receiver.receive(server);
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
      failure = error;
    }
    if (this.#connection !== server) return;
    this.#disconnect(server);
    if (failure?.code === 'device-revoked') {
      const address = await this.address();
      if (address !== undefined && (await this.#wasUnlinked(address))) return;
    }
    this.#core.events.emit({
      kind: 'disconnected',
      ...(failure === undefined ? {} : { error: failure }),
    });
  }

  #disconnect(server: CheckedServer): void {
    if (this.#connection === server) this.#connection = undefined;
    this.#stopUpkeep();
    server.close();
  }

  #planUpkeep(ms: number): void {
    this.#stopUpkeep = this.#clock.after(ms, () => {
      void this.#upkeep();
    });
  }

  /** Renews and erases what is due; what fails now is tried again an hour later. */
  async #upkeep(): Promise<void> {
    if (this.#connection === undefined) return;
    try {
      await renew(this.#core);
      if (await this.#isUnlinked()) return;
      await this.#receiver.release(await heldAccounts(this.#core));
      await eraseOld(this.#core);
      await this.#outbox.flush();
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
    }
    if (this.#isConnected()) this.#planUpkeep(UPKEEP_INTERVAL_MS);
  }

  #isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Whether the primary's newest list leaves this device out: everything is erased then. */
  async #isUnlinked(): Promise<boolean> {
    const isOut = await this.#core.transactor.run(async (tx) => isUnlinked(tx, await loadSelf(tx)));
    if (isOut) await this.#erase();
    return isOut;
  }

  /** Whether the server's word that this device was unlinked is its primary's: nobody else can make it erase anything. */
  async #wasUnlinked(address: Address): Promise<boolean> {
    const server = this.#connectAs(address);
    this.#connection = server;
    try {
      const { account } = await this.#core.transactor.run((tx) => loadSelf(tx));
      await refreshLists(this.#core, [account]);
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
      return false;
    } finally {
      this.#disconnect(server);
    }
    return this.#isUnlinked();
  }

  /** Erases everything that this device holds, and ends. */
  async #erase(): Promise<void> {
    if (this.#connection !== undefined) this.#disconnect(this.#connection);
    this.#closed = true;
    await this.#core.transactor.settled();
    await eraseAll({ ...this.#core, transactor: this.#transactor(this.#core.records, () => false) });
    this.#end();
    this.#core.events.emit({ kind: 'logged-out' });
  }

  #end(): void {
    for (const { stop } of this.#core.features) stop();
    this.#core.records.forget();
    this.#storeCalls.stop();
    this.#serverCalls.stop();
  }

  /** Tells of the messages in the inbox of which this client has not told yet. */
  async #tellInbox(): Promise<void> {
    const untold = (await this.inbox()).filter(({ key }) => !this.#told.has(key));
    this.#tell(untold.map((message) => ({ kind: 'message', message })));
  }

  #tell(events: readonly ClientEvent[]): void {
    for (const event of events) {
      if (event.kind === 'message') this.#told.add(event.message.key);
      this.#core.events.emit(event);
    }
  }
}

/** Closes a connection that nothing will be done with. */
async function closeOnFailure<Result>(server: CheckedLinkingServer, begun: Promise<Result>): Promise<Result> {
  try {
    return await begun;
  } catch (error) {
    server.close();
    throw error;
  }
}

async function readInbox(tx: Transaction, names: readonly string[]): Promise<readonly ReceivedMessage[]> {
  await tx.load(...names.map(inboxMessage));
  return names.flatMap((name) => {
    const stored = tx.get(inboxMessage(name));
    return stored === undefined ? [] : [receivedMessage(name, stored)];
  });
}

function inputInboxKey(key: string): string {
  if (typeof key === 'string' && key.startsWith(INBOX)) return key;
  throw new PolyratchetError('invalid-argument', {
    name: 'key',
    expected: 'that of a message in the inbox',
    got: describe(key),
  });
}

/**
 * Makes a client: one device of one account, over a store of its own and a server.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { createClient } from 'polyratchet';
 * import { createMemoryServer, createMemoryStore } from 'polyratchet/memory';
 *
 * const server = createMemoryServer();
 * const alice = createClient({ store: createMemoryStore(), server });
 * const bob = createClient({ store: createMemoryStore(), server });
 * await alice.register('alice@example.org');
 * await bob.register('bob@example.org');
 *
 * const arrived = new Promise<string>((resolve) => {
 *   bob.on('message', async ({ message }) => {
 *     resolve(new TextDecoder().decode(message.body)); // show it, and only then:
 *     await bob.acknowledge(message.key);
 *   });
 * });
 * await alice.send({ to: 'bob@example.org', body: new TextEncoder().encode('hello') });
 * console.log(await arrived); // hello
 * await Promise.all([alice.close(), bob.close()]);
 * ```
 */
export function createClient<const Features extends readonly Feature[] = []>(
  options: ClientOptions & { readonly features?: Features },
): Client & FeatureMethods<Features> {
  return new Client(options) as Client & FeatureMethods<Features>;
}
