/**
 * The story: Alice (phone, laptop) and Bob (phone, tablet, desktop) talk; the desktop is offline for a while, messages
 * overtake each other, and somebody tampers with one.
 */
import type { Address, Envelope } from 'polyratchet';
import { PolyratchetError } from 'polyratchet/errors';
import { createMemoryServer, type MemoryServer } from 'polyratchet/memory';
import { Device, type Received, type Sent } from './device.js';

/** What happened, in order: for the printer, for `--json`, and for the verdict. */
export type Event =
  | { readonly kind: 'scene'; readonly title: string }
  | {
      readonly kind: 'sent';
      readonly from: Address;
      readonly text: string;
      readonly length: number;
      readonly copies: readonly Sent[];
      readonly us: number;
    }
  | ({ readonly kind: 'received'; readonly by: Address; readonly text: string } & Omit<Received, 'plaintext'>)
  | { readonly kind: 'rejected'; readonly by: Address; readonly from: Address; readonly code: string }
  | { readonly kind: 'waiting'; readonly device: Address; readonly envelopes: number };

/** Names for people, and the devices behind them. */
export const NAMES: ReadonlyMap<Address, string> = new Map([
  ['alice@example.org', "Alice's phone"],
  ['alice:1@example.org', "Alice's laptop"],
  ['bob@example.org', "Bob's phone"],
  ['bob:1@example.org', "Bob's tablet"],
  ['bob:2@example.org', "Bob's desktop"],
]);

/** The messages of one device. */
export interface Tally {
  readonly device: Address;
  /** How many it should have got. */
  readonly expected: number;
  /** How many of them it got, byte for byte. */
  readonly exact: number;
  /** How many it got that nobody sent, or twice. */
  readonly wrong: number;
}

/** The events, and for each device the messages it should have got and those it got. */
export interface Outcome {
  readonly events: readonly Event[];
  readonly devices: readonly Tally[];
  /** Whether every device got every message, each exactly once and byte for byte. */
  readonly complete: boolean;
}

/** Plays the story with a message of the user's. */
export async function play(message: Uint8Array): Promise<Outcome> {
  const stage = await setUp();
  const { alicePhone, aliceLaptop, bobPhone, bobTablet, bobDesktop } = stage.cast;
  const online = [alicePhone, aliceLaptop, bobPhone, bobTablet];

  stage.scene("Alice's phone writes; Bob's desktop is offline");
  await stage.say(alicePhone, message);
  for (const device of online) await stage.deliver(device);

  stage.scene('Bob answers on his tablet: a new ratchet key, and no more prekey messages');
  await stage.say(bobTablet, text('Got it, on all my devices?'));
  for (const device of online) await stage.deliver(device);

  stage.scene("Alice's laptop writes three at once; the last one overtakes the others");
  for (const line of ['One.', 'Two.', 'Three.']) await stage.say(aliceLaptop, text(line));
  for (const device of online) await stage.deliver(device, (envelopes) => envelopes.reverse());

  stage.scene("Somebody tampers with a message to Bob's phone; the real one still arrives");
  await stage.say(alicePhone, text('Trust nobody in between.'));
  await stage.tamper(bobPhone);
  for (const device of online) await stage.deliver(device);

  stage.scene("Bob's desktop comes back and finds its mail, newest first");
  stage.waiting(bobDesktop);
  await stage.deliver(bobDesktop, (envelopes) => envelopes.reverse());
  await stage.say(bobDesktop, text('I am back, and nothing is missing.'));
  for (const device of online) await stage.deliver(device);
  return stage.verdict();
}

type Cast = Record<'alicePhone' | 'aliceLaptop' | 'bobPhone' | 'bobTablet' | 'bobDesktop', Device>;

interface Stage {
  readonly cast: Cast;
  scene(title: string): void;
  say(from: Device, plaintext: Uint8Array): Promise<void>;
  deliver(to: Device, order?: (envelopes: Envelope[]) => Envelope[]): Promise<void>;
  tamper(at: Device): Promise<void>;
  waiting(device: Device): void;
  verdict(): Outcome;
}

async function setUp(): Promise<Stage> {
  const server = createMemoryServer();
  const devices = [...NAMES.keys()].map((address) => new Device(address, server));
  for (const device of devices) await device.register();
  const [alicePhone, aliceLaptop, bobPhone, bobTablet, bobDesktop] = devices as [
    Device,
    Device,
    Device,
    Device,
    Device,
  ];
  const cast = { alicePhone, aliceLaptop, bobPhone, bobTablet, bobDesktop };
  return direct(cast, devices, server);
}

function direct(cast: Cast, devices: readonly Device[], server: MemoryServer): Stage {
  const events: Event[] = [];
  const expected = new Map<Address, string[]>(devices.map(({ address }) => [address, []]));
  const got = new Map<Address, string[]>(devices.map(({ address }) => [address, []]));
  let sends = 0;

  return {
    cast,
    scene: (title) => events.push({ kind: 'scene', title }),
    say: async (from, plaintext) => {
      const others = devices.map(({ address }) => address).filter((address) => address !== from.address);
      sends++;
      const { sent, us } = await from.send(`send-${sends}`, plaintext, others);
      for (const address of others) expected.get(address)?.push(content(plaintext));
      const length = plaintext.length;
      events.push({ kind: 'sent', from: from.address, text: preview(plaintext), length, copies: sent, us });
    },
    deliver: async (to, order = (envelopes) => envelopes) => {
      for (const envelope of order(await to.collect(server.waiting(to.address)))) {
        const { plaintext, ...received } = await to.open(envelope);
        got.get(to.address)?.push(content(plaintext));
        events.push({ kind: 'received', by: to.address, text: preview(plaintext), ...received });
      }
    },
    tamper: async (at) => {
      const [envelope] = await at.collect(1);
      if (envelope === undefined) throw new Error('there is a message to tamper with');
      const bytes = envelope.bytes.map((byte, i) => (i === envelope.bytes.length - 20 ? byte ^ 1 : byte));
      try {
        await at.open({ ...envelope, bytes });
        got.get(at.address)?.push('forged');
      } catch (error) {
        if (!PolyratchetError.is(error)) throw error;
        events.push({ kind: 'rejected', by: at.address, from: envelope.from, code: error.code });
      }
    },
    waiting: ({ address }) =>
      events.push({ kind: 'waiting', device: address, envelopes: server.waiting(address) }),
    verdict: () => judge(events, expected, got),
  };
}

/** Compares as multisets: order is not promised, exactly once is. */
function judge(
  events: readonly Event[],
  expected: ReadonlyMap<Address, readonly string[]>,
  got: ReadonlyMap<Address, readonly string[]>,
): Outcome {
  const devices = [...expected].map(([device, messages]): Tally => {
    const rest = [...(got.get(device) ?? [])];
    const exact = messages.filter((message) => {
      const index = rest.indexOf(message);
      if (index >= 0) rest.splice(index, 1);
      return index >= 0;
    }).length;
    return { device, expected: messages.length, exact, wrong: rest.length };
  });
  return { events, devices, complete: devices.every(isRight) };
}

/** Whether a device got everything, and nothing else. */
export function isRight({ expected, exact, wrong }: Tally): boolean {
  return exact === expected && wrong === 0;
}

function text(line: string): Uint8Array {
  return new TextEncoder().encode(line);
}

function content(plaintext: Uint8Array): string {
  return Buffer.from(plaintext).toString('hex');
}

/** The beginning as text, for people; bytes that are no text show their number. */
function preview(plaintext: Uint8Array): string {
  try {
    const line = new TextDecoder('utf-8', { fatal: true }).decode(plaintext).replaceAll(/\s+/g, ' ');
    return line.length > 60 ? `${line.slice(0, 59)}…` : line;
  } catch {
    return `${plaintext.length} bytes`;
  }
}
