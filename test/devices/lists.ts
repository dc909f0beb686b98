/** An account with companions, and what a server says of it. */
import {
  addCompanion,
  confirmCompanion,
  createOwnDevices,
  encodeSignedDeviceIdentity,
  signAccount,
  signDevice,
  signKeyIndexList,
  type ClaimedDevice,
  type DeviceIdentity,
  type DeviceListAnswer,
  type KeyIndexList,
  type OwnDevices,
} from 'polyratchet/devices';
import { generateIdentity, type Identity } from 'polyratchet/identity';
import { seededRandom } from '../support/random.js';

export const DAY = 24 * 60 * 60 * 1000;
export const HOUR = DAY / 24;
export const NOW = 1_750_000_000_000;
export const ALICE = 'alice@example.org';

export const random = seededRandom(4711);

/** Identities are dear on noble: tests share them. */
export const phone: Identity = generateIdentity(random);
export const laptop: Identity = generateIdentity(random);
export const tablet: Identity = generateIdentity(random);
export const stranger: Identity = generateIdentity(random);

export const signerAt = (now: number, identity = phone) =>
  ({ identity, random, now, serverTime: now }) as const;

/** A fresh registration. */
export function registered(now = NOW, previous?: OwnDevices): OwnDevices {
  const options = previous === undefined ? {} : { previous };
  return createOwnDevices({ account: ALICE, ...options, ...signerAt(now) }).devices;
}

/** A device identity that both have signed. */
export function signedFor(
  device: DeviceIdentity,
  companion: Identity,
  primary: Identity = phone,
): Uint8Array {
  const companionIdentity = companion.publicKey;
  const half = signAccount({ device, companionIdentity, identity: primary, random });
  const primaryIdentity = primary.publicKey;
  return encodeSignedDeviceIdentity(
    signDevice({ signed: half, identity: companion, primaryIdentity, random }),
  );
}

/** Links a companion to the end: approved, signed by both, confirmed. */
export function linked(devices: OwnDevices, companion: Identity, device: number, now = NOW): OwnDevices {
  const added = addCompanion({
    devices,
    companionIdentity: companion.publicKey,
    ...signerAt(now),
  });
  const { keyIndex } = added.companion;
  const { rawId, timestamp } = added.devices;
  const signedIdentity = signedFor({ rawId, timestamp, keyIndex }, companion);
  return confirmCompanion({ devices: added.devices, keyIndex, device, signedIdentity });
}

/** What an honest server says. */
export function answerOf({ companions, signedList }: OwnDevices): DeviceListAnswer {
  const devices: readonly ClaimedDevice[] = companions.flatMap(({ link, keyIndex, identity }) =>
    link.kind === 'confirmed'
      ? [{ device: link.device, keyIndex, identity, signedIdentity: link.signedIdentity }]
      : [],
  );
  return { devices: [{ device: 0, identity: phone.publicKey }, ...devices], signedList };
}

/** The same without identities: what comes with a list alone. */
export function namesOf(answer: DeviceListAnswer): DeviceListAnswer {
  return {
    ...answer,
    devices: answer.devices.map(({ device, keyIndex }) => ({
      device,
      ...(keyIndex === undefined ? {} : { keyIndex }),
    })),
  };
}

/** A list signed by anybody. */
export function listBy(identity: Identity, list: KeyIndexList): Uint8Array {
  return signKeyIndexList({ list, identity, random });
}

/** Alice with a laptop (device 1, key index 1) and a tablet (device 2, key index 2). */
export const alone: OwnDevices = registered();
export const withLaptop: OwnDevices = linked(alone, laptop, 1, NOW + 1_000);
export const withBoth: OwnDevices = linked(withLaptop, tablet, 2, NOW + 2_000);
export const BOTH_AT = NOW + 2_000;
