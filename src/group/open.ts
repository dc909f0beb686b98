/**
 * Opening a message to a group: nothing of it reaches the application before its sender, its content and its chat are
 * verified.
 *
 *     envelope ─▸ a member? ─▸ a device that its account vouches for? ─▸ its key for this group? ─▸ decrypt, decode ─▸ chat
 *                 └▸ waiting    └▸ waiting                                └▸ waiting
 *
 * @module
 */
import { accountOf, parseAddress, type Address } from '../core/address.js';
import { describe } from '../core/bytes.js';
import { inputObject, inputTime } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument, malformed } from '../core/refusals.js';
import {
  decodeContent,
  inputMessageId,
  verifyChat,
  type ContentExtensions,
  type ContentFormat,
  type ReceivedContent,
} from '../content/index.js';
import {
  compareDeviceListMetadata,
  requireAcceptedDevice,
  type AcceptedDevice,
  type DeviceListRecord,
  type MetadataComparison,
} from '../devices/index.js';
import {
  decryptSenderKey,
  type DecryptSenderKeyResult,
  type ReceivedSenderKey,
  type SenderKeyProfile,
} from '../senderkey/index.js';
import { unpad } from '../wire/index.js';
import { compareGroupState, type GroupExtensions, type GroupStateComparison } from './claim.js';
import { inputGroupRecord, isMember, wasMember, type GroupRecord } from './known.js';

/** An envelope with a message to a group. */
export interface GroupEnvelope {
  /** Its id. */
  readonly id: string;
  /** Address of the device that it is said to come from. */
  readonly from: Address;
  /** The SenderKeyMessage. */
  readonly bytes: Uint8Array;
}

/** An envelope, and what its opening may need. */
export interface OpenGroupMessageOptions<Extensions extends GroupExtensions = GroupExtensions> {
  /** The envelope as it came. */
  readonly envelope: GroupEnvelope;
  /** What is known of the group that it is said to be for. */
  readonly record: GroupRecord;
  /** What is known of the devices of the account that it is said to come from. */
  readonly sender: DeviceListRecord;
  /** Addresses of our own account. */
  readonly own: readonly Address[];
  /** What the device has given us for this group; absent where that is nothing yet. */
  readonly received?: ReceivedSenderKey;
  /** `whatsapp` by default. */
  readonly profile?: SenderKeyProfile;
  /** How the account's messages are written. */
  readonly format: ContentFormat<Extensions>;
  /** Whether devices of hosting providers count; by default they do not. */
  readonly hosted?: boolean;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What became of an envelope. */
export type OpenedGroupMessage<Extensions extends GroupExtensions = GroupExtensions> =
  | {
      /** The message may be shown, once the received keys are stored. */
      readonly kind: 'delivered';
      /** Its id, by which a repetition from the same device is known. */
      readonly messageId: string;
      /** The device that sent it. */
      readonly device: AcceptedDevice;
      /** What it says. */
      readonly content: ReceivedContent<Extensions>;
      /** Replaces what the device has given us, in one write with the message. */
      readonly received: ReceivedSenderKey;
      /** What it says of the group beside what we know; absent where it says nothing. */
      readonly state?: GroupStateComparison;
      /** What it says of its sender's devices beside what we know; absent where it says nothing. */
      readonly metadata?: MetadataComparison;
    }
  | {
      /** It can be neither read nor refused yet: see `holdGroupMessage`. Nothing was changed. */
      readonly kind: 'waiting';
      /**
       * - `no-sender-key`: the key has not come: ask for a retry if it does not come soon;
       * - `not-a-member`: the change that adds the account may be on its way;
       * - `device-unverified`: fetch the account's list.
       */
      readonly why: 'no-sender-key' | 'not-a-member' | 'device-unverified';
    }
  | {
      /** Drop it. */
      readonly kind: 'refused';
      /** The account was a member and is none any more. */
      readonly why: 'removed';
    };

/**
 * Opens a message to a group: from members only, from devices that their accounts vouch for, with the keys that these devices
 * gave us for this group. A throw changes nothing.
 *
 * A message of somebody who was removed is refused, also if it was sent before: nobody can tell.
 *
 * @throws PolyratchetError as `decryptSenderKey`, but for `no-sender-key`, `decodeContent` and `verifyChat`: `malformed` and
 *   `wrong-chat` are the end of the message; `malformed` also: a part that travels pairwise only; `device-revoked`;
 *   `list-expired`; `device-unverified` `hosted`; `invalid-argument`.
 * @example
 * ```ts no-run
 * import { openGroupMessage, type GroupExtensions, type OpenGroupMessageOptions } from 'polyratchet/group';
 *
 * declare const envelope: { id: string; from: string; bytes: Uint8Array };
 * declare const known: Omit<OpenGroupMessageOptions<GroupExtensions>, 'envelope' | 'now'>; // from the store
 *
 * const opened = openGroupMessage({ ...known, envelope, now: Date.now() });
 * if (opened.kind === 'delivered') console.log(opened.device.address, opened.content.body);
 * ```
 */
export function openGroupMessage<Extensions extends GroupExtensions = GroupExtensions>(
  options: OpenGroupMessageOptions<Extensions>,
): OpenedGroupMessage<Extensions> {
  const { envelope, own, format, sender } = inputObject('options', options);
  const { from, id, bytes: message } = inputObject('envelope', envelope);
  const record = inputGroupRecord(options.record);
  const now = inputTime('now', options.now);
  const { account } = inputObject('sender', sender);
  if (accountOf(from) !== account)
    throw invalidArgument('sender', 'the account of the envelope', describe(from));
  if (!isMember(record, account)) {
    return wasMember(record, account)
      ? { kind: 'refused', why: 'removed' }
      : { kind: 'waiting', why: 'not-a-member' };
  }
  const device = acceptedSender(options, now);
  if (device === undefined) return { kind: 'waiting', why: 'device-unverified' };
  const { id: group } = record.group;
  const decrypted = decryptWith(options, message, group);
  if (decrypted === undefined) return { kind: 'waiting', why: 'no-sender-key' };
  const content = decodeContent({ format, plaintext: unpad(decrypted.plaintext) });
  checkParts(content);
  verifyChat({ content, sender: from, own, group });
  const { deviceListMetadata: metadata } = content;
  return {
    kind: 'delivered',
    messageId: content.kind === 'bound' ? content.messageId : inputMessageId(id),
    device,
    content,
    received: decrypted.received,
    ...stateOf(record, content),
    ...(metadata === undefined
      ? {}
      : { metadata: compareDeviceListMetadata({ metadata, sender, device: device.device, now }).sender }),
  };
}

/** The device, if its account vouches for it; `undefined` if a newer list may do so. */
function acceptedSender(
  { envelope, sender, hosted = false }: OpenGroupMessageOptions,
  now: number,
): AcceptedDevice | undefined {
  const { device } = parseAddress(envelope.from);
  try {
    return requireAcceptedDevice({ record: sender, device, hosted, now });
  } catch (error) {
    if (PolyratchetError.is(error, 'device-unverified') && error.data.why !== 'hosted') return undefined;
    throw error;
  }
}

/** Decrypts with the key that the message names; `undefined` if that has not come. */
function decryptWith(
  { envelope, received, profile }: OpenGroupMessageOptions,
  message: Uint8Array,
  group: Address,
): DecryptSenderKeyResult | undefined {
  try {
    return decryptSenderKey({
      message,
      group,
      sender: envelope.from,
      ...(profile === undefined ? {} : { profile }),
      ...(received === undefined ? {} : { received }),
    });
  } catch (error) {
    if (PolyratchetError.is(error, 'no-sender-key')) return undefined;
    throw error;
  }
}

/** Parts whose authenticity or secrecy rests on the session that they come by: a signature for all is not enough. */
const PAIRWISE = ['senderKeyDistribution', 'call', 'protocolMessage', 'deviceSent', 'groupChange'] as const;

function checkParts(content: ReceivedContent<ContentExtensions>): void {
  const part = PAIRWISE.find((name) => content[name] !== undefined);
  if (part !== undefined) throw malformed('Content', part, 'no part that travels pairwise', 'one');
}

function stateOf(
  record: GroupRecord,
  content: ReceivedContent<ContentExtensions>,
): { readonly state?: GroupStateComparison } {
  const { groupState } = (content as ReceivedContent<GroupExtensions>).extensions ?? {};
  return groupState === undefined ? {} : { state: compareGroupState({ record, claim: groupState }) };
}
