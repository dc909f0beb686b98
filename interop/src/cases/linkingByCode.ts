/** Linking by code: each side of the exchange is once ours and once put together from the peer's functions. */
import assert from 'node:assert/strict';
import { systemRandom as random } from 'polyratchet';
import {
  acceptCodeLink,
  answerCodeLink,
  encodeLinkOffer,
  finishCodeLink,
  offerCodeLink,
  startCodeLink,
} from 'polyratchet/devices';
import { generateIdentity } from 'polyratchet/identity';
import type { CodeCompanion, Finish } from '../companion.js';
import type { LinkingPeer } from '../peer.js';
import { OurPrimary } from '../ourPrimary.js';
import { link, refused } from './linking.js';
import type { Case } from './talk.js';

const REF = 'ref-of-a-server';

export function linkingByCodeCases(peer: LinkingPeer): Case[] {
  return [
    { name: 'linking by code: their companion, our primary', run: () => theyAsk(peer) },
    { name: 'linking by code: our companion, their primary', run: () => weAsk(peer) },
    { name: 'linking by code: a code of their making is one of ours', run: () => theirCodes(peer) },
    {
      name: 'linking by code: another code, and other identities, end at the bundle',
      run: () => wrong(peer),
    },
  ];
}

async function theyAsk(peer: LinkingPeer): Promise<void> {
  const primary = new OurPrimary();
  const companion = peer.createCodeCompanion();
  const { accepted, linked } = await exchange(primary, companion, companion.code);
  link(primary, await linked, accepted().request);
}

/** Up to the bundle; what the primary makes of it is for the case. */
async function exchange(
  primary: OurPrimary,
  companion: CodeCompanion,
  code: string,
  change = (f: Finish) => f,
) {
  const { identity } = primary;
  const wrappedEphemeral = await companion.wrappedEphemeral;
  const now = Date.now();
  const answered = answerCodeLink({ identity, code, hello: { wrappedEphemeral, ref: REF }, random, now });
  const { finish, companion: linked } = await companion.finish(answered.hello);
  const accepted = () =>
    acceptCodeLink({ link: answered.link, identity, finish: { ...change(finish), ref: REF }, now });
  return { accepted, linked };
}

async function weAsk(peer: LinkingPeer): Promise<void> {
  const primary = peer.createCodePrimary();
  const identity = generateIdentity(random);
  const now = Date.now();
  const labels = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;
  const started = startCodeLink({ ...labels, noiseKey: random(32), random, now });
  const link = offerCodeLink({ link: started.link, ref: REF });
  const answer = await primary.answer(started.code.replace('-', ''), started.hello.wrappedEphemeral);
  const { finish, offer } = finishCodeLink({ link, identity, hello: { ...answer, ref: REF }, random, now });
  const secret = Buffer.from(primary.accept(finish));
  assert(Buffer.from(encodeLinkOffer(offer)).includes(secret), 'both sides have the same secret');
}

async function theirCodes(peer: LinkingPeer): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const { code } = peer.createCodeCompanion();
    assert.match(code, /^[1-9A-HJ-NP-TV-Z]{8}$/);
  }
}

async function wrong(peer: LinkingPeer): Promise<void> {
  const primary = new OurPrimary();
  const companion = peer.createCodeCompanion();
  const other = companion.code.startsWith('1') ? '2' : '1';
  const typo = await exchange(primary, companion, other + companion.code.slice(1));
  refused('link-mismatch', typo.accepted, 'another code');
  const another = peer.createCodeCompanion();
  const swapped = await exchange(primary, another, another.code, (finish) => ({
    ...finish,
    companionIdentity: peer.createCompanion().identityKey,
  }));
  refused('link-mismatch', swapped.accepted, 'another companion outside');
}
