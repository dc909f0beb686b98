/**
 * Participant hash: a short name for the set of devices that a message was encrypted for.
 *
 *     "2:" ‖ base64(first 6 bytes of SHA-256(sorted device texts, one after the other))
 *
 * Sender and server compare it to notice that one of them has an old list. It proves nothing: six bytes, computed by
 * whoever likes to. What it leads to is a fetch of signed lists, never trust in a device.
 *
 * @module
 */
import { parseAddress, type Address } from '../core/address.js';
import { utf8 } from '../core/bytes.js';
import { inputList } from '../core/check.js';
import { sha256 } from '../crypto/index.js';
import { restrictedText, type Kind } from '../wire/index.js';

/** Version of the hash, and what separates it from the characters. */
const PREFIX = '2:';

/** Bytes of the digest that are kept. */
const HASH_LENGTH = 6;

/** Characters that are written: six bytes of base64, without padding since they are a multiple of three. */
const CHARACTERS = 8;

/** Characters that some clients cut it to. */
const FEWEST_CHARACTERS = 6;

const FORM = new RegExp(`^${PREFIX}(?:[A-Za-z0-9+/]{${FEWEST_CHARACTERS}}|[A-Za-z0-9+/]{${CHARACTERS}})$`);

/**
 * The participant hash of some devices in WhatsApp's form: `2:` and eight characters of standard base64.
 *
 * The order of the devices does not matter, nor that one is named twice.
 *
 * @param devices - every device that the message is for, those of our own account included
 * @throws PolyratchetError `invalid-argument`: no list, or something in it is no address.
 * @example
 * ```ts
 * import { participantHash } from 'polyratchet/fanout';
 *
 * participantHash(['bob@example.org', 'bob:1@example.org', 'alice:2@example.org']); // '2:dgd3HPPA'
 * ```
 */
export function participantHash(devices: readonly Address[]): string {
  // Addresses are ASCII: the order of their characters is that of their bytes.
  const texts = [...new Set(inputList('devices', devices).map(deviceText))].sort();
  const digest = sha256(utf8(texts.join('')));
  return PREFIX + btoa(String.fromCharCode(...digest.subarray(0, HASH_LENGTH)));
}

/** A device as it is hashed: `user.agent:device@server`, where the agent is always 0 and the primary's number is written. */
function deviceText(address: Address): string {
  const { user, device, server } = parseAddress(address);
  return `${user}.0:${device}@${server}`;
}

/** A participant hash in records. */
export const participantHashText: Kind<string> = restrictedText(
  'participantHash',
  (text) => typeof text === 'string' && FORM.test(text),
  'a participant hash',
);

/** What two participant hashes say about the devices behind them. */
export type ParticipantHashComparison =
  /** The same devices, as far as so short a hash can tell. */
  | 'same'
  /** Different devices: somebody's list is old. */
  | 'different'
  /** One is of a form that is not known: it says nothing. */
  | 'unknown-form';

/**
 * Compares two participant hashes, whichever way their senders spell them.
 *
 * Clients write standard or URL-safe base64, and one kind cuts the text to six characters: then those are compared.
 *
 * @example
 * ```ts
 * import { compareParticipantHashes } from 'polyratchet/fanout';
 *
 * compareParticipantHashes('2:QxuR/2+M', '2:QxuR_2-M'); // 'same'
 * compareParticipantHashes('2:QxuR/2+M', '2:QxuR/2'); // 'same'
 * compareParticipantHashes('2:QxuR/2+M', '2:AAAAAAAA'); // 'different'
 * ```
 */
export function compareParticipantHashes(one: string, other: string): ParticipantHashComparison {
  const [a, b] = [normalized(one), normalized(other)];
  if (a === undefined || b === undefined) return 'unknown-form';
  const length = Math.min(a.length, b.length);
  return a.slice(0, length) === b.slice(0, length) ? 'same' : 'different';
}

/** The hash in standard base64. */
function normalized(hash: string): string | undefined {
  if (typeof hash !== 'string') return undefined;
  const standard = hash.replaceAll('-', '+').replaceAll('_', '/');
  return FORM.test(standard) ? standard : undefined;
}
