/** In which chat a message is shown: never in one that it was not written in. */
import fc from 'fast-check';
import {
  decodeContent,
  encodeContent,
  verifyChat,
  wrapDeviceSent,
  type ContentFormat,
  type ReceivedContent,
  type VerifiedChat,
} from 'polyratchet/content';
import type { ErrorData } from 'polyratchet/errors';
import { describe, expect, test } from 'vitest';
import { notObjects } from '../core/inputs.js';
import { expectError } from '../support/errors.js';
import { lengthField } from '../wire/bytes.js';
import { bytesOf, payload } from './content.js';

const BOB = ['bob@example.org', '77@lid'];
const GROUP = '1234-5678@g.us';
const foreign = { form: 'message', foreign: true } as const satisfies ContentFormat;

interface Made {
  readonly chat?: string;
  readonly copied?: boolean;
  readonly senderKey?: string;
}

/** A received message: bound to a chat, unless there is none. */
function received({ chat, copied = false, senderKey }: Made): ReceivedContent {
  if (chat === undefined) {
    const senderKeyField =
      senderKey === undefined ? [] : lengthField(2, [...lengthField(1, senderKey), ...lengthField(2, [1])]);
    const inner = [...lengthField(1, 'hi'), ...senderKeyField];
    const sent = lengthField(31, [...lengthField(1, 'carol@example.org'), ...lengthField(2, inner)]);
    return decodeContent({ format: foreign, plaintext: bytesOf(copied ? sent : inner) });
  }
  const distribution =
    senderKey === undefined
      ? {}
      : { senderKeyDistribution: { groupId: senderKey, message: Uint8Array.of(1) } };
  const plaintext = encodeContent({ format: payload, content: { messageId: '1', chat, ...distribution } });
  return decodeContent({ format: payload, plaintext: copied ? wrapDeviceSent({ plaintext }) : plaintext });
}

type Who = Partial<Parameters<typeof verifyChat>[0]>;

function verify(made: Made, who: Who): VerifiedChat {
  return verifyChat({ content: received(made), sender: 'alice:3@example.org', own: BOB, ...who });
}

function wrong(made: Made, who: Who = {}): ErrorData['wrong-chat'] {
  return expectError('wrong-chat', () => verify(made, who)).data;
}

describe('a message to us', () => {
  test.each(BOB)('that names our address %s is shown in the chat of the sender', (chat) => {
    expect(verify({ chat }, {})).toEqual({ kind: 'incoming', chat: 'alice@example.org' });
  });

  test('that names somebody else is for another chat', () => {
    expect(wrong({ chat: 'carol@example.org' })).toEqual({ expected: BOB, got: 'carol@example.org' });
    expect(wrong({ chat: 'alice@example.org' }).got).toBe('alice@example.org');
    expect(wrong({ chat: GROUP }).got).toBe(GROUP);
    expect(wrong({ chat: 'bob@example.com' }).expected).toEqual(BOB);
  });

  test('from our own device is shown in the chat with ourselves, if it names that', () => {
    const sender = 'bob:1@example.org';
    expect(verify({ chat: BOB[0]! }, { sender })).toEqual({ kind: 'incoming', chat: 'bob@example.org' });
    wrong({ chat: 'carol@example.org' }, { sender });
  });

  test('without a chat is shown in the chat of the sender', () => {
    expect(verify({}, {})).toEqual({ kind: 'incoming', chat: 'alice@example.org' });
  });
});

describe('a copy', () => {
  test.each(['bob:1@example.org', 'bob@example.org', '77:2@lid'])(
    'from our device %s is shown in the chat that it was sent to',
    (sender) => {
      const shown = { kind: 'outgoing', chat: 'carol@example.org' };
      expect(verify({ chat: 'carol@example.org', copied: true }, { sender })).toEqual(shown);
      expect(verify({ copied: true }, { sender })).toEqual(shown);
    },
  );

  test.each(['alice:3@example.org', 'carol@example.org', 'bob@example.com', 'bob@lid', 'eve:1@example.org'])(
    'from the stranger %s is refused, whatever it names',
    (sender) => {
      const got = sender.replace(/:\d/, '');
      for (const chat of ['carol@example.org', ...BOB]) {
        expect(wrong({ chat, copied: true }, { sender })).toEqual({ expected: BOB, got });
      }
      expect(wrong({ copied: true }, { sender })).toEqual({ expected: BOB, got });
      expect(wrong({ chat: GROUP, copied: true }, { sender, group: GROUP })).toEqual({ expected: BOB, got });
    },
  );
});

describe('in a group', () => {
  test('a message that names the group is shown there, from others and from our devices', () => {
    const shown = { kind: 'group', chat: GROUP };
    expect(verify({ chat: GROUP }, { group: GROUP })).toEqual(shown);
    expect(verify({ chat: GROUP }, { group: GROUP, sender: 'bob:1@example.org' })).toEqual(shown);
    expect(verify({ chat: GROUP, copied: true }, { group: GROUP, sender: 'bob:1@example.org' })).toEqual(
      shown,
    );
    expect(verify({}, { group: GROUP })).toEqual(shown);
  });

  test('a message that names another chat is refused', () => {
    for (const chat of ['9@g.us', ...BOB]) {
      expect(wrong({ chat }, { group: GROUP })).toEqual({ expected: [GROUP], got: chat });
    }
  });

  test('a foreign copy of another chat is refused', () => {
    expect(wrong({ copied: true }, { group: GROUP, sender: 'bob:1@example.org' }).got).toBe(
      'carol@example.org',
    );
  });

  test('the sender key of the group is taken, and no other', () => {
    expect(verify({ chat: GROUP, senderKey: GROUP }, { group: GROUP }).kind).toBe('group');
    expect(verify({ senderKey: GROUP }, { group: GROUP }).kind).toBe('group');
    const data = { expected: [GROUP], got: '9@g.us' };
    expect(wrong({ chat: GROUP, senderKey: '9@g.us' }, { group: GROUP })).toEqual(data);
    expect(wrong({ senderKey: '9@g.us' }, { group: GROUP })).toEqual(data);
  });

  test('only: elsewhere a sender key is refused', () => {
    expect(wrong({ chat: BOB[0]!, senderKey: GROUP })).toEqual({ expected: [], got: GROUP });
    expect(wrong({ senderKey: GROUP })).toEqual({ expected: [], got: GROUP });
  });
});

test('only an account of ours or the group that is meant is ever a chat', () => {
  const accounts = fc.constantFrom(
    'bob@example.org',
    '77@lid',
    'carol@example.org',
    'alice@example.org',
    GROUP,
  );
  fc.assert(
    fc.property(accounts, accounts, fc.boolean(), fc.option(accounts), (chat, sender, copied, group) => {
      const isOwn = BOB.includes(sender);
      const expected =
        copied && !isOwn
          ? undefined
          : group !== null
            ? chat === group
              ? { kind: 'group', chat: group }
              : undefined
            : copied
              ? { kind: 'outgoing', chat }
              : BOB.includes(chat)
                ? { kind: 'incoming', chat: sender }
                : undefined;
      const run = (): VerifiedChat =>
        verify({ chat, copied }, { sender, ...(group === null ? {} : { group }) });
      if (expected === undefined) expectError('wrong-chat', run);
      else expect(run()).toEqual(expected);
    }),
  );
});

test('whoever has no address of their own receives nothing', () => {
  expect(wrong({ chat: BOB[0]! }, { own: [] })).toEqual({ expected: [], got: 'bob@example.org' });
});

describe('invalid-argument refuses', () => {
  test.each<[string, object]>([
    ['a sender that is no address', { sender: 'alice' }],
    ['no sender', { sender: undefined }],
    ['a device as group', { group: 'g:1@g.us' }],
    ['a group that is no address', { group: 7 }],
    ['a device among our accounts', { own: ['bob:1@example.org'] }],
    ['our account in no list', { own: 'bob@example.org' }],
    ['no account of ours', { own: undefined }],
    ['no content', { content: undefined }],
  ])('%s', (_, who) => {
    expectError('invalid-argument', () => verify({ chat: BOB[0]! }, who));
  });

  test.each(notObjects)('%s as options', (_, value) => {
    expectError('invalid-argument', () => verifyChat(value as never));
  });
});
