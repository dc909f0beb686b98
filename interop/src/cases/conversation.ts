/** Conversations without trouble: how they start, and that they go on. */
import assert from 'node:assert/strict';
import { Ours } from '../ours.js';
import type { Peer } from '../peer.js';
import {
  exchange,
  failure,
  goOn,
  inBothRoles,
  meet,
  receive,
  send,
  sendMany,
  start,
  type Case,
  type Talk,
} from './talk.js';

export function conversationCases(peer: Peer): Case[] {
  const imported = (): Ours => new Ours({ privateKey: peer.generateKeyPair().privateKey });
  return [
    ...inBothRoles(peer, { name: 'with one-time prekey', run: (talk) => firstMessages(talk, true) }),
    ...inBothRoles(peer, { name: 'without one-time prekey', run: (talk) => firstMessages(talk, false) }),
    ...inBothRoles(
      peer,
      { name: 'with an identity of ours that the peer made', run: (talk) => firstMessages(talk, true) },
      imported,
    ),
    ...inBothRoles(peer, { name: 'ping-pong of 200 turns', run: pingPong }),
    ...inBothRoles(peer, { name: 'plaintexts of 0 B, 1 B, 15 B, 16 B and 64 KiB', run: sizes }),
    ...inBothRoles(peer, {
      name: ({ initiator }) =>
        initiator.checksSignedPreKey
          ? 'a signed prekey whose signature is wrong is refused'
          : 'a signed prekey whose signature is wrong is taken: this peer does not check it',
      run: wrongSignature,
    }),
  ];
}

/** Prekey messages until the other has answered, ordinary ones from then on; the one-time prekey is used up. */
async function firstMessages({ initiator, responder }: Talk, oneTimePreKey: boolean): Promise<void> {
  await start({ initiator, responder }, oneTimePreKey);
  assert.equal(responder.oneTimePreKeyIds().length, oneTimePreKey ? 1 : 0);
  const first = await send(initiator);
  const second = await send(initiator);
  await receive(responder, first);
  assert.deepEqual(responder.oneTimePreKeyIds(), [], 'the one-time prekey is used up');
  await receive(responder, second);
  const answer = await exchange(responder, initiator);
  const third = await exchange(initiator, responder);
  assert.deepEqual(
    [first, second, answer, third].map(({ message }) => message.type),
    ['prekey', 'prekey', 'message', 'message'],
  );
  await goOn({ initiator, responder });
}

async function pingPong({ initiator, responder }: Talk): Promise<void> {
  await start({ initiator, responder });
  for (let turn = 0; turn < 200; turn++) {
    const [from, to] = turn % 2 === 0 ? [initiator, responder] : [responder, initiator];
    await receive(to, ...(await sendMany(from, 1 + (turn % 3))));
  }
}

async function sizes(talk: Talk): Promise<void> {
  await meet(talk);
  const { initiator, responder } = talk;
  for (const size of [0, 1, 15, 16, 65_536]) {
    const plaintext = Uint8Array.from({ length: size }, (_, i) => i % 251);
    await receive(responder, await send(initiator, plaintext));
    await receive(initiator, await send(responder, plaintext));
  }
}

async function wrongSignature(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  const bundle = await responder.publishBundle({ oneTimePreKey: true });
  const signature = Uint8Array.from(bundle.signedPreKey.signature, (byte, i) => (i === 7 ? byte ^ 1 : byte));
  const corrupted = { ...bundle, signedPreKey: { ...bundle.signedPreKey, signature } };
  const error = await failure(initiator.processBundle(corrupted));
  assert.equal(error !== undefined, initiator.checksSignedPreKey);
  await initiator.processBundle(bundle);
  await goOn(talk);
}
