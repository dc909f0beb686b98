/**
 * A lie while it is told: what it makes of the truth, for those who hear it.
 *
 * @module
 */
import type { LinkExchange } from '../../client/index.js';
import type { Address } from '../../core/address.js';
import type { DeviceClaim, DeviceListAnswer } from '../../devices/index.js';
import type { Envelope, FanoutAnswer } from '../../fanout/index.js';
import type { PreKeyBundle } from '../../identity/index.js';
import type { Intruder, Source } from './intruder.js';
import type { OfEnvelopes, Told } from './lie.js';

/** What a lie changes; what it leaves out it does not touch. */
export interface Telling {
  /** What a device hears of an account's devices. */
  readonly list?: (
    viewer: Address,
    account: Address,
    answer: DeviceListAnswer | undefined,
  ) => DeviceListAnswer | undefined;
  /** What a device is given for the bundle of another. */
  readonly bundle?: (
    viewer: Address,
    device: Address,
    bundle: PreKeyBundle | undefined,
  ) => PreKeyBundle | undefined;
  /** How many one-time prekeys a device hears that it has left. */
  readonly count?: (viewer: Address, count: number) => number;
  /** When the devices of its account were used, as a device hears. */
  readonly lastUsed?: (viewer: Address, claims: readonly DeviceClaim[]) => readonly DeviceClaim[];
  /** What time it is, as a device hears. */
  readonly time?: (viewer: Address, time: number) => number;
  /** What is delivered, of what was sent. */
  readonly post?: (envelopes: readonly Envelope[]) => readonly Envelope[];
  /** What the sender hears of its send. */
  readonly answer?: (sender: Address, answer: FanoutAnswer) => FanoutAnswer;
  /** How far a link has come. */
  readonly link?: (exchange: LinkExchange) => LinkExchange;
  /** The address of a device that is made up: what is sent there, the server gets. */
  readonly seizes?: Address;
  /** When the lie ends: delivers what was kept, and lets in who was kept out. */
  readonly end?: () => void;
}

/** What lies are made from. */
export interface Stage {
  /** What is true of an account now. */
  readonly listNow: (account: Address) => DeviceListAnswer | undefined;
  /** What was true after each publication of an account's list. */
  readonly publications: (account: Address) => readonly DeviceListAnswer[];
  /** The address of an account's next companion. */
  readonly nextAddress: (account: Address) => Address;
  /** A device that is made up, and remembered. */
  readonly intrude: (address: Address) => Intruder;
  /** Shuts a device out as if it was unlinked; what is returned lets it in again. */
  readonly shutOut: (device: Address) => () => void;
  /** Takes a bundle of a device. */
  readonly takeBundle: (device: Address) => PreKeyBundle | undefined;
  /** Everything that was delivered so far. */
  readonly delivered: () => readonly Envelope[];
  /** Delivers without another lie. */
  readonly deliver: (envelopes: readonly Envelope[]) => void;
  /** How far a link has come in truth. */
  readonly readLink: (ref: string) => LinkExchange;
  readonly source: () => Source;
}

/** Whether a device hears a lie. */
export function hears({ to }: Told, device: Address): boolean {
  return to?.includes(device) ?? true;
}

/** Whether a lie is about an envelope. */
export function isAbout({ from, to }: OfEnvelopes, envelope: Envelope): boolean {
  return (from?.includes(envelope.from) ?? true) && (to?.includes(envelope.to) ?? true);
}
