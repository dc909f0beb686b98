import { PolyratchetError } from 'polyratchet/errors';
import { securityNotice, type PersonIdentities } from 'polyratchet/securitycode';
import { describe, expect, test } from 'vitest';
import { caught } from '../support/rejects.js';
import { key } from './support.js';

const [phone, laptop, tablet, otherPhone] = [key(1), key(2), key(3), key(4)] as const;
const person = (primary: Uint8Array, ...companions: Uint8Array[]): PersonIdentities => ({
  primary,
  identityKeys: [primary, ...companions],
});

describe('a notice', () => {
  const rows: readonly (readonly [string, PersonIdentities, PersonIdentities, string, boolean])[] = [
    ['nothing changed', person(phone, laptop), person(phone, laptop), 'none', false],
    [
      'another order',
      person(phone, laptop),
      { primary: phone, identityKeys: [laptop, phone] },
      'none',
      false,
    ],
    ['a companion came', person(phone), person(phone, laptop), 'code-changed', false],
    ['a companion went', person(phone, laptop), person(phone), 'code-changed', false],
    ['one companion for another', person(phone, laptop), person(phone, tablet), 'code-changed', false],
    ['a key twice', person(phone, laptop), person(phone, laptop, laptop), 'code-changed', false],
    ['a new phone', person(phone), person(otherPhone), 'primary-changed', true],
    [
      'a new phone, old companions',
      person(phone, laptop),
      person(otherPhone, laptop),
      'primary-changed',
      true,
    ],
    [
      'the same keys, of which another is the primary',
      person(phone, laptop),
      { primary: laptop, identityKeys: [phone, laptop] },
      'primary-changed',
      true,
    ],
  ];

  test.each(rows)('%s', (_, before, after, kind, compare) => {
    expect(securityNotice({ before, after })).toEqual({ kind, compare });
    expect(securityNotice({ before: after, after: before })).toEqual({ kind, compare });
  });
});

describe('refused', () => {
  const wrong: readonly (readonly [string, unknown, string])[] = [
    ['a primary that is not among the keys', { primary: phone, identityKeys: [laptop] }, 'invalid-argument'],
    ['no keys', { primary: phone, identityKeys: [] }, 'invalid-argument'],
    ['a primary of 31 bytes', { primary: phone.subarray(1), identityKeys: [phone] }, 'invalid-key'],
    ['no primary', { identityKeys: [phone] }, 'invalid-argument'],
    ['no person', null, 'invalid-argument'],
    ['65 keys', { primary: phone, identityKeys: Array.from({ length: 65 }, () => phone) }, 'too-large'],
  ];

  test.each(wrong)('%s, then or now', (_, identities, code) => {
    const bad = identities as PersonIdentities;
    for (const options of [
      { before: bad, after: person(phone) },
      { before: person(phone), after: bad },
    ]) {
      const error = caught(() => securityNotice(options));
      expect(PolyratchetError.is(error) && error.code).toBe(code);
    }
  });

  test('options that are no object', () => {
    const options = undefined as unknown as Parameters<typeof securityNotice>[0];
    expect(
      PolyratchetError.is(
        caught(() => securityNotice(options)),
        'invalid-argument',
      ),
    ).toBe(true);
  });
});
