/**
 * The life of a client: its connection, what is done while it lasts, and its end.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import type { Clock } from '../core/system.js';
import type { FanoutPlan } from '../fanout/index.js';
import { CheckedLinkingServer, CheckedServer } from './checkedServer.js';
import { findSelf, loadSelf, type Core } from './core.js';
import { eraseAll } from './erase.js';
import { Emitter, type ClientEvent } from './events.js';
import { heldAccounts } from './held.js';
import { listInbox } from './inbox.js';
import { UNTOLD } from './keys.js';
import { leaveReply, type Ask } from './linkCompanion.js';
import { isUnlinked, refreshLists } from './lists.js';
import { Lock } from './lock.js';
import type { Setup } from './options.js';
import { Outbox } from './outbox.js';
import { Receiver } from './receive.js';
import { Records } from './records.js';
import { Transactor } from './transaction.js';
import { untoldRecord } from './untold.js';
import { eraseOld, FIRST_UPKEEP_MS, renew, UPKEEP_INTERVAL_MS } from './upkeep.js';
import { waitFor } from './wait.js';

/** What a client lives by. */
export class Lifecycle {
  /** What its parts share. */
  readonly core: Core;
  /** What is to be sent. */
  readonly outbox: Outbox;
  /** What takes envelopes. */
  readonly receiver: Receiver;
  readonly #setup: Setup;
  readonly #clock: Clock;
  readonly #told = new Set<string>();
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
    } catch (error) {
      this.#disconnect(server);
      if (PolyratchetError.is(error, 'device-revoked') && (await this.#wasUnlinked(address))) return;
      throw error;
    }
    await this.#tellUntold();
    await this.#tellInbox();
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
      this.#tell(events);
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
    let failure: PolyratchetError | undefined;
    try {
      await this.receiver.receive(server);
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
      failure = error;
    }
    if (this.#connection !== server) return;
    this.#disconnect(server);
    if (failure?.code === 'device-revoked') {
      const self = await this.core.transactor.run((tx) => findSelf(tx));
      if (self !== undefined && (await this.#wasUnlinked(self.address))) return;
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
    if (this.#connection === undefined) return;
    try {
      await renew(this.core);
      if (await this.#isUnlinked()) return;
      await this.receiver.release(await heldAccounts(this.core));
      await eraseOld(this.core);
      await this.outbox.flush();
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
      if (this.#isConnected()) this.core.events.emit({ kind: 'upkeep-failed', error });
    }
    if (this.#isConnected()) this.#planUpkeep(UPKEEP_INTERVAL_MS);
  }

  #isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Whether the primary's newest list leaves this device out: everything is erased then. */
  async #isUnlinked(): Promise<boolean> {
    const isOut = await this.core.transactor.run(async (tx) => isUnlinked(tx, await loadSelf(tx)));
    if (isOut) await this.erase();
    return isOut;
  }

  /** Whether the server's word that this device was unlinked is its primary's: nobody else can make it erase anything. */
  async #wasUnlinked(address: Address): Promise<boolean> {
    const server = this.connectAs(address);
    this.#connection = server;
    try {
      const { account } = await this.core.transactor.run((tx) => loadSelf(tx));
      await refreshLists(this.core, [account]);
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
      return false;
    } finally {
      this.#disconnect(server);
    }
    return this.#isUnlinked();
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

  #end(): void {
    for (const { stop } of this.core.features) stop();
    this.core.records.forget();
    this.#setup.storeCalls.stop();
    this.#setup.serverCalls.stop();
  }

  /** Tells what was written, and may not have been told before a crash. */
  async #tellUntold(): Promise<void> {
    const { records, transactor } = this.core;
    for await (const names of records.names(UNTOLD)) {
      const keys = names.map(untoldRecord);
      const events = await transactor.run(async (tx) => {
        await tx.load(...keys);
        return keys.flatMap((key) => tx.get(key) ?? []);
      });
      this.#tell(events);
      await transactor.run((tx) => tx.remove(...keys));
    }
  }

  /** Tells of the messages in the inbox of which this client has not told yet. */
  async #tellInbox(): Promise<void> {
    const untold = (await listInbox(this.core)).filter(({ key }) => !this.#told.has(key));
    this.#tell(untold.map((message) => ({ kind: 'message', message })));
  }

  #tell(events: readonly ClientEvent[]): void {
    for (const event of events) {
      if (event.kind === 'message') this.#told.add(event.message.key);
      this.core.events.emit(event);
    }
  }

  /** Messages were acknowledged: they are not told again. */
  forgetTold(keys: readonly string[]): void {
    for (const key of keys) this.#told.delete(key);
  }
}
