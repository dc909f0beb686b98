/**
 * The one error class, its closed list of codes, and what a caller does about each.
 *
 * Subpath: `polyratchet/errors`.
 *
 * @module
 */
import type {
  AccountErrorData,
  ErrorCode,
  ErrorData,
  MessageErrorData,
  Mismatch,
  OperationErrorData,
  VersionErrorData,
} from './errorData.js';

export type {
  AccountErrorData,
  ErrorCode,
  ErrorData,
  MessageErrorData,
  Mismatch,
  OperationErrorData,
  VersionErrorData,
  WhyConflict,
  WhyUnverified,
} from './errorData.js';

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
const failed = (what: string) => (data: OperationErrorData) =>
  `${data.operation}: ${what}${data.why === undefined ? '' : `, ${data.why}`}`;
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
  'membership-conflict': {
    text: (data) => `${data.group}, version ${data.version}: ${data.why}`,
    advice: 'fetch the group’s changes, then try again',
  },
  'rotation-due': {
    text: (data) => `${data.group}: ${data.reasons.join(', ')}`,
    advice: 'make a new sender key and distribute it',
  },
  'counter-exhausted': {
    text: (data) => `no counter is left${of(data)}`,
    advice: 'renew the session or the sender key',
  },
  'store-failed': { text: failed('failed'), advice: 'retry later: nothing has changed' },
  'store-conflict': {
    text: failed('in conflict with another writer'),
    advice: 'try again: nothing has changed',
  },
  'server-failed': { text: failed('failed'), advice: 'retry later: what has to be sent is kept' },
  deadline: {
    text: (data) => `${data.operation}: no answer within ${data.limit} ms`,
    advice: 'retry later: the same call again does nothing twice',
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
    return isOurs(error) && (code === undefined || error.code === code);
  }
}

/** Asked outside the class: esbuild renames a class that names itself, and stack traces would show `_PolyratchetError`. */
function isOurs(error: unknown): error is PolyratchetError {
  return error instanceof PolyratchetError;
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
