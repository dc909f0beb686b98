/**
 * The prekeys of a device at a server: handed out once each, and never as the arrays that are kept.
 *
 * @module
 */
import type { PublishedPreKeys } from '../client/index.js';
import { copyBytes, equalBytes } from '../core/bytes.js';
import type { PreKeyBundle, PublicPreKey } from '../identity/index.js';
import { checkLimit } from './input.js';
import { MAX_PRE_KEYS } from './limits.js';

/**
 * New keys replace the old ones; one-time prekeys that are left stay, unless they are another identity's.
 *
 * @throws PolyratchetError `too-large`
 */
export function addPreKeys(before: PublishedPreKeys | undefined, keys: PublishedPreKeys): PublishedPreKeys {
  const isSame = before !== undefined && equalBytes(before.identityKey, keys.identityKey);
  const oneTimePreKeys = [...(isSame ? before.oneTimePreKeys : []), ...keys.oneTimePreKeys];
  checkLimit('one-time prekeys', oneTimePreKeys.length, MAX_PRE_KEYS);
  return { ...keys, oneTimePreKeys };
}

/** A bundle with the first one-time prekey, if there is one, and the keys that are left. */
export function takeBundle(keys: PublishedPreKeys): { bundle: PreKeyBundle; left: PublishedPreKeys } {
  const { registrationId, identityKey, signedPreKey, oneTimePreKeys } = keys;
  const [first, ...left] = oneTimePreKeys;
  const bundle = {
    registrationId,
    identityKey: copyBytes(identityKey),
    signedPreKey: { ...copyOfPreKey(signedPreKey), signature: copyBytes(signedPreKey.signature) },
  };
  return {
    bundle: first === undefined ? bundle : { ...bundle, oneTimePreKey: copyOfPreKey(first) },
    left: { ...keys, oneTimePreKeys: left },
  };
}

function copyOfPreKey({ id, publicKey }: PublicPreKey): PublicPreKey {
  return { id, publicKey: copyBytes(publicKey) };
}
