/**
 * Features: what attaches to a client beside the messages between accounts, with records and content of its own.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import type { ContentExtensions } from '../content/index.js';
import type { Envelope, OpenedEnvelope, OutgoingMessage, PairwiseEnvelope } from '../fanout/index.js';
import type { Core, Self } from './core.js';
import type { ClientContentExtensions } from './extensions.js';
import type { Opened } from './opened.js';
import type { Outbox } from './outbox.js';
import type { Transaction } from './transaction.js';

/** Something that attaches to a client: its methods are found under its name. */
export interface Feature<Name extends string = string, Methods extends object = object> {
  /** Where its methods are found. */
  readonly name: Name;
  /** The rows that it brings into Content. */
  readonly extensions: ContentExtensions;
  /**
   * Attaches it to a client.
   *
   * @internal
   */
  readonly attach: (core: Core, outbox: Outbox) => { readonly methods: Methods } & FeatureParts;
}

/** The methods of features, by their names. */
export type FeatureMethods<Features extends readonly Feature[]> = {
  readonly [Each in Features[number] as Each['name']]: ReturnType<Each['attach']>['methods'];
};

/** A message of a session that was opened. */
export type DeliveredMessage = Extract<OpenedEnvelope<ClientContentExtensions>, { kind: 'delivered' }>;

/** What a feature makes of a message. */
export interface TakenMessage {
  /** Whether it may be shown. */
  readonly isShown: boolean;
  /** What follows. */
  readonly opened: Opened;
}

/** What a feature takes part in. */
export interface FeatureParts {
  /**
   * Takes a message of a session within the transaction that has opened it, if it is the feature's. If it has to wait, its
   * envelope is held, and nothing that its decryption has changed is written.
   */
  readonly takeMessage: (
    tx: Transaction,
    self: Self,
    message: DeliveredMessage,
    envelope: PairwiseEnvelope,
  ) => Promise<TakenMessage | undefined>;
  /** Takes an envelope that a sender key has encrypted. */
  readonly takeEnvelope: (tx: Transaction, envelope: Envelope) => Promise<Opened>;
  /** Opens what has waited in a group, and says what follows from each message. */
  readonly release: (group: Address) => Promise<readonly Opened[]>;
  /** Whether a device may ask for a message again; of messages that are not the feature's, all may that were sent it. */
  readonly mayAsk: (
    tx: Transaction,
    self: Self,
    message: OutgoingMessage,
    device: Address,
  ) => Promise<boolean>;
  /** Whether an account may read a message of ours that is still to be encrypted: what it is in may have put it out since. */
  readonly mayRead: (
    tx: Transaction,
    self: Self,
    message: OutgoingMessage,
    account: Address,
  ) => Promise<boolean>;
  /** Erases what came from devices that went. */
  readonly forget: (tx: Transaction, devices: readonly Address[]) => Promise<void>;
  /** Does what is due from time to time; needs the server. */
  readonly renew: () => Promise<void>;
  /** Ends what it does by itself. */
  readonly stop: () => void;
}
