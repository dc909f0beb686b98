/**
 * The prekeys of a device at a server: handed out once each, and never as the arrays that came in.
 *
 * @module
 */
import type { PublishedPreKeys } from '../client/index.js';
import { copyBytes } from '../core/bytes.js';
import type { PreKeyBundle } from '../identity/index.js';

/** New keys replace the old ones; one-time prekeys that are left stay. */
export function publish(before: PublishedPreKeys | undefined, keys: PublishedPreKeys): PublishedPreKeys {
  return { ...keys, oneTimePreKeys: [...(before?.oneTimePreKeys ?? []), ...keys.oneTimePreKeys] };
}

/** A bundle with the first one-time prekey, if there is one, and the keys that are left. */
export function takeBundle(keys: PublishedPreKeys): { bundle: PreKeyBundle; left: PublishedPreKeys } {
  const { registrationId, identityKey, signedPreKey, oneTimePreKeys } = copyKeys(keys);
  const [oneTimePreKey] = oneTimePreKeys;
  const bundle = { registrationId, identityKey, signedPreKey };
  return {
    bundle: oneTimePreKey === undefined ? bundle : { ...bundle, oneTimePreKey },
    left: { ...keys, oneTimePreKeys: keys.oneTimePreKeys.slice(1) },
  };
}

/** What comes in and what goes out shares no memory with what is kept. */
export function copyKeys({
  registrationId,
  identityKey,
  signedPreKey,
  oneTimePreKeys,
}: PublishedPreKeys): PublishedPreKeys {
  const { id, publicKey, signature } = signedPreKey;
  return {
    registrationId,
    identityKey: copyBytes(identityKey),
    signedPreKey: { id, publicKey: copyBytes(publicKey), signature: copyBytes(signature) },
    oneTimePreKeys: oneTimePreKeys.map((preKey) => ({
      id: preKey.id,
      publicKey: copyBytes(preKey.publicKey),
    })),
  };
}
