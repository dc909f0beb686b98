/**
 * Opening an envelope: nothing of a message reaches the application before its sender, its content and its chat are
 * verified.
 *
 *     envelope ─▸ addressed to us? ─▸ a device that its account vouches for? ─▸ decrypt, unpad ─▸ decode ─▸ chat ─▸ metadata
 *                                     └▸ not yet: held as it is
 *
 * @module
 */
import { accountOf, type Address } from '../core/address.js';
import { inputObject, inputTime } from '../core/check.js';
import type { Random } from '../core/random.js';
import {
  decodeContent,
  inputMessageId,
  verifyChat,
  type ContentExtensions,
  type ContentFormat,
  type NoExtensions,
  type ReceivedContent,
  type VerifiedChat,
} from '../content/index.js';
import {
  assumeDeviceList,
  compareDeviceListMetadata,
  type AcceptedDevice,
  type DeviceFetch,
  type DeviceListRecord,
  type MetadataComparison,
  type MetadataComparisons,
  type WhyExcluded,
} from '../devices/index.js';
import type { Identity, OneTimePreKey, SignedPreKey } from '../identity/index.js';
import {
  peekPreKeyMessage,
  type DecryptResult,
  type RemoteIdentity,
  type Session,
} from '../session/index.js';
import type { KnownAccount, OwnDevice } from './account.js';
import { decryptFrom } from './decrypt.js';
import type { PairwiseEnvelope } from './envelope.js';
import { originOf, recordOf } from './origin.js';
import { unverified, verifySender, type Sender } from './sender.js';

/** An envelope, and what its opening may need. */
export interface OpenEnvelopeOptions<Extensions extends ContentExtensions = NoExtensions> {
  /** The envelope as it came. */
  readonly envelope: PairwiseEnvelope;
  /** This device. */
  readonly own: OwnDevice;
  /** Our identity. */
  readonly identity: Identity;
  /** The account that it is said to come from; absent if it was never seen, or is our own. */
  readonly sender?: KnownAccount;
  /** The session with the sending device, if there is one. */
  readonly session?: Session;
  /** For a prekey message: our signed prekey of the id that `peekPreKeyMessage` gives. */
  readonly signedPreKey?: SignedPreKey;
  /** For a prekey message that names one: our one-time prekey of that id. */
  readonly oneTimePreKey?: OneTimePreKey;
  /** How the account's messages are written. */
  readonly format: ContentFormat<Extensions>;
  /** The groups that the sender is a member of; a `Set` is one. */
  readonly groups?: GroupLookup;
  /** Whether devices of hosting providers count; by default they do not. */
  readonly hosted?: boolean;
  /** The source of our next ratchet key. */
  readonly random: Random;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** Groups by address; a `Set` is one. */
export interface GroupLookup {
  /** Whether it is a group in which the sender may write. */
  readonly has: (group: Address) => boolean;
}

/** What to store and delete, all of it in one write, before anybody sees the message. */
export interface OpenedChanges {
  /** Replaces the session with the sending device. */
  readonly session: Session;
  /** Device lists that have changed: each replaces that of its account. */
  readonly lists: readonly DeviceListRecord[];
  /** Our one-time prekey that is used up: to be deleted. */
  readonly oneTimePreKeyId?: number;
}

/** What became of an envelope. */
export type OpenedEnvelope<Extensions extends ContentExtensions = NoExtensions> =
  | {
      /** The message is the sender's, belongs to the chat, and may be shown, unless its id was seen before. */
      readonly kind: 'delivered';
      /** Its id: its own, or the envelope's where a foreign client gave none. */
      readonly messageId: string;
      /** The device that sent it. */
      readonly device: AcceptedDevice;
      /** Where it is shown. */
      readonly chat: VerifiedChat;
      /** What it says. */
      readonly content: ReceivedContent<Extensions>;
      /** The sender's identity key, and whether it is seen for the first time. */
      readonly identity: RemoteIdentity;
      /** What it says of device lists, beside what is known; absent where it says nothing. */
      readonly metadata?: MetadataComparisons;
      /** What to store and delete. */
      readonly changes: OpenedChanges;
      /** What to ask the server for. */
      readonly fetch: readonly DeviceFetch[];
    }
  | {
      /** Nothing vouches for the device yet: keep the envelope, fetch, and open it again. Nothing was decrypted. */
      readonly kind: 'held';
      /** Address of the device that it is said to come from. */
      readonly device: Address;
      /** What is missing. */
      readonly why: WhyExcluded;
      /** What to ask the server for. */
      readonly fetch: readonly DeviceFetch[];
    };

/**
 * Opens an envelope. A throw changes nothing, and neither does a message that is held.
 *
 * - The device must be one that its account vouches for, by the list that is known or by the device identity beside a
 *   prekey message; its session must be one with that device's identity. The first message of an account that was never
 *   seen is taken from its primary only.
 * - A copy of a sent message is taken from our own verified devices only.
 * - An id that comes again from the same device is a repetition: see `messageId`.
 *
 * @throws PolyratchetError as `decryptFrom`, `decodeContent` and `verifyChat`: `bad-mac`, `no-session` and others of a
 *   session mean a retry, `wrong-chat` and `malformed` the end of the message; `malformed` also: an envelope that is not for
 *   this device, or is said to come from it; `untrusted-identity`: a primary's key has changed; `device-revoked`;
 *   `device-unverified`: `hosted`; `invalid-argument`.
 * @example
 * ```ts no-run
 * import { systemRandom as random } from 'polyratchet';
 * import { openEnvelope, type PairwiseEnvelope, type KnownAccount, type OwnDevice } from 'polyratchet/fanout';
 * import type { Identity } from 'polyratchet/identity';
 * import type { Session } from 'polyratchet/session';
 *
 * declare const envelope: PairwiseEnvelope;
 * declare const own: OwnDevice;
 * declare const identity: Identity;
 * declare const sender: KnownAccount; // of accountOf(envelope.from)
 * declare const session: Session; // of envelope.from
 *
 * const format = { form: 'payload' } as const;
 * const opened = openEnvelope({ envelope, own, identity, sender, session, format, random, now: Date.now() });
 * if (opened.kind === 'delivered') console.log(opened.chat, opened.content.body);
 * ```
 */
export function openEnvelope<Extensions extends ContentExtensions = NoExtensions>(
  options: OpenEnvelopeOptions<Extensions>,
): OpenedEnvelope<Extensions> {
  const { envelope, own, format } = inputObject('options', options);
  const now = inputTime('now', options.now);
  const from = originOf(inputObject('envelope', envelope), inputObject('own', own));
  const known = from.isOwn ? own.record : recordOf(options.sender, envelope.from);
  const sender = senderOf(options, known, from.device);
  if (sender.kind === 'unverified') {
    return { kind: 'held', device: envelope.from, why: sender.why, fetch: sender.fetch };
  }
  const { record, device } = sender;
  const { plaintext, session, identity, consumed } = decryptWith(options, device, known === undefined);
  const content = decodeContent({ format, plaintext });
  const group = groupOf(content, options.groups);
  const chat = verifyChat({ content, sender: envelope.from, own: from.ownAddresses, ...group });
  const comparison = { sender: record, device: from.device, now };
  const recipient = chat.kind === 'incoming' && !from.isOwn ? { own: own.record } : {};
  const { deviceListMetadata: metadata } = content;
  const compared =
    metadata === undefined ? undefined : compareDeviceListMetadata({ metadata, ...comparison, ...recipient });
  return {
    kind: 'delivered',
    messageId: content.kind === 'bound' ? content.messageId : inputMessageId(envelope.id),
    device,
    chat,
    content,
    identity,
    ...(compared === undefined ? {} : { metadata: compared }),
    changes: {
      session,
      lists: [
        ...changed(known, newest(record, compared?.sender)),
        ...changed(own.record, newest(own.record, compared?.recipient)),
      ],
      ...consumed,
    },
    fetch: [...fetchOf(compared?.sender), ...fetchOf(compared?.recipient)],
  };
}

/** The sender. Of an account that was never seen, its primary is taken at its word: there is nothing to hold it against. */
function senderOf(
  { envelope, hosted = false, now }: OpenEnvelopeOptions<ContentExtensions>,
  record: DeviceListRecord | undefined,
  device: number,
): Sender {
  if (record !== undefined) return verifySender({ envelope, device, record, hosted, now });
  const account = accountOf(envelope.from);
  if (device !== 0 || envelope.type !== 'prekey') return unverified(account, device, 'no-list');
  const { identityKey: primaryIdentity } = peekPreKeyMessage(envelope.bytes);
  const assumed = assumeDeviceList({ account, primaryIdentity, now });
  return verifySender({ envelope, device, record: assumed, hosted, now });
}

/** Decrypts with a session that must be one with the identity that is vouched for. */
function decryptWith(
  options: OpenEnvelopeOptions<ContentExtensions>,
  { identity: trustedIdentity }: AcceptedDevice,
  isFirst: boolean,
): DecryptResult {
  const { envelope, identity, session, signedPreKey, oneTimePreKey, random } = options;
  return decryptFrom({
    device: envelope.from,
    identity,
    message: { type: envelope.type, bytes: envelope.bytes },
    ...(session === undefined ? {} : { session }),
    ...(isFirst ? {} : { trustedIdentity }),
    ...(signedPreKey === undefined ? {} : { signedPreKey }),
    ...(oneTimePreKey === undefined ? {} : { oneTimePreKey }),
    random,
  });
}

/** The group that a message names, if the sender may write there. */
function groupOf(
  content: ReceivedContent<ContentExtensions>,
  groups: GroupLookup | undefined,
): { readonly group?: Address } {
  const { deviceSent, senderKeyDistribution } = content;
  const named =
    content.kind === 'bound' ? content.chat : (deviceSent?.destination ?? senderKeyDistribution?.groupId);
  return named !== undefined && groups?.has(named) === true ? { group: named } : {};
}

/** The record that a comparison leaves behind. */
function newest(record: DeviceListRecord, comparison: MetadataComparison | undefined): DeviceListRecord {
  return comparison !== undefined && 'record' in comparison ? comparison.record : record;
}

function changed(before: DeviceListRecord | undefined, after: DeviceListRecord): readonly DeviceListRecord[] {
  return before === after ? [] : [after];
}

function fetchOf(comparison: MetadataComparison | undefined): readonly DeviceFetch[] {
  return comparison !== undefined && 'fetch' in comparison ? comparison.fetch : [];
}
