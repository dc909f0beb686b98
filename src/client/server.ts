/**
 * What a device asks of a server: an interface that the application implements over its own transport.
 *
 * The server is not trusted: it stores and forwards, and everything that it says is checked by the rooms below.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import type { DeviceClaim, DeviceListAnswer, PrimaryHello } from '../devices/index.js';
import type { Envelope, FanoutAnswer } from '../fanout/index.js';
import type { PreKeyBundle, PublicPreKey, PublicSignedPreKey } from '../identity/index.js';
import type { LinkExchange, LinkingServer } from './linking.js';

/** A device's public keys as it publishes them. */
export interface PublishedPreKeys {
  /** The device's registration id. */
  readonly registrationId: number;
  /** The device's identity key, 32 bytes. */
  readonly identityKey: Uint8Array;
  /** The signed prekey, which replaces the one before. */
  readonly signedPreKey: PublicSignedPreKey;
  /** More one-time prekeys: each is handed out once. */
  readonly oneTimePreKeys: readonly PublicPreKey[];
}

/** A primary's device list as it publishes it. */
export interface PublishedDeviceList {
  /** ADVSignedKeyIndexList bytes, which replace the list before. */
  readonly signedList: Uint8Array;
  /** Device numbers of the companions that were unlinked: the server lets them in no more. */
  readonly removed?: readonly number[];
}

/** How envelopes are sent. */
export interface SendOptions {
  /** Names the send: the same again delivers nothing, and is answered as it was the first time. */
  readonly id: string;
  /**
   * Participant hash of the devices of both sides, this one left out, where the send is for all of them: what the server
   * compares with the devices that it knows. Absent where a device is sent something of its own.
   */
  readonly participantHash?: string;
}

/** An envelope in a mailbox. */
export interface Delivery {
  /** Names it in its mailbox, for `acknowledge`. */
  readonly id: string;
  /** The envelope: `from` and `at` are the server's word. */
  readonly envelope: Envelope;
}

/**
 * One device's connection to its server.
 *
 * A method copies its arguments before it waits for anything. What it throws is `server-failed` with that as its cause, but for
 * `PolyratchetError`s with the codes `device-revoked`, `link-expired`, `link-mismatch`, `companion-limit` and `closed`.
 */
export interface Server {
  /** The server's time, milliseconds since 1970: what a primary holds its own against before it signs a list. */
  fetchTime(): Promise<number>;
  /** Publishes or renews the device's public keys; a publication of the same `id` again changes nothing. */
  publishPreKeys(keys: PublishedPreKeys, options: { readonly id: string }): Promise<void>;
  /** How many of the device's one-time prekeys are left. */
  countOneTimePreKeys(): Promise<number>;
  /** The bundles of devices; a device that the server does not know is absent. Takes one one-time prekey of each. */
  fetchBundles(devices: readonly Address[]): Promise<ReadonlyMap<Address, PreKeyBundle>>;
  /** Publishes the account's device list: for the primary alone. */
  publishDeviceList(list: PublishedDeviceList): Promise<void>;
  /**
   * What the server says of accounts' devices, for `mergeDeviceList`; one that it does not know is absent. A device that
   * was unlinked may still ask this, and nothing else, about its own account: so it can see that it was its primary.
   */
  fetchDeviceLists(accounts: readonly Address[]): Promise<ReadonlyMap<Address, DeviceListAnswer>>;
  /** The devices of the own account, and when each was last connected. */
  fetchLastUsed(): Promise<readonly DeviceClaim[]>;
  /** Companions that ask this account by code, and have no answer yet; the oldest first. */
  fetchLinkOffers(): Promise<readonly LinkExchange[]>;
  /** How far an exchange has come. */
  fetchLink(ref: string): Promise<LinkExchange>;
  /** By code: leaves what `answerCodeLink` has made; for the primary alone. */
  answerLink(hello: PrimaryHello): Promise<void>;
  /** Leaves the container for the companion, whose address is the answer; for the primary alone. */
  approveLink(approval: { readonly ref: string; readonly container: Uint8Array }): Promise<Address>;
  /**
   * Puts envelopes into mailboxes, as sent by this device whatever they say, and says which devices it misses. Every field of
   * the answer is optional. `participantHash` of `polyratchet/fanout` makes the hash that is compared with the sender's.
   */
  send(envelopes: readonly Envelope[], options: SendOptions): Promise<FanoutAnswer>;
  /** The device's mailbox in order, then what arrives, until the connection is closed. */
  receive(): AsyncIterable<Delivery>;
  /** Makes the mailbox forget envelopes; the others come again with the next connection. */
  acknowledge(ids: readonly string[]): Promise<void>;
  /** Ends `receive`; later calls fail. */
  close(): void;
}

/** Where connections come from. */
export interface ServerAccess {
  /**
   * Connects as a device: how it proves that it is this device is between the application and its server. Answers at once: a
   * socket begins to open here, and the methods wait for it, or throw if the server refuses the login.
   */
  connect(device: Address): Server;
  /** Connects as a device that has no address yet, and wants to be linked. */
  connectUnlinked(): LinkingServer;
}
