/**
 * One code for all devices of two people: 60 digits to read out, and a payload to show as a QR code.
 *
 * The code changes if and only if the identity keys of one of the two people change, as a multiset, or an identifier does.
 *
 * @module
 */
import { concat, describe, inputBytes } from '../core/bytes.js';
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import { checkVersion, WHAT, type SecurityCodeComparison } from './comparison.js';
import { digitsOf, fingerprints, type Both } from './fingerprint.js';
import { inputIdentityKeys, sortBytes, type SecurityCodeParties, type SecurityCodeProfile } from './party.js';
import type { Profile } from './profile.js';
import { signal } from './signal.js';
import { whatsapp } from './whatsapp.js';

/** The only place that knows the profiles by name. */
const PROFILES: { readonly [Name in SecurityCodeProfile]: Profile<SecurityCodeParties[Name]> } = {
  whatsapp,
  signal,
};

/** Longest scanned payload: more than two people with 64 keys each need; a QR code itself ends at 2,953 bytes. */
export const MAX_SCANNED_LENGTH = 5_000;

/** The two people of a code. */
export interface SecurityCodeOptions<Name extends SecurityCodeProfile = 'whatsapp'> {
  /** Whose form the code has: `whatsapp` by default, or `signal`. */
  readonly profile?: Name;
  /** The person whose device this is. */
  readonly local: SecurityCodeParties[Name];
  /** The person at the other end. */
  readonly remote: SecurityCodeParties[Name];
}

/** The code of two people, as one of them sees it. */
export interface SecurityCode {
  /** Whose form it has. */
  readonly profile: SecurityCodeProfile;
  /** 60 digits, the same on both people's screens. */
  readonly digits: string;
  /** The digits for display: 12 groups of 5. */
  readonly groups: readonly string[];
  /** The payload of the QR code, to be shown in binary mode; it is this side's own, the other's has the people swapped. */
  readonly qr: Uint8Array;
}

/**
 * The security code of two people, over the identity keys of all their devices.
 *
 * In the `whatsapp` profile the identifiers are the LIDs if both people's are known, else their other accounts. In the
 * `signal` profile a code over one key each is libsignal's.
 *
 * @throws PolyratchetError `invalid-argument`; `too-large`: more than 64 keys; `invalid-key`.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { generateIdentity } from 'polyratchet/identity';
 * import { securityCode } from 'polyratchet/securitycode';
 *
 * const key = () => generateIdentity(systemRandom).publicKey; // in real life: those of the accepted devices
 * const code = securityCode({
 *   local: { accounts: ['491701234567@s.whatsapp.net'], identityKeys: [key(), key()] },
 *   remote: { accounts: ['447700900123@s.whatsapp.net'], identityKeys: [key()] },
 * });
 * console.log(code.groups.join(' ')); // 12 groups of 5 digits
 * ```
 */
export function securityCode<Name extends SecurityCodeProfile = 'whatsapp'>(
  options: SecurityCodeOptions<Name>,
): SecurityCode {
  const { local, remote, profile: name = 'whatsapp' as Name } = inputObject('options', options);
  const { encodeKey, prepare } = profileOf(name);
  const { identifiers, encode } = prepare(inputObject('local', local), inputObject('remote', remote));
  const joinKeys = ({ identityKeys }: SecurityCodeParties[Name]): Uint8Array =>
    concat(...sortBytes(inputIdentityKeys(identityKeys).map(encodeKey)));
  const keys: Both<Uint8Array> = [joinKeys(local), joinKeys(remote)];
  const both = fingerprints(keys, identifiers);
  const digits = digitsOf(both);
  return { profile: name, digits, groups: digits.match(/.{5}/g) ?? [], qr: encode(keys, both) };
}

/** A code and what was scanned. */
export interface CompareSecurityCodesOptions {
  /** The code as this device sees it. */
  readonly code: SecurityCode;
  /** The payload of the QR code on the other person's screen. */
  readonly scanned: Uint8Array;
}

/**
 * Compares the code of this device with the QR code on the other person's screen, and says what differs.
 *
 * @throws PolyratchetError `malformed`: no payload of this profile; `too-large`; `invalid-argument`.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { generateIdentity } from 'polyratchet/identity';
 * import { compareSecurityCodes, securityCode } from 'polyratchet/securitycode';
 *
 * const key = () => generateIdentity(systemRandom).publicKey;
 * const alice = { accounts: ['alice@example.org'], identityKeys: [key(), key()] };
 * const bob = { accounts: ['bob@example.org'], identityKeys: [key()] };
 * const code = securityCode({ local: alice, remote: bob }); // on Alice's phone
 * const { qr } = securityCode({ local: bob, remote: alice }); // on Bob's screen
 * console.log(compareSecurityCodes({ code, scanned: qr }).kind); // 'match'
 * ```
 */
export function compareSecurityCodes(options: CompareSecurityCodesOptions): SecurityCodeComparison {
  const { code, scanned } = inputObject('options', options);
  const { profile, qr } = inputObject('code', code);
  const { versions, compare } = profileOf(profile);
  const payload = inputBytes('scanned', scanned);
  if (payload.length > MAX_SCANNED_LENGTH) {
    throw new PolyratchetError('too-large', {
      what: WHAT,
      limit: MAX_SCANNED_LENGTH,
      got: payload.length,
    });
  }
  return checkVersion(payload, versions) ?? compare(inputBytes('qr', qr), payload);
}

function profileOf<Name extends SecurityCodeProfile>(name: Name): Profile<SecurityCodeParties[Name]> {
  if (Object.hasOwn(PROFILES, name)) return PROFILES[name];
  const got = typeof name === 'string' ? 'another text' : describe(name);
  throw invalidArgument('profile', 'whatsapp or signal', got);
}
