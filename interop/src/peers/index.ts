/** The peers that are installed. */
import type { Peer } from '../peer.js';
import { libsignalClient } from './libsignalClient.js';
import { libsignalNode } from './libsignalNode.js';

/** All of them, each with the newest or only version byte that it sends in X3DH sessions. */
export function peers(): readonly Peer[] {
  return [libsignalClient('libsignal-0.23', 0x33), libsignalClient('libsignal-0.72', 0x34), libsignalNode()];
}
