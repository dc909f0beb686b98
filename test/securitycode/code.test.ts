import fc from 'fast-check';
import { PolyratchetError } from 'polyratchet/errors';
import {
  compareSecurityCodes,
  MAX_IDENTIFIER_LENGTH,
  MAX_IDENTITY_KEYS,
  MAX_SCANNED_LENGTH,
  securityCode,
  type AccountParty,
  type IdentifierParty,
} from 'polyratchet/securitycode';
import { describe, expect, test } from 'vitest';
import { caught } from '../support/rejects.js';
import { alice, aliceSees, bob, bobSees, formula, key, utf8 } from './support.js';

const digitsOf = (local: AccountParty, remote: AccountParty): string =>
  securityCode({ local, remote }).digits;
const keys = (...seeds: number[]): Uint8Array[] => seeds.map(key);

describe('the code is the formula', () => {
  const hashed = (identifier: string, { identityKeys }: AccountParty) => ({
    identifier: utf8(identifier),
    identityKeys,
  });

  test('over the LIDs if both are known', () => {
    expect(aliceSees.digits).toBe(formula([hashed('83249812', alice), hashed('55120034', bob)], 'raw'));
  });

  test('over the phone numbers if one LID is not known', () => {
    const withoutLid = { ...alice, accounts: alice.accounts.slice(0, 1) };
    expect(digitsOf(withoutLid, bob)).toBe(
      formula([hashed('491701234567', alice), hashed('447700900123', bob)], 'raw'),
    );
  });

  test("over whole addresses of an application's own", () => {
    const [local, remote] = [
      { ...alice, accounts: ['alice@example.org'] },
      { ...bob, accounts: ['bob@example.org'] },
    ];
    expect(digitsOf(local, remote)).toBe(
      formula([hashed('alice@example.org', alice), hashed('bob@example.org', bob)], 'raw'),
    );
  });

  test('over typed keys and opaque identifiers in the signal profile', () => {
    const local = { identifier: Uint8Array.of(255, 0, 128), identityKeys: keys(9, 7, 8) };
    const remote = { identifier: utf8('+447700900123'), identityKeys: keys(5, 6) };
    const { digits } = securityCode({ profile: 'signal', local, remote });
    expect(digits).toBe(formula([local, remote], 'typed'));
  });
});

describe('a code', () => {
  test('is 60 digits in 12 groups of 5, and names its profile', () => {
    expect(aliceSees.profile).toBe('whatsapp');
    expect(aliceSees.digits).toMatch(/^[0-9]{60}$/);
    expect(aliceSees.groups.join('')).toBe(aliceSees.digits);
    expect(aliceSees.groups.map(({ length }) => length)).toEqual(Array.from({ length: 12 }, () => 5));
  });

  test('is the same on both screens', () => {
    expect(bobSees.digits).toBe(aliceSees.digits);
    expect(bobSees.qr).not.toEqual(aliceSees.qr);
  });

  test('does not depend on the order of the keys or of the accounts', () => {
    const order = fc.shuffledSubarray([1, 2, 3], { minLength: 3 });
    fc.assert(
      fc.property(order, fc.boolean(), (seeds, turned) => {
        const accounts = turned ? [...alice.accounts].reverse() : alice.accounts;
        const local = { accounts, identityKeys: keys(...seeds) };
        expect(securityCode({ local, remote: bob })).toEqual(aliceSees);
      }),
      { numRuns: 4 },
    );
  });

  test('does not depend on usernames and hosting, which are in the QR code only', () => {
    const local = { ...alice, username: 'alice', hosted: true };
    const code = securityCode({ local, remote: bob });
    expect(code.digits).toBe(aliceSees.digits);
    expect(code.qr).not.toEqual(aliceSees.qr);
  });

  const { accounts } = alice;
  const changes: readonly (readonly [string, AccountParty, AccountParty])[] = [
    ['a device more', { accounts, identityKeys: keys(1, 2, 3, 5) }, bob],
    ['a device less', { accounts, identityKeys: keys(1, 2) }, bob],
    ['another key of one device', { accounts, identityKeys: keys(1, 2, 5) }, bob],
    ['a key twice', { accounts, identityKeys: keys(1, 2, 3, 3) }, bob],
    ['another key twice', { accounts, identityKeys: keys(1, 2, 2, 3) }, bob],
    [
      "a key of one person's at the other",
      { accounts, identityKeys: keys(1, 2) },
      { ...bob, identityKeys: keys(3, 4) },
    ],
    ['another LID', { ...alice, accounts: ['491701234567@s.whatsapp.net', '83249813@lid'] }, bob],
    ['an identifier less', { ...alice, accounts: ['491701234567@s.whatsapp.net'] }, bob],
  ];

  test('changes with every change of the keys, as a multiset, or of an identifier', () => {
    const all = changes.map(([, local, remote]) => digitsOf(local, remote));
    expect(new Set([aliceSees.digits, ...all]).size).toBe(1 + changes.length);
  });

  test('does not change with an account that is not hashed', () => {
    const local = { ...alice, accounts: ['491709999999@s.whatsapp.net', '83249812@lid'] };
    expect(digitsOf(local, bob)).toBe(aliceSees.digits);
  });

  test('keeps nothing of its input', () => {
    const identityKeys = keys(1, 2, 3);
    const code = securityCode({ local: { ...alice, identityKeys }, remote: bob });
    for (const bytes of identityKeys) bytes.fill(0);
    expect(code).toEqual(aliceSees);
  });
});

describe('the bounds', () => {
  test('64 keys a person, and the longest names: the payload can still be compared', () => {
    const identityKeys = keys(...Array.from({ length: MAX_IDENTITY_KEYS }, (_, i) => i));
    const accounts = [
      `${'a'.repeat(MAX_IDENTIFIER_LENGTH - 2)}@b`,
      `${'1'.repeat(MAX_IDENTIFIER_LENGTH - 4)}@lid`,
    ];
    const party = { accounts, identityKeys, username: 'u'.repeat(MAX_IDENTIFIER_LENGTH) };
    const code = securityCode({ local: party, remote: party });
    expect(code.qr.length).toBeGreaterThan(MAX_SCANNED_LENGTH - 128);
    expect(compareSecurityCodes({ code, scanned: code.qr })).toEqual({ kind: 'match' });
  });

  test('65 keys are too many', () => {
    const identityKeys = keys(...Array.from({ length: MAX_IDENTITY_KEYS + 1 }, (_, i) => i));
    const error = caught(() => securityCode({ local: alice, remote: { ...bob, identityKeys } }));
    expect(PolyratchetError.is(error, 'too-large') && error.data).toEqual({
      what: 'identityKeys',
      limit: 64,
      got: 65,
    });
  });
});

describe('refused', () => {
  const party = (change: object): AccountParty => ({ ...alice, ...change });
  const whatsapp: readonly (readonly [string, AccountParty, string])[] = [
    ['no keys', party({ identityKeys: [] }), 'invalid-argument'],
    ['keys that are no array', party({ identityKeys: key(1) }), 'invalid-argument'],
    ['a hole among the keys', party({ identityKeys: [key(1), undefined] }), 'invalid-argument'],
    ['a key of 33 bytes', party({ identityKeys: [new Uint8Array(33).fill(5)] }), 'invalid-key'],
    ['a key of low order', party({ identityKeys: [new Uint8Array(32)] }), 'invalid-key'],
    ['no accounts', party({ accounts: [] }), 'invalid-argument'],
    ['accounts that are no array', party({ accounts: 'alice@example.org' }), 'invalid-argument'],
    ['two LIDs', party({ accounts: ['1@lid', '2@lid'] }), 'invalid-argument'],
    ['two phone numbers', party({ accounts: ['1@s.whatsapp.net', '2@s.whatsapp.net'] }), 'invalid-argument'],
    ['the address of a device', party({ accounts: ['1:2@lid'] }), 'invalid-argument'],
    ['no address', party({ accounts: ['alice'] }), 'invalid-argument'],
    ['a hole among the accounts', party({ accounts: ['1@lid', undefined] }), 'invalid-argument'],
    ['a username that is empty', party({ username: '' }), 'invalid-argument'],
    ['a username that is too long', party({ username: 'ü'.repeat(65) }), 'invalid-argument'],
    ['half a character', party({ username: '\ud800' }), 'invalid-argument'],
    ['a username that is no text', party({ username: 7 }), 'invalid-argument'],
    ['hosted that is no boolean', party({ hosted: 1 }), 'invalid-argument'],
    ['no party', undefined as unknown as AccountParty, 'invalid-argument'],
  ];

  test.each(whatsapp)('%s, on either side', (_, wrong, code) => {
    for (const [local, remote] of [[wrong, bob] as const, [bob, wrong] as const]) {
      const error = caught(() => securityCode({ local, remote }));
      expect(PolyratchetError.is(error) && error.code).toBe(code);
    }
  });

  test('one person by LID only, the other one by phone number only', () => {
    const local = party({ accounts: ['83249812@lid'] });
    const remote = { ...bob, accounts: ['447700900123@s.whatsapp.net'] };
    expect(
      PolyratchetError.is(
        caught(() => securityCode({ local, remote })),
        'invalid-argument',
      ),
    ).toBe(true);
  });

  test.each([0, MAX_IDENTIFIER_LENGTH + 1])('an identifier of %i bytes', (length) => {
    const local = { identifier: new Uint8Array(length), identityKeys: keys(1) };
    const remote: IdentifierParty = { identifier: utf8('bob'), identityKeys: keys(2) };
    const error = caught(() => securityCode({ profile: 'signal', local, remote }));
    expect(PolyratchetError.is(error, 'invalid-argument')).toBe(true);
  });

  test.each(['telegram', 'constructor', 7, null])('the profile %s', (profile) => {
    const error = caught(() => securityCode({ profile: profile as 'whatsapp', local: alice, remote: bob }));
    expect(PolyratchetError.is(error, 'invalid-argument')).toBe(true);
  });

  test('options that are no object', () => {
    const wrong = undefined as unknown as Parameters<typeof securityCode>[0];
    expect(
      PolyratchetError.is(
        caught(() => securityCode(wrong)),
        'invalid-argument',
      ),
    ).toBe(true);
  });
});
