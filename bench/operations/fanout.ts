/** Scripts of fanout: one message to many devices, encrypted for each. */
import type { Data, Message, Party, Recipient, Subject } from '../subject.js';
import {
  at,
  check,
  converse,
  createParty,
  free,
  plaintext,
  stopwatch,
  type Conversation,
} from './conversation.js';
import type { Script } from './index.js';

/** So many sessions are made for warm fanouts, and copied by way of their stored form. */
const ORIGINALS = 4;

/** A device with a bundle that is still to be used; what it decrypts uses its prekey up. */
interface Device {
  readonly party: Party;
  readonly bundle: unknown;
  isUsed: boolean;
}

/** To devices with which there are sessions. */
export function warmScript(subject: Subject, size: number): Script {
  const text = plaintext(subject, 100);
  let conversation: Promise<Conversation> | undefined;
  const recipients = Array.from({ length: size }, (_, i): Recipient => ({ name: `device${i}@warm` }));
  return async (n) => {
    conversation ??= converseWithMany(subject, recipients);
    const { alice, bob } = await conversation;
    const messages: Message[] = [];
    const elapsed = stopwatch(n);
    for (let i = 0; i < n; i++) messages.push(at(await encryptAll(alice, recipients, text), 0));
    const time = elapsed();
    for (const message of messages) check(await decryptOne(bob, alice.name, message), text);
    return [time];
  };
}

/** Bundles in hand → first ciphertexts: to devices that are new to the sender. */
export function coldScript(
  subject: Subject,
  devices: () => Promise<readonly Device[]>,
  size: number,
): Script {
  const text = plaintext(subject, 100);
  let next = 0;
  return async (n) => {
    const pool = await devices();
    const rounds = Array.from({ length: n }, () => {
      const chosen = Array.from({ length: size }, () => at(pool, next++ % pool.length));
      return chosen.map((device) => ({ device, name: device.party.name, bundle: device.bundle }));
    });
    const senders: Party[] = [];
    for (let i = 0; i < n; i++) senders.push(await createParty(subject));
    let messages: readonly Message[] = [];

    const elapsed = stopwatch(n);
    for (let i = 0; i < n; i++) messages = await encryptAll(at(senders, i), at(rounds, i), text);
    const time = elapsed();

    const index = at(rounds, n - 1).findIndex(({ device }) => !device.isUsed);
    if (index >= 0) {
      const { device } = at(at(rounds, n - 1), index);
      device.isUsed = true;
      check(await decryptOne(device.party, at(senders, n - 1).name, at(messages, index)), text);
    }
    free(...senders);
    return [time];
  };
}

/** Devices whose bundles wait, made when they are first asked for. */
export function devicePool(subject: Subject, size: number): () => Promise<readonly Device[]> {
  let pool: Promise<readonly Device[]> | undefined;
  return () => (pool ??= createDevices(subject, size));
}

async function createDevices(subject: Subject, size: number): Promise<readonly Device[]> {
  const devices: Device[] = [];
  for (let i = 0; i < size; i++) {
    const party = await createParty(subject);
    devices.push({ party, bundle: await party.createBundle(), isUsed: false });
  }
  return devices;
}

/** Alice has a session with every recipient; the first one's is Bob's. */
export async function converseWithMany(
  subject: Subject,
  recipients: readonly Recipient[],
): Promise<Conversation> {
  const conversations: Conversation[] = [];
  for (let i = 0; i < ORIGINALS; i++) conversations.push(await converse(subject));
  const records = conversations.map(({ alice, bob }) => alice.encodeSession(bob.name));
  const conversation = at(conversations, 0);
  recipients.forEach(({ name }, i) => {
    conversation.alice.decodeSession(name, at(records, i % ORIGINALS));
  });
  return conversation;
}

async function encryptAll(
  sender: Party,
  recipients: readonly Recipient[],
  text: Data,
): Promise<readonly Message[]> {
  if (sender.fanout !== undefined) return sender.fanout.encrypt(recipients, text);
  const messages: Message[] = [];
  for (const { name, bundle } of recipients) {
    if (bundle !== undefined) await sender.startSession(name, bundle);
    messages.push(await sender.encrypt(name, text));
  }
  return messages;
}

async function decryptOne(receiver: Party, sender: string, message: Message): Promise<Data> {
  const party: Pick<Party, 'decrypt'> = receiver.fanout ?? receiver;
  return party.decrypt(sender, message);
}
