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

/** A message on its way from one device to another. */
export interface Envelope extends EncryptedMessage {
  /** The message's id: the same in the envelopes of all devices, and when it is sent again. */
  readonly id: string;
  /** Address of the sending device. */
  readonly from: Address;
  /** Address of the receiving device. */
  readonly to: Address;
  /** ADVSignedDeviceIdentity bytes of the sending device: beside a prekey message of a companion, and nowhere else. */
  readonly deviceIdentity?: Uint8Array;
  /** When it was made or taken, milliseconds since 1970. */
  readonly at: number;
}
