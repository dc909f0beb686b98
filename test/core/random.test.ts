import { systemRandom, type Random } from 'polyratchet';
import {
  generateIdentity,
  generateOneTimePreKeys,
  generateRegistrationId,
  generateSignedPreKey,
  importIdentity,
  sign,
} from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { randomBytes } from '../../src/core/random.js';
import { pad } from '../../src/wire/index.js';
import { expectError } from '../support/errors.js';

/** Sources that fail, each with a name for the test. */
const badSources: readonly (readonly [name: string, random: unknown])[] = [
  ['throws', failing],
  ['gives too few bytes', (length: number) => new Uint8Array(length - 1)],
  ['gives too many bytes', (length: number) => new Uint8Array(length + 1)],
  ['gives none', () => new Uint8Array(0)],
  ['gives an array', (length: number) => new Array<number>(length).fill(1)],
  ['gives a text', (length: number) => 'x'.repeat(length)],
  ['gives wider elements', (length: number) => new Uint16Array(length)],
  ['gives undefined', () => undefined],
  ['gives a promise', (length: number) => Promise.resolve(new Uint8Array(length))],
  ['is no function', new Uint8Array(32)],
  ['is missing', undefined],
];

const imported = importIdentity(new Uint8Array(32).fill(9));

/** Everything on these floors that draws bytes. */
const drawing: readonly ((random: Random) => unknown)[] = [
  (random) => randomBytes(random, 32),
  generateIdentity,
  generateRegistrationId,
  (random) => generateOneTimePreKeys({ lastId: 0, count: 1, random }),
  (random) => generateSignedPreKey({ identity: imported, id: 1, random, now: 0 }),
  (random) => sign({ identity: imported, message: new Uint8Array(3), random }),
  (random) => pad(new Uint8Array(3), random),
];

describe('a random source', () => {
  test.each(badSources)('that %s is an invalid argument wherever bytes are drawn', (_, random) => {
    for (const draw of drawing) {
      const { data } = expectError('invalid-argument', () => draw(random as Random));
      expect(data.name).toBe('random');
    }
  });

  test('that throws keeps its exception as the cause', () => {
    const error = expectError('invalid-argument', () => randomBytes(failing, 4));
    expect(error.cause).toEqual(new Error('no entropy'));
  });

  test('is asked once, for exactly the bytes that are needed', () => {
    const lengths: number[] = [];
    const drawn = randomBytes((length) => {
      lengths.push(length);
      return new Uint8Array(length).fill(5);
    }, 7);
    expect(lengths).toEqual([7]);
    expect(drawn).toEqual(new Uint8Array(7).fill(5));
  });

  test('may keep and overwrite the array that it gave', () => {
    const own = new Uint8Array(4).fill(1);
    const drawn = randomBytes(() => own, 4);
    own.fill(2);
    expect(drawn).toEqual(new Uint8Array(4).fill(1));
    drawn.fill(3);
    expect(own).toEqual(new Uint8Array(4).fill(2));
  });
});

describe('the random source of the system', () => {
  test.each([0, 1, 32, 65_536, 65_537, 200_000])(
    'gives %d bytes, past the quota of the platform',
    (length) => {
      expect(systemRandom(length)).toHaveLength(length);
    },
  );

  test('fills every part of a long array', () => {
    const bytes = systemRandom(200_000);
    for (let start = 0; start < bytes.length; start += 1_000) {
      expect(bytes.subarray(start, start + 1_000).some((byte) => byte !== 0)).toBe(true);
    }
  });

  test('gives other bytes each time, in fresh memory', () => {
    const [a, b] = [systemRandom(32), systemRandom(32)];
    expect(a).not.toEqual(b);
    expect(a.buffer).not.toBe(b.buffer);
  });
});

function failing(): never {
  throw new Error('no entropy');
}
