/**
 * The two people of a code: who they are and which identity keys stand for them.
 *
 * @module
 */
import { MAX_ADDRESS_LENGTH, type Address } from '../core/address.js';
import { describe } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import { publicKeyFrom, type PublicKey } from '../crypto/index.js';

/** Most identity keys of one person: as many as a device list may name. */
export const MAX_IDENTITY_KEYS = 64;

/** Longest identifier and username in bytes: that of an address. */
export const MAX_IDENTIFIER_LENGTH: number = MAX_ADDRESS_LENGTH;

/** One person of a code in the `whatsapp` profile. */
export interface AccountParty {
  /**
   * The person's accounts: phone number (`491701234567@s.whatsapp.net`), LID (`83249812@lid`) or both; an application
   * with names of its own passes that one (`alice@example.org`).
   */
  readonly accounts: readonly Address[];
  /** Identity keys of all the person's accepted devices, 32 bytes each, 1 … 64, in any order. */
  readonly identityKeys: readonly Uint8Array[];
  /** The person's username, if the chat is known by it: at most 128 bytes of UTF-8; in the QR code only. */
  readonly username?: string;
  /** Whether hosted devices are among them; in the QR code only. */
  readonly hosted?: boolean;
}

/** One person of a code in the `signal` profile. */
export interface IdentifierParty {
  /** What the application knows the person by: phone number in UTF-8, or 16 bytes of a UUID; 1 … 128 bytes. */
  readonly identifier: Uint8Array;
  /** The person's identity key, 32 bytes; or several, 1 … 64, in any order. */
  readonly identityKeys: readonly Uint8Array[];
}

/** How each profile describes a person. */
export interface SecurityCodeParties {
  /** WhatsApp: accounts, raw keys, QR versions 0 and 1. */
  readonly whatsapp: AccountParty;
  /** Signal: opaque identifiers, typed keys, scannable version 2. */
  readonly signal: IdentifierParty;
}

/** The wire profile of a code. */
export type SecurityCodeProfile = keyof SecurityCodeParties;

/**
 * Checks a person's identity keys and returns copies; the same key may come twice.
 *
 * @throws PolyratchetError `invalid-argument`, `too-large`, `invalid-key`.
 */
export function inputIdentityKeys(keys: readonly Uint8Array[]): readonly PublicKey[] {
  const isArray: boolean = Array.isArray(keys); // not a guard: it would make `any` of the keys
  if (!isArray || keys.length === 0) {
    const got = isArray ? 'an empty array' : describe(keys);
    throw invalidArgument('identityKeys', 'an array of public keys', got);
  }
  if (keys.length > MAX_IDENTITY_KEYS) {
    throw new PolyratchetError('too-large', {
      what: 'identityKeys',
      limit: MAX_IDENTITY_KEYS,
      got: keys.length,
    });
  }
  return Array.from(keys, (key) => publicKeyFrom('identity key', key));
}

/** Byte strings in unsigned lexicographic order, a shorter one before those that it begins. */
export function sortBytes(strings: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...strings].sort((a, b) => {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const difference = (a[i] ?? 0) - (b[i] ?? 0);
      if (difference !== 0) return difference;
    }
    return a.length - b.length;
  });
}
