/**
 * The text of a linking QR code, WhatsApp's:
 *
 *     ref , base64(noise key) , base64(companion identity) , base64(linking secret) , client type
 *
 * Written with all five fields and no prefix; read with or without the last field, and after a known prefix.
 *
 * @module
 */
import { describe } from '../../core/bytes.js';
import { PolyratchetError } from '../../core/errors.js';
import { invalidArgument } from '../../core/refusals.js';
import { reveal, Secret } from '../../core/secret.js';
import { KEY_LENGTH, publicKeyFrom, type PublicKey } from '../../crypto/index.js';

/** Bytes of a linking secret. */
export const LINKING_SECRET_LENGTH = 32;

/** Longest ref: several times any that a server was seen to give, and still readable by a camera. */
export const MAX_REF_LENGTH = 512;

/** Longest QR text that is read: a ref, three keys, and a prefix. */
export const MAX_QR_LENGTH = 1_024;

/** What stands before the fields where the QR is also a link for the phone's camera. */
const PREFIXES: readonly string[] = ['https://wa.me/settings/linked_devices#'];

/** Client types with the characters by which WhatsApp names them. */
const CLIENT_TYPES = {
  chrome: '1',
  edge: '2',
  firefox: '3',
  'internet-explorer': '4',
  opera: '5',
  safari: '6',
  electron: '7',
  uwp: '8',
  'other-web': '9',
  macos: 'c',
  'android-tablet': 'd',
  'android-phone': 'e',
  ambiguous: 'f',
} as const;

/** Which kind of client a companion is. */
export type ClientType = keyof typeof CLIENT_TYPES;

/** A companion that asks to be linked, as the primary knows it: from a QR code, or from the exchange by code. */
export interface LinkRequest {
  /** The secret of the offer, 32 bytes. */
  readonly linkingSecret: Secret<'LinkingSecret'>;
  /** The companion's identity key, 32 bytes. */
  readonly companionIdentity: PublicKey;
  /** Names the offer at the server. */
  readonly ref: string;
  /** The companion's transport key, 32 bytes; from a QR code only. */
  readonly noiseKey?: Uint8Array;
  /** What kind of client it says it is; from a QR code of five fields only. */
  readonly clientType?: ClientType;
}

/** The text of an offer's QR code. */
export function encodeLinkQr(fields: Required<LinkRequest>): string {
  const { ref, noiseKey, companionIdentity, linkingSecret, clientType } = fields;
  const keys = [noiseKey, companionIdentity, reveal(linkingSecret)].map(toBase64);
  return [ref, ...keys, CLIENT_TYPES[clientType]].join(',');
}

/**
 * Reads the text of a QR code that the primary has scanned.
 *
 * @throws PolyratchetError `malformed`, `too-large`, `invalid-key`; `invalid-argument`: no text.
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { createLinkOffer, parseLinkQr } from 'polyratchet/devices';
 * import { generateIdentity } from 'polyratchet/identity';
 *
 * const { qr } = createLinkOffer({
 *   identity: generateIdentity(systemRandom),
 *   noiseKey: systemRandom(32),
 *   ref: 'ref',
 *   clientType: 'firefox',
 *   name: 'Laptop',
 *   platform: 'Linux',
 *   random: systemRandom,
 *   now: Date.now(),
 * });
 * parseLinkQr(qr).clientType; // 'firefox'
 * ```
 */
export function parseLinkQr(qr: string): LinkRequest {
  const text = inputText('qr', qr);
  if (text.length > MAX_QR_LENGTH) {
    throw new PolyratchetError('too-large', { what: 'QR code', limit: MAX_QR_LENGTH, got: text.length });
  }
  const prefix = PREFIXES.find((known) => text.startsWith(known)) ?? '';
  const fields = text.slice(prefix.length).split(',');
  const [ref = '', noiseKey = '', identity = '', secret = '', client] = fields;
  if (fields.length !== 4 && fields.length !== 5) throw malformed('fields', '4 or 5', `${fields.length}`);
  if (!isRef(ref)) throw malformed('ref', 'printable ASCII', 'other text');
  const secretBytes = readBase64('linking secret', secret);
  try {
    return {
      linkingSecret: new Secret('LinkingSecret', secretBytes),
      companionIdentity: publicKeyFrom('companion identity', readBase64('companion identity', identity)),
      ref,
      noiseKey: readBase64('noise key', noiseKey),
      ...(client === undefined ? {} : { clientType: readClientType(client) }),
    };
  } finally {
    secretBytes.fill(0);
  }
}

/**
 * A ref, if it can be one.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputRef(ref: unknown): string {
  const text = inputText('ref', ref);
  if (isRef(text)) return text;
  throw invalidArgument(
    'ref',
    `1 to ${MAX_REF_LENGTH} characters of ASCII without spaces and commas`,
    `${text.length} characters`,
  );
}

/**
 * A client type, if it is one.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function inputClientType(clientType: ClientType): ClientType {
  if (Object.hasOwn(CLIENT_TYPES, clientType)) return clientType;
  throw invalidArgument('clientType', `one of ${Object.keys(CLIENT_TYPES).join(', ')}`, describe(clientType));
}

/** Client types by number, for records: the code of the character. */
export const CLIENT_TYPE_NUMBERS: Readonly<Record<ClientType, number>> = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ Object.entries(CLIENT_TYPES).map(([name, character]) => [name, character.charCodeAt(0)]),
) as Record<ClientType, number>;

function readClientType(character: string): ClientType {
  const found = Object.entries(CLIENT_TYPES).find(([, known]) => known === character);
  if (found === undefined) throw malformed('client type', 'a known character', 'another');
  return found[0] as ClientType;
}

function isRef(text: string): boolean {
  return text.length <= MAX_REF_LENGTH && /^[!-+\--~]+$/.test(text);
}

function inputText(name: string, text: unknown): string {
  if (typeof text === 'string') return text;
  throw invalidArgument(name, 'text', describe(text));
}

/** Standard base64 with padding, of 32 bytes, spelled in the one canonical way. */
function readBase64(field: string, text: string): Uint8Array {
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    if (bytes.length === KEY_LENGTH && toBase64(bytes) === text) return bytes;
  }
  throw malformed(field, 'base64 of 32 bytes', `${text.length} characters`);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function malformed(field: string, expected: string, got: string): PolyratchetError {
  return new PolyratchetError('malformed', { what: 'QR code', field, expected, got });
}
