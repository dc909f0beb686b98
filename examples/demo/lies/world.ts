/** A small world to lie to: Alice’s phone and laptop, Bob’s phone, and a server. Each lie has one of its own. */
import type { Address, ClientEvents } from 'polyratchet';
import { createLyingServer, type LyingServer } from 'polyratchet/memory';
import { Device } from '../device.js';
import { until } from '../wait.js';
import { createWire, type Wire } from '../wire.js';

export const ALICE = 'alice@example.org';
export const LAPTOP = 'alice:1@example.org';
export const BOB = 'bob@example.org';

/** Three devices that trust no server. */
export interface World {
  readonly server: LyingServer;
  readonly wire: Wire;
  readonly alicePhone: Device;
  readonly aliceLaptop: Device;
  readonly bobPhone: Device;
  /** Another device, of nobody yet. */
  readonly buy: (name: string) => Device;
}

/** What a server does, and what becomes of it. */
export interface Trial {
  readonly lie: string;
  /** Whether Alice and Bob have written to each other before. */
  readonly haveTalked: boolean;
  /** Lies; says what the devices made of it, and throws if they were deceived. */
  readonly play: (world: World) => Promise<string>;
}

/** Plays in a world of its own. */
export async function inNewWorld({ haveTalked, play }: Trial): Promise<string> {
  const server = createLyingServer();
  const devices: Device[] = [];
  const wire = createWire(server);
  const buy = (name: string): Device => {
    const device = new Device({ name, server: wire });
    devices.push(device);
    return device;
  };
  const [alicePhone, aliceLaptop, bobPhone] = [
    buy('Alice’s phone'),
    buy('Alice’s laptop'),
    buy('Bob’s phone'),
  ];
  try {
    await alicePhone.register(ALICE);
    await bobPhone.register(BOB);
    await link(alicePhone, aliceLaptop);
    const world = { server, wire, alicePhone, aliceLaptop, bobPhone, buy };
    if (haveTalked) {
      await say(alicePhone, BOB, 'hello', bobPhone, aliceLaptop);
      await say(bobPhone, ALICE, 'hello yourself', alicePhone, aliceLaptop);
    }
    return await play(world);
  } finally {
    server.truth();
    await Promise.all(devices.map(({ client }) => client.close()));
  }
}

/** Links a companion by QR code. */
export async function link(phone: Device, companion: Device): Promise<void> {
  const { qr, linked } = await companion.client.offerLink({
    clientType: 'firefox',
    name: companion.name,
    platform: 'Linux',
  });
  await Promise.all([phone.client.approveLink({ qr, userConfirmed: consent() }), companion.join(linked)]);
}

/** A finger on the sensor. */
export function consent(): { readonly method: 'biometric'; readonly at: number } {
  return { method: 'biometric', at: Date.now() };
}

/** Sends a line, and waits until some devices show it. */
export async function say(
  from: Device,
  to: Address,
  line: string,
  ...shownBy: readonly Device[]
): Promise<void> {
  await from.client.send({ to, body: new TextEncoder().encode(line) });
  await shown(line, ...shownBy);
}

/** Waits until devices show a line. */
export async function shown(line: string, ...devices: readonly Device[]): Promise<void> {
  for (const device of devices) await until(`${device.name} shows “${line}”`, () => times(line, device) > 0);
}

/** How often a device shows a line. */
export function times(line: string, { screen }: Device): number {
  return screen.filter(({ body }) => new TextDecoder().decode(body) === line).length;
}

/** Waits for an event. */
export async function heard<Kind extends keyof ClientEvents>(
  device: Device,
  kind: Kind,
): Promise<ClientEvents[Kind]> {
  await until(`${device.name} hears of ${kind}`, () => device.heard(kind).length > 0);
  const [event] = device.heard(kind);
  if (event === undefined) throw new Error('an event that was heard is there');
  return event;
}

/** Makes a device ask for an account’s devices again: the server claims that its last message missed one. */
export async function lookAgain({ server }: World, viewer: Device, account: Address): Promise<void> {
  const missing = [account.replace('@', ':9@')];
  const end = server.lie({ kind: 'answer-send', answer: { missing }, to: [viewer.address] });
  await viewer.client.send({ to: account, body: new TextEncoder().encode('are you all there?') });
  end();
}

/** Waits until a device has taken everything that the server has for it. */
export async function mailTaken({ server }: World, { name, address }: Device): Promise<void> {
  await until(`${name} has taken its mail`, () => server.waiting(address) === 0);
}

/** Ends a trial in which somebody was deceived. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
