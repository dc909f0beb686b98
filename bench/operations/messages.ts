/** Scripts of messages in sessions that stand: in one direction, in turns, ahead of others, and the stored form. */
import type { Data, Message, Subject } from '../subject.js';
import { at, check, converse, createParty, deliver, free, plaintext, stopwatch } from './conversation.js';
import type { Script } from './index.js';

/** So far is a message ahead: the keys of 499 are passed over. */
const AHEAD = 500;

/** So many of them are decrypted afterwards: olm keeps no more than 40 keys. */
const SKIPPED = 39;

/** One message after the other in one direction, sent, then received. */
export function messagesScript(subject: Subject, length: number): Script {
  const text = plaintext(subject, length);
  const conversation = converse(subject);
  return async (n) => {
    const { alice, bob } = await conversation;
    const messages: Message[] = [];
    const encrypting = stopwatch(n);
    for (let i = 0; i < n; i++) messages.push(await alice.encrypt(bob.name, text));
    const encrypted = encrypting();

    let received: Data | undefined;
    const decrypting = stopwatch(n);
    for (const message of messages) received = await bob.decrypt(alice.name, message);
    const decrypted = decrypting();
    check(received, text);
    return [encrypted, decrypted];
  };
}

/** Strict turns, so that each message has a Diffie-Hellman step: one operation is one message sent and received. */
export function pingPongScript(subject: Subject): Script {
  const text = plaintext(subject, 100);
  const conversation = converse(subject);
  return async (n) => {
    let { alice: sender, bob: receiver } = await conversation;
    const exchanges = n + (n % 2); // an even number, so that the next round's first message is in turn too
    let received: Data | undefined;
    const elapsed = stopwatch(exchanges);
    for (let i = 0; i < exchanges; i++) {
      received = await receiver.decrypt(sender.name, await sender.encrypt(receiver.name, text));
      [sender, receiver] = [receiver, sender];
    }
    const time = elapsed();
    check(received, text);
    return [time];
  };
}

/** The last of 500 messages comes first; then, from the keys that were kept, some of those before it. */
export function aheadScript(subject: Subject): Script {
  const text = plaintext(subject, 100);
  const prepared = converse(subject).then(async ({ alice, bob }) => {
    const record = bob.encodeSession(alice.name);
    const messages: Message[] = [];
    for (let i = 0; i < AHEAD; i++) messages.push(await alice.encrypt(bob.name, text));
    return { bob, record, messages };
  });
  return async (n) => {
    const { bob, record, messages } = await prepared;
    const last = at(messages, AHEAD - 1);
    for (let i = 0; i < n; i++) bob.decodeSession(`copy${i}@bench`, record);
    let received: Data | undefined;
    const jumping = stopwatch(n);
    for (let i = 0; i < n; i++) received = await bob.decrypt(`copy${i}@bench`, last);
    const jumped = jumping();
    check(received, text);

    const stepping = stopwatch(n * SKIPPED);
    for (let i = 0; i < n; i++) {
      for (let back = 2; back < 2 + SKIPPED; back++) {
        received = await bob.decrypt(`copy${i}@bench`, at(messages, AHEAD - back));
      }
    }
    const stepped = stepping();
    check(received, text);
    return [jumped, stepped];
  };
}

/** A session to its stored form, and back into the store. */
export function recordsScript(subject: Subject): Script {
  const conversation = converse(subject);
  const text = plaintext(subject, 100);
  return async (n) => {
    const { alice, bob } = await conversation;
    let record: Data = '';
    const encoding = stopwatch(n);
    for (let i = 0; i < n; i++) record = alice.encodeSession(bob.name);
    const encoded = encoding();

    const decoding = stopwatch(n);
    for (let i = 0; i < n; i++) alice.decodeSession(bob.name, record);
    const decoded = decoding();
    await deliver(alice, bob, text);
    return [encoded, decoded];
  };
}

/** Bytes of what is stored and sent. */
export async function measureLengths(subject: Subject): Promise<Readonly<Record<string, number>>> {
  const [alice, bob] = [await createParty(subject), await createParty(subject)];
  const text = plaintext(subject, 100);
  await alice.startSession(bob.name, await bob.createBundle());
  const first = await alice.encrypt(bob.name, text);
  check(await bob.decrypt(alice.name, first), text);
  await deliver(bob, alice, text);
  await deliver(alice, bob, text);
  const later = await alice.encrypt(bob.name, text);
  const session = alice.encodeSession(bob.name);
  free(alice, bob);
  return {
    'stored session': lengthOf(session),
    'first message of 100 B': lengthOf(first.bytes),
    'later message of 100 B': lengthOf(later.bytes),
  };
}

function lengthOf(data: Data): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}
