/** Links with one peer: what our primary drew and gave, and what the peer made of it. */
import { randomBytes } from 'node:crypto';
import { acceptCodeLink, answerCodeLink, parseLinkQr } from 'polyratchet/devices';
import type {
  LinkingFile,
  RecordedCodeExchange,
  RecordedCompanion,
  RecordedContainer,
  RecordedLink,
  RecordedMessage,
} from '../../../test/vectors/schema.js';
import { takes } from '../cases/linking.js';
import type { Companion } from '../companion.js';
import { forgeries } from '../forgeries.js';
import { OurPrimary } from '../ourPrimary.js';
import { labelOf, type LinkingPeer } from '../peer.js';
import { Draws, toHex } from './recordedOurs.js';

const REF = 'ref';

export async function recordLinking(peer: LinkingPeer): Promise<LinkingFile> {
  return {
    kind: 'linking',
    source: `${labelOf(peer)}, recorded by running the npm package`,
    license: 'recorded output, no restrictions',
    links: [recordLink(peer), recordLink(peer)],
    containers: recordContainers(peer),
    codes: [await recordExchange(peer, 'the right code'), await recordExchange(peer, 'another code')],
    messages: recordMessages(peer),
  };
}

function recordLink(peer: LinkingPeer): RecordedLink {
  const draws = new Draws();
  const now = Date.now();
  const primary = new OurPrimary({ random: draws.random, now });
  const companion = peer.createCompanion();
  const { container } = primary.approve(parseLinkQr(companion.qr));
  const drawn = draws.take(); // the seed, then what follows it
  const { reply, signedIdentity, keyIndex } = companion.complete(container);
  primary.confirm(keyIndex, reply);
  return {
    companion: toRecord(companion),
    seed: drawn.slice(0, 64),
    random: drawn.slice(64),
    now,
    qr: companion.qr,
    container: toHex(container),
    signedList: toHex(primary.devices.signedList),
    reply: toHex(reply),
    signedIdentity: toHex(signedIdentity),
  };
}

function recordContainers(peer: LinkingPeer): RecordedContainer[] {
  const genuine = {
    name: 'genuine',
    code: 'taken' as const,
    container: ({ qr }: Companion) => new OurPrimary().approve(parseLinkQr(qr)).container,
  };
  return [genuine, ...forgeries].map(({ name, code, container }) => {
    const companion = peer.createCompanion();
    const bytes = container(companion);
    return {
      name,
      companion: toRecord(companion),
      container: toHex(bytes),
      peer: takes(companion, bytes),
      us: code,
    };
  });
}

async function recordExchange(
  peer: LinkingPeer,
  name: 'the right code' | 'another code',
): Promise<RecordedCodeExchange> {
  const companion = peer.createCodeCompanion();
  const { code } = companion;
  const typed = name === 'the right code' ? code : code.replace(/.$/, (last) => (last === '1' ? '2' : '1'));
  const wrappedEphemeral = await companion.wrappedEphemeral;
  const draws = new Draws();
  const { identity } = new OurPrimary({ random: draws.random });
  const seed = draws.take().slice(0, 64);
  const now = Date.now();
  const hello = { wrappedEphemeral, ref: REF };
  const answered = answerCodeLink({ identity, code: typed, hello, random: draws.random, now });
  const { finish, companion: linked } = await companion.finish(answered.hello);
  if (typed === code) acceptCodeLink({ link: answered.link, identity, finish: { ...finish, ref: REF }, now });
  return {
    name,
    code,
    typed,
    seed,
    random: draws.take(),
    wrappedEphemeral: toHex(wrappedEphemeral),
    answer: toHex(answered.hello.wrappedEphemeral),
    bundle: toHex(finish.bundle),
    companionIdentity: toHex(finish.companionIdentity),
    ...(typed === code ? { linkingSecret: toHex(linked.linkingSecret) } : {}),
  };
}

function recordMessages({ adv, createCompanion }: LinkingPeer): RecordedMessage[] {
  const times = { rawId: 0xffffffff, timestamp: 1_750_000_000 };
  const details = randomBytes(40);
  const accountSignature = randomBytes(64);
  const accountSignatureKey = createCompanion().identityKey;
  const values = {
    keyIndexList: { ...times, currentIndex: 300, validIndexes: [1, 7, 300], accountType: 1 },
    signedKeyIndexList: { details, accountSignature, accountSignatureKey },
    deviceIdentity: { ...times, keyIndex: 300, accountType: 1, deviceType: 1 },
    signedDeviceIdentity: {
      details,
      accountSignatureKey,
      accountSignature,
      deviceSignature: randomBytes(64),
    },
    container: { details, hmac: randomBytes(32), accountType: 1 },
  };
  return Object.entries(values).map(([name, value]) => {
    const message = name as keyof typeof values;
    return { name: message, bytes: toHex(adv[message].encode(value)) };
  });
}

function toRecord({ privateKey, identityKey, linkingSecret }: Companion): RecordedCompanion {
  return {
    privateKey: toHex(privateKey),
    identityKey: toHex(identityKey),
    linkingSecret: toHex(linkingSecret),
  };
}
