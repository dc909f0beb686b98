/** What the cases are made of: a conversation, run once with us as its initiator and once with the peer. */
import assert from 'node:assert/strict';
import { Ours } from '../ours.js';
import type { Message, Party } from '../party.js';
import type { Peer } from '../peer.js';

/** One thing to try; it fails by throwing. */
export interface Case {
  readonly name: string;
  run(): Promise<void>;
}

/** Two devices that have not met. */
export interface Talk {
  /** Starts the session. */
  readonly initiator: Party;
  /** Publishes the bundle. */
  readonly responder: Party;
}

/** A conversation, and a name that says how it ends where that depends on who takes which part. */
export interface TalkCase {
  readonly name: string | ((talk: Talk) => string);
  run(talk: Talk): Promise<void>;
}

/** Both castings of a conversation. */
export function inBothRoles(
  peer: Peer,
  { name, run }: TalkCase,
  createOurs: () => Party = () => new Ours(),
): Case[] {
  return ['we initiate', 'they initiate'].map((role) => {
    const ours = createOurs();
    const theirs = peer.createParty();
    const talk =
      role === 'we initiate'
        ? { initiator: ours, responder: theirs }
        : { initiator: theirs, responder: ours };
    const title = typeof name === 'string' ? name : name(talk);
    return { name: `${title}; ${role}`, run: () => run(talk) };
  });
}

/** A message on its way, and what it must decrypt to. */
export interface Sent {
  readonly plaintext: Uint8Array;
  readonly message: Message;
}

/** The initiator takes a bundle of the responder's. */
export async function start({ initiator, responder }: Talk, oneTimePreKey = true): Promise<void> {
  await initiator.processBundle(await responder.publishBundle({ oneTimePreKey }));
}

/** A conversation in which each has heard the other. */
export async function meet(talk: Talk): Promise<void> {
  await start(talk);
  await exchange(talk.initiator, talk.responder);
  await exchange(talk.responder, talk.initiator);
}

let texts = 0;

/** Encrypts a text that never comes twice, or the given bytes. */
export async function send(from: Party, plaintext: Uint8Array = text()): Promise<Sent> {
  const message = await from.encrypt(plaintext);
  assert.equal(message.bytes[0], from.versionByte, `version byte of ${from.name}`);
  return { plaintext, message };
}

/** Several messages in a row. */
export async function sendMany(from: Party, count: number): Promise<Sent[]> {
  const sent: Sent[] = [];
  while (sent.length < count) sent.push(await send(from));
  return sent;
}

/** Decrypts in the given order and compares with what was sent. */
export async function receive(to: Party, ...sent: readonly (Sent | undefined)[]): Promise<void> {
  for (const one of sent) {
    assert(one !== undefined, 'the case delivers a message that it did not send');
    const plaintext = await to.decrypt(one.message);
    assert.deepEqual(toHex(plaintext), toHex(one.plaintext), `plaintext at ${to.name}`);
  }
}

/** Sends and delivers one message, and returns it. */
export async function exchange(from: Party, to: Party): Promise<Sent> {
  const sent = await send(from);
  await receive(to, sent);
  return sent;
}

/** Each hears the other again, twice: whatever came before, the conversation goes on. */
export async function goOn({ initiator, responder }: Talk): Promise<void> {
  for (const [from, to] of [
    [initiator, responder],
    [responder, initiator],
  ] as const) {
    await exchange(from, to);
    await exchange(to, from);
    await receive(to, ...(await sendMany(from, 3)).reverse());
  }
}

/** As {@link goOn}, where the last messages were late ones: each is in the session of the last that it heard. */
export async function resume(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  // A party that is spoiled by late messages speaks first: then the other returns to its session.
  const [first, second] = initiator.isSpoiledByLateMessages ? [initiator, responder] : [responder, initiator];
  await exchange(first, second);
  await goOn(talk);
}

/** Delivers ordinary messages of a session that is not the receiver's last one. */
export async function receiveLate(
  to: Party,
  from: Party,
  ...sent: readonly (Sent | undefined)[]
): Promise<void> {
  await receive(to, ...sent);
  if (!to.isSpoiledByLateMessages) return;
  await refuse(from, (await send(to)).message);
  await start({ initiator: from, responder: to });
  await exchange(from, to);
  await exchange(to, from);
}

/** The party must refuse the message; `duplicate`: because it was decrypted before. */
export async function refuse(party: Party, message: Message, why?: 'duplicate'): Promise<void> {
  const error = await failure(party.decrypt(message));
  assert(error !== undefined, `${party.name} took a message that it must refuse`);
  if (why === 'duplicate' && party.namesDuplicates) {
    assert(party.isDuplicate(error), `${party.name} does not say that it is a duplicate: ${String(error)}`);
  }
}

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error ?? new Error('rejected without a reason'),
  );
}

function text(): Uint8Array {
  texts += 1;
  return new TextEncoder().encode(`text ${String(texts)}`);
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
