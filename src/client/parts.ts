/**
 * Parts of a round: a long message to many devices is encrypted for some of them at a time, so that each transaction stays
 * below what a store takes in one commit, and each send below what a server takes.
 *
 * @module
 */
import type { Address } from '../core/address.js';
import { reveal } from '../core/secret.js';
import type { BundleLookup, FanoutPlan, OutgoingMessage } from '../fanout/index.js';

/** Bytes of envelopes in one part: a third of a commit, for the message itself and its sessions are written beside them. */
export const MAX_PART_LENGTH: number = 8 * 1024 * 1024;

/** What stands around a message in an envelope, with the session that is written beside it: a first message's is the longest. */
const OVERHEAD = 2_048;

/** Whom to encrypt for now. */
export interface RoundPart {
  /** The plan; of a part, with its devices alone. */
  readonly plan: FanoutPlan;
  /** Whether others are left for later. */
  readonly isPart: boolean;
}

/**
 * The devices of a plan that a transaction has room for: the first of those that were not sent the message and can be. Those
 * for whom it has failed have their turn again in the last part.
 */
export function partOf(
  plan: FanoutPlan,
  message: OutgoingMessage,
  bundles: BundleLookup,
  failed: ReadonlySet<Address>,
): RoundPart {
  const most = Math.max(1, Math.floor(MAX_PART_LENGTH / (longestPlaintext(message) + OVERHEAD)));
  const whole = { plan, isPart: false };
  if (plan.recipients.length + plan.ownDevices.length <= most) return whole;
  const sent = new Set(message.sent?.parts.flatMap(({ devices }) => devices.map(({ device }) => device)));
  const open = [...plan.recipients, ...plan.ownDevices].filter(
    ({ kind, device }) =>
      kind !== 'refused' &&
      !sent.has(device) &&
      !failed.has(device) &&
      (kind === 'ready' || bundles.get(device) !== undefined),
  );
  if (open.length <= most) return whole;
  const chosen = new Set<Address>(open.slice(0, most).map(({ device }) => device));
  const isChosen = ({ device }: { readonly device: Address }): boolean => chosen.has(device);
  const { recipients, ownDevices } = plan;
  return {
    plan: { ...plan, recipients: recipients.filter(isChosen), ownDevices: ownDevices.filter(isChosen) },
    isPart: true,
  };
}

function longestPlaintext({ plaintexts }: OutgoingMessage): number {
  const all =
    plaintexts.kind === 'one'
      ? [plaintexts.plaintext, plaintexts.copy ?? plaintexts.plaintext]
      : [...plaintexts.plaintexts.values()];
  return Math.max(0, ...all.map((plaintext) => reveal(plaintext).length));
}
