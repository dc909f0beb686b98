/**
 * An account's two addresses, and a primary that has a new identity: decisions that the server's word alone never makes.
 *
 * @module
 */
import { equalBytes } from '../core/bytes.js';
import { inputObject, inputTime } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { publicKeyFrom, type PublicKey } from '../crypto/index.js';
import { decodeSignedKeyIndexList } from './adv.js';
import { addressed, type RemovedDevice } from './list.js';
import {
  assumeDeviceList,
  inputRecord,
  isLive,
  timestampOf,
  type DeviceListRecord,
  type ExpectedList,
  type KnownList,
  type VerifiedCompanion,
} from './listState.js';

/** Two records that are said to be one account's. */
export interface UniteAliasesOptions {
  /** The record under the address that is kept, such as the LID. */
  readonly record: DeviceListRecord;
  /** The record under the other address, such as the phone number. */
  readonly alias: DeviceListRecord;
}

/**
 * One record for two addresses, if both were given the same primary identity: the newer list, and the companions of both
 * that it allows.
 *
 * @returns The record, under the address that is kept.
 * @throws PolyratchetError `alias-conflict`: two identities, so two accounts; `list-fork`: two lists of one time;
 *   `invalid-argument`.
 * @example
 * ```ts no-run
 * import { uniteAliases, type DeviceListRecord } from 'polyratchet/devices';
 *
 * declare const lid: DeviceListRecord; // of '83249812@lid'
 * declare const phoneNumber: DeviceListRecord; // of '491701234567@s.whatsapp.net'
 * const record = uniteAliases({ record: lid, alias: phoneNumber });
 * ```
 */
export function uniteAliases(options: UniteAliasesOptions): DeviceListRecord {
  const { record, alias } = inputObject('options', options);
  const [kept, other] = [inputRecord(record), inputRecord(alias, 'alias')];
  const { account, primaryIdentity } = kept;
  if (!equalBytes(primaryIdentity, other.primaryIdentity)) {
    throw new PolyratchetError('alias-conflict', { account, why: 'other-identity' });
  }
  if (isFork(kept.list, other.list))
    throw new PolyratchetError('list-fork', { account, why: 'same-timestamp' });
  const [newer, older] = timestampOf(other) > timestampOf(kept) ? [other, kept] : [kept, other];
  const { list } = newer;
  const extra = older.companions.filter(
    (companion) =>
      isAllowed(list, companion) && !newer.companions.some((known) => collides(known, companion)),
  );
  return {
    account,
    primaryIdentity,
    list,
    companions: [...newer.companions, ...extra].sort((a, b) => a.device - b.device),
    refused: newer.refused,
    ...stillExpected([kept.expected, other.expected], timestampOf(newer)),
  };
}

/** A new primary identity that the person has accepted. */
export interface AcceptPrimaryIdentityOptions {
  /** What was known under the identity before. */
  readonly record: DeviceListRecord;
  /** The new identity key, 32 bytes. */
  readonly primaryIdentity: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What a new primary identity changes. */
export interface PrimaryIdentityChange {
  /** `unchanged`: it is the one that is pinned already. */
  readonly kind: 'unchanged' | 'changed';
  /** What to store: the new primary alone, until its list is fetched. */
  readonly record: DeviceListRecord;
  /** The identity key before, 32 bytes. The session with the primary is of that one, and goes. */
  readonly previous: PublicKey;
  /** The companions that the primary of before has vouched for: nobody does now. */
  readonly removed: readonly RemovedDevice[];
}

/**
 * Pins another primary identity. That is the person's decision, after a look at the security code; nothing that was signed
 * under the identity before counts.
 *
 * @throws PolyratchetError `invalid-key`, `invalid-argument`
 */
export function acceptPrimaryIdentity(options: AcceptPrimaryIdentityOptions): PrimaryIdentityChange {
  const record = inputRecord(inputObject('options', options).record);
  const now = inputTime('now', options.now);
  const { account, primaryIdentity: previous, companions } = record;
  const primaryIdentity = publicKeyFrom('primaryIdentity', options.primaryIdentity);
  if (equalBytes(primaryIdentity, previous)) return { kind: 'unchanged', record, previous, removed: [] };
  return {
    kind: 'changed',
    record: assumeDeviceList({ account, primaryIdentity, now }),
    previous,
    removed: companions.map((companion) => ({ ...addressed(account, companion), why: 're-registered' })),
  };
}

/** Whether the primary has signed two lists of one time. */
function isFork(a: KnownList, b: KnownList): boolean {
  if (a.kind !== 'signed' || b.kind !== 'signed' || a.details.timestamp !== b.details.timestamp) return false;
  return !equalBytes(decodeSignedKeyIndexList(a.bytes).details, decodeSignedKeyIndexList(b.bytes).details);
}

function isAllowed(list: KnownList, { details }: VerifiedCompanion): boolean {
  return list.kind === 'signed' && list.details.rawId === details.rawId && isLive(list, details.keyIndex);
}

function collides(a: VerifiedCompanion, b: VerifiedCompanion): boolean {
  return (
    a.device === b.device || a.details.keyIndex === b.details.keyIndex || equalBytes(a.identity, b.identity)
  );
}

/** The newest list that either record waits for, since the first hint. */
function stillExpected(
  hints: readonly (ExpectedList | undefined)[],
  known: number,
): Pick<DeviceListRecord, 'expected'> {
  const open = hints.filter((hint) => hint !== undefined).filter(({ timestamp }) => timestamp > known);
  if (open.length === 0) return {};
  return {
    expected: {
      timestamp: Math.max(...open.map(({ timestamp }) => timestamp)),
      since: Math.min(...open.map(({ since }) => since)),
    },
  };
}
