/** More than one session between the same devices: both start at once, or one starts anew. */
import type { Party } from '../party.js';
import type { Peer } from '../peer.js';
import {
  exchange,
  goOn,
  inBothRoles,
  meet,
  receive,
  receiveLate,
  refuse,
  resume,
  send,
  sendMany,
  start,
  type Case,
  type Sent,
  type Talk,
  type TalkCase,
} from './talk.js';

export function restartCases(peer: Peer): Case[] {
  const cases: TalkCase[] = [
    { name: namedBySpoiling('simultaneous initiation'), run: simultaneous },
    { name: namedBySpoiling('simultaneous initiation, first messages of both late'), run: simultaneousLate },
    { name: namedBySpoiling('the initiator starts anew, late messages of the old session'), run: startAnew },
    { name: namedBySpoiling('the responder starts anew, late messages of the old session'), run: answerAnew },
    { name: 'the initiator lost its session and starts anew', run: afterLossOf('initiator') },
    { name: 'the responder lost its session and starts anew', run: afterLossOf('responder') },
    {
      name: ({ responder }) =>
        responder.isSpoiledByLateMessages
          ? 'six sessions, late messages of the last two; this peer is spoiled by them and healed by a new session'
          : 'six sessions, late messages of each',
      run: sixSessions,
    },
    { name: 'a first message is refused again once the session is lost', run: replayAfterLoss },
  ];
  return cases.flatMap((talkCase) => inBothRoles(peer, talkCase));
}

function namedBySpoiling(name: string): TalkCase['name'] {
  return ({ initiator, responder }) =>
    initiator.isSpoiledByLateMessages || responder.isSpoiledByLateMessages
      ? `${name}; this peer is spoiled by late messages and healed by a new session`
      : name;
}

/** Both take a bundle and send before either hears the other. */
async function bothStart({
  initiator,
  responder,
}: Talk): Promise<{ fromInitiator: Sent[]; fromResponder: Sent[] }> {
  const bundle = await responder.publishBundle({ oneTimePreKey: true });
  await start({ initiator: responder, responder: initiator });
  await initiator.processBundle(bundle);
  return { fromInitiator: await sendMany(initiator, 3), fromResponder: await sendMany(responder, 3) };
}

/** Each goes on in the session that the other began: the next message is of one that its receiver has left. */
async function simultaneous(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  const { fromInitiator, fromResponder } = await bothStart(talk);
  await receive(responder, ...fromInitiator);
  await receive(initiator, ...fromResponder);
  await receiveLate(responder, initiator, await send(initiator));
  await resume(talk);
}

async function simultaneousLate(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  const { fromInitiator, fromResponder } = await bothStart(talk);
  await receive(responder, fromInitiator[2]);
  await receive(initiator, fromResponder[2]);
  await receive(responder, fromInitiator[0]);
  await receive(initiator, fromResponder[0]);
  await receiveLate(responder, initiator, await send(initiator));
  await receive(responder, fromInitiator[1]);
  await receive(initiator, fromResponder[1]);
  await resume(talk);
}

async function startAnew(talk: Talk): Promise<void> {
  await meet(talk);
  await replace(talk);
}

async function answerAnew({ initiator, responder }: Talk): Promise<void> {
  await meet({ initiator, responder });
  await replace({ initiator: responder, responder: initiator });
}

/** The initiator starts anew while messages of both are under way in the old session. */
async function replace(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  const fromInitiator = await sendMany(initiator, 3);
  const fromResponder = await sendMany(responder, 3);
  await start(talk);
  await exchange(initiator, responder);
  await receiveLate(responder, initiator, fromInitiator[2], fromInitiator[0]);
  await receiveLate(initiator, responder, fromResponder[1]);
  await resume(talk);
  await receiveLate(responder, initiator, fromInitiator[1]);
  await receiveLate(initiator, responder, fromResponder[2], fromResponder[0]);
  await resume(talk);
}

/** One is reset and loses its session; what it was sent meanwhile is gone, and it starts anew. */
function afterLossOf(role: 'initiator' | 'responder'): (talk: Talk) => Promise<void> {
  return async (talk) => {
    await meet(talk);
    const [lost, other]: [Party, Party] =
      role === 'initiator' ? [talk.initiator, talk.responder] : [talk.responder, talk.initiator];
    const unreadable = await send(other);
    const late = await send(lost);
    lost.forgetSession();
    await refuse(lost, unreadable.message);
    await start({ initiator: lost, responder: other });
    await exchange(lost, other);
    await exchange(other, lost);
    await exchange(lost, other);
    await receiveLate(other, lost, late);
    // The late message took the other back to the old session, which the one that lost it cannot follow.
    await start({ initiator: other, responder: lost });
    await exchange(other, lost);
    await goOn(talk);
  };
}

async function sixSessions(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  const late: Sent[] = [];
  for (let session = 0; session < 6; session++) {
    await start(talk, session % 2 === 0);
    await exchange(initiator, responder);
    await exchange(responder, initiator);
    late.push(...(await sendMany(initiator, 2)));
  }
  const [last, first, ...older] = late.reverse();
  await receive(responder, last, first); // of the last session
  await receiveLate(responder, initiator, ...(responder.isSpoiledByLateMessages ? older.slice(0, 2) : older));
  await resume(talk);
}

/** The one-time prekey is gone, so nobody can start the same session twice. */
async function replayAfterLoss(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  await start(talk);
  const first = await exchange(initiator, responder);
  responder.forgetSession();
  await refuse(responder, first.message);
  await start(talk);
  await goOn(talk);
}
