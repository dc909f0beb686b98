/** What can happen in the story: for the printer, for `--json`, and for the verdict. */
import type { Address } from 'polyratchet';
import type { WhyExcluded } from 'polyratchet/devices';
import type { SecurityCodeComparison, SecurityNotice } from 'polyratchet/securitycode';
import type { Received, Sent } from './device.js';

/** One thing that happened. Times are in microseconds; `by` and the like are addresses, or names where there is none yet. */
export type Event =
  | { readonly kind: 'scene'; readonly title: string }
  | { readonly kind: 'registered'; readonly device: Address; readonly preKeys: number; readonly us: number }
  | { readonly kind: 'qr'; readonly by: string; readonly characters: number; readonly drawing: string }
  | { readonly kind: 'code'; readonly by: string; readonly code: string }
  | { readonly kind: 'step'; readonly by: string; readonly what: string; readonly us: number }
  | {
      readonly kind: 'compared';
      readonly digits: readonly { readonly on: Address; readonly groups: readonly string[] }[];
      readonly scans: readonly { readonly by: Address; readonly result: SecurityCodeComparison['kind'] }[];
      readonly us: number;
    }
  | {
      readonly kind: 'merged';
      readonly by: Address;
      readonly account: Address;
      readonly accepted: readonly Address[];
      readonly excluded: readonly { readonly address: Address; readonly why: WhyExcluded }[];
      readonly us: number;
    }
  | {
      readonly kind: 'notice';
      readonly on: Address;
      readonly about: string;
      readonly notice: SecurityNotice;
    }
  | { readonly kind: 'check'; readonly what: string; readonly holds: boolean }
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
  | { readonly kind: 'planned'; readonly lines: readonly string[] }
  | { readonly kind: 'waiting'; readonly device: Address; readonly envelopes: number };

/** Names for people, and the devices behind them. */
export const NAMES: ReadonlyMap<Address, string> = new Map([
  ['alice@example.org', 'Alice’s phone'],
  ['alice:1@example.org', 'Alice’s laptop'],
  ['alice:2@example.org', 'Alice’s tablet'],
  ['alice:3@example.org', 'a stranger'],
  ['bob@example.org', 'Bob’s phone'],
  ['bob:1@example.org', 'Bob’s laptop'],
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
  /** Whether every check held, and every device got every message, each exactly once and byte for byte. */
  readonly complete: boolean;
}

/** Whether a device got everything, and nothing else. */
export function isRight({ expected, exact, wrong }: Tally): boolean {
  return exact === expected && wrong === 0;
}

/** A result, and how many microseconds it took. */
export function timed<Value>(work: () => Value): { value: Value; us: number } {
  const start = performance.now();
  const value = work();
  return { value, us: (performance.now() - start) * 1000 };
}
