/**
 * Encrypting a message for a group, once for all.
 *
 * @module
 */
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { invalidArgument } from '../core/refusals.js';
import {
  encodeContent,
  type ContentFormat,
  type DeviceListMetadata,
  type ExtensionValues,
} from '../content/index.js';
import { encryptSenderKey } from '../senderkey/index.js';
import { pad } from '../wire/index.js';
import { groupStateOf, type GroupExtensions } from './claim.js';
import type { DistributionPlan } from './distribution.js';
import { inputGroupRecord, type GroupRecord } from './known.js';
import { inputKey, type GroupKey } from './rotation.js';

/** What a message to a group may say: everything else travels pairwise. */
export interface GroupContent<Extensions extends GroupExtensions = GroupExtensions> {
  /** The application's. */
  readonly body?: Uint8Array;
  /** Values of other extensions that the format names; the state of the group is added to them. */
  readonly extensions?: ExtensionValues<Extensions>;
}

/** What to encrypt. */
export interface EncryptGroupMessageOptions<Extensions extends GroupExtensions = GroupExtensions> {
  /** What is known of the group. */
  readonly record: GroupRecord;
  /** What `planDistribution` said for this message: if it was to distribute, that goes out in the same send. */
  readonly distribution: DistributionPlan;
  /** Our key. */
  readonly key: GroupKey;
  /** Its id, 1 … 64 characters of printable ASCII: new for each message. */
  readonly messageId: string;
  /** How the account writes its messages. */
  readonly format: ContentFormat<Extensions>;
  /** What it says. */
  readonly content: GroupContent<Extensions>;
  /** What it says of our device list: `metadata` of the plan of the send. */
  readonly metadata: DeviceListMetadata;
  /** The source of its padding. */
  readonly random: Random;
}

/** What to store, in one write, and what to send then. */
export interface EncryptedGroupMessage {
  /** The SenderKeyMessage: the same bytes for everybody. */
  readonly message: Uint8Array;
  /** Replaces our key. */
  readonly key: GroupKey;
  /** What it says, without padding: to be kept for those who ask for it again. */
  readonly plaintext: Uint8Array;
}

/**
 * Encrypts a message for a group, bound to its id, to the group and to the state that we know of it.
 *
 * @throws PolyratchetError `rotation-due`: the key must not be used any more; as `encodeContent` and `encryptSenderKey`;
 *   `invalid-argument`: also a plan that was made for another state or key.
 * @example
 * ```ts no-run
 * import { systemRandom as random } from 'polyratchet';
 * import type { ContentFormat } from 'polyratchet/content';
 * import type { FanoutPlan } from 'polyratchet/fanout';
 * import {
 *   encryptGroupMessage,
 *   groupExtensions,
 *   planDistribution,
 *   type GroupExtensions,
 *   type GroupKey,
 *   type GroupRecord,
 * } from 'polyratchet/group';
 *
 * declare const record: GroupRecord;
 * declare const plan: FanoutPlan;
 * declare let key: GroupKey;
 *
 * const format: ContentFormat<GroupExtensions> = { form: 'payload', extensions: groupExtensions };
 * const distribution = planDistribution({ record, plan, key, now: Date.now() }); // see there
 * const content = { body: new TextEncoder().encode('hello, all') };
 * const { metadata } = plan;
 * const about = { record, distribution, key, format, metadata };
 * const encrypted = encryptGroupMessage({ ...about, messageId: '3EB0C4', content, random });
 * key = encrypted.key; // store it, and only then send encrypted.message
 * ```
 */
export function encryptGroupMessage<Extensions extends GroupExtensions = GroupExtensions>(
  options: EncryptGroupMessageOptions<Extensions>,
): EncryptedGroupMessage {
  const { distribution, messageId, format, content, metadata, random } = inputObject('options', options);
  const record = inputGroupRecord(options.record);
  const { id: chat } = record.group;
  const key = inputKey(options.key, chat);
  checkPlan(inputObject('distribution', distribution), record, key);
  const { body, extensions } = inputObject('content', content);
  const parts = {
    messageId,
    chat,
    deviceListMetadata: metadata,
    extensions: { ...extensions, groupState: groupStateOf(record) } as ExtensionValues<Extensions>,
  };
  const plaintext = encodeContent({ format, content: body === undefined ? parts : { ...parts, body } });
  const encrypted = encryptSenderKey({ senderKey: key.senderKey, plaintext: pad(plaintext, random) });
  return { message: encrypted.message, key: { ...key, senderKey: encrypted.senderKey }, plaintext };
}

/** A message is encrypted under a plan for this state and this key, or not at all. */
function checkPlan(distribution: DistributionPlan, { group }: GroupRecord, { holders }: GroupKey): void {
  if (distribution.kind === 'rotate') {
    const reasons = [...new Set(distribution.reasons.map(({ kind }) => kind))];
    throw new PolyratchetError('rotation-due', { group: group.id, reasons });
  }
  const basis = inputObject('distribution.basis', distribution.basis);
  if (basis.group === group && basis.holders?.keyId === holders.keyId) return;
  throw invalidArgument('distribution', 'the plan for this state and this key', 'another');
}
