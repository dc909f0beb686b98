/** Devices of a fanout: each a party with a session for every other device. */
import { decryptFrom, encryptFanout, type FanoutDevice, type FanoutOutcome } from 'polyratchet/fanout';
import type { PreKeyBundle } from 'polyratchet/identity';
import type { DecryptResult, EncryptedMessage, Session } from 'polyratchet/session';
import { bundleOf, createParty, preKeysFor, type Party } from './party.js';

export interface Device {
  readonly address: string;
  readonly party: Party;
  /** By address of the other device. */
  readonly sessions: Map<string, Session>;
  readonly trusted: Map<string, Uint8Array>;
}

export function createDevice(address: string, seed: number, oneTimePreKeys = 5): Device {
  return { address, party: createParty(seed, oneTimePreKeys), sessions: new Map(), trusted: new Map() };
}

/** Takes a bundle as a server does: its one-time prekey is handed out once. */
export function takeBundle({ party }: Device, handedOut: Set<number>): PreKeyBundle {
  const { oneTimePreKey, ...bundle } = bundleOf({
    ...party,
    oneTimePreKeys: new Map([...party.oneTimePreKeys].filter(([id]) => !handedOut.has(id))),
  });
  if (oneTimePreKey === undefined) return bundle;
  handedOut.add(oneTimePreKey.id);
  return { ...bundle, oneTimePreKey };
}

/** What a device knows of another. */
export function targetOf(from: Device, to: Device, bundle?: PreKeyBundle): FanoutDevice {
  const session = from.sessions.get(to.address);
  const trustedIdentity = from.trusted.get(to.address);
  return {
    device: to.address,
    ...(session === undefined ? {} : { session }),
    ...(trustedIdentity === undefined ? {} : { trustedIdentity }),
    ...(bundle === undefined ? {} : { bundle }),
  };
}

/** Encrypts for devices and stores the sessions of those for which it worked. */
export function sendToAll(
  from: Device,
  text: string,
  devices: readonly FanoutDevice[],
): readonly FanoutOutcome[] {
  const { identity, registrationId, random, now } = from.party;
  const plaintext = new TextEncoder().encode(text);
  const outcomes = encryptFanout({ identity, registrationId, plaintext, devices, random, now });
  for (const outcome of outcomes) {
    if (outcome.kind !== 'encrypted') continue;
    from.sessions.set(outcome.device, outcome.session);
    if (outcome.identity !== undefined) from.trusted.set(outcome.device, outcome.identity.key);
  }
  return outcomes;
}

/** Decrypts without storing anything. */
export function tryReceiveFrom(to: Device, from: string, message: EncryptedMessage): DecryptResult {
  const { identity, random } = to.party;
  const session = to.sessions.get(from);
  const trustedIdentity = to.trusted.get(from);
  return decryptFrom({
    device: from,
    identity,
    message,
    ...(session === undefined ? {} : { session }),
    ...(trustedIdentity === undefined ? {} : { trustedIdentity }),
    ...preKeysFor(to.party, message),
    random,
  });
}

/** Decrypts a device's message and stores what an application does. */
export function receiveFrom(to: Device, from: string, message: EncryptedMessage): string {
  const { plaintext, session, identity, consumed } = tryReceiveFrom(to, from, message);
  to.sessions.set(from, session);
  to.trusted.set(from, identity.key);
  if (consumed.oneTimePreKeyId !== undefined) to.party.oneTimePreKeys.delete(consumed.oneTimePreKeyId);
  return new TextDecoder().decode(plaintext);
}
