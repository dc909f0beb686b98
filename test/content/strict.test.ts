/** What is refused: every field missing, doubled, misplaced, oversized, nested too deep; one test for each rule. */
import fc from 'fast-check';
import {
  decodeContent,
  encodeContent,
  MAX_BODY_FIELDS,
  MAX_CONTENT_FIELDS,
  MAX_KEY_INDEXES,
  wrapDeviceSent,
  type Content,
  type ContentFormat,
  type DeviceListMetadata,
  type ProtocolType,
} from 'polyratchet/content';
import { PolyratchetError, type ErrorData } from 'polyratchet/errors';
import { describe, expect, inject, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { bytes, MAX_PLAINTEXT_LENGTH, optional } from '../../src/wire/index.js';
import { notBytes, notObjects } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { lengthField, tag, varint, varintField } from '../wire/bytes.js';
import { bytesOf, CHAT, FORMATS, full, ID, message, METADATA, payload, TEXT } from './content.js';

const minimal = { messageId: '3EB0C431', chat: 'bob@example.org' };

/** Decodes what must be malformed. */
function malformed(
  parts: readonly (readonly number[])[],
  format: ContentFormat = payload,
): ErrorData['malformed'] {
  return expectError('malformed', () => decodeContent({ format, plaintext: bytesOf(...parts) })).data;
}

const skdm = lengthField(2, [...lengthField(1, 'g@g.us'), ...lengthField(2, [1])]);
const call = lengthField(10, lengthField(1, new Uint8Array(32)));
const protocol = lengthField(12, [...varintField(2, 6), ...lengthField(7, [1])]);
const copyOf = (inner: readonly number[], destination = 'bob@example.org'): number[] =>
  lengthField(31, [...lengthField(1, destination), ...lengthField(2, inner)]);
const inside = [...ID, ...CHAT];
const copy = copyOf(inside);
const context = lengthField(35, METADATA);

describe.each(FORMATS)('in the form $form', (format) => {
  test.each([
    ['messageId', [CHAT]],
    ['chat', [ID]],
    ['messageId', []],
  ])('%s cannot be missing', (field, parts) => {
    expect(malformed(parts, format)).toEqual({ what: 'Content', field, expected: 'the field', got: 'none' });
  });

  test.each([
    ['senderKeyDistribution', skdm],
    ['call', call],
    ['protocolMessage', protocol],
    ['deviceSent', copy],
    ['context', context],
    ['groupChange', lengthField(1003, [1])],
    ['messageId', []],
    ['chat', []],
  ])('%s cannot be there twice', (field, part) => {
    const data = malformed(
      [part, part, ID, CHAT, ...(field === 'messageId' ? [ID] : []), ...(field === 'chat' ? [CHAT] : [])],
      format,
    );
    expect(data).toMatchObject({ field, got: 'twice' });
  });

  test.each([2, 10, 12, 31, 35, 1000, 1001, 1002, 1003])(
    'field %i cannot have another wire type than 2',
    (number) => {
      const others = [ID, CHAT].filter((_, i) => number !== 1001 + i);
      malformed([varintField(number, 1), ...others], format);
      malformed([[...tag(number, 1), 0, 0, 0, 0, 0, 0, 0, 0], ...others], format);
      malformed([[...tag(number, 5), 0, 0, 0, 0], ...others], format);
    },
  );

  test.each([1004, 1011, 1019, 1020, 5000, 2 ** 29 - 1])('field %i is nobody’s', (number) => {
    expect(malformed([ID, CHAT, varintField(number, 1)], format).got).toBe(`field ${number}`);
  });

  test('groups and reserved wire types are malformed', () => {
    for (const wireType of [3, 4, 6, 7]) malformed([ID, CHAT, tag(5, wireType)], format);
  });

  test.each([
    ['no group id', lengthField(2, lengthField(2, [1]))],
    ['no message', lengthField(2, lengthField(1, 'g@g.us'))],
    ['a group id that is no address', lengthField(2, [...lengthField(1, 'group'), ...lengthField(2, [1])])],
    [
      'two group ids',
      lengthField(2, [...lengthField(1, 'g@g.us'), ...lengthField(1, 'g@g.us'), ...lengthField(2, [1])]),
    ],
  ])('a sender key distribution with %s is malformed', (_, part) => {
    expect(malformed([part, ID, CHAT], format).what).toBe('SenderKeyDistribution');
  });

  test.each([0, 31, 33, 64])('a call key of %i bytes is malformed', (length) => {
    expect(
      malformed([lengthField(10, lengthField(1, new Uint8Array(length))), ID, CHAT], format),
    ).toMatchObject({
      what: 'Call',
      field: 'callKey',
    });
  });

  test('a call without its key is malformed', () => {
    malformed([lengthField(10, []), ID, CHAT], format);
  });

  test.each([
    ['without its message', varintField(2, 6)],
    ['with the message of another type', [...varintField(2, 6), ...lengthField(8, [1])]],
    ['with two messages', [...varintField(2, 6), ...lengthField(7, [1]), ...lengthField(8, [1])]],
    ['with two types', [...varintField(2, 6), ...varintField(2, 6), ...lengthField(7, [1])]],
    [
      'with two types, one of them the application’s',
      [...varintField(2, 0), ...varintField(2, 6), ...lengthField(7, [1])],
    ],
    ['with a type of another wire type', [...tag(2, 5), 6, 0, 0, 0, ...lengthField(7, [1])]],
    ['that is cut short', [...varintField(2, 6), ...tag(7, 2), 3, 1]],
  ])('a protocol message %s is malformed', (_, content) => {
    expect(malformed([lengthField(12, content), ID, CHAT], format).what).toMatch(/ProtocolMessage|Content/);
  });

  test('a protocol message beside one of the application is malformed, in either order', () => {
    const revoke = lengthField(12, varintField(2, 0));
    for (const parts of [
      [protocol, revoke],
      [revoke, protocol],
      [revoke, revoke],
    ]) {
      expect(malformed([...parts, ID, CHAT], format)).toMatchObject({ field: 'protocolMessage' });
    }
  });

  test.each([
    ['a hash of 7 bytes', lengthField(1, new Uint8Array(7))],
    ['a hash of 33 bytes', lengthField(8, new Uint8Array(33))],
    ['a time beyond 2^53 milliseconds', varintField(2, 9_007_199_254_741)],
    ['two times', [...varintField(9, 1), ...varintField(9, 1)]],
    ['65 key indexes', lengthField(3, new Uint8Array(MAX_KEY_INDEXES + 1))],
    ['a key index above 32 bits', lengthField(10, varint(2 ** 32))],
    ['a key index cut short', lengthField(10, [0x80])],
    ['key indexes that are not packed', varintField(3, 1)],
    ['an unknown account type', varintField(4, 2)],
  ])('device list metadata with %s are malformed', (_, metadata) => {
    const part = lengthField(35, [...lengthField(1, metadata), ...varintField(2, 2)]);
    expect(malformed([part, ID, CHAT], format).what).toBe('DeviceListMetadata');
  });

  test('64 key indexes and hashes of 8 and 32 bytes pass', () => {
    const metadata = [
      ...lengthField(1, new Uint8Array(8)),
      ...lengthField(3, new Uint8Array(MAX_KEY_INDEXES)),
      ...lengthField(8, new Uint8Array(32)),
    ];
    const plaintext = bytesOf(lengthField(35, [...lengthField(1, metadata), ...varintField(2, 2)]), ID, CHAT);
    expect(decodeContent({ format, plaintext }).deviceListMetadata?.senderKeyIndexes).toHaveLength(64);
  });

  test.each(['', 'i'.repeat(65), 'ä', 'a\n', '\u007f'])('the message id %j is malformed', (id) => {
    expect(malformed([lengthField(1001, id), CHAT], format).field).toBe('messageId');
  });

  test('a message id that is no UTF-8 is malformed', () => {
    malformed([lengthField(1001, [0xff]), CHAT], format);
  });

  test.each(['', 'bob', 'bob:1@x', 'bob:0@x', 'b b@x', 'b,b@x', `${'b'.repeat(128)}@x`, 'bob@x\n'])(
    'the chat %j is malformed',
    (chat) => {
      expect(malformed([ID, lengthField(1002, chat)], format).field).toBe('chat');
    },
  );

  test('more than 64 fields are malformed', () => {
    const field = lengthField(5, []);
    const fields = (count: number): number[][] => [ID, CHAT, ...new Array<number[]>(count - 2).fill(field)];
    expect(malformed(fields(MAX_CONTENT_FIELDS + 1), format).got).toBe('more');
    if (format === message) {
      decodeContent({ format, plaintext: bytesOf(...fields(MAX_CONTENT_FIELDS)) });
    } else {
      expect(malformed(fields(MAX_CONTENT_FIELDS)).got).toBe('field 5');
    }
  });

  test('more than 256 KiB are too large, before anything is read', () => {
    const plaintext = new Uint8Array(MAX_PLAINTEXT_LENGTH + 1);
    expect(expectError('too-large', () => decodeContent({ format, plaintext })).data).toEqual({
      what: 'plaintext',
      limit: MAX_PLAINTEXT_LENGTH,
      got: MAX_PLAINTEXT_LENGTH + 1,
    });
  });
});

describe.each(FORMATS)('a device-sent copy in the form $form', (format) => {
  test.each<[string, readonly (readonly number[])[], string]>([
    ['another id inside', [copyOf([...lengthField(1001, 'other'), ...CHAT]), ID, CHAT], 'messageId'],
    ['no id inside', [copyOf(CHAT), ID, CHAT], 'messageId'],
    ['no id outside', [copy, CHAT], 'messageId'],
    ['another chat inside', [copyOf([...ID, ...lengthField(1002, 'eve@x')]), ID, CHAT], 'chat'],
    ['no chat inside', [copyOf(ID), ID, CHAT], 'chat'],
    ['no chat outside', [copy, ID], 'chat'],
    ['no id and chat outside', [copy], 'messageId'],
    ['no id and chat at all', [copyOf([])], 'messageId'],
    ['another destination', [copyOf(inside, 'eve@x'), ID, CHAT], 'destination'],
    ['a device as destination', [copyOf(inside, 'bob:1@example.org'), ID, CHAT], 'destination'],
    ['no destination', [lengthField(31, lengthField(2, inside)), ID, CHAT], 'destination'],
    ['no message', [lengthField(31, lengthField(1, 'bob@example.org')), ID, CHAT], 'message'],
    ['a context outside only', [copy, context, ID, CHAT], 'context'],
    ['a context inside only', [copyOf([...context, ...inside]), ID, CHAT], 'context'],
    ['another context inside', [copyOf([...lengthField(35, []), ...inside]), context, ID, CHAT], 'context'],
    ['a sender key beside it', [copy, skdm, ID, CHAT], 'senderKeyDistribution'],
    ['a call beside it', [copy, call, ID, CHAT], 'call'],
    ['a protocol message beside it', [copy, protocol, ID, CHAT], 'protocolMessage'],
    ['a payload beside it', [copy, lengthField(1000, [1]), ID, CHAT], 'payload'],
    ['a group change beside it', [copy, lengthField(1003, [1]), ID, CHAT], 'groupChange'],
    ['a copy inside', [copyOf([...copy, ...inside]), ID, CHAT], 'deviceSent'],
    ['garbage inside', [copyOf([0xff]), ID, CHAT], 'field'],
    [
      'a participant hash of 65 characters',
      [
        lengthField(31, [
          ...lengthField(1, 'bob@example.org'),
          ...lengthField(2, inside),
          ...lengthField(3, 'h'.repeat(65)),
        ]),
        ID,
        CHAT,
      ],
      'participantHash',
    ],
  ])('with %s is malformed', (_, parts, field) => {
    expect(malformed(parts, format).field).toBe(field);
  });

  test('with a field of the application beside it is malformed', () => {
    malformed([TEXT, copy, ID, CHAT], format);
  });
});

test('copies a hundred deep are malformed at the second', () => {
  let plaintext = encodeContent({ format: payload, content: minimal });
  for (let depth = 0; depth < 100; depth++) plaintext = bytesOf(copyOf([...plaintext]), ID, CHAT);
  expectError('malformed', () => decodeContent({ format: payload, plaintext }));
});

test('a payload in a Message, and a field of a Message in a payload, are malformed', () => {
  expect(malformed([lengthField(1000, []), ID, CHAT], message).field).toBe('payload');
  expect(malformed([TEXT, ID, CHAT], payload).got).toBe('field 1');
});

describe('foreign clients', () => {
  const foreign = { form: 'message', foreign: true } as const;

  test('may leave id and chat out, and the outcome says so', () => {
    const plaintext = bytesOf(TEXT);
    expect(decodeContent({ format: foreign, plaintext })).toEqual({ kind: 'unbound', body: plaintext });
    malformed([TEXT], message);
  });

  test('cannot leave out one of them', () => {
    for (const parts of [
      [TEXT, ID],
      [TEXT, CHAT],
    ]) {
      expectError('malformed', () => decodeContent({ format: foreign, plaintext: bytesOf(...parts) }));
    }
  });

  test.each([1000, 1003, 1004])('cannot leave them out beside field %i', (number) => {
    for (const form of ['payload', 'message'] as const) {
      const format = { form, foreign: true, extensions: { one: optional(1004, bytes()) } };
      const part = lengthField(number, [1]);
      expectError('malformed', () => decodeContent({ format, plaintext: bytesOf(part) }));
      expectError('malformed', () => decodeContent({ format, plaintext: bytesOf(copyOf(part)) }));
    }
  });

  test('send copies without id and chat, with an empty hash, and a context of other padding', () => {
    const inner = [...TEXT, ...lengthField(35, [...METADATA, ...lengthField(4, [1])])];
    const sent = [...lengthField(1, 'bob@example.org'), ...lengthField(2, inner), ...lengthField(3, '')];
    const plaintext = bytesOf(
      lengthField(31, sent),
      lengthField(35, [...METADATA, ...lengthField(4, [2, 2])]),
    );
    expect(decodeContent({ format: foreign, plaintext })).toEqual({
      kind: 'unbound',
      body: bytesOf(inner),
      deviceListMetadata: { senderTimestamp: 1_700_000_000_000 },
      deviceSent: { destination: 'bob@example.org', participantHash: '' },
    });
  });

  test('cannot bind the copy and not the message, or the other way round', () => {
    for (const parts of [[copy], [copyOf(TEXT), ID, CHAT]]) {
      expectError('malformed', () => decodeContent({ format: foreign, plaintext: bytesOf(...parts) }));
    }
  });

  test('are bound where they give both', () => {
    expect(decodeContent({ format: foreign, plaintext: bytesOf(TEXT, ID, CHAT) }).kind).toBe('bound');
  });
});

describe('writing', () => {
  /** The error data of a body that is refused. */
  const refused = (...parts: readonly (readonly number[])[]): ErrorData['invalid-argument'] => {
    const content = { ...minimal, body: bytesOf(...parts) };
    return expectError('invalid-argument', () => encodeContent({ format: message, content })).data;
  };

  test.each([2, 10, 31, 1000, 1001, 1002, 1003, 1004, 1019, 1020, 2 ** 29 - 1])(
    'a Message with field %i is refused',
    (number) => {
      expect(refused(TEXT, lengthField(number, [])).got).toBe(`field ${number}`);
      expect(refused(varintField(number, 1)).got).toBe(`field ${number}`);
    },
  );

  test.each([5, 6, 7, 9, 10, 16, 17])('a Message with a protocol message of type %i is refused', (type) => {
    expect(refused(lengthField(12, varintField(2, type))).got).toBe('field 12');
  });

  test.each([
    ['two contexts', [lengthField(35, []), lengthField(35, [])]],
    ['two protocol messages', [lengthField(12, []), lengthField(12, [])]],
    ['a context that is a number', [varintField(35, 1)]],
    ['a protocol message that is a number', [varintField(12, 1)]],
    ['device list metadata', [lengthField(35, lengthField(1, []))]],
    ['a version of device list metadata', [lengthField(35, varintField(2, 2))]],
  ])('a Message with %s is refused', (_, parts) => {
    refused(...parts);
  });

  test('a body that is no protobuf, or has more than 40 fields, is malformed', () => {
    const encode = (body: Uint8Array): Uint8Array =>
      encodeContent({ format: message, content: { ...minimal, body } });
    expectError('malformed', () => encode(Uint8Array.of(0xff)));
    expectError('malformed', () => encode(bytesOf(lengthField(35, [0xff]))));
    const fields = (count: number): Uint8Array =>
      bytesOf(...new Array<number[]>(count).fill(lengthField(5, [])));
    encode(fields(MAX_BODY_FIELDS));
    expectError('malformed', () => encode(fields(MAX_BODY_FIELDS + 1)));
  });

  test('all fields at once are no more than a reader takes', () => {
    const body = bytesOf(...new Array<number[]>(MAX_BODY_FIELDS).fill(lengthField(5, [])));
    const plaintext = encodeContent({ format: message, content: { ...full, body } });
    expect(decodeContent({ format: message, plaintext }).body).toEqual(plaintext);
  });

  test('a second protocol message beside the application’s is refused', () => {
    const content = { ...full, body: bytesOf(lengthField(12, varintField(2, 0))) };
    expectError('invalid-argument', () => encodeContent({ format: message, content }));
  });

  test.each<[string, Record<string, unknown>]>([
    ['no id', { messageId: undefined }],
    ['an id that is a number', { messageId: 7 }],
    ['an empty id', { messageId: '' }],
    ['an id of 65 characters', { messageId: 'i'.repeat(65) }],
    ['no chat', { chat: undefined }],
    ['a device as chat', { chat: 'bob:1@example.org' }],
    ['a device as group', { senderKeyDistribution: { groupId: 'g:1@g.us', message: new Uint8Array(1) } }],
    ['no sender key', { senderKeyDistribution: { groupId: 'g@g.us' } }],
    ['a call key in the open', { call: { callKey: 'x'.repeat(32) } }],
    ['an unknown protocol message', { protocolMessage: { type: 'revoke', body: new Uint8Array(1) } }],
    ['the protocol message "type"', { protocolMessage: { type: 'type', body: new Uint8Array(1) } }],
    ['a protocol message that is text', { protocolMessage: 'x' }],
    ['a protocol message without body', { protocolMessage: { type: 'appStateSyncKeyShare' } }],
    ['half a second', { deviceListMetadata: { senderTimestamp: 1_500 } }],
    ['a negative time', { deviceListMetadata: { recipientTimestamp: -1_000 } }],
    ['a short hash', { deviceListMetadata: { senderKeyHash: new Uint8Array(7) } }],
    ['65 key indexes', { deviceListMetadata: { senderKeyIndexes: new Array<number>(65).fill(1) } }],
    ['key indexes that are no list', { deviceListMetadata: { senderKeyIndexes: 5 } }],
    ['key indexes that are no integers', { deviceListMetadata: { recipientKeyIndexes: [1.5] } }],
    ['metadata that are text', { deviceListMetadata: 'x' }],
    ['a group change that is text', { groupChange: 'x' }],
    ['extensions that are text', { extensions: 'x' }],
    ['an extension that the format does not have', { extensions: { toString: 1 } }],
  ])('%s is refused in either form', (_, part) => {
    for (const format of FORMATS) {
      const content = { ...minimal, ...part } as unknown as Content;
      expectError('invalid-argument', () => encodeContent({ format, content }));
    }
  });

  test.each(notBytes)('%s is no body', (name, value) => {
    if (name === 'undefined') return;
    for (const format of FORMATS) {
      expectError('invalid-argument', () =>
        encodeContent({ format, content: { ...minimal, body: value as Uint8Array } }),
      );
      expectError('invalid-argument', () => decodeContent({ format, plaintext: value as Uint8Array }));
      expectError('invalid-argument', () => wrapDeviceSent({ plaintext: value as Uint8Array }));
    }
  });

  test.each(notObjects)('%s is neither options nor format nor content', (_, value) => {
    const nothing = value as never;
    expectError('invalid-argument', () => encodeContent(nothing));
    expectError('invalid-argument', () => decodeContent(nothing));
    expectError('invalid-argument', () => wrapDeviceSent(nothing));
    expectError('invalid-argument', () => encodeContent({ format: nothing, content: minimal }));
    expectError('invalid-argument', () => encodeContent({ format: payload, content: nothing }));
    expectError('invalid-argument', () => encodeContent({ format: { form: nothing }, content: minimal }));
    if (value === undefined) return;
    for (const extensions of [nothing, { one: nothing }]) {
      const format = { form: 'payload', extensions } as const;
      expectError('invalid-argument', () => encodeContent({ format, content: minimal }));
    }
  });

  test('a copy is made of a message with id and chat, and not of a copy', () => {
    const plaintext = encodeContent({ format: payload, content: minimal });
    expectError('invalid-argument', () => wrapDeviceSent({ plaintext: wrapDeviceSent({ plaintext }) }));
    expectError('malformed', () => wrapDeviceSent({ plaintext: bytesOf(TEXT) }));
    expectError('invalid-argument', () => wrapDeviceSent({ plaintext, participantHash: 'ä' }));
    expectError('too-large', () =>
      wrapDeviceSent({
        plaintext: concat(plaintext, bytesOf([...tag(1000, 2), ...varint(262_100)]), new Uint8Array(262_100)),
      }),
    );
  });
});

describe('whatever comes', () => {
  const numRuns = inject('backend') === 'node' ? 500 : 100;
  const formats: readonly ContentFormat[] = [
    ...FORMATS,
    { form: 'payload', foreign: true },
    { form: 'message', foreign: true },
  ];
  const whole = formats.slice(0, 2).flatMap((format) => {
    const plaintext = encodeContent({ format, content: full });
    return [plaintext, wrapDeviceSent({ plaintext, participantHash: '2:ABCDEFGH' })];
  });

  /** Fields with the numbers that mean something, around content that may. */
  const fields = fc.letrec<{ list: number[]; field: number[] }>((tie) => ({
    list: fc.array(tie('field'), { maxLength: 6 }).map((list) => list.flat()),
    field: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(ID, CHAT, TEXT, skdm, call, protocol, copy, context),
      fc
        .tuple(fc.constantFrom(1, 2, 3, 10, 12, 31, 35, 1000, 1003, 1004), fc.uint8Array({ maxLength: 8 }))
        .map(([number, content]) => lengthField(number, content)),
      fc
        .tuple(fc.constantFrom(1, 2, 12, 31, 35, 1001), tie('list'))
        .map(([number, content]) => lengthField(number, content)),
      fc
        .tuple(fc.constantFrom(2, 4, 12, 1002), fc.nat(20))
        .map(([number, value]) => varintField(number, value)),
    ),
  }));

  test.each([
    ['random bytes', fc.uint8Array({ maxLength: 100 })],
    ['random fields', fields.list.map((list) => Uint8Array.from(list))],
    ['damaged bytes', damaged(whole)],
  ])('%s are taken or refused with a code', (_, inputs) => {
    let taken = 0;
    let refused = 0;
    fc.assert(
      fc.property(inputs, (plaintext) => {
        for (const format of formats) {
          if (isTaken(format, plaintext)) taken++;
          else refused++;
        }
      }),
      { numRuns },
    );
    expect(refused).toBeGreaterThan(0);
    expect(taken).toBeGreaterThan(0);
  });

  test('every cut of a message is refused, or lacks parts at its end', () => {
    for (const plaintext of whole) {
      for (let length = 0; length < plaintext.length; length++) {
        const cut = plaintext.subarray(0, length);
        for (const format of formats.slice(0, 2)) isTaken(format, cut);
      }
    }
    const plaintext = bytesOf(lengthField(1000, [1]), ID, CHAT); // id and chat are last: no cut has them
    for (let length = 0; length < plaintext.length; length++) {
      expect(isTaken(payload, plaintext.subarray(0, length))).toBe(false);
    }
  });

  /** Bytes of which a piece is cut out and another put in. */
  function damaged(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
    return fc
      .tuple(fc.constantFrom(...samples), fc.nat(), fc.nat(3), fc.uint8Array({ maxLength: 3 }))
      .map(([good, place, removed, piece]) => {
        const start = place % good.length;
        return concat(good.subarray(0, start), piece, good.subarray(start + removed));
      });
  }

  function isTaken(format: ContentFormat, plaintext: Uint8Array): boolean {
    try {
      decodeContent({ format, plaintext });
      return true;
    } catch (error) {
      if (PolyratchetError.is(error)) return false;
      throw error;
    }
  }
});

test('every type of protocol message is known to both sides', () => {
  const types: Record<ProtocolType, true> = {
    historySyncNotification: true,
    appStateSyncKeyShare: true,
    appStateSyncKeyRequest: true,
    initialSecurityNotificationSettingSync: true,
    appStateFatalExceptionNotification: true,
    peerDataOperationRequest: true,
    peerDataOperationResponse: true,
  };
  for (const type of Object.keys(types) as ProtocolType[]) {
    const content = { ...minimal, protocolMessage: { type, body: new Uint8Array(0) } };
    const plaintext = encodeContent({ format: payload, content });
    expect(decodeContent({ format: payload, plaintext }).protocolMessage).toEqual(content.protocolMessage);
  }
});

test('times are exact to the second', () => {
  fc.assert(
    fc.property(fc.nat(4_000_000_000), (seconds) => {
      const deviceListMetadata: DeviceListMetadata = { senderTimestamp: seconds * 1_000 };
      const plaintext = encodeContent({ format: payload, content: { ...minimal, deviceListMetadata } });
      expect(decodeContent({ format: payload, plaintext }).deviceListMetadata).toEqual(deviceListMetadata);
    }),
  );
});
