/**
 * What comes of scanning another device's QR code, and the version that every payload begins with.
 *
 * @module
 */
import { decodeMessage, required, uint32, type Table } from '../wire/index.js';

/** Whose part of the code differs, seen from the device that scans: `local` is its own person. */
export type SecurityCodeSide = 'local' | 'remote';

/** What differs. */
export type SecurityCodeDifference =
  /** The code was made for a chat between other people, or neither side knows a name that the other one uses. */
  | 'identifier'
  /** The other device does not know a username that this chat goes by. */
  | 'username-missing'
  /** The usernames differ. */
  | 'username'
  /** One of the devices thinks that this person has hosted devices. */
  | 'hosted'
  /** The identity keys differ: a device is missing, or one was added by somebody else. */
  | 'keys'
  /** The fingerprints differ; Signal's form does not say whether by identifier or by keys. */
  | 'fingerprint';

/** What comes of a comparison. */
export type SecurityCodeComparison =
  | {
      /** Both devices see the same identity keys of both people. */
      readonly kind: 'match';
    }
  | {
      /** They do not. */
      readonly kind: 'mismatch';
      /** Whose part differs. */
      readonly side: SecurityCodeSide;
      /** What differs. */
      readonly why: SecurityCodeDifference;
    }
  | {
      /** The other device speaks a version that this one does not: nothing was compared. */
      readonly kind: 'version';
      /** Whether the other device should be updated (`older`) or this one (`newer`). */
      readonly why: 'older' | 'newer';
      /** The version that came. */
      readonly got: number;
      /** The versions that are understood. */
      readonly supported: readonly number[];
    };

/** The name of a payload in errors. */
export const WHAT = 'security code';

/** The version in both forms: field 1. It is read alone first: the rest of an unknown version may be anything. */
export const VERSION_FIELD = 1;

/**
 * What to answer to a payload whose version is not among `supported`; `undefined` where it is.
 *
 * @throws PolyratchetError `malformed`
 */
export function checkVersion(
  scanned: Uint8Array,
  supported: readonly number[],
): SecurityCodeComparison | undefined {
  const { version } = decodeMessage(versionTable, scanned);
  if (supported.includes(version)) return undefined;
  const why = version > Math.max(...supported) ? 'newer' : 'older';
  return { kind: 'version', why, got: version, supported: [...supported] };
}

const versionTable: Table<{ readonly version: number }> = {
  name: WHAT,
  unknown: 'skip',
  rows: { version: required(VERSION_FIELD, uint32, 0) },
};
