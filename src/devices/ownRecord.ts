/**
 * The primary's own devices as a stored record.
 *
 * @module
 */
import { MAX_DEVICE } from '../core/address.js';
import { PolyratchetError } from '../core/errors.js';
import type { PublicKey } from '../crypto/index.js';
import {
  accountText,
  bytes,
  decodeRecord,
  encodeRecord,
  nested,
  optional,
  rawPublicKey,
  repeated,
  required,
  string,
  uint32,
  uint53,
  type Table,
} from '../wire/index.js';
import { MAX_LABEL_LENGTH, type Companion } from './companion.js';
import { MAX_COMPANIONS } from './limits.js';
import { inputOwnDevices, type OwnDevices } from './ownList.js';

/** A companion as it is stored: confirmed if it has a device number and a signed identity, else approved. */
interface CompanionRecord {
  readonly keyIndex: number;
  readonly identity: PublicKey;
  readonly name?: string;
  readonly platform?: string;
  readonly approvedAt: number;
  readonly device?: number;
  readonly signedIdentity?: Uint8Array;
}

interface OwnDevicesRecord extends Omit<OwnDevices, 'companions'> {
  readonly companions: readonly CompanionRecord[];
}

const companionTable: Table<CompanionRecord> = {
  name: 'ownDevices.companion',
  unknown: 'reject',
  rows: {
    keyIndex: required(1, uint32),
    identity: required(2, rawPublicKey),
    name: optional(3, string),
    platform: optional(4, string),
    approvedAt: required(5, uint53),
    device: optional(6, uint32),
    signedIdentity: optional(7, bytes()),
  },
};

const ownDevicesTable: Table<OwnDevicesRecord> = {
  name: 'ownDevices',
  unknown: 'reject',
  rows: {
    account: required(1, accountText),
    primaryIdentity: required(2, rawPublicKey),
    rawId: required(3, uint32),
    timestamp: required(4, uint53),
    currentIndex: required(5, uint32),
    companions: repeated(6, nested(companionTable), MAX_COMPANIONS),
    signedList: required(7, bytes()),
  },
};

/**
 * Own devices as bytes to store. They hold no private key.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import { decodeOwnDevices, encodeOwnDevices, type OwnDevices } from 'polyratchet/devices';
 *
 * declare const devices: OwnDevices;
 * const stored = encodeOwnDevices(devices); // versioned bytes
 * const again = decodeOwnDevices(stored);
 * ```
 */
export function encodeOwnDevices(devices: OwnDevices): Uint8Array {
  const value = inputOwnDevices(devices);
  return encodeRecord(ownDevicesTable, { ...value, companions: value.companions.map(toRecord) });
}

/**
 * Reads stored own devices strictly. That nobody changed the bytes is the store's business.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeOwnDevices(record: Uint8Array): OwnDevices {
  const { companions, ...devices } = decodeRecord(ownDevicesTable, record);
  if (devices.timestamp % 1000 !== 0) throw malformed('timestamp', 'whole seconds');
  companions.reduce((before, { keyIndex }) => {
    if (keyIndex > before && keyIndex <= devices.currentIndex) return keyIndex;
    throw malformed('companions', 'growing key indexes up to the current one');
  }, 0);
  return { ...devices, companions: companions.map(fromRecord) };
}

function toRecord({ link, ...companion }: Companion): CompanionRecord {
  if (link.kind === 'approved') return companion;
  return { ...companion, device: link.device, signedIdentity: link.signedIdentity };
}

function fromRecord({ device, signedIdentity, ...companion }: CompanionRecord): Companion {
  const { name = '', platform = '' } = companion;
  if (Math.max(name.length, platform.length) > MAX_LABEL_LENGTH) {
    throw malformed('name', `at most ${MAX_LABEL_LENGTH} characters`);
  }
  if (device === undefined && signedIdentity === undefined)
    return { ...companion, link: { kind: 'approved' } };
  if (device === undefined || signedIdentity === undefined || device < 1 || device > MAX_DEVICE) {
    throw malformed('device', `a number from 1 to ${MAX_DEVICE} and a signed identity`);
  }
  return { ...companion, link: { kind: 'confirmed', device, signedIdentity } };
}

function malformed(field: string, expected: string): PolyratchetError {
  return new PolyratchetError('malformed', { what: 'ownDevices', field, expected, got: 'another value' });
}
