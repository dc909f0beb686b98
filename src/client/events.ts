/**
 * What a client tells its application: facts that are stored already, in the order in which they happened. Those of which
 * nothing else would remind it are stored themselves until they are told.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import type { PolyratchetError } from '../core/errors.js';
import type { Clock } from '../core/system.js';
import type { VerifiedChat } from '../content/index.js';
import type { AddedDevice, RemovedDevice } from '../devices/index.js';
import type { GroupEvent } from '../group/index.js';
import type { SecurityNotice } from '../securitycode/index.js';

/** A message that may be shown. It comes again with the next start until it is acknowledged. */
export interface ReceivedMessage {
  /** Names it in the inbox, for `acknowledge`. */
  readonly key: string;
  /** Its id: unique among those of the device that sent it, not among those of its account. */
  readonly id: string;
  /** Where it is shown, and whether another device of our account has sent it. */
  readonly chat: VerifiedChat;
  /** Address of the device that sent it. */
  readonly from: Address;
  /** The application's bytes. */
  readonly body: Uint8Array;
  /** When it was received, milliseconds since 1970. */
  readonly receivedAt: number;
}

/** An event of a kind. */
export interface ClientEventOf<Kind extends string> {
  /** Which event it is. */
  readonly kind: Kind;
}

/** The events, by their kinds. */
export interface ClientEvents {
  /** A message may be shown. */
  readonly message: ClientEventOf<'message'> & {
    /** The message. */
    readonly message: ReceivedMessage;
  };
  /** A message of ours has reached the server, at once or after it was queued. */
  readonly sent: ClientEventOf<'sent'> & {
    /** Its id. */
    readonly id: string;
  };
  /**
   * A message is lost: it could not be read, and its sender was asked five times; or it has waited for seven days for something
   * to vouch for its sender.
   */
  readonly lost: ClientEventOf<'lost'> & {
    /** Its id. */
    readonly id: string;
    /** Address of the device that sent it. */
    readonly from: Address;
  };
  /** An envelope was refused: nothing of it counts. */
  readonly refused: ClientEventOf<'refused'> & {
    /** Id of its message. */
    readonly id: string;
    /** Address of the device that it is said to come from. */
    readonly from: Address;
    /** Why. */
    readonly error: PolyratchetError;
  };
  /**
   * An account's primary identity is another than the one that is pinned: show it, compare security codes, and call
   * `acceptIdentity`. Its messages wait.
   */
  readonly 'identity-changed': ClientEventOf<'identity-changed'> & {
    /** Address of the account. */
    readonly account: Address;
    /** The pinned identity key, 32 bytes. */
    readonly expected: Uint8Array;
    /** The one that came, 32 bytes. */
    readonly got: Uint8Array;
  };
  /** Companions of an account came or went: the security code with it is another one. */
  readonly 'devices-changed': ClientEventOf<'devices-changed'> & {
    /** Address of the account. */
    readonly account: Address;
    /** Those that came. */
    readonly added: readonly AddedDevice[];
    /** Those that went. */
    readonly removed: readonly RemovedDevice[];
    /** Whether people should compare codes again. */
    readonly notice: SecurityNotice;
  };
  /**
   * The server's answer about an account's devices was refused: what was known before still counts. For the own account on
   * the primary, `list-from-future`: its clock is more than a day ahead of the server's, and its list could not be renewed.
   */
  readonly 'list-refused': ClientEventOf<'list-refused'> & {
    /** Address of the account. */
    readonly account: Address;
    /** Why. */
    readonly error: PolyratchetError;
  };
  /** On a companion: the phone was off for four weeks, and contacts will leave this device out soon. */
  readonly 'device-list-expiring': ClientEventOf<'device-list-expiring'> & {
    /** The last moment at which the list counts, milliseconds since 1970. */
    readonly expiresAt: number;
  };
  /** The members of a group have changed, or a change of ours was lost to another admin's. */
  readonly 'group-changed': ClientEventOf<'group-changed'> & {
    /** Address of the group. */
    readonly group: Address;
    /** Who came, went, or got another role, and through whom. */
    readonly changes: readonly GroupEvent[];
    /** Whether a change that we have made does not count: another admin's was decided for. */
    readonly lost: boolean;
  };
  /**
   * Somebody whom this device does not believe has said something about a group as its admin: once an hour for each of them at
   * most.
   */
  readonly 'group-disputed': ClientEventOf<'group-disputed'> & {
    /** Address of the group. */
    readonly group: Address;
    /** Address of the account that is not believed. */
    readonly by: Address;
    /** Whether nothing is sent to the group until the person decides: with `keep` or `forget` of the client's groups. */
    readonly open: boolean;
  };
  /** On the primary: a companion has answered, and is one of the account's devices. */
  readonly linked: ClientEventOf<'linked'> & {
    /** Its address. */
    readonly device: Address;
  };
  /** One-time prekeys had run out: new sessions were started without one. */
  readonly 'prekeys-depleted': ClientEventOf<'prekeys-depleted'>;
  /** What is done once an hour could not be finished: it is tried again an hour later, and with the next connection. */
  readonly 'upkeep-failed': ClientEventOf<'upkeep-failed'> & {
    /** Why. */
    readonly error: PolyratchetError;
  };
  /** This device was unlinked by its primary, and has erased its store. */
  readonly 'logged-out': ClientEventOf<'logged-out'>;
  /** The connection is gone; `connect` opens another. */
  readonly disconnected: ClientEventOf<'disconnected'> & {
    /** Why, if it did not just end. */
    readonly error?: PolyratchetError;
  };
}

/** Any event. */
export type ClientEvent = ClientEvents[keyof ClientEvents];

/** Takes events of a kind. */
export type Listener<Kind extends keyof ClientEvents> = (event: ClientEvents[Kind]) => void;

/** Listeners by kind. */
export class Emitter {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, Set<(event: never) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a listener; the returned function takes it away. */
  on<Kind extends keyof ClientEvents>(kind: Kind, listener: Listener<Kind>): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(kind, listeners);
    return () => {
      listeners.delete(listener);
    };
  }

  /** Tells everybody; a listener that throws keeps nobody else from hearing it, and is heard of by the platform. */
  emit(event: ClientEvent): void {
    for (const listener of [...(this.#listeners.get(event.kind) ?? [])]) {
      try {
        listener(event as never);
      } catch (error) {
        this.#clock.after(0, () => {
          throw error;
        });
      }
    }
  }
}
