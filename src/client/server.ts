/**
 * What a device asks of a server: an interface that the application implements over its own transport.
 *
 * The server is not trusted: it stores and forwards, and everything that it says is checked by the rooms below.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import type { PreKeyBundle, PublicPreKey, PublicSignedPreKey } from '../identity/index.js';

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
  /** Publishes or renews the device's public keys. */
  publishPreKeys(keys: PublishedPreKeys): Promise<void>;
  /** The bundles of devices; a device that the server does not know is absent. Takes one one-time prekey of each. */
  fetchBundles(devices: readonly Address[]): Promise<ReadonlyMap<Address, PreKeyBundle>>;
  /** Puts envelopes into mailboxes; the same `id` again delivers nothing twice. */
  send(envelopes: readonly OutgoingEnvelope[], options: { readonly id: string }): Promise<SendReceipt>;
  /** The device's mailbox in order, then what arrives, until the connection is closed. */
  receive(): AsyncIterable<Envelope>;
  /** Makes the mailbox forget envelopes; the others come again with the next connection. */
  acknowledge(ids: readonly string[]): Promise<void>;
}
