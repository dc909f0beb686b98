/**
 * Content as a value: what a message may consist of, for the one who sends it and the one who receives it.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { secretOf, type Secret } from '../core/secret.js';
import type { ContentExtensions, ExtensionValues, NoExtensions } from './extensions.js';
import type { DeviceListMetadata } from './context.js';
import type { ProtocolMessage } from './protocol.js';

/** Bytes of the key of a call. */
export const CALL_KEY_LENGTH = 32;

/** How an account writes its messages: decided once for the account, never guessed from a message. */
export interface ContentFormat<Extensions extends ContentExtensions = NoExtensions> {
  /**
   * What the application's body is: `payload` for bytes of its own, `message` for a serialised WhatsApp Message, to
   * which the library's fields are appended.
   */
  readonly form: 'payload' | 'message';
  /** Takes messages without id and chat too, from clients that do not know of them: nothing binds those. */
  readonly foreign?: boolean;
  /** Fields that later modules brought along. */
  readonly extensions?: Extensions;
}

/** The sender key of a group, on its way to one device. */
export interface SenderKeyDistribution {
  /** Address of the group. */
  readonly groupId: Address;
  /** A serialised SenderKeyDistributionMessage. */
  readonly message: Uint8Array;
}

/** The key of a call. */
export interface Call {
  /** 32 bytes. */
  readonly callKey: Secret<'CallKey'>;
}

/** What a message may consist of; a part that is absent is not in it. */
export interface ContentParts<Extensions extends ContentExtensions = NoExtensions> {
  /** The application's: its own bytes, or a serialised Message; in the form `message` an empty one is none. */
  readonly body?: Uint8Array;
  /** The sender key of a group. */
  readonly senderKeyDistribution?: SenderKeyDistribution;
  /** The key of a call. */
  readonly call?: Call;
  /** What the devices of an account tell each other. */
  readonly protocolMessage?: ProtocolMessage;
  /** What the sender knows of the device lists of both sides. */
  readonly deviceListMetadata?: DeviceListMetadata;
  /** A serialised change of a group's members. */
  readonly groupChange?: Uint8Array;
  /** Values of the extensions that the format names. */
  readonly extensions?: ExtensionValues<Extensions>;
}

/** What a message is bound to from inside the encryption. */
export interface Binding {
  /** 1 … 64 characters of printable ASCII, unique at its sender: the same message sent again has the same id. */
  readonly messageId: string;
  /** In a group its address; otherwise the recipient's account as it was addressed. */
  readonly chat: Address;
}

/** A message to be sent. */
export interface Content<Extensions extends ContentExtensions = NoExtensions>
  extends ContentParts<Extensions>, Binding {}

/** Says that a message is the copy of one that another device of the same account has sent. */
export interface DeviceSent {
  /** The account or the group that it was sent to. */
  readonly destination: Address;
  /** Participant hash of the devices that it was sent to, where the sender gave one. */
  readonly participantHash?: string;
}

/** What every received message may consist of. */
export interface ReceivedParts<
  Extensions extends ContentExtensions = NoExtensions,
> extends ContentParts<Extensions> {
  /**
   * The application's: its own bytes, or the whole Message, the library's fields included. In the form `message` it is
   * absent where nothing but those fields is there.
   */
  readonly body?: Uint8Array;
  /** Present on the copy of a message that another device of the sender's account has sent. */
  readonly deviceSent?: DeviceSent;
}

/** A message with its id and chat. */
export interface BoundContent<Extensions extends ContentExtensions = NoExtensions>
  extends ReceivedParts<Extensions>, Binding {
  /** Its id and chat stand inside the encryption. */
  readonly kind: 'bound';
}

/** A message of a foreign client, without id and chat: duplicates are told by the envelope's id, the server's word. */
export interface UnboundContent<
  Extensions extends ContentExtensions = NoExtensions,
> extends ReceivedParts<Extensions> {
  /** It has neither: only `foreign` formats take it. */
  readonly kind: 'unbound';
}

/** A received message; its chat is still to be verified. */
export type ReceivedContent<Extensions extends ContentExtensions = NoExtensions> =
  BoundContent<Extensions> | UnboundContent<Extensions>;

/**
 * The key of a call from 32 bytes, which are copied.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { callKeyFrom } from 'polyratchet/content';
 *
 * const call = { callKey: callKeyFrom(systemRandom(32)) };
 * ```
 */
export function callKeyFrom(bytes: Uint8Array): Secret<'CallKey'> {
  return secretOf('CallKey', bytes, CALL_KEY_LENGTH);
}
