/**
 * What clients tell each other beside the application's messages.
 *
 * @module
 */
import type { GroupExtensions } from '../group/index.js';
import { bool, optional, type OptionalRow } from '../wire/index.js';

/** The fields of Content that the client itself uses. */
export type ClientExtensions = Readonly<Record<'logout', OptionalRow<boolean>>>;

/** All fields that clients and their features use; at run time those of features that are not attached are unknown. */
export type ClientContentExtensions = ClientExtensions & GroupExtensions;

/** Field 1005 of Content, from a companion to its primary: it has logged itself out. */
export const CLIENT_EXTENSIONS: ClientExtensions = { logout: optional(1005, bool) };
