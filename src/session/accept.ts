/**
 * Accepting prekey messages: a new session, or one more message of a session that is known.
 *
 * @module
 */
import { copyBytes, equalBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import type { PublicKey } from '../crypto/index.js';
import type { OneTimePreKey, SignedPreKey } from '../identity/index.js';
import { acceptRatchet, ratchetDecrypt } from '../ratchet/index.js';
import { respond, rootTag } from '../x3dh/index.js';
import { checkIdentity } from './identity.js';
import { openWith, type DecryptOptions, type DecryptResult } from './open.js';
import { decodePreKeyMessage, type PreKeyMessage } from './preKeyMessage.js';
import {
  addState,
  findByBaseKey,
  MAX_ACCEPTED_ROOTS,
  statesOf,
  type AcceptedRoot,
  type Session,
  type SessionState,
} from './state.js';

/**
 * Decrypts a prekey message. The sender repeats base key and prekey ids in every message until it hears from us, so most
 * of them belong to a session that is known: found by the base key's bytes at no cost, else by the root tag. The tag is
 * what decides, since a base key has other encodings that give the same session; no agreement is accepted twice.
 *
 * @throws PolyratchetError as {@link decrypt}.
 */
export function acceptPreKeyMessage(options: DecryptOptions): DecryptResult {
  const { identity, session, trustedIdentity, random } = options;
  const preKeyMessage = decodePreKeyMessage(options.message.bytes);
  const { identityKey, baseKey, message } = preKeyMessage;
  const localIdentity = copyBytes(identity.publicKey) as PublicKey;
  const remote = checkIdentity({ identityKey, localIdentity, trustedIdentity, session });

  const known = findByBaseKey(session, baseKey, identityKey);
  if (session !== undefined && known !== undefined)
    return continueWith(known, preKeyMessage, { ...options, session });

  const { signedPreKey, oneTimePreKey } = preKeysFor(preKeyMessage, options);
  const initialKeys = respond({
    identity,
    signedPreKey,
    ...(oneTimePreKey === undefined ? {} : { oneTimePreKey }),
    identityKey,
    baseKey,
  });
  const root = { signedPreKeyId: signedPreKey.id, rootTag: rootTag(initialKeys.rootKey) };
  const accepted = findByRoot(session, root);
  if (session !== undefined && (accepted !== undefined || isAccepted(session, root))) {
    return continueWith(accepted, preKeyMessage, { ...options, session });
  }

  const ratchetKey = { publicKey: signedPreKey.publicKey, privateKey: signedPreKey.privateKey };
  const ratchet = acceptRatchet({ ...initialKeys, ratchetKey });
  const opened = ratchetDecrypt({ ratchet, message, sender: identityKey, receiver: localIdentity, random });
  if (opened === undefined) throw new PolyratchetError('bad-mac', { counter: message.counter });
  const state = {
    remoteIdentity: identityKey,
    remoteRegistrationId: preKeyMessage.registrationId,
    baseKey,
    handshake: { kind: 'accepted', rootTag: root.rootTag },
    ratchet: opened.ratchet,
  } as const;
  const before = session ?? { localIdentity, archived: [], acceptedRoots: [] };
  return {
    plaintext: opened.plaintext,
    session: addState(
      { ...before, acceptedRoots: [...before.acceptedRoots, root].slice(-MAX_ACCEPTED_ROOTS) },
      state,
    ),
    identity: remote,
    consumed: oneTimePreKey === undefined ? {} : { oneTimePreKeyId: oneTimePreKey.id },
    state: 'created',
  };
}

/** One more message of a key agreement that was accepted before; its state may be gone meanwhile. */
function continueWith(
  state: SessionState | undefined,
  { message }: PreKeyMessage,
  options: DecryptOptions & { readonly session: Session },
): DecryptResult {
  const { counter } = message;
  if (state === undefined) throw new PolyratchetError('key-gone', { counter });
  const result = openWith(state, message, options);
  if (result === undefined) throw new PolyratchetError('bad-mac', { counter });
  return result;
}

/** Our prekeys that a message names, as the caller loaded them. */
function preKeysFor(
  { signedPreKeyId, oneTimePreKeyId }: PreKeyMessage,
  { signedPreKey, oneTimePreKey }: DecryptOptions,
): { signedPreKey: SignedPreKey; oneTimePreKey: OneTimePreKey | undefined } {
  if (signedPreKey?.id !== signedPreKeyId) {
    throw new PolyratchetError('no-prekey', { kind: 'signed', id: signedPreKeyId });
  }
  if (oneTimePreKeyId === undefined) return { signedPreKey, oneTimePreKey: undefined };
  if (oneTimePreKey?.id !== oneTimePreKeyId) {
    throw new PolyratchetError('no-prekey', { kind: 'one-time', id: oneTimePreKeyId });
  }
  return { signedPreKey, oneTimePreKey };
}

function isAccepted(session: Session, { rootTag: tag }: AcceptedRoot): boolean {
  return session.acceptedRoots.some((root) => equalBytes(root.rootTag, tag));
}

function findByRoot(session: Session | undefined, { rootTag: tag }: AcceptedRoot): SessionState | undefined {
  return statesOf(session).find(
    ({ handshake }) => handshake.kind === 'accepted' && equalBytes(handshake.rootTag, tag),
  );
}
