/**
 * Which of the devices that a server names are the account's: one verdict for each.
 *
 * @module
 */
import { copyBytes, equalBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { publicKeyFrom, type PublicKey } from '../crypto/index.js';
import type { DeviceIdentity } from './adv.js';
import { MAX_DEVICES, MAX_LIST_AHEAD_MS } from './limits.js';
import {
  isLive,
  type KnownList,
  type RefusedDevice,
  type VerifiedCompanion,
  type WhyExcluded,
} from './listState.js';
import { verifyDeviceIdentity } from './signatures.js';

/** A device as a server names it, with what it handed out for it. */
export interface ClaimedDevice {
  /** Its device number; 0 for the primary. */
  readonly device: number;
  /** Its key index as the server says: a hint, and a reason to refuse the device where its signed one differs. */
  readonly keyIndex?: number;
  /** Its identity key, 32 bytes, where its bundle is at hand. */
  readonly identity?: Uint8Array;
  /** Its ADVSignedDeviceIdentity bytes, which come with its bundle and its first messages. */
  readonly signedIdentity?: Uint8Array;
}

/** The companions of an account, and the devices that are none. */
export interface Admission {
  /** In the order of their device numbers. */
  readonly companions: readonly VerifiedCompanion[];
  /** In the order of the server. */
  readonly refused: readonly RefusedDevice[];
}

/** What a device is judged by. */
export interface AdmissionRules {
  /** The list that counts. */
  readonly list: KnownList;
  /** The companions of before whose key indexes it still allows. */
  readonly known: readonly VerifiedCompanion[];
  /** The pinned primary identity. */
  readonly primaryIdentity: PublicKey;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What is said of one claim: a companion, a reason, or nothing new about a companion that is known. */
type Verdict =
  | { readonly kind: 'verified'; readonly companion: VerifiedCompanion }
  | { readonly kind: 'known' }
  | { readonly kind: 'refused'; readonly why: WhyExcluded; readonly keyIndex?: number };

/**
 * Judges each claim. Known companions stay unless a verified device takes their number; a companion that is named under
 * another number moves there, since numbers are the server's to give.
 */
export function admit(claims: readonly ClaimedDevice[], rules: AdmissionRules): Admission {
  let companions = rules.known;
  const placed = new Set<VerifiedCompanion>();
  const seen = new Set<number>([0]);
  const refused: RefusedDevice[] = [];
  for (const claim of claims) {
    if (claim.device === 0) continue;
    const verdict = seen.has(claim.device) ? refuse('duplicate', claim.keyIndex) : judge(claim, rules);
    seen.add(claim.device);
    const final = verdict.kind === 'verified' ? checkPlace(verdict, companions, placed) : verdict;
    if (final.kind === 'verified') {
      const { companion } = final;
      placed.add(companion);
      companions = [...companions.filter((other) => !isReplaced(other, companion)), companion];
    } else if (final.kind === 'refused') {
      const { why, keyIndex } = final;
      refused.push({ device: claim.device, ...(keyIndex === undefined ? {} : { keyIndex }), why });
    }
  }
  return { companions: [...companions].sort((a, b) => a.device - b.device), refused };
}

function judge(claim: ClaimedDevice, { list, known, primaryIdentity, now }: AdmissionRules): Verdict {
  const { device, keyIndex: hint, identity, signedIdentity } = claim;
  const here = known.find((companion) => companion.device === device);
  if (here !== undefined && (identity === undefined || equalBytes(identity, here.identity))) {
    if (hint !== undefined && hint !== here.details.keyIndex) return refuse('other-key-index', hint);
    if (identity === undefined || signedIdentity === undefined) return { kind: 'known' };
  }
  if (list.kind === 'assumed') return refuse('no-list', hint);
  if (identity === undefined || signedIdentity === undefined) {
    if (hint !== undefined && !isLive(list, hint)) return refuse('revoked', hint);
    return refuse(identity === undefined ? 'identity-unknown' : 'unsigned', hint);
  }
  const same = known.find(
    (companion) =>
      equalBytes(companion.identity, identity) && equalBytes(companion.signedIdentity, signedIdentity),
  );
  let companion: VerifiedCompanion;
  try {
    companion = same ?? verified(claim.device, identity, signedIdentity, primaryIdentity);
  } catch (error) {
    return refuse(whyRefused(error), hint);
  }
  const why = whyNotAllowed(companion.details, { list, hint, now });
  if (why !== undefined) return refuse(why, companion.details.keyIndex);
  return { kind: 'verified', companion: companion.device === device ? companion : { ...companion, device } };
}

function verified(
  device: number,
  identity: Uint8Array,
  signedIdentity: Uint8Array,
  primaryIdentity: PublicKey,
): VerifiedCompanion {
  const key = publicKeyFrom('identity', identity);
  const signed = copyBytes(signedIdentity);
  const details = verifyDeviceIdentity({ signed, primaryIdentity, companionIdentity: key, hosted: true });
  return { device, identity: key, signedIdentity: signed, details };
}

/** What signed details say may still be of another registration, of the future, mislabelled, or revoked. */
function whyNotAllowed(
  details: DeviceIdentity,
  { list, hint, now }: { readonly list: KnownList; readonly hint: number | undefined; readonly now: number },
): WhyExcluded | undefined {
  if (list.kind === 'signed' && details.rawId !== list.details.rawId) return 'other-raw-id';
  if (details.timestamp > now + MAX_LIST_AHEAD_MS) return 'from-future';
  if (hint !== undefined && hint !== details.keyIndex) return 'other-key-index';
  return isLive(list, details.keyIndex) ? undefined : 'revoked';
}

/** A verified device may be one that is there already, under its number or another; it may not be two. */
function checkPlace(
  verdict: Extract<Verdict, { kind: 'verified' }>,
  companions: readonly VerifiedCompanion[],
  placed: ReadonlySet<VerifiedCompanion>,
): Verdict {
  const { identity, details } = verdict.companion;
  const alike = companions.filter(
    (other) => other.details.keyIndex === details.keyIndex || equalBytes(other.identity, identity),
  );
  const isOther = (other: VerifiedCompanion): boolean =>
    placed.has(other) || other.details.keyIndex !== details.keyIndex || !equalBytes(other.identity, identity);
  if (alike.some(isOther)) return refuse('duplicate', details.keyIndex);
  if (alike.length === 0 && companions.length >= MAX_DEVICES - 1) return refuse('too-many', details.keyIndex);
  return verdict;
}

/** Whether one companion has the other's number, or is the same device. */
function isReplaced(other: VerifiedCompanion, companion: VerifiedCompanion): boolean {
  return other.device === companion.device || other.details.keyIndex === companion.details.keyIndex;
}

function refuse(why: WhyExcluded, keyIndex: number | undefined): Verdict {
  return { kind: 'refused', why, ...(keyIndex === undefined ? {} : { keyIndex }) };
}

/** The reason behind a failed verification. */
function whyRefused(error: unknown): WhyExcluded {
  if (PolyratchetError.is(error, 'device-unverified')) return error.data.why;
  if (PolyratchetError.is(error, 'invalid-signature')) return 'invalid-signature';
  if (PolyratchetError.is(error, 'invalid-key'))
    return error.data.why === 'own-key' ? 'duplicate' : 'malformed';
  if (PolyratchetError.is(error, 'malformed')) {
    return KIND_FIELDS.includes(error.data.field) ? 'unsupported-version' : 'malformed';
  }
  if (PolyratchetError.is(error, 'too-large')) return 'malformed';
  throw error;
}

/** Fields whose unknown values come from a later release. */
const KIND_FIELDS: readonly string[] = ['accountType', 'deviceType'];
