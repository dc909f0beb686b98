/**
 * The companion's side of linking: it takes the primary's answer to its offer, and signs in turn.
 *
 * @module
 */
import { accountOf, parseAddress, type Address } from '../../core/address.js';
import { equalBytes, inputBytes } from '../../core/bytes.js';
import { inputObject, inputTime } from '../../core/check.js';
import { PolyratchetError } from '../../core/errors.js';
import type { Random } from '../../core/random.js';
import { malformed, invalidArgument } from '../../core/refusals.js';
import type { PublicKey } from '../../crypto/index.js';
import type { Identity } from '../../identity/index.js';
import { encodeSignedDeviceIdentity, type SignedDeviceIdentity } from '../adv.js';
import { MAX_LIST_AHEAD_MS } from '../limits.js';
import { signDevice, verifyAccount } from '../signatures.js';
import { openContainer } from './container.js';
import type { LinkedDevice } from './linkedDevice.js';
import { LINK_OFFER_LIFETIME_MS, requireFresh, type LinkOffer } from './offer.js';

/** The primary's answer. */
export interface CompleteLinkOptions {
  /** The offer that it answers. */
  readonly offer: LinkOffer;
  /** The companion's identity, that of the offer. */
  readonly identity: Identity;
  /** ADVSignedDeviceIdentityHMAC bytes. */
  readonly container: Uint8Array;
  /** The address that the server gives this device, with its number. */
  readonly address: Address;
  /** Whether a hosted account is taken; without it, it is refused. */
  readonly hosted?: boolean;
  /** Used by imported identities only: their nonce is randomised. */
  readonly random: Random;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** A companion that is linked. */
export interface CompletedLink {
  /** What to store in place of the offer, in one write. */
  readonly device: LinkedDevice;
  /** ADVSignedDeviceIdentity bytes for the primary, without its own key: the server passes them on. */
  readonly reply: Uint8Array;
}

/**
 * Takes the primary's answer: checks that it was made with the offer's secret, verifies the account signature, pins the
 * primary's identity key, and adds the device signature.
 *
 * @throws PolyratchetError `link-expired`: the offer is older than five minutes; `link-mismatch`: `mac`, `other-primary`,
 *   `device-number`, `from-future`; `invalid-signature`, `malformed`, `too-large`, `invalid-key`; `device-unverified`
 *   `hosted`; `invalid-argument`.
 * @example
 * ```ts no-run
 * import { systemRandom } from 'polyratchet';
 * import { completeLink, encodeLinkedDevice, type LinkOffer } from 'polyratchet/devices';
 * import type { Identity } from 'polyratchet/identity';
 *
 * declare const identity: Identity;
 * declare const offer: LinkOffer;
 * declare const container: Uint8Array; // from the server, as is the address
 * const { device, reply } = completeLink({
 *   offer,
 *   identity,
 *   container,
 *   address: 'alice:1@example.org',
 *   random: systemRandom,
 *   now: Date.now(),
 * });
 * const stored = encodeLinkedDevice(device); // in place of the offer; then the reply goes to the server
 * ```
 */
export function completeLink(options: CompleteLinkOptions): CompletedLink {
  const {
    offer,
    identity,
    container,
    address,
    hosted = false,
    random,
    now,
  } = inputObject('options', options);
  const { createdAt, linkingSecret } = inputObject('offer', offer);
  requireOwn(offer, identity);
  requireFresh(createdAt, LINK_OFFER_LIFETIME_MS, now);
  const account = accountOf(address);
  if (parseAddress(address).device === 0) throw mismatch(account, 'device-number');
  const half = openContainer({ linkingSecret, container, hosted });
  const primaryIdentity = primaryOf(half, offer, account);
  const { publicKey: companionIdentity } = identity;
  const device = verifyAccount({ signed: half, primaryIdentity, companionIdentity, hosted });
  if (device.timestamp > inputTime('now', now) + MAX_LIST_AHEAD_MS) throw mismatch(account, 'from-future');
  const whole = signDevice({ signed: half, identity, primaryIdentity, random });
  const { accountSignatureKey: _known, ...withoutKey } = whole;
  return {
    device: {
      address,
      rawId: device.rawId,
      keyIndex: device.keyIndex,
      linkedAt: device.timestamp,
      primaryIdentity,
      signedIdentity: encodeSignedDeviceIdentity(whole),
    },
    reply: encodeSignedDeviceIdentity(withoutKey),
  };
}

/** The key that the primary claims: the secret vouches for it, and the exchange by code has named it before. */
function primaryOf(
  { accountSignatureKey }: SignedDeviceIdentity,
  { primaryIdentity }: LinkOffer,
  account: Address,
): PublicKey {
  if (accountSignatureKey === undefined) {
    throw malformed('ADVSignedDeviceIdentity', 'accountSignatureKey', 'the field', 'none');
  }
  if (primaryIdentity !== undefined && !equalBytes(primaryIdentity, accountSignatureKey)) {
    throw mismatch(account, 'other-primary');
  }
  return accountSignatureKey;
}

function requireOwn({ companionIdentity }: LinkOffer, identity: Identity): void {
  const { publicKey } = inputObject('identity', identity);
  if (equalBytes(inputBytes('identity.publicKey', publicKey), companionIdentity)) return;
  throw invalidArgument('identity', 'that of the offer', 'another');
}

function mismatch(
  account: Address,
  why: 'other-primary' | 'device-number' | 'from-future',
): PolyratchetError {
  return new PolyratchetError('link-mismatch', { account, why });
}
