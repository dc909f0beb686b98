/**
 * A companion's offer to be linked: the one-time secret by which it knows the primary's answer.
 *
 *     createLinkOffer ─ show the QR ─ (renewLinkOffer ─ show the next QR) ─ completeLink
 *
 * The secret travels on the screen, never through the server. Whoever sees the QR can answer the offer, so it is used
 * once and lives for minutes.
 *
 * @module
 */
import { copyBytes, describe, inputBytes } from '../../core/bytes.js';
import { inputObject, inputTime } from '../../core/check.js';
import { PolyratchetError } from '../../core/errors.js';
import { randomBytes, type Random } from '../../core/random.js';
import { invalidArgument } from '../../core/refusals.js';
import { Secret } from '../../core/secret.js';
import { KEY_LENGTH, publicKeyFrom, type PublicKey } from '../../crypto/index.js';
import type { Identity } from '../../identity/index.js';
import { MAX_LABEL_LENGTH } from '../companion.js';
import { encodeLinkQr, inputClientType, inputRef, LINKING_SECRET_LENGTH, type ClientType } from './qr.js';

/** An offer is answered within this time: a server's refs are shown for 160 s, the rest is for the person and the phone. */
export const LINK_OFFER_LIFETIME_MS: number = 5 * 60 * 1000;

/** What a device says of itself when it wants to be linked. */
export interface CompanionLabels {
  /** Which kind of client it is. */
  readonly clientType: ClientType;
  /** What the person knows it by, at most 256 characters. */
  readonly name: string;
  /** What it runs on, at most 256 characters. */
  readonly platform: string;
}

/** A companion's offer: to be stored until it is answered, and deleted then. */
export interface LinkOffer extends CompanionLabels {
  /** The secret of this offer, 32 bytes. */
  readonly linkingSecret: Secret<'LinkingSecret'>;
  /** The companion's identity key, 32 bytes. */
  readonly companionIdentity: PublicKey;
  /** The companion's transport key, 32 bytes that mean nothing here. */
  readonly noiseKey: Uint8Array;
  /** Names the offer at the server. */
  readonly ref: string;
  /** When it was made, milliseconds since 1970. */
  readonly createdAt: number;
  /** The primary's identity key, 32 bytes, where it is known already: after linking by code. */
  readonly primaryIdentity?: PublicKey;
}

/** Who wants to be linked. */
export interface LinkOfferOptions extends CompanionLabels {
  /** The companion's identity. */
  readonly identity: Identity;
  /** The companion's transport key, 32 bytes. */
  readonly noiseKey: Uint8Array;
  /** Names the offer at the server: printable ASCII without spaces and commas, at most 512 characters. */
  readonly ref: string;
  /** The source of the secret. */
  readonly random: Random;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** An offer and what to show of it. */
export interface ShownOffer {
  /** What to store. */
  readonly offer: LinkOffer;
  /** The text of the QR code. It holds the secret: for the screen alone. */
  readonly qr: string;
}

/**
 * Makes an offer with a secret of its own, and the text of its QR code.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { createLinkOffer } from 'polyratchet/devices';
 * import { generateIdentity } from 'polyratchet/identity';
 *
 * const { offer, qr } = createLinkOffer({
 *   identity: generateIdentity(systemRandom),
 *   noiseKey: systemRandom(32), // in real life: the public key of the transport
 *   ref: '2@server-chose-this',
 *   clientType: 'chrome',
 *   name: 'Work laptop',
 *   platform: 'Linux',
 *   random: systemRandom,
 *   now: Date.now(),
 * });
 * ```
 */
export function createLinkOffer(options: LinkOfferOptions): ShownOffer {
  const { identity, noiseKey, ref, random, now } = inputObject('options', options);
  const secret = randomBytes(random, LINKING_SECRET_LENGTH);
  try {
    return show({
      ...inputLabels(options),
      linkingSecret: new Secret('LinkingSecret', secret),
      companionIdentity: publicKeyFrom('identity', inputObject('identity', identity).publicKey),
      noiseKey: copyBytes(inputBytes('noiseKey', noiseKey, KEY_LENGTH)),
      ref: inputRef(ref),
      createdAt: inputTime('now', now),
    });
  } finally {
    secret.fill(0);
  }
}

/** An offer whose ref has run out. */
export interface RenewLinkOfferOptions {
  /** The offer. */
  readonly offer: LinkOffer;
  /** The next ref of the server. */
  readonly ref: string;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/**
 * The same offer under the server's next ref: a phone that has just scanned the QR before can still answer it.
 *
 * @throws PolyratchetError `link-expired`, `invalid-argument`
 */
export function renewLinkOffer(options: RenewLinkOfferOptions): ShownOffer {
  const { offer, ref, now } = inputObject('options', options);
  requireFresh(offer.createdAt, LINK_OFFER_LIFETIME_MS, now);
  return show({ ...offer, ref: inputRef(ref) });
}

/**
 * Refuses what is older than its lifetime; what is from the future too, since then the clock was wrong and nobody knows
 * its age.
 *
 * @throws PolyratchetError `link-expired`, `invalid-argument`
 */
export function requireFresh(createdAt: number, lifetime: number, now: number): void {
  const age = inputTime('now', now) - createdAt;
  if (age < 0 || age > lifetime) throw new PolyratchetError('link-expired', { why: 'expired' });
}

/**
 * The labels among other options, checked.
 *
 * @throws PolyratchetError `invalid-argument`
 * @internal
 */
export function inputLabels(labels: CompanionLabels): CompanionLabels {
  const { clientType, name, platform } = inputObject('labels', labels);
  return {
    clientType: inputClientType(clientType),
    name: inputLabel('name', name),
    platform: inputLabel('platform', platform),
  };
}

function show(offer: LinkOffer): ShownOffer {
  const { ref, noiseKey, companionIdentity, linkingSecret, clientType } = offer;
  return { offer, qr: encodeLinkQr({ ref, noiseKey, companionIdentity, linkingSecret, clientType }) };
}

function inputLabel(name: string, text: unknown): string {
  if (typeof text === 'string' && text.length <= MAX_LABEL_LENGTH && !/\p{Surrogate}/u.test(text))
    return text;
  throw invalidArgument(
    name,
    `well-formed text of at most ${MAX_LABEL_LENGTH} characters`,
    typeof text === 'string' ? `${text.length} characters` : describe(text),
  );
}
