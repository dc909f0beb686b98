/**
 * Client fanout: one plaintext, or one for each device, encrypted separately for each device.
 *
 * @module
 */
import { parseAddress, type Address } from '../core/address.js';
import { inputBytes } from '../core/bytes.js';
import { inputInteger, inputList, inputObject, inputTime, MAX_UINT32 } from '../core/check.js';
import { PolyratchetError, withDevice } from '../core/errors.js';
import { itemAt } from '../core/lists.js';
import { randomBytes, type Random } from '../core/random.js';
import { invalidArgument } from '../core/refusals.js';
import type { Identity, PreKeyBundle } from '../identity/index.js';
import {
  checkSendable,
  createSession,
  encryptBatch,
  sessionStatus,
  type BatchItem,
  type EncryptedMessage,
  type EncryptResult,
  type RemoteIdentity,
  type Session,
  type SessionStatus,
} from '../session/index.js';
import { pad } from '../wire/index.js';

/** A device that shall get the message, and what we have of it. */
export interface FanoutDevice {
  /** Its address. */
  readonly device: Address;
  /** The session with it, if there is one. */
  readonly session?: Session;
  /** Its bundle, where a session must be started. */
  readonly bundle?: PreKeyBundle;
  /** Its identity key that we trust, 32 bytes; absent at first contact. */
  readonly trustedIdentity?: Uint8Array;
  /** What it shall get instead of what all get: at most 256 KiB. */
  readonly plaintext?: Uint8Array;
}

/** What to send to whom. */
export interface EncryptFanoutOptions {
  /** Our identity. */
  readonly identity: Identity;
  /** Our registration id. */
  readonly registrationId: number;
  /** At most 256 KiB; it is padded here. Absent where every device has its own. */
  readonly plaintext?: Uint8Array;
  /** All devices of the recipient, and all of our own but this one. */
  readonly devices: readonly FanoutDevice[];
  /** The source of padding and keys. */
  readonly random: Random;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What became of one device. */
export type FanoutOutcome =
  | {
      /** Encrypted for the device. */
      readonly kind: 'encrypted';
      /** Its address. */
      readonly device: Address;
      /** What to send. */
      readonly message: EncryptedMessage;
      /** Replaces the device's session, to be stored before the message is sent. */
      readonly session: Session;
      /** Its identity key, where a session was started: to be kept if it is the first. */
      readonly identity?: RemoteIdentity;
    }
  | {
      /** There is no session to encrypt with: fetch a bundle and call again for this device. */
      readonly kind: 'needs-bundle';
      /** Its address. */
      readonly device: Address;
      /** Why the session does not do: there is none, it has expired, or it is exhausted. */
      readonly session: SessionStatus;
    }
  | {
      /** The device gets nothing. */
      readonly kind: 'refused';
      /** Its address. */
      readonly device: Address;
      /** Why: its code says what to do. */
      readonly error: PolyratchetError;
    };

/**
 * Encrypts a message for many devices; one bad device never keeps the others from theirs.
 *
 * The outcomes come in the order of the devices. A device that is named twice is refused the second time, since
 * encrypting twice with one session would use a key twice.
 *
 * @throws PolyratchetError `too-large`, `invalid-argument`: what is wrong with the call and not with a device.
 * @example
 * ```ts
 * import { systemRandom as random } from 'polyratchet';
 * import { encryptFanout } from 'polyratchet/fanout';
 * import { generateIdentity } from 'polyratchet/identity';
 *
 * const outcomes = encryptFanout({
 *   identity: generateIdentity(random),
 *   registrationId: 1,
 *   plaintext: new TextEncoder().encode('hello'),
 *   devices: [{ device: 'bob@example.org' }, { device: 'bob:1@example.org' }],
 *   random,
 *   now: Date.now(),
 * });
 * for (const outcome of outcomes) {
 *   if (outcome.kind === 'needs-bundle') console.log('fetch a bundle of', outcome.device);
 * }
 * ```
 */
export function encryptFanout(options: EncryptFanoutOptions): readonly FanoutOutcome[] {
  checkCall(options);
  const padded = padding(options);
  const seen = new Set<Address>();
  const prepared = options.devices.map((target) => {
    const { device } = inputObject('devices', target);
    try {
      parseAddress(device);
      if (seen.has(device)) throw twice();
      seen.add(device);
      return prepare(target, padded(target.plaintext), options);
    } catch (error) {
      if (!PolyratchetError.is(error)) throw error;
      return { kind: 'refused', device, error: withDevice(error, device) } as const;
    }
  });
  const ready = prepared.filter((target) => target.kind === 'ready');
  const encrypted = encryptBatch(ready);
  let next = 0;
  return prepared.map((target) =>
    target.kind === 'ready' ? outcomeOf(target, itemAt(encrypted, next++)) : target,
  );
}

/** What is wrong with the call is not blamed on a device. */
function checkCall(options: EncryptFanoutOptions): void {
  const { identity, registrationId, devices, now } = inputObject('options', options);
  inputObject('identity', identity);
  inputInteger('registrationId', registrationId, 0, MAX_UINT32);
  inputTime('now', now);
  inputList('devices', devices);
}

/** Plaintexts whose padding is drawn together: asking a system for one byte costs as much as half an encryption. */
const DRAWN_TOGETHER = 16;

/** The padded form of what a device gets; a plaintext that several devices bring is padded once. */
function padding({ plaintext, devices, random }: EncryptFanoutOptions): (own?: Uint8Array) => Uint8Array {
  const padded = new Map<Uint8Array | undefined, Uint8Array>();
  let drawn: Uint8Array = new Uint8Array(0);
  const drawOne: Random = () => {
    if (drawn.length === 0) drawn = randomBytes(random, DRAWN_TOGETHER);
    const one = drawn.subarray(0, 1);
    drawn = drawn.subarray(1);
    return one;
  };
  const padOnce = (own: Uint8Array | undefined): Uint8Array => {
    const known = padded.get(own);
    if (known !== undefined) return known;
    const made = pad(inputBytes('plaintext', own ?? plaintext), own === undefined ? random : drawOne);
    padded.set(own, made);
    return made;
  };
  const isCommon = (device: FanoutDevice): boolean => inputObject('devices', device).plaintext === undefined;
  if (plaintext !== undefined || devices.some(isCommon)) padOnce(undefined);
  return padOnce;
}

/** A device for which a session is ready. */
interface Ready extends BatchItem {
  readonly kind: 'ready';
  readonly device: Address;
  readonly identity?: RemoteIdentity;
}

/** Finds or starts the session with a device. */
function prepare(
  target: FanoutDevice,
  plaintext: Uint8Array,
  options: EncryptFanoutOptions,
): Ready | FanoutOutcome {
  const { device, session, bundle, trustedIdentity } = target;
  const { identity, registrationId, random, now } = options;
  const trust = trustedIdentity === undefined ? {} : { trustedIdentity };
  const known = session === undefined ? {} : { session };
  const status = sessionStatus({ ...known, now });
  if (session !== undefined && (status === 'established' || status === 'unacknowledged')) {
    const { current } = checkSendable({ session, ...trust, now });
    return { kind: 'ready', device, session, current, plaintext };
  }
  if (bundle === undefined) return { kind: 'needs-bundle', device, session: status };
  const started = createSession({ identity, registrationId, bundle, ...known, ...trust, random, now });
  const sendable = checkSendable({ session: started.session, now });
  return { kind: 'ready', device, ...sendable, plaintext, identity: started.identity };
}

function outcomeOf({ device, identity }: Ready, { session, message }: EncryptResult): FanoutOutcome {
  return { kind: 'encrypted', device, message, session, ...(identity === undefined ? {} : { identity }) };
}

function twice(): PolyratchetError {
  return invalidArgument('devices', 'each device once', 'one twice');
}
