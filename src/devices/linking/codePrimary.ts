/**
 * The primary's side of linking by code: the person types the code, and the primary learns who asks to be linked.
 *
 * The tag of the companion's bundle is where a wrong code shows; the person then starts again with a new one.
 *
 * @module
 */
import { copyBytes, equalBytes, wipe } from '../../core/bytes.js';
import { inputObject, inputTime } from '../../core/check.js';
import { PolyratchetError } from '../../core/errors.js';
import type { Random } from '../../core/random.js';
import { reveal, Secret } from '../../core/secret.js';
import { agree, generateKeyPair, publicKeyFrom } from '../../crypto/index.js';
import type { Identity } from '../../identity/index.js';
import { codeBytes, parseLinkingCode } from './code.js';
import {
  CODE_LINK_LIFETIME_MS,
  requireRef,
  usedBefore,
  type CompanionFinish,
  type CompanionHello,
  type PrimaryHello,
  type UsedCodeLink,
} from './codeLink.js';
import { requireFresh } from './offer.js';
import { inputRef, type LinkRequest } from './qr.js';
import { deriveLinkingSecret, openBundle, unwrapEphemeral, wrapEphemeral } from './wrapping.js';

/** A link by code at the primary: to be stored until the companion has finished. */
export type PrimaryCodeLink =
  | {
      /** The companion may finish. */
      readonly kind: 'answered';
      /** What the ephemeral keys share, 32 bytes. */
      readonly shared: Secret<'LinkingShared'>;
      /** Names the exchange at the server. */
      readonly ref: string;
      /** When it was answered, milliseconds since 1970. */
      readonly createdAt: number;
    }
  | UsedCodeLink;

/** A companion's hello and what the person has typed. */
export interface AnswerCodeLinkOptions {
  /** The primary's identity. */
  readonly identity: Identity;
  /** The code as it was typed. */
  readonly code: string;
  /** The companion's hello, with the ref of the server. */
  readonly hello: CompanionHello;
  /** The source of the ephemeral key. */
  readonly random: Random;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What to store, and to send. */
export interface AnsweredCodeLink {
  /** What to store. */
  readonly link: PrimaryCodeLink;
  /** What to send. */
  readonly hello: PrimaryHello;
}

/**
 * Answers a companion's hello with the code that the person has typed. Takes a fraction of a second: the code is
 * stretched twice.
 *
 * @throws PolyratchetError `invalid-argument`: no code can be like this; `malformed`, `invalid-key`.
 * @example
 * ```ts no-run
 * import { systemRandom } from 'polyratchet';
 * import { answerCodeLink, encodePrimaryCodeLink, type CompanionHello } from 'polyratchet/devices';
 * import type { Identity } from 'polyratchet/identity';
 *
 * declare const identity: Identity;
 * declare const hello: CompanionHello; // from the server
 * const answered = answerCodeLink({ identity, code: 'ABCD-1234', hello, random: systemRandom, now: Date.now() });
 * const stored = encodePrimaryCodeLink(answered.link); // then answered.hello goes to the server
 * ```
 */
export function answerCodeLink(options: AnswerCodeLinkOptions): AnsweredCodeLink {
  const { identity, hello, random, now } = inputObject('options', options);
  const ref = inputRef(inputObject('hello', hello).ref);
  const createdAt = inputTime('now', now);
  const primaryIdentity = copyBytes(inputObject('identity', identity).publicKey);
  const code = new Secret('LinkingCode', codeBytes(parseLinkingCode(options.code)));
  const remoteEphemeral = unwrapEphemeral(code, hello.wrappedEphemeral);
  const ephemeral = generateKeyPair('LinkingEphemeral', random);
  const shared = agree(ephemeral.privateKey, remoteEphemeral);
  try {
    return {
      link: { kind: 'answered', shared: new Secret('LinkingShared', shared), ref, createdAt },
      hello: { wrappedEphemeral: wrapEphemeral(code, ephemeral.publicKey, random), primaryIdentity, ref },
    };
  } finally {
    wipe(shared);
  }
}

/** What the companion has sent last. */
export interface AcceptCodeLinkOptions {
  /** The link. */
  readonly link: PrimaryCodeLink;
  /** The primary's identity. */
  readonly identity: Identity;
  /** The companion's last message. */
  readonly finish: CompanionFinish;
  /** The time, milliseconds since 1970. */
  readonly now: number;
}

/** What to store, and who asks. */
export interface AcceptedCodeLink {
  /** What to store in place of the link. */
  readonly link: UsedCodeLink;
  /** What `approveLink` goes on with. */
  readonly request: LinkRequest;
}

/**
 * Opens the companion's bundle: both sides have used the same code, and mean the same two identities.
 *
 * @throws PolyratchetError `link-expired`: after three minutes, or used; `link-mismatch`: `code` (another code was
 *   typed), `reference`, `identity`; `malformed`, `invalid-key`, `invalid-argument`.
 * @example
 * ```ts no-run
 * import { acceptCodeLink, decodePrimaryCodeLink, type CompanionFinish } from 'polyratchet/devices';
 * import type { Identity } from 'polyratchet/identity';
 *
 * declare const identity: Identity;
 * declare const stored: Uint8Array;
 * declare const finish: CompanionFinish; // from the server
 * const { request } = acceptCodeLink({ link: decodePrimaryCodeLink(stored), identity, finish, now: Date.now() });
 * request.companionIdentity; // who asks: approveLink goes on
 * ```
 */
export function acceptCodeLink(options: AcceptCodeLinkOptions): AcceptedCodeLink {
  const { identity, finish, now } = inputObject('options', options);
  const link = inputObject('link', options.link);
  if (link.kind === 'used') throw usedBefore();
  requireFresh(link.createdAt, CODE_LINK_LIFETIME_MS, now);
  requireRef(link.ref, inputObject('finish', finish).ref);
  const companionIdentity = publicKeyFrom('companion identity', finish.companionIdentity);
  const { publicKey } = inputObject('identity', identity);
  const shared = reveal(link.shared);
  const bundle = openBundle(shared, finish.bundle);
  try {
    const areMeant =
      equalBytes(bundle.companionIdentity, companionIdentity) &&
      equalBytes(bundle.primaryIdentity, publicKey);
    if (!areMeant) throw new PolyratchetError('link-mismatch', { why: 'identity' });
    const { random } = bundle;
    const linkingSecret = deriveLinkingSecret({
      shared,
      identity,
      remoteIdentity: companionIdentity,
      random,
    });
    return { link: { kind: 'used' }, request: { linkingSecret, companionIdentity, ref: link.ref } };
  } finally {
    wipe(bundle.random);
  }
}
