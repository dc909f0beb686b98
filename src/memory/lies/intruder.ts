/**
 * Devices that a server has made up: with keys of their own, so that they could read what is encrypted for them, and with
 * everything about their signatures that can be made up.
 *
 * @module
 */
import { accountOf, type Address } from '../../core/address.js';
import type { Random } from '../../core/random.js';
import {
  addCompanion,
  createOwnDevices,
  decodeKeyIndexList,
  decodeSignedKeyIndexList,
  encodeSignedDeviceIdentity,
  signAccount,
  signDevice,
  type DeviceIdentity,
  type DeviceListAnswer,
} from '../../devices/index.js';
import { publicKeyFrom } from '../../crypto/index.js';
import {
  createBundle,
  generateIdentity,
  generateRegistrationId,
  generateSignedPreKey,
  type Identity,
  type PreKeyBundle,
  type SignedPreKey,
} from '../../identity/index.js';
import type { Forgery } from './lie.js';

/** A device that a lying server has made up. */
export interface Intruder {
  /** The address that the server gives it. */
  readonly address: Address;
  /** Its identity. */
  readonly identity: Identity;
  /** Its registration id. */
  readonly registrationId: number;
  /** The signed prekey of its bundle; it has no one-time prekeys. */
  readonly signedPreKey: SignedPreKey;
}

/** Where an intruder has its keys and its time from. */
export interface Source {
  readonly random: Random;
  readonly now: number;
}

/** Makes a device up. */
export function createIntruder(address: Address, { random, now }: Source): Intruder {
  const identity = generateIdentity(random);
  const registrationId = generateRegistrationId(random);
  return {
    address,
    identity,
    registrationId,
    signedPreKey: generateSignedPreKey({ identity, id: 1, random, now }),
  };
}

/** Its bundle. */
export function bundleOf({ identity, registrationId, signedPreKey }: Intruder): PreKeyBundle {
  return createBundle({ identity, registrationId, signedPreKey });
}

/** The list of an account whose primary the intruder pretends to be. */
export function listOfPrimary({ address, identity }: Intruder, { random, now }: Source): DeviceListAnswer {
  const signer = { identity, random, now, serverTime: now };
  const { devices } = createOwnDevices({ account: address, ...signer });
  return { devices: [{ device: 0, identity: identity.publicKey }], signedList: devices.signedList };
}

/** A companion among the others: the answer with it, by the means of its forgery. */
export function withCompanion(
  answer: DeviceListAnswer,
  {
    intruder,
    device,
    forgery,
    source,
  }: { intruder: Intruder; device: number; forgery: Forgery; source: Source },
): DeviceListAnswer {
  const claim = { device, identity: intruder.identity.publicKey };
  const shown = (
    signedIdentity: Uint8Array | undefined,
    signedList = answer.signedList,
  ): DeviceListAnswer => ({
    ...answer,
    devices: [...answer.devices, signedIdentity === undefined ? claim : { ...claim, signedIdentity }],
    ...(signedList === undefined ? {} : { signedList }),
  });
  const primary = answer.devices.find(({ device: number }) => number === 0)?.identity;
  switch (forgery) {
    case 'unsigned':
      return shown(undefined);
    case 'borrowed':
      return shown(answer.devices.find(({ signedIdentity }) => signedIdentity !== undefined)?.signedIdentity);
    case 'forged':
      return shown(
        primary &&
          forgeSignatures(intruder, { named: primary, details: nextDetails(answer, source), source }),
      );
    case 'other-primary':
      return shown(...otherPrimary(intruder, source));
  }
}

/** Both signatures; that of the primary is by a key that is made up, whatever primary is named. */
function forgeSignatures(
  { identity: companion }: Intruder,
  { named, details, source }: { named: Uint8Array; details: DeviceIdentity; source: Source },
): Uint8Array {
  const { random } = source;
  const companionIdentity = companion.publicKey;
  const half = signAccount({
    device: details,
    companionIdentity,
    identity: generateIdentity(random),
    random,
  });
  const signed = { ...half, accountSignatureKey: publicKeyFrom('primary identity', named) };
  return encodeSignedDeviceIdentity(
    signDevice({ signed, identity: companion, primaryIdentity: named, random }),
  );
}

/** What the account's primary would sign for the next companion. */
function nextDetails({ signedList }: DeviceListAnswer, { now }: Source): DeviceIdentity {
  const timestamp = now - (now % 1_000);
  if (signedList === undefined) return { rawId: 1, timestamp, keyIndex: 1 };
  const { rawId, currentIndex } = decodeKeyIndexList(decodeSignedKeyIndexList(signedList).details);
  return { rawId, timestamp, keyIndex: currentIndex + 1 };
}

/** Signatures that hold, and a list that names the device: both by a primary that is made up. */
function otherPrimary(
  { address, identity: companion }: Intruder,
  { random, now }: Source,
): [signedIdentity: Uint8Array, signedList: Uint8Array] {
  const signer = { identity: generateIdentity(random), random, now, serverTime: now };
  const companionIdentity = companion.publicKey;
  const alone = createOwnDevices({ account: accountOf(address), ...signer });
  const { devices } = addCompanion({ devices: alone.devices, companionIdentity, ...signer });
  const { rawId, timestamp, primaryIdentity, signedList } = devices;
  const signed = signAccount({ device: { rawId, timestamp, keyIndex: 1 }, companionIdentity, ...signer });
  const whole = signDevice({ signed, identity: companion, primaryIdentity, random });
  return [encodeSignedDeviceIdentity(whole), signedList];
}
