/** Scripts of sender keys: a new key for a group, and messages to it. Their cost does not depend on the group's size. */
import type { Data, GroupMember, Subject } from '../subject.js';
import { at, check, plaintext, stopwatch } from './conversation.js';
import type { Script } from './index.js';

let members = 0;

/** The scripts by name; nothing for subjects that have no sender keys. */
export function senderKeyScripts(subject: Subject): [string, Script][] {
  const { createMember } = subject;
  if (createMember === undefined) return [];
  const create = (): GroupMember => createMember(`member${++members}@bench`);
  return [
    ['sender key', newKeyScript(subject, create)],
    ['sender key messages', groupMessagesScript(subject, create)],
  ];
}

/** One device makes key after key, each with what others are given of it; then each with its first message, too. */
function newKeyScript(subject: Subject, create: () => GroupMember): Script {
  const text = plaintext(subject, 100);
  const member = create();
  return async (n) => {
    await member.createKey();
    const elapsed = stopwatch(n);
    for (let i = 0; i < n; i++) await member.createKey();
    const made = elapsed();

    const using = stopwatch(n);
    for (let i = 0; i < n; i++) {
      await member.createKey();
      await member.encrypt(text);
    }
    return [made, using()];
  };
}

/** One message after the other, sent, then received. */
function groupMessagesScript(subject: Subject, create: () => GroupMember): Script {
  const text = plaintext(subject, 100);
  const [alice, bob] = [create(), create()];
  return async (n) => {
    await bob.accept(alice.name, await alice.createKey());
    const messages: Data[] = [];
    const encrypting = stopwatch(n);
    for (let i = 0; i < n; i++) messages.push(await alice.encrypt(text));
    const encrypted = encrypting();

    let received: Data | undefined;
    const decrypting = stopwatch(n);
    for (let i = 0; i < n; i++) received = await bob.decrypt(alice.name, at(messages, i));
    const decrypted = decrypting();
    check(received, text);
    return [encrypted, decrypted];
  };
}
