/** What can happen in the story: for the printer, for `--json`, and for the verdict. */
import type { Address, Envelope } from 'polyratchet';
import type { SecurityCodeComparison, SecurityNotice } from 'polyratchet/securitycode';

/** One device's copy of a message on its way. */
export interface Copy {
  readonly to: Address;
  readonly type: Envelope['type'];
  readonly bytes: number;
}

/** What the server lied, and what came of it. */
export interface Lied {
  /** What it did. */
  readonly lie: string;
  /** What the devices made of it. */
  readonly answer: string;
  readonly isCaught: boolean;
}

/** One thing that happened. Times are in milliseconds; devices are addresses, or names where they have none yet. */
export type Event =
  | { readonly kind: 'scene'; readonly title: string }
  | { readonly kind: 'step'; readonly by: string; readonly what: string; readonly ms?: number }
  | { readonly kind: 'qr'; readonly by: string; readonly characters: number; readonly drawing: string }
  | { readonly kind: 'code'; readonly by: string; readonly code: string }
  | {
      readonly kind: 'compared';
      readonly screens: readonly { readonly on: Address; readonly groups: readonly string[] }[];
      readonly scans: readonly { readonly by: Address; readonly result: SecurityCodeComparison['kind'] }[];
      readonly ms: number;
    }
  | {
      readonly kind: 'notice';
      readonly on: Address;
      readonly about: Address;
      readonly added: number;
      readonly notice: SecurityNotice;
    }
  | {
      readonly kind: 'sent';
      readonly from: Address;
      readonly text: string;
      readonly length: number;
      readonly copies: readonly Copy[];
      readonly ms: number;
    }
  | {
      readonly kind: 'shown';
      readonly on: Address;
      readonly chat: 'incoming' | 'outgoing' | 'group';
      readonly text: string;
    }
  | ({ readonly kind: 'lied' } & Lied)
  | { readonly kind: 'check'; readonly what: string; readonly holds: boolean };

/** Names for people, and the devices behind them. */
export const NAMES: ReadonlyMap<Address, string> = new Map([
  ['alice@example.org', 'Alice’s phone'],
  ['alice:1@example.org', 'Alice’s laptop'],
  ['alice:2@example.org', 'Alice’s tablet'],
  ['bob@example.org', 'Bob’s phone'],
  ['bob:1@example.org', 'Bob’s laptop'],
  ['carol@example.org', 'Carol’s phone'],
  ['carol:1@example.org', 'Carol’s laptop'],
]);

/** The messages of one device. */
export interface Tally {
  readonly device: Address;
  /** How many it should have shown. */
  readonly expected: number;
  /** How many of them it has shown, byte for byte. */
  readonly exact: number;
  /** How many it has shown that nobody sent, or twice. */
  readonly wrong: number;
}

/** The events, and for each device the messages that it should have shown and those that it has. */
export interface Outcome {
  readonly events: readonly Event[];
  readonly devices: readonly Tally[];
  /** Whether every check held, every lie was caught, and every device has shown what it should, and nothing else. */
  readonly complete: boolean;
}

/** Whether a device has shown everything, and nothing else. */
export function isRight({ expected, exact, wrong }: Tally): boolean {
  return exact === expected && wrong === 0;
}

/** A result, and how many milliseconds it took. */
export async function timed<Value>(work: () => Promise<Value>): Promise<{ value: Value; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}
