/** Every bit of a message is turned, and every byte position set to random values: never another plaintext. */
import { PolyratchetError } from 'polyratchet/errors';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import {
  contentOf,
  flipBit,
  forge,
  innerOf,
  PREKEY,
  remove,
  replace,
  varintField,
  withBytes,
} from '../support/forge.js';
import {
  bundleOf,
  copyOf,
  createParty,
  pair,
  receive,
  send,
  start,
  tryReceive,
  type Party,
} from '../support/party.js';
import { caught, rejects, storedOf } from '../support/rejects.js';
import { seededRandom } from '../support/random.js';

/** Pure JavaScript takes 10 ms for each changed prekey message, so there a sample must do. */
const STRIDE = inject('backend') === 'node' ? 1 : 13;

const CODES = ['malformed', 'bad-mac', 'legacy-version', 'unknown-version', 'invalid-key'] as const;

const begun = { alice: createParty(1), bob: createParty(2) };
start(begun.alice, bundleOf(begun.bob));

let alice: Party;
let bob: Party;

describe('a turned bit', () => {
  test('of an ordinary message is refused at every position', () => {
    ({ alice, bob } = pair());
    const message = send(alice, 'genuine');
    for (let bit = 0; bit < 8 * message.bytes.length; bit += STRIDE) {
      rejects(bob, withBytes(message, flipBit(message.bytes, bit)), [
        ...CODES,
        'duplicate-message',
        'too-far-ahead',
      ]);
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  test('of a prekey message is refused at every position but those of the registration id', () => {
    [alice, bob] = [copyOf(begun.alice), copyOf(begun.bob)];
    const message = send(alice, 'genuine');
    const free = positionsOf(message.bytes, varintField(PREKEY.registrationId, alice.registrationId).raw);
    const accepted: number[] = [];
    for (let bit = 0; bit < 8 * message.bytes.length; bit += STRIDE) {
      const flipped = withBytes(message, flipBit(message.bytes, bit));
      if (free.includes(bit >> 3) && caught(() => tryReceive(bob, flipped)) === undefined) {
        expect(receive(copyOf(bob), flipped)).toBe('genuine');
        accepted.push(bit);
      } else {
        rejects(bob, flipped, [...CODES, 'no-prekey', 'too-far-ahead']);
      }
    }
    expect(accepted.length).toBeGreaterThan(0);
    expect(receive(bob, message)).toBe('genuine');
  });

  test('of a prekey message of a known session is refused, or changes nothing', () => {
    [alice, bob] = [copyOf(begun.alice), copyOf(begun.bob)];
    expect(receive(bob, send(alice, 'first'))).toBe('first');
    const message = send(alice, 'genuine');
    for (let bit = 0; bit < 8 * message.bytes.length; bit += STRIDE + 2) {
      const flipped = withBytes(message, flipBit(message.bytes, bit));
      if (caught(() => tryReceive(bob, flipped)) === undefined) {
        const copy = copyOf(bob);
        expect(receive(copy, flipped)).toBe('genuine');
        rejects(copy, message, 'duplicate-message');
      } else {
        rejects(bob, flipped, [
          ...CODES,
          'no-prekey',
          'too-far-ahead',
          'duplicate-message',
          'untrusted-identity',
        ]);
      }
    }
    expect(receive(bob, message)).toBe('genuine');
  });
});

describe('the fields of a prekey message that nothing authenticates', () => {
  const IDS = [PREKEY.registrationId, PREKEY.oneTimePreKeyId, PREKEY.signedPreKeyId] as const;
  const OTHERS = [0, 1, 2, 999, 2 ** 24 - 1, 2 ** 32 - 1];
  const names = new Map(Object.entries(PREKEY).map(([name, number]) => [number as number, name]));
  const freeOf = (party: Party, message: ReturnType<typeof send>): readonly (string | undefined)[] =>
    IDS.filter((id) => {
      const variants = [remove(id), ...OTHERS.map((value) => replace(varintField(id, value)))];
      return variants.some((change) => {
        const forged = forge(message, change);
        const differs =
          forged.bytes.some((byte, i) => byte !== message.bytes[i]) ||
          forged.bytes.length !== message.bytes.length;
        return differs && caught(() => expect(receive(copyOf(party), forged)).toBe('genuine')) === undefined;
      });
    }).map((id) => names.get(id));

  beforeEach(() => {
    [alice, bob] = [copyOf(begun.alice), copyOf(begun.bob)];
  });

  test('are the registration id where a session begins', () => {
    expect(freeOf(bob, send(alice, 'genuine'))).toEqual(['registrationId']);
  });

  test('are the three ids where the session is known, which is found by its base key', () => {
    receive(bob, send(alice, 'first'));
    expect(freeOf(bob, send(alice, 'genuine'))).toEqual([
      'registrationId',
      'oneTimePreKeyId',
      'signedPreKeyId',
    ]);
  });

  test('include which of the two accepted version bytes it has', () => {
    const message = send(alice, 'genuine');
    const other = new Uint8Array(message.bytes);
    other[0] = 0x34;
    expect(receive(bob, withBytes(message, other))).toBe('genuine');
  });

  test('are not the keys and the message inside', () => {
    const message = send(alice, 'genuine');
    for (const number of [PREKEY.baseKey, PREKEY.identityKey, PREKEY.message]) {
      const content = contentOf(message, number);
      const at = positionsOf(message.bytes, content)[0]!;
      const changed = withBytes(message, flipBit(message.bytes, 8 * (at + content.length - 2)));
      rejects(bob, changed, ['bad-mac', 'invalid-key']);
    }
    expect(receive(bob, message)).toBe('genuine');
  });
});

test('random bytes are no message, and after them the genuine ones still decrypt', () => {
  ({ alice, bob } = pair());
  const random = seededRandom(7);
  const genuine = send(alice, 'genuine');
  const before = storedOf(bob);
  const rounds = inject('backend') === 'node' ? 20_000 : 5_000;
  for (let i = 0; i < rounds; i++) {
    const [length = 0, kind = 0, version = 0] = random(3);
    const bytes = random(length);
    if (version < 200) bytes[0] = 0x33;
    const error = caught(() => tryReceive(bob, { type: kind % 2 === 0 ? 'message' : 'prekey', bytes }));
    if (!PolyratchetError.is(error)) throw new Error('accepted, or an untyped error', { cause: error });
  }
  expect(storedOf(bob)).toEqual(before);
  expect(receive(bob, genuine)).toBe('genuine');
  expect(innerOf(genuine)).toBe(genuine);
});

/** The positions of the bytes of a part in the whole. */
function positionsOf(whole: Uint8Array, part: Uint8Array): readonly number[] {
  for (let start = 0; start + part.length <= whole.length; start++) {
    if (part.every((byte, i) => byte === whole[start + i])) return Array.from(part, (_, i) => start + i);
  }
  throw new Error('the part is not in the whole');
}
