/** Linking by code: one exchange, and what must stop it. Each stretched code takes its time, so tests share them. */
import {
  acceptCodeLink,
  answerCodeLink,
  CODE_LINK_LIFETIME_MS,
  confirmCompanion,
  decodeCompanionCodeLink,
  decodeLinkOffer,
  decodePrimaryCodeLink,
  encodeCompanionCodeLink,
  encodeLinkOffer,
  encodePrimaryCodeLink,
  finishCodeLink,
  formatLinkingCode,
  LINK_BUNDLE_LENGTH,
  offerCodeLink,
  parseLinkingCode,
  startCodeLink,
  WRAPPED_EPHEMERAL_LENGTH,
  type CompanionFinish,
  type PrimaryHello,
} from 'polyratchet/devices';
import type { ErrorCode } from 'polyratchet/errors';
import { generateIdentity } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { reveal } from '../../src/core/secret.js';
import { generateLinkingCode } from '../../src/devices/linking/code.js';
import { expectError } from '../support/errors.js';
import { LOW_ORDER } from '../support/points.js';
import { seededRandom } from '../support/random.js';
import { flipped } from '../identity/device.js';
import { approve, complete, createLaptop, createPhone, LABELS, NOW } from './linkingParties.js';

const phone = createPhone(41);
const laptop = createLaptop(42);
const stranger = generateIdentity(seededRandom(43)).publicKey;
const { identity, random } = laptop;

const started = startCodeLink({
  ...LABELS,
  noiseKey: new Uint8Array(32),
  code: 'abcd-1234',
  random,
  now: NOW,
});
const offered = offerCodeLink({ link: started.link, ref: 'ref' });
const answered = answerCodeLink({
  ...phone,
  code: 'ABCD1234',
  hello: { ...started.hello, ref: 'ref' },
  now: NOW,
});
const finished = finishCodeLink({ link: offered, identity, hello: answered.hello, random, now: NOW });
const { finish, offer } = finished;
const accepted = acceptCodeLink({ link: answered.link, identity: phone.identity, finish, now: NOW });

describe('the whole way', () => {
  test('both sides end with the same secret, and know each other’s identity', () => {
    const { request } = accepted;
    expect(reveal(request.linkingSecret)).toEqual(reveal(offer.linkingSecret));
    expect(request.companionIdentity).toEqual(identity.publicKey);
    expect(offer.primaryIdentity).toEqual(phone.identity.publicKey);
    expect(offer).toMatchObject({ ...LABELS, ref: 'ref', createdAt: NOW });
  });

  test('goes on as after a QR code', () => {
    const approved = approve(phone, laptop, { request: accepted.request });
    const { device, reply } = complete({ ...laptop, offer }, approved.container);
    const { devices } = approved;
    expect(device.keyIndex).toBe(1);
    expect(
      confirmCompanion({ devices, keyIndex: 1, device: 1, signedIdentity: reply }).companions,
    ).toHaveLength(1);
    const other = approve(createPhone(44), laptop, { request: accepted.request });
    const run = (): unknown => complete({ ...laptop, offer }, other.container);
    expect(expectError('link-mismatch', run).data.why).toBe('other-primary');
  });

  test('its messages have WhatsApp’s lengths', () => {
    expect(started.code).toBe('ABCD-1234');
    expect([WRAPPED_EPHEMERAL_LENGTH, LINK_BUNDLE_LENGTH]).toEqual([80, 156]);
    expect(started.hello.wrappedEphemeral).toHaveLength(80);
    expect(answered.hello.wrappedEphemeral).toHaveLength(80);
    expect(answered.hello.wrappedEphemeral.subarray(0, 48)).not.toEqual(
      started.hello.wrappedEphemeral.subarray(0, 48),
    );
    expect(finish.bundle).toHaveLength(156);
  });

  test('survives a restart of either side at every step', () => {
    for (const link of [started.link, offered, finished.link]) {
      expect(decodeCompanionCodeLink(encodeCompanionCodeLink(link))).toEqual(link);
    }
    for (const link of [answered.link, accepted.link]) {
      expect(decodePrimaryCodeLink(encodePrimaryCodeLink(link))).toEqual(link);
    }
    expect(decodeLinkOffer(encodeLinkOffer(offer))).toEqual(offer);
    const link = decodePrimaryCodeLink(encodePrimaryCodeLink(answered.link));
    const again = acceptCodeLink({ link, identity: phone.identity, finish, now: NOW });
    expect(reveal(again.request.linkingSecret)).toEqual(reveal(accepted.request.linkingSecret));
  });

  test('shows no secret, and sends none', () => {
    expect(JSON.stringify([started.link, answered.link])).not.toContain('ABCD1234');
    const sent = concat(started.hello.wrappedEphemeral, answered.hello.wrappedEphemeral, finish.bundle);
    const text = String.fromCharCode(...sent);
    for (const secret of ['ABCD1234', String.fromCharCode(...reveal(offer.linkingSecret))]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('the companion', () => {
  const answer = (hello: unknown, change: object = {}): unknown =>
    finishCodeLink({ link: offered, identity, hello: hello as PrimaryHello, random, now: NOW, ...change });

  test('takes one ref, and an answer to it alone', () => {
    expect(offerCodeLink({ link: offered, ref: 'ref' })).toEqual(offered);
    expectError('link-mismatch', () => offerCodeLink({ link: offered, ref: 'other' }));
    expectError('link-mismatch', () => answer({ ...answered.hello, ref: 'other' }));
    expectError('link-mismatch', () => answer(answered.hello, { link: started.link }));
    expectError('invalid-argument', () => offerCodeLink({ link: started.link, ref: '' }));
  });

  test('takes one answer', () => {
    const { link } = finished;
    expect(link).toEqual({ kind: 'used' });
    expect(expectError('link-expired', () => answer(answered.hello, { link })).data.why).toBe('used');
    expectError('link-expired', () => offerCodeLink({ link, ref: 'ref' }));
  });

  test('waits three minutes', () => {
    for (const now of [NOW + CODE_LINK_LIFETIME_MS + 1, NOW - 1]) {
      expect(expectError('link-expired', () => answer(answered.hello, { now })).data.why).toBe('expired');
    }
  });

  test.each<[string, ErrorCode, object]>([
    ['a short wrapped key', 'malformed', { wrappedEphemeral: new Uint8Array(79) }],
    ['a long wrapped key', 'malformed', { wrappedEphemeral: new Uint8Array(81) }],
    ['no wrapped key', 'invalid-argument', { wrappedEphemeral: undefined }],
    ['a low-order identity', 'invalid-key', { primaryIdentity: LOW_ORDER[0] }],
    ['a short identity', 'invalid-key', { primaryIdentity: new Uint8Array(31) }],
    ['no identity', 'invalid-argument', { primaryIdentity: undefined }],
    ['no ref', 'invalid-argument', { ref: undefined }],
  ])('refuses %s: %s', (_, code, change) => {
    expectError(code, () => answer({ ...answered.hello, ...change }));
  });

  test('refuses what is no link or no answer', () => {
    expectError('invalid-argument', () => answer(undefined));
    expectError('invalid-argument', () => answer(answered.hello, { link: undefined }));
    expectError('invalid-argument', () => answer(answered.hello, { identity: undefined }));
  });
});

describe('the primary', () => {
  const take = (change: Partial<CompanionFinish>, others: object = {}): unknown =>
    acceptCodeLink({
      link: answered.link,
      identity: phone.identity,
      finish: { ...finish, ...change },
      now: NOW,
      ...others,
    });

  test.each([0, 31, 32, 43, 44, 139, 140, 155])('refuses a bundle with byte %i changed', (at) => {
    const run = (): unknown => take({ bundle: flipped(finish.bundle, 8 * at) });
    expect(expectError('link-mismatch', run).data).toEqual({ why: 'code' });
  });

  test.each<[string, ErrorCode, object]>([
    ['another ref', 'link-mismatch', { ref: 'other' }],
    ['another companion outside the bundle', 'link-mismatch', { companionIdentity: stranger }],
    ['a low-order companion', 'invalid-key', { companionIdentity: LOW_ORDER[0] }],
    ['a short bundle', 'malformed', { bundle: finish.bundle.subarray(1) }],
    ['a long bundle', 'malformed', { bundle: concat(finish.bundle, Uint8Array.of(0)) }],
    ['no bundle', 'invalid-argument', { bundle: undefined }],
  ])('refuses %s: %s', (_, code, change) => {
    expectError(code, () => take(change));
  });

  test('refuses a bundle for another primary', () => {
    const run = (): unknown => take({}, { identity: createPhone(45).identity });
    expect(expectError('link-mismatch', run).data.why).toBe('identity');
  });

  test('takes one finish, within three minutes', () => {
    const { link } = accepted;
    expect(link).toEqual({ kind: 'used' });
    expect(expectError('link-expired', () => take({}, { link })).data.why).toBe('used');
    expect(take({}, { now: NOW + CODE_LINK_LIFETIME_MS })).toBeDefined();
    for (const now of [NOW + CODE_LINK_LIFETIME_MS + 1, NOW - 1]) {
      expect(expectError('link-expired', () => take({}, { now })).data.why).toBe('expired');
    }
  });

  test.each([
    '',
    'ABCD123',
    'ABCD12345',
    'ABCD-123O',
    'ABCD-1230',
    'ABCI1234',
    'ABCU1234',
    'ABCD_1234',
    12345678,
  ])('refuses the code %j', (code) => {
    const hello = { ...started.hello, ref: 'ref' };
    expectError('invalid-argument', () =>
      answerCodeLink({ ...phone, code: code as string, hello, now: NOW }),
    );
    expectError('invalid-argument', () => parseLinkingCode(code as string));
  });

  test('refuses a hello of another length before it stretches anything', () => {
    for (const length of [0, 79, 81]) {
      const hello = { wrappedEphemeral: new Uint8Array(length), ref: 'ref' };
      expectError('malformed', () => answerCodeLink({ ...phone, code: 'ABCD1234', hello, now: NOW }));
    }
  });
});

describe('codes', () => {
  test('spell forty bits, the most significant first', () => {
    const code = (...bytes: number[]): string => generateLinkingCode(() => Uint8Array.from(bytes));
    expect(code(0, 0, 0, 0, 0)).toBe('11111111');
    expect(code(255, 255, 255, 255, 255)).toBe('ZZZZZZZZ');
    expect(code(0x08, 0x86, 0x42, 0x98, 0xe8)).toBe('23456789');
    expect(code(0x80, 0, 0, 0, 0x01)).toBe('H1111112');
  });

  test('are shown in two groups, and read as people type', () => {
    expect(formatLinkingCode('abcd1234')).toBe('ABCD-1234');
    expect(parseLinkingCode(' ab cd-12-34')).toBe('ABCD1234');
    expectError('invalid-argument', () => formatLinkingCode('ABCD'));
  });

  test('are of the alphabet where the application chooses them', () => {
    const options = { ...LABELS, noiseKey: new Uint8Array(32), random, now: NOW };
    for (const code of ['ABCD', 'OOOOOOOO', 'ÄÖÜÄÖÜÄÖ']) {
      expectError('invalid-argument', () => startCodeLink({ ...options, code }));
    }
    expectError('invalid-argument', () => startCodeLink({ ...options, noiseKey: new Uint8Array(33) }));
  });
});

describe('records', () => {
  test('refuse what is cut or unknown', () => {
    for (const [decode, record] of [
      [decodeCompanionCodeLink, encodeCompanionCodeLink(offered)],
      [decodePrimaryCodeLink, encodePrimaryCodeLink(answered.link)],
    ] as const) {
      expectError('malformed', () => decode(record.subarray(0, -1)));
      expectError('malformed', () => decode(concat(record, Uint8Array.of(0x10, 1))));
      expectError('newer-format', () => decode(concat(Uint8Array.of(2), record.subarray(1))));
    }
  });
});
