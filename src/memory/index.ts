/**
 * Embedded defaults: what an application replaces with its own database and network.
 *
 * Subpath: `polyratchet/memory`.
 *
 * @module
 */
export {
  createMemoryServer,
  type MemoryConnection,
  type MemoryServer,
  type MemoryServerOptions,
} from './server.js';
