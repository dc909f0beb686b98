/**
 * The container in which the primary's half reaches the companion: ADVSignedDeviceIdentityHMAC.
 *
 *     HMAC-SHA-256(linking secret, [06 05 if hosted] ‖ ADVSignedDeviceIdentity)
 *
 * The secret never went through the server, so only who has seen the QR code, or took part in the exchange by code, can
 * make one.
 *
 * @module
 */
import { concat, equalBytes, inputBytes } from '../../core/bytes.js';
import { PolyratchetError } from '../../core/errors.js';
import { reveal, Secret } from '../../core/secret.js';
import { hmacSha256 } from '../../crypto/index.js';
import {
  decodeDeviceIdentityContainer,
  decodeSignedDeviceIdentity,
  encodeDeviceIdentityContainer,
  type AccountType,
  type SignedDeviceIdentity,
} from '../adv.js';
import { LINKING_SECRET_LENGTH } from './qr.js';

/** Before the details of a hosted account's container: it is never taken for another's. */
const HOSTED_PREFIX = Uint8Array.of(6, 5);

/** The container of ADVSignedDeviceIdentity bytes. */
export function sealContainer(linkingSecret: Secret<'LinkingSecret'>, details: Uint8Array): Uint8Array {
  return encodeDeviceIdentityContainer({ details, mac: macOf(linkingSecret, details, 'e2ee') });
}

/** A container to open. */
export interface OpenContainerOptions {
  /** The secret of the offer. */
  readonly linkingSecret: Secret<'LinkingSecret'>;
  /** ADVSignedDeviceIdentityHMAC bytes. */
  readonly container: Uint8Array;
  /** Whether a hosted account's is opened. */
  readonly hosted: boolean;
}

/**
 * What a container holds, if it was made with the secret: nothing inside is looked at before.
 *
 * @throws PolyratchetError `malformed`, `too-large`; `link-mismatch` `mac`; `device-unverified` `hosted`; `invalid-key`.
 */
export function openContainer({
  linkingSecret,
  container,
  hosted,
}: OpenContainerOptions): SignedDeviceIdentity {
  const { details, mac, accountType = 'e2ee' } = decodeDeviceIdentityContainer(container);
  if (!equalBytes(mac, macOf(linkingSecret, details, accountType))) {
    throw new PolyratchetError('link-mismatch', { why: 'mac' });
  }
  if (accountType === 'hosted' && !hosted) throw new PolyratchetError('device-unverified', { why: 'hosted' });
  return decodeSignedDeviceIdentity(details);
}

function macOf(secret: Secret<'LinkingSecret'>, details: Uint8Array, accountType: AccountType): Uint8Array {
  const key = inputBytes(
    'linkingSecret',
    secret instanceof Secret ? reveal(secret) : secret,
    LINKING_SECRET_LENGTH,
  );
  return hmacSha256(key, accountType === 'hosted' ? concat(HOSTED_PREFIX, details) : details);
}
