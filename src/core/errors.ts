/**
 * The one error class, its closed list of codes, and what a caller does about each.
 *
 * Subpath: `polyratchet/errors`.
 *
 * @module
 */

/** What a value was and should have been: types, names and lengths, never content. */
export interface Mismatch {
  /** What was asked for, in words. */
  readonly expected: string;
  /** What came instead, in words: a type or a length. */
  readonly got: string;
}

/** The device and message counter that an error is about, as far as they are known. */
export interface MessageErrorData {
  /** Address of the device the message came from; absent below the fanout, where no addresses exist. */
  readonly device?: string;
  /** The message's position in its sending chain. */
  readonly counter: number;
}

/** A format version that this library does not read. */
export interface VersionErrorData {
  /** Which message or record. */
  readonly what: string;
  /** The version byte that came. */
  readonly got: number;
  /** The versions that are read. */
  readonly supported: string;
}

/** The account and the device that an error of the device rooms is about, as far as they are known. */
export interface AccountErrorData<Why extends string> {
  /** Address of the account; absent in rooms below those that know it. */
  readonly account?: string;
  /** Address of the device, where it is about one. */
  readonly device?: string;
  /** What was wrong. */
  readonly why: Why;
}

/** Why nothing vouches for a device, or for an account's device list. */
export type WhyUnverified =
  /** There is no signature where one must be. */
  | 'unsigned'
  /** The embedded signing key is not the pinned primary identity. */
  | 'other-primary'
  /** It belongs to a hosting provider, and the caller has not opted into those. */
  | 'hosted'
  /** The signed details name another key index than the server. */
  | 'other-key-index'
  /** The signed details belong to another registration of the account. */
  | 'other-raw-id'
  /** Its identity key is not known yet. */
  | 'identity-unknown'
  /** A signature does not hold. */
  | 'invalid-signature'
  /** What should vouch for it does not parse. */
  | 'malformed'
  /** It is of a kind of account or device that this release does not know. */
  | 'unsupported-version'
  /** It was approved further ahead of now than clocks may differ. */
  | 'from-future'
  /** There is no signed list that could name it. */
  | 'no-list'
  /** Its number, its identity or its key index is another device's. */
  | 'duplicate'
  /** The account has as many devices as anybody may have. */
  | 'too-many';

/** Each code with the type of its `data`. */
export interface ErrorData {
  /** An argument of the call is of the wrong type, length or range. */
  readonly 'invalid-argument': Mismatch & {
    /** Name of the argument. */
    readonly name: string;
  };
  /** A byte string is not a well-formed message or record. */
  readonly malformed: Mismatch & {
    /** Which message or record. */
    readonly what: string;
    /** Which field of it. */
    readonly field: string;
  };
  /** An input is beyond a named bound. */
  readonly 'too-large': {
    /** Which input. */
    readonly what: string;
    /** The bound. */
    readonly limit: number;
    /** The size that came. */
    readonly got: number;
  };
  /** A message of a protocol version that is no longer spoken. */
  readonly 'legacy-version': VersionErrorData;
  /** A message of a protocol version that is not spoken yet. */
  readonly 'unknown-version': VersionErrorData;
  /** A stored record was written by a newer release of this library. */
  readonly 'newer-format': VersionErrorData;
  /** A public or private key that must not be used. */
  readonly 'invalid-key': {
    /** What the key is for. */
    readonly role: string;
    /** Why it is refused. */
    readonly why: 'length' | 'type-byte' | 'non-canonical' | 'low-order' | 'zero' | 'own-key' | 'other-key';
  };
  /** A signature does not verify. */
  readonly 'invalid-signature': {
    /** What was signed. */
    readonly what: string;
    /** Public key of the alleged signer, 32 bytes. */
    readonly signer: Uint8Array;
  };
  /** No session could authenticate the message: it is forged, damaged, or of a session that is gone. */
  readonly 'bad-mac': MessageErrorData;
  /** The message was decrypted before. */
  readonly 'duplicate-message': MessageErrorData;
  /** The key of this message was dropped to keep within a bound. */
  readonly 'key-gone': MessageErrorData;
  /** The message needs more chain steps than one call may spend. */
  readonly 'too-far-ahead': MessageErrorData & {
    /** Steps that one call may spend. */
    readonly limit: number;
  };
  /** There is no session to use. */
  readonly 'no-session': {
    /** Address of the device, where addresses exist. */
    readonly device?: string;
  };
  /** The prekey that the message names is not at hand. */
  readonly 'no-prekey': {
    /** Address of the device the message came from, where addresses exist. */
    readonly device?: string;
    /** Which kind of prekey. */
    readonly kind: 'signed' | 'one-time';
    /** Its id. */
    readonly id: number;
  };
  /** The sender key of a group message is not at hand: its distribution has not come, or is long gone. */
  readonly 'no-sender-key': {
    /** Address of the device the message came from. */
    readonly device?: string;
    /** The key's id. */
    readonly id: number;
  };
  /** The peer never answered, and the session is too old to go on with. */
  readonly 'session-expired': {
    /** Address of the device, where addresses exist. */
    readonly device?: string;
  };
  /** The peer's identity key is another than the one that is trusted. */
  readonly 'untrusted-identity': {
    /** Address of the device, where addresses exist. */
    readonly device?: string;
    /** The trusted identity key, 32 bytes. */
    readonly expected: Uint8Array;
    /** The identity key that came, 32 bytes. */
    readonly got: Uint8Array;
  };
  /** Nothing that the account's primary has signed vouches for the device, or for the list. */
  readonly 'device-unverified': AccountErrorData<WhyUnverified>;
  /** The account's primary has unlinked the device. */
  readonly 'device-revoked': AccountErrorData<'not-in-list'>;
  /** The account's device list is too old to be relied on, or a newer one is known to exist. */
  readonly 'list-expired': AccountErrorData<'lifetime' | 'newer-expected'>;
  /** A device list older than the one that is known. */
  readonly 'list-rollback': AccountErrorData<'older-timestamp'>;
  /** Two different device lists of the same time: the primary signed both, or its key is in other hands. */
  readonly 'list-fork': AccountErrorData<'same-timestamp'>;
  /** A device list from further ahead than clocks may differ. */
  readonly 'list-from-future': AccountErrorData<'timestamp'>;
  /** Two addresses that are said to be one account have different primary identities. */
  readonly 'alias-conflict': AccountErrorData<'other-identity'>;
  /** The account has as many companions as it may. */
  readonly 'companion-limit': AccountErrorData<'full'>;
  /** The person has not confirmed the link on the device, or too long ago. */
  readonly 'not-confirmed': AccountErrorData<'missing' | 'stale' | 'from-future'>;
  /** An offer to link, or an answer to one, that is too old or was used before. */
  readonly 'link-expired': AccountErrorData<'expired' | 'used'>;
  /** A step of a link does not fit the one before. */
  readonly 'link-mismatch': AccountErrorData<
    'mac' | 'code' | 'reference' | 'identity' | 'other-primary' | 'device-number' | 'from-future'
  >;
  /** A message or a sender key of another chat or device than the one it came from. */
  readonly 'wrong-chat': {
    /** Addresses of the accounts or the group that it could have been. */
    readonly expected: readonly string[];
    /** The address that it names or came from. */
    readonly got: string;
  };
  /** A sending chain has used all its counters. */
  readonly 'counter-exhausted': {
    /** Address of the device, where addresses exist. */
    readonly device?: string;
  };
  /** The object was closed before the call. */
  readonly closed: {
    /** Which object. */
    readonly what: string;
  };
}

/** The closed list of codes: a caller can act on the code alone. */
export type ErrorCode = keyof ErrorData;

/** For each code: the text of the message, and what a caller does about it. */
interface ErrorRow<Data> {
  readonly text: (data: Data) => string;
  readonly advice: string;
}

const message = (what: string) => (data: MessageErrorData) => `message ${data.counter}: ${what}${of(data)}`;
const version = (what: string) => (data: VersionErrorData) =>
  `${data.what}: ${what} 0x${data.got.toString(16).padStart(2, '0')}, supported: ${data.supported}`;
const mismatch = (data: Mismatch) => `expected ${data.expected}, got ${data.got}`;
const because = (what: string) => (data: AccountErrorData<string>) => {
  const whom = data.device ?? data.account;
  return `${what}: ${data.why}${whom === undefined ? '' : ` (${whom})`}`;
};
const of = (data: { readonly device?: string }) => (data.device === undefined ? '' : ` (${data.device})`);

const rows: { readonly [Code in ErrorCode]: ErrorRow<ErrorData[Code]> } = {
  'invalid-argument': { text: (data) => `${data.name}: ${mismatch(data)}`, advice: 'fix the call' },
  malformed: { text: (data) => `${data.what}: ${data.field} ${mismatch(data)}`, advice: 'drop the input' },
  'too-large': {
    text: (data) => `${data.what}: at most ${data.limit}, got ${data.got}`,
    advice: 'drop the input',
  },
  'legacy-version': { text: version('legacy version'), advice: 'ask the peer to upgrade' },
  'unknown-version': { text: version('unknown version'), advice: 'upgrade, or ask the peer' },
  'newer-format': { text: version('newer format'), advice: 'upgrade before opening this store' },
  'invalid-key': { text: (data) => `${data.role}: ${data.why}`, advice: 'drop the input' },
  'invalid-signature': { text: (data) => data.what, advice: 'drop the input and report it' },
  'bad-mac': { text: message('not authentic'), advice: 'ask for a retry' },
  'duplicate-message': { text: message('decrypted before'), advice: 'ignore it' },
  'key-gone': { text: message('its key is gone'), advice: 'ask for a retry' },
  'too-far-ahead': {
    text: (data) => `message ${data.counter}: more than ${data.limit} steps ahead${of(data)}`,
    advice: 'ask for a retry',
  },
  'no-session': {
    text: (data) => `no session${of(data)}`,
    advice: 'fetch a bundle, or ask for a retry with keys',
  },
  'no-prekey': {
    text: (data) => `${data.kind} prekey ${data.id} is not at hand${of(data)}`,
    advice: 'ask for a retry with keys',
  },
  'no-sender-key': {
    text: (data) => `sender key ${data.id} is not at hand${of(data)}`,
    advice: 'ask for a retry with keys',
  },
  'session-expired': { text: (data) => `unanswered for too long${of(data)}`, advice: 'fetch a bundle' },
  'untrusted-identity': {
    text: (data) => `the identity key changed${of(data)}`,
    advice: 'ask the person, or accept by calling again with the new key',
  },
  'device-unverified': {
    text: because('nothing vouches for the device'),
    advice: 'send it nothing, and fetch the account’s device list',
  },
  'device-revoked': {
    text: because('the device was unlinked'),
    advice: 'send it nothing, and drop its sessions',
  },
  'list-expired': {
    text: because('the device list is too old'),
    advice: 'fetch the list, and send to the primary alone until it comes',
  },
  'list-rollback': {
    text: because('an older device list'),
    advice: 'keep the list that is known, and fetch again',
  },
  'list-fork': {
    text: because('two device lists of one time'),
    advice: 'keep the list that is known, and report it',
  },
  'list-from-future': {
    text: because('a device list from the future'),
    advice: 'keep the list that is known, and fetch again; check the clock',
  },
  'alias-conflict': {
    text: because('not one account'),
    advice: 'keep the accounts apart, and tell the person',
  },
  'companion-limit': {
    text: because('no companion can be added'),
    advice: 'tell the person to unlink one first',
  },
  'not-confirmed': { text: because('the person has not confirmed'), advice: 'ask the person again' },
  'link-expired': { text: because('the link is over'), advice: 'tell the person to start linking again' },
  'link-mismatch': {
    text: because('the link does not fit'),
    advice: 'tell the person to start linking again',
  },
  'wrong-chat': {
    text: (data) => `expected ${data.expected.join(' or ') || 'no group'}, got ${data.got}`,
    advice: 'drop the input and report it',
  },
  'counter-exhausted': {
    text: (data) => `no counter is left${of(data)}`,
    advice: 'renew the session or the sender key',
  },
  closed: { text: (data) => data.what, advice: 'create a new one' },
};

/** For each code, what a caller does about it. */
export const errorAdvice: Readonly<Record<ErrorCode, string>> = Object.fromEntries(
  Object.entries(rows).map(([code, row]) => [code, row.advice]),
) as Record<ErrorCode, string>;

/**
 * Every failure of this library: a `code` to act on, and `data` that says what was expected and what came.
 *
 * Neither the message nor the data ever holds a secret.
 *
 * @example
 * ```ts
 * import { PolyratchetError } from 'polyratchet/errors';
 * import { decodeSession } from 'polyratchet/session';
 *
 * try {
 *   decodeSession(new Uint8Array(0));
 * } catch (error) {
 *   if (PolyratchetError.is(error, 'malformed')) console.log(error.data.what, error.data.field);
 *   else throw error;
 * }
 * ```
 */
export class PolyratchetError<Code extends ErrorCode = ErrorCode> extends Error {
  /** What went wrong, from the closed list. */
  readonly code: Code;
  /** The facts that belong to the code. */
  readonly data: ErrorData[Code];

  /** Makes an error of a code; its message follows from the data. */
  constructor(code: Code, data: ErrorData[Code], options?: { readonly cause?: unknown }) {
    super(`${code}: ${rows[code].text(data)}`, options);
    this.name = 'PolyratchetError';
    this.code = code;
    this.data = data;
  }

  /** Whether a caught value is an error of this library, and of the given code where one is given. */
  static is<Code extends ErrorCode = ErrorCode>(
    error: unknown,
    code?: Code,
  ): error is PolyratchetError<Code> {
    return error instanceof PolyratchetError && (code === undefined || error.code === code);
  }
}

/** Codes whose data has room for the device that they are about. */
const DEVICE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'bad-mac',
  'duplicate-message',
  'key-gone',
  'too-far-ahead',
  'no-session',
  'no-prekey',
  'no-sender-key',
  'session-expired',
  'untrusted-identity',
  'device-unverified',
  'device-revoked',
  'counter-exhausted',
]);

/**
 * The same error with the device that it is about, for the rooms that know addresses; other errors as they are.
 *
 * @internal
 */
export function withDevice(error: PolyratchetError, device: string): PolyratchetError {
  if (!DEVICE_CODES.has(error.code)) return error;
  return new PolyratchetError(
    error.code,
    { ...error.data, device },
    {
      cause: error,
    },
  );
}
