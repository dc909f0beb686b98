/**
 * Decrypting what one device sent.
 *
 * @module
 */
import { inputObject } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import {
  decodeSignalMessage,
  findReceivingChain,
  MAX_CHAIN_STEPS,
  type SignalMessage,
} from '../ratchet/index.js';
import { acceptPreKeyMessage } from './accept.js';
import { checkOwner } from './identity.js';
import { openWith, type DecryptOptions, type DecryptResult } from './open.js';
import { statesOf, type Session, type SessionState } from './state.js';

/**
 * Decrypts a message. A throw changes nothing: whatever was forged, the genuine message still decrypts.
 *
 * @throws PolyratchetError
 *   `bad-mac`, `key-gone`, `too-far-ahead`, `no-session`, `no-prekey`: ask the sender for a retry;
 *   `duplicate-message`: ignore it; `untrusted-identity`: ask the person, accept by calling again with the new key;
 *   `malformed`, `too-large`, `invalid-key`, `legacy-version`, `unknown-version`: drop it; `invalid-argument`.
 * @example
 * ```ts
 * import { systemRandom as random } from 'polyratchet';
 * import { createBundle, generateIdentity, generateSignedPreKey } from 'polyratchet/identity';
 * import { createSession, decrypt, encrypt } from 'polyratchet/session';
 *
 * const now = Date.now();
 * const alice = generateIdentity(random);
 * const bob = generateIdentity(random);
 * const signedPreKey = generateSignedPreKey({ identity: bob, id: 1, random, now });
 * const bundle = createBundle({ identity: bob, registrationId: 2, signedPreKey });
 * const started = createSession({ identity: alice, registrationId: 1, bundle, random, now });
 * const { message } = encrypt({ session: started.session, plaintext: new TextEncoder().encode('hello'), now });
 *
 * const { plaintext, session } = decrypt({ identity: bob, message, signedPreKey, random });
 * console.log(new TextDecoder().decode(plaintext)); // hello
 * ```
 */
export function decrypt(options: DecryptOptions): DecryptResult {
  const { identity, session } = inputObject('options', options);
  const message = inputObject('message', options.message);
  checkOwner(session, identity);
  switch (message.type) {
    case 'prekey':
      return acceptPreKeyMessage(options);
    case 'message':
      if (session === undefined || statesOf(session).length === 0)
        throw new PolyratchetError('no-session', {});
      return decryptMessage({ ...options, session });
    default:
      throw invalidArgument('message.type', "'prekey' or 'message'", typeof message.type);
  }
}

/**
 * An ordinary message: it belongs to a state that exists. The one that has the message's receiving chain is tried and no
 * other; else as many as the budget of chain steps lasts for, each of which the message would cost its counter.
 *
 * @throws PolyratchetError `too-far-ahead`: after states were tried in vain, if the budget kept others from it.
 */
function decryptMessage(options: DecryptOptions & { readonly session: Session }): DecryptResult {
  const { session } = options;
  const message = decodeSignalMessage(options.message.bytes);
  const { counter } = message;
  const exact = findByChain(session, message);
  if (exact !== undefined) return openWith(exact, message, options) ?? notAuthentic(counter);
  let budget = MAX_CHAIN_STEPS;
  for (const state of statesOf(session)) {
    if (counter > budget) throw new PolyratchetError('too-far-ahead', { counter, limit: MAX_CHAIN_STEPS });
    budget -= counter;
    const result = openWith(state, message, options);
    if (result !== undefined) return result;
  }
  return notAuthentic(counter);
}

/** The state that has a message's receiving chain: nearly always the current one. */
function findByChain(
  { current, archived }: Session,
  { ratchetKey }: SignalMessage,
): SessionState | undefined {
  const hasChain = ({ ratchet }: SessionState): boolean =>
    findReceivingChain(ratchet, ratchetKey) !== undefined;
  return current !== undefined && hasChain(current) ? current : archived.find(hasChain);
}

function notAuthentic(counter: number): never {
  throw new PolyratchetError('bad-mac', { counter });
}
