/**
 * Embedded defaults: what an application replaces with its own database and network.
 *
 * Subpath: `polyratchet/memory`.
 *
 * @module
 */
export { MAX_LINKED } from './accounts.js';
export { MAX_FETCHED_ACCOUNTS, type MemoryConnection, type MemoryLinkingConnection } from './connection.js';
export { EXCHANGE_LIFETIME_MS, MAX_EXCHANGES } from './exchanges.js';
export { MAX_SIGNED_LENGTH, MAX_TEXT_LENGTH } from './input.js';
export { createMemoryServer, type MemoryServer, type MemoryServerOptions } from './server.js';
