/** What devices believe of each other: lists, one security code for all of them, and a server that lies. */
import { systemRandom as random, type Address } from 'polyratchet';
import {
  decodeKeyIndexList,
  decodeSignedKeyIndexList,
  encodeSignedDeviceIdentity,
  securityCodeParty,
  signAccount,
  signDevice,
  type AcceptedDevices,
  type DeviceListAnswer,
  type DeviceListRecord,
} from 'polyratchet/devices';
import { generateIdentity } from 'polyratchet/identity';
import type { MemoryServer } from 'polyratchet/memory';
import {
  compareSecurityCodes,
  securityCode,
  securityNotice,
  type AccountParty,
  type PersonIdentities,
  type SecurityCode,
  type SecurityNotice,
} from 'polyratchet/securitycode';
import { scan, show } from './camera.js';
import { Device } from './device.js';
import { timed, type Event } from './events.js';

/** Changes what the server says. */
export type Lie = (answer: DeviceListAnswer) => DeviceListAnswer;

/** Fetches an account's list and merges it. */
export async function learn(
  device: Device,
  account: Address,
  lie: Lie = (answer) => answer,
): Promise<{ accepted: AcceptedDevices; event: Event }> {
  const answer = (await device.connection.fetchDeviceLists([account])).get(account);
  if (answer === undefined) throw new Error(`the server knows ${account}`);
  const { value: accepted, us } = timed(() => device.merge(account, lie(answer)));
  const { devices, excluded } = accepted;
  return {
    accepted,
    event: {
      kind: 'merged',
      by: device.address,
      account,
      accepted: devices.map(({ address }) => address),
      excluded: excluded.map(({ address, why }) => ({ address, why })),
      us,
    },
  };
}

/** The security code on a device's screen. */
export function codeOn(device: Device, other: Address): SecurityCode {
  const local = partyOf(device.list(device.account));
  return securityCode({ local, remote: partyOf(device.list(other)) });
}

/** Two people hold their phones side by side: they read the digits to each other, and scan each other's screen. */
export function compare(one: Device, other: Device): { event: Event; digits: string; match: boolean } {
  const { value: first, us } = timed(() => codeOn(one, other.account));
  const second = codeOn(other, one.account);
  const scans = [
    { by: one.address, result: scanned(first, second) },
    { by: other.address, result: scanned(second, first) },
  ];
  const digits = [
    { on: one.address, groups: first.groups },
    { on: other.address, groups: second.groups },
  ];
  return {
    event: { kind: 'compared', digits, scans, us },
    digits: first.digits,
    match: first.digits === second.digits && scans.every(({ result }) => result === 'match'),
  };
}

/** What a person is told when somebody's devices have changed. */
export function noticeOf(before: AcceptedDevices, after: AcceptedDevices): SecurityNotice {
  return securityNotice({ before: identitiesOf(before), after: identitiesOf(after) });
}

/**
 * The server adds a device of its own to an account. It knows everything that is public, the account's raw id among it,
 * and signs as well as it can: with a key that is not the phone's.
 */
export async function addStranger(server: MemoryServer, address: Address): Promise<Lie> {
  const [identity, primary] = [generateIdentity(random), generateIdentity(random)];
  const stranger = new Device({ address, identity, server, primaryIdentity: primary.publicKey });
  await stranger.publishKeys();
  return ({ devices, signedList }) => {
    if (signedList === undefined) throw new Error('the account has a list');
    const { rawId, currentIndex, timestamp } = decodeKeyIndexList(
      decodeSignedKeyIndexList(signedList).details,
    );
    const device = { rawId, timestamp, keyIndex: currentIndex + 1 };
    const companionIdentity = identity.publicKey;
    const half = signAccount({ device, companionIdentity, identity: primary, random });
    const whole = signDevice({ signed: half, identity, primaryIdentity: primary.publicKey, random });
    const { accountSignatureKey: _hidden, ...signed } = whole;
    const signedIdentity = encodeSignedDeviceIdentity(signed);
    return { devices: [...devices, { device: 3, identity: companionIdentity, signedIdentity }], signedList };
  };
}

function scanned(code: SecurityCode, onTheOtherScreen: SecurityCode): 'match' | 'mismatch' | 'version' {
  return compareSecurityCodes({ code, scanned: scan(show(onTheOtherScreen.qr)) }).kind;
}

function partyOf(record: DeviceListRecord): AccountParty {
  const result = securityCodeParty({ record, now: Date.now() });
  if (result.kind === 'complete') return result.party;
  throw new Error('an identity is not known yet');
}

function identitiesOf({ devices }: AcceptedDevices): PersonIdentities {
  const identityKeys = devices.map(({ identity }) => identity);
  const [primary] = identityKeys;
  if (primary === undefined) throw new Error('a primary always counts');
  return { primary, identityKeys };
}
