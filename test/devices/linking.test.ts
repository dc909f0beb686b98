/** Linking by QR code: the whole way, and a refusal for everything that can be wrong on it. */
import {
  CONFIRMATION_LIFETIME_MS,
  confirmCompanion,
  createLinkOffer,
  decodeLinkedDevice,
  decodeLinkOffer,
  decodeSignedDeviceIdentity,
  encodeDeviceIdentityContainer,
  encodeLinkedDevice,
  encodeLinkOffer,
  encodeOwnDevices,
  encodeSignedDeviceIdentity,
  LINK_OFFER_LIFETIME_MS,
  MAX_COMPANIONS,
  MAX_LABEL_LENGTH,
  MAX_LIST_AHEAD_MS,
  MAX_QR_LENGTH,
  MAX_REF_LENGTH,
  parseLinkQr,
  removeCompanion,
  renewLinkOffer,
  requireConfirmation,
  signAccount,
  verifyDeviceIdentity,
  verifyKeyIndexList,
  type ClientType,
  type DeviceIdentity,
  type SignedDeviceIdentity,
  type UserConfirmation,
} from 'polyratchet/devices';
import type { ErrorCode } from 'polyratchet/errors';
import { generateIdentity } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { concat, copyBytes } from '../../src/core/bytes.js';
import { reveal } from '../../src/core/secret.js';
import { hmacSha256 } from '../../src/crypto/index.js';
import { expectError } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { lengthField } from '../wire/bytes.js';
import { ACCOUNT, approve, complete, createLaptop, createPhone, LABELS, NOW } from './linkingParties.js';

const phone = createPhone(1);
const laptop = createLaptop(2);
const stranger = generateIdentity(seededRandom(3));
const primaryIdentity = phone.identity.publicKey;
const companionIdentity = laptop.identity.publicKey;
const approved = approve(phone, laptop);
const completed = complete(laptop, approved.container);

describe('the whole way', () => {
  test('ends with a companion that everybody can verify', () => {
    const { device, reply } = completed;
    expect(device).toMatchObject({
      address: 'alice:1@example.org',
      keyIndex: 1,
      primaryIdentity,
      linkedAt: approved.devices.timestamp,
    });
    const devices = confirmCompanion({
      devices: approved.devices,
      keyIndex: 1,
      device: 1,
      signedIdentity: reply,
    });
    expect(devices.companions).toMatchObject([
      { keyIndex: 1, identity: companionIdentity, name: LABELS.name },
    ]);
    for (const signed of [reply, device.signedIdentity]) {
      expect(verifyDeviceIdentity({ signed, primaryIdentity, companionIdentity }).keyIndex).toBe(1);
    }
    const list = verifyKeyIndexList({ signedList: devices.signedList, primaryIdentity });
    expect(list).toMatchObject({ rawId: device.rawId, currentIndex: 1, validIndexes: [1] });
  });

  test('the reply leaves the primary’s key out, the companion keeps it', () => {
    expect(decodeSignedDeviceIdentity(completed.reply).accountSignatureKey).toBeUndefined();
    const kept = decodeSignedDeviceIdentity(completed.device.signedIdentity);
    expect(kept.accountSignatureKey).toEqual(primaryIdentity);
  });

  test('survives a restart of the companion at every step', () => {
    const offer = decodeLinkOffer(encodeLinkOffer(laptop.offer));
    expect(offer).toEqual(laptop.offer);
    expect(complete({ ...laptop, offer }, approved.container)).toEqual(completed);
    expect(decodeLinkedDevice(encodeLinkedDevice(completed.device))).toEqual(completed.device);
  });

  test('no secret of the offer is in what goes through the server', () => {
    const secret = String.fromCharCode(...reveal(laptop.offer.linkingSecret));
    for (const bytes of [approved.container, approved.devices.signedList, completed.reply]) {
      expect(String.fromCharCode(...bytes)).not.toContain(secret);
    }
    expect(JSON.stringify(laptop.offer)).toContain('[Secret LinkingSecret]');
  });
});

describe('the offer', () => {
  test('keeps its secret under the next ref, as long as it lives', () => {
    const { offer, qr } = renewLinkOffer({
      offer: laptop.offer,
      ref: 'next',
      now: NOW + LINK_OFFER_LIFETIME_MS,
    });
    expect(qr).toBe(laptop.qr.replace('ref', 'next'));
    expect(offer).toEqual({ ...laptop.offer, ref: 'next' });
    expect(complete({ ...laptop, offer }, approved.container)).toEqual(completed);
    for (const now of [NOW + LINK_OFFER_LIFETIME_MS + 1, NOW - 1]) {
      expectError('link-expired', () => renewLinkOffer({ offer: laptop.offer, ref: 'next', now }));
    }
  });

  test.each<[string, object]>([
    ['no ref', { ref: '' }],
    ['a ref with a comma', { ref: 'a,b' }],
    ['a ref with a space', { ref: 'a b' }],
    ['a ref that is no ASCII', { ref: 'é' }],
    ['a ref that is too long', { ref: 'x'.repeat(MAX_REF_LENGTH + 1) }],
    ['a ref that is no text', { ref: 7 }],
    ['a short noise key', { noiseKey: new Uint8Array(31) }],
    ['an unknown client type', { clientType: 'toString' }],
    ['a name that is too long', { name: 'x'.repeat(MAX_LABEL_LENGTH + 1) }],
    ['a name that is no text', { name: undefined }],
    ['a platform with half a character', { platform: '\ud800' }],
    ['no time', { now: Number.NaN }],
    ['no identity', { identity: undefined }],
    ['a random source that fails', { random: () => new Uint8Array(31) }],
  ])('refuses %s', (_, change) => {
    const { identity, random } = laptop;
    const good = { ...LABELS, identity, noiseKey: new Uint8Array(32), ref: 'r', random, now: NOW };
    expectError('invalid-argument', () => createLinkOffer({ ...good, ...change }));
  });

  test('takes the longest ref and name', () => {
    const { identity, random } = laptop;
    const ref = 'x'.repeat(MAX_REF_LENGTH);
    const name = 'x'.repeat(MAX_LABEL_LENGTH);
    const { qr } = createLinkOffer({
      ...LABELS,
      identity,
      name,
      noiseKey: new Uint8Array(32),
      ref,
      random,
      now: NOW,
    });
    expect(parseLinkQr(qr).ref).toBe(ref);
  });
});

describe('the QR code', () => {
  const [ref = '', noise = '', identity = '', secret = '', client = ''] = laptop.qr.split(',');

  test('has five fields and no prefix', () => {
    expect([ref, client]).toEqual(['ref', '3']);
    expect(atob(noise)).toBe(String.fromCharCode(...laptop.offer.noiseKey));
    expect(atob(identity)).toBe(String.fromCharCode(...companionIdentity));
    expect(atob(secret)).toBe(String.fromCharCode(...reveal(laptop.offer.linkingSecret)));
  });

  test('is read with a known prefix, and without the last field', () => {
    const request = parseLinkQr(laptop.qr);
    const { noiseKey, linkingSecret } = laptop.offer;
    expect(request).toEqual({ ref, noiseKey, companionIdentity, linkingSecret, clientType: 'firefox' });
    expect(reveal(request.linkingSecret)).toEqual(reveal(linkingSecret));
    expect(parseLinkQr(`https://wa.me/settings/linked_devices#${laptop.qr}`)).toEqual(request);
    const { clientType: _left, ...four } = request;
    expect(parseLinkQr([ref, noise, identity, secret].join())).toEqual(four);
  });

  test('names every client type by its character', () => {
    const types: Record<string, ClientType> = {
      1: 'chrome',
      2: 'edge',
      3: 'firefox',
      4: 'internet-explorer',
      5: 'opera',
      6: 'safari',
      7: 'electron',
      8: 'uwp',
      9: 'other-web',
      c: 'macos',
      d: 'android-tablet',
      e: 'android-phone',
      f: 'ambiguous',
    };
    for (const [character, clientType] of Object.entries(types)) {
      const { random } = laptop;
      const offer = {
        ...LABELS,
        clientType,
        identity: laptop.identity,
        noiseKey: new Uint8Array(32),
        ref,
        random,
        now: NOW,
      };
      const made = createLinkOffer(offer);
      expect(made.qr.endsWith(`,${character}`)).toBe(true);
      expect(parseLinkQr(made.qr).clientType).toBe(clientType);
      expect(decodeLinkOffer(encodeLinkOffer(made.offer)).clientType).toBe(clientType);
    }
  });

  const unpadded = secret.slice(0, -1);
  test.each([
    ['an empty text', ''],
    ['three fields', [ref, noise, identity].join()],
    ['six fields', [laptop.qr, 'x'].join()],
    ['an unknown prefix', `https://example.org/#${laptop.qr}`.replace('ref', 'r f')],
    ['an empty ref', ['', noise, identity, secret, client].join()],
    ['a noise key of 31 bytes', [ref, btoa('x'.repeat(31)), identity, secret, client].join()],
    ['an identity of 33 bytes', [ref, noise, btoa('x'.repeat(33)), secret, client].join()],
    ['a secret without padding', [ref, noise, identity, unpadded, client].join()],
    ['a secret with a line break', [ref, noise, identity, `${unpadded}\n`, client].join()],
    [
      'a secret with spare bits',
      [ref, noise, identity, `${secret.slice(0, 42)}${nextOf(secret.charAt(42))}=`, client].join(),
    ],
    ['base64url', [ref, noise, identity, `-${secret.slice(1)}`, client].join()],
    ['an unknown client type', [ref, noise, identity, secret, '0'].join()],
    ['an empty client type', [ref, noise, identity, secret, ''].join()],
  ])('refuses %s', (_, qr) => {
    expect(expectError('malformed', () => parseLinkQr(qr)).data.what).toBe('QR code');
  });

  test('refuses a low-order identity, too long a text, and no text', () => {
    const zeros = btoa('\0'.repeat(32));
    expectError('invalid-key', () => parseLinkQr([ref, noise, zeros, secret].join()));
    expectError('too-large', () => parseLinkQr('x'.repeat(MAX_QR_LENGTH + 1)));
    expectError('malformed', () => parseLinkQr('x'.repeat(MAX_QR_LENGTH)));
    expectError('invalid-argument', () => parseLinkQr(undefined as never));
  });
});

describe('the approval', () => {
  test.each(['biometric', 'pin', 'not-enrolled'] as const)('takes a confirmation by %s', (method) => {
    const at = NOW - CONFIRMATION_LIFETIME_MS;
    expect(approve(phone, laptop, { userConfirmed: { method, at } }).container).toEqual(approved.container);
  });

  test.each([
    ['missing', undefined],
    ['missing', { method: 'none', at: NOW }],
    ['stale', { method: 'pin', at: NOW - CONFIRMATION_LIFETIME_MS - 1 }],
    ['from-future', { method: 'pin', at: NOW + 1 }],
  ])('refuses a confirmation that is %s: %j', (why, userConfirmed) => {
    const before = encodeOwnDevices(phone.devices);
    const run = (): unknown => approve(phone, laptop, { userConfirmed: userConfirmed as never });
    expect(expectError('not-confirmed', run).data).toEqual({ account: ACCOUNT, why });
    expect(encodeOwnDevices(phone.devices)).toEqual(before);
  });

  test.each<[string | undefined, unknown]>([
    [undefined, { method: 'biometric', at: NOW }],
    [undefined, { method: 'not-enrolled', at: NOW - CONFIRMATION_LIFETIME_MS }],
    ['stale', { method: 'pin', at: NOW - CONFIRMATION_LIFETIME_MS - 1 }],
    ['from-future', { method: 'pin', at: NOW + 1 }],
    ['missing', { method: 'pins', at: NOW }],
    ['missing', undefined],
  ])('can ask for the confirmation alone: %s for %j', (why, confirmed) => {
    const userConfirmed = confirmed as UserConfirmation | undefined;
    const run = (): void => {
      requireConfirmation({ account: ACCOUNT, userConfirmed, now: NOW });
    };
    if (why === undefined) expect(run).not.toThrow();
    else expect(expectError('not-confirmed', run).data).toEqual({ account: ACCOUNT, why });
  });

  test.each([{ method: 'pin', at: Number.NaN }, null, 7])(
    'refuses %j as no confirmation at all',
    (strange) => {
      const userConfirmed = strange as unknown as UserConfirmation;
      expectError('invalid-argument', () => {
        requireConfirmation({ account: ACCOUNT, userConfirmed, now: NOW });
      });
    },
  );

  test('refuses a QR code that was used, and the fifth companion', () => {
    let { devices } = phone;
    const laptops = Array.from({ length: MAX_COMPANIONS + 1 }, (_, i) => createLaptop(20 + i));
    for (const one of laptops.slice(0, MAX_COMPANIONS)) devices = approve({ ...phone, devices }, one).devices;
    const before = encodeOwnDevices(devices);
    const again = (): unknown => approve({ ...phone, devices }, laptops[0]!);
    expect(expectError('link-expired', again).data).toEqual({ account: ACCOUNT, why: 'used' });
    const fifth = (): unknown => approve({ ...phone, devices }, laptops[MAX_COMPANIONS]!);
    expect(expectError('companion-limit', fifth).data).toEqual({ account: ACCOUNT, why: 'full' });
    expect(encodeOwnDevices(devices)).toEqual(before);
    const freed = removeCompanion({ ...phone, devices, keyIndex: 2, now: NOW, serverTime: NOW }).devices;
    expect(approve({ ...phone, devices: freed }, laptops[MAX_COMPANIONS]!).companion.keyIndex).toBe(5);
  });

  test('refuses its own QR code, another identity than the list’s, and what is no request', () => {
    const own = { ...parseLinkQr(laptop.qr), companionIdentity: primaryIdentity };
    expectError('invalid-key', () => approve(phone, laptop, { request: own }));
    expectError('invalid-argument', () => approve(phone, laptop, { identity: stranger }));
    for (const request of [undefined, {}, { ...own, companionIdentity, linkingSecret: undefined }]) {
      expectError('invalid-argument', () => approve(phone, laptop, { request: request as never }));
    }
  });

  test('refuses to sign while its clock is a day ahead of the server’s', () => {
    const serverTime = NOW - MAX_LIST_AHEAD_MS - 60_000;
    expectError('list-from-future', () => approve(phone, laptop, { serverTime }));
  });
});

describe('the completion', () => {
  const { rawId, timestamp } = approved.devices;
  const details = { rawId, timestamp, keyIndex: 1 };
  const half = signAccount({
    device: details,
    companionIdentity,
    identity: phone.identity,
    random: phone.random,
  });

  test('takes a container that was put together by hand', () => {
    expect(complete(laptop, sealed(half))).toEqual(completed);
  });

  test.each([
    ['a changed MAC', () => flipLast(approved.container)],
    ['another secret', () => sealed(half, { secret: new Uint8Array(32) })],
    ['the hosted prefix', () => sealed(half, { prefix: [6, 5] })],
    ['the hosted kind without its prefix', () => sealed(half, { accountType: 'hosted' })],
    ['the container of another companion', () => approve(phone, createLaptop(31)).container],
  ] as const)('refuses %s before it looks inside', (_, container) => {
    expectError('link-mismatch', () => complete(laptop, container()));
  });

  const forgeries: readonly (readonly [name: string, code: ErrorCode, half: SignedDeviceIdentity])[] = [
    ['no embedded key', 'malformed', omitKey(half)],
    [
      'an embedded key that did not sign',
      'invalid-signature',
      { ...half, accountSignatureKey: stranger.publicKey },
    ],
    ['a signature for another companion', 'invalid-signature', signedFor({ companion: stranger.publicKey })],
    [
      'other details than were signed',
      'invalid-signature',
      { ...half, details: signedFor({ keyIndex: 2 }).details },
    ],
    [
      'the companion’s own key as the primary’s',
      'invalid-key',
      { ...half, accountSignatureKey: companionIdentity },
    ],
    ['a hosted device', 'device-unverified', signedFor({ deviceType: 'hosted' })],
    ['the key index of the primary', 'malformed', signedFor({ keyIndex: 0 })],
  ];
  test.each(forgeries)('refuses %s: %s', (_, code, forged) => {
    expectError(code, () => complete(laptop, sealed(forged)));
  });

  test('takes a hosted account on request only, under the hosted prefix', () => {
    const hosted = signedFor({ deviceType: 'hosted', accountType: 'hosted' });
    const container = sealed(hosted, { accountType: 'hosted', prefix: [6, 5] });
    expect(expectError('device-unverified', () => complete(laptop, container)).data.why).toBe('hosted');
    expect(complete(laptop, container, { hosted: true }).device.keyIndex).toBe(1);
    const outsideOnly = sealed(half, { accountType: 'hosted', prefix: [6, 5] });
    expectError('device-unverified', () => complete(laptop, outsideOnly));
  });

  test('refuses details from the future, and takes them at the bound', () => {
    const at = (time: number): Uint8Array => sealed(signedFor({ timestamp: time }));
    expect(complete(laptop, at(NOW + MAX_LIST_AHEAD_MS)).device.linkedAt).toBe(NOW + MAX_LIST_AHEAD_MS);
    const run = (): unknown => complete(laptop, at(NOW + MAX_LIST_AHEAD_MS + 1_000));
    expect(expectError('link-mismatch', run).data).toEqual({ account: ACCOUNT, why: 'from-future' });
  });

  test('is over when the offer is', () => {
    const last = NOW + LINK_OFFER_LIFETIME_MS;
    expect(complete(laptop, approved.container, { now: last })).toEqual(completed);
    for (const now of [last + 1, NOW - 1]) {
      expectError('link-expired', () => complete(laptop, approved.container, { now }));
    }
  });

  test('refuses the address of a primary, another identity, and a primary that the code exchange has not named', () => {
    const { container } = approved;
    const run = (): unknown => complete(laptop, container, { address: ACCOUNT });
    expect(expectError('link-mismatch', run).data).toEqual({ account: ACCOUNT, why: 'device-number' });
    expectError('invalid-argument', () => complete(laptop, container, { identity: stranger }));
    expectError('invalid-argument', () => complete(laptop, container, { address: 'nobody' }));
    const named = (key: typeof primaryIdentity) => ({ offer: { ...laptop.offer, primaryIdentity: key } });
    expect(complete(laptop, container, named(primaryIdentity))).toEqual(completed);
    const other = expectError('link-mismatch', () => complete(laptop, container, named(stranger.publicKey)));
    expect(other.data).toEqual({ account: ACCOUNT, why: 'other-primary' });
  });

  test('its reply is worth nothing for another key index, device or account', () => {
    const { devices } = approve({ ...phone, devices: approved.devices }, createLaptop(32));
    const { reply: signedIdentity } = completed;
    expectError('invalid-signature', () =>
      confirmCompanion({ devices, keyIndex: 2, device: 2, signedIdentity }),
    );
    expectError('invalid-argument', () =>
      confirmCompanion({ devices, keyIndex: 3, device: 3, signedIdentity }),
    );
    const half = encodeSignedDeviceIdentity(omitDeviceSignature(decodeSignedDeviceIdentity(signedIdentity)));
    expectError('device-unverified', () =>
      confirmCompanion({ devices, keyIndex: 1, device: 1, signedIdentity: half }),
    );
    const bob = createPhone(4);
    const others = approve(bob, laptop).devices;
    expectError('invalid-signature', () =>
      confirmCompanion({ devices: others, keyIndex: 1, device: 1, signedIdentity }),
    );
  });

  interface Signed extends Partial<DeviceIdentity> {
    readonly companion?: typeof companionIdentity;
  }

  function signedFor({ companion = companionIdentity, ...change }: Signed): SignedDeviceIdentity {
    const { identity, random } = phone;
    return signAccount({ device: { ...details, ...change }, companionIdentity: companion, identity, random });
  }
});

describe('records', () => {
  test('refuse what is cut, unknown or not a companion’s', () => {
    const offer = encodeLinkOffer(laptop.offer);
    const device = encodeLinkedDevice(completed.device);
    for (const [decode, record] of [
      [decodeLinkOffer, offer],
      [decodeLinkedDevice, device],
    ] as const) {
      expectError('malformed', () => decode(record.subarray(0, -1)));
      expectError('malformed', () => decode(new Uint8Array(0)));
      expectError('malformed', () => decode(concat(record, Uint8Array.from(lengthField(15, 'x')))));
      expectError('newer-format', () => decode(concat(Uint8Array.of(2), record.subarray(1))));
    }
    for (const address of [ACCOUNT, 'nobody']) {
      expectError('malformed', () =>
        decodeLinkedDevice(encodeLinkedDevice({ ...completed.device, address })),
      );
    }
  });
});

interface Sealing {
  readonly secret?: Uint8Array;
  readonly prefix?: readonly number[];
  readonly accountType?: 'hosted';
}

/** A container put together by hand. */
function sealed(half: SignedDeviceIdentity, { secret, prefix = [], accountType }: Sealing = {}): Uint8Array {
  const details = encodeSignedDeviceIdentity(half);
  const key = secret ?? reveal(laptop.offer.linkingSecret);
  const mac = hmacSha256(key, concat(Uint8Array.from(prefix), details));
  return encodeDeviceIdentityContainer({
    details,
    mac,
    ...(accountType === undefined ? {} : { accountType }),
  });
}

function omitKey({ accountSignatureKey: _left, ...rest }: SignedDeviceIdentity): SignedDeviceIdentity {
  return rest;
}

function omitDeviceSignature({
  deviceSignature: _left,
  ...rest
}: SignedDeviceIdentity): SignedDeviceIdentity {
  return rest;
}

/** The last byte of a container is one of its MAC. */
function flipLast(bytes: Uint8Array): Uint8Array {
  const changed = copyBytes(bytes);
  changed[changed.length - 1]! ^= 1;
  return changed;
}

/** A base64 character whose lowest bits differ: those that 32 bytes leave unused. */
function nextOf(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet.charAt(alphabet.indexOf(character) ^ 1);
}
