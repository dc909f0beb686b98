/** A device's keys and its bundle, and small ways to spoil bytes. */
import {
  createBundle,
  generateIdentity,
  generateOneTimePreKeys,
  generateSignedPreKey,
  type Identity,
  type OneTimePreKey,
  type PreKeyBundle,
  type SignedPreKey,
} from 'polyratchet/identity';
import { copyBytes } from '../../src/core/bytes.js';
import { seededRandom } from '../support/random.js';

export interface Device {
  readonly identity: Identity;
  readonly signedPreKey: SignedPreKey;
  readonly oneTimePreKey: OneTimePreKey;
  readonly bundle: PreKeyBundle;
}

export function createDevice(seed: number): Device {
  const random = seededRandom(seed);
  const identity = generateIdentity(random);
  const signedPreKey = generateSignedPreKey({ identity, id: 7, random, now: 1_000 });
  const oneTimePreKey = generateOneTimePreKeys({ lastId: 40, count: 1, random }).oneTimePreKeys[0]!;
  const bundle = createBundle({ identity, registrationId: 4711, signedPreKey, oneTimePreKey });
  return { identity, signedPreKey, oneTimePreKey, bundle };
}

/** The bytes with one bit changed, counted from the lowest bit of the first byte. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = copyBytes(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

/** A deep copy of a bundle whose arrays nobody else has. */
export function cloneBundle(bundle: PreKeyBundle): PreKeyBundle {
  return structuredClone(bundle);
}
