/** Our side of a recorded conversation: what it stored and drew is read from the transcript. */
import type { Random } from 'polyratchet';
import {
  decodePublicKey,
  generateIdentity,
  generateOneTimePreKeys,
  generateSignedPreKey,
  importIdentity,
  type Identity,
  type OneTimePreKey,
  type PreKeyBundle,
  type SignedPreKey,
} from 'polyratchet/identity';
import { peekPreKeyMessage, type DecryptOptions, type EncryptedMessage } from 'polyratchet/session';
import type { RecordedBundle, RecordedParty, RecordedPreKey } from './schema.js';

export interface ReplayedParty {
  readonly identity: Identity;
  readonly registrationId: number;
  readonly signedPreKeys: ReadonlyMap<number, SignedPreKey>;
  /** Those that are not used up. */
  readonly oneTimePreKeys: Map<number, OneTimePreKey>;
}

/** Makes our identity and prekeys from what was drawn for them. */
export function replayParty({ identity: keys, registrationId, ...preKeys }: RecordedParty): ReplayedParty {
  const identity = replayIdentity(keys);
  return {
    identity,
    registrationId,
    signedPreKeys: new Map(preKeys.signedPreKeys.map((recorded) => signedPreKey(identity, recorded))),
    oneTimePreKeys: new Map(preKeys.oneTimePreKeys.map(oneTimePreKey)),
  };
}

/** The identity of a seed or of a private key. */
export function replayIdentity({ seed, privateKey }: RecordedParty['identity']): Identity {
  if (privateKey !== undefined) return importIdentity(fromHex(privateKey));
  if (seed !== undefined) return draw(seed, generateIdentity);
  throw new Error('an identity without key');
}

/** What decrypting a message needs, as a store would give it. */
export function preKeysFor(
  { signedPreKeys, oneTimePreKeys }: ReplayedParty,
  { type, bytes }: EncryptedMessage,
): Pick<DecryptOptions, 'signedPreKey' | 'oneTimePreKey'> {
  if (type !== 'prekey') return {};
  const { signedPreKeyId, oneTimePreKeyId = 0 } = peekPreKeyMessage(bytes);
  const [signed, oneTime] = [signedPreKeys.get(signedPreKeyId), oneTimePreKeys.get(oneTimePreKeyId)];
  return {
    ...(signed === undefined ? {} : { signedPreKey: signed }),
    ...(oneTime === undefined ? {} : { oneTimePreKey: oneTime }),
  };
}

export function replayBundle(bundle: RecordedBundle): PreKeyBundle {
  const { registrationId, identityKey, signedPreKey, oneTimePreKey } = bundle;
  const key = (encoded: string): Uint8Array => decodePublicKey(fromHex(encoded));
  return {
    registrationId,
    identityKey: key(identityKey),
    signedPreKey: {
      id: signedPreKey.id,
      publicKey: key(signedPreKey.publicKey),
      signature: fromHex(signedPreKey.signature),
    },
    ...(oneTimePreKey === undefined
      ? {}
      : { oneTimePreKey: { id: oneTimePreKey.id, publicKey: key(oneTimePreKey.publicKey) } }),
  };
}

/** Runs a call with the bytes that were recorded for it, all of which it must draw. */
export function draw<Result>(recorded: string, call: (random: Random) => Result): Result {
  const bytes = fromHex(recorded);
  let drawn = 0;
  const result = call((length) => bytes.slice(drawn, (drawn += length)));
  if (drawn !== bytes.length) throw new Error(`drew ${String(drawn)} of ${String(bytes.length)} bytes`);
  return result;
}

/** A source for calls that must fail before they draw. */
export const noRandom: Random = () => {
  throw new Error('drew random bytes');
};

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The bytes with one bit changed. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

function signedPreKey(identity: Identity, { id, random: drawn }: RecordedPreKey): [number, SignedPreKey] {
  return [id, draw(drawn, (random) => generateSignedPreKey({ identity, id, random, now: 0 }))];
}

function oneTimePreKey({ id, random: drawn }: RecordedPreKey): [number, OneTimePreKey] {
  const made = draw(drawn, (random) => generateOneTimePreKeys({ lastId: id - 1, count: 1, random }));
  const [preKey] = made.oneTimePreKeys;
  if (preKey === undefined) throw new Error('no one-time prekey was made');
  return [id, preKey];
}
