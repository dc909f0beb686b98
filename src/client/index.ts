/**
 * One device of one account, and the interfaces that an application implements for it.
 *
 * Subpath: `polyratchet/client`.
 *
 * @module
 */
export {
  Client,
  createClient,
  type PendingCodeLink,
  type PendingLink,
  type PendingQrLink,
} from './client.js';
export type { ClientEvent, ClientEventOf, ClientEvents, Listener, ReceivedMessage } from './events.js';
export type { Feature, FeatureMethods } from './feature.js';
export type { OfferCodeLinkOptions, OfferLinkOptions } from './linkCompanion.js';
export type { ApproveCodeLinkOptions, ApproveLinkOptions } from './linkPrimary.js';
export type { CompanionReference } from './primary.js';
export { LINK_POLL_MS, SERVER_DEADLINE_MS, STORE_DEADLINE_MS, type ClientOptions } from './options.js';
export type { Sent } from './outbox.js';
export { MAX_LIST_FETCHES } from './receive.js';
export type { AcceptIdentityOptions, SecurityCodeResult } from './security.js';
export { SEALED_OVERHEAD, sealedStore, type SealedStoreOptions } from './sealedStore.js';
export type { SendMessage, SentMessageResult } from './send.js';
export { MAX_COMMIT_ATTEMPTS } from './transaction.js';
export {
  FIRST_UPKEEP_MS,
  MAX_SEEN_IDS,
  SEEN_ID_LIFETIME_MS,
  SENT_ID_LIFETIME_MS,
  UPKEEP_INTERVAL_MS,
} from './upkeep.js';
export type { LinkApproval, LinkExchange, LinkingServer, OutgoingLinkOffer } from './linking.js';
export type {
  Delivery,
  PublishedDeviceList,
  PublishedPreKeys,
  SendOptions,
  Server,
  ServerAccess,
} from './server.js';
export {
  MAX_STORE_NAME_LENGTH,
  MAX_STORE_VALUE_LENGTH,
  MIN_COMMIT_CHANGES,
  MIN_COMMIT_LENGTH,
  type Store,
  type StoreChange,
  type StoredValue,
} from './store.js';
