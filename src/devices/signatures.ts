/**
 * The two signatures by which an account's devices vouch for each other: XEdDSA, 64 bytes, each under a prefix of its own.
 *
 *     account signature   primary     06 00 ‖ details ‖ companion identity
 *     device signature    companion   06 01 ‖ details ‖ companion identity ‖ primary identity
 *
 * A hosted device's are under 06 05 and 06 06. They are verified over the details as they came, under identity keys that
 * the caller knows already: a key that is embedded in the message must equal the known one.
 *
 * @module
 */
import { concat, equalBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { publicKeyFrom, type PublicKey } from '../crypto/index.js';
import { sign, type Identity } from '../identity/index.js';
import {
  decodeDeviceIdentity,
  decodeSignedDeviceIdentity,
  encodeDeviceIdentity,
  type AccountType,
  type DeviceIdentity,
  type SignedDeviceIdentity,
} from './adv.js';
import { requirePinned, requireSignature, unverified } from './vouching.js';

/** Prefixes of the two signatures of a device, by the kind of the device. */
const DEVICE_PREFIXES: Readonly<Record<AccountType, { account: Uint8Array; device: Uint8Array }>> = {
  e2ee: { account: Uint8Array.of(6, 0), device: Uint8Array.of(6, 1) },
  hosted: { account: Uint8Array.of(6, 5), device: Uint8Array.of(6, 6) },
};

/** A companion to vouch for. */
export interface SignAccountOptions {
  /** What the companion is given. */
  readonly device: DeviceIdentity;
  /** The companion's identity key, 32 bytes. */
  readonly companionIdentity: Uint8Array;
  /** The primary's identity. */
  readonly identity: Identity;
  /** Used by imported identities only: their nonce is randomised. */
  readonly random: Random;
}

/**
 * The primary's half: what the companion is given, and the account signature over it.
 *
 * @throws PolyratchetError `invalid-key`, `invalid-argument`
 */
export function signAccount(options: SignAccountOptions): SignedDeviceIdentity {
  const { device, companionIdentity, identity, random } = inputObject('options', options);
  const { companion } = differentKeys(identity.publicKey, companionIdentity);
  const details = encodeDeviceIdentity(device);
  const message = accountMessage(kindOf(device), details, companion);
  return {
    details,
    accountSignatureKey: identity.publicKey,
    accountSignature: sign({ identity, message, random }),
  };
}

/** What the companion signs. */
export interface SignDeviceOptions {
  /** The primary's half, as it came. */
  readonly signed: SignedDeviceIdentity;
  /** The companion's identity. */
  readonly identity: Identity;
  /** The primary's identity key, 32 bytes. */
  readonly primaryIdentity: Uint8Array;
  /** Used by imported identities only: their nonce is randomised. */
  readonly random: Random;
}

/**
 * Adds the companion's half, the device signature. The primary's half is verified before: see {@link verifyAccount}.
 *
 * @throws PolyratchetError `malformed`, `invalid-key`, `invalid-argument`
 */
export function signDevice(options: SignDeviceOptions): SignedDeviceIdentity {
  const { signed, identity, primaryIdentity, random } = inputObject('options', options);
  const keys = differentKeys(primaryIdentity, identity.publicKey);
  const kind = kindOf(decodeDeviceIdentity(signed.details));
  const message = deviceMessage(kind, signed.details, keys);
  return { ...signed, deviceSignature: sign({ identity, message, random }) };
}

/** The primary's half, to check. */
export interface VerifyAccountOptions {
  /** The primary's half, as it was parsed. */
  readonly signed: SignedDeviceIdentity;
  /** The primary's pinned identity key, 32 bytes. */
  readonly primaryIdentity: Uint8Array;
  /** The companion's identity key, 32 bytes. */
  readonly companionIdentity: Uint8Array;
  /** Whether a hosted device is taken; without it, it is refused. */
  readonly hosted?: boolean;
}

/**
 * The details, if the primary has signed them for this companion.
 *
 * @throws PolyratchetError `malformed`, `invalid-signature`, `invalid-key`; `device-unverified`: `other-primary`,
 *   `hosted`; `invalid-argument`.
 */
export function verifyAccount(options: VerifyAccountOptions): DeviceIdentity {
  const { signed, primaryIdentity, companionIdentity, hosted = false } = inputObject('options', options);
  return requireAccount(signed, differentKeys(primaryIdentity, companionIdentity), hosted);
}

/** A device that two signatures should vouch for. */
export interface VerifyDeviceIdentityOptions {
  /** ADVSignedDeviceIdentity bytes. */
  readonly signed: Uint8Array;
  /** The primary's pinned identity key, 32 bytes. */
  readonly primaryIdentity: Uint8Array;
  /** The identity key under which the companion is known, 32 bytes. */
  readonly companionIdentity: Uint8Array;
  /** Whether a hosted device is taken; without it, it is refused. */
  readonly hosted?: boolean;
}

/**
 * The details, if both the primary and the companion have signed them. Whether the key index is still valid is for the
 * list to say.
 *
 * @throws PolyratchetError `malformed`, `too-large`, `invalid-signature`, `invalid-key`; `device-unverified`:
 *   `unsigned`, `other-primary`, `hosted`; `invalid-argument`.
 * @example
 * ```ts
 * import { systemRandom as random } from 'polyratchet';
 * import { encodeSignedDeviceIdentity, signAccount, signDevice, verifyDeviceIdentity } from 'polyratchet/devices';
 * import { generateIdentity } from 'polyratchet/identity';
 *
 * const phone = generateIdentity(random);
 * const laptop = generateIdentity(random);
 * const primaryIdentity = phone.publicKey;
 * const companionIdentity = laptop.publicKey;
 *
 * const device = { rawId: 4711, timestamp: 1_750_000_000_000, keyIndex: 1 };
 * const half = signAccount({ device, companionIdentity, identity: phone, random });
 * const whole = signDevice({ signed: half, identity: laptop, primaryIdentity, random });
 * const signed = encodeSignedDeviceIdentity(whole);
 * verifyDeviceIdentity({ signed, primaryIdentity, companionIdentity }); // the device
 * ```
 */
export function verifyDeviceIdentity(options: VerifyDeviceIdentityOptions): DeviceIdentity {
  const { primaryIdentity, companionIdentity, hosted = false } = inputObject('options', options);
  const keys = differentKeys(primaryIdentity, companionIdentity);
  const signed = decodeSignedDeviceIdentity(options.signed);
  if (signed.deviceSignature === undefined) throw unverified('unsigned');
  const device = requireAccount(signed, keys, hosted);
  const message = deviceMessage(kindOf(device), signed.details, keys);
  requireSignature('device signature', keys.companion, message, signed.deviceSignature);
  return device;
}

/** The identity keys of both devices, checked. */
interface Keys {
  readonly primary: PublicKey;
  readonly companion: PublicKey;
}

/** A primary that were its own companion would sign both halves alone. */
function differentKeys(primaryIdentity: Uint8Array, companionIdentity: Uint8Array): Keys {
  const primary = publicKeyFrom('primaryIdentity', primaryIdentity);
  const companion = publicKeyFrom('companionIdentity', companionIdentity);
  if (!equalBytes(primary, companion)) return { primary, companion };
  throw new PolyratchetError('invalid-key', { role: 'companionIdentity', why: 'own-key' });
}

/** The details under the primary's signature. */
function requireAccount(signed: SignedDeviceIdentity, keys: Keys, hosted: boolean): DeviceIdentity {
  const { details, accountSignature, accountSignatureKey } = signed;
  requirePinned(accountSignatureKey, keys.primary);
  const device = decodeDeviceIdentity(details);
  const message = accountMessage(kindOf(device), details, keys.companion);
  requireSignature('account signature', keys.primary, message, accountSignature);
  const isHosted = device.accountType === 'hosted' || device.deviceType === 'hosted';
  if (isHosted && !hosted) throw unverified('hosted');
  return device;
}

/** A hosted device signs and is signed for under prefixes of its own. */
function kindOf({ deviceType = 'e2ee' }: DeviceIdentity): AccountType {
  return deviceType;
}

function accountMessage(kind: AccountType, details: Uint8Array, companion: PublicKey): Uint8Array {
  return concat(DEVICE_PREFIXES[kind].account, details, companion);
}

function deviceMessage(kind: AccountType, details: Uint8Array, { companion, primary }: Keys): Uint8Array {
  return concat(DEVICE_PREFIXES[kind].device, details, companion, primary);
}
