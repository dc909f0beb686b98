/** Accounts, groups and plans for the tests of groups: plain values, since who vouches for a device is not their subject. */
import type { Address } from 'polyratchet';
import {
  applyGroupChange,
  changeGroup,
  createGroup,
  type AppliedChange,
  type ChangeKind,
  type GroupChange,
  type GroupRecord,
  type GroupSendPlan,
  type SendDevice,
} from 'polyratchet/group';
import { sha256 } from '../../src/crypto/index.js';
import { utf8 } from '../../src/core/bytes.js';
import type { PublicKey } from '../../src/crypto/index.js';

export const NOW = 1_750_000_000_000;
export const DAY = 24 * 60 * 60 * 1000;
export const GROUP = 'friends@groups.example.org';
export const [ALICE, BOB, CAROL, DAVE, ERIN] = ['alice', 'bob', 'carol', 'dave', 'erin'].map(
  (user) => `${user}@example.org`,
) as [Address, Address, Address, Address, Address];

/** Alice's group: she is its only admin. */
export function groupOf(...members: readonly Address[]): GroupRecord {
  return createGroup({ id: GROUP, creator: ALICE, members }).record;
}

/** What a change makes of a record. */
export function change(
  record: GroupRecord,
  author: Address,
  kind: ChangeKind,
  ...accounts: readonly Address[]
): { record: GroupRecord; change: GroupChange } {
  return changeGroup(kind === 'leave' ? { record, author, kind } : { record, author, kind, accounts });
}

/** A record after some changes, each by its author. */
export function changed(
  record: GroupRecord,
  ...changes: readonly (readonly [Address, ChangeKind, ...Address[]])[]
): GroupRecord {
  return changes.reduce(
    (now, [author, kind, ...accounts]) => change(now, author, kind, ...accounts).record,
    record,
  );
}

/** Takes a change, whatever comes of it. */
export function take(record: GroupRecord, made: GroupChange, author: Address): AppliedChange {
  return applyGroupChange({ record, change: made, author });
}

/** The record after a change that must not be refused. */
export function taken(record: GroupRecord, made: GroupChange, author: Address): GroupRecord {
  const applied = take(record, made, author);
  if (applied.kind === 'refused') throw new Error(applied.why);
  return applied.record;
}

/** Bytes that can be a public key, though nobody has the private one: real keys are dear on noble. */
export function keyOf(device: Address, edition = 0): PublicKey {
  return sha256(utf8(`${device} ${edition}`)).map((byte, i) => (i === 31 ? byte & 0x3f : byte)) as PublicKey;
}

export function ready(device: Address, edition = 0): SendDevice {
  return { kind: 'ready', device, identity: keyOf(device, edition) };
}

/** A plan from Alice's phone to devices of others and of her own. */
export function planFor(
  recipients: readonly SendDevice[],
  ownDevices: readonly SendDevice[] = [],
  rest: Partial<GroupSendPlan> = {},
): GroupSendPlan {
  return { from: ALICE, chat: GROUP, recipients, ownDevices, bundles: [], basis: { aliases: [] }, ...rest };
}
