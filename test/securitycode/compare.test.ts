import { PolyratchetError } from 'polyratchet/errors';
import {
  compareSecurityCodes,
  MAX_SCANNED_LENGTH,
  securityCode,
  type SecurityCodeComparison,
} from 'polyratchet/securitycode';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../support/random.js';
import { caught } from '../support/rejects.js';
import { alice, aliceSees, bob, bobSees, field, joined, key, rounds, utf8 } from './support.js';

type Field = readonly number[];

/** Alice scans. */
const scan = (scanned: readonly number[] | Uint8Array, code = aliceSees): SecurityCodeComparison =>
  compareSecurityCodes({ code, scanned: Uint8Array.from(scanned) });
const codeOf = (scanned: readonly number[] | Uint8Array): unknown => {
  const error = caught(() => scan(scanned));
  return PolyratchetError.is(error) ? error.code : error;
};
const mismatch = (side: 'local' | 'remote', why: string) => ({ kind: 'mismatch', side, why });

const aliceKeys = joined(alice.identityKeys, 'raw');
const bobKeys = joined(bob.identityKeys, 'raw');
const names = {
  alice: [field(2, utf8('491701234567')), field(3, utf8('83249812@lid'))].flat(),
  bob: [field(2, utf8('447700900123')), field(3, utf8('55120034@lid'))].flat(),
};

/** What Bob's device shows, of these parts. */
function payload(
  ofBob: readonly Field[] = [field(1, bobKeys), names.bob],
  ofAlice: readonly Field[] = [field(1, aliceKeys), names.alice],
  version: Field = [8, 0],
): number[] {
  return [...version, ...field(2, ofBob.flat()), ...field(3, ofAlice.flat())];
}

describe('the payload', () => {
  test('is version 0 with the sorted keys, the names and the hosted state', () => {
    const notHosted = [0x28, 0];
    const expected = payload(
      [field(1, bobKeys), names.bob, notHosted],
      [field(1, aliceKeys), names.alice, notHosted],
    );
    expect([...bobSees.qr]).toEqual(expected);
  });

  test('of one matches that of the other, both ways', () => {
    expect(scan(bobSees.qr)).toEqual({ kind: 'match' });
    expect(scan(aliceSees.qr, bobSees)).toEqual({ kind: 'match' });
  });

  test('may have its fields in another order, and fields that are not known', () => {
    const unknown = [0x78, 1];
    expect(scan([...payload([names.bob, unknown, field(1, bobKeys)]), ...unknown])).toEqual({
      kind: 'match',
    });
  });

  test('without a version is of version 0', () => {
    expect(scan(payload(undefined, undefined, []))).toEqual({ kind: 'match' });
  });

  test('may lack a name that the other one knows, and may have one that it does not', () => {
    expect(scan(payload([field(1, bobKeys), field(3, utf8('55120034@lid'))]))).toEqual({ kind: 'match' });
    const withoutLids = securityCode({
      local: { ...alice, accounts: alice.accounts.slice(0, 1) },
      remote: { ...bob, accounts: bob.accounts.slice(0, 1) },
    });
    expect(scan(bobSees.qr, withoutLids)).toEqual({ kind: 'match' });
  });
});

describe('what differs', () => {
  test.each([
    ['the phone number', field(2, utf8('491701234568')), field(3, utf8('83249812@lid'))],
    ['the LID', field(2, utf8('491701234567')), field(3, utf8('83249813@lid'))],
    ['all names are missing', [], []],
  ])('%s: another chat', (_, phone, lid) => {
    const wrong = [field(1, aliceKeys), phone, lid];
    expect(scan(payload(undefined, wrong))).toEqual(mismatch('local', 'identifier'));
    const swapped = securityCode({ local: bob, remote: alice });
    expect(scan(payload(wrong, [field(1, bobKeys), names.bob]), swapped)).toEqual(
      mismatch('remote', 'identifier'),
    );
  });

  test('our own screen: another chat, though all keys are there', () => {
    expect(scan(aliceSees.qr)).toEqual(mismatch('local', 'identifier'));
  });

  test('a device that only one side knows', () => {
    const more = joined([...bob.identityKeys, key(5)], 'raw');
    expect(scan(payload([field(1, more), names.bob]))).toEqual(mismatch('remote', 'keys'));
    const fewer = joined(alice.identityKeys.slice(1), 'raw');
    expect(scan(payload(undefined, [field(1, fewer), names.alice]))).toEqual(mismatch('local', 'keys'));
  });

  test('any bit of a key', () => {
    const flipped = (keys: Uint8Array, bit: number) =>
      keys.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    for (let bit = 0; bit < 8 * bobKeys.length; bit++) {
      expect(scan(payload([field(1, flipped(bobKeys, bit)), names.bob]))).toEqual(mismatch('remote', 'keys'));
    }
    for (let bit = 0; bit < 8 * aliceKeys.length; bit++) {
      const wrong = [field(1, flipped(aliceKeys, bit)), names.alice];
      expect(scan(payload(undefined, wrong))).toEqual(mismatch('local', 'keys'));
    }
  });

  test('the order of the keys is theirs to keep', () => {
    const turned = Uint8Array.of(...aliceKeys.subarray(32), ...aliceKeys.subarray(0, 32));
    expect(scan(payload(undefined, [field(1, turned), names.alice]))).toEqual(mismatch('local', 'keys'));
  });

  test('hosted devices', () => {
    const hosted = [0x28, 1];
    expect(scan(payload([field(1, bobKeys), names.bob, hosted]))).toEqual(mismatch('remote', 'hosted'));
    const code = securityCode({ local: alice, remote: { ...bob, hosted: true } });
    expect(scan(bobSees.qr, code)).toEqual(mismatch('remote', 'hosted'));
    expect(scan(payload([field(1, bobKeys), names.bob, hosted]), code)).toEqual({ kind: 'match' });
  });

  test('usernames', () => {
    const code = securityCode({ local: alice, remote: { ...bob, username: 'bob' } });
    const named = (username: string) => payload([field(1, bobKeys), names.bob, field(4, utf8(username))]);
    expect(scan(named('bob'), code)).toEqual({ kind: 'match' });
    expect(scan(named('rob'), code)).toEqual(mismatch('remote', 'username'));
    expect(scan(payload(), code)).toEqual(mismatch('remote', 'username-missing'));
    expect(scan(named('rob'))).toEqual({ kind: 'match' }); // a chat that does not go by it
  });

  test('names come before keys, and our own side before the other', () => {
    const nobody = [field(1, key(9)), field(2, utf8('1'))];
    expect(scan(payload(nobody, nobody))).toEqual(mismatch('local', 'identifier'));
    expect(scan(payload(nobody, [field(1, key(9)), names.alice]))).toEqual(mismatch('remote', 'identifier'));
  });
});

describe('version 1', () => {
  const hashed = (keys: Uint8Array) => field(6, rounds(keys, keys));
  const [ofAlice, ofBob] = [hashed(aliceKeys), hashed(bobKeys)];
  const one = (bobs: Field, alices: Field) => payload([bobs, names.bob], [alices, names.alice], [8, 1]);

  test('holds hashes of the keys, and matches', () => {
    expect(scan(one(ofBob, ofAlice))).toEqual({ kind: 'match' });
  });

  test('says which hash differs', () => {
    expect(scan(one(ofAlice, ofAlice))).toEqual(mismatch('remote', 'keys'));
    expect(scan(one(ofBob, ofBob))).toEqual(mismatch('local', 'keys'));
  });

  test('without the hash is malformed, as version 0 is without the keys', () => {
    expect(codeOf(one(field(1, bobKeys), ofAlice))).toBe('malformed');
    expect(codeOf(payload([ofBob, names.bob]))).toBe('malformed');
  });
});

test.each([2, 3, 127])('version %i is newer: nothing else of it is looked at', (version) => {
  const expected = { kind: 'version', why: 'newer', got: version, supported: [0, 1] };
  expect(scan([8, version, ...field(2, [1, 2, 3])])).toEqual(expected);
});

describe('malformed', () => {
  const genuine = payload();
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ['nothing', []],
    ['text', [...utf8('https://example.org/')]],
    ['a version of another type', [0x0a, 0, ...genuine.slice(2)]],
    ['the version twice', [8, 0, ...genuine]],
    ['a version that is too large', [8, 255, 255, 255, 255, 31, ...genuine.slice(2)]],
    ['one person missing', [8, 0, ...field(2, field(1, bobKeys), names.bob)]],
    ['one person twice', [...genuine, ...field(2, field(1, bobKeys), names.bob)]],
    ['no keys', payload([names.bob])],
    ['the keys twice', payload([field(1, bobKeys), field(1, bobKeys), names.bob])],
    ['31 bytes of keys', payload([field(1, bobKeys.subarray(1)), names.bob])],
    ['an empty name', payload([field(1, bobKeys), names.bob.slice(0, 0), field(2, [])])],
    ['a name of 129 bytes', payload([field(1, bobKeys), field(2, new Uint8Array(129))])],
    ['a hosted state of 2', payload([field(1, bobKeys), names.bob, [0x28, 2]])],
    ['a hash of 63 bytes', payload([field(1, bobKeys), names.bob, field(6, new Uint8Array(63))])],
    ['a byte more', [...genuine, 0]],
  ];

  test.each(cases)('%s', (_, scanned) => {
    expect(codeOf(scanned)).toBe('malformed');
  });

  test('cut anywhere', () => {
    for (let length = 0; length < genuine.length; length++) {
      expect(codeOf(genuine.slice(0, length)), `${length} bytes`).toBe('malformed');
    }
  });

  test('anything: refused as malformed, or not a match', () => {
    const random = seededRandom(17);
    for (let i = 0; i < 300; i++) {
      const scanned = random(1 + (i % 90));
      const error = caught(() => {
        expect(scan(scanned).kind).not.toBe('match');
      });
      if (error !== undefined) expect(PolyratchetError.is(error, 'malformed')).toBe(true);
    }
  });

  test('too long', () => {
    expect(codeOf(new Uint8Array(MAX_SCANNED_LENGTH))).toBe('malformed');
    expect(codeOf(new Uint8Array(MAX_SCANNED_LENGTH + 1))).toBe('too-large');
  });

  test.each([undefined, 'text', [1, 2]])('arguments that are no bytes and no objects: %s', (wrong) => {
    const scanned = wrong as unknown as Uint8Array;
    const error = caught(() => compareSecurityCodes({ code: aliceSees, scanned }));
    expect(PolyratchetError.is(error, 'invalid-argument')).toBe(true);
    const noOptions = wrong as unknown as Parameters<typeof compareSecurityCodes>[0];
    expect(
      PolyratchetError.is(
        caught(() => compareSecurityCodes(noOptions)),
        'invalid-argument',
      ),
    ).toBe(true);
  });
});

describe('the signal profile', () => {
  const people = {
    alice: { identifier: utf8('alice'), identityKeys: alice.identityKeys },
    bob: { identifier: utf8('bob'), identityKeys: bob.identityKeys },
  };
  const code = securityCode({ profile: 'signal', local: people.alice, remote: people.bob });
  const theirs = securityCode({ profile: 'signal', local: people.bob, remote: people.alice });

  test('matches with several keys a person', () => {
    expect(theirs.digits).toBe(code.digits);
    expect(scan(theirs.qr, code)).toEqual({ kind: 'match' });
    expect(scan(code.qr, theirs)).toEqual({ kind: 'match' });
  });

  test('no change of a bit is a match', () => {
    for (let bit = 0; bit < 8 * theirs.qr.length; bit++) {
      const scanned = theirs.qr.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      const error = caught(() => {
        expect(scan(scanned, code).kind).not.toBe('match');
      });
      if (error !== undefined) expect(PolyratchetError.is(error, 'malformed')).toBe(true);
    }
  });

  test('does not take the other profile for its own', () => {
    expect(scan(bobSees.qr, code)).toEqual({ kind: 'version', why: 'older', got: 0, supported: [2] });
    expect(scan(theirs.qr)).toEqual({ kind: 'version', why: 'newer', got: 2, supported: [0, 1] });
  });
});
