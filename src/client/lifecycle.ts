/**
 * The life of a client: its connection, what is done while it lasts, and its end.
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import type { Clock } from '../core/system.js';
import type { FanoutPlan } from '../fanout/index.js';
import { CheckedLinkingServer, CheckedServer } from './checkedServer.js';
import { findSelf, loadSelf, type Core } from './core.js';
import { eraseAll } from './erase.js';
import { Emitter, type ClientEvent } from './events.js';
import { heldAccounts } from './held.js';
import { leaveReply, type Ask } from './linkCompanion.js';
import { isUnlinked, refreshLists } from './lists.js';
import { Lock } from './lock.js';
import type { Setup } from './options.js';
import { Outbox } from './outbox.js';
import { Receiver } from './receive.js';
import { Records } from './records.js';
import { Teller } from './teller.js';
import { Transactor } from './transaction.js';
import { eraseOld, FIRST_UPKEEP_MS, renew, UPKEEP_INTERVAL_MS } from './upkeep.js';
import { waitFor } from './wait.js';

/** What a client lives by. */
export class Lifecycle {
  /** What its parts share. */
  readonly core: Core;
  /** What is to be sent. */
  readonly outbox: Outbox;
  /** What tells the application. */
  readonly teller: Teller;
  /** What takes envelopes. */
  readonly receiver: Receiver;
  readonly #setup: Setup;
  readonly #clock: Clock;
  readonly #endings = new Set<() => void>();
  #connection: CheckedServer | undefined;
  #connecting: Promise<void> | undefined;
  #receiving: Promise<void> = Promise.resolve();
  #stopUpkeep: () => void = () => undefined;
  #closed = false;

  constructor(setup: Setup) {
    const { settings, store, storeCalls } = setup;
    this.#setup = setup;
    this.#clock = settings.clock;
    const records = new Records(store, storeCalls);
    this.core = {
      settings,
      records,
      events: new Emitter(settings.clock),
      transactor: this.#transactor(records, () => this.#closed),
      plans: new Map<Address, FanoutPlan>(),
      fetching: new Lock(),
      features: [],
      connection: () => this.#connection,
    };
    this.teller = new Teller(this.core);
    this.outbox = new Outbox(this.core);
    this.receiver = new Receiver(this.core, this.outbox);
  }

  /** Connects, unless it is connected. */
  connect(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    this.requireOpen();
    if (this.#connection !== undefined) return;
    const { address } = await this.core.transactor.run((tx) => loadSelf(tx));
    await this.#leaveReply();
    const server = this.connectAs(address);
    this.#connection = server;
    try {
      await renew(this.core);
      if (await this.#isUnlinked()) return;
      await this.receiver.release(await heldAccounts(this.core));
      await this.outbox.flush();
      await this.teller.tellStored();
    } catch (error) {
      this.#disconnect(server);
      if (PolyratchetError.is(error, 'device-revoked') && (await this.#wasUnlinked(address))) return;
      throw error;
    }
    if (this.#connection !== server) return;
    this.#receiving = this.#receive(server);
    this.#planUpkeep(FIRST_UPKEEP_MS);
  }

  /** Ends the connection. */
  async disconnect(): Promise<void> {
    if (this.#connection !== undefined) this.#disconnect(this.#connection);
    await this.#connecting?.catch(() => undefined); // whoever has called it is told
    if (this.#isConnected()) return this.disconnect();
    await this.#receiving;
    await this.outbox.settled();
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await this.disconnect();
    await this.core.transactor.settled();
    this.#closed = true;
    this.#end();
  }

  #transactor(records: Records, isClosed: () => boolean): Transactor {
    const tell = (events: readonly ClientEvent[]): void => {
      this.teller.tell(events);
    };
    return new Transactor({ records, now: () => this.#clock.now(), tell, isClosed });
  }

  /** Asks at intervals, until there is an answer, the time is over, or the client is closed. */
  readonly ask: Ask = (until, ask) =>
    waitFor({
      clock: this.#clock,
      interval: this.#setup.linkPoll,
      until,
      ask,
      isClosed: () => this.#closed,
      onEnd: (callback) => this.#onEnd(callback),
    });

  /** A connection in a device's name. */
  connectAs(device: Address): CheckedServer {
    const { server, serverCalls } = this.#setup;
    const connection = serverCalls.makeAtOnce('server.connect', () => server.connect(device));
    return new CheckedServer(connection, serverCalls);
  }

  /** A connection without a name. */
  connectUnlinked(): CheckedLinkingServer {
    this.requireOpen();
    const { server, serverCalls } = this.#setup;
    const connection = serverCalls.makeAtOnce('server.connectUnlinked', () => server.connectUnlinked());
    return new CheckedLinkingServer(connection, serverCalls);
  }

  /**
   * Checks that the client is not closed.
   *
   * @throws PolyratchetError `closed`
   */
  requireOpen(): void {
    if (this.#closed) throw new PolyratchetError('closed', { what: 'client' });
  }

  /** Leaves what an earlier run could not leave for the primary. */
  async #leaveReply(): Promise<void> {
    const server = this.connectUnlinked();
    try {
      await leaveReply(this.core, server);
    } finally {
      server.close();
    }
  }

  async #receive(server: CheckedServer): Promise<void> {
    let failure = await failureOf(this.receiver.receive(server));
    if (this.#connection !== server) return;
    this.#disconnect(server);
    if (failure?.code === 'device-revoked') {
      const trouble = await failureOf(this.#eraseIfUnlinked());
      if (this.#closed && trouble === undefined) return;
      failure = trouble ?? failure;
    }
    this.core.events.emit({
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

  /** Renews and erases what is due, and tells if that fails. */
  async #upkeep(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    try {
      await renew(this.core);
      if (await this.#isUnlinked()) return;
      await this.receiver.release(await heldAccounts(this.core));
      await eraseOld(this.core);
      await this.outbox.flush();
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
      if (this.#isConnectedBy(connection)) this.core.events.emit({ kind: 'upkeep-failed', error });
    }
    if (this.#isConnectedBy(connection)) this.#planUpkeep(UPKEEP_INTERVAL_MS);
  }

  #isConnected(): boolean {
    return this.#connection !== undefined;
  }

  #isConnectedBy(connection: CheckedServer): boolean {
    return this.#connection === connection;
  }

  /** Whether the primary's newest list leaves this device out: everything is erased then. */
  async #isUnlinked(): Promise<boolean> {
    const isOut = await this.core.transactor.run(async (tx) => isUnlinked(tx, await loadSelf(tx)));
    if (isOut) await this.erase();
    return isOut;
  }

  async #eraseIfUnlinked(): Promise<void> {
    const self = await this.core.transactor.run((tx) => findSelf(tx));
    if (self !== undefined) await this.#wasUnlinked(self.address);
  }

  /** Whether the server's word that this device was unlinked is its primary's: nobody else can make it erase anything. */
  async #wasUnlinked(address: Address): Promise<boolean> {
    if ((await failureOf(this.#askForOwnList(address))) !== undefined) return false;
    return this.#isUnlinked();
  }

  async #askForOwnList(address: Address): Promise<void> {
    const server = this.connectAs(address);
    this.#connection = server;
    try {
      await refreshLists(this.core, [accountOf(address)]);
    } finally {
      this.#disconnect(server);
    }
  }

  /** Erases everything that this device holds, and ends. */
  async erase(): Promise<void> {
    if (this.#connection !== undefined) this.#disconnect(this.#connection);
    this.#closed = true;
    await this.core.transactor.settled();
    await eraseAll({ ...this.core, transactor: this.#transactor(this.core.records, () => false) });
    this.#end();
    this.core.events.emit({ kind: 'logged-out' });
  }

  /** Calls a function when everything ends; the returned function takes that back. */
  #onEnd(callback: () => void): () => void {
    this.#endings.add(callback);
    return () => this.#endings.delete(callback);
  }

  #end(): void {
    for (const callback of this.#endings) callback();
    for (const { stop } of this.core.features) stop();
    this.core.records.forget();
    this.#setup.storeCalls.stop();
    this.#setup.serverCalls.stop();
  }
}

/** The typed error that an action fails with, if it does. */
async function failureOf(action: Promise<unknown>): Promise<PolyratchetError | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    if (PolyratchetError.is(error)) return error;
    throw error;
  }
}
