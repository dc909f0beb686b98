/**
 * The closed list of error codes, and the data of each: what a caller can act on.
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

/** An operation of an injected interface. */
export interface OperationErrorData {
  /** Its name, such as `store.commit`. */
  readonly operation: string;
  /** What was wrong with its answer; absent where it has thrown (`cause`). */
  readonly why?: string;
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

/** Why the change of a group does not come about. */
export type WhyConflict =
  /** Its author is not a member. */
  | 'not-a-member'
  /** Its author is a member, but no admin. */
  | 'not-an-admin'
  /** It names somebody who is not a member. */
  | 'no-such-member'
  /** It adds somebody who is a member. */
  | 'already-a-member'
  /** It promotes somebody who is an admin. */
  | 'already-an-admin'
  /** It demotes somebody who is no admin. */
  | 'no-such-admin'
  /** It would leave members without an admin: promote somebody first. */
  | 'last-admin'
  /** It would make more members than a group may have. */
  | 'full'
  /** Another admin has changed the same state, and that change counts. */
  | 'lost'
  /** Two accounts tell this device of different groups of one address: the person decides whom to believe. */
  | 'disputed';

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
  /** The change of a group cannot be made, or lost against another. */
  readonly 'membership-conflict': {
    /** Address of the group. */
    readonly group: string;
    /** Version of the state that it was to change. */
    readonly version: number;
    /** What was wrong. */
    readonly why: WhyConflict;
  };
  /** The own sender key of a group must not be used any more. */
  readonly 'rotation-due': {
    /** Address of the group. */
    readonly group: string;
    /** Why, each kind of reason once. */
    readonly reasons: readonly string[];
  };
  /** A sending chain has used all its counters. */
  readonly 'counter-exhausted': {
    /** Address of the device, where addresses exist. */
    readonly device?: string;
  };
  /** The application's store did not do what it was asked to, or has answered something else. */
  readonly 'store-failed': OperationErrorData;
  /** Others keep writing to the store what this call wants to write. */
  readonly 'store-conflict': OperationErrorData;
  /** The application's server did not do what it was asked to, or has answered something else. */
  readonly 'server-failed': OperationErrorData;
  /** The application's store or server did not answer in time; what it was asked to do may still happen. */
  readonly deadline: OperationErrorData & {
    /** The time it had, in milliseconds. */
    readonly limit: number;
  };
  /** The object was closed before the call. */
  readonly closed: {
    /** Which object. */
    readonly what: string;
  };
}

/** The closed list of codes: a caller can act on the code alone. */
export type ErrorCode = keyof ErrorData;
