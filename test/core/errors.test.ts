import { PolyratchetError as fromRoot } from 'polyratchet';
import { errorAdvice, PolyratchetError, type ErrorCode, type ErrorData } from 'polyratchet/errors';
import { describe, expect, test } from 'vitest';
import { withDevice } from '../../src/core/errors.js';

const signer = new Uint8Array(32).fill(0xab);
const other = new Uint8Array(32).fill(0xcd);

/** Data of every code, and the message that follows from it: the type makes sure that no code is forgotten. */
const samples: { readonly [Code in ErrorCode]: readonly [data: ErrorData[Code], message: string] } = {
  'invalid-argument': [
    { name: 'id', expected: 'an integer', got: 'string' },
    'invalid-argument: id: expected an integer, got string',
  ],
  malformed: [
    { what: 'session', field: 'ratchetKey', expected: '33 bytes', got: '32 bytes' },
    'malformed: session: ratchetKey expected 33 bytes, got 32 bytes',
  ],
  'too-large': [
    { what: 'plaintext', limit: 262144, got: 262145 },
    'too-large: plaintext: at most 262144, got 262145',
  ],
  'legacy-version': [
    { what: 'message', got: 0x23, supported: '0x33, 0x34' },
    'legacy-version: message: legacy version 0x23, supported: 0x33, 0x34',
  ],
  'unknown-version': [
    { what: 'message', got: 0x44, supported: '0x33, 0x34' },
    'unknown-version: message: unknown version 0x44, supported: 0x33, 0x34',
  ],
  'newer-format': [
    { what: 'identity', got: 2, supported: '0x01' },
    'newer-format: identity: newer format 0x02, supported: 0x01',
  ],
  'invalid-key': [{ role: 'identity key', why: 'low-order' }, 'invalid-key: identity key: low-order'],
  'invalid-signature': [{ what: 'signed prekey', signer }, 'invalid-signature: signed prekey'],
  'bad-mac': [{ counter: 7 }, 'bad-mac: message 7: not authentic'],
  'duplicate-message': [{ counter: 7 }, 'duplicate-message: message 7: decrypted before'],
  'key-gone': [{ counter: 7 }, 'key-gone: message 7: its key is gone'],
  'too-far-ahead': [
    { counter: 25_001, limit: 25_000 },
    'too-far-ahead: message 25001: more than 25000 steps ahead',
  ],
  'no-session': [{}, 'no-session: no session'],
  'no-prekey': [{ kind: 'one-time', id: 5 }, 'no-prekey: one-time prekey 5 is not at hand'],
  'no-sender-key': [{ id: 5 }, 'no-sender-key: sender key 5 is not at hand'],
  'session-expired': [{}, 'session-expired: unanswered for too long'],
  'untrusted-identity': [{ expected: signer, got: other }, 'untrusted-identity: the identity key changed'],
  'device-unverified': [{ why: 'unsigned' }, 'device-unverified: nothing vouches for the device: unsigned'],
  'device-revoked': [{ why: 'not-in-list' }, 'device-revoked: the device was unlinked: not-in-list'],
  'list-expired': [
    { account: 'bob@example.org', why: 'lifetime' },
    'list-expired: the device list is too old: lifetime (bob@example.org)',
  ],
  'list-rollback': [{ why: 'older-timestamp' }, 'list-rollback: an older device list: older-timestamp'],
  'list-fork': [{ why: 'same-timestamp' }, 'list-fork: two device lists of one time: same-timestamp'],
  'list-from-future': [{ why: 'timestamp' }, 'list-from-future: a device list from the future: timestamp'],
  'alias-conflict': [{ why: 'other-identity' }, 'alias-conflict: not one account: other-identity'],
  'companion-limit': [{ why: 'full' }, 'companion-limit: no companion can be added: full'],
  'not-confirmed': [{ why: 'stale' }, 'not-confirmed: the person has not confirmed: stale'],
  'link-expired': [{ why: 'used' }, 'link-expired: the link is over: used'],
  'link-mismatch': [{ why: 'mac' }, 'link-mismatch: the link does not fit: mac'],
  'wrong-chat': [
    { expected: ['bob@example.org', 'bob@lid'], got: 'carol@example.org' },
    'wrong-chat: expected bob@example.org or bob@lid, got carol@example.org',
  ],
  'counter-exhausted': [{}, 'counter-exhausted: no counter is left'],
  'membership-conflict': [
    { group: 'friends@example.org', version: 3, why: 'not-an-admin' },
    'membership-conflict: friends@example.org, version 3: not-an-admin',
  ],
  'rotation-due': [
    { group: 'friends@example.org', reasons: ['too-old', 'member-left'] },
    'rotation-due: friends@example.org: too-old, member-left',
  ],
  'store-failed': [{ operation: 'store.commit' }, 'store-failed: store.commit: failed'],
  'store-conflict': [
    { operation: 'store.commit' },
    'store-conflict: store.commit: in conflict with another writer',
  ],
  'server-failed': [
    { operation: 'server.send', why: 'expected an object, got undefined' },
    'server-failed: server.send: failed, expected an object, got undefined',
  ],
  deadline: [{ operation: 'store.read', limit: 10_000 }, 'deadline: store.read: no answer within 10000 ms'],
  closed: [{ what: 'connection' }, 'closed: connection'],
};

const codes = Object.keys(samples) as ErrorCode[];

/** Codes whose data names the device, and so their message. */
const deviceCodes: readonly ErrorCode[] = [
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
];

describe('the closed list of codes', () => {
  test('each code has advice for the caller, and nothing else has', () => {
    expect(Object.keys(errorAdvice).sort()).toEqual([...codes].sort());
    for (const code of codes) expect(errorAdvice[code], code).toMatch(/^[a-z].{5,}[^.]$/);
  });

  test.each(codes)('%s is an error with code, data and a message that says what was expected', (code) => {
    const [data, message] = samples[code];
    const error = new PolyratchetError(code, data);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'PolyratchetError', code, data, message });
    expect(String(error)).toBe(`PolyratchetError: ${message}`);
    expect(error.stack).toContain('errors.test.ts');
  });

  test('public keys in data do not get into the message', () => {
    for (const code of ['invalid-signature', 'untrusted-identity'] as const) {
      expect(errorOf(code).message).not.toMatch(/171|abab|205|cdcd/i);
    }
  });
});

describe('PolyratchetError.is', () => {
  test('tells errors of this library from all other values', () => {
    expect(PolyratchetError.is(errorOf('closed'))).toBe(true);
    const lookalike = { name: 'PolyratchetError', code: 'closed', data: {}, message: '' };
    for (const value of [new Error('closed'), lookalike, 'closed', null, undefined, 1]) {
      expect(PolyratchetError.is(value)).toBe(false);
      expect(PolyratchetError.is(value, 'closed')).toBe(false);
    }
  });

  test('tells one code from every other', () => {
    for (const code of codes) {
      for (const asked of codes) expect(PolyratchetError.is(errorOf(code), asked)).toBe(code === asked);
    }
  });

  test('is the same class at the root', () => {
    expect(fromRoot).toBe(PolyratchetError);
  });
});

describe('withDevice', () => {
  test.each(deviceCodes)('%s gets the device, in data and message, and keeps the rest', (code) => {
    const error = errorOf(code);
    const named = withDevice(error, 'bob:2@example.org');
    expect(named.code).toBe(code);
    expect(named.data).toEqual({ ...error.data, device: 'bob:2@example.org' });
    expect(named.message).toBe(`${error.message} (bob:2@example.org)`);
    expect(named.cause).toBe(error);
    expect(error.data).toBe(samples[code][0]);
    expect(error.data).not.toHaveProperty('device');
  });

  test.each(codes.filter((code) => !deviceCodes.includes(code)))('%s comes back as it is', (code) => {
    const error = errorOf(code);
    expect(withDevice(error, 'bob:2@example.org')).toBe(error);
  });
});

function errorOf(code: ErrorCode): PolyratchetError {
  return new PolyratchetError(code, samples[code][0]);
}
