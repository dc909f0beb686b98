/**
 * X3DH: two parties agree on a secret while one of them is offline.
 *
 * Subpath: `polyratchet/x3dh`. Most applications use `polyratchet/session`, which does all of this.
 *
 * @module
 */
export { initiate, respond, rootTag, ROOT_TAG_LENGTH } from './agreement.js';
export type { ChainKey, InitialKeys, InitiateOptions, RespondOptions, RootKey } from './agreement.js';
