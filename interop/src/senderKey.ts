/** What implementations of sender keys look like. */
import type { SenderKeyProfile } from 'polyratchet/senderkey';
import type { Installed } from './peer.js';

/** A device in a group: what it sends with, and what others have given it. */
export interface Member {
  /** Its own name, by which others know it. */
  readonly name: string;
  /** Its key as it stands now, for who joins; the first call makes it. */
  distribution(): Promise<Uint8Array>;
  accept(sender: Member, distribution: Uint8Array): Promise<void>;
  encrypt(plaintext: Uint8Array): Promise<Uint8Array>;
  decrypt(sender: Member, message: Uint8Array): Promise<Uint8Array>;
  /** Throws its own key away. */
  renew(): void;
}

export interface SenderKeyPeer extends Installed {
  /** Which formats it speaks. */
  readonly profile: SenderKeyProfile;
  /** How many steps ahead of the last one it takes a message. */
  readonly maxJump: number;
  /** How many keys of one sender it keeps. */
  readonly maxStates: number;
  createMember(name: string): Member;
}
