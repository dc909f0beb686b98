/**
 * Starting a session from a bundle.
 *
 * @module
 */
import { copyBytes } from '../core/bytes.js';
import { inputInteger, inputObject, inputTime, MAX_UINT32 } from '../core/check.js';
import type { Random } from '../core/random.js';
import { generateKeyPair, type PublicKey } from '../crypto/index.js';
import { validateBundle, type Identity, type PreKeyBundle } from '../identity/index.js';
import { startRatchet } from '../ratchet/index.js';
import { initiate } from '../x3dh/index.js';
import { checkIdentity, checkOwner, type RemoteIdentity } from './identity.js';
import { addState, type Session } from './state.js';

/** With whom to start a session. */
export interface CreateSessionOptions {
  /** Our identity. */
  readonly identity: Identity;
  /** Our registration id: it goes into every prekey message. */
  readonly registrationId: number;
  /** The peer's bundle as the server gave it. */
  readonly bundle: PreKeyBundle;
  /** The session with this device so far, if there is one: its current state is archived. */
  readonly session?: Session;
  /** The peer's identity key that we trust, 32 bytes; absent at first contact. */
  readonly trustedIdentity?: Uint8Array;
  /** The source of the base key and the first ratchet key. */
  readonly random: Random;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** A started session. */
export interface CreateSessionResult {
  /** Ready to encrypt; until the peer answers it sends prekey messages. */
  readonly session: Session;
  /** The peer's identity key: to be kept if it is the first. */
  readonly identity: RemoteIdentity;
}

/**
 * Starts a session with the device that a bundle belongs to.
 *
 * @throws PolyratchetError `untrusted-identity`, `invalid-key`, `invalid-signature`, `invalid-argument`.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { createBundle, generateIdentity, generateSignedPreKey } from 'polyratchet/identity';
 * import { createSession, encrypt } from 'polyratchet/session';
 *
 * const now = Date.now();
 * const bob = generateIdentity(systemRandom);
 * const signedPreKey = generateSignedPreKey({ identity: bob, id: 1, random: systemRandom, now });
 * const bundle = createBundle({ identity: bob, registrationId: 2, signedPreKey });
 *
 * const alice = generateIdentity(systemRandom);
 * const { session } = createSession({ identity: alice, registrationId: 1, bundle, random: systemRandom, now });
 * const plaintext = new TextEncoder().encode('hello');
 * const { message } = encrypt({ session, plaintext, now }); // message.type is 'prekey'
 * ```
 */
export function createSession(options: CreateSessionOptions): CreateSessionResult {
  const { identity, session, trustedIdentity, random } = inputObject('options', options);
  const registrationId = inputInteger('registrationId', options.registrationId, 0, MAX_UINT32);
  const createdAt = inputTime('now', options.now);
  const localIdentity = copyBytes(checkOwner(session, identity)) as PublicKey;
  const bundle = validateBundle(options.bundle);
  const { identityKey, signedPreKey, oneTimePreKey } = bundle;
  const remote = checkIdentity({ identityKey, localIdentity, trustedIdentity, session });

  const baseKey = generateKeyPair('BaseKey', random);
  const { rootKey } = initiate({ identity, baseKey, bundle });
  const state = {
    remoteIdentity: identityKey,
    remoteRegistrationId: bundle.registrationId,
    baseKey: baseKey.publicKey,
    handshake: {
      kind: 'unacknowledged',
      registrationId,
      signedPreKeyId: signedPreKey.id,
      ...(oneTimePreKey === undefined ? {} : { oneTimePreKeyId: oneTimePreKey.id }),
      createdAt,
    },
    ratchet: startRatchet({ rootKey, remoteRatchetKey: signedPreKey.publicKey, random }),
  } as const;
  const before = session ?? { localIdentity, archived: [], acceptedRoots: [] };
  return { session: addState(before, state), identity: remote };
}
