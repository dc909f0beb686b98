/** Transcripts of conversations: short ones of every kind, since each is shipped. */
import assert from 'node:assert/strict';
import type { SessionFile, Transcript } from '../../../test/vectors/schema.js';
import {
  exchange,
  receive,
  receiveLate,
  resume,
  send,
  sendMany,
  start,
  type Sent,
  type Talk,
} from '../cases/talk.js';
import type { Message, Party } from '../party.js';
import { labelOf, type Peer } from '../peer.js';
import { toHex, RecordedOurs } from './recordedOurs.js';

export type Role = 'we-initiate' | 'they-initiate';

export const ROLES: readonly Role[] = ['we-initiate', 'they-initiate'];

interface Scenario {
  readonly name: string;
  /** Whether our identity is one that the peer made. */
  readonly imported?: boolean;
  run(talk: Talk): Promise<void>;
}

const scenarios: readonly Scenario[] = [
  { name: 'with one-time prekey, messages out of order', run: outOfOrder },
  {
    name: 'without one-time prekey, imported identity, plaintexts of several sizes',
    imported: true,
    run: sizes,
  },
  { name: 'the initiator starts anew, late messages of the old session', run: startAnew },
  { name: 'simultaneous initiation', run: simultaneous },
];

/** Talks with a peer in one role. */
export async function recordSessions(peer: Peer, role: Role): Promise<SessionFile> {
  const transcripts: Transcript[] = [];
  for (const { name, imported = false, run } of scenarios) {
    const ours = new RecordedOurs(imported ? peer.generateKeyPair().privateKey : undefined);
    const { party: theirs, accepted } = witnessed(peer.createParty());
    const [initiator, responder] = role === 'we-initiate' ? [ours, theirs] : [theirs, ours];
    await run({ initiator, responder });
    const transcript = ours.transcript(name);
    for (const step of transcript.steps) {
      assert(
        step.kind !== 'encrypt' || accepted.has(step.message),
        'the peer decrypted every message of ours',
      );
    }
    transcripts.push(transcript);
  }
  return {
    kind: 'session',
    source: `${labelOf(peer)}, recorded by running the npm package: a conversation that ${
      role === 'we-initiate' ? 'polyratchet' : 'the peer'
    } initiates`,
    license: 'recorded output, no restrictions',
    transcripts,
  };
}

/** The same party, and the messages that it has decrypted. */
function witnessed(party: Party): { readonly party: Party; readonly accepted: ReadonlySet<string> } {
  const accepted = new Set<string>();
  const decrypt = async (message: Message): Promise<Uint8Array> => {
    const plaintext = await party.decrypt(message);
    accepted.add(toHex(message.bytes));
    return plaintext;
  };
  return { party: { ...party, decrypt }, accepted };
}

/** Prekey messages in the wrong order, then turns of three of which the first comes one turn of its sender late. */
async function outOfOrder(talk: Talk): Promise<void> {
  await start(talk);
  await receive(talk.responder, ...(await sendMany(talk.initiator, 3)).reverse());
  const late: (Sent | undefined)[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const [from, to] = turn % 2 === 0 ? [talk.responder, talk.initiator] : [talk.initiator, talk.responder];
    const [first, second, third] = await sendMany(from, 3);
    await receive(to, third, second);
    late.push(first);
    if (turn >= 2) await receive(to, late[turn - 2]);
  }
  await receive(talk.responder, late.pop());
  await receive(talk.initiator, late.pop());
}

async function sizes(talk: Talk): Promise<void> {
  await start(talk, false);
  const { initiator, responder } = talk;
  for (const size of [0, 1, 16, 300]) {
    const plaintext = Uint8Array.from({ length: size }, (_, i) => 255 - (i % 256));
    await receive(responder, await send(initiator, plaintext));
    await receive(initiator, await send(responder, plaintext));
  }
}

async function startAnew(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  await start(talk);
  await exchange(initiator, responder);
  await exchange(responder, initiator);
  const fromInitiator = await sendMany(initiator, 2);
  const fromResponder = await sendMany(responder, 2);
  await start(talk);
  await exchange(initiator, responder);
  await receiveLate(responder, initiator, ...fromInitiator.reverse());
  await receiveLate(initiator, responder, ...fromResponder.reverse());
  await resume(talk);
}

async function simultaneous(talk: Talk): Promise<void> {
  const { initiator, responder } = talk;
  const bundle = await responder.publishBundle({ oneTimePreKey: true });
  await start({ initiator: responder, responder: initiator });
  await initiator.processBundle(bundle);
  const [fromInitiator, fromResponder] = [await sendMany(initiator, 2), await sendMany(responder, 2)];
  await receive(responder, ...fromInitiator.reverse());
  await receive(initiator, ...fromResponder);
  await receiveLate(responder, initiator, await send(initiator));
  await resume(talk);
}
