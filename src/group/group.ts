/**
 * A group as a value: who belongs to it, as its members and not a server say.
 *
 *     hash = SHA-256("polyratchet group" ‖ the state as protobuf)
 *
 * Each state names the hash of the one before, so a hash stands for all that ever happened in the group.
 *
 * @module
 */
import { isAccount, type Address } from '../core/address.js';
import { concat, utf8 } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { invalidArgument, malformed } from '../core/refusals.js';
import { sha256 } from '../crypto/index.js';
import {
  accountText,
  bytes,
  decodeMessage,
  encodeMessage,
  repeated,
  required,
  uint32,
  type Table,
} from '../wire/index.js';
import { MAX_GROUP_VERSION, MAX_MEMBERS } from './limits.js';

/** Bytes of the hash of a state. */
export const GROUP_HASH_LENGTH = 32;

const HASH_LABEL: Uint8Array = utf8('polyratchet group');

/** One state of a group. */
export interface Group {
  /** Address of the group. */
  readonly id: Address;
  /** 1 for a new group, and one more with each change. */
  readonly version: number;
  /** Addresses of the members' accounts in the order of their characters, at most {@link MAX_MEMBERS}. */
  readonly members: readonly Address[];
  /** The members who may change the group, in the order in which they came to it. */
  readonly admins: readonly Address[];
  /** Hash of the state before, 32 bytes; zeros for a new group. */
  readonly parent: Uint8Array;
}

/** A state on the wire and in records: admins are places in the list of members. */
export interface GroupFields {
  readonly id: Address;
  readonly version: number;
  readonly members: readonly Address[];
  readonly admins: readonly number[];
  readonly parent: Uint8Array;
}

/** A state of a group. */
export const groupTable: Table<GroupFields> = {
  name: 'group',
  unknown: 'reject',
  rows: {
    id: required(1, accountText),
    version: required(2, uint32),
    members: repeated(3, accountText, MAX_MEMBERS),
    admins: repeated(4, uint32, MAX_MEMBERS),
    parent: required(5, bytes(GROUP_HASH_LENGTH)),
  },
};

/**
 * The fields of a state.
 *
 * @throws PolyratchetError `invalid-argument`: an admin who is no member.
 */
export function fieldsOf(group: Group): GroupFields {
  const places = new Map(group.members.map((member, place) => [member, place]));
  const admins = group.admins.map((admin) => {
    const place = places.get(admin);
    if (place === undefined) throw invalidArgument('group.admins', 'members', 'another account');
    return place;
  });
  return { ...group, admins };
}

/**
 * The state that fields describe.
 *
 * @throws PolyratchetError `malformed`: no version, members out of order or twice, one of them with the address of the group,
 * an admin who is no member or comes twice, or members without an admin.
 */
export function groupFrom({ id, version, members, admins: places, parent }: GroupFields): Group {
  if (version === 0) throw wrong('version', 'a number from 1', '0');
  if (!isGrowing(members)) throw wrong('members', 'accounts in order, each once');
  if (members.includes(id)) throw wrong('id', 'no account of a member', 'one');
  const admins = places.flatMap((place) => members[place] ?? []);
  if (admins.length < places.length || new Set(places).size < places.length)
    throw wrong('admins', 'members, each once');
  if (admins.length === 0 && members.length > 0) throw wrong('admins', 'at least one', 'none');
  return { id, version, members, admins, parent };
}

/**
 * The hash of a state, 32 bytes: two devices with the same hash agree on the group and on its whole history.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function groupHash(group: Group): Uint8Array {
  return sha256(concat(HASH_LABEL, encodeMessage(groupTable, fieldsOf(inputGroup('group', group)))));
}

/**
 * Returns a state, and refuses what can be none.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputGroup(name: string, group: Group): Group {
  const { id, members, admins } = inputObject(name, group);
  if (isAccount(id) && Array.isArray(members) && Array.isArray(admins)) return group;
  throw invalidArgument(name, 'a group', 'another object');
}

/**
 * A copy of a state whose parts fit each other, whatever else a caller may hold.
 *
 * @throws PolyratchetError `malformed`: they do not; `invalid-argument`: it is no state.
 */
export function copyGroup(name: string, group: Group): Group {
  const fields = fieldsOf(inputGroup(name, group));
  return groupFrom(decodeMessage(groupTable, encodeMessage(groupTable, fields)));
}

/**
 * Returns a state that others have sent, if its version is one that a group can have.
 *
 * @throws PolyratchetError `malformed`: its version is above {@link MAX_GROUP_VERSION}.
 */
export function checkVersion(group: Group): Group {
  if (group.version <= MAX_GROUP_VERSION) return group;
  throw wrong('version', `a number up to ${MAX_GROUP_VERSION}`, 'a higher one');
}

/** Whether texts are in the order of their characters, each once. */
export function isGrowing(texts: readonly string[]): boolean {
  return texts.every((text, i) => i === 0 || text > (texts[i - 1] ?? ''));
}

function wrong(field: string, expected: string, got = 'others'): Error {
  return malformed(groupTable.name, field, expected, got);
}
