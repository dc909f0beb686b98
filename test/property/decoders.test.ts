/** Whatever bytes come, a decoder gives a value or a typed error: nothing else escapes, and nothing takes long. */
import fc from 'fast-check';
import {
  decodeKeyIndexList,
  decodeLinkedDevice,
  decodeLinkOffer,
  decodeSignedDeviceIdentity,
  encodeLinkedDevice,
  encodeLinkOffer,
  parseLinkQr,
} from 'polyratchet/devices';
import { PolyratchetError } from 'polyratchet/errors';
import {
  decodeBundle,
  decodeIdentity,
  decodeOneTimePreKey,
  decodePublicKey,
  decodeSignedPreKey,
  encodeBundle,
  encodeIdentity,
  encodeOneTimePreKey,
  encodePublicKey,
  encodeSignedPreKey,
} from 'polyratchet/identity';
import {
  acceptSenderKeyDistribution,
  decodeReceivedSenderKey,
  decodeSenderKey,
  decryptSenderKey,
  encodeReceivedSenderKey,
  encodeSenderKey,
  senderKeyDistribution,
} from 'polyratchet/senderkey';
import { describe, expect, inject, test } from 'vitest';
import { concat, utf8 } from '../../src/core/bytes.js';
import {
  bool,
  bytes,
  checkVersionByte,
  decodeMessage,
  enumeration,
  int32,
  nested,
  optional,
  repeated,
  string,
  uint32,
  uint53,
  uint64,
  unpad,
  type Table,
} from '../../src/wire/index.js';
import { approve, complete, createLaptop, createPhone } from '../devices/linkingParties.js';
import { createDevice } from '../identity/device.js';
import { accept, createKey, FROM, send } from '../senderkey/group.js';
import { lengthField, tag, varint } from '../wire/bytes.js';

/** A message of every kind that refers to itself: the codec's whole surface. */
interface Everything {
  readonly a?: number;
  readonly b?: number;
  readonly c?: bigint;
  readonly d?: number;
  readonly e?: boolean;
  readonly f?: 'one' | 'two';
  readonly g?: string;
  readonly h: readonly Uint8Array[];
  readonly i?: Everything;
}

const everything = (unknown: 'skip' | 'reject'): Table<Everything> => ({
  name: 'everything',
  unknown,
  rows: {
    a: optional(1, uint32),
    b: optional(2, uint53),
    c: optional(3, uint64),
    d: optional(4, int32),
    e: optional(5, bool),
    f: optional(6, enumeration({ one: 1, two: 2 })),
    g: optional(7, string),
    h: repeated(8, bytes(), 3),
    get i() {
      return optional(9, nested(skipping));
    },
  },
});

const skipping = everything('skip');
const rejecting = everything('reject');

const { identity, signedPreKey, oneTimePreKey, bundle } = createDevice(1);
const laptop = createLaptop(2);
const approved = approve(createPhone(3), laptop);
const linked = complete(laptop, approved.container);

const senderKey = createKey(4, 'signal');
const received = accept(senderKey);
const from = { ...FROM, profile: 'signal' } as const;

/** Every decoder of these floors, each with good bytes to start from. */
const decoders: readonly (readonly [
  name: string,
  decode: (input: Uint8Array) => unknown,
  good: Uint8Array,
])[] = [
  ['decodeIdentity', decodeIdentity, encodeIdentity(identity)],
  ['decodeOneTimePreKey', decodeOneTimePreKey, encodeOneTimePreKey(oneTimePreKey)],
  ['decodeSignedPreKey', decodeSignedPreKey, encodeSignedPreKey(signedPreKey)],
  ['decodeBundle', decodeBundle, encodeBundle(bundle)],
  ['decodePublicKey', (input) => decodePublicKey(input), encodePublicKey(identity.publicKey)],
  ['checkVersionByte', (input) => checkVersionByte('message', input), Uint8Array.of(0x33)],
  ['unpad', unpad, Uint8Array.of(1, 2, 2, 2)],
  ['decodeKeyIndexList', decodeKeyIndexList, Uint8Array.of(8, 1, 16, 1, 24, 2, 34, 1, 1)],
  ['decodeSignedDeviceIdentity', decodeSignedDeviceIdentity, linked.device.signedIdentity],
  ['decodeLinkOffer', decodeLinkOffer, encodeLinkOffer(laptop.offer)],
  ['decodeLinkedDevice', decodeLinkedDevice, encodeLinkedDevice(linked.device)],
  ['parseLinkQr', (input) => parseLinkQr(String.fromCharCode(...input)), utf8(laptop.qr)],
  ['decodeSenderKey', decodeSenderKey, encodeSenderKey(senderKey)],
  ['decodeReceivedSenderKey', decodeReceivedSenderKey, encodeReceivedSenderKey(received)],
  [
    'acceptSenderKeyDistribution',
    (distribution) => acceptSenderKeyDistribution({ ...from, distribution }),
    senderKeyDistribution({ senderKey }),
  ],
  [
    'decryptSenderKey',
    (message) => decryptSenderKey({ ...from, received, message }),
    send(senderKey, 'hello').message,
  ],
  ['decodeMessage, skipping', (input) => decodeMessage(skipping, input), Uint8Array.of(8, 1)],
  ['decodeMessage, rejecting', (input) => decodeMessage(rejecting, input), Uint8Array.of(8, 1)],
];

/** Random bytes, and the same behind a record's version byte, so that the reader behind it is met. */
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 150 }),
  fc.uint8Array({ maxLength: 150 }).map((rest) => concat(Uint8Array.of(1), rest)),
);

/** Fields with plausible numbers and any wire type: noise that gets further. */
const fields: fc.Arbitrary<number[]> = fc
  .array(
    fc.oneof(
      fc
        .tuple(fc.nat(10), fc.bigInt({ min: 0n, max: 2n ** 65n }), fc.integer({ min: 1, max: 11 }))
        .map(([number, value, length]) => [...tag(number, 0), ...varint(value, length)]),
      fc
        .tuple(fc.nat(10), fc.uint8Array({ maxLength: 40 }))
        .map(([number, content]) => lengthField(number, content)),
      fc
        .tuple(fc.nat(10), fc.nat(7), fc.uint8Array({ maxLength: 12 }))
        .map(([number, type, content]) => [...tag(number, type), ...content]),
    ),
    { maxLength: 8 },
  )
  .map((list) => list.flat());

const plausible = fc.oneof(
  fields.map((list) => Uint8Array.from(list)),
  fields.map((list) => Uint8Array.from([1, ...list])),
  fields.map((list) => Uint8Array.from(lengthField(9, lengthField(9, list)))),
);

/** Good bytes of which a piece is cut out and another put in. */
const damaged = (good: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.nat(good.length), fc.nat(good.length), fc.uint8Array({ maxLength: 6 }))
    .map(([a, b, piece]) => concat(good.subarray(0, Math.min(a, b)), piece, good.subarray(Math.max(a, b))));

const runs = inject('backend') === 'node' ? 500 : 150;

describe.each(decoders)('%s', (_, decode, good) => {
  test.each([
    ['random bytes', noise],
    ['random fields', plausible],
    ['damaged bytes', damaged(good)],
  ])('takes or refuses %s', (_name, inputs) => {
    let refused = 0;
    fc.assert(
      fc.property(inputs, (input) => {
        const before = concat(input);
        if (!isTaken(decode, input)) refused++;
        expect(input).toEqual(before);
      }),
      { numRuns: runs },
    );
    expect(refused).toBeGreaterThan(0);
  });

  test('takes the good bytes', () => {
    expect(isTaken(decode, good)).toBe(true);
  });
});

/** Whether the decoder takes the bytes; an error of another kind fails the property. */
function isTaken(decode: (input: Uint8Array) => unknown, input: Uint8Array): boolean {
  try {
    decode(input);
    return true;
  } catch (error) {
    if (PolyratchetError.is(error)) return false;
    throw error;
  }
}
