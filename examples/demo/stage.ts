/** Where the story is played: devices come, speak and listen, and everything that happens is written down. */
import type { Address, Envelope } from 'polyratchet';
import { PolyratchetError } from 'polyratchet/errors';
import { createMemoryServer, type MemoryServer } from 'polyratchet/memory';
import type { Device } from './device.js';
import { isRight, type Event, type Outcome, type Tally } from './events.js';
import { describePlan } from './plan.js';

/** The stage with its server. */
export interface Stage {
  readonly server: MemoryServer;
  readonly tell: (event: Event) => void;
  readonly scene: (title: string) => void;
  /** Writes down whether something is as it should be. */
  readonly check: (what: string, holds: boolean) => void;
  /** From now on the device should get every message. */
  readonly join: (device: Device) => void;
  readonly say: (from: Device, plaintext: Uint8Array, to: Address) => Promise<void>;
  /** Opens a device's mail, in the order that is asked for. */
  readonly deliver: (to: Device, order?: (envelopes: Envelope[]) => Envelope[]) => Promise<void>;
  /** Flips a bit in the first envelope that waits. */
  readonly tamper: (at: Device) => Promise<void>;
  readonly waiting: (device: Device) => void;
  readonly verdict: () => Outcome;
}

/** An empty stage. */
export function createStage(): Stage {
  const server = createMemoryServer();
  const events: Event[] = [];
  const expected = new Map<Address, string[]>();
  const got = new Map<Address, string[]>();
  let sends = 0;
  const tell = (event: Event): void => {
    events.push(event);
  };

  return {
    server,
    tell,
    scene: (title) => {
      tell({ kind: 'scene', title });
    },
    check: (what, holds) => {
      tell({ kind: 'check', what, holds });
    },
    join: ({ address }) => {
      expected.set(address, []);
      got.set(address, []);
    },
    say: async (from, plaintext, to) => {
      sends++;
      const { plan, sent, us } = await from.send(`send-${sends}`, plaintext, to);
      if (sends === 1) tell({ kind: 'planned', lines: describePlan(plan) });
      for (const [address, messages] of expected) {
        if (address !== from.address) messages.push(content(plaintext));
      }
      const length = plaintext.length;
      tell({ kind: 'sent', from: from.address, text: preview(plaintext), length, copies: sent, us });
    },
    deliver: async (to, order = (envelopes) => envelopes) => {
      for (const envelope of order(await to.collect(server.waiting(to.address)))) {
        const { plaintext, ...received } = await to.open(envelope);
        got.get(to.address)?.push(content(plaintext));
        tell({ kind: 'received', by: to.address, text: preview(plaintext), ...received });
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
        tell({ kind: 'rejected', by: at.address, from: envelope.from, code: error.code });
      }
    },
    waiting: ({ address }) => {
      tell({ kind: 'waiting', device: address, envelopes: server.waiting(address) });
    },
    verdict: () => {
      const devices = [...expected].map(([device, messages]) =>
        count(device, messages, got.get(device) ?? []),
      );
      const holds = events.every((event) => event.kind !== 'check' || event.holds);
      return { events, devices, complete: holds && devices.every(isRight) };
    },
  };
}

/** Compares as multisets: order is not promised, exactly once is. */
function count(device: Address, expected: readonly string[], got: readonly string[]): Tally {
  const rest = [...got];
  const exact = expected.filter((message) => {
    const index = rest.indexOf(message);
    if (index >= 0) rest.splice(index, 1);
    return index >= 0;
  }).length;
  return { device, expected: expected.length, exact, wrong: rest.length };
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
