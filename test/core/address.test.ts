import fc from 'fast-check';
import { accountOf, deviceAddress, parseAddress } from 'polyratchet';
import { describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { notUint32 } from './inputs.js';

/** Names that mean something to a JavaScript object. */
const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf'];

/** Printable ASCII without the characters that separate. */
const name = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc
      .integer({ min: 0x21, max: 0x7e })
      .map((code) => String.fromCharCode(code))
      .filter((character) => !',:@'.includes(character)),
    minLength: 1,
    maxLength,
  });

describe('parseAddress', () => {
  test.each([
    ['alice@example.org', { user: 'alice', device: 0, server: 'example.org' }],
    ['alice:1@example.org', { user: 'alice', device: 1, server: 'example.org' }],
    ['alice:65535@lid', { user: 'alice', device: 65_535, server: 'lid' }],
    ['491701234567:12@s.whatsapp.net', { user: '491701234567', device: 12, server: 's.whatsapp.net' }],
    ['a.b-c_d+e!#$%@x', { user: 'a.b-c_d+e!#$%', device: 0, server: 'x' }],
    ['~}|{`^]\\[?>=<;/.-+*)(\'&%$#"!@~', { user: '~}|{`^]\\[?>=<;/.-+*)(\'&%$#"!', device: 0, server: '~' }],
  ])('splits %s', (address, parts) => {
    expect(parseAddress(address)).toEqual(parts);
  });

  test.each(PROTOTYPE_NAMES)('takes %s as plain text, as a user and as a server', (text) => {
    expect(parseAddress(`${text}:2@${text}`)).toEqual({ user: text, device: 2, server: text });
    expect(Object.getPrototypeOf(parseAddress(`${text}@x`))).toBe(Object.prototype);
  });

  test.each([
    ...[
      ['nothing', ''],
      ['no server', 'alice'],
    ].map((each) => [...each, 'text without @']),
    ...[
      ['an empty server', 'alice@'],
      ['an empty user', '@example.org'],
      ['an empty user with a device', ':1@example.org'],
      ['two servers', 'alice@a@b'],
      ['device 0 spelled out', 'alice:0@example.org'],
      ['a leading zero', 'alice:01@example.org'],
      ['an empty device', 'alice:@example.org'],
      ['two devices', 'alice:1:2@example.org'],
      ['a device beyond 16 bits', 'alice:65536@example.org'],
      ['a device of six digits', 'alice:100000@example.org'],
      ['a signed device', 'alice:+1@example.org'],
      ['a negative device', 'alice:-1@example.org'],
      ['a fractional device', 'alice:1.5@example.org'],
      ['an exponent', 'alice:1e3@example.org'],
      ['a device of letters', 'alice:a@example.org'],
      ['a device at the server', 'alice@example.org:1'],
    ].map((each) => [...each, 'text of another form']),
    ...[
      ['a device of other digits', 'alice:٣@example.org'],
      ['a space inside', 'al ice@example.org'],
      ['a space in front', ' alice@example.org'],
      ['a space behind', 'alice@example.org '],
      ['a comma', 'alice,bob@example.org'],
      ['a comma at the server', 'alice@example,org'],
      ['a line end', 'alice@example.org\n'],
      ['a tab', 'alice\t@example.org'],
      ['a zero character', 'alice\0@example.org'],
      ['a delete character', 'alice\x7f@example.org'],
      ['a letter beyond ASCII', 'älice@example.org'],
      ['an emoji', '😀@example.org'],
      ['a lone high surrogate', 'alice\ud83d@example.org'],
      ['a lone low surrogate', 'alice@example\ude00.org'],
    ].map((each) => [...each, 'a character that no address has']),
  ] as [string, string, string][])('refuses %s', (_, address, got) => {
    const { data } = expectError('invalid-argument', () => parseAddress(address));
    expect(data).toMatchObject({ name: 'address', got });
  });

  test('takes 128 characters and refuses 129', () => {
    const longest = `${'a'.repeat(126)}@b`;
    expect(parseAddress(longest).user).toHaveLength(126);
    const { data } = expectError('invalid-argument', () => parseAddress(`a${longest}`));
    expect(data.got).toBe('129 characters');
    expectError('invalid-argument', () => parseAddress(`${longest}b`));
  });

  test('answers at once on a very long text', () => {
    expectError('invalid-argument', () => parseAddress(`${'a:1'.repeat(1_000_000)}@b`));
  });

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 7],
    ['an object with toString', { toString: () => 'alice@example.org' }],
    ['a String object', Object('alice@example.org')],
    ['an array', ['alice@example.org']],
    ['bytes', new Uint8Array(3)],
  ])('refuses %s', (_, address) => {
    expectError('invalid-argument', () => parseAddress(address as string));
  });
});

describe('deviceAddress and accountOf', () => {
  test('name the parts that parseAddress finds', () => {
    fc.assert(
      fc.property(name(60), fc.nat(0xffff), name(60), (user, device, server) => {
        const address = deviceAddress(`${user}@${server}`, device);
        expect(parseAddress(address)).toEqual({ user, device, server });
        expect(accountOf(address)).toBe(`${user}@${server}`);
        expect(accountOf(accountOf(address))).toBe(accountOf(address));
      }),
    );
  });

  test('the primary device has the address of its account', () => {
    expect(deviceAddress('alice@example.org', 0)).toBe('alice@example.org');
    expect(accountOf('alice@example.org')).toBe('alice@example.org');
  });

  test.each(PROTOTYPE_NAMES)('%s stays itself', (text) => {
    expect(accountOf(deviceAddress(`${text}@x`, 5))).toBe(`${text}@x`);
  });

  test('65535 is the last device', () => {
    expect(deviceAddress('alice@example.org', 65_535)).toBe('alice:65535@example.org');
    expectError('invalid-argument', () => deviceAddress('alice@example.org', 65_536));
  });

  test.each(notUint32)('%s is no device number', (_, device) => {
    expectError('invalid-argument', () => deviceAddress('alice@example.org', device as number));
  });

  test('a device number is never read through its toString', () => {
    const throwing = {
      toString: () => {
        throw new Error('escaped');
      },
    };
    for (const device of [throwing, { toString: () => '2' }, Object.create(null) as object]) {
      expectError('invalid-argument', () => deviceAddress('alice@example.org', device as unknown as number));
    }
  });

  test('an account so long that its device no longer fits is refused', () => {
    const account = `${'a'.repeat(124)}@b`;
    expect(deviceAddress(account, 1)).toHaveLength(128);
    expectError('invalid-argument', () => deviceAddress(account, 12));
  });

  test.each(['', 'alice', 'alice@', 'al,ice@x', 'alice:0@x'])('refuse %j', (address) => {
    expectError('invalid-argument', () => accountOf(address));
    expectError('invalid-argument', () => deviceAddress(address, 1));
  });
});
