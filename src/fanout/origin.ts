/**
 * Where an envelope comes from, and whether it is for us: by its addresses alone, which are the server's word.
 *
 * @module
 */
import { accountOf, isDevice, parseAddress, type Address } from '../core/address.js';
import { inputObject } from '../core/check.js';
import { invalidArgument, malformed } from '../core/refusals.js';
import type { DeviceListRecord } from '../devices/index.js';
import { addressesOf, ownAddress, type KnownAccount, type OwnDevice } from './account.js';
import type { PairwiseEnvelope } from './envelope.js';

/** Where an envelope says that it comes from. */
export interface Origin {
  /** Number of the device. */
  readonly device: number;
  /** Whether it is one of ours. */
  readonly isOwn: boolean;
  /** All addresses of our account. */
  readonly ownAddresses: readonly Address[];
}

/**
 * Reads the addresses of an envelope, which must be for this device and not from it.
 *
 * @throws PolyratchetError `malformed`, `invalid-argument`
 */
export function originOf({ from, to }: PairwiseEnvelope, own: OwnDevice): Origin {
  const ownAddresses = addressesOf('own', own);
  const { device: here } = parseAddress(ownAddress(own));
  const isHere = (address: Address): boolean =>
    ownAddresses.includes(accountOf(address)) && parseAddress(address).device === here;
  if (!isDevice(to) || !isHere(to)) throw malformed('envelope', 'to', 'this device', 'another');
  if (!isDevice(from) || isHere(from)) throw malformed('envelope', 'from', 'another device', 'none');
  return { device: parseAddress(from).device, isOwn: ownAddresses.includes(accountOf(from)), ownAddresses };
}

/**
 * What is known of the sender's account, which must be the one that the envelope names.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function recordOf(sender: KnownAccount | undefined, from: Address): DeviceListRecord | undefined {
  if (sender === undefined) return undefined;
  if (addressesOf('sender', inputObject('sender', sender)).includes(accountOf(from))) return sender.record;
  throw invalidArgument('sender', 'the account that the envelope comes from', 'another');
}
