/** How a phone links a companion: by QR code, or by a code of eight characters. */
import { systemRandom as random } from 'polyratchet';
import {
  acceptCodeLink,
  answerCodeLink,
  completeLink,
  createLinkOffer,
  finishCodeLink,
  offerCodeLink,
  parseLinkQr,
  startCodeLink,
  type CompanionLabels,
  type LinkOffer,
  type LinkRequest,
} from 'polyratchet/devices';
import { generateIdentity, type Identity } from 'polyratchet/identity';
import type { MemoryLinkingConnection, MemoryServer } from 'polyratchet/memory';
import { scan, show } from './camera.js';
import { Device } from './device.js';
import { timed, type Event } from './events.js';
import type { Phone } from './phone.js';

/** Who is linked to whom, and who hears of it. */
export interface Linking {
  readonly phone: Phone;
  readonly server: MemoryServer;
  readonly labels: CompanionLabels;
  readonly tell: (event: Event) => void;
}

/** A companion on its way. */
interface Companion {
  readonly identity: Identity;
  readonly connection: MemoryLinkingConnection;
}

/** The companion shows a QR code; the phone scans it. */
export async function linkByQr({ phone, server, labels, tell }: Linking): Promise<Device> {
  const companion = arrive(server);
  const ref = await companion.connection.offerLink(labels);
  const noiseKey = random(32); // in real life: the public key of the transport
  const { identity } = companion;
  const { offer, qr } = createLinkOffer({ ...labels, identity, noiseKey, ref, random, now: Date.now() });
  const picture = show(new TextEncoder().encode(qr));
  tell({ kind: 'qr', by: labels.name, characters: qr.length, drawing: picture.drawing });
  const { value: scanned, us } = timed(() => new TextDecoder().decode(scan(picture)));
  tell({ kind: 'step', by: phone.address, what: 'scans it with its camera', us });
  return finish({ phone, server, labels, tell }, companion, { offer, request: parseLinkQr(scanned) });
}

/** The companion shows eight characters; the person types them into the phone. */
export async function linkByCode({ phone, server, labels, tell }: Linking): Promise<Device> {
  const { identity, connection } = arrive(server);
  const by = labels.name;
  const noiseKey = random(32);
  const started = timed(() => startCodeLink({ ...labels, noiseKey, random, now: Date.now() }));
  const { link, code, hello } = started.value;
  const ref = await connection.offerLink({ ...labels, code: { account: phone.account, ...hello } });
  const offered = offerCodeLink({ link, ref });
  tell({ kind: 'code', by, code });
  tell({ kind: 'step', by, what: 'hides a fresh key under the code', us: started.us });

  const [asked] = await phone.connection.fetchLinkOffers();
  const typed = code.toLowerCase();
  const answered = timed(() =>
    answerCodeLink({
      identity: phone.identity,
      code: typed,
      hello: expectStep(asked?.hello),
      random,
      now: Date.now(),
    }),
  );
  await phone.connection.answerLink(answered.value.hello);
  tell({ kind: 'step', by: phone.address, what: `answers once “${typed}” is typed`, us: answered.us });

  const { answer } = await connection.fetchLink(ref);
  const finished = timed(() =>
    finishCodeLink({ link: offered, identity, hello: expectStep(answer), random, now: Date.now() }),
  );
  await connection.finishLink(finished.value.finish);
  tell({ kind: 'step', by, what: 'seals both identities', us: finished.us });

  const exchange = await phone.connection.fetchLink(ref);
  const accepted = timed(() =>
    acceptCodeLink({
      link: answered.value.link,
      identity: phone.identity,
      finish: expectStep(exchange.finish),
      now: Date.now(),
    }),
  );
  tell({ kind: 'step', by: phone.address, what: 'sees that the right code was typed', us: accepted.us });
  const agreed = { offer: finished.value.offer, request: accepted.value.request };
  return finish({ phone, server, labels, tell }, { identity, connection }, agreed);
}

/** What both ways end with: the phone approves, the companion verifies and signs, the phone publishes its list. */
async function finish(
  { phone, server, labels, tell }: Linking,
  { identity, connection }: Companion,
  { offer, request }: { offer: LinkOffer; request: LinkRequest },
): Promise<Device> {
  const { ref } = request;
  const start = performance.now();
  const { container, keyIndex } = await phone.approve(request);
  await phone.connection.approveLink({ ref, container });
  const us = (performance.now() - start) * 1000;
  tell({ kind: 'step', by: phone.address, what: `asks for a finger, and signs for “${labels.name}”`, us });

  const approval = expectStep((await connection.fetchLink(ref)).approval);
  const completed = timed(() => completeLink({ offer, identity, ...approval, random, now: Date.now() }));
  const { device: linked, reply } = completed.value;
  await connection.completeLink({ ref, signedIdentity: reply });
  connection.close();
  tell({ kind: 'step', by: labels.name, what: 'verifies that, pins the phone, signs too', us: completed.us });

  const { signedIdentity } = await phone.connection.fetchLink(ref);
  await phone.confirm(keyIndex, linked.address, expectStep(signedIdentity));
  const device = new Device({ ...linked, identity, server });
  await device.publishKeys();
  return device;
}

function arrive(server: MemoryServer): Companion {
  return { identity: generateIdentity(random), connection: server.connectUnlinked() };
}

function expectStep<Step>(step: Step | undefined): Step {
  if (step === undefined) throw new Error('the other end has not come so far');
  return step;
}
