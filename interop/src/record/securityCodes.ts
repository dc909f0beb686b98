/** Signal's fingerprints by a peer, and its verdicts on payloads that were tampered with. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { PolyratchetError } from 'polyratchet/errors';
import { compareSecurityCodes } from 'polyratchet/securitycode';
import type {
  RecordedPayload,
  RecordedPerson,
  RecordedSecurityCode,
  SecurityCodeFile,
} from '../../../test/vectors/schema.js';
import { ourCode, SCANNABLE_VERSION } from '../cases/fingerprints.js';
import type { FingerprintPeer, Person } from '../fingerprint.js';
import { labelOf } from '../peer.js';
import { toHex } from './recordedOurs.js';

/** Lengths of identifiers besides those of UUIDs: phone numbers, and both ends of what we take. */
const IDENTIFIERS = [
  [13, 12],
  [1, 128],
] as const;

export function recordSecurityCodes(peer: FingerprintPeer): SecurityCodeFile {
  const person = (length: number): Person => ({
    identifier: randomBytes(length),
    identityKey: peer.generateIdentityKey(),
  });
  const people = IDENTIFIERS.map(([local, remote]) => [person(local), person(remote)] as const);
  const [alice, bob] = [person(16), person(16)];
  return {
    kind: 'securitycode',
    source: `${labelOf(peer)}, recorded by running the npm package`,
    license: 'recorded output, no restrictions',
    codes: [[alice, bob] as const, ...people].map(([local, remote]) => recordCode(peer, local, remote)),
    payloads: recordPayloads(peer, alice, bob),
  };
}

function recordCode(peer: FingerprintPeer, local: Person, remote: Person): RecordedSecurityCode {
  const { digits, scannable } = peer.create(local, remote, SCANNABLE_VERSION);
  const onTheirScreen = peer.create(remote, local, SCANNABLE_VERSION);
  assert.equal(digits, onTheirScreen.digits);
  return {
    local: recordPerson(local),
    remote: recordPerson(remote),
    digits,
    qr: toHex(scannable),
    remoteQr: toHex(onTheirScreen.scannable),
  };
}

function recordPerson({ identifier, identityKey }: Person): RecordedPerson {
  return { identifier: toHex(identifier), identityKey: toHex(identityKey) };
}

/** What may be on the other screen of the first code. */
function recordPayloads(peer: FingerprintPeer, local: Person, remote: Person): RecordedPayload[] {
  const own = peer.create(local, remote, SCANNABLE_VERSION).scannable;
  const genuine = peer.create(remote, local, SCANNABLE_VERSION).scannable;
  const [version, theirs, ours] = [genuine.subarray(0, 2), genuine.subarray(2, 38), genuine.subarray(38)];
  const withVersion = (number: number): Uint8Array => Buffer.concat([Buffer.of(8, number), theirs, ours]);
  const shorter = Buffer.concat([Buffer.of(0x12, 33, 0x0a, 31), theirs.subarray(4, 35)]);
  const rows: readonly (readonly [string, Uint8Array, RecordedPayload['us']])[] = [
    ['genuine', genuine, 'match'],
    ['our own screen', own, 'local'],
    ["a bit of the other person's fingerprint flipped", flipped(genuine, 8 * 6), 'remote'],
    ['a bit of our fingerprint flipped', flipped(genuine, 8 * genuine.length - 1), 'local'],
    ['version 0', withVersion(0), 'older'],
    ['version 1', withVersion(1), 'older'],
    ['version 3', withVersion(3), 'newer'],
    ['no version', Buffer.concat([theirs, ours]), 'older'],
    ['the version twice', Buffer.concat([version, version, theirs, ours]), 'malformed'],
    ['another order of fields', Buffer.concat([ours, theirs, version]), 'match'],
    ['31 bytes of a fingerprint', Buffer.concat([version, shorter, ours]), 'malformed'],
    ['one person missing', Buffer.concat([version, theirs]), 'malformed'],
    ['one person twice', Buffer.concat([version, theirs, theirs, ours]), 'malformed'],
    ['an unknown field', Buffer.concat([genuine, Buffer.of(0x20, 1)]), 'malformed'],
    ['cut short', genuine.subarray(0, 60), 'malformed'],
    ['nothing', new Uint8Array(0), 'older'],
  ];
  return rows.map(([name, scanned, us]) => {
    assert.equal(ourVerdict(local, remote, scanned), us, name);
    return { name, scanned: toHex(scanned), peer: theirVerdict(peer, own, scanned), us };
  });
}

function theirVerdict(peer: FingerprintPeer, own: Uint8Array, scanned: Uint8Array): RecordedPayload['peer'] {
  try {
    return peer.compare(own, scanned) ? 'match' : 'mismatch';
  } catch {
    return 'error';
  }
}

function ourVerdict(local: Person, remote: Person, scanned: Uint8Array): string {
  try {
    const result = compareSecurityCodes({ code: ourCode(local, remote), scanned });
    return result.kind === 'mismatch' ? result.side : result.kind === 'version' ? result.why : 'match';
  } catch (error) {
    if (PolyratchetError.is(error)) return error.code;
    throw error;
  }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}
