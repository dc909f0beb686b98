/**
 * Envelope: one message on its way from one device to another, as servers carry it.
 *
 * Nothing vouches for an envelope: who sent it, in which chat and under which id is what the message itself says, once
 * it is decrypted.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import type { EncryptedMessage } from '../session/index.js';

/**
 * What the bytes of an envelope are: a message of a session (`prekey`, `message`), one that a sender key has encrypted
 * for a group (`senderkey`), or the wish for a message to be sent again (`retry`).
 */
export type EnvelopeType = EncryptedMessage['type'] | 'senderkey' | 'retry';

/** A message on its way from one device to another. */
export interface Envelope {
  /** The message's id: the same in the envelopes of all devices, and when it is sent again. */
  readonly id: string;
  /** Address of the sending device. */
  readonly from: Address;
  /** Address of the receiving device. */
  readonly to: Address;
  /** What the bytes are. */
  readonly type: EnvelopeType;
  /** The message. */
  readonly bytes: Uint8Array;
  /** ADVSignedDeviceIdentity bytes of the sending device: beside a prekey message of a companion, and nowhere else. */
  readonly deviceIdentity?: Uint8Array;
  /** Address of the group that a sender key's message is for: a name that says nothing to the server. */
  readonly group?: Address;
  /** When it was made or taken, milliseconds since 1970. */
  readonly at: number;
}

/** An envelope with a message of the session between its two devices. */
export interface PairwiseEnvelope extends Envelope {
  /** What the bytes are. */
  readonly type: EncryptedMessage['type'];
}
