/**
 * The two decisions before any device is looked at: under which identity, and by which list.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { copyBytes, equalBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import { publicKeyFrom, type PublicKey } from '../crypto/index.js';
import { decodeSignedKeyIndexList } from './adv.js';
import type { DeviceListAnswer } from './answer.js';
import { LIST_LIFETIME_MS, MAX_LIST_AHEAD_MS } from './limits.js';
import {
  assumedList,
  isAssumptionOver,
  timestampOf,
  type DeviceListRecord,
  type KnownList,
} from './listState.js';
import { verifyKeyIndexList } from './listSignature.js';

/** A primary's identity key. */
export interface PinnedPrimary {
  /** `first`: nothing has vouched for it, so it is pinned from now on; `pinned`: it is the one from before. */
  readonly kind: 'first' | 'pinned';
  /** 32 bytes. */
  readonly key: PublicKey;
}

/**
 * The identity key that everything is verified under: of the record, of the caller, or the first that is seen.
 *
 * @throws PolyratchetError `untrusted-identity`, `invalid-key`, `invalid-argument`
 */
export function pinnedPrimary(
  account: Address,
  record: DeviceListRecord | undefined,
  given: Uint8Array | undefined,
  answer: DeviceListAnswer,
): PinnedPrimary {
  if (record !== undefined && record.account !== account) {
    throw invalidArgument('record', 'the record of this account', 'another account’s');
  }
  const claimed = answer.devices.find(({ device }) => device === 0)?.identity;
  const candidates = [record?.primaryIdentity, given, claimed]
    .filter((key) => key !== undefined)
    .map((key) => publicKeyFrom('primaryIdentity', key));
  const [key] = candidates;
  if (key === undefined) {
    throw invalidArgument(
      'primaryIdentity',
      'a record, a pinned identity, or an answer with the identity of device 0',
      'none',
    );
  }
  const other = candidates.find((candidate) => !equalBytes(candidate, key));
  if (other !== undefined) {
    throw new PolyratchetError('untrusted-identity', { device: account, expected: key, got: other });
  }
  return { kind: record === undefined && given === undefined ? 'first' : 'pinned', key };
}

/**
 * The list that counts from now on.
 *
 * Without a signed list in the answer it is the one from before: not even that an account has no companions is the
 * server's to say.
 *
 * @throws PolyratchetError `invalid-signature`, `device-unverified`, `malformed`, `too-large`, `list-rollback`,
 *   `list-fork`, `list-from-future`, `list-expired`
 */
export function nextList(base: DeviceListRecord, signedList: Uint8Array | undefined, now: number): KnownList {
  const { account, primaryIdentity, list } = base;
  if (signedList === undefined) {
    if (!isAssumptionOver(list, now)) return list;
    return assumedList(now, list.floor);
  }
  if (list.kind === 'signed' && equalBytes(list.bytes, signedList)) return list;
  const bytes = copyBytes(signedList);
  const details = verifyKeyIndexList({ signedList: bytes, primaryIdentity, hosted: true });
  const floor = timestampOf(base);
  if (details.timestamp < floor) {
    throw new PolyratchetError('list-rollback', { account, why: 'older-timestamp' });
  }
  if (list.kind === 'signed' && details.timestamp === floor) {
    if (equalBytes(detailsOf(list.bytes), detailsOf(bytes))) return list; // signed twice, or in another envelope
    throw new PolyratchetError('list-fork', { account, why: 'same-timestamp' });
  }
  if (details.timestamp > now + MAX_LIST_AHEAD_MS) {
    throw new PolyratchetError('list-from-future', { account, why: 'timestamp' });
  }
  const namesCompanions = details.validIndexes.some((index) => index !== 0);
  if (namesCompanions && now > details.timestamp + LIST_LIFETIME_MS) {
    throw new PolyratchetError('list-expired', { account, why: 'lifetime' });
  }
  return { kind: 'signed', bytes, details };
}

/** Whether a list belongs to another registration of the account, by a raw id that its primary identity has signed. */
export function isOtherRegistration(before: KnownList, after: KnownList): boolean {
  return before.kind === 'signed' && after.kind === 'signed' && before.details.rawId !== after.details.rawId;
}

/** The bytes that the primary has signed. */
function detailsOf(signedList: Uint8Array): Uint8Array {
  return decodeSignedKeyIndexList(signedList).details;
}
