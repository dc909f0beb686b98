/** Sender keys: messages to a group between us and a peer, in both roles. */
import assert from 'node:assert/strict';
import { MAX_CHAIN_STEPS } from 'polyratchet/senderkey';
import { OurMember } from '../ourMember.js';
import type { Member, SenderKeyPeer } from '../senderKey.js';
import { failure, type Case } from './talk.js';

/** Who sends and who receives. */
interface Cast {
  readonly sender: Member;
  readonly receiver: Member;
  /** Another device of the receiver's implementation. */
  readonly joiner: Member;
  readonly peer: SenderKeyPeer;
}

interface Sent {
  readonly plaintext: Uint8Array;
  readonly message: Uint8Array;
}

/** So far do we jump with peers that go no further than 2,000, where some send every second message only. */
const FAR = 999;

const scenes: readonly (readonly [string, (cast: Cast) => Promise<void>])[] = [
  ['in order, and each only once', inOrder],
  ['out of order, with losses', disorder],
  ['as far ahead as the receiver goes', ahead],
  ['a late joiner reads from then on', lateJoiner],
  ['as many keys of a sender as are kept', renewals],
  ['a key that is given again', repeated],
  ['forgeries, and 1 byte to 64 KiB', forgeries],
];

export function senderKeyCases(peer: SenderKeyPeer): Case[] {
  return scenes.flatMap(([name, scene]) =>
    (['we send', 'they send'] as const).map((role) => ({
      name: `sender keys: ${name}; ${role}`,
      run: () => scene(cast(peer, role)),
    })),
  );
}

function cast(peer: SenderKeyPeer, role: 'we send' | 'they send'): Cast {
  const ours = (name: string): Member => new OurMember(name, peer.profile);
  const theirs = (name: string): Member => peer.createMember(name);
  const [sender, receiver] = role === 'we send' ? [ours, theirs] : [theirs, ours];
  return {
    sender: sender('alice@example.org'),
    receiver: receiver('bob@example.org'),
    joiner: receiver('carol@example.org'),
    peer,
  };
}

async function inOrder({ sender, receiver }: Cast): Promise<void> {
  await give(sender, receiver);
  const sent = await sendMany(sender, 50);
  await receive(sender, receiver, sent);
  for (const one of sent) await refuse(sender, receiver, one, 'duplicate-message');
  await receive(sender, receiver, await sendMany(sender, 5));
}

async function disorder({ sender, receiver }: Cast): Promise<void> {
  await give(sender, receiver);
  const sent = await sendMany(sender, 60);
  const arriving = sent.filter((_, i) => i % 3 !== 0).reverse();
  await receive(sender, receiver, arriving);
  await receive(sender, receiver, await sendMany(sender, 3));
  for (const one of arriving) await refuse(sender, receiver, one, 'duplicate-message');
  await receive(
    sender,
    receiver,
    sent.filter((_, i) => i % 3 === 0),
  );
}

async function ahead({ sender, receiver, peer }: Cast): Promise<void> {
  await give(sender, receiver);
  const jump = peer.maxJump === MAX_CHAIN_STEPS ? MAX_CHAIN_STEPS : FAR;
  const sent = await sendMany(sender, jump + 1);
  await receive(sender, receiver, sent.slice(-1));
  await receive(sender, receiver, sent.slice(-200, -1));
}

async function lateJoiner({ sender, receiver, joiner }: Cast): Promise<void> {
  await give(sender, receiver);
  const before = await sendMany(sender, 5);
  await give(sender, joiner);
  const after = await sendMany(sender, 5);
  await receive(sender, receiver, [...before, ...after]);
  for (const one of before) await refuse(sender, joiner, one, 'key-gone');
  await receive(sender, joiner, after);
}

async function renewals({ sender, receiver, peer }: Cast): Promise<void> {
  const late: Sent[] = [];
  const kept = receiver instanceof OurMember ? 5 : peer.maxStates;
  for (let i = 0; i <= kept; i++) {
    sender.renew();
    await give(sender, receiver);
    const [first, second] = await sendMany(sender, 2);
    assert(first !== undefined && second !== undefined);
    await receive(sender, receiver, [first]);
    late.push(second);
  }
  const [oldest, ...others] = late;
  assert(oldest !== undefined);
  await refuse(sender, receiver, oldest, 'no-sender-key');
  await receive(sender, receiver, others);
}

async function repeated({ sender, receiver }: Cast): Promise<void> {
  const first = await sender.distribution();
  await receiver.accept(sender, first);
  const sent = await sendMany(sender, 4);
  await receive(sender, receiver, sent.slice(1, 3));
  await give(sender, receiver);
  await receiver.accept(sender, first);
  await receive(sender, receiver, sent.slice(3));
  await receive(sender, receiver, await sendMany(sender, 2));
}

async function forgeries({ sender, receiver, joiner }: Cast): Promise<void> {
  const [early] = await sendMany(sender, 1);
  assert(early !== undefined);
  await refuse(sender, receiver, early, 'no-sender-key');
  await give(sender, receiver);
  for (const length of [1, 15, 16, 17, 1_000, 65_536]) {
    const sent = await send(sender, new Uint8Array(length).fill(length));
    const { message, plaintext } = sent;
    for (const at of [message.length - 1, message.length - 40, message.length - 65]) {
      const forged = message.map((byte, i) => (i === at ? byte ^ 1 : byte));
      await refuse(sender, receiver, { plaintext, message: forged }, 'invalid-signature');
    }
    await receive(sender, receiver, [sent]);
  }
  await give(joiner, receiver);
  const [others] = await sendMany(joiner, 1);
  assert(others !== undefined);
  await refuse(sender, receiver, others, 'no-sender-key');
  await receive(joiner, receiver, [others]);
}

async function give(sender: Member, receiver: Member): Promise<void> {
  await receiver.accept(sender, await sender.distribution());
}

async function send(sender: Member, plaintext: Uint8Array): Promise<Sent> {
  const message = await sender.encrypt(plaintext);
  assert.equal(message[0], 0x33, 'version byte');
  return { plaintext, message };
}

let texts = 0;

async function sendMany(sender: Member, count: number): Promise<Sent[]> {
  const sent: Sent[] = [];
  while (sent.length < count) sent.push(await send(sender, new TextEncoder().encode(`text ${texts++}`)));
  return sent;
}

async function receive(sender: Member, receiver: Member, sent: readonly Sent[]): Promise<void> {
  assert(sent.length > 0, 'the case delivers nothing');
  for (const { message, plaintext } of sent) {
    const received = await receiver.decrypt(sender, message);
    assert.deepEqual(Buffer.from(received), Buffer.from(plaintext));
  }
}

/** The receiver refuses a message; `code` is how we say why. */
async function refuse(sender: Member, receiver: Member, { message }: Sent, code: string): Promise<void> {
  if (receiver instanceof OurMember) assert.equal(receiver.refusal(sender, message), code);
  const error = await failure(receiver.decrypt(sender, message));
  assert(error !== undefined, 'a message was taken that must be refused');
}
