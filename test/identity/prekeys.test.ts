import {
  generateIdentity,
  generateOneTimePreKeys,
  generateSignedPreKey,
  importIdentity,
  MAX_ONE_TIME_PREKEYS,
  MAX_PREKEY_ID,
  nextPreKeyId,
  verify,
} from 'polyratchet/identity';
import { describe, expect, inject, test } from 'vitest';
import { toHex } from '../../src/core/bytes.js';
import { encodePublicKey } from '../../src/wire/index.js';
import { notUint32 } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';

const identity = generateIdentity(seededRandom(1));
const random = seededRandom(2);

describe('the next prekey id', () => {
  test('counts up, from 1 to 2^24 - 1, and from there to 1: never 0', () => {
    expect([0, 1, 2, MAX_PREKEY_ID - 1, MAX_PREKEY_ID].map(nextPreKeyId)).toEqual([1, 2, 3, 2 ** 24 - 1, 1]);
  });

  test.each([...notUint32, ['2^24', 2 ** 24] as const])('of %s does not exist', (_, value) => {
    expectError('invalid-argument', () => nextPreKeyId(value as number));
  });
});

describe('a signed prekey', () => {
  test('is signed over the 33-byte form of its public key, by either kind of identity', () => {
    for (const signer of [identity, importIdentity(seededRandom(3)(32))]) {
      const { publicKey, signature } = generateSignedPreKey({ identity: signer, id: 1, random, now: 0 });
      expect(verify({ publicKey: signer.publicKey, message: encodePublicKey(publicKey), signature })).toBe(
        true,
      );
      expect(verify({ publicKey: signer.publicKey, message: publicKey, signature })).toBe(false);
    }
  });

  test('has the id and time it was given, at both ends of their ranges', () => {
    for (const [id, now] of [
      [1, 0],
      [MAX_PREKEY_ID, Number.MAX_SAFE_INTEGER],
    ] as const) {
      expect(generateSignedPreKey({ identity, id, random, now })).toMatchObject({ id, createdAt: now });
    }
  });

  test.each([...notUint32, ['zero', 0] as const, ['2^24', 2 ** 24] as const])(
    'has no id that is %s',
    (_, id) => {
      const run = (): unknown => generateSignedPreKey({ identity, id: id as number, random, now: 0 });
      expect(expectError('invalid-argument', run).data.name).toBe('id');
    },
  );

  test.each([Number.NaN, -1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY, undefined, '0', new Date(0)])(
    'is not made at the time %s',
    (now) => {
      const run = (): unknown => generateSignedPreKey({ identity, id: 1, random, now: now as number });
      expect(expectError('invalid-argument', run).data.name).toBe('now');
    },
  );

  test('is another one each time', () => {
    const made = [1, 2].map((id) => generateSignedPreKey({ identity, id, random, now: 0 }));
    expect(toHex(made[0]!.publicKey)).not.toBe(toHex(made[1]!.publicKey));
  });
});

describe('one-time prekeys', () => {
  test('have the ids after the last one, in order, and keys of their own', () => {
    const { oneTimePreKeys, lastId } = generateOneTimePreKeys({ lastId: 41, count: 3, random });
    expect(idsOf(oneTimePreKeys)).toEqual([42, 43, 44]);
    expect(lastId).toBe(44);
    expect(new Set(oneTimePreKeys.map(({ publicKey }) => toHex(publicKey))).size).toBe(3);
  });

  test('start again from 1 after the last id, and skip those that still exist', () => {
    const inUse = [MAX_PREKEY_ID - 1, 1, 3, 3];
    const made = generateOneTimePreKeys({ lastId: MAX_PREKEY_ID - 2, count: 4, inUse, random });
    expect(idsOf(made.oneTimePreKeys)).toEqual([MAX_PREKEY_ID, 2, 4, 5]);
    expect(made.lastId).toBe(5);
  });

  test('go on from where they ended, in any number of calls', () => {
    let lastId = MAX_PREKEY_ID - 3;
    const ids: number[] = [];
    for (let call = 0; call < 4; call++) {
      const made = generateOneTimePreKeys({ lastId, count: 2, inUse: ids, random });
      ids.push(...idsOf(made.oneTimePreKeys));
      lastId = made.lastId;
    }
    const high = [MAX_PREKEY_ID - 2, MAX_PREKEY_ID - 1, MAX_PREKEY_ID];
    expect(ids).toEqual([...high, 1, 2, 3, 4, 5]);
  });

  test('take the ids in use from any iterable', () => {
    const keys = new Map([
      [1, 'a'],
      [2, 'b'],
    ]).keys();
    expect(
      idsOf(generateOneTimePreKeys({ lastId: 0, count: 1, inUse: keys, random }).oneTimePreKeys),
    ).toEqual([3]);
  });

  test.each([['nothing to iterate over', 5] as const, ['null', null] as const])(
    'are not made with %s in use',
    (_, inUse) => {
      const options = { lastId: 0, count: 1, inUse: inUse as unknown as number[], random };
      expect(expectError('invalid-argument', () => generateOneTimePreKeys(options)).data.name).toBe('inUse');
    },
  );

  test.runIf(inject('backend') === 'node')('are not made with ids in use that never end', () => {
    function* ones(most: number): Generator<number> {
      for (let i = 0; i < most; i++) yield 1;
    }
    const make = (most: number) =>
      generateOneTimePreKeys({ lastId: 0, count: 1, inUse: ones(most), random }).lastId;
    expect(make(MAX_PREKEY_ID)).toBe(2);
    expect(expectError('too-large', () => make(Infinity)).data).toEqual({
      what: 'inUse',
      limit: MAX_PREKEY_ID,
      got: MAX_PREKEY_ID + 1,
    });
  });

  test.each([...notUint32, ['zero', 0] as const, ['10001', MAX_ONE_TIME_PREKEYS + 1] as const])(
    'are not made %s at a time',
    (_, count) => {
      const run = (): unknown => generateOneTimePreKeys({ lastId: 0, count: count as number, random });
      expect(expectError('invalid-argument', run).data.name).toBe('count');
    },
  );

  test.each([...notUint32, ['2^24', 2 ** 24] as const])('do not follow the id %s', (_, lastId) => {
    const run = (): unknown => generateOneTimePreKeys({ lastId: lastId as number, count: 1, random });
    expect(expectError('invalid-argument', run).data.name).toBe('lastId');
  });

  test.runIf(inject('backend') === 'node')('are made up to 10,000 at a time', () => {
    const { oneTimePreKeys } = generateOneTimePreKeys({ lastId: 0, count: MAX_ONE_TIME_PREKEYS, random });
    expect(oneTimePreKeys).toHaveLength(10_000);
  });
});

function idsOf(preKeys: readonly { readonly id: number }[]): number[] {
  return preKeys.map(({ id }) => id);
}
