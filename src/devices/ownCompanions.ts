/**
 * The companions in the primary's own list: added when a link is approved, confirmed when the companion has signed,
 * removed when the person says so.
 *
 * @module
 */
import { deviceAddress, MAX_DEVICE } from '../core/address.js';
import { copyBytes, describe, equalBytes } from '../core/bytes.js';
import { inputInteger, inputObject, inputTime } from '../core/check.js';
import { PolyratchetError, type WhyUnverified } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import { publicKeyFrom } from '../crypto/index.js';
import { MAX_LABEL_LENGTH, type Companion } from './companion.js';
import { MAX_COMPANIONS } from './limits.js';
import {
  inputOwnDevices,
  isAbandoned,
  signOwnDevices,
  type ListSigner,
  type OwnDevices,
  type OwnDevicesChange,
  type SignListOptions,
} from './ownList.js';
import { verifyDeviceIdentity } from './signatures.js';

/** A companion that the person has confirmed. */
export interface AddCompanionOptions extends ListSigner {
  /** The devices so far. */
  readonly devices: OwnDevices;
  /** The companion's identity key, 32 bytes. */
  readonly companionIdentity: Uint8Array;
  /** What it calls itself. */
  readonly name?: string;
  /** What it runs on. */
  readonly platform?: string;
}

/** The devices with one more, and that one. */
export interface AddedCompanion extends OwnDevicesChange {
  /** The companion, approved, with its key index. */
  readonly companion: Companion;
}

/**
 * Gives a companion the next key index and a place in the list; the linking flow does this when it approves.
 *
 * @throws PolyratchetError `companion-limit`: there are four; `list-from-future`; `invalid-key`: `own-key` is one of an
 *   identity that the account has already; `invalid-argument`.
 * @example
 * ```ts no-run
 * import { systemRandom } from 'polyratchet';
 * import { addCompanion, type OwnDevices } from 'polyratchet/devices';
 * import type { Identity } from 'polyratchet/identity';
 *
 * declare const devices: OwnDevices;
 * declare const identity: Identity;
 * declare const companionIdentity: Uint8Array; // 32 bytes, from its offer
 * const now = Date.now();
 * const added = addCompanion({ devices, companionIdentity, identity, random: systemRandom, now, serverTime: now });
 * added.companion.keyIndex; // what the primary signs for it
 * added.devices.signedList; // to be published once the companion has answered
 * ```
 */
export function addCompanion(options: AddCompanionOptions): AddedCompanion {
  const { companionIdentity, now } = inputObject('options', options);
  const devices = inputOwnDevices(options.devices);
  const { account, primaryIdentity, companions } = devices;
  const approvedAt = inputTime('now', now);
  const kept = companions.filter((companion) => !isAbandoned(companion, approvedAt));
  if (kept.length >= MAX_COMPANIONS) throw new PolyratchetError('companion-limit', { account, why: 'full' });
  const identity = publicKeyFrom('companionIdentity', companionIdentity);
  if (
    [primaryIdentity, ...kept.map((companion) => companion.identity)].some((key) => equalBytes(key, identity))
  ) {
    throw new PolyratchetError('invalid-key', { role: 'companionIdentity', why: 'own-key' });
  }
  const companion: Companion = {
    keyIndex: devices.currentIndex + 1,
    identity,
    ...label('name', options.name),
    ...label('platform', options.platform),
    approvedAt,
    link: { kind: 'approved' },
  };
  const grown = { ...devices, currentIndex: companion.keyIndex, companions: [...companions, companion] };
  return { ...signOwnDevices(grown, options), companion };
}

/** What the companion has answered. */
export interface ConfirmCompanionOptions {
  /** The devices so far. */
  readonly devices: OwnDevices;
  /** The companion's key index. */
  readonly keyIndex: number;
  /** The device number that the server has given it: 1 … 65535. */
  readonly device: number;
  /** Its ADVSignedDeviceIdentity bytes with both signatures. */
  readonly signedIdentity: Uint8Array;
}

/**
 * Takes the companion's own signature: from now on it is one of the account's devices. The list stays as it is.
 *
 * @throws PolyratchetError `device-unverified`, `invalid-signature`, `malformed`, `too-large`: what it has signed does
 *   not hold, or is of another key index, raw id or device; `invalid-argument`: none with this key index was approved.
 */
export function confirmCompanion(options: ConfirmCompanionOptions): OwnDevices {
  const { keyIndex, signedIdentity } = inputObject('options', options);
  const devices = inputOwnDevices(options.devices);
  const device = inputInteger('device', options.device, 1, MAX_DEVICE);
  const companion = companionOf(devices, keyIndex);
  const { account, primaryIdentity, rawId, companions } = devices;
  const details = verifyDeviceIdentity({
    signed: signedIdentity,
    primaryIdentity,
    companionIdentity: companion.identity,
  });
  const refuse = (why: WhyUnverified): PolyratchetError =>
    new PolyratchetError('device-unverified', { account, device: deviceAddress(account, device), why });
  if (details.rawId !== rawId) throw refuse('other-raw-id');
  const isTaken = ({ link, keyIndex: other }: Companion): boolean =>
    link.kind === 'confirmed' && link.device === device && other !== keyIndex;
  if (details.keyIndex !== keyIndex) throw refuse('other-key-index');
  if (companions.some(isTaken)) throw refuse('duplicate');
  const confirmed: Companion = {
    ...companion,
    link: { kind: 'confirmed', device, signedIdentity: copyBytes(signedIdentity) },
  };
  return { ...devices, companions: companions.map((other) => (other === companion ? confirmed : other)) };
}

/** Which companion to remove. */
export interface RemoveCompanionOptions extends ListSigner {
  /** The devices so far. */
  readonly devices: OwnDevices;
  /** The companion's key index. */
  readonly keyIndex: number;
}

/**
 * Unlinks a companion: its key index leaves the list and is never given again.
 *
 * @throws PolyratchetError `invalid-argument`: there is none with this key index; `list-from-future`.
 */
export function removeCompanion(options: RemoveCompanionOptions): OwnDevicesChange {
  const devices = inputOwnDevices(inputObject('options', options).devices);
  const companion = companionOf(devices, options.keyIndex);
  return signOwnDevices(devices, options, (other) => other === companion);
}

/**
 * Unlinks every companion.
 *
 * @throws PolyratchetError `list-from-future`; `invalid-argument`.
 */
export function removeAllCompanions(options: SignListOptions): OwnDevicesChange {
  return signOwnDevices(inputOwnDevices(inputObject('options', options).devices), options, () => true);
}

function companionOf({ companions }: OwnDevices, keyIndex: number): Companion {
  const companion = companions.find((candidate) => candidate.keyIndex === keyIndex);
  if (companion !== undefined) return companion;
  throw invalidArgument('keyIndex', 'one of a linked companion', describe(keyIndex));
}

function label<Name extends 'name' | 'platform'>(name: Name, text: unknown): Partial<Record<Name, string>> {
  if (text === undefined) return {};
  if (typeof text === 'string' && text.length <= MAX_LABEL_LENGTH && !/\p{Surrogate}/u.test(text)) {
    return { [name]: text } as Record<Name, string>;
  }
  throw invalidArgument(
    name,
    `well-formed text of at most ${MAX_LABEL_LENGTH} characters`,
    typeof text === 'string' ? `${text.length} characters` : describe(text),
  );
}
