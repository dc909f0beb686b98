/**
 * Who sent an envelope: a device that its account vouches for, or one whose message has to wait.
 *
 *     accepted under the list that is known, with the identity of the message? ─▸ yes
 *     else: a prekey message with a device identity? both signatures, a live key index ─▸ yes, and the list has one more
 *     else ─▸ the message is held; of a device that is known to be unlinked it is refused
 *
 * @module
 */
import { deviceAddress, type Address } from '../core/address.js';
import { equalBytes } from '../core/bytes.js';
import { PolyratchetError } from '../core/errors.js';
import type { PublicKey } from '../crypto/index.js';
import {
  acceptedDevices,
  mergeDeviceList,
  type AcceptedDevice,
  type DeviceFetch,
  type DeviceListRecord,
  type WhyExcluded,
} from '../devices/index.js';
import { peekPreKeyMessage } from '../session/index.js';
import type { PairwiseEnvelope } from './envelope.js';

/** A sender, or what it lacks. */
export type Sender =
  | {
      readonly kind: 'verified';
      readonly device: AcceptedDevice;
      /** The record that vouches for it. */
      readonly record: DeviceListRecord;
    }
  | { readonly kind: 'unverified'; readonly why: WhyExcluded; readonly fetch: readonly DeviceFetch[] };

/** An envelope, and what is known of its sender's account. */
export interface VerifySenderOptions {
  readonly envelope: PairwiseEnvelope;
  /** Number of the device that it is said to come from. */
  readonly device: number;
  readonly record: DeviceListRecord;
  readonly hosted: boolean;
  readonly now: number;
}

/**
 * Finds the device that an envelope is said to come from among those that its account vouches for. Whether it really has
 * sent it is for its session to say, which must be one with the identity of that device.
 *
 * @throws PolyratchetError `device-revoked`: it was unlinked; `device-unverified` `hosted`; as `peekPreKeyMessage`.
 */
export function verifySender(options: VerifySenderOptions): Sender {
  const { envelope, device, record } = options;
  const identity = envelope.type === 'prekey' ? peekPreKeyMessage(envelope.bytes).identityKey : undefined;
  const known = find(options, record);
  if (
    known !== undefined &&
    (device === 0 || identity === undefined || equalBytes(known.identity, identity))
  ) {
    return { kind: 'verified', device: known, record };
  }
  const claimed = identity === undefined ? record : withClaim(options, identity);
  const found = find(options, claimed);
  if (found !== undefined && identity !== undefined && equalBytes(found.identity, identity)) {
    return { kind: 'verified', device: found, record: claimed };
  }
  return unverified(record.account, device, whyNot(options, claimed));
}

function find(
  { device, hosted, now }: VerifySenderOptions,
  record: DeviceListRecord,
): AcceptedDevice | undefined {
  return acceptedDevices({ record, now, hosted }).devices.find((accepted) => accepted.device === device);
}

/** The record after a look at the device identity that came with the message: the rules are those of any answer. */
function withClaim(
  { envelope, device, record, now }: VerifySenderOptions,
  identity: PublicKey,
): DeviceListRecord {
  const { deviceIdentity: signedIdentity } = envelope;
  const claim = { device, identity, ...(signedIdentity === undefined ? {} : { signedIdentity }) };
  return mergeDeviceList({
    account: record.account,
    record,
    answer: { devices: [claim], partial: true },
    now,
  }).record;
}

function whyNot({ device, hosted, now }: VerifySenderOptions, record: DeviceListRecord): WhyExcluded {
  const { account } = record;
  const { excluded } = acceptedDevices({ record, now, hosted });
  const why =
    record.refused.find((refused) => refused.device === device)?.why ??
    excluded.find((other) => other.device === device)?.why ??
    'identity-unknown';
  const address = deviceAddress(account, device);
  if (why === 'revoked')
    throw new PolyratchetError('device-revoked', { account, device: address, why: 'not-in-list' });
  if (why === 'hosted') throw new PolyratchetError('device-unverified', { account, device: address, why });
  return why;
}

/** A device of which nothing can be said before the list and its identity have come. */
export function unverified(account: Address, device: number, why: WhyExcluded): Sender {
  return {
    kind: 'unverified',
    why,
    fetch: [
      { kind: 'list', account },
      { kind: 'identity', device: deviceAddress(account, device) },
    ],
  };
}
