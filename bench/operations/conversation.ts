/** What the scripts share: parties, sessions between them, plaintexts, and a stopwatch. */
import type { Data, Party, Subject } from '../subject.js';
import type { Time } from './index.js';

/** Two parties; both have sent and received. */
export interface Conversation {
  readonly alice: Party;
  readonly bob: Party;
}

let parties = 0;

/** A party with a name of its own, in the form of our addresses, which others take too. */
export async function createParty(subject: Subject): Promise<Party> {
  return subject.createParty(`device${++parties}@bench`);
}

export async function converse(subject: Subject): Promise<Conversation> {
  const alice = await createParty(subject);
  const bob = await createParty(subject);
  const text = plaintext(subject, 100);
  await alice.startSession(bob.name, await bob.createBundle());
  await deliver(alice, bob, text);
  await deliver(bob, alice, text);
  await deliver(alice, bob, text);
  return { alice, bob };
}

/** Sends one message and checks what arrives. */
export async function deliver(sender: Party, receiver: Party, text: Data): Promise<void> {
  check(await receiver.decrypt(sender.name, await sender.encrypt(receiver.name, text)), text);
}

/** Printable bytes, since some implementations take text. */
export function plaintext(subject: Subject, length: number): Data {
  return subject.plaintext(Uint8Array.from({ length }, (_, i) => 32 + ((i * 31) % 95)));
}

/** Fails on a wrong result: the only way in which a bench can fail. */
export function check(received: Data | undefined, expected: Data): void {
  const isRight =
    typeof expected === 'string'
      ? received === expected
      : received instanceof Uint8Array && Buffer.compare(received, expected) === 0;
  if (!isRight) throw new Error('the plaintext did not come back');
}

/** The items of an array that is known to be filled. */
export function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`nothing at ${index} of ${items.length}`);
  return item;
}

export function free(...freed: readonly Party[]): void {
  for (const party of freed) party.free?.();
}

/** Someone who wants to know when a stopwatch runs: the profiler. */
export interface Observer {
  started(): void;
  stopped(count: number): void;
}

let observer: Observer | undefined;

/** Tells an observer from now on. */
export function observeStopwatches(by: Observer): void {
  observer = by;
}

/** Starts a stopwatch; calling it gives the time so far of `count` operations. */
export function stopwatch(count: number): () => Time {
  observer?.started();
  const start = process.hrtime.bigint();
  return () => {
    const us = Number(process.hrtime.bigint() - start) / 1000;
    observer?.stopped(count);
    return { us, count };
  };
}
