/**
 * The fingerprint of a person: 5,200 rounds of SHA-512 over identifier and keys, and its digits.
 *
 *     h = 00 00 ‖ keys ‖ identifier;  5,200 times: h = SHA-512(h ‖ keys)
 *
 * The rounds make it dear to search for keys whose code looks like another one. `keys` are all of a person's, sorted and
 * joined, so a code says nothing about which of them belongs to which device.
 *
 * @module
 */
import { concat } from '../core/bytes.js';
import { sha512, sha512Rounds } from '../crypto/index.js';

/** Rounds of every known implementation (libsignal would take 2 … 1,000,000). */
const ROUNDS = 5200;

/** The version of the formula, two bytes. */
const FORMULA_VERSION = Uint8Array.of(0, 0);

/** Bytes of a fingerprint. */
export const FINGERPRINT_LENGTH = 64;

/** One value for each person. */
export type Both<Value> = readonly [local: Value, remote: Value];

/** The fingerprints of two people, 64 bytes each. */
export function fingerprints(keys: Both<Uint8Array>, identifiers: Both<Uint8Array>): Both<Uint8Array> {
  return iterate(keys, [
    concat(FORMULA_VERSION, keys[0], identifiers[0]),
    concat(FORMULA_VERSION, keys[1], identifiers[1]),
  ]);
}

/** The same rounds from the keys alone, without any identifier: what version 1 of WhatsApp's QR code holds. */
export function hashedKeys(keys: Both<Uint8Array>): Both<Uint8Array> {
  return iterate(keys, keys);
}

/** The first round takes in what is longer than a hash; the others are all alike. */
function iterate(keys: Both<Uint8Array>, starts: Both<Uint8Array>): Both<Uint8Array> {
  const first = [sha512(concat(starts[0], keys[0])), sha512(concat(starts[1], keys[1]))] as const;
  const last = sha512Rounds(first, keys, ROUNDS - 1);
  return [last.slice(0, FINGERPRINT_LENGTH), last.slice(FINGERPRINT_LENGTH)];
}

/** The 60 digits of two fingerprints: 30 each, the smaller first, so that both people see the same. */
export function digitsOf([local, remote]: Both<Uint8Array>): string {
  return [thirtyDigits(local), thirtyDigits(remote)].sort().join('');
}

/** Six groups of five bytes, big endian, modulo 100,000. */
function thirtyDigits(fingerprint: Uint8Array): string {
  return [0, 5, 10, 15, 20, 25].map((at) => fiveDigits(fingerprint.subarray(at, at + 5))).join('');
}

function fiveDigits(bytes: Uint8Array): string {
  const number = bytes.reduce((value, byte) => value * 256 + byte, 0);
  return String(number % 100_000).padStart(5, '0');
}
