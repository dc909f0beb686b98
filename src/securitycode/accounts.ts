/**
 * What WhatsApp calls a person: phone number, LID, username; and which of them is hashed.
 *
 * @module
 */
import { parseAddress, type Address, type AddressParts } from '../core/address.js';
import { describe, utf8 } from '../core/bytes.js';
import type { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import type { Both } from './fingerprint.js';
import { MAX_IDENTIFIER_LENGTH, type AccountParty } from './party.js';

/** The servers of WhatsApp's accounts. */
const PHONE_NUMBERS = 's.whatsapp.net';
const LIDS = 'lid';
const LID_SUFFIX = `@${LIDS}`;

/** What a QR payload says of a person besides the keys; all as bytes. */
export interface Names {
  /** The digits of a phone number, or an address of the application's own. */
  readonly account?: Uint8Array;
  /** The address of a LID. */
  readonly lid?: Uint8Array;
  readonly username?: Uint8Array;
  readonly hosted: 'no' | 'yes';
}

/**
 * Checks what a party says of itself.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputNames({ accounts, username, hosted = false }: AccountParty): Names {
  if (!Array.isArray(accounts)) throw invalidAccounts(describe(accounts));
  const parts = Array.from<Address, AddressParts>(accounts, inputAccount);
  const [lid, ...moreLids] = parts.filter(({ server }) => server === LIDS);
  const [other, ...moreOthers] = parts.filter(({ server }) => server !== LIDS);
  if (parts.length === 0 || moreLids.length > 0 || moreOthers.length > 0) {
    throw invalidAccounts(`an array of ${parts.length}`);
  }
  if (typeof hosted !== 'boolean') throw invalidArgument('hosted', 'true or false', describe(hosted));
  return {
    ...(other === undefined ? {} : { account: utf8(nameOf(other)) }),
    ...(lid === undefined ? {} : { lid: utf8(`${lid.user}${LID_SUFFIX}`) }),
    ...(username === undefined ? {} : { username: inputUsername(username) }),
    hosted: hosted ? 'yes' : 'no',
  };
}

/**
 * What is hashed: the digits of the LIDs if both people's are known, else the other names, so that two phones that know
 * the same choose the same.
 *
 * @throws PolyratchetError `invalid-argument`: one person is known by LID only, the other one without.
 */
export function pickIdentifiers([local, remote]: Both<Names>): Both<Uint8Array> {
  if (local.lid !== undefined && remote.lid !== undefined)
    return [digitsOfLid(local.lid), digitsOfLid(remote.lid)];
  if (local.account !== undefined && remote.account !== undefined) return [local.account, remote.account];
  throw invalidArgument('accounts', 'LIDs of both people, or another account of both', 'one of each');
}

function inputAccount(account: Address): AddressParts {
  const parts = parseAddress(account);
  if (parts.device === 0) return parts;
  throw invalidArgument('accounts', 'user@server', 'the address of a companion');
}

/** A phone number is its digits, as in WhatsApp; elsewhere two servers may use one name, so it is the whole address. */
function nameOf({ user, server }: AddressParts): string {
  return server === PHONE_NUMBERS ? user : `${user}@${server}`;
}

function digitsOfLid(lid: Uint8Array): Uint8Array {
  return lid.subarray(0, lid.length - LID_SUFFIX.length);
}

function inputUsername(username: string): Uint8Array {
  const wellFormed = typeof username === 'string' && !/\p{Surrogate}/u.test(username);
  const text = utf8(wellFormed ? username : '');
  if (text.length > 0 && text.length <= MAX_IDENTIFIER_LENGTH) return text;
  const got = wellFormed ? `${text.length} bytes` : describe(username);
  throw invalidArgument('username', `1 to ${MAX_IDENTIFIER_LENGTH} bytes of text`, got);
}

function invalidAccounts(got: string): PolyratchetError {
  return invalidArgument('accounts', 'a LID, another account, or both', got);
}
