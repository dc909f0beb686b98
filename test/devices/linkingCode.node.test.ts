/** Wrong codes and bad ephemeral keys: each costs a stretched code, so they run on the fast backend alone. */
import {
  acceptCodeLink,
  answerCodeLink,
  finishCodeLink,
  offerCodeLink,
  startCodeLink,
} from 'polyratchet/devices';
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { Secret } from '../../src/core/secret.js';
import type { PublicKey } from '../../src/crypto/index.js';
import { wrapEphemeral } from '../../src/devices/linking/wrapping.js';
import { expectError } from '../support/errors.js';
import { LOW_ORDER, withHighBit } from '../support/points.js';
import { seededRandom } from '../support/random.js';
import { createLaptop, createPhone, LABELS, NOW } from './linkingParties.js';

const phone = createPhone(51);
const { identity, random } = createLaptop(52);
const CODE = 'ABCD1234';
const secret = new Secret('LinkingCode', new TextEncoder().encode(CODE));
const started = startCodeLink({ ...LABELS, noiseKey: new Uint8Array(32), code: CODE, random, now: NOW });
const offered = offerCodeLink({ link: started.link, ref: 'ref' });
const hello = { ...started.hello, ref: 'ref' };

describe('a wrong code', () => {
  test.each(['ABCD1235', 'ZZZZZZZZ'])('%s looks like a right one until the bundle comes', (code) => {
    const answered = answerCodeLink({ ...phone, code, hello, now: NOW });
    const { finish } = finishCodeLink({ link: offered, identity, hello: answered.hello, random, now: NOW });
    const run = (): unknown =>
      acceptCodeLink({ link: answered.link, identity: phone.identity, finish, now: NOW });
    expect(expectError('link-mismatch', run).data).toEqual({ why: 'code' });
  });
});

describe('an ephemeral key', () => {
  const wrapped = (key: Uint8Array): Uint8Array => wrapEphemeral(secret, key as PublicKey, random);
  const primary = (wrappedEphemeral: Uint8Array): unknown =>
    answerCodeLink({ ...phone, code: CODE, hello: { wrappedEphemeral, ref: 'ref' }, now: NOW });
  const companion = (wrappedEphemeral: Uint8Array): unknown => {
    const primaryIdentity = phone.identity.publicKey;
    const answer = { wrappedEphemeral, primaryIdentity, ref: 'ref' };
    return finishCodeLink({ link: offered, identity, hello: answer, random, now: NOW });
  };

  test('of low order is refused by both sides, with the highest bit too', () => {
    const bytes = wrapped(LOW_ORDER[2]!);
    expect(expectError('invalid-key', () => primary(bytes)).data.why).toBe('low-order');
    expect(expectError('invalid-key', () => companion(bytes)).data.why).toBe('low-order');
    const withBit = wrapped(withHighBit(LOW_ORDER[1]!));
    expect(expectError('invalid-key', () => primary(withBit)).data.why).toBe('low-order');
  });

  test('is taken with the highest bit set, which X25519 ignores', () => {
    const { publicKey } = createLaptop(53).identity;
    expect(primary(wrapped(withHighBit(publicKey)))).toBeDefined();
  });

  test('of the companion’s own is refused when it comes back', () => {
    const reflected = expectError('invalid-key', () => companion(started.hello.wrappedEphemeral));
    expect(reflected.data.why).toBe('own-key');
  });
});

test('codes are random where none is given, and shown once', () => {
  const draw = seededRandom(54);
  const codes = [1, 2].map(() =>
    startCodeLink({ ...LABELS, noiseKey: new Uint8Array(32), random: draw, now: NOW }),
  );
  expect(codes[0]?.code).toMatch(/^[1-9A-HJ-NP-TV-Z]{4}-[1-9A-HJ-NP-TV-Z]{4}$/);
  expect(codes[0]?.code).not.toBe(codes[1]?.code);
  const [a, b] = codes.map((one) => one.hello.wrappedEphemeral.subarray(0, 48));
  expect(concat(a!)).not.toEqual(concat(b!));
});
