/**
 * A send, and what the server says of it: whom it does not know, and whom the sender has not thought of.
 *
 * @module
 */
import { accountOf, deviceAddress, type Address } from '../core/address.js';
import {
  compareParticipantHashes,
  participantHash,
  type Envelope,
  type FanoutAnswer,
} from '../fanout/index.js';
import type { Accounts } from './accounts.js';
import type { Registry } from './registry.js';

/** What is sent by whom. */
export interface Sending {
  readonly from: Address;
  readonly envelopes: readonly Envelope[];
  readonly id: string;
  /** Of the devices that the sender knows. */
  readonly participantHash: string | undefined;
}

/**
 * Delivers a send, or answers it as it was answered before.
 *
 * @throws PolyratchetError `too-large`: a mailbox is full, and nothing was delivered.
 */
export function deliver(
  { from, envelopes, id, participantHash: stated }: Sending,
  { registry, accounts }: { readonly registry: Registry; readonly accounts: Accounts },
): FanoutAnswer {
  const { sends } = registry.register(from);
  const before = sends.get(id);
  if (before !== undefined) return copyOfAnswer(before);
  const extra = registry.deliver(envelopes);
  const known = (): readonly Address[] =>
    [...new Set([from, ...envelopes.map(({ to }) => to)].map(accountOf))]
      .flatMap((account) => accounts.devicesOf(account).map((device) => deviceAddress(account, device)))
      .filter((device) => device !== from && registry.isReachable(device));
  const answer = {
    ...(extra.length === 0 ? {} : { extra }),
    ...(stated === undefined ? {} : compareDevices(stated, known(), envelopes)),
  };
  sends.add(id, answer);
  return copyOfAnswer(answer);
}

/** What the sender misses, if the devices that it knows are others than those that the server knows. */
function compareDevices(
  stated: string,
  known: readonly Address[],
  envelopes: readonly Envelope[],
): FanoutAnswer {
  const ours = participantHash(known);
  if (compareParticipantHashes(stated, ours) === 'same') return {};
  const addressed = new Set(envelopes.map(({ to }) => to));
  const missing = known.filter((device) => !addressed.has(device));
  return { participantHash: ours, ...(missing.length === 0 ? {} : { missing }) };
}

function copyOfAnswer({ extra, missing, ...answer }: FanoutAnswer): FanoutAnswer {
  return {
    ...answer,
    ...(extra === undefined ? {} : { extra: [...extra] }),
    ...(missing === undefined ? {} : { missing: [...missing] }),
  };
}
