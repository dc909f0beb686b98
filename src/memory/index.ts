/**
 * Embedded defaults: what an application replaces with its own database and network.
 *
 * Subpath: `polyratchet/memory`.
 *
 * @module
 */
export { EXCHANGE_LIFETIME_MS, MAX_EXCHANGES } from './exchanges.js';
export {
  MAX_ENVELOPES,
  MAX_FETCHED_ACCOUNTS,
  MAX_LINKED,
  MAX_PRE_KEYS,
  MAX_REMEMBERED_PUBLICATIONS,
  MAX_REMEMBERED_SENDS,
  MAX_SEND_LENGTH,
  MAX_SIGNED_LENGTH,
  MAX_TEXT_LENGTH,
  MAX_WAITING,
  MAX_WAITING_LENGTH,
} from './limits.js';
export type { Intruder } from './lies/intruder.js';
export type {
  BundleLie,
  Forgery,
  Lie,
  ListLie,
  MailLie,
  OfAccount,
  OfDevice,
  OfEnvelopes,
  OtherLie,
  Told,
} from './lies/lie.js';
export { createLyingServer, type LyingServer } from './lies/lyingServer.js';
export { createMemoryServer, type MemoryServer, type MemoryServerOptions } from './server.js';
export { createMemoryStore, type MemoryStore } from './store.js';
