/** Fingerprints of libsignal's: the same digits and bytes on both screens, and never a more lenient verdict. */
import { PolyratchetError } from 'polyratchet/errors';
import { decodePublicKey } from 'polyratchet/identity';
import { compareSecurityCodes, securityCode, type SecurityCode } from 'polyratchet/securitycode';
import { describe, expect, test } from 'vitest';
import { securityCodeFiles } from '../vectors/files.js';
import type { RecordedPayload, RecordedPerson } from '../vectors/schema.js';
import { bytes, hex } from './support.js';

describe.each(securityCodeFiles)('$source', ({ codes, payloads }) => {
  const ours = codes.map(({ local, remote }) => codeOf(local, remote));

  test.each(codes.map((recorded, i) => ({ recorded, code: ours[i]! })))(
    'code $code.digits',
    ({ recorded, code }) => {
      expect(code.digits).toBe(recorded.digits);
      expect(hex(code.qr)).toBe(recorded.qr);
      expect(compareSecurityCodes({ code, scanned: bytes(recorded.remoteQr) })).toEqual({ kind: 'match' });
      const theirs = codeOf(recorded.remote, recorded.local);
      expect(hex(theirs.qr)).toBe(recorded.remoteQr);
    },
  );

  test.each(payloads)('$name: $us, the peer says $peer', (recorded) => {
    expect(verdictOn(recorded, ours[0]!)).toBe(recorded.us);
    expect(recorded.us === 'match' && recorded.peer !== 'match').toBe(false);
  });
});

function codeOf(local: RecordedPerson, remote: RecordedPerson): SecurityCode {
  return securityCode({ profile: 'signal', local: partyOf(local), remote: partyOf(remote) });
}

function partyOf({ identifier, identityKey }: RecordedPerson) {
  return { identifier: bytes(identifier), identityKeys: [decodePublicKey(bytes(identityKey))] };
}

function verdictOn({ scanned }: RecordedPayload, code: SecurityCode): string {
  try {
    const result = compareSecurityCodes({ code, scanned: bytes(scanned) });
    return result.kind === 'mismatch' ? result.side : result.kind === 'version' ? result.why : 'match';
  } catch (error) {
    if (PolyratchetError.is(error)) return error.code;
    throw error;
  }
}
