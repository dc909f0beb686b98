/**
 * Offers and links by code as stored records, so that a restart does not end them.
 *
 * @module
 */
import { inputObject } from '../../core/check.js';
import { reveal, type Secret } from '../../core/secret.js';
import { KEY_LENGTH, keyPairFrom } from '../../crypto/index.js';
import {
  bytes,
  decodeRecord,
  encodeRecord,
  enumeration,
  nested,
  optional,
  rawPublicKey,
  required,
  secret,
  string,
  uint53,
  type Table,
} from '../../wire/index.js';
import { LINKING_CODE_LENGTH } from './code.js';
import type { CompanionCodeLink } from './codeCompanion.js';
import type { PrimaryCodeLink } from './codePrimary.js';
import type { CompanionLabels, LinkOffer } from './offer.js';
import { CLIENT_TYPE_NUMBERS, LINKING_SECRET_LENGTH } from './qr.js';
import type { CodeSecret } from './wrapping.js';

const noiseKey = bytes(KEY_LENGTH);

const labelRows = {
  clientType: required(1, enumeration(CLIENT_TYPE_NUMBERS)),
  name: required(2, string),
  platform: required(3, string),
};

const linkOfferTable: Table<LinkOffer> = {
  name: 'linkOffer',
  unknown: 'reject',
  rows: {
    ...labelRows,
    linkingSecret: required(4, secret('LinkingSecret', LINKING_SECRET_LENGTH)),
    companionIdentity: required(5, rawPublicKey),
    noiseKey: required(6, noiseKey),
    ref: required(7, string),
    createdAt: required(8, uint53),
    primaryIdentity: optional(9, rawPublicKey),
  },
};

/** A companion's pending link as it is stored; without a ref it was started only. */
interface CompanionPending extends CompanionLabels {
  readonly code: CodeSecret;
  readonly ephemeral: Secret<'LinkingEphemeral'>;
  readonly noiseKey: Uint8Array;
  readonly createdAt: number;
  readonly ref?: string;
}

interface PrimaryPending {
  readonly shared: Secret<'LinkingShared'>;
  readonly ref: string;
  readonly createdAt: number;
}

/** A link by code as it is stored; without what is pending it was used. */
interface CodeLinkRecord<Pending> {
  readonly pending?: Pending;
}

const companionCodeLinkTable: Table<CodeLinkRecord<CompanionPending>> = {
  name: 'companionCodeLink',
  unknown: 'reject',
  rows: {
    pending: optional(
      1,
      nested<CompanionPending>({
        name: 'companionCodeLink.pending',
        unknown: 'reject',
        rows: {
          ...labelRows,
          code: required(4, secret('LinkingCode', LINKING_CODE_LENGTH)),
          ephemeral: required(5, secret('LinkingEphemeral', KEY_LENGTH)),
          noiseKey: required(6, noiseKey),
          createdAt: required(7, uint53),
          ref: optional(8, string),
        },
      }),
    ),
  },
};

const primaryCodeLinkTable: Table<CodeLinkRecord<PrimaryPending>> = {
  name: 'primaryCodeLink',
  unknown: 'reject',
  rows: {
    pending: optional(
      1,
      nested<PrimaryPending>({
        name: 'primaryCodeLink.pending',
        unknown: 'reject',
        rows: {
          shared: required(1, secret('LinkingShared', KEY_LENGTH)),
          ref: required(2, string),
          createdAt: required(3, uint53),
        },
      }),
    ),
  },
};

/**
 * The offer as bytes to store: they hold its secret.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeLinkOffer(offer: LinkOffer): Uint8Array {
  return encodeRecord(linkOfferTable, offer);
}

/**
 * Reads a stored offer.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeLinkOffer(record: Uint8Array): LinkOffer {
  return decodeRecord(linkOfferTable, record);
}

/**
 * The companion's link as bytes to store: they hold the code and the ephemeral key.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodeCompanionCodeLink(link: CompanionCodeLink): Uint8Array {
  const known = inputObject('link', link);
  if (known.kind === 'used') return encodeRecord(companionCodeLinkTable, {});
  const { ephemeral, kind: _kind, ...pending } = known;
  return encodeRecord(companionCodeLinkTable, { pending: { ...pending, ephemeral: ephemeral.privateKey } });
}

/**
 * Reads a companion's stored link; the public key is computed anew.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeCompanionCodeLink(record: Uint8Array): CompanionCodeLink {
  const { pending } = decodeRecord(companionCodeLinkTable, record);
  if (pending === undefined) return { kind: 'used' };
  const { ref, ...rest } = pending;
  const link = { ...rest, ephemeral: keyPairFrom('LinkingEphemeral', reveal(rest.ephemeral)) };
  return ref === undefined ? { kind: 'started', ...link } : { kind: 'offered', ref, ...link };
}

/**
 * The primary's link as bytes to store: they hold the secret of the exchange.
 *
 * @throws PolyratchetError `invalid-argument`
 */
export function encodePrimaryCodeLink(link: PrimaryCodeLink): Uint8Array {
  const known = inputObject('link', link);
  if (known.kind === 'used') return encodeRecord(primaryCodeLinkTable, {});
  const { kind: _kind, ...pending } = known;
  return encodeRecord(primaryCodeLinkTable, { pending });
}

/**
 * Reads a primary's stored link.
 *
 * @throws PolyratchetError `malformed`, `newer-format`; `invalid-argument`: no bytes.
 */
export function decodePrimaryCodeLink(record: Uint8Array): PrimaryCodeLink {
  const { pending } = decodeRecord(primaryCodeLinkTable, record);
  return pending === undefined ? { kind: 'used' } : { kind: 'answered', ...pending };
}
