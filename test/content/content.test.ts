/** What is written is read back, in both forms, byte for byte as the field numbers say. */
import fc from 'fast-check';
import {
  CALL_KEY_LENGTH,
  callKeyFrom,
  decodeContent,
  encodeContent,
  MAX_CONTENT_LENGTH,
  MAX_CONTEXT_LENGTH,
  wrapDeviceSent,
  type Content,
} from 'polyratchet/content';
import { describe, expect, test } from 'vitest';
import { concat, equalBytes, toHex } from '../../src/core/bytes.js';
import { reveal } from '../../src/core/secret.js';
import { MAX_PLAINTEXT_LENGTH, nested, optional, required, string, uint32 } from '../../src/wire/index.js';
import { expectError } from '../support/errors.js';
import { lengthField, tag, varint, varintField } from '../wire/bytes.js';
import { bytesOf, CHAT, FORMATS, full, ID, message, METADATA, payload, TEXT } from './content.js';

const minimal = { messageId: '3EB0C431', chat: 'bob@example.org' };

/** The bytes of every part but body, id and chat, in order. */
const beforeContext = [
  ...lengthField(2, [...lengthField(1, '1234-5678@g.us'), ...lengthField(2, [1, 2, 3])]),
  ...lengthField(10, lengthField(1, new Uint8Array(32).fill(7))),
  ...lengthField(12, [...varintField(2, 6), ...lengthField(7, [10, 0])]),
];
const context = lengthField(35, [
  ...lengthField(1, [
    ...lengthField(1, new Uint8Array(10).fill(1)),
    ...varintField(2, 1_700_000_000),
    ...lengthField(3, [0, 1, 0xac, 0x02]),
    ...[0x20, 0],
    ...varintField(5, 1),
    ...lengthField(8, new Uint8Array(32).fill(2)),
    ...varintField(9, 1_700_000_001),
    ...lengthField(10, []),
  ]),
  ...varintField(2, 2),
]);

describe('the bytes', () => {
  test('of a payload are the fields in order of their numbers', () => {
    expect(toHex(encodeContent({ format: payload, content: full }))).toBe(
      toHex(bytesOf(beforeContext, context, lengthField(1000, TEXT), ID, CHAT, lengthField(1003, [4, 5]))),
    );
  });

  test('of a Message are its own, followed by the fields of the library', () => {
    expect(toHex(encodeContent({ format: message, content: full }))).toBe(
      toHex(bytesOf(TEXT, beforeContext, context, ID, CHAT, lengthField(1003, [4, 5]))),
    );
  });

  test.each(FORMATS)('of the smallest message in the form $form are id and chat', (format) => {
    expect(encodeContent({ format, content: minimal })).toEqual(bytesOf(ID, CHAT));
  });

  test('of a context are the fields of the application, then those of the library', () => {
    const secret = lengthField(3, new Uint8Array(32).fill(9));
    const body = bytesOf(lengthField(35, secret), TEXT);
    const content = { ...minimal, body, deviceListMetadata: { senderTimestamp: 1_700_000_000_000 } };
    const plaintext = encodeContent({ format: message, content });
    expect(plaintext).toEqual(bytesOf(TEXT, lengthField(35, [...secret, ...METADATA]), ID, CHAT));
    const received = decodeContent({ format: message, plaintext });
    expect(received.deviceListMetadata).toEqual(content.deviceListMetadata);
    expect(received.body).toEqual(plaintext);
  });

  test('of a context of the application alone stay as they are', () => {
    const parts = [TEXT, lengthField(35, [])];
    const content = { ...minimal, body: bytesOf(...parts) };
    expect(encodeContent({ format: message, content })).toEqual(bytesOf(...parts, ID, CHAT));
  });

  test.each([
    ['historySyncNotification', 5, 6],
    ['appStateSyncKeyShare', 6, 7],
    ['appStateSyncKeyRequest', 7, 8],
    ['initialSecurityNotificationSettingSync', 9, 9],
    ['appStateFatalExceptionNotification', 10, 10],
    ['peerDataOperationRequest', 16, 16],
    ['peerDataOperationResponse', 17, 17],
  ] as const)('of a protocol message %s are type %i and field %i', (type, number, field) => {
    const content = { ...minimal, protocolMessage: { type, body: Uint8Array.of(1) } };
    const plaintext = encodeContent({ format: payload, content });
    expect(plaintext).toEqual(
      bytesOf(lengthField(12, [...varintField(2, number), ...lengthField(field, [1])]), ID, CHAT),
    );
    expect(decodeContent({ format: message, plaintext }).protocolMessage).toEqual(content.protocolMessage);
  });
});

describe('reading', () => {
  test('gives every part of a payload back', () => {
    const plaintext = encodeContent({ format: payload, content: full });
    expect(readable(decodeContent({ format: payload, plaintext }))).toEqual(
      readable({ kind: 'bound', ...full }),
    );
  });

  test('gives every part of a Message back, and the whole plaintext as the body', () => {
    const plaintext = encodeContent({ format: message, content: full });
    expect(readable(decodeContent({ format: message, plaintext }))).toEqual(
      readable({ kind: 'bound', ...full, body: plaintext }),
    );
  });

  test('an empty payload is a body, an absent one is none', () => {
    const empty = encodeContent({ format: payload, content: { ...minimal, body: new Uint8Array(0) } });
    expect(decodeContent({ format: payload, plaintext: empty }).body).toEqual(new Uint8Array(0));
    const plaintext = encodeContent({ format: payload, content: minimal });
    expect(decodeContent({ format: payload, plaintext })).toEqual({ kind: 'bound', ...minimal });
  });

  test('a Message without a field of the application has no body', () => {
    const { body: _, ...parts } = full;
    const plaintext = encodeContent({ format: message, content: parts });
    expect(decodeContent({ format: message, plaintext }).body).toBeUndefined();
  });

  test.each([0, 3, 14, 8, 15])('a protocol message of type %i is the application’s', (type) => {
    const body = bytesOf(lengthField(12, type === 0 ? [] : varintField(2, type)));
    const plaintext = encodeContent({ format: message, content: { ...minimal, body } });
    const received = decodeContent({ format: message, plaintext });
    expect(received.protocolMessage).toBeUndefined();
    expect(received.body).toEqual(plaintext);
  });

  test('metadata of another version are not read, nor refused', () => {
    const other = [...lengthField(1, varintField(2, 5)), ...varintField(2, 3)];
    const plaintext = bytesOf(lengthField(35, other), ID, CHAT);
    expect(decodeContent({ format: payload, plaintext }).deviceListMetadata).toBeUndefined();
  });

  test('is the same with the fields in any order', () => {
    const parts = [beforeContext, context, lengthField(1000, TEXT), ID, CHAT, lengthField(1003, [4, 5])];
    const plaintext = bytesOf(...parts.toReversed());
    expect(readable(decodeContent({ format: payload, plaintext }))).toEqual(
      readable({ kind: 'bound', ...full }),
    );
  });

  test('gives fresh bytes', () => {
    for (const format of FORMATS) {
      const plaintext = encodeContent({ format, content: full });
      const received = decodeContent({ format, plaintext });
      const before = readable(received);
      plaintext.fill(0xee);
      expect(readable(received)).toEqual(before);
    }
  });
});

describe('a device-sent copy', () => {
  test.each(FORMATS)(
    'in the form $form has the message inside, and context, id and chat outside',
    (format) => {
      const plaintext = encodeContent({ format, content: full });
      const copy = wrapDeviceSent({ plaintext, participantHash: '2:ABCDEFGH' });
      const sent = [
        ...lengthField(1, 'bob@example.org'),
        ...lengthField(2, plaintext),
        ...lengthField(3, '2:ABCDEFGH'),
      ];
      expect(toHex(copy)).toBe(toHex(bytesOf(lengthField(31, sent), context, ID, CHAT)));
      expect(readable(decodeContent({ format, plaintext: copy }))).toEqual(
        readable({
          ...decodeContent({ format, plaintext }),
          deviceSent: { destination: 'bob@example.org', participantHash: '2:ABCDEFGH' },
        }),
      );
    },
  );

  test('without context and hash has neither', () => {
    const plaintext = encodeContent({ format: payload, content: minimal });
    const copy = wrapDeviceSent({ plaintext });
    expect(decodeContent({ format: payload, plaintext: copy })).toEqual({
      kind: 'bound',
      ...minimal,
      deviceSent: { destination: 'bob@example.org' },
    });
  });

  test('of the longest message with the longest texts still fits', () => {
    const long: Content = { messageId: 'i'.repeat(64), chat: `${'c'.repeat(62)}@${'s'.repeat(65)}` };
    const metadata = { senderTimestamp: 1_700_000_000_000 };
    const contextOf = (length: number): number[] => lengthField(35, lengthField(4, new Uint8Array(length)));
    const most = MAX_CONTEXT_LENGTH - METADATA.length - 3; // 3: tag and length of paddingBytes
    const bodyOf = (length: number, padding = most): Uint8Array =>
      concat(bytesOf(contextOf(padding), [...tag(1, 2), ...varint(length)]), new Uint8Array(length).fill(65));
    const rest = encodeContent({
      format: message,
      content: { ...long, body: bodyOf(0), deviceListMetadata: metadata },
    }).length;
    const longest = { ...long, deviceListMetadata: metadata, body: bodyOf(MAX_CONTENT_LENGTH - rest - 2) };
    const plaintext = encodeContent({ format: message, content: longest });
    expect(plaintext.length).toBe(MAX_CONTENT_LENGTH);
    const copy = wrapDeviceSent({ plaintext, participantHash: 'h'.repeat(64) });
    expect(copy.length).toBeLessThanOrEqual(MAX_PLAINTEXT_LENGTH);
    const { body } = decodeContent({ format: message, plaintext: copy });
    expect(equalBytes(body!, plaintext)).toBe(true);

    const longer = { ...longest, body: bodyOf(MAX_CONTENT_LENGTH - rest - 1) };
    expectError('too-large', () => encodeContent({ format: message, content: longer }));
    const wider = { ...longest, body: bodyOf(1, most + 1) };
    expect(expectError('too-large', () => encodeContent({ format: message, content: wider })).data).toEqual({
      what: 'MessageContextInfo',
      limit: MAX_CONTEXT_LENGTH,
      got: MAX_CONTEXT_LENGTH + 1,
    });
  });
});

describe('extensions', () => {
  const signal = { name: 'signal', unknown: 'reject', rows: { id: required(1, uint32) } } as const;
  const extensions = { first: optional(1004, string), last: optional(1019, nested<{ id: number }>(signal)) };

  test.each(FORMATS)('are written and read with the types of their rows in the form $form', ({ form }) => {
    const format = { form, extensions };
    const content = { ...minimal, extensions: { first: 'hi', last: { id: 7 } } };
    const plaintext = encodeContent({ format, content });
    expect(plaintext).toEqual(
      bytesOf(ID, CHAT, lengthField(1004, 'hi'), lengthField(1019, varintField(1, 7))),
    );
    const received = decodeContent({ format, plaintext });
    const id: number | undefined = received.extensions?.last?.id;
    expect(id).toBe(7);
    expect(received).toEqual({ kind: 'bound', ...content });
    const copy = decodeContent({ format, plaintext: wrapDeviceSent({ plaintext }) });
    expect(copy.extensions).toEqual(content.extensions);
  });

  test('that the format does not name are malformed', () => {
    const plaintext = encodeContent({
      format: { form: 'payload', extensions },
      content: { ...minimal, extensions: { last: { id: 7 } } },
    });
    for (const format of FORMATS) {
      expect(expectError('malformed', () => decodeContent({ format, plaintext })).data.got).toBe(
        'field 1019',
      );
    }
  });

  test('cannot be sent by a format that does not name them', () => {
    const content = { ...minimal, extensions: { last: { id: 7 } } };
    expectError('invalid-argument', () => encodeContent({ format: payload, content: content as never }));
  });

  test.each([1, 12, 999, 1000, 1003, 1020])('cannot have the number %i', (number) => {
    const format = { form: 'payload', extensions: { bad: optional(number, uint32) } } as const;
    expectError('invalid-argument', () => encodeContent({ format, content: minimal }));
    expectError('invalid-argument', () => decodeContent({ format, plaintext: bytesOf(ID, CHAT) }));
  });

  test('cannot share a number', () => {
    const format = {
      form: 'payload',
      extensions: { one: optional(1004, uint32), other: optional(1004, uint32) },
    } as const;
    expectError('invalid-argument', () => encodeContent({ format, content: minimal }));
  });
});

test('whatever an application puts into a payload comes back, in both copies', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme-ascii' }),
      (body, messageId) => {
        const content = { messageId, chat: 'bob@example.org', body };
        const plaintext = encodeContent({ format: payload, content });
        expect(decodeContent({ format: payload, plaintext })).toEqual({ kind: 'bound', ...content });
        const copy = decodeContent({ format: payload, plaintext: wrapDeviceSent({ plaintext }) });
        expect(copy).toEqual({ kind: 'bound', ...content, deviceSent: { destination: content.chat } });
      },
    ),
  );
});

test('a call key is copied and not shown', () => {
  const bytes = new Uint8Array(CALL_KEY_LENGTH).fill(7);
  const callKey = callKeyFrom(bytes);
  bytes.fill(0);
  expect(reveal(callKey)).toEqual(new Uint8Array(32).fill(7));
  expect(JSON.stringify({ callKey })).toBe('{"callKey":"[Secret CallKey]"}');
  for (const length of [0, 31, 33])
    expectError('invalid-argument', () => callKeyFrom(new Uint8Array(length)));
});

/** Secrets as bytes, so that they can be compared. */
function readable(content: object): object {
  const { call, ...rest } = content as Partial<Content>;
  return { ...rest, ...(call === undefined ? {} : { call: concat(reveal(call.callKey)) }) };
}
