/**
 * What a server says of an account's devices, at the door.
 *
 * @module
 */
import { MAX_DEVICE } from '../core/address.js';
import { inputBytes } from '../core/bytes.js';
import { inputInteger, inputList, inputObject, MAX_UINT32 } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import type { ClaimedDevice } from './admit.js';
import { MAX_DEVICES } from './limits.js';

/** What a server says of an account's devices. */
export interface DeviceListAnswer {
  /** The devices; the primary may be among them. At most 64. */
  readonly devices: readonly ClaimedDevice[];
  /** ADVSignedKeyIndexList bytes; absent where the server has none, as for an account without companions. */
  readonly signedList?: Uint8Array;
  /** Whether `devices` are only some of them, as with a single bundle; what is known of the others then stays. */
  readonly partial?: boolean;
}

/**
 * An answer whose numbers are in range and whose byte strings are byte strings; what they hold is judged one by one.
 *
 * @throws PolyratchetError `too-large`: more than 64 devices; `invalid-argument`.
 */
export function inputAnswer(answer: DeviceListAnswer): DeviceListAnswer {
  const { devices, signedList, partial } = inputObject('answer', answer);
  if (inputList('answer.devices', devices).length > MAX_DEVICES) {
    throw new PolyratchetError('too-large', { what: 'device list', limit: MAX_DEVICES, got: devices.length });
  }
  return {
    devices: devices.map(inputClaim),
    ...(signedList === undefined ? {} : { signedList: inputBytes('answer.signedList', signedList) }),
    partial: partial === true,
  };
}

function inputClaim(claim: ClaimedDevice): ClaimedDevice {
  const { device, keyIndex, identity, signedIdentity } = inputObject('answer.devices', claim);
  return {
    device: inputInteger('device', device, 0, MAX_DEVICE),
    ...(keyIndex === undefined ? {} : { keyIndex: inputInteger('keyIndex', keyIndex, 0, MAX_UINT32) }),
    ...(identity === undefined ? {} : { identity: inputBytes('identity', identity) }),
    ...(signedIdentity === undefined ? {} : { signedIdentity: inputBytes('signedIdentity', signedIdentity) }),
  };
}
