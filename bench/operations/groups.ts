/** Scripts of large groups: giving a new sender key to every device, and a message after that. */
import type { Data, GroupMail, GroupSender, Message, Recipient, Subject } from '../subject.js';
import { at, check, plaintext, stopwatch } from './conversation.js';
import { converseWithMany } from './fanout.js';
import { GROUP_DEVICES, GROUP_PEOPLE, type Script, type Time } from './index.js';

/** Scripts of groups; nothing for subjects that have no sender keys. */
export function groupScripts(subject: Subject): [string, Script][] {
  const { createMember } = subject;
  if (createMember === undefined) return [];
  const text = plaintext(subject, 100);
  const makers = GROUP_PEOPLE.map((people) => () => prepare(subject, people, createMember));
  const senders = makers.map(once);
  const largest = at(senders, senders.length - 1);
  const messages: [string, Script] = ['group message', messageScript(senders, text)];
  return [
    ['group distribution', distributionScript(largest, text)],
    ...(subject.createGroupSender === undefined ? [] : [messages]),
  ];
}

type CreateMember = NonNullable<Subject['createMember']>;

/** Who plans whom a key is for does so; with others the key goes out as a warm fanout does. */
async function prepare(subject: Subject, people: number, createMember: CreateMember): Promise<GroupSender> {
  if (subject.createGroupSender !== undefined) return subject.createGroupSender(people, GROUP_DEVICES);
  const recipients = Array.from({ length: people * GROUP_DEVICES - 1 }, (_, i): Recipient => {
    return { name: `device${i}@group` };
  });
  const { alice, bob } = await converseWithMany(subject, recipients);
  const [sender, reader] = [createMember(alice.name), createMember(bob.name)];
  return {
    async distribute(text) {
      const key = await sender.createKey();
      const messages: Message[] = [];
      for (const { name } of recipients) messages.push(await alice.encrypt(name, key));
      return { key: at(messages, 0), message: await sender.encrypt(text) };
    },
    accept: async (key) => reader.accept(alice.name, await bob.decrypt(alice.name, key)),
    read: (message) => reader.decrypt(alice.name, message),
  };
}

/** A new key for everybody, and the first message. */
function distributionScript(prepared: () => Promise<GroupSender>, text: Data): Script {
  return async (n) => {
    const sender = await prepared();
    let mail: GroupMail | undefined;
    const elapsed = stopwatch(n);
    for (let i = 0; i < n; i++) mail = await sender.distribute(text);
    const time = elapsed();
    if (mail !== undefined) {
      await sender.accept(mail.key);
      check(await sender.read(mail.message), text);
    }
    return [time];
  };
}

/** Messages to groups of several sizes in turns: everybody has the key, so the size should not matter. */
function messageScript(prepared: readonly (() => Promise<GroupSender>)[], text: Data): Script {
  const provided = prepared.map((make) =>
    once(async () => {
      const sender = await make();
      await sender.accept((await sender.distribute(text)).key);
      return sender;
    }),
  );
  return async (n) => {
    const senders = await Promise.all(provided.map((make) => make()));
    const times: Time[] = [];
    for (const sender of senders) {
      let message: Data | undefined;
      const elapsed = stopwatch(n);
      for (let i = 0; i < n; i++) message = await sender.send?.(text);
      times.push(elapsed());
      if (message !== undefined) check(await sender.read(message), text);
    }
    return times;
  };
}

/** Does it at the first call alone. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}
