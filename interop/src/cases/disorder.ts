/** What networks and attackers do: messages late, lost, twice, far ahead, changed. */
import assert from 'node:assert/strict';
import { innerMessageOf } from '../../../test/vectors/preKeyMessage.js';
import type { Message } from '../party.js';
import type { Peer } from '../peer.js';
import {
  exchange,
  goOn,
  inBothRoles,
  meet,
  receive,
  refuse,
  send,
  sendMany,
  start,
  type Case,
  type Sent,
  type Talk,
  type TalkCase,
} from './talk.js';

export function disorderCases(peer: Peer): Case[] {
  const cases: TalkCase[] = [
    { name: 'first messages in reverse order', run: reversed },
    { name: 'out of order and dropped messages, over 24 turns', run: disorder },
    {
      name: ({ initiator, responder }) =>
        initiator.namesDuplicates && responder.namesDuplicates
          ? 'a duplicate is refused by both'
          : 'a duplicate is refused by both; this peer does not always say why',
      run: duplicates,
    },
    { name: 'a wrong MAC is refused by both, the genuine message is taken afterwards', run: wrongMacs },
    { name: 'a jump of 1,000 messages, and the first and last of them late', run: jump },
    {
      name: ({ responder: { maxJump } }) =>
        `a jump over ${maxJump.toLocaleString('en')} messages is taken, over one more it is not`,
      run: farthestJump,
    },
    {
      name: ({ responder }) =>
        isFinite(responder.maxSkippedKeys)
          ? 'of 2,100 skipped messages the last 2,000 are taken'
          : '2,100 skipped messages are all taken: this peer has no bound',
      run: skippedKeys,
    },
    {
      name: ({ responder }) =>
        isFinite(responder.maxReceivingChains)
          ? 'late messages of the last five turns are taken, older ones are not'
          : 'late messages of eight turns are taken: this peer has no bound',
      run: lateTurns,
    },
  ];
  return cases.flatMap((talkCase) => inBothRoles(peer, talkCase));
}

async function reversed(talk: Talk): Promise<void> {
  await start(talk);
  await receive(talk.responder, ...(await sendMany(talk.initiator, 5)).reverse());
  await receive(talk.initiator, ...(await sendMany(talk.responder, 5)).reverse());
  await goOn(talk);
}

/** Of four messages a turn the third is dropped, the first comes two turns of the sender late, the others swapped. */
async function disorder(talk: Talk): Promise<void> {
  await start(talk);
  const late: (Sent | undefined)[] = [];
  for (let turn = 0; turn < 24; turn++) {
    const [from, to] = turn % 2 === 0 ? [talk.initiator, talk.responder] : [talk.responder, talk.initiator];
    const [first, second, , fourth] = await sendMany(from, 4);
    await receive(to, fourth, second);
    late.push(first);
    if (turn >= 4) await receive(to, late[turn - 4]);
  }
  await goOn(talk);
}

async function duplicates(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  await start(talk);
  const first = await exchange(initiator, responder);
  await refuse(responder, first.message, 'duplicate');
  const [second, third] = await sendMany(initiator, 2);
  assert(second !== undefined && third !== undefined);
  await receive(responder, third);
  await refuse(responder, third.message, 'duplicate');
  await receive(responder, second);
  await refuse(responder, second.message, 'duplicate');
  const answer = await exchange(responder, initiator);
  await refuse(initiator, answer.message, 'duplicate');
  await exchange(initiator, responder);
  await refuse(responder, first.message, 'duplicate');
  await goOn(talk);
}

async function wrongMacs(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  await start(talk);
  for (const [from, to] of [
    [initiator, responder], // a new session
    [initiator, responder], // a prekey message of a session that is known
    [responder, initiator], // a new ratchet key
    [initiator, responder],
    [initiator, responder], // a ratchet key that is known
  ] as const) {
    const genuine = await send(from);
    await refuse(to, withWrongMac(genuine.message));
    await receive(to, genuine);
  }
  await goOn(talk);
}

async function jump(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  await meet(talk);
  for (const [from, to] of [
    [initiator, responder],
    [responder, initiator],
  ] as const) {
    const sent = await sendMany(from, 1_001);
    await receive(to, sent[1_000], sent[0], sent[999]);
    await exchange(to, from);
  }
  await goOn(talk);
}

async function farthestJump(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  await start(talk);
  const sent = await sendMany(initiator, responder.maxJump + 2);
  const [farthest, oneMore] = sent.slice(-2);
  assert(farthest !== undefined && oneMore !== undefined);
  await refuse(responder, oneMore.message);
  await receive(responder, farthest, oneMore);
  await goOn(talk);
}

/** Two jumps, since some peers take none of 2,000. */
async function skippedKeys(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  await start(talk);
  const sent = await sendMany(initiator, 2_102);
  await receive(responder, sent[1_200], sent[2_101]);
  for (const early of [sent[0], sent[99]]) {
    if (isFinite(responder.maxSkippedKeys) && early !== undefined) await refuse(responder, early.message);
    else await receive(responder, early);
  }
  await receive(responder, sent[100], sent[1_199], sent[1_201], sent[2_100]);
  await goOn(talk);
}

async function lateTurns(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  await start(talk);
  const late: Sent[] = [];
  for (let turn = 0; turn < 8; turn++) {
    late.push(await send(initiator));
    await exchange(initiator, responder);
    await exchange(responder, initiator);
  }
  for (const [turn, sent] of late.entries()) {
    if (late.length - turn > responder.maxReceivingChains) await refuse(responder, sent.message);
    else await receive(responder, sent);
  }
  await goOn(talk);
}

/** The message with the last bit of its MAC changed. */
function withWrongMac({ type, bytes }: Message): Message {
  const { end } = type === 'prekey' ? innerMessageOf(bytes) : { end: bytes.length };
  return { type, bytes: Uint8Array.from(bytes, (byte, i) => (i === end - 1 ? byte ^ 1 : byte)) };
}
