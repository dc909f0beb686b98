/** A device with everything that its owner stores: what tests of sessions talk with. */
import type { Random } from 'polyratchet';
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
import {
  createSession,
  decodeSession,
  decrypt,
  encodeSession,
  encrypt,
  peekPreKeyMessage,
  type DecryptResult,
  type EncryptedMessage,
  type Session,
} from 'polyratchet/session';
import { seededRandom } from './random.js';

export interface Party {
  readonly identity: Identity;
  readonly registrationId: number;
  readonly random: Random;
  readonly signedPreKeys: Map<number, SignedPreKey>;
  readonly oneTimePreKeys: Map<number, OneTimePreKey>;
  /** The session with the other party: replaced by each step that succeeds. */
  session: Session | undefined;
  now: number;
}

/** A device with a signed prekey (id 1) and some one-time prekeys (ids from 1). */
export function createParty(seed: number, oneTimePreKeys = 2): Party {
  const random = seededRandom(seed);
  const identity = generateIdentity(random);
  const party: Party = {
    identity,
    registrationId: 1000 + seed,
    random,
    signedPreKeys: new Map([[1, generateSignedPreKey({ identity, id: 1, random, now: 0 })]]),
    oneTimePreKeys: new Map(),
    session: undefined,
    now: 1_000,
  };
  if (oneTimePreKeys > 0) {
    const made = generateOneTimePreKeys({ lastId: 0, count: oneTimePreKeys, random });
    for (const preKey of made.oneTimePreKeys) party.oneTimePreKeys.set(preKey.id, preKey);
  }
  return party;
}

/** The bundle that a server would hand out: the newest signed prekey, and the first one-time prekey that is left. */
export function bundleOf(party: Party, withOneTimePreKey = true): PreKeyBundle {
  const signedPreKey = [...party.signedPreKeys.values()].at(-1);
  const oneTimePreKey = withOneTimePreKey ? [...party.oneTimePreKeys.values()][0] : undefined;
  if (signedPreKey === undefined) throw new Error('the party has no signed prekey');
  const { identity, registrationId } = party;
  return createBundle({
    identity,
    registrationId,
    signedPreKey,
    ...(oneTimePreKey === undefined ? {} : { oneTimePreKey }),
  });
}

/** Starts a session from a bundle. */
export function start(party: Party, bundle: PreKeyBundle): void {
  const { identity, registrationId, session, random, now } = party;
  const known = session === undefined ? {} : { session };
  party.session = createSession({ identity, registrationId, bundle, ...known, random, now }).session;
}

/** Encrypts a text with the party's session. */
export function send(party: Party, text: string): EncryptedMessage {
  if (party.session === undefined) throw new Error('the party has no session');
  const plaintext = new TextEncoder().encode(text);
  const { session, message } = encrypt({ session: party.session, plaintext, now: party.now });
  party.session = session;
  return message;
}

/** Decrypts without storing anything: the party stays as it was. */
export function tryReceive(
  party: Party,
  message: EncryptedMessage,
  trustedIdentity?: Uint8Array,
): DecryptResult {
  const { identity, session, random } = party;
  return decrypt({
    identity,
    message,
    ...(session === undefined ? {} : { session }),
    ...(trustedIdentity === undefined ? {} : { trustedIdentity }),
    ...preKeysFor(party, message),
    random,
  });
}

/** Decrypts a message as an application does: stores the session, deletes what was used up, returns the text. */
export function receive(party: Party, message: EncryptedMessage): string {
  const { plaintext, session, consumed } = tryReceive(party, message);
  party.session = decodeSession(encodeSession(session));
  if (consumed.oneTimePreKeyId !== undefined) party.oneTimePreKeys.delete(consumed.oneTimePreKeyId);
  return new TextDecoder().decode(plaintext);
}

/** Two who talk with each other. */
export interface Pair {
  readonly alice: Party;
  readonly bob: Party;
}

/** Two parties that know nothing of each other. */
export function strangers(oneTimePreKeys = 2): Pair {
  return { alice: createParty(1, oneTimePreKeys), bob: createParty(2, oneTimePreKeys) };
}

/** Two parties of which the first has sent and the second has answered: ordinary messages from now on. */
export function conversation(seed = 1): Pair {
  const alice = createParty(2 * seed);
  const bob = createParty(2 * seed + 1);
  start(alice, bundleOf(bob));
  receive(bob, send(alice, 'hello'));
  receive(alice, send(bob, 'hello back'));
  return { alice, bob };
}

let established: Pair | undefined;

/** A conversation that starts at the same place each time: made once, for keys are dear on noble. */
export function pair(): Pair {
  established ??= conversation();
  return { alice: copyOf(established.alice), bob: copyOf(established.bob) };
}

/** A copy that goes its own way: nothing that it does changes the original. */
export function copyOf(party: Party): Party {
  return {
    ...party,
    signedPreKeys: new Map(party.signedPreKeys),
    oneTimePreKeys: new Map(party.oneTimePreKeys),
  };
}

/** The same device towards somebody else: the same keys, and no session yet. */
export function towardsAnother(party: Party): Party {
  return { ...party, session: undefined };
}

/** The party's prekeys that a message names. */
export function preKeysFor(
  party: Party,
  message: EncryptedMessage,
): { signedPreKey?: SignedPreKey; oneTimePreKey?: OneTimePreKey } {
  if (message.type !== 'prekey') return {};
  const { signedPreKeyId, oneTimePreKeyId } = peekPreKeyMessage(message.bytes);
  const signedPreKey = party.signedPreKeys.get(signedPreKeyId);
  const oneTimePreKey = oneTimePreKeyId === undefined ? undefined : party.oneTimePreKeys.get(oneTimePreKeyId);
  return {
    ...(signedPreKey === undefined ? {} : { signedPreKey }),
    ...(oneTimePreKey === undefined ? {} : { oneTimePreKey }),
  };
}
