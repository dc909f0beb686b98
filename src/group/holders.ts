/**
 * Who was given our sender key of a group: each device with the identity key that it had, for a device that takes the
 * address of another is another device.
 *
 * @module
 */
import { inputAccount, type Address } from '../core/address.js';
import { equalBytes } from '../core/bytes.js';
import { inputInteger, inputObject, inputTime, MAX_UINT32 } from '../core/check.js';
import { PolyratchetError } from '../core/errors.js';
import { invalidArgument, malformed } from '../core/refusals.js';
import { publicKeyFrom, type PublicKey } from '../crypto/index.js';
import type { SenderKey } from '../senderkey/index.js';
import {
  accountText,
  bool,
  decodeRecord,
  deviceText,
  encodeRecord,
  nested,
  optional,
  rawPublicKey,
  repeated,
  required,
  uint32,
  uint53,
  type Table,
} from '../wire/index.js';
import { MAX_KEY_HOLDERS } from './limits.js';
import { inputList } from './lists.js';

/** A device that was given the key. */
export interface KeyHolder {
  /** Its address. */
  readonly device: Address;
  /** Its identity key at the time, 32 bytes. */
  readonly identityKey: PublicKey;
  /** Whether it has asked for a message since: then it may have lost the key, and is given it again. */
  readonly isLacking: boolean;
}

/** Who was given one sender key of ours: to be stored, in one write with the key. */
export interface GroupKeyHolders {
  /** Address of the group. */
  readonly group: Address;
  /** Number of the sender key. */
  readonly keyId: number;
  /** When it was made, milliseconds since 1970. */
  readonly createdAt: number;
  /** The devices, in the order in which they were given it first. */
  readonly devices: readonly KeyHolder[];
  /** A device that nothing vouches for and that has asked for one of our messages: the key is not used any more. */
  readonly unknownDevice?: Address;
}

/** A new sender key. */
export interface CreateKeyHoldersOptions {
  /** Address of the group. */
  readonly group: Address;
  /** The key. */
  readonly senderKey: SenderKey;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/**
 * The holders of a new sender key: nobody yet.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom as random } from 'polyratchet';
 * import { createKeyHolders } from 'polyratchet/group';
 * import { createSenderKey } from 'polyratchet/senderkey';
 *
 * const senderKey = createSenderKey({ random });
 * const holders = createKeyHolders({ group: 'friends@groups.example.org', senderKey, now: Date.now() });
 * ```
 */
export function createKeyHolders(options: CreateKeyHoldersOptions): GroupKeyHolders {
  const { group, senderKey, now } = inputObject('options', options);
  return {
    group: inputAccount('group', group),
    keyId: inputInteger('senderKey.keyId', inputObject('senderKey', senderKey).keyId, 0, MAX_UINT32),
    createdAt: inputTime('now', now),
    devices: [],
  };
}

/** Devices that were given the key. */
export interface AddKeyHoldersOptions {
  /** Who had it before. */
  readonly holders: GroupKeyHolders;
  /** Who was to be given it, as `planDistribution` says. */
  readonly to: readonly KeyTarget[];
  /** Addresses of those for which it was sealed (`sealed` of `sealEnvelopes`): the others stay without it. */
  readonly sealed: readonly Address[];
}

/** A device that is to be given the key. */
export interface KeyTarget {
  /** Its address. */
  readonly device: Address;
  /** The identity key that its account vouches for, 32 bytes. */
  readonly identityKey: PublicKey;
}

/**
 * Remembers who was given the key, in the write that stores the sealed messages: a device for which nothing could be sealed
 * goes on lacking it.
 *
 * @throws PolyratchetError `too-large`: more than {@link MAX_KEY_HOLDERS} devices; `invalid-argument`: also somebody who was
 *   not to be given it.
 */
export function addKeyHolders(options: AddKeyHoldersOptions): GroupKeyHolders {
  const { holders, to, sealed } = inputObject('options', options);
  const devices = new Map(inputHolders(holders).devices.map((holder) => [holder.device, holder]));
  const targets = new Map(inputList('to', to).map((target) => [inputObject('to', target).device, target]));
  for (const device of inputList('sealed', sealed)) {
    const target = targets.get(device);
    if (target === undefined)
      throw invalidArgument('sealed', 'devices that were to be given the key', 'another');
    const before = devices.get(device);
    if (before !== undefined && !equalBytes(before.identityKey, target.identityKey))
      throw invalidArgument('to', 'a new key where a device has another identity', 'the same key'); // or nobody knew of the first
    const identityKey = publicKeyFrom('identityKey', target.identityKey);
    devices.set(device, { device, identityKey, isLacking: false });
  }
  if (devices.size > MAX_KEY_HOLDERS)
    throw new PolyratchetError('too-large', { what: 'holders', limit: MAX_KEY_HOLDERS, got: devices.size });
  return { ...holders, devices: [...devices.values()] };
}

/**
 * Returns holders, and refuses what can be none.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputHolders(holders: GroupKeyHolders): GroupKeyHolders {
  if (Array.isArray(inputObject('holders', holders).devices)) return holders;
  throw invalidArgument('holders', 'the holders of a key', 'another object');
}

const holdersTable: Table<GroupKeyHolders> = {
  name: 'groupKeyHolders',
  unknown: 'reject',
  rows: {
    group: required(1, accountText),
    keyId: required(2, uint32),
    createdAt: required(3, uint53),
    devices: repeated(
      4,
      nested<KeyHolder>({
        name: 'groupKeyHolders.device',
        unknown: 'reject',
        rows: {
          device: required(1, deviceText),
          identityKey: required(2, rawPublicKey),
          isLacking: required(3, bool),
        },
      }),
      MAX_KEY_HOLDERS,
    ),
    unknownDevice: optional(5, deviceText),
  },
};

/**
 * Who was given a key as bytes to store: less than 1 MiB.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeKeyHolders(holders: GroupKeyHolders): Uint8Array {
  return encodeRecord(holdersTable, inputHolders(holders));
}

/**
 * Reads who was given a key strictly.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeKeyHolders(record: Uint8Array): GroupKeyHolders {
  const holders = decodeRecord(holdersTable, record);
  if (new Set(holders.devices.map(({ device }) => device)).size === holders.devices.length) return holders;
  throw malformed(holdersTable.name, 'devices', 'each once', 'one twice');
}
