/** Who vouches for whom: every signature under its own prefix, by the known key, over the bytes as they came. */
import {
  decodeSignedDeviceIdentity,
  decodeSignedKeyIndexList,
  encodeDeviceIdentity,
  encodeKeyIndexList,
  encodeSignedDeviceIdentity,
  encodeSignedKeyIndexList,
  signAccount,
  signDevice,
  signKeyIndexList,
  verifyAccount,
  verifyDeviceIdentity,
  verifyKeyIndexList,
  type AccountType,
  type SignedDeviceIdentity,
} from 'polyratchet/devices';
import { generateIdentity, importIdentity, sign, type Identity } from 'polyratchet/identity';
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { expectError } from '../support/errors.js';
import { LOW_ORDER } from '../support/points.js';
import { seededRandom } from '../support/random.js';
import { lengthField } from '../wire/bytes.js';

const random = seededRandom(2);
const primary = generateIdentity(random);
const companion = generateIdentity(random);
const stranger = generateIdentity(random);
const primaryIdentity = primary.publicKey;
const companionIdentity = companion.publicKey;
const known = { primaryIdentity, companionIdentity };

const device = { rawId: 4711, timestamp: 1_750_000_000_000, keyIndex: 3 };
const details = encodeDeviceIdentity(device);
const half = signAccount({ device, companionIdentity, identity: primary, random });
const whole = signDevice({ signed: half, identity: companion, primaryIdentity, random });

const list = { rawId: 4711, timestamp: 1_750_000_000_000, currentIndex: 3, validIndexes: [1, 3] };
const signedList = signKeyIndexList({ list, identity: primary, random });

describe('a device identity', () => {
  const verify = (change: Partial<SignedDeviceIdentity> = {}, keys = known): unknown =>
    verifyDeviceIdentity({ signed: encodeSignedDeviceIdentity({ ...whole, ...change }), ...keys });

  test('verifies under both identities, with the embedded key or without it', () => {
    expect(verify()).toEqual(device);
    const { accountSignatureKey: _left, ...without } = whole;
    expect(verifyDeviceIdentity({ signed: encodeSignedDeviceIdentity(without), ...known })).toEqual(device);
    expect(verifyAccount({ signed: half, ...known })).toEqual(device);
  });

  test('is signed over exactly these bytes', () => {
    const account = concat(Uint8Array.of(6, 0), details, companionIdentity);
    const both = concat(Uint8Array.of(6, 1), details, companionIdentity, primaryIdentity);
    expect(whole).toEqual({
      details,
      accountSignatureKey: primaryIdentity,
      accountSignature: sign({ identity: primary, message: account, random }),
      deviceSignature: sign({ identity: companion, message: both, random }),
    });
  });

  test('is signed by imported identities too', () => {
    const [imported, laptop] = [importIdentity(random(32)), importIdentity(random(32))];
    const keys = { primaryIdentity: imported.publicKey, companionIdentity: laptop.publicKey };
    const signed = signAccount({ device, companionIdentity: laptop.publicKey, identity: imported, random });
    const both = signDevice({ signed, identity: laptop, primaryIdentity: imported.publicKey, random });
    expect(verifyDeviceIdentity({ signed: encodeSignedDeviceIdentity(both), ...keys })).toEqual(device);
  });

  test('keeps fields that a newer primary has signed: the bytes count, not what we would write', () => {
    const newer = concat(details, Uint8Array.from(lengthField(9, 'new')));
    expect(verifyDeviceIdentity({ signed: signedBy({ details: newer }), ...known })).toEqual(device);
    const { details: kept } = decodeSignedDeviceIdentity(signedBy({ details: newer }));
    expect(kept).toEqual(newer);
  });

  test.each([
    ['account', [6, 1], [6, 1]],
    ['account', [6, 2], [6, 1]],
    ['account', [6, 5], [6, 1]],
    ['account', [5, 0], [6, 1]],
    ['device', [6, 0], [6, 0]],
    ['device', [6, 0], [6, 2]],
    ['device', [6, 0], [6, 6]],
  ] as const)('%s signature refused under the prefixes %j and %j', (which, account, both) => {
    const signed = signedBy({ prefixes: [account, both] });
    const { data } = expectError('invalid-signature', () => verifyDeviceIdentity({ signed, ...known }));
    expect(data).toEqual({
      what: `${which} signature`,
      signer: which === 'account' ? primaryIdentity : companionIdentity,
    });
  });

  test('is refused with a signature by another key, over other details, or for another device', () => {
    const changed = encodeDeviceIdentity({ ...device, keyIndex: 4 });
    expectError('invalid-signature', () => verify({ details: changed }));
    expectError('invalid-signature', () => verify({ accountSignature: whole.deviceSignature! }));
    expectError('invalid-signature', () => verify({ deviceSignature: whole.accountSignature }));
    expectError('invalid-signature', () => verifyWith({ account: stranger }));
    expectError('invalid-signature', () => verifyWith({ device: stranger }));
    expectError('invalid-signature', () => verify({}, { ...known, companionIdentity: stranger.publicKey }));
    expectError('invalid-signature', () =>
      verifyAccount({ signed: half, ...known, companionIdentity: stranger.publicKey }),
    );
  });

  test('is refused with a device signature for another primary', () => {
    const again = signAccount({ device, companionIdentity, identity: stranger, random });
    const signed = encodeSignedDeviceIdentity({ ...again, deviceSignature: whole.deviceSignature! });
    const keys = { primaryIdentity: stranger.publicKey, companionIdentity };
    expect(expectError('invalid-signature', () => verifyDeviceIdentity({ signed, ...keys })).data.what).toBe(
      'device signature',
    );
  });

  test('is refused without the device signature', () => {
    const signed = encodeSignedDeviceIdentity(half);
    expect(expectError('device-unverified', () => verifyDeviceIdentity({ signed, ...known })).data).toEqual({
      why: 'unsigned',
    });
  });

  test('is refused if it embeds another key than the known one, even where all signatures are that key’s', () => {
    const foreign = signDevice({
      signed: signAccount({ device, companionIdentity, identity: stranger, random }),
      identity: companion,
      primaryIdentity: stranger.publicKey,
      random,
    });
    const signed = encodeSignedDeviceIdentity(foreign);
    expect(expectError('device-unverified', () => verifyDeviceIdentity({ signed, ...known })).data).toEqual({
      why: 'other-primary',
    });
  });

  test('is refused between a key and itself', () => {
    const own = { primaryIdentity, companionIdentity: primaryIdentity };
    const signed = encodeSignedDeviceIdentity(whole);
    const refusals = [
      () => verifyDeviceIdentity({ signed, ...own }),
      () => verifyAccount({ signed: half, ...own }),
      () => signAccount({ device, companionIdentity: primaryIdentity, identity: primary, random }),
      () => signDevice({ signed: half, identity: primary, primaryIdentity, random }),
    ];
    for (const run of refusals) expect(expectError('invalid-key', run).data.why).toBe('own-key');
  });

  test('is refused under keys that nobody may use', () => {
    const signed = encodeSignedDeviceIdentity(whole);
    for (const bad of [LOW_ORDER[0]!, LOW_ORDER[4]!, new Uint8Array(31)]) {
      expectError('invalid-key', () => verifyDeviceIdentity({ signed, ...known, primaryIdentity: bad }));
      expectError('invalid-key', () => verifyDeviceIdentity({ signed, ...known, companionIdentity: bad }));
    }
    expectError('invalid-argument', () => verifyDeviceIdentity(undefined as never));
  });

  function verifyWith(signers: { readonly account?: Identity; readonly device?: Identity }): unknown {
    return verifyDeviceIdentity({ signed: signedBy(signers), ...known });
  }
});

describe('a hosted device', () => {
  const hostedDevice = { ...device, deviceType: 'hosted' } as const;
  const hostedDetails = encodeDeviceIdentity(hostedDevice);

  test('is signed under prefixes of its own, and taken only on request', () => {
    const signed = signedBy({
      details: hostedDetails,
      prefixes: [
        [6, 5],
        [6, 6],
      ],
    });
    expect(expectError('device-unverified', () => verifyDeviceIdentity({ signed, ...known })).data.why).toBe(
      'hosted',
    );
    expectError('device-unverified', () => verifyDeviceIdentity({ signed, ...known, hosted: false }));
    expect(verifyDeviceIdentity({ signed, ...known, hosted: true })).toEqual(hostedDevice);
    const ours = signDevice({
      signed: signAccount({ device: hostedDevice, companionIdentity, identity: primary, random }),
      identity: companion,
      primaryIdentity,
      random,
    });
    const { accountSignatureKey: _left, ...withoutKey } = ours;
    expect(encodeSignedDeviceIdentity(withoutKey)).toEqual(signed);
  });

  test.each([
    [
      [6, 0],
      [6, 6],
    ],
    [
      [6, 5],
      [6, 1],
    ],
    [
      [6, 0],
      [6, 1],
    ],
  ] as const)('is refused under the prefixes %j and %j, on request too', (account, both) => {
    const signed = signedBy({ details: hostedDetails, prefixes: [account, both] });
    expectError('invalid-signature', () => verifyDeviceIdentity({ signed, ...known, hosted: true }));
  });

  test('of a hosted account is refused as well, whatever it calls itself', () => {
    const accountType: AccountType = 'hosted';
    const signed = signedBy({ details: encodeDeviceIdentity({ ...device, accountType }) });
    expectError('device-unverified', () => verifyDeviceIdentity({ signed, ...known }));
    expect(verifyDeviceIdentity({ signed, ...known, hosted: true })).toEqual({ ...device, accountType });
  });
});

describe('a key index list', () => {
  test('verifies under the primary’s identity, with the embedded key or without it', () => {
    expect(verifyKeyIndexList({ signedList, primaryIdentity })).toEqual(list);
    const { accountSignatureKey: _left, ...without } = decodeSignedKeyIndexList(signedList);
    const shorter = encodeSignedKeyIndexList(without);
    expect(verifyKeyIndexList({ signedList: shorter, primaryIdentity })).toEqual(list);
  });

  test('is signed over exactly these bytes', () => {
    const listed = encodeKeyIndexList(list);
    expect(decodeSignedKeyIndexList(signedList)).toEqual({
      details: listed,
      accountSignature: sign({ identity: primary, message: concat(Uint8Array.of(6, 2), listed), random }),
      accountSignatureKey: primaryIdentity,
    });
  });

  test.each([0, 1, 3, 5, 6])('is refused under the prefix 06 0%i', (prefix) => {
    const forged = listSignedBy({ prefix });
    expect(
      expectError('invalid-signature', () => verifyKeyIndexList({ signedList: forged, primaryIdentity }))
        .data,
    ).toEqual({
      what: 'device list',
      signer: primaryIdentity,
    });
  });

  test('is refused by another key, with another embedded key, and with other details', () => {
    const forged = listSignedBy({ identity: stranger });
    expectError('invalid-signature', () => verifyKeyIndexList({ signedList: forged, primaryIdentity }));
    const foreign = signKeyIndexList({ list, identity: stranger, random });
    expect(
      expectError('device-unverified', () => verifyKeyIndexList({ signedList: foreign, primaryIdentity }))
        .data.why,
    ).toBe('other-primary');
    const changed = encodeSignedKeyIndexList({
      ...decodeSignedKeyIndexList(signedList),
      details: encodeKeyIndexList({ ...list, validIndexes: [1, 2] }),
    });
    expectError('invalid-signature', () => verifyKeyIndexList({ signedList: changed, primaryIdentity }));
  });

  test('is not read before its signature holds', () => {
    const garbage = encodeSignedKeyIndexList({
      ...decodeSignedKeyIndexList(signedList),
      details: Uint8Array.of(0),
    });
    expectError('invalid-signature', () => verifyKeyIndexList({ signedList: garbage, primaryIdentity }));
    const signedGarbage = listSignedBy({ details: Uint8Array.of(0) });
    expectError('malformed', () => verifyKeyIndexList({ signedList: signedGarbage, primaryIdentity }));
  });

  test('of a hosted account is taken only on request', () => {
    const hosted = signKeyIndexList({ list: { ...list, accountType: 'hosted' }, identity: primary, random });
    expect(
      expectError('device-unverified', () => verifyKeyIndexList({ signedList: hosted, primaryIdentity })).data
        .why,
    ).toBe('hosted');
    expect(verifyKeyIndexList({ signedList: hosted, primaryIdentity, hosted: true })).toMatchObject(list);
  });
});

interface Forged {
  readonly details?: Uint8Array;
  readonly prefixes?: readonly [account: readonly number[], device: readonly number[]];
  readonly account?: Identity;
  readonly device?: Identity;
}

/** ADVSignedDeviceIdentity bytes put together by hand, without the embedded key. */
function signedBy(forged: Forged): Uint8Array {
  const {
    details: signed = details,
    prefixes = [
      [6, 0],
      [6, 1],
    ],
    account = primary,
    device: own = companion,
  } = forged;
  const accountMessage = concat(Uint8Array.from(prefixes[0]), signed, companionIdentity);
  const deviceMessage = concat(Uint8Array.from(prefixes[1]), signed, companionIdentity, primaryIdentity);
  return encodeSignedDeviceIdentity({
    details: signed,
    accountSignature: sign({ identity: account, message: accountMessage, random }),
    deviceSignature: sign({ identity: own, message: deviceMessage, random }),
  });
}

interface ForgedList {
  readonly details?: Uint8Array;
  readonly prefix?: number;
  readonly identity?: Identity;
}

function listSignedBy({
  details: signed = encodeKeyIndexList(list),
  prefix = 2,
  identity = primary,
}: ForgedList): Uint8Array {
  const message = concat(Uint8Array.of(6, prefix), signed);
  return encodeSignedKeyIndexList({ details: signed, accountSignature: sign({ identity, message, random }) });
}
