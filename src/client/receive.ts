/**
 * Receiving: envelope by envelope, each in one transaction, acknowledged to the server once it is written.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import type { Envelope, PairwiseEnvelope } from '../fanout/index.js';
import type { CheckedServer } from './checkedServer.js';
import { isOwnTrouble, type Core } from './core.js';
import { STOPPING_CODES } from './deadline.js';
import { openHeld, released } from './held.js';
import { refreshLists } from './lists.js';
import { openStep } from './open.js';
import type { Opened } from './opened.js';
import { malformed, malformedField, refuse } from './opened.js';
import type { Outbox } from './outbox.js';
import { takeRequest } from './retry.js';
import type { Transaction } from './transaction.js';
import { takeLogouts } from './upkeep.js';

/** Lists of one account that are fetched in an hour because of what has come: whoever makes us ask makes us ask no more. */
export const MAX_LIST_FETCHES = 30;

/** Accounts whose fetches are counted: the server can make up any number of them. */
const MAX_FETCH_COUNTS = 10_000;

const HOUR_MS = 60 * 60 * 1000;

/** Takes what comes from the server. */
export class Receiver {
  readonly #core: Core;
  readonly #outbox: Outbox;
  readonly #fetches = new Map<Address, { count: number; since: number }>();

  constructor(core: Core, outbox: Outbox) {
    this.#core = core;
    this.#outbox = outbox;
  }

  /** Takes envelopes until the connection ends. */
  async receive(server: CheckedServer): Promise<void> {
    for await (const { id, envelope } of server.receive()) {
      const opened = await this.#take(envelope);
      await this.#follow(opened);
      if (opened.kind !== 'left') await server.acknowledge([id]);
    }
  }

  /** Opens messages that were held, where their senders count by now. */
  async release(accounts: readonly Address[]): Promise<void> {
    for (const account of accounts) {
      const held = await this.#core.transactor.run((tx) => released(this.#core, tx, account));
      for (const message of held) {
        const open = (step: typeof openStep): Promise<Opened | undefined> =>
          this.#core.transactor.run((tx) =>
            openHeld(tx, message, (inner, envelope) => step(this.#core, inner, envelope)),
          );
        const opened = await orRefused(
          () => open(openStep),
          (error) => open((_, tx, envelope) => Promise.resolve(refuse(tx, envelope, error))),
        );
        if (opened?.kind === 'done') await this.#follow(opened);
      }
    }
  }

  /** Takes an envelope; one that breaks a rule is refused, whatever rule it is: it would come again for ever. */
  #take(envelope: Envelope): Promise<Opened> {
    const refused = (error: PolyratchetError): Promise<Opened> =>
      this.#core.transactor.run((tx) => Promise.resolve(refuse(tx, envelope, error)));
    const field = malformedField(envelope);
    if (field !== undefined) return refused(malformed(field));
    return orRefused(() => this.#open(envelope), refused);
  }

  #open(envelope: Envelope): Promise<Opened> {
    switch (envelope.type) {
      case 'retry':
        return takeRequest(this.#core, envelope);
      case 'prekey':
      case 'message':
        return this.#core.transactor.run((tx) => openStep(this.#core, tx, envelope as PairwiseEnvelope));
      case 'senderkey':
        return this.#core.transactor.run((tx) => this.#takeOfGroup(tx, envelope));
    }
  }

  /** A message to a group is for the feature that knows groups. */
  async #takeOfGroup(tx: Transaction, envelope: Envelope): Promise<Opened> {
    const [feature] = this.#core.features;
    if (feature !== undefined) return feature.takeEnvelope(tx, envelope);
    return refuse(
      tx,
      envelope,
      new PolyratchetError('wrong-chat', { expected: [], got: envelope.group ?? '' }),
    );
  }

  /** Does what follows from a message. */
  async #follow({ fetch, entries = [], group, logout }: Opened): Promise<void> {
    for (const name of entries) void this.#outbox.send(name);
    await this.#askServer(fetch, logout === true);
    if (group !== undefined) await this.#releaseGroup(group);
  }

  /** Does what needs the server. One that fails now is asked again with the next connection. */
  async #askServer(fetch: readonly Address[], isLogout: boolean): Promise<void> {
    const accounts = fetch.filter((account) => this.#mayFetch(account));
    try {
      if (isLogout) await takeLogouts(this.#core);
      if (accounts.length === 0) return;
      await refreshLists(this.#core, accounts);
    } catch (error) {
      if (PolyratchetError.is(error, 'server-failed') || PolyratchetError.is(error, 'deadline')) return;
      throw error;
    }
    await this.release(accounts);
  }

  async #releaseGroup(group: Address): Promise<void> {
    for (const feature of this.#core.features) {
      for (const opened of await feature.release(group)) await this.#follow(opened);
    }
  }

  #mayFetch(account: Address): boolean {
    const now = this.#core.settings.clock.now();
    const before = this.#fetches.get(account);
    const isRecent = before !== undefined && Math.abs(now - before.since) < HOUR_MS;
    if (!isRecent) {
      if (this.#fetches.size >= MAX_FETCH_COUNTS) this.#fetches.clear();
      this.#fetches.set(account, { count: 1, since: now });
    } else if (before.count >= MAX_LIST_FETCHES) return false;
    else before.count++;
    return true;
  }
}

/** Does something; where the input is to blame, something else. */
async function orRefused<Result>(
  action: () => Promise<Result>,
  refused: (error: PolyratchetError) => Promise<Result>,
): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (!PolyratchetError.is(error) || STOPPING_CODES.includes(error.code) || isOwnTrouble(error))
      throw error;
    return refused(error);
  }
}
