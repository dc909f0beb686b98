/** Sender keys of either side: what is given, what is sent, and what the other side decrypts. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { RecordedGroupMessage, RecordedSenderKey, SenderKeyFile } from '../../../test/vectors/schema.js';
import { DISTRIBUTION_ID, OurMember } from '../ourMember.js';
import { labelOf } from '../peer.js';
import type { Member, SenderKeyPeer } from '../senderKey.js';
import { Draws, toHex } from './recordedOurs.js';

/** Lengths of the plaintexts: around the block of the cipher. */
const LENGTHS = [1, 15, 16, 17, 100];

export async function recordSenderKeys(peer: SenderKeyPeer): Promise<SenderKeyFile> {
  const { profile } = peer;
  const draws = new Draws();
  const us = new OurMember('alice@example.org', profile, draws.random);
  const them = peer.createMember('bob@example.org');
  const inOrder = await record(us, [them, peer.createMember('carol@example.org')], false);
  const ours = { random: draws.take(), ...inOrder };
  const late = new OurMember('dave@example.org', profile);
  return {
    kind: 'senderkey',
    source: `${labelOf(peer)}, recorded by running the npm package`,
    license: 'recorded output, no restrictions',
    profile,
    ...(profile === 'signal' ? { distributionId: DISTRIBUTION_ID } : {}),
    ours,
    theirs: await record(them, [us, late], true),
  };
}

/** The first receiver is there from the beginning, the second one comes late. */
async function record(
  sender: Member,
  [early, late]: readonly [Member, Member],
  isReversed: boolean,
): Promise<RecordedSenderKey> {
  const distribution = await sender.distribution();
  await early.accept(sender, distribution);
  const sent = await send(sender);
  const messages = isReversed ? sent.reverse() : sent;
  await receive(sender, early, messages);
  const lateDistribution = await sender.distribution();
  await late.accept(sender, lateDistribution);
  const later = await send(sender);
  for (const receiver of [early, late]) await receive(sender, receiver, later);
  return {
    distribution: toHex(distribution),
    messages: messages.map(toRecord),
    lateDistribution: toHex(lateDistribution),
    later: later.map(toRecord),
  };
}

interface Sent {
  readonly plaintext: Uint8Array;
  readonly message: Uint8Array;
}

async function send(sender: Member): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const length of LENGTHS) {
    const plaintext = randomBytes(length);
    sent.push({ plaintext, message: await sender.encrypt(plaintext) });
  }
  return sent;
}

async function receive(sender: Member, receiver: Member, sent: readonly Sent[]): Promise<void> {
  for (const { plaintext, message } of sent) {
    assert.deepEqual(Buffer.from(await receiver.decrypt(sender, message)), plaintext);
  }
}

function toRecord({ plaintext, message }: Sent): RecordedGroupMessage {
  return { plaintext: toHex(plaintext), message: toHex(message) };
}
