/**
 * What comes in at a server: checked for kind and size alone, and copied. What it means is for the devices to judge.
 *
 * @module
 */
import type { PublishedDeviceList, PublishedPreKeys } from '../client/index.js';
import { accountOf, inputDevice, MAX_DEVICE, type Address } from '../core/address.js';
import { copyBytes, describe, inputBytes } from '../core/bytes.js';
import { inputInteger, inputList, inputObject, MAX_UINT32 } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument } from '../core/refusals.js';
import type { Envelope, EnvelopeType } from '../fanout/index.js';
import type { PublicPreKey } from '../identity/index.js';
import { MAX_PLAINTEXT_LENGTH } from '../wire/index.js';
import {
  MAX_ENVELOPES,
  MAX_LINKED,
  MAX_PRE_KEYS,
  MAX_SEND_LENGTH,
  MAX_SIGNED_LENGTH,
  MAX_TEXT_LENGTH,
} from './limits.js';

/** Longest message: a plaintext, and what encryption and its frames add. */
const MAX_ENVELOPE_LENGTH = MAX_PLAINTEXT_LENGTH + 2_048;

const ENVELOPE_TYPES: Readonly<Record<EnvelopeType, true>> = {
  prekey: true,
  message: true,
  senderkey: true,
  retry: true,
};

/**
 * A copy of a byte string that is not too long.
 *
 * @throws PolyratchetError `too-large`, `invalid-argument`
 */
export function copyOfInput(name: string, value: Uint8Array, limit: number = MAX_SIGNED_LENGTH): Uint8Array {
  const bytes = inputBytes(name, value);
  checkLimit(name, bytes.length, limit);
  return copyBytes(bytes);
}

/**
 * Refuses what is more than a bound allows.
 *
 * @throws PolyratchetError `too-large`
 */
export function checkLimit(what: string, got: number, limit: number): void {
  if (got > limit) throw new PolyratchetError('too-large', { what, limit, got });
}

/**
 * A text that is not too long.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputText<Text extends string>(name: string, value: Text): Text {
  if (typeof value === 'string' && value.length <= MAX_TEXT_LENGTH) return value;
  throw invalidArgument(
    name,
    `text of at most ${MAX_TEXT_LENGTH} characters`,
    typeof value === 'string' ? 'a longer one' : describe(value),
  );
}

/**
 * The address of an account, or of its primary device.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputPrimary(name: string, address: Address): Address {
  if (accountOf(address) === address) return address;
  throw invalidArgument(name, 'user@server', 'that of a companion');
}

/**
 * A copy of a list that is not too long.
 *
 * @throws PolyratchetError `too-large`, `invalid-argument`
 */
export function inputArray<Item>(name: string, items: readonly Item[], limit: number): readonly Item[] {
  const list = inputList(name, items);
  checkLimit(name, list.length, limit);
  return [...list];
}

/**
 * Envelopes as a server keeps them: from the device that is connected, at the server's time.
 *
 * @throws PolyratchetError `too-large`, `invalid-argument`
 */
export function inputEnvelopes(
  envelopes: readonly Envelope[],
  { from, at }: { readonly from: Address; readonly at: number },
): readonly Envelope[] {
  const kept = inputArray('envelopes', envelopes, MAX_ENVELOPES).map((envelope): Envelope => {
    const { id, to, type, bytes, deviceIdentity, group } = inputObject('envelopes', envelope);
    return {
      id: inputText('id', id),
      from,
      to: inputDevice('to', to),
      type: inputType(type),
      bytes: copyOfInput('bytes', bytes, MAX_ENVELOPE_LENGTH),
      ...(deviceIdentity === undefined
        ? {}
        : { deviceIdentity: copyOfInput('deviceIdentity', deviceIdentity) }),
      ...(group === undefined ? {} : { group: inputPrimary('group', group) }),
      at,
    };
  });
  const length = kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
  checkLimit('bytes of envelopes', length, MAX_SEND_LENGTH);
  return kept;
}

function inputType(type: EnvelopeType): EnvelopeType {
  if (Object.hasOwn(ENVELOPE_TYPES, type)) return type;
  const expected = `one of ${Object.keys(ENVELOPE_TYPES).join(', ')}`;
  throw invalidArgument('type', expected, describe(type));
}

/**
 * A copy of a device's keys.
 *
 * @throws PolyratchetError `too-large`, `invalid-argument`
 */
export function inputKeys(keys: PublishedPreKeys): PublishedPreKeys {
  const { registrationId, identityKey, signedPreKey, oneTimePreKeys } = inputObject('keys', keys);
  const { signature } = inputObject('signedPreKey', signedPreKey);
  return {
    registrationId: inputInteger('registrationId', registrationId, 0, MAX_UINT32),
    identityKey: copyBytes(inputBytes('identityKey', identityKey, 32)),
    signedPreKey: {
      ...inputPreKey('signedPreKey', signedPreKey),
      signature: copyBytes(inputBytes('signature', signature, 64)),
    },
    oneTimePreKeys: inputArray('oneTimePreKeys', oneTimePreKeys, MAX_PRE_KEYS).map((preKey) =>
      inputPreKey('oneTimePreKeys', preKey),
    ),
  };
}

function inputPreKey(name: string, preKey: PublicPreKey): PublicPreKey {
  const { id, publicKey } = inputObject(name, preKey);
  return {
    id: inputInteger(`${name}.id`, id, 0, MAX_UINT32),
    publicKey: copyBytes(inputBytes(`${name}.publicKey`, publicKey, 32)),
  };
}

/**
 * A copy of a device list.
 *
 * @throws PolyratchetError `too-large`, `invalid-argument`
 */
export function inputDeviceList(list: PublishedDeviceList): Required<PublishedDeviceList> {
  const { signedList, removed = [] } = inputObject('list', list);
  return {
    signedList: copyOfInput('signedList', signedList),
    removed: inputArray('removed', removed, MAX_LINKED).map((device) =>
      inputInteger('removed', device, 1, MAX_DEVICE),
    ),
  };
}
