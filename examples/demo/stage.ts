/** Where the story is played: devices come, speak and listen, and everything that happens is written down. */
import { accountOf, type Address, type Envelope, type ReceivedMessage } from 'polyratchet';
import { createLyingServer, type LyingServer } from 'polyratchet/memory';
import { Device } from './device.js';
import { isRight, timed, type Copy, type Event, type Outcome, type Tally } from './events.js';
import { until } from './wait.js';
import { createWire, type Wire } from './wire.js';

/** The stage with its server. */
export interface Stage {
  readonly server: LyingServer;
  readonly wire: Wire;
  readonly tell: (event: Event) => void;
  readonly scene: (title: string) => void;
  /** Writes down whether something is as it should be. */
  readonly check: (what: string, holds: boolean) => void;
  /** Somebody buys a device. */
  readonly buy: (name: string) => Device;
  /** From now on the device should show every message to its account, and every one that its account sends elsewhere. */
  readonly join: (device: Device) => void;
  /** From now on it should show nothing more. */
  readonly leave: (device: Device) => void;
  /** A device sends a message. */
  readonly say: (from: Device, body: Uint8Array, to: Address) => Promise<void>;
  /** A message is sent, in whatever way: the devices that should show it are noted. */
  readonly expect: (from: Device, body: Uint8Array, ...to: readonly Address[]) => void;
  /** Waits until devices have shown what they should. */
  readonly settle: (...devices: readonly Device[]) => Promise<void>;
  /** What was said by anybody. */
  readonly said: () => readonly Uint8Array[];
  readonly verdict: () => Outcome;
}

/** A device, and the messages that it should show. */
interface Member {
  readonly device: Device;
  readonly expected: string[];
  isHere: boolean;
}

/** An empty stage. */
export function createStage(): Stage {
  const server = createLyingServer();
  const wire = createWire(server);
  const events: Event[] = [];
  const members = new Map<Address, Member>();
  const said: Uint8Array[] = [];

  const tell = (event: Event): void => {
    events.push(event);
  };
  const shows = ({ address }: Device, { chat, body }: ReceivedMessage): void => {
    tell({ kind: 'shown', on: address, chat: chat.kind, text: preview(body) });
  };
  const expect = (from: Device, body: Uint8Array, ...to: readonly Address[]): void => {
    said.push(body);
    for (const { device, expected, isHere } of members.values()) {
      const isConcerned = [...to, accountOf(from.address)].includes(accountOf(device.address));
      if (isHere && isConcerned && device !== from) expected.push(content(body));
    }
  };

  return {
    server,
    wire,
    tell,
    scene: (title) => {
      tell({ kind: 'scene', title });
    },
    check: (what, holds) => {
      tell({ kind: 'check', what, holds });
    },
    buy: (name) => new Device({ name, server: wire, shows }),
    join: (device) => {
      members.set(device.address, { device, expected: [], isHere: true });
    },
    leave: ({ address }) => {
      const member = members.get(address);
      if (member !== undefined) member.isHere = false;
    },
    say: async (from, body, to) => {
      expect(from, body, to);
      const id = `message-${said.length}`;
      const { address } = from;
      const sending = { kind: 'sent', from: address, text: preview(body), length: body.length } as const;
      const place = events.push({ ...sending, copies: [], ms: 0 }) - 1; // before it is shown anywhere
      const { ms } = await timed(() => from.client.send({ to, body, id }));
      const copies = wire.seen().filter((envelope) => envelope.id === id);
      events[place] = { ...sending, copies: copies.map(copyOf), ms };
    },
    expect,
    settle: async (...devices) => {
      for (const { address, name, screen } of devices) {
        const count = members.get(address)?.expected.length ?? 0;
        await until(`${name} has shown ${count} messages`, () => screen.length >= count);
      }
    },
    said: () => said,
    verdict: () => {
      const devices = [...members.values()].map(countShown);
      const holds = events.every(
        (event) => (event.kind !== 'check' || event.holds) && (event.kind !== 'lied' || event.isCaught),
      );
      return { events, devices, complete: holds && devices.every(isRight) };
    },
  };
}

function copyOf({ to, type, bytes }: Envelope): Copy {
  return { to, type, bytes: bytes.length };
}

/** Compares as multisets: order is not promised, exactly once is. */
function countShown({ device: { address, screen }, expected }: Member): Tally {
  const rest = screen.map(({ body }) => content(body));
  const exact = expected.filter((message) => {
    const index = rest.indexOf(message);
    if (index >= 0) rest.splice(index, 1);
    return index >= 0;
  }).length;
  return { device: address, expected: expected.length, exact, wrong: rest.length };
}

function content(body: Uint8Array): string {
  return Buffer.from(body).toString('hex');
}

/** The beginning as text, for people; bytes that are no text show their number. */
function preview(body: Uint8Array): string {
  try {
    const line = new TextDecoder('utf-8', { fatal: true }).decode(body).replaceAll(/\s+/g, ' ');
    return line.length > 60 ? `${line.slice(0, 59)}…` : line;
  } catch {
    return `${body.length} bytes`;
  }
}
