/**
 * Sender keys as values: no step changes one, every step returns another.
 *
 * @module
 */
import type { ChainKey, MessageChain } from '../chain/index.js';
import { inputAccount, inputDevice, type Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import type { PublicKey, SignerKeyPair } from '../crypto/index.js';
import { profileOf, type SenderKeyProfile } from './profile.js';

/** States kept of one sender in one group: so many renewals may a message be late. As in Signal's clients. */
export const MAX_SENDER_KEY_STATES = 5;

/** What a sender key is called on the wire. */
export interface SenderKeyId {
  /** A number of 32 bits. */
  readonly keyId: number;
  /** In the `signal` profile, and only there: the UUID under which the sender distributes to the group, in lower case. */
  readonly distributionId?: string;
}

/** A sender key of our own: that of one device, for one group, until it is renewed. */
export interface SenderKey extends SenderKeyId {
  /** Whose formats it speaks. */
  readonly profile: SenderKeyProfile;
  /** Signs all messages. */
  readonly signingKey: SignerKeyPair<'SenderSigningKeySeed'>;
  /** Chain key of the next message. */
  readonly chainKey: ChainKey;
  /** Position of the next message: so many were sent. */
  readonly iteration: number;
}

/** A sender key that another device gave us. */
export interface SenderKeyState extends SenderKeyId {
  /** Verifies all its messages, 32 bytes. */
  readonly signingKey: PublicKey;
  /** Where its messages are received. */
  readonly chain: MessageChain;
}

/** What received sender keys belong to. */
export interface SenderKeyBinding {
  /** Whose formats are spoken. */
  readonly profile: SenderKeyProfile;
  /** Address of the group. */
  readonly group: Address;
  /** Address of the device whose session or sender key has authenticated the bytes, never one that they claim. */
  readonly sender: Address;
}

/** All that one device has given us for one group. */
export interface ReceivedSenderKey extends SenderKeyBinding {
  /** Newest first, at most {@link MAX_SENDER_KEY_STATES}. */
  readonly states: readonly SenderKeyState[];
}

/** A binding as a caller gives it. */
export interface SenderKeyBindingOptions {
  /** `whatsapp` by default. */
  readonly profile?: SenderKeyProfile;
  /** Address of the group that the bytes came in. */
  readonly group: Address;
  /** Address of the device that they came from, as its session has authenticated it. */
  readonly sender: Address;
  /** What the device has given us for this group; absent where that is nothing yet. */
  readonly received?: ReceivedSenderKey;
}

/**
 * Checks what bytes are said to belong to, and that the received keys at hand belong to the same.
 *
 * @throws PolyratchetError `wrong-chat`: they are of another group or device; `invalid-argument`.
 */
export function inputBinding(options: SenderKeyBindingOptions): ReceivedSenderKey {
  const { profile = 'whatsapp', group, sender, received } = options;
  if (received !== undefined) return checkBinding(inputObject('received', received), profile, group, sender);
  profileOf(profile);
  inputAccount('group', group);
  inputDevice('sender', sender);
  return { profile, group, sender, states: [] };
}

/** What is equal to the addresses of received keys needs no other check. */
function checkBinding(
  received: ReceivedSenderKey,
  profile: SenderKeyProfile,
  group: Address,
  sender: Address,
): ReceivedSenderKey {
  if (received.group !== group) throw wrongChat(received.group, inputAccount('group', group));
  if (received.sender !== sender) throw wrongChat(received.sender, inputDevice('sender', sender));
  if (received.profile === profile && Array.isArray(received.states)) return received;
  throw invalidArgument('received', 'received sender keys of the same profile', 'another object');
}

function wrongChat(expected: Address, got: Address): PolyratchetError {
  return new PolyratchetError('wrong-chat', { expected: [expected], got });
}

/** The state of a sender key, if there is one. */
export function findState(states: readonly SenderKeyState[], id: SenderKeyId): SenderKeyState | undefined {
  return states.find((state) => isSameId(state, id));
}

/** Whether two names are the same. */
export function isSameId(one: SenderKeyId, other: SenderKeyId): boolean {
  return one.keyId === other.keyId && one.distributionId === other.distributionId;
}
