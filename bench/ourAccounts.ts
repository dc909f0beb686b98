/** Accounts of ours with their companions, and sessions between devices: what sends are made ready with. */
import { systemRandom as random, type Address } from 'polyratchet';
import {
  addCompanion,
  confirmCompanion,
  createOwnDevices,
  deviceListOf,
  encodeSignedDeviceIdentity,
  signAccount,
  signDevice,
  type DeviceListRecord,
  type OwnDevices,
} from 'polyratchet/devices';
import { createBundle, generateIdentity, generateSignedPreKey, type Identity } from 'polyratchet/identity';
import { createSession, decrypt, encrypt, type Session } from 'polyratchet/session';

const text = new Uint8Array(100).fill(65);

/** An account as others know it, and its keys. */
export interface Account {
  readonly record: DeviceListRecord;
  /** By device number. */
  readonly identities: readonly [Identity, ...Identity[]];
}

/** An account with a phone and so many companions. */
export function accountOf(account: Address, companions: number, now: number): Account {
  const phone = generateIdentity(random);
  const { devices } = createOwnDevices({ account, identity: phone, random, now, serverTime: now });
  const linked = linkCompanions(devices, phone, companions, now);
  return { record: deviceListOf(linked.devices), identities: [phone, ...linked.identities] };
}

/** Links so many companions to a phone that has none. */
export function linkCompanions(
  before: OwnDevices,
  phone: Identity,
  count: number,
  now: number,
): { readonly devices: OwnDevices; readonly identities: readonly Identity[] } {
  let devices = before;
  const identities: Identity[] = [];
  for (let number = 1; number <= count; number++) {
    const companion = generateIdentity(random);
    const { publicKey: companionIdentity } = companion;
    const signer = { identity: phone, random, now, serverTime: now };
    const added = addCompanion({ devices, companionIdentity, ...signer });
    const { rawId, timestamp } = added.devices;
    const { keyIndex } = added.companion;
    const device = { rawId, timestamp, keyIndex };
    const half = signAccount({ device, companionIdentity, identity: phone, random });
    const signed = signDevice({
      signed: half,
      identity: companion,
      primaryIdentity: phone.publicKey,
      random,
    });
    const signedIdentity = encodeSignedDeviceIdentity(signed);
    devices = confirmCompanion({ devices: added.devices, keyIndex, device: number, signedIdentity });
    identities.push(companion);
  }
  return { devices, identities };
}

/** Both ends of a session. */
export interface SessionPair {
  readonly ours: Session;
  readonly theirs: Session;
}

/** A session in which both have sent. */
export function sessionWith(identity: Identity, peer: Identity, now: number): SessionPair {
  const signedPreKey = generateSignedPreKey({ identity: peer, id: 1, random, now });
  const bundle = createBundle({ identity: peer, registrationId: 2, signedPreKey });
  const started = createSession({ identity, registrationId: 1, bundle, random, now });
  const first = encrypt({ session: started.session, plaintext: text, now });
  const accepted = decrypt({ identity: peer, message: first.message, signedPreKey, random });
  const answer = encrypt({ session: accepted.session, plaintext: text, now });
  const answered = decrypt({ identity, session: first.session, message: answer.message, random });
  return { ours: answered.session, theirs: answer.session };
}
