/** The short name of a set of devices: WhatsApp's form, and what other clients make of it. */
import fc from 'fast-check';
import { compareParticipantHashes, participantHash } from 'polyratchet/fanout';
import { describe, expect, inject, test } from 'vitest';
import { utf8 } from '../../src/core/bytes.js';
import { sha256 } from '../../src/crypto/index.js';
import { expectError } from '../support/errors.js';

const devices = fc.uniqueArray(
  fc.record({
    user: fc.stringMatching(/^[a-z0-9.]{1,8}$/),
    device: fc.nat(0xffff),
    server: fc.constantFrom('s.whatsapp.net', 'lid'),
  }),
  { maxLength: 12, selector: ({ user, device, server }) => `${user}:${device}@${server}` },
);
const numRuns = inject('backend') === 'node' ? 200 : 50;

const addressOf = ({ user, device, server }: { user: string; device: number; server: string }): string =>
  device === 0 ? `${user}@${server}` : `${user}:${device}@${server}`;

describe('the participant hash', () => {
  test.each<[string, readonly string[]]>([
    // Computed with the hashlib and base64 modules of Python from the device texts, such as 1555.0:12@s.whatsapp.net.
    ['2:47DEQpj8', []],
    ['2:OLpfZxW/', ['1555@s.whatsapp.net']],
    ['2:pwVX1+yj', ['1555:12@s.whatsapp.net', '1555@s.whatsapp.net', '1555:2@s.whatsapp.net', '77@lid']],
    ['2:dgd3HPPA', ['bob@example.org', 'bob:1@example.org', 'alice:2@example.org']],
    ['2:QxuR/2+M', ['60@lid']],
  ])('is %s for %j', (hash, list) => {
    expect(participantHash(list)).toBe(hash);
    expect(participantHash(list.toReversed())).toBe(hash);
    expect(participantHash([...list, ...list])).toBe(hash);
  });

  test('is the start of the digest of the sorted device texts', () => {
    fc.assert(
      fc.property(devices, (list) => {
        const texts = list.map(({ user, device, server }) => `${user}.0:${device}@${server}`).sort();
        const digest = btoa(String.fromCharCode(...sha256(utf8(texts.join('')))));
        expect(participantHash(list.map(addressOf))).toBe(`2:${digest.slice(0, 8)}`);
      }),
      { numRuns },
    );
  });

  test('leaves the list as it was', () => {
    const list = Object.freeze(['b@x', 'a@x']);
    participantHash(list);
    expect(list).toEqual(['b@x', 'a@x']);
  });

  test.each([
    [['bob']],
    [['bob:0@x']],
    [['bob@x', 7]],
    [[undefined]],
    ['bob@x'],
    [undefined],
    [null],
    [{ length: 1 }],
  ])('of %j is refused', (list) => {
    expectError('invalid-argument', () => participantHash(list as string[]));
  });
});

describe('comparing', () => {
  const hash = '2:QxuR/2+M';

  test.each([hash, '2:QxuR_2-M', '2:QxuR/2-M', '2:QxuR/2', '2:QxuR_2'])(
    '%s is the same hash, spelled otherwise',
    (other) => {
      expect(compareParticipantHashes(hash, other)).toBe('same');
      expect(compareParticipantHashes(other, hash)).toBe('same');
    },
  );

  test.each(['2:QxuR/2+N', '2:AxuR/2+M', '2:QxuR+2+M', '2:QxuR_3', '2:QXUR/2+M', '2:AAAAAA'])(
    '%s is a different one',
    (other) => {
      expect(compareParticipantHashes(hash, other)).toBe('different');
      expect(compareParticipantHashes(other, hash)).toBe('different');
    },
  );

  test.each([
    '',
    '2:',
    '1:QxuR/2+M',
    '3:QxuR/2+M',
    'QxuR/2+M',
    '2:QxuR/',
    '2:QxuR/2+',
    '2:QxuR/2+MA',
    '2:QxuR/2+M=',
    '2:QxuR/2+M\n',
    '2:QxuR 2+M',
    undefined,
    7,
  ])('%j is of no known form, and says nothing', (other) => {
    expect(compareParticipantHashes(hash, other as string)).toBe('unknown-form');
    expect(compareParticipantHashes(other as string, hash)).toBe('unknown-form');
  });

  test('tells sets of devices apart, also when cut to six characters', () => {
    fc.assert(
      fc.property(devices, devices, (one, other) => {
        const [a, b] = [one, other].map((list) => list.map(addressOf).sort());
        const expected = a!.join() === b!.join() ? 'same' : 'different';
        const [hashes, cut] = [participantHash(a!), participantHash(b!)];
        expect(compareParticipantHashes(hashes, cut)).toBe(expected);
        expect(compareParticipantHashes(hashes, cut.slice(0, 8))).toBe(expected);
      }),
      { numRuns },
    );
  });
});
