/**
 * The primary's side of linking: with the person's consent it vouches for the companion, and signs the list that has it.
 *
 * What the companion answers is taken by `confirmCompanion`.
 *
 * @module
 */
import type { Address } from '../../core/address.js';
import { equalBytes } from '../../core/bytes.js';
import { inputObject, inputTime } from '../../core/check.js';
import { PolyratchetError } from '../../core/errors.js';
import { publicKeyFrom } from '../../crypto/index.js';
import { encodeSignedDeviceIdentity } from '../adv.js';
import { addCompanion, type AddedCompanion } from '../ownCompanions.js';
import { inputOwnDevices, type ListSigner, type OwnDevices } from '../ownList.js';
import { signAccount } from '../signatures.js';
import { sealContainer } from './container.js';
import type { LinkRequest } from './qr.js';

/** The person's consent is taken for this long: an answer to this question, not to one of this morning. */
export const CONFIRMATION_LIFETIME_MS: number = 60 * 1000;

/** How the person has shown to the primary that it is them. */
export interface UserConfirmation {
  /** `not-enrolled`: the device has no lock that could ask, and the person was asked on the screen. */
  readonly method: 'biometric' | 'pin' | 'not-enrolled';
  /** When, milliseconds since 1970; at most 60 s ago. */
  readonly at: number;
}

/** What the primary approves. */
export interface ApproveLinkOptions extends ListSigner {
  /** The primary's devices so far. */
  readonly devices: OwnDevices;
  /** The companion: from `parseLinkQr` or `acceptCodeLink`. */
  readonly request: LinkRequest;
  /** The person's consent, given on this device for this link. */
  readonly userConfirmed: UserConfirmation;
  /** What the companion calls itself, as the server passed it on. */
  readonly name?: string;
  /** What the companion runs on, as the server passed it on. */
  readonly platform?: string;
}

/** What the primary stores, and what it sends. */
export interface ApprovedLink extends AddedCompanion {
  /** ADVSignedDeviceIdentityHMAC bytes for the companion, which the server cannot change unnoticed. */
  readonly container: Uint8Array;
}

/**
 * Approves a link: the companion gets the next key index, a place in the list, and the account signature.
 *
 * Store `devices` before anything is sent: a key index is never given twice. `devices.signedList` is published once the
 * companion has answered (`confirmCompanion`), since until then contacts cannot verify it.
 *
 * @throws PolyratchetError `not-confirmed`; `companion-limit`: there are four companions; `link-expired` `used`: this
 *   companion is linked already; `list-from-future`: this device's clock is wrong; `invalid-key`, `invalid-argument`.
 * @example
 * ```ts no-run
 * import { systemRandom } from 'polyratchet';
 * import { approveLink, parseLinkQr, type OwnDevices } from 'polyratchet/devices';
 * import type { Identity } from 'polyratchet/identity';
 *
 * declare const identity: Identity;
 * declare const devices: OwnDevices;
 * declare const scanned: string; // from the camera
 * const now = Date.now();
 * const approved = approveLink({
 *   identity,
 *   devices,
 *   request: parseLinkQr(scanned),
 *   userConfirmed: { method: 'biometric', at: now },
 *   random: systemRandom,
 *   now,
 *   serverTime: now,
 * });
 * approved.devices; // to be stored; then approved.container goes to the server
 * ```
 */
export function approveLink(options: ApproveLinkOptions): ApprovedLink {
  const { request, userConfirmed, identity, random, now } = inputObject('options', options);
  const { companions, account } = inputOwnDevices(options.devices);
  const { linkingSecret } = inputObject('request', request);
  const companionIdentity = publicKeyFrom('companion identity', request.companionIdentity);
  requireConfirmation({ account, userConfirmed, now });
  if (companions.some((companion) => equalBytes(companion.identity, companionIdentity))) {
    throw new PolyratchetError('link-expired', { account, why: 'used' });
  }
  const added = addCompanion({ ...options, companionIdentity });
  const { rawId, timestamp } = added.devices;
  const device = { rawId, timestamp, keyIndex: added.companion.keyIndex };
  const signed = signAccount({ device, companionIdentity, identity, random });
  return { ...added, container: sealContainer(linkingSecret, encodeSignedDeviceIdentity(signed)) };
}

/** A person's consent, and what it is held against. */
export interface RequireConfirmationOptions {
  /** Address of the account. */
  readonly account: Address;
  /** The consent. */
  readonly userConfirmed: UserConfirmation | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Checks that the person has consented just now: by code to be asked before the exchange, which uses up the code, begins.
 * `approveLink` asks again.
 *
 * @throws PolyratchetError `not-confirmed`; `invalid-argument`.
 * @example
 * ```ts
 * import { requireConfirmation } from 'polyratchet/devices';
 *
 * const now = Date.now();
 * requireConfirmation({ account: 'alice@example.org', userConfirmed: { method: 'pin', at: now - 5_000 }, now });
 * ```
 */
export function requireConfirmation(options: RequireConfirmationOptions): void {
  const { account, userConfirmed, now } = inputObject('options', options);
  if (userConfirmed === undefined) throw new PolyratchetError('not-confirmed', { account, why: 'missing' });
  const { method, at } = inputObject('userConfirmed', userConfirmed);
  if (!['biometric', 'pin', 'not-enrolled'].includes(method)) {
    throw new PolyratchetError('not-confirmed', { account, why: 'missing' });
  }
  const age = inputTime('now', now) - inputTime('userConfirmed.at', at);
  if (age < 0) throw new PolyratchetError('not-confirmed', { account, why: 'from-future' });
  if (age > CONFIRMATION_LIFETIME_MS) throw new PolyratchetError('not-confirmed', { account, why: 'stale' });
}
