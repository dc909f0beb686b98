/**
 * The client: one device of one account, over a store and a server.
 *
 * @module
 */
import { inputAccount, MAX_ACCOUNT_LENGTH, type Address } from '../core/address.js';
import { invalidArgument } from '../core/refusals.js';
import { linkedDevices, type AcceptedDevices, type LinkedDeviceView } from '../devices/index.js';
import type { CheckedLinkingServer } from './checkedServer.js';
import { connected, findSelf, loadSelf, type Core } from './core.js';
import type { ClientEvents, Listener, ReceivedMessage } from './events.js';
import type { Feature, FeatureMethods } from './feature.js';
import { acknowledgeMessages, listInbox } from './inbox.js';
import { Lifecycle } from './lifecycle.js';
import {
  awaitLink,
  beginCodeLink,
  beginQrLink,
  type OfferCodeLinkOptions,
  type OfferLinkOptions,
} from './linkCompanion.js';
import {
  approveCodeLink,
  approveQrLink,
  type ApproveCodeLinkOptions,
  type ApproveLinkOptions,
} from './linkPrimary.js';
import { refreshLists } from './lists.js';
import type { LinkExchange } from './linking.js';
import { inputOptions, type ClientOptions } from './options.js';
import {
  loadPrimary,
  registerPrimary,
  unlinkAll,
  unlinkCompanion,
  type CompanionReference,
} from './primary.js';
import {
  acceptIdentity,
  devicesOf,
  securityCodeWith,
  type AcceptIdentityOptions,
  type SecurityCodeResult,
} from './security.js';
import { randomId, sendContent, sendMessage, type SendMessage, type SentMessageResult } from './send.js';

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
  readonly #life: Lifecycle;
  readonly #core: Core;

  /** Makes a client; `createClient` does the same. */
  constructor(options: ClientOptions) {
    const setup = inputOptions(options);
    this.#life = new Lifecycle(setup);
    this.#core = this.#life.core;
    for (const { name, attach } of setup.features) {
      const { methods, ...parts } = attach(this.#core, this.#life.outbox);
      this.#core.features.push(parts);
      Object.defineProperty(this, name, { value: methods, enumerable: true });
    }
  }

  /**
   * Calls `listener` with every event of a kind; the returned function ends it. Events are told after they are stored.
   *
   * Add listeners before `connect`: it tells of the messages that earlier runs have not acknowledged. A listener may call any
   * method of the client. Acknowledge a `message` once it is handled; until then it comes again with the next run. Nobody waits
   * for what a listener returns: one that is `async` catches its own errors.
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
   *   ahead of the server's; `server-failed`: where the server has refused, `cause` is what it threw; `store-failed`, `deadline`.
   */
  async register(account: Address): Promise<void> {
    const address = inputAccount('account', account);
    if (address.length > MAX_ACCOUNT_LENGTH) {
      throw invalidArgument(
        'account',
        `at most ${MAX_ACCOUNT_LENGTH} characters`,
        `${address.length} characters`,
      );
    }
    this.#life.requireOpen();
    const server = this.#life.connectAs(address);
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
   *   lets it in no more; `server-failed`: where it was a refused login, `cause` is what the server threw; `store-failed`,
   *   `deadline`.
   */
  connect(): Promise<void> {
    return this.#life.connect();
  }

  /** Ends the connection; what is sent from now on waits for the next. */
  disconnect(): Promise<void> {
    return this.#life.disconnect();
  }

  /** Ends everything that this client does, once what was begun is written; later calls fail with `closed`. */
  close(): Promise<void> {
    return this.#life.close();
  }

  /**
   * Sends a message to all devices of an account, and a copy to our own other devices. It is encrypted and stored before
   * it is sent, so a crash loses nothing, and the same id again does nothing twice.
   *
   * @throws PolyratchetError nothing was stored then: `device-unverified` `no-list`: the server knows no such account;
   *   `server-failed`, `deadline`: the account is new to this device, and the server could not be asked; `no-session`,
   *   `untrusted-identity`, `invalid-signature`, `invalid-key`: none of its devices can be reached with what the server has;
   *   `too-large`: the body is longer than 257,024 bytes; `invalid-argument`, `store-failed`. Otherwise a server that cannot be
   *   reached is no error: the message is `queued`.
   */
  send(message: SendMessage): Promise<SentMessageResult> {
    return sendMessage(this.#core, this.#life.outbox, message);
  }

  /** The messages that were not acknowledged, the oldest first. */
  async inbox(): Promise<readonly ReceivedMessage[]> {
    this.#life.requireOpen();
    return listInbox(this.#core);
  }

  /** Removes messages from the inbox, by their keys: the application has handled them. */
  async acknowledge(...keys: readonly string[]): Promise<void> {
    this.#life.teller.forget(await acknowledgeMessages(this.#core, keys));
  }

  /**
   * On a new device: asks to be linked as a companion, by a QR code that the person scans with the phone.
   *
   * @throws PolyratchetError `invalid-argument`: it has an account already; `server-failed`, `store-failed`, `deadline`.
   */
  async offerLink(options: OfferLinkOptions): Promise<PendingQrLink> {
    const server = this.#life.connectUnlinked();
    const qr = await closeOnFailure(server, beginQrLink(this.#core, server, options));
    return { qr, linked: this.#awaitLink(server) };
  }

  /**
   * On a new device: asks to be linked as a companion, by a code that the person types into the phone.
   *
   * @throws PolyratchetError as `offerLink`
   */
  async offerLinkByCode(options: OfferCodeLinkOptions): Promise<PendingCodeLink> {
    const server = this.#life.connectUnlinked();
    const code = await closeOnFailure(server, beginCodeLink(this.#core, server, options));
    return { code, linked: this.#awaitLink(server) };
  }

  /**
   * On the primary: links the companion whose QR code was scanned. Returns its address once it has answered, for which it
   * waits five minutes; only `close` ends that earlier.
   *
   * @throws PolyratchetError `not-confirmed`, `companion-limit`, `link-expired`, `link-mismatch`, `device-unverified`,
   *   `invalid-signature`, `list-from-future`, `malformed`, `invalid-argument`; `server-failed`, `store-failed`, `deadline`.
   */
  approveLink(options: ApproveLinkOptions): Promise<Address> {
    return approveQrLink(this.#core, this.#life.ask, options);
  }

  /** On the primary: the companions that ask to be linked by code. What they say of themselves is the server's word. */
  async linkOffers(): Promise<readonly LinkExchange[]> {
    await this.#core.transactor.run((tx) => loadPrimary(tx));
    return connected(this.#core).fetchLinkOffers();
  }

  /**
   * On the primary: links the companion whose code the person has typed. Returns its address once it has answered, for which
   * it waits three minutes until it knows that the code is right, and five more; only `close` ends that earlier.
   *
   * @throws PolyratchetError as `approveLink`; `link-mismatch` `code`: it was another code, which the companion is not told;
   *   `invalid-argument` `ref`: several companions ask, and it does not say which.
   */
  approveLinkByCode(options: ApproveCodeLinkOptions): Promise<Address> {
    return approveCodeLink(this.#core, this.#life.ask, options);
  }

  /** The companions of our own account, as a screen shows them: when each was last used is the server's word. */
  async linkedDevices(): Promise<readonly LinkedDeviceView[]> {
    const self = await this.#core.transactor.run((tx) => loadSelf(tx));
    const claims = (await this.#core.connection()?.fetchLastUsed()) ?? [];
    return linkedDevices({
      record: self.own.record,
      ...(self.devices === undefined ? {} : { companions: self.devices.companions }),
      claims: claims.filter(({ device }) => device !== 0),
      now: this.#core.settings.clock.now(),
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
   * On the primary: unlinks a companion, by its address; or takes back an approval that nobody has answered, by its key index.
   * Contacts who have not heard of it yet may encrypt one more message for the companion, which the server does not deliver.
   *
   * @throws PolyratchetError `invalid-argument`: it is none; `server-failed`: the server's time could not be had, and nothing
   *   has changed; otherwise the companion is unlinked, and the list is published with the next connection at the latest.
   */
  unlink(device: CompanionReference): Promise<void> {
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
      throw invalidArgument('client', 'a companion', 'the primary');
    }
    connected(this.#core);
    const sent = await sendContent(this.#core, this.#life.outbox, {
      id: randomId(this.#core),
      chat: self.account,
      accounts: [self.account],
      content: { extensions: { logout: true } },
    });
    if (sent.kind === 'queued') throw sent.error;
    await this.#life.erase();
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
    if (this.#core.connection() !== undefined) await refreshLists(this.#core, [options.account]);
    await this.#life.receiver.release([options.account]);
  }

  #awaitLink(server: CheckedLinkingServer): Promise<Address> {
    const linked = awaitLink(this.#core, server, this.#life.ask).finally(() => {
      server.close();
    });
    linked.catch(() => undefined); // whoever does not look at it is not told by the platform
    return linked;
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
 *   bob.on('message', ({ message }) => {
 *     resolve(new TextDecoder().decode(message.body)); // show it, and only then:
 *     bob.acknowledge(message.key).catch(console.error); // if it fails, the message comes again: nothing is lost
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
