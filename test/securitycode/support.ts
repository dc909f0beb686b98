/** Two people, and the formulas written down from the specification with another hash than the library's. */
import { sha512 } from '@noble/hashes/sha2.js';
import { encodePublicKey } from 'polyratchet/identity';
import { securityCode, type AccountParty } from 'polyratchet/securitycode';
import { seededRandom } from '../support/random.js';

/** A public key of a seed: any canonical u that is not of low order will do. */
export function key(seed: number): Uint8Array {
  const bytes = seededRandom(seed)(32);
  bytes[31] = 0x40;
  return bytes;
}

export const alice: AccountParty = {
  accounts: ['491701234567@s.whatsapp.net', '83249812@lid'],
  identityKeys: [key(1), key(2), key(3)],
};

export const bob: AccountParty = {
  accounts: ['447700900123@s.whatsapp.net', '55120034@lid'],
  identityKeys: [key(4)],
};

/** What Alice's device shows, and what Bob's does. */
export const aliceSees = securityCode({ local: alice, remote: bob });
export const bobSees = securityCode({ local: bob, remote: alice });

/** What is hashed of one person. */
export interface Hashed {
  readonly identifier: Uint8Array;
  readonly identityKeys: readonly Uint8Array[];
}

/** The 60 digits, from the formula. */
export function formula(people: readonly Hashed[], form: 'raw' | 'typed'): string {
  return people
    .map(({ identifier, identityKeys }) => {
      const keys = joined(identityKeys, form);
      return thirtyDigits(rounds(Uint8Array.of(0, 0, ...keys, ...identifier), keys));
    })
    .sort()
    .join('');
}

/** 5,200 times h = SHA-512(h ‖ keys). */
export function rounds(start: Uint8Array, keys: Uint8Array): Uint8Array {
  let h = start;
  for (let i = 0; i < 5200; i++) h = sha512.create().update(h).update(keys).digest();
  return h;
}

/** The keys in the order of their hexadecimal text. */
export function joined(keys: readonly Uint8Array[], form: 'raw' | 'typed'): Uint8Array {
  const texts = keys.map((raw) => hex(form === 'raw' ? raw : encodePublicKey(raw)));
  return bytes(texts.sort().join(''));
}

function thirtyDigits(hash: Uint8Array): string {
  const groups = [0, 1, 2, 3, 4, 5].map((i) => BigInt(`0x${hex(hash.slice(5 * i, 5 * i + 5))}`) % 100_000n);
  return groups.map((group) => group.toString().padStart(5, '0')).join('');
}

/** A length-delimited protobuf field of fewer than 2,048 numbers and bytes. */
export function field(number: number, ...content: readonly (Uint8Array | readonly number[])[]): number[] {
  const all = content.flatMap((part) => [...part]);
  const length = all.length < 128 ? [all.length] : [0x80 | (all.length & 0x7f), all.length >> 7];
  return [8 * number + 2, ...length, ...all];
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function hex(raw: Uint8Array): string {
  return Array.from(raw, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
