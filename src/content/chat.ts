/**
 * Where a received message belongs: its chat, checked against who sent it and who we are.
 *
 * The server says from whom an envelope comes and to whom it goes; the message says it from inside the encryption, so
 * that nothing can be shown in a chat that it was not written in.
 *
 * @module
 */
import { accountOf, inputAccount, type Address } from '../core/address.js';
import { inputList, inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { ReceivedContent } from './content.js';
import type { ContentExtensions } from './extensions.js';

/** A message, its sender, and ourselves. */
export interface VerifyChatOptions {
  /** The message. */
  readonly content: ReceivedContent<ContentExtensions>;
  /** The device that it came from, as its session or sender key has authenticated it; it is a verified device. */
  readonly sender: Address;
  /** All addresses of our own account: its phone number and its LID, for example. */
  readonly own: readonly Address[];
  /**
   * The group that it was sent in: that of its sender key, or, where a device sent it to us alone, the group that its
   * chat names, if the sender is a member there. Absent otherwise.
   */
  readonly group?: Address;
}

/** The chat in which a message is shown. */
export type VerifiedChat =
  | {
      /** Somebody wrote it to us. */
      readonly kind: 'incoming';
      /** The sender's account. */
      readonly chat: Address;
    }
  | {
      /** Another device of our account sent it, and this is our copy. */
      readonly kind: 'outgoing';
      /** The account that it was sent to. */
      readonly chat: Address;
    }
  | {
      /** It was sent in a group. */
      readonly kind: 'group';
      /** The group. */
      readonly chat: Address;
    };

/**
 * The chat that a message belongs to, if it says the same itself.
 *
 * - In a group its chat is the group. A sender key is taken in a group only, and only for that group.
 * - A copy of a sent message comes from our own account, and belongs to the chat that it was sent to.
 * - Everything else was sent to an address of ours, and belongs to the sender's chat.
 *
 * @throws PolyratchetError `wrong-chat`; `invalid-argument`.
 * @example
 * ```ts
 * import { decodeContent, encodeContent, verifyChat } from 'polyratchet/content';
 *
 * const format = { form: 'payload' } as const;
 * const plaintext = encodeContent({ format, content: { messageId: '1', chat: 'bob@example.org' } });
 * const content = decodeContent({ format, plaintext });
 * verifyChat({ content, sender: 'alice:2@example.org', own: ['bob@example.org'] }); // incoming, alice@example.org
 * ```
 */
export function verifyChat(options: VerifyChatOptions): VerifiedChat {
  const { content, sender, own, group } = inputObject('options', options);
  const { deviceSent, senderKeyDistribution } = inputObject('content', content);
  const account = accountOf(sender);
  const ownAccounts = inputAccounts(own);
  const groups = group === undefined ? [] : [inputAccount('group', group)];
  const named = content.kind === 'bound' ? content.chat : deviceSent?.destination;
  if (deviceSent !== undefined) check(account, ownAccounts);
  if (senderKeyDistribution !== undefined) check(senderKeyDistribution.groupId, groups);
  if (group !== undefined) return { kind: 'group', chat: check(named ?? group, groups) };
  if (deviceSent !== undefined) return { kind: 'outgoing', chat: named ?? deviceSent.destination };
  if (named !== undefined) check(named, ownAccounts);
  return { kind: 'incoming', chat: account };
}

function check(address: Address, expected: readonly Address[]): Address {
  if (expected.includes(address)) return address;
  throw new PolyratchetError('wrong-chat', { expected, got: address });
}

function inputAccounts(own: readonly Address[]): readonly Address[] {
  return inputList('own', own).map((address) => inputAccount('own', address));
}
