/**
 * What a device asks of a server: an interface that the application implements over its own transport.
 *
 * The server is not trusted: it stores and forwards, and everything that it says is checked by the rooms below.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import type { DeviceListAnswer, PrimaryHello } from '../devices/index.js';
import type { PreKeyBundle, PublicPreKey, PublicSignedPreKey } from '../identity/index.js';
import type { LinkExchange } from './linking.js';

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

/** A message on its way to one device. */
export interface OutgoingEnvelope {
  /** Address of the receiving device. */
  readonly to: Address;
  /** Which kind of message the bytes are. */
  readonly type: 'prekey' | 'message';
  /** The encrypted message. */
  readonly bytes: Uint8Array;
}

/** A message in a mailbox. */
export interface Envelope extends OutgoingEnvelope {
  /** Names the envelope in its mailbox. */
  readonly id: string;
  /** Address of the sending device, as the server says. */
  readonly from: Address;
  /** When the server took it, milliseconds since 1970, as the server says. */
  readonly at: number;
}

/** What the server says of a send. */
export interface SendReceipt {
  /** Devices that got nothing because the server does not know them. */
  readonly extra?: readonly Address[];
}

/** One device's connection to its server. */
export interface Server {
  /** The server's time, milliseconds since 1970: what a primary holds its own against before it signs a list. */
  fetchTime(): Promise<number>;
  /** Publishes or renews the device's public keys. */
  publishPreKeys(keys: PublishedPreKeys): Promise<void>;
  /** The bundles of devices; a device that the server does not know is absent. Takes one one-time prekey of each. */
  fetchBundles(devices: readonly Address[]): Promise<ReadonlyMap<Address, PreKeyBundle>>;
  /** Publishes the account's device list: for the primary alone. */
  publishDeviceList(list: PublishedDeviceList): Promise<void>;
  /** What the server says of accounts' devices, for `mergeDeviceList`; one that it does not know is absent. */
  fetchDeviceLists(accounts: readonly Address[]): Promise<ReadonlyMap<Address, DeviceListAnswer>>;
  /** Companions that ask this account by code, and have no answer yet; the oldest first. */
  fetchLinkOffers(): Promise<readonly LinkExchange[]>;
  /** How far an exchange has come. */
  fetchLink(ref: string): Promise<LinkExchange>;
  /** By code: leaves what `answerCodeLink` has made; for the primary alone. */
  answerLink(hello: PrimaryHello): Promise<void>;
  /** Leaves the container for the companion, whose address is the answer; for the primary alone. */
  approveLink(approval: { readonly ref: string; readonly container: Uint8Array }): Promise<Address>;
  /** Puts envelopes into mailboxes; the same `id` again delivers nothing twice. */
  send(envelopes: readonly OutgoingEnvelope[], options: { readonly id: string }): Promise<SendReceipt>;
  /** The device's mailbox in order, then what arrives, until the connection is closed. */
  receive(): AsyncIterable<Envelope>;
  /** Makes the mailbox forget envelopes; the others come again with the next connection. */
  acknowledge(ids: readonly string[]): Promise<void>;
}
