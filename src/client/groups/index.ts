/**
 * Groups of the client: made, changed and written to over the same store and server.
 *
 * Subpath: `polyratchet/groups`.
 *
 * @module
 */
export { groups, type GroupMethods, type GroupsOptions, type NewGroup } from './feature.js';
export type { SendGroupMessage } from './send.js';
export { KEY_WAIT_MS } from './waiting.js';
