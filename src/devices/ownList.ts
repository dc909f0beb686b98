/**
 * The primary's own device list: the one place where companions are added and removed, and where the list is signed.
 *
 *     create ─ add ─ confirm ─ … ─ remove ─ … each step a new value with the signed list to publish
 *
 * Key indexes only ever grow under one raw id, and so does the time of the list. A companion that was approved and never
 * came is left out of the next list that is signed an hour later: an index that no device answers to would leave every
 * contact without a complete list.
 *
 * @module
 */
import { inputAccount, type Address } from '../core/address.js';
import { equalBytes, inputBytes, readUint32 } from '../core/bytes.js';
import { inputList, inputObject, inputTime } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { randomBytes, type Random } from '../core/random.js';
import { invalidArgument } from '../core/refusals.js';
import { KEY_LENGTH, publicKeyFrom, type PublicKey } from '../crypto/index.js';
import type { Identity } from '../identity/index.js';
import type { Companion } from './companion.js';
import { APPROVAL_LIFETIME_MS, LIST_RENEWAL_MS, MAX_LIST_AHEAD_MS } from './limits.js';
import { signKeyIndexList } from './listSignature.js';

/** The primary's own devices: what it has linked, and the list that it has signed last. */
export interface OwnDevices {
  /** The account's address. */
  readonly account: Address;
  /** The primary's identity key, which signs the list; 32 bytes. */
  readonly primaryIdentity: PublicKey;
  /** Names this registration of the account: random, any 32-bit number. */
  readonly rawId: number;
  /** When the list was signed last: milliseconds since 1970, whole seconds. Only ever grows. */
  readonly timestamp: number;
  /** The highest key index ever given under this raw id; the primary itself has 0. */
  readonly currentIndex: number;
  /** The linked devices, in the order of their key indexes. */
  readonly companions: readonly Companion[];
  /** The list to publish: ADVSignedKeyIndexList bytes. */
  readonly signedList: Uint8Array;
}

/** What every signature of the list needs. */
export interface ListSigner {
  /** The primary's identity. */
  readonly identity: Identity;
  /** Used by imported identities only: their nonce is randomised. */
  readonly random: Random;
  /** The time of this device, milliseconds since 1970. */
  readonly now: number;
  /** The time as the server said it last, milliseconds since 1970: a list from further ahead would lock the account out. */
  readonly serverTime: number;
}

/** The devices after a step. */
export interface OwnDevicesChange {
  /** What to store, with the signed list to publish. */
  readonly devices: OwnDevices;
  /** The companions that are no longer in the list: those asked for, and approvals that nobody took up. */
  readonly removed: readonly Companion[];
}

/** A registration of the account at its server. */
export interface CreateOwnDevicesOptions extends ListSigner {
  /** The account's address, `user@server`. */
  readonly account: Address;
  /** The devices of the registration before, if this identity key has signed for one: time must not go back. */
  readonly previous?: OwnDevices;
}

/**
 * The device list of a fresh registration: the primary alone, under a new raw id.
 *
 * @throws PolyratchetError `list-from-future`: this device's clock is more than 24 hours ahead of the server's;
 *   `invalid-argument`.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { createOwnDevices } from 'polyratchet/devices';
 * import { generateIdentity } from 'polyratchet/identity';
 *
 * const identity = generateIdentity(systemRandom);
 * const now = Date.now();
 * const { devices } = createOwnDevices({
 *   account: 'alice@example.org',
 *   identity,
 *   random: systemRandom,
 *   now,
 *   serverTime: now,
 * });
 * devices.signedList; // to be published
 * ```
 */
export function createOwnDevices(options: CreateOwnDevicesOptions): OwnDevicesChange {
  const { account, identity, previous, random } = inputObject('options', options);
  const { publicKey } = inputObject('identity', identity);
  const primaryIdentity = publicKeyFrom('identity', publicKey);
  const before =
    previous !== undefined && equalBytes(inputOwnDevices(previous).primaryIdentity, primaryIdentity)
      ? previous
      : undefined;
  const drawn = readUint32(randomBytes(random, 4), 0);
  const fresh: OwnDevices = {
    account: inputAccount('account', account),
    primaryIdentity,
    rawId: drawn === before?.rawId ? (drawn ^ 1) >>> 0 : drawn,
    timestamp: before?.timestamp ?? 0,
    currentIndex: 0,
    companions: [],
    signedList: new Uint8Array(0),
  };
  const { devices } = signOwnDevices(fresh, options);
  return { devices, removed: before?.companions ?? [] };
}

/** The devices whose list to sign again. */
export interface SignListOptions extends ListSigner {
  /** The devices so far. */
  readonly devices: OwnDevices;
}

/**
 * Signs the list again with a fresh time and no other change, which is how contacts know that it still holds.
 *
 * @throws PolyratchetError `list-from-future`; `invalid-argument`.
 */
export function renewOwnDevices(options: SignListOptions): OwnDevicesChange {
  return signOwnDevices(inputOwnDevices(inputObject('options', options).devices), options);
}

/**
 * The list signed as it now is, without the companions that `leaves` names and without approvals that nobody took up.
 *
 * @throws PolyratchetError `list-from-future`; `invalid-argument`: not the list's own identity, no time.
 */
export function signOwnDevices(
  devices: OwnDevices,
  { identity, random, now, serverTime }: ListSigner,
  leaves: (companion: Companion) => boolean = () => false,
): OwnDevicesChange {
  const { publicKey } = inputObject('identity', identity);
  if (!equalBytes(inputBytes('identity.publicKey', publicKey), devices.primaryIdentity)) {
    throw invalidArgument('identity', 'the identity that the list belongs to', 'another');
  }
  const timestamp = nextTimestamp(devices, inputTime('now', now), inputTime('serverTime', serverTime));
  const isRemoved = (companion: Companion): boolean => isAbandoned(companion, now) || leaves(companion);
  const companions = devices.companions.filter((companion) => !isRemoved(companion));
  const { rawId, currentIndex } = devices;
  const validIndexes = companions.map(({ keyIndex }) => keyIndex);
  const signedList = signKeyIndexList({
    list: { rawId, timestamp, currentIndex, validIndexes },
    identity,
    random,
  });
  return {
    devices: { ...devices, timestamp, companions, signedList },
    removed: devices.companions.filter(isRemoved),
  };
}

/** Whether the companion was approved and did not come in time. */
export function isAbandoned({ link, approvedAt }: Companion, now: number): boolean {
  return link.kind === 'approved' && now > approvedAt + APPROVAL_LIFETIME_MS;
}

/** Whole seconds, later than the list before, and not so far ahead that contacts would refuse it. */
function nextTimestamp({ account, timestamp }: OwnDevices, now: number, serverTime: number): number {
  const next = Math.max(now - (now % 1000), timestamp + 1000);
  if (next <= serverTime + MAX_LIST_AHEAD_MS) return next;
  throw new PolyratchetError('list-from-future', { account, why: 'timestamp' });
}

/**
 * Whether it is time to sign the list again: a day after the last time.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function ownDevicesRenewalDue(options: {
  /** The devices. */
  readonly devices: OwnDevices;
  /** Milliseconds since 1970. */
  readonly now: number;
}): boolean {
  const { devices, now } = inputObject('options', options);
  return inputTime('now', now) >= inputOwnDevices(devices).timestamp + LIST_RENEWAL_MS;
}

/**
 * Own devices, if the value can be one.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputOwnDevices(devices: OwnDevices): OwnDevices {
  const { primaryIdentity, companions } = inputObject('devices', devices);
  inputBytes('devices.primaryIdentity', primaryIdentity, KEY_LENGTH);
  inputList('devices.companions', companions);
  return devices;
}
