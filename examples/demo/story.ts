/**
 * The story: Alice and Bob register their phones, compare one code, link a laptop and a tablet, and a laptop, and talk, her
 * phone on or off. The server tells every lie that it knows. A tablet is left on a train. A process dies in the middle of a
 * sentence. Carol comes into a group, and is removed from it.
 */
import { accountOf, PolyratchetError } from 'polyratchet';
import { codeOn, compare } from './comparing.js';
import type { Device } from './device.js';
import { timed, type Outcome } from './events.js';
import { groupScene } from './groups.js';
import { tellLies } from './lying.js';
import { linkByCode, linkByQr } from './linking.js';
import { createStage, type Stage } from './stage.js';
import { until } from './wait.js';
import type { Break } from './wire.js';

const ALICE = 'alice@example.org';
const BOB = 'bob@example.org';

/** Who plays. */
interface Cast {
  readonly alicePhone: Device;
  readonly aliceLaptop: Device;
  readonly aliceTablet: Device;
  readonly bobPhone: Device;
  readonly bobLaptop: Device;
}

/** Plays the story with a message of the user’s. */
export async function play(message: Uint8Array): Promise<Outcome> {
  const stage = createStage();
  const cast: Cast = {
    alicePhone: stage.buy('Alice’s phone'),
    aliceLaptop: stage.buy('Alice’s laptop'),
    aliceTablet: stage.buy('Alice’s tablet'),
    bobPhone: stage.buy('Bob’s phone'),
    bobLaptop: stage.buy('Bob’s laptop'),
  };
  let carols: readonly Device[] = [];
  try {
    await register(stage, cast);
    const digits = await meet(stage, cast);
    await link(stage, cast);
    await talk(stage, cast, message);
    await compareAgain(stage, cast, digits);
    await talkWithoutPhone(stage, cast);
    await tellLies(stage);
    await loseTablet(stage, cast);
    await dieWhileSending(stage, cast, 'on-the-way-there');
    await dieWhileSending(stage, cast, 'on-the-way-back');
    carols = await groupScene(stage, cast);
    lookBack(stage);
  } finally {
    await Promise.all([...all(cast), ...carols].map((device) => device.switchOff()));
  }
  return stage.verdict();
}

async function register(stage: Stage, { alicePhone, bobPhone }: Cast): Promise<void> {
  stage.scene('Two phones register');
  for (const [phone, account] of [
    [alicePhone, ALICE],
    [bobPhone, BOB],
  ] as const) {
    const { ms } = await timed(() => phone.register(account));
    const preKeys = stage.server.oneTimePreKeys(account);
    const what = `has an identity key, ${preKeys} one-time prekeys, and a signed list of one device`;
    stage.tell({ kind: 'step', by: account, what, ms });
    stage.join(phone);
  }
}

async function meet(stage: Stage, { alicePhone, bobPhone }: Cast): Promise<string> {
  stage.scene('Alice and Bob meet, and compare: 60 digits read out, and each scans the other’s QR code');
  const { digits, isMatch } = await compare(stage, alicePhone, bobPhone);
  stage.check('the code is the same on both screens', isMatch);
  return digits;
}

async function link(stage: Stage, cast: Cast): Promise<void> {
  const { alicePhone, aliceLaptop, aliceTablet, bobPhone, bobLaptop } = cast;
  stage.scene('Alice links a laptop: it shows a QR code, which never goes through the server');
  await linkByQr(stage, {
    phone: alicePhone,
    companion: aliceLaptop,
    clientType: 'firefox',
    platform: 'Linux',
  });
  stage.scene('Alice links a tablet: it shows eight characters, which she types into her phone');
  await linkByCode(stage, {
    phone: alicePhone,
    companion: aliceTablet,
    clientType: 'android-tablet',
    platform: 'Android',
  });
  stage.scene('Bob links a laptop by code');
  await linkByCode(stage, {
    phone: bobPhone,
    companion: bobLaptop,
    clientType: 'electron',
    platform: 'macOS',
  });
}

async function talk(stage: Stage, cast: Cast, message: Uint8Array): Promise<void> {
  const { alicePhone, aliceLaptop, bobPhone } = cast;
  stage.scene('Alice’s phone writes: one message, a copy for each device of both');
  await stage.say(alicePhone, message, BOB);
  await stage.settle(...all(cast));
  stage.scene('Bob answers on his phone');
  await stage.say(bobPhone, text('Got it. On all your devices?'), ALICE);
  await stage.settle(...all(cast));
  stage.scene('Three at once from Alice’s laptop');
  await Promise.all(['One.', 'Two.', 'Three.'].map((line) => stage.say(aliceLaptop, text(line), BOB)));
  await stage.settle(...all(cast));
}

async function compareAgain(stage: Stage, cast: Cast, before: string): Promise<void> {
  const { alicePhone, bobPhone } = cast;
  stage.scene('The code has changed; nobody needs to compare again, and whoever does sees that all is well');
  const notices = [alicePhone, bobPhone].flatMap((on) =>
    on
      .heard('devices-changed')
      .filter(({ account }) => account !== on.address)
      .map(({ account, added, notice }) => ({ on: on.address, about: account, added: added.length, notice })),
  );
  for (const notice of notices) stage.tell({ kind: 'notice', ...notice });
  stage.check(
    'a code that changed, and nothing to compare: the same two phones vouch for everything',
    notices.length > 0 && notices.every(({ notice }) => notice.kind === 'code-changed' && !notice.compare),
  );
  const { digits, isMatch } = await compare(stage, alicePhone, bobPhone);
  stage.check(
    'it is another code than before, and again the same on both phones',
    isMatch && digits !== before,
  );
  const screens = await Promise.all(
    all(cast).map((device) => codeOn(device, accountOf(device.address) === ALICE ? bobPhone : alicePhone)),
  );
  stage.check(
    'and on all five screens',
    screens.every((screen) => screen.digits === digits),
  );
}

async function talkWithoutPhone(stage: Stage, cast: Cast): Promise<void> {
  const { alicePhone, aliceLaptop, aliceTablet, bobPhone, bobLaptop } = cast;
  const others = [aliceLaptop, aliceTablet, bobPhone, bobLaptop];
  stage.scene('Alice’s phone is switched off; her other devices need it for nothing');
  await alicePhone.switchOff();
  await stage.say(bobLaptop, text('Are you still there?'), ALICE);
  await stage.settle(...others);
  await stage.say(aliceTablet, text('With the tablet, in the bath.'), BOB);
  await stage.settle(...others);
  stage.scene('It is switched on again, and finds its mail');
  const waiting = stage.server.waiting(alicePhone.address);
  stage.tell({
    kind: 'step',
    by: alicePhone.address,
    what: `has ${waiting} envelopes waiting at the server`,
  });
  await alicePhone.switchOn();
  await stage.settle(alicePhone);
}

async function loseTablet(stage: Stage, cast: Cast): Promise<void> {
  const { alicePhone, aliceLaptop, aliceTablet, bobPhone, bobLaptop } = cast;
  stage.scene('Alice leaves her tablet on a train, and logs it out with her phone');
  const { address } = aliceTablet;
  const records = aliceTablet.store.size();
  await alicePhone.client.unlink(address);
  stage.leave(aliceTablet);
  await until('the tablet has logged itself out', () => aliceTablet.heard('logged-out').length > 0);
  const what = `sees it in the list that her phone has signed, and erases its ${records} records`;
  stage.tell({ kind: 'step', by: address, what });
  stage.check('nothing is left on it', aliceTablet.store.size() === 0);
  const before = stage.wire.seen().length;
  await stage.say(alicePhone, text('Tablet gone, all well.'), BOB);
  await stage.settle(aliceLaptop, bobPhone, bobLaptop);
  await stage.say(bobLaptop, text('Poor tablet.'), ALICE);
  await stage.settle(alicePhone, aliceLaptop, bobPhone);
  const after = stage.wire.seen().slice(before);
  stage.check('nobody encrypts for it any more', !after.some(({ to }) => to === address));
}

const WHERE: Readonly<Record<Break, { readonly title: string; readonly text: string }>> = {
  'on-the-way-there': {
    title: 'Bob’s laptop is killed in the middle of a send: it is written, and nobody has it',
    text: 'Train or bath, it is in good',
  },
  'on-the-way-back': {
    title: 'It is killed once more: the server has everything, and the laptop does not know',
    text: 'hands now. Goodnight!',
  },
};

async function dieWhileSending(stage: Stage, cast: Cast, where: Break): Promise<void> {
  const { alicePhone, aliceLaptop, bobPhone, bobLaptop } = cast;
  const { title, text: line } = WHERE[where];
  const message = { to: ALICE, body: text(line), id: where };
  stage.scene(title);
  const broken = stage.wire.breakNextSend(bobLaptop.address, where);
  stage.expect(bobLaptop, message.body, message.to);
  bobLaptop.client.send(message).catch(unlessDead);
  const giveUp = await broken;
  const disk = bobLaptop.store.snapshot();
  giveUp();
  stage.tell({ kind: 'step', by: bobLaptop.address, what: 'is killed, and starts again from its store' });
  await bobLaptop.dieAndGoOn(disk);
  const again = await bobLaptop.client.send(message);
  const what = `is asked once more to send “${line}”: ${again.kind}, nothing was encrypted again`;
  stage.tell({ kind: 'step', by: bobLaptop.address, what });
  await stage.settle(alicePhone, aliceLaptop, bobPhone);
  stage.check(
    'it has arrived once on each device',
    again.devices.length === 0 &&
      [alicePhone, aliceLaptop, bobPhone].every(
        ({ screen }) => screen.filter(({ id }) => id === where).length === 1,
      ),
  );
}

function unlessDead(error: unknown): void {
  if (!PolyratchetError.is(error, 'closed')) throw error;
}

/** Anything shorter may stand in random bytes by chance. */
const SHORTEST_PHRASE = 9;

function lookBack({ scene, check, wire, said }: Stage): void {
  const envelopes = wire.seen();
  scene(`What the server has seen: ${envelopes.length} envelopes`);
  const phrases = said().filter(({ length }) => length >= SHORTEST_PHRASE);
  const isReadable = envelopes.some(({ bytes }) =>
    phrases.some((phrase) => Buffer.from(bytes).includes(Buffer.from(phrase))),
  );
  check('nothing that was said can be read in them', phrases.length > 0 && !isReadable);
  const addressees = new Set(envelopes.map(({ to }) => to));
  check('all are for these seven devices', addressees.size === 7);
}

/** Alice’s in the order of their numbers, then Bob’s. */
function all({ alicePhone, aliceLaptop, aliceTablet, bobPhone, bobLaptop }: Cast): readonly Device[] {
  return [alicePhone, aliceLaptop, aliceTablet, bobPhone, bobLaptop];
}

function text(line: string): Uint8Array {
  return new TextEncoder().encode(line);
}
