/** The library's operations as candidates, on live values: records are neither encoded nor decoded here. */
import { systemRandom as random } from 'polyratchet';
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
import { createSession, decrypt, encrypt, type EncryptedMessage, type Session } from 'polyratchet/session';
import type { Candidate } from './measure.js';

const NAME = 'polyratchet';
const NOW = 1_000_000;
const PLAINTEXT = new Uint8Array(100).fill(42);

interface Device {
  readonly identity: Identity;
  readonly signedPreKey: SignedPreKey;
  readonly oneTimePreKey: OneTimePreKey;
  readonly bundle: PreKeyBundle;
}

/** Bundle → first ciphertext; each time another peer, whose keys were never seen. */
export function initiating(): Candidate {
  const { identity } = createDevice();
  return {
    name: NAME,
    prepare: (n) => {
      const bundles = times(n, () => createDevice().bundle);
      return () => {
        for (const bundle of bundles) startSession(identity, bundle);
      };
    },
  };
}

/** First ciphertext → plaintext; each time another peer. */
export function responding(): Candidate {
  const { identity, signedPreKey, oneTimePreKey, bundle } = createDevice();
  return {
    name: NAME,
    prepare: (n) => {
      const messages = times(n, () => startSession(generateIdentity(random), bundle).message);
      return () => {
        for (const message of messages)
          check(decrypt({ identity, message, signedPreKey, oneTimePreKey, random }));
      };
    },
  };
}

/** One message after the other in one direction, sending. */
export function encrypting(): Candidate {
  let [session] = conversation();
  return {
    name: NAME,
    prepare: (n) => () => {
      for (let i = 0; i < n; i++) ({ session } = encrypt({ session, plaintext: PLAINTEXT, now: NOW }));
    },
  };
}

/** One message after the other in one direction, receiving. */
export function decrypting(): Candidate {
  const [first, second, , identity] = conversation();
  let [sender, receiver] = [first, second];
  return {
    name: NAME,
    prepare: (n) => {
      const messages = times(n, () => {
        const { session, message } = encrypt({ session: sender, plaintext: PLAINTEXT, now: NOW });
        sender = session;
        return message;
      });
      return () => {
        for (const message of messages)
          receiver = check(decrypt({ identity, session: receiver, message, random }));
      };
    },
  };
}

/** Strict turns, so that each message has a Diffie-Hellman step: one operation is one message sent and received. */
export function pingPong(): Candidate {
  let [mine, theirs, me, you] = conversation();
  return {
    name: NAME,
    prepare: (n) => () => {
      for (let i = 0; i < n; i++) {
        const { session, message } = encrypt({ session: mine, plaintext: PLAINTEXT, now: NOW });
        const received = check(decrypt({ identity: you, session: theirs, message, random }));
        [mine, theirs, me, you] = [received, session, you, me];
      }
    },
  };
}

/** Both ends of a session in which both have sent: sender's, receiver's, and their identities. */
function conversation(): [Session, Session, Identity, Identity] {
  const alice = createDevice();
  const bob = createDevice();
  const { session, message } = startSession(alice.identity, bob.bundle);
  const { signedPreKey, oneTimePreKey } = bob;
  const accepted = check(decrypt({ identity: bob.identity, message, signedPreKey, oneTimePreKey, random }));
  const answer = encrypt({ session: accepted, plaintext: PLAINTEXT, now: NOW });
  const answered = check(decrypt({ identity: alice.identity, session, message: answer.message, random }));
  return [answered, answer.session, alice.identity, bob.identity];
}

function startSession(
  identity: Identity,
  bundle: PreKeyBundle,
): { session: Session; message: EncryptedMessage } {
  const { session } = createSession({ identity, registrationId: 1, bundle, random, now: NOW });
  return encrypt({ session, plaintext: PLAINTEXT, now: NOW });
}

function createDevice(): Device {
  const identity = generateIdentity(random);
  const signedPreKey = generateSignedPreKey({ identity, id: 1, random, now: NOW });
  const [oneTimePreKey] = generateOneTimePreKeys({ lastId: 0, count: 1, random }).oneTimePreKeys;
  if (oneTimePreKey === undefined) throw new Error('one prekey was asked for');
  const bundle = createBundle({ identity, registrationId: 1, signedPreKey, oneTimePreKey });
  return { identity, signedPreKey, oneTimePreKey, bundle };
}

function check({ plaintext, session }: { plaintext: Uint8Array; session: Session }): Session {
  if (plaintext.length !== PLAINTEXT.length || plaintext[99] !== 42)
    throw new Error('the plaintext must come back');
  return session;
}

function times<Value>(n: number, make: () => Value): Value[] {
  return Array.from({ length: n }, make);
}
