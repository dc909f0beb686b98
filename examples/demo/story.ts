/**
 * The story: Alice and Bob register their phones, compare one code, and link a laptop and a tablet, and a laptop. Then they
 * talk; one laptop is offline for a while, messages overtake each other, and somebody tampers with one.
 */
import type { Address } from 'polyratchet';
import type { AcceptedDevices, ClientType } from 'polyratchet/devices';
import { PRE_KEYS, type Device } from './device.js';
import type { Outcome } from './events.js';
import { linkByCode, linkByQr, type Linking } from './linking.js';
import { Phone } from './phone.js';
import { createStage, type Stage } from './stage.js';
import { addStranger, codeOn, compare, learn, noticeOf } from './trust.js';

const ALICE = 'alice@example.org';
const BOB = 'bob@example.org';
const STRANGER = 'alice:3@example.org';

interface Phones {
  readonly alicePhone: Phone;
  readonly bobPhone: Phone;
}

interface Cast extends Phones {
  readonly aliceLaptop: Device;
  readonly aliceTablet: Device;
  readonly bobLaptop: Device;
}

/** Plays the story with a message of the user's. */
export async function play(message: Uint8Array): Promise<Outcome> {
  const stage = createStage();
  const phones = await register(stage);
  const before = await meet(stage, phones);
  const cast = await link(stage, phones);
  await spread(stage, cast);
  compareAgain(stage, cast, before);
  await lie(stage, cast);
  await talk(stage, cast, message);
  stage.check('nothing was ever sent to the stranger', stage.server.waiting(STRANGER) === 0);
  return stage.verdict();
}

async function register(stage: Stage): Promise<Phones> {
  stage.scene('Two phones register');
  const registered = async (account: Address): Promise<Phone> => {
    const start = performance.now();
    const phone = new Phone(account, stage.server);
    await phone.register();
    const us = (performance.now() - start) * 1000;
    stage.tell({ kind: 'registered', device: phone.address, preKeys: PRE_KEYS, us });
    stage.join(phone);
    return phone;
  };
  return { alicePhone: await registered(ALICE), bobPhone: await registered(BOB) };
}

/** What the two people’s phones know of each other, and the code over it. */
interface Known {
  readonly onAlicePhone: AcceptedDevices;
  readonly onBobPhone: AcceptedDevices;
  readonly digits: string;
}

async function meet(stage: Stage, { alicePhone, bobPhone }: Phones): Promise<Known> {
  stage.scene('Alice and Bob meet, and compare: 60 digits read out, and each scans the other’s QR code');
  for (const phone of [alicePhone, bobPhone]) await learn(phone, phone.account);
  const { accepted: onAlicePhone } = await learn(alicePhone, BOB);
  const { accepted: onBobPhone } = await learn(bobPhone, ALICE);
  const { event, digits, match } = compare(alicePhone, bobPhone);
  stage.tell(event);
  stage.check('the code is the same on both screens', match);
  return { onAlicePhone, onBobPhone, digits };
}

async function link(stage: Stage, { alicePhone, bobPhone }: Phones): Promise<Cast> {
  const { server, tell } = stage;
  const labelled = (phone: Phone, clientType: ClientType, name: string, platform: string): Linking => {
    return { phone, server, tell, labels: { clientType, name, platform } };
  };
  stage.scene('Alice links a laptop: it shows a QR code, which never goes through the server');
  const aliceLaptop = await linkByQr(labelled(alicePhone, 'firefox', 'Alice’s laptop', 'Linux'));
  stage.scene('Alice links a tablet: it shows eight characters, which she types into her phone');
  const aliceTablet = await linkByCode(labelled(alicePhone, 'android-tablet', 'Alice’s tablet', 'Android'));
  stage.scene('Bob links a laptop by QR code');
  const bobLaptop = await linkByQr(labelled(bobPhone, 'electron', 'Bob’s laptop', 'macOS'));
  for (const device of [aliceLaptop, aliceTablet, bobLaptop]) stage.join(device);
  return { alicePhone, aliceLaptop, aliceTablet, bobPhone, bobLaptop };
}

async function spread(stage: Stage, cast: Cast): Promise<void> {
  const devices = devicesOf(cast);
  stage.scene('The lists are fetched and merged: every device checks what the phones have signed');
  for (const device of devices) {
    for (const account of [ALICE, BOB]) stage.tell((await learn(device, account)).event);
  }
  const all = devices.map(({ address }) => address).join();
  const acceptedBy = (device: Device): string =>
    [ALICE, BOB].flatMap((account) => device.accepted(account).devices.map(({ address }) => address)).join();
  stage.check(
    'each of the five devices accepts these five',
    devices.every((device) => acceptedBy(device) === all),
  );
}

function compareAgain(stage: Stage, cast: Cast, before: Known): void {
  const { alicePhone, bobPhone } = cast;
  stage.scene('The code has changed; nobody needs to compare again, and whoever does sees that all is well');
  const notices = [
    { on: bobPhone, about: 'Alice', notice: noticeOf(before.onBobPhone, bobPhone.accepted(ALICE)) },
    { on: alicePhone, about: 'Bob', notice: noticeOf(before.onAlicePhone, alicePhone.accepted(BOB)) },
  ];
  for (const { on, about, notice } of notices) stage.tell({ kind: 'notice', on: on.address, about, notice });
  stage.check(
    'a code that changed, and nothing to compare: the same two phones vouch for everything',
    notices.every(({ notice }) => notice.kind === 'code-changed' && !notice.compare),
  );
  const { event, digits, match } = compare(alicePhone, bobPhone);
  stage.tell(event);
  stage.check(
    'it is another code than before, and again the same on both phones',
    match && digits !== before.digits,
  );
  const screens = devicesOf(cast).map(
    (device) => codeOn(device, device.account === ALICE ? BOB : ALICE).digits,
  );
  stage.check(
    'and on all five screens',
    screens.every((screen) => screen === digits),
  );
}

async function lie(stage: Stage, { alicePhone, bobPhone }: Cast): Promise<void> {
  stage.scene('The server lies: it adds a device to Alice’s account that her phone has not signed');
  const before = compare(alicePhone, bobPhone).digits;
  const { accepted, event } = await learn(bobPhone, ALICE, await addStranger(stage.server, STRANGER));
  stage.tell(event);
  const [left] = accepted.excluded;
  stage.check(
    'Bob’s phone leaves it out, and says why',
    accepted.devices.length === 3 && left?.address === STRANGER && left.why === 'invalid-signature',
  );
  const { digits, match } = compare(alicePhone, bobPhone);
  stage.check('the code is what it was', match && digits === before);
}

async function talk(stage: Stage, cast: Cast, message: Uint8Array): Promise<void> {
  const { alicePhone, aliceLaptop, aliceTablet, bobPhone, bobLaptop } = cast;
  const online = [alicePhone, aliceLaptop, aliceTablet, bobPhone];

  stage.scene('Alice’s phone writes; Bob’s laptop is offline');
  await stage.say(alicePhone, message, BOB);
  for (const device of online) await stage.deliver(device);

  stage.scene('Bob answers on his phone: a new ratchet key, and no more prekey messages');
  await stage.say(bobPhone, text('Got it. On all your devices?'), ALICE);
  for (const device of online) await stage.deliver(device);

  stage.scene('Alice’s laptop writes three at once; the last one overtakes the others');
  for (const line of ['One.', 'Two.', 'Three.']) await stage.say(aliceLaptop, text(line), BOB);
  for (const device of online) await stage.deliver(device, (envelopes) => envelopes.reverse());

  stage.scene('Somebody tampers with a message to Bob’s phone; the real one still arrives');
  await stage.say(aliceTablet, text('Trust nobody in between.'), BOB);
  await stage.tamper(bobPhone);
  for (const device of online) await stage.deliver(device);

  stage.scene('Bob’s laptop comes back and finds its mail, newest first');
  stage.waiting(bobLaptop);
  await stage.deliver(bobLaptop, (envelopes) => envelopes.reverse());
  await stage.say(bobLaptop, text('I am back, and nothing is missing.'), ALICE);
  for (const device of online) await stage.deliver(device);
}

/** Alice's in the order of their numbers, then Bob's. */
function devicesOf({ alicePhone, aliceLaptop, aliceTablet, bobPhone, bobLaptop }: Cast): readonly Device[] {
  return [alicePhone, aliceLaptop, aliceTablet, bobPhone, bobLaptop];
}

function text(line: string): Uint8Array {
  return new TextEncoder().encode(line);
}
