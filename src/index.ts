/**
 * polyratchet: the end-to-end encryption of a multi-device messenger.
 *
 * Subpath: `polyratchet`.
 *
 * The root holds what every room shares. The rooms are subpaths: `polyratchet/identity`, `polyratchet/session`,
 * `polyratchet/fanout`, …
 *
 * @module
 */
export { accountOf, deviceAddress, parseAddress, type Address, type AddressParts } from './core/address.js';
export { PolyratchetError, type ErrorCode, type ErrorData } from './core/errors.js';
export type { Random } from './core/random.js';
export { systemClock, systemRandom, type Clock } from './core/system.js';
export type {
  Envelope,
  LinkApproval,
  LinkExchange,
  LinkingServer,
  OutgoingEnvelope,
  OutgoingLinkOffer,
  PublishedDeviceList,
  PublishedPreKeys,
  SendReceipt,
  Server,
} from './client/index.js';
