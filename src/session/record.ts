/**
 * The session as a stored record.
 *
 * @module
 */
import { malformed } from '../core/refusals.js';
import type { PublicKey } from '../crypto/index.js';
import { ratchetState, type RatchetState } from '../ratchet/index.js';
import {
  bytes,
  decodeRecord,
  encodeRecord,
  nested,
  optional,
  rawPublicKey,
  repeated,
  required,
  uint32,
  uint53,
  type Table,
} from '../wire/index.js';
import { ROOT_TAG_LENGTH } from '../x3dh/index.js';
import {
  inputSession,
  MAX_ACCEPTED_ROOTS,
  MAX_ARCHIVED_STATES,
  type AcceptedRoot,
  type Handshake,
  type Session,
  type SessionState,
} from './state.js';

type Unacknowledged = Omit<Extract<Handshake, { kind: 'unacknowledged' }>, 'kind'>;

const unacknowledgedTable: Table<Unacknowledged> = {
  name: 'session.unacknowledged',
  unknown: 'reject',
  rows: {
    registrationId: required(1, uint32),
    signedPreKeyId: required(2, uint32),
    oneTimePreKeyId: optional(3, uint32),
    createdAt: required(4, uint53),
  },
};

/** A state as it is stored: the handshake is two optional fields, neither of which means `acknowledged`. */
interface StateRecord {
  readonly remoteIdentity: PublicKey;
  readonly remoteRegistrationId: number;
  readonly baseKey: PublicKey;
  readonly unacknowledged?: Unacknowledged;
  readonly rootTag?: Uint8Array;
  readonly ratchet: RatchetState;
}

const stateTable: Table<StateRecord> = {
  name: 'session.state',
  unknown: 'reject',
  rows: {
    remoteIdentity: required(1, rawPublicKey),
    remoteRegistrationId: required(2, uint32),
    baseKey: required(3, rawPublicKey),
    unacknowledged: optional(4, nested(unacknowledgedTable)),
    rootTag: optional(5, bytes(ROOT_TAG_LENGTH)),
    ratchet: required(6, ratchetState),
  },
};

const acceptedRootTable: Table<AcceptedRoot> = {
  name: 'session.acceptedRoot',
  unknown: 'reject',
  rows: { signedPreKeyId: required(1, uint32), rootTag: required(2, bytes(ROOT_TAG_LENGTH)) },
};

interface SessionRecord {
  readonly localIdentity: PublicKey;
  readonly current?: StateRecord;
  readonly archived: readonly StateRecord[];
  readonly acceptedRoots: readonly AcceptedRoot[];
}

const sessionTable: Table<SessionRecord> = {
  name: 'session',
  unknown: 'reject',
  rows: {
    localIdentity: required(1, rawPublicKey),
    current: optional(2, nested(stateTable)),
    archived: repeated(3, nested(stateTable), MAX_ARCHIVED_STATES),
    acceptedRoots: repeated(4, nested(acceptedRootTable), MAX_ACCEPTED_ROOTS),
  },
};

/**
 * The session as bytes to store: they hold its keys, so they belong in an encrypted store.
 *
 * @throws PolyratchetError `invalid-argument`
 * @example
 * ```ts no-run
 * import { decodeSession, encodeSession, type Session } from 'polyratchet/session';
 *
 * declare const session: Session;
 * const stored = encodeSession(session); // versioned bytes
 * const again = decodeSession(stored);
 * ```
 */
export function encodeSession(session: Session): Uint8Array {
  const { localIdentity, current, archived, acceptedRoots } = inputSession(session);
  return encodeRecord(sessionTable, {
    localIdentity,
    ...(current === undefined ? {} : { current: toRecord(current) }),
    archived: archived.map(toRecord),
    acceptedRoots,
  });
}

/**
 * Reads a stored session strictly. Structure is checked; that nobody changed the bytes is the store's business.
 *
 * @throws PolyratchetError `malformed`, `newer-format`, `invalid-key`; `invalid-argument`: no bytes.
 */
export function decodeSession(record: Uint8Array): Session {
  const { localIdentity, current, archived, acceptedRoots } = decodeRecord(sessionTable, record);
  return {
    localIdentity,
    ...(current === undefined ? {} : { current: fromRecord(current) }),
    archived: archived.map(fromRecord),
    acceptedRoots,
  };
}

function toRecord({ handshake, ...state }: SessionState): StateRecord {
  switch (handshake.kind) {
    case 'unacknowledged':
      return { ...state, unacknowledged: handshake };
    case 'accepted':
      return { ...state, rootTag: handshake.rootTag };
    case 'acknowledged':
      return state;
  }
}

function fromRecord(record: StateRecord): SessionState {
  const { remoteIdentity, remoteRegistrationId, baseKey, ratchet } = record;
  return { remoteIdentity, remoteRegistrationId, baseKey, handshake: handshakeFrom(record), ratchet };
}

function handshakeFrom({ unacknowledged, rootTag }: StateRecord): Handshake {
  if (unacknowledged === undefined)
    return rootTag === undefined ? { kind: 'acknowledged' } : { kind: 'accepted', rootTag };
  if (rootTag === undefined) return { kind: 'unacknowledged', ...unacknowledged };
  throw malformed(stateTable.name, 'handshake', 'one side to have started', 'both');
}
