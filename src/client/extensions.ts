/**
 * What clients tell each other beside the application's messages.
 *
 * @module
 */
import type { OutgoingContent } from '../fanout/index.js';
import type { GroupExtensions } from '../group/index.js';
import type { Address } from '../core/address.js';
import { accountText, bool, optional, type OptionalRow } from '../wire/index.js';

/** The fields of Content that the client itself uses. */
export type ClientExtensions = Readonly<Record<'logout', OptionalRow<boolean>>> &
  Readonly<Record<'author', OptionalRow<Address>>>;

/** All fields that clients and their features use; at run time those of features that are not attached are unknown. */
export type ClientContentExtensions = ClientExtensions & GroupExtensions;

/**
 * - Field 1005 of Content, `logout`, from a companion to its primary: it has logged itself out.
 * - Field 1007, `author`: the account that wrote the message. The keys of a stranger say nothing about his name, and a server
 *   could put another one on his first message.
 */
export const CLIENT_EXTENSIONS: ClientExtensions = {
  logout: optional(1005, bool),
  author: optional(1007, accountText),
};

/** A content as this account writes it. */
export function authored(
  author: Address,
  content: OutgoingContent<ClientContentExtensions>,
): OutgoingContent<ClientContentExtensions> {
  return { ...content, extensions: { ...content.extensions, author } };
}
