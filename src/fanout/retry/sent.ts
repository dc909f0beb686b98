/**
 * A message that was sent, as it is kept for those who may ask for it again: what it said, to whom, to which keys.
 *
 * @module
 */
import { parseAddress, type Address } from '../../core/address.js';
import { equalBytes, inputBytes } from '../../core/bytes.js';
import { inputList, inputObject, inputTime } from '../../core/check.js';
import { PolyratchetError } from '../../core/errors.js';
import { invalidArgument } from '../../core/refusals.js';
import { reveal, Secret } from '../../core/secret.js';
import { inputMessageId } from '../../content/index.js';
import { publicKeyFrom, type PublicKey } from '../../crypto/index.js';
import { MAX_PLAINTEXT_LENGTH } from '../../wire/index.js';
import { MAX_SENT_DEVICES } from './limits.js';

/** A device that a message was sent to. */
export interface SentDevice {
  /** Its address. */
  readonly device: Address;
  /** Its identity key at the time, 32 bytes. */
  readonly identityKey: PublicKey;
}

/** What some devices were sent. */
export interface SentPart {
  /** The content without its padding, at most 256 KiB. */
  readonly plaintext: Secret<'Plaintext'>;
  /** The devices, in the order in which they were sent it. */
  readonly devices: readonly SentDevice[];
}

/** A message that was sent. */
export interface SentMessage {
  /** Its id. */
  readonly messageId: string;
  /** When it was sent first, milliseconds since 1970. */
  readonly sentAt: number;
  /** One part for the recipient's devices and one for the copies of our own, say: no device is in two. */
  readonly parts: readonly SentPart[];
}

/** A device, as the caller names it. */
export interface SentDeviceInput {
  /** Its address. */
  readonly device: Address;
  /** Its identity key, 32 bytes. */
  readonly identityKey: Uint8Array;
}

/** What was sent to whom. */
export interface RememberSentOptions {
  /** The message so far, if it was sent to other devices before. */
  readonly sent?: SentMessage;
  /** Its id, 1 … 64 characters of printable ASCII. */
  readonly messageId: string;
  /** The content without its padding, at most 256 KiB. */
  readonly plaintext: Uint8Array;
  /** The devices that this plaintext was encrypted for, each with its identity key of 32 bytes. */
  readonly devices: readonly SentDeviceInput[];
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/**
 * Remembers what was sent to whom: once for the recipient's devices, again for the copies of our own, and again for
 * devices that a second round brings.
 *
 * A device that was sent one plaintext under an id never gets another.
 *
 * @throws PolyratchetError `too-large`; `invalid-argument`: also a device that was sent another plaintext.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { rememberSent } from 'polyratchet/fanout';
 * import { generateIdentity } from 'polyratchet/identity';
 *
 * const [phone, tablet] = [generateIdentity(systemRandom), generateIdentity(systemRandom)];
 * const message = { messageId: '3EB0C4', plaintext: new TextEncoder().encode('hello'), now: Date.now() };
 * const bob = [{ device: 'bob@example.org', identityKey: phone.publicKey }];
 * const first = rememberSent({ ...message, devices: bob });
 * const missed = [{ device: 'bob:1@example.org', identityKey: tablet.publicKey }];
 * rememberSent({ sent: first, ...message, devices: missed }).parts[0]?.devices.length; // 2
 * ```
 */
export function rememberSent(options: RememberSentOptions): SentMessage {
  const { sent } = inputObject('options', options);
  const now = inputTime('now', options.now);
  const messageId = inputMessageId(options.messageId);
  const plaintext = inputPlaintext(options.plaintext);
  const { sentAt, parts } = sent === undefined ? { sentAt: now, parts: [] } : inputSent(sent, messageId);
  const same = parts.find((part) => equalBytes(reveal(part.plaintext), plaintext));
  const added = newDevices(parts, same, options.devices);
  const before = { messageId, sentAt, parts };
  if (added.length === 0) return before;
  return withDevices(before, new Map([[same?.plaintext ?? new Secret('Plaintext', plaintext), added]]));
}

/** A message that was sent to more devices: they join the part of their plaintext, or make a new one. */
export function withDevices(
  { messageId, sentAt, parts }: SentMessage,
  added: ReadonlyMap<Secret<'Plaintext'>, readonly SentDevice[]>,
): SentMessage {
  const longer = [...parts];
  for (const [plaintext, devices] of added) {
    const place = parts.findIndex((part) => equalBytes(reveal(part.plaintext), reveal(plaintext)));
    const known = parts[place];
    if (known === undefined) longer.push({ plaintext, devices });
    else longer[place] = { ...known, devices: [...known.devices, ...devices] };
  }
  return { messageId, sentAt, parts: longer };
}

/** The devices that were not sent this plaintext before. */
function newDevices(
  parts: readonly SentPart[],
  same: SentPart | undefined,
  devices: RememberSentOptions['devices'],
): readonly SentDevice[] {
  const known = new Map(
    parts.flatMap((part) => part.devices.map((other) => [other.device, { part, ...other }] as const)),
  );
  const added = new Map<Address, SentDevice>();
  for (const item of inputList('devices', devices)) {
    const { device, identityKey } = inputObject('devices', item);
    parseAddress(device);
    const key = publicKeyFrom('identity key', identityKey);
    const before = known.get(device);
    if (added.has(device)) throw invalidArgument('devices', 'each device once', 'one twice');
    if (before === undefined) added.set(device, { device, identityKey: key });
    else if (before.part !== same || !equalBytes(before.identityKey, key))
      throw invalidArgument('devices', 'devices that were sent nothing else under this id', 'another');
  }
  checkCount(known.size + added.size);
  return [...added.values()];
}

/**
 * Checks how many devices a message goes to, or how many accounts: each of them has a device.
 *
 * @throws PolyratchetError `too-large`
 */
export function checkCount(count: number, what = 'devices'): void {
  if (count <= MAX_SENT_DEVICES) return;
  throw new PolyratchetError('too-large', { what, limit: MAX_SENT_DEVICES, got: count });
}

function inputPlaintext(plaintext: Uint8Array): Uint8Array {
  const input = inputBytes('plaintext', plaintext);
  if (input.length <= MAX_PLAINTEXT_LENGTH) return input;
  const { length: got } = input;
  throw new PolyratchetError('too-large', { what: 'plaintext', limit: MAX_PLAINTEXT_LENGTH, got });
}

/**
 * A sent message of an id.
 *
 * @throws PolyratchetError `invalid-argument`: another message.
 */
export function inputSent(sent: SentMessage, messageId: string): SentMessage {
  if (inputObject('sent', sent).messageId === messageId && Array.isArray(sent.parts)) return sent;
  throw invalidArgument('sent', 'the message of the id', 'another');
}

/** What one device was sent. */
export type SentCopy = SentDevice & Pick<SentPart, 'plaintext'>;

/** What a device was sent, and under which key; `undefined` if it was sent nothing. */
export function sentTo({ parts }: SentMessage, device: Address): SentCopy | undefined {
  for (const { plaintext, devices } of parts) {
    const found = devices.find((other) => other.device === device);
    if (found !== undefined) return { ...found, plaintext };
  }
  return undefined;
}
