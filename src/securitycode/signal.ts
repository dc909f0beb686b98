/**
 * The `signal` profile: typed keys of 33 bytes, opaque identifiers, and libsignal's scannable fingerprint.
 *
 *     {1 version, 2 local {1 fingerprint, 32 bytes}, 3 remote {1 fingerprint}}
 *
 * @module
 */
import { equalBytes, inputBytes } from '../core/bytes.js';
import { invalidArgument } from '../core/refusals.js';
import {
  bytes,
  decodeMessage,
  encodeMessage,
  encodePublicKey,
  nested,
  required,
  uint32,
  type Table,
} from '../wire/index.js';
import { VERSION_FIELD, WHAT, type SecurityCodeComparison } from './comparison.js';
import { MAX_IDENTIFIER_LENGTH, type IdentifierParty } from './party.js';
import type { Profile } from './profile.js';

/** The version that Signal gives to fingerprints over account ids; it is not hashed. */
const VERSION = 2;

/** How much of a fingerprint the payload holds. */
const CONTENT_LENGTH = 32;

/** Signal's row of the table of profiles. */
export const signal: Profile<IdentifierParty> = {
  encodeKey: encodePublicKey,
  prepare: (local, remote) => ({
    identifiers: [inputIdentifier(local), inputIdentifier(remote)],
    encode: (_keys, [ours, theirs]) =>
      encodeMessage(payloadTable, {
        version: VERSION,
        local: { content: ours.subarray(0, CONTENT_LENGTH) },
        remote: { content: theirs.subarray(0, CONTENT_LENGTH) },
      }),
  }),
  versions: [VERSION],
  compare,
};

function inputIdentifier({ identifier }: IdentifierParty): Uint8Array {
  const input = inputBytes('identifier', identifier);
  if (input.length > 0 && input.length <= MAX_IDENTIFIER_LENGTH) return input;
  throw invalidArgument('identifier', `1 to ${MAX_IDENTIFIER_LENGTH} bytes`, `${input.length} bytes`);
}

interface Content {
  readonly content: Uint8Array;
}

interface Payload {
  readonly version: number;
  readonly local: Content;
  readonly remote: Content;
}

const contentTable: Table<Content> = {
  name: WHAT,
  unknown: 'reject',
  rows: { content: required(1, bytes(CONTENT_LENGTH)) },
};

const payloadTable: Table<Payload> = {
  name: WHAT,
  unknown: 'reject',
  rows: {
    version: required(VERSION_FIELD, uint32),
    local: required(2, nested(contentTable)),
    remote: required(3, nested(contentTable)),
  },
};

function compare(own: Uint8Array, scanned: Uint8Array): SecurityCodeComparison {
  const ours = decodeMessage(payloadTable, own);
  const theirs = decodeMessage(payloadTable, scanned);
  const why = 'fingerprint';
  if (!equalBytes(ours.local.content, theirs.remote.content)) return { kind: 'mismatch', side: 'local', why };
  if (!equalBytes(ours.remote.content, theirs.local.content))
    return { kind: 'mismatch', side: 'remote', why };
  return { kind: 'match' };
}
