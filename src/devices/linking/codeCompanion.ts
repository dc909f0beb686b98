/**
 * The companion's side of linking by code: it shows a code, and gets the same kind of offer as with a QR code.
 *
 * An answer to a code is one guess at it, right or wrong, and a wrong one looks like a right one: so a link takes one
 * answer, and is stored as used before anything is sent.
 *
 * @module
 */
import { copyBytes, inputBytes, wipe } from '../../core/bytes.js';
import { inputObject, inputTime } from '../../core/check.js';
import { PolyratchetError } from '../../core/errors.js';
import { randomBytes, type Random } from '../../core/random.js';
import { Secret } from '../../core/secret.js';
import { agree, generateKeyPair, KEY_LENGTH, publicKeyFrom, type KeyPair } from '../../crypto/index.js';
import type { Identity } from '../../identity/index.js';
import { codeBytes, formatLinkingCode, generateLinkingCode, parseLinkingCode } from './code.js';
import {
  CODE_LINK_LIFETIME_MS,
  requireRef,
  usedBefore,
  type CompanionFinish,
  type CompanionHello,
  type PrimaryHello,
  type UsedCodeLink,
} from './codeLink.js';
import { inputLabels, requireFresh, type CompanionLabels, type LinkOffer } from './offer.js';
import { inputRef } from './qr.js';
import { deriveLinkingSecret, sealBundle, unwrapEphemeral, wrapEphemeral } from './wrapping.js';

/** What the companion keeps while the code is on its screen. */
export interface PendingCodeLink extends CompanionLabels {
  /** The code, 8 bytes of ASCII. */
  readonly code: Secret<'LinkingCode'>;
  /** The ephemeral key pair. */
  readonly ephemeral: KeyPair<'LinkingEphemeral'>;
  /** The companion's transport key, 32 bytes. */
  readonly noiseKey: Uint8Array;
  /** When it began, milliseconds since 1970. */
  readonly createdAt: number;
}

/** A link by code at the companion: to be stored after each step. */
export type CompanionCodeLink =
  | (PendingCodeLink & {
      /** The hello was made; the server has not named the exchange yet. */
      readonly kind: 'started';
    })
  | (PendingCodeLink & {
      /** The primary may answer. */
      readonly kind: 'offered';
      /** Names the exchange at the server. */
      readonly ref: string;
    })
  | UsedCodeLink;

/** Who wants to be linked. */
export interface StartCodeLinkOptions extends CompanionLabels {
  /** The companion's transport key, 32 bytes. */
  readonly noiseKey: Uint8Array;
  /** A code of the application's own choice, eight characters of the alphabet; without it, a random one. */
  readonly code?: string;
  /** The source of the code and of the ephemeral key. */
  readonly random: Random;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What to store, to show and to send. */
export interface StartedCodeLink {
  /** What to store. */
  readonly link: CompanionCodeLink;
  /** What to show: `XXXX-XXXX`. */
  readonly code: string;
  /** What to send: the wrapped ephemeral key of 80 bytes, to which the server adds the ref. */
  readonly hello: Omit<CompanionHello, 'ref'>;
}

/**
 * Begins to link by code. Takes a fraction of a second: the code is stretched.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts
 * import { systemRandom } from 'polyratchet';
 * import { startCodeLink } from 'polyratchet/devices';
 *
 * const { link, code, hello } = startCodeLink({
 *   noiseKey: systemRandom(32), // in real life: the public key of the transport
 *   clientType: 'firefox',
 *   name: 'Laptop',
 *   platform: 'Linux',
 *   random: systemRandom,
 *   now: Date.now(),
 * });
 * console.log('Type this into your phone:', code);
 * ```
 */
export function startCodeLink(options: StartCodeLinkOptions): StartedCodeLink {
  const { noiseKey, random, now } = inputObject('options', options);
  const code = options.code === undefined ? generateLinkingCode(random) : parseLinkingCode(options.code);
  const pending: PendingCodeLink = {
    ...inputLabels(options),
    code: new Secret('LinkingCode', codeBytes(code)),
    noiseKey: copyBytes(inputBytes('noiseKey', noiseKey, KEY_LENGTH)),
    createdAt: inputTime('now', now),
    ephemeral: generateKeyPair('LinkingEphemeral', random),
  };
  return {
    link: { kind: 'started', ...pending },
    code: formatLinkingCode(code),
    hello: { wrappedEphemeral: wrapEphemeral(pending.code, pending.ephemeral.publicKey, random) },
  };
}

/** A link and the name that the server has given it. */
export interface OfferCodeLinkOptions {
  /** The link as it was started. */
  readonly link: CompanionCodeLink;
  /** Names the exchange at the server: printable ASCII without spaces and commas, at most 512 characters. */
  readonly ref: string;
}

/**
 * Notes the ref that the server has answered to the hello: only an answer to this one is taken.
 *
 * @throws PolyratchetError `link-expired` `used`; `link-mismatch` `reference`: it has another ref; `invalid-argument`.
 */
export function offerCodeLink(options: OfferCodeLinkOptions): CompanionCodeLink {
  const { ref } = inputObject('options', options);
  const link = inputObject('link', options.link);
  switch (link.kind) {
    case 'started':
      return { ...link, kind: 'offered', ref: inputRef(ref) };
    case 'offered':
      requireRef(link.ref, ref);
      return link;
    case 'used':
      throw usedBefore();
  }
}

/** The primary's answer. */
export interface FinishCodeLinkOptions {
  /** The link. */
  readonly link: CompanionCodeLink;
  /** The companion's identity. */
  readonly identity: Identity;
  /** What the primary has answered. */
  readonly hello: PrimaryHello;
  /** The source of the companion's share of the secret. */
  readonly random: Random;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What to store, and to send. */
export interface FinishedCodeLink {
  /** What to store in place of the link. */
  readonly link: UsedCodeLink;
  /** The offer that `completeLink` goes on with. */
  readonly offer: LinkOffer;
  /** What to send. */
  readonly finish: CompanionFinish;
}

/**
 * Takes the primary's answer, and sends both identities under the key that the exchange has made.
 *
 * The companion cannot see whether the right code was typed: the primary can, and says nothing if it was not. Takes a
 * fraction of a second.
 *
 * @throws PolyratchetError `link-expired`: after three minutes, or used; `link-mismatch` `reference`: the answer is to
 *   another exchange, or to one that the server has not named; `malformed`, `invalid-key`, `invalid-argument`.
 * @example
 * ```ts no-run
 * import { systemRandom } from 'polyratchet';
 * import { encodeLinkOffer, finishCodeLink, type CompanionCodeLink, type PrimaryHello } from 'polyratchet/devices';
 * import type { Identity } from 'polyratchet/identity';
 *
 * declare const identity: Identity;
 * declare const link: CompanionCodeLink;
 * declare const hello: PrimaryHello; // from the server
 * const finished = finishCodeLink({ link, identity, hello, random: systemRandom, now: Date.now() });
 * const stored = encodeLinkOffer(finished.offer); // in place of the link; then finished.finish goes to the server
 * ```
 */
export function finishCodeLink(options: FinishCodeLinkOptions): FinishedCodeLink {
  const { identity, hello, random, now } = inputObject('options', options);
  const link = inputObject('link', options.link);
  if (link.kind === 'used') throw usedBefore();
  requireFresh(link.createdAt, CODE_LINK_LIFETIME_MS, now);
  if (link.kind === 'started') throw new PolyratchetError('link-mismatch', { why: 'reference' });
  requireRef(link.ref, inputObject('hello', hello).ref);
  const { code, ephemeral, kind: _offered, ...rest } = link;
  const primaryIdentity = publicKeyFrom('primary identity', hello.primaryIdentity);
  const companionIdentity = publicKeyFrom('identity', inputObject('identity', identity).publicKey);
  const remoteEphemeral = unwrapEphemeral(code, hello.wrappedEphemeral, ephemeral.publicKey);
  const shared = agree(ephemeral.privateKey, remoteEphemeral);
  const share = randomBytes(random, KEY_LENGTH);
  try {
    const bundle = sealBundle(shared, { companionIdentity, primaryIdentity, random: share }, random);
    const linkingSecret = deriveLinkingSecret({
      shared,
      identity,
      remoteIdentity: primaryIdentity,
      random: share,
    });
    return {
      link: { kind: 'used' },
      offer: { ...rest, linkingSecret, companionIdentity, primaryIdentity },
      finish: { bundle, companionIdentity: copyBytes(companionIdentity), ref: link.ref },
    };
  } finally {
    wipe(shared, share);
  }
}
