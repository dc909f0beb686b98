/** The peers that are installed. */
import type { FingerprintPeer } from '../fingerprint.js';
import type { MessagePeer } from '../message.js';
import type { LinkingPeer, Peer, Signer } from '../peer.js';
import type { SenderKeyPeer } from '../senderKey.js';
import { baileys } from './baileys.js';
import { baileysGroups } from './baileysGroups.js';
import { baileysMessages } from './baileysMessages.js';
import { libsignalClient } from './libsignalClient.js';
import { libsignalFingerprints } from './libsignalFingerprints.js';
import { libsignalGroups } from './libsignalGroups.js';
import { libsignalNode } from './libsignalNode.js';
import { rustBridge } from './rustBridge.js';
import { rustBridgeGroups } from './rustBridgeGroups.js';

/** Those that speak sessions, each with the newest or only version byte that it sends in X3DH sessions. */
export function peers(): readonly Peer[] {
  return [libsignalClient('libsignal-0.23', 0x33), libsignalClient('libsignal-0.72', 0x34), libsignalNode()];
}

/** Those that can be linked. */
export function linkingPeers(): readonly LinkingPeer[] {
  return [baileys()];
}

/** Those that only sign. */
export function signers(): readonly Signer[] {
  return [rustBridge()];
}

/** Those that make fingerprints: the oldest and the newest version that is installed. */
export function fingerprintPeers(): readonly FingerprintPeer[] {
  return [libsignalFingerprints('libsignal-0.23'), libsignalFingerprints('libsignal-0.103')];
}

/** Those that read and write WhatsApp's Message. */
export function messagePeers(): readonly MessagePeer[] {
  return [baileysMessages()];
}

/** Those that speak sender keys: in Signal's formats, and in WhatsApp's. */
export function senderKeyPeers(): readonly SenderKeyPeer[] {
  return [
    libsignalGroups('libsignal-0.23'),
    libsignalGroups('libsignal-0.103'),
    baileysGroups(),
    rustBridgeGroups(),
  ];
}
