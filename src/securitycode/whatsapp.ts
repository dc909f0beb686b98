/**
 * The `whatsapp` profile: raw keys of 32 bytes, accounts as identifiers, and WhatsApp's QR payload.
 *
 *     {1 version, 2 local, 3 remote}, each person {1 keys, 2 phone number, 3 LID, 4 username, 5 hosted, 6 hashed keys}
 *
 * Version 0 holds the keys, version 1 a hash of them.
 *
 * @module
 */
import { equalBytes } from '../core/bytes.js';
import { malformed } from '../core/refusals.js';
import { KEY_LENGTH } from '../crypto/index.js';
import {
  bytes,
  decodeMessage,
  encodeMessage,
  enumeration,
  nested,
  optional,
  required,
  uint32,
  type Table,
} from '../wire/index.js';
import { inputNames, pickIdentifiers, type Names } from './accounts.js';
import {
  VERSION_FIELD,
  WHAT,
  type SecurityCodeComparison,
  type SecurityCodeDifference,
} from './comparison.js';
import { FINGERPRINT_LENGTH, hashedKeys, type Both } from './fingerprint.js';
import { MAX_IDENTIFIER_LENGTH, MAX_IDENTITY_KEYS, type AccountParty } from './party.js';
import type { Profile } from './profile.js';

/** Versions of the payload, by what stands for the keys in it; the first one is emitted. */
const PLAIN = 0;
const HASHED = 1;

/** WhatsApp's row of the table of profiles. */
export const whatsapp: Profile<AccountParty> = {
  encodeKey: (key) => key,
  prepare: (local, remote) => {
    const names: Both<Names> = [inputNames(local), inputNames(remote)];
    return {
      identifiers: pickIdentifiers(names),
      encode: ([ours, theirs]) =>
        encodeMessage(payloadTable, {
          version: PLAIN,
          local: { keys: ours, ...names[0] },
          remote: { keys: theirs, ...names[1] },
        }),
    };
  },
  versions: [PLAIN, HASHED],
  compare,
};

/** One person in a payload; the keys are sorted and joined. */
interface Person extends Names {
  readonly keys?: Uint8Array;
  readonly hashedKeys?: Uint8Array;
}

interface Payload {
  readonly version: number;
  readonly local: Person;
  readonly remote: Person;
}

const personTable: Table<Person> = {
  name: WHAT,
  unknown: 'skip',
  rows: {
    keys: optional(1, bytes(KEY_LENGTH, MAX_IDENTITY_KEYS * KEY_LENGTH)),
    account: optional(2, bytes(1, MAX_IDENTIFIER_LENGTH)),
    lid: optional(3, bytes(1, MAX_IDENTIFIER_LENGTH)),
    username: optional(4, bytes(1, MAX_IDENTIFIER_LENGTH)),
    hosted: required(5, enumeration({ no: 0, yes: 1 }), 'no'),
    hashedKeys: optional(6, bytes(FINGERPRINT_LENGTH)),
  },
};

const payloadTable: Table<Payload> = {
  name: WHAT,
  unknown: 'skip',
  rows: {
    version: required(VERSION_FIELD, uint32, PLAIN),
    local: required(2, nested(personTable)),
    remote: required(3, nested(personTable)),
  },
};

/** What one device says of a person; `keys` are hashed in a payload of version 1. */
interface Claim extends Names {
  readonly keys: Uint8Array;
}

/** The first difference: names before keys, since the keys of other people are bound to differ. */
function compare(own: Uint8Array, scanned: Uint8Array): SecurityCodeComparison {
  const theirs = decodeMessage(payloadTable, scanned);
  const [local, remote] = ownClaims(decodeMessage(payloadTable, own), theirs.version);
  const sides = [
    { side: 'local', known: local, claimed: claimOf(theirs.remote, theirs.version) },
    { side: 'remote', known: remote, claimed: claimOf(theirs.local, theirs.version) },
  ] as const;
  for (const { why, differ } of CHECKS) {
    const found = sides.find(({ known, claimed }) => differ(known, claimed));
    if (found !== undefined) return { kind: 'mismatch', side: found.side, why };
  }
  return { kind: 'match' };
}

/** The keys of our own payload are plain; for a scanned one of version 1 they are hashed first. */
function ownClaims({ local, remote }: Payload, version: number): Both<Claim> {
  const claims: Both<Claim> = [claimOf(local, PLAIN), claimOf(remote, PLAIN)];
  if (version === PLAIN) return claims;
  const [ours, theirs] = hashedKeys([claims[0].keys, claims[1].keys]);
  return [
    { ...claims[0], keys: ours },
    { ...claims[1], keys: theirs },
  ];
}

function claimOf(person: Person, version: number): Claim {
  const field = version === PLAIN ? 'keys' : 'hashedKeys';
  const keys = person[field];
  if (keys !== undefined) return { ...person, keys };
  throw malformed(WHAT, field, 'the field', 'none');
}

/** What can differ in what two devices say of one person, in the order in which it is looked at. */
const CHECKS: readonly {
  readonly why: SecurityCodeDifference;
  readonly differ: (known: Claim, claimed: Claim) => boolean;
}[] = [
  { why: 'identifier', differ: isSomebodyElse },
  {
    why: 'username-missing',
    differ: (known, claimed) => known.username !== undefined && claimed.username === undefined,
  },
  { why: 'username', differ: (known, claimed) => contradict(known.username, claimed.username) },
  { why: 'hosted', differ: (known, claimed) => known.hosted !== claimed.hosted },
  { why: 'keys', differ: (known, claimed) => !equalBytes(known.keys, claimed.keys) },
];

/** A name that only one device knows is no difference, since they learn of LIDs at different times; one must be shared. */
function isSomebodyElse(known: Names, claimed: Names): boolean {
  const shared = NAMES.filter((name) => known[name] !== undefined && claimed[name] !== undefined);
  return shared.length === 0 || shared.some((name) => contradict(known[name], claimed[name]));
}

const NAMES = ['account', 'lid'] as const;

function contradict(known: Uint8Array | undefined, claimed: Uint8Array | undefined): boolean {
  return known !== undefined && claimed !== undefined && !equalBytes(known, claimed);
}
