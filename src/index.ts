/**
 * polyratchet: the end-to-end encryption of a multi-device messenger.
 *
 * Subpath: `polyratchet`.
 *
 * The root holds the client, and what every room shares. The rooms are subpaths: `polyratchet/identity`, `polyratchet/session`,
 * `polyratchet/fanout`, …
 *
 * @module
 */
export { accountOf, deviceAddress, parseAddress, type Address, type AddressParts } from './core/address.js';
export { PolyratchetError, type ErrorCode, type ErrorData } from './core/errors.js';
export type { Random } from './core/random.js';
export { systemClock, systemRandom, type Clock } from './core/system.js';
export {
  createClient,
  type Client,
  type ClientEvent,
  type ClientEventOf,
  type ClientEvents,
  type ClientOptions,
  type Delivery,
  type LinkApproval,
  type LinkExchange,
  type LinkingServer,
  type OutgoingLinkOffer,
  type PublishedDeviceList,
  type PublishedPreKeys,
  type ReceivedMessage,
  type SendMessage,
  type SendOptions,
  type SentMessageResult,
  type Server,
  type ServerAccess,
  type Store,
  type StoreChange,
  type StoredValue,
} from './client/index.js';
export type { Envelope } from './fanout/index.js';
