/** Messages that are not well-formed: refused before anything is computed, and the genuine one still decrypts. */
import { MAX_MESSAGE_LENGTH, MAX_RATCHET_PLAINTEXT } from 'polyratchet/ratchet';
import { encrypt, MAX_PREKEY_MESSAGE_LENGTH, type EncryptedMessage } from 'polyratchet/session';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { expectError } from '../support/errors.js';
import {
  add,
  bytesField,
  contentOf,
  forge,
  forgeInner,
  innerOf,
  PREKEY,
  rawField,
  remove,
  replace,
  sendAltered,
  sessionOf,
  SIGNAL,
  varint,
  varintField,
  withBytes,
  type Change,
  type Field,
} from '../support/forge.js';
import { bundleOf, copyOf, createParty, pair, receive, send, start, type Party } from '../support/party.js';
import { rejects } from '../support/rejects.js';

let alice: Party;
let bob: Party;

const begun = { alice: createParty(1), bob: createParty(2) };
start(begun.alice, bundleOf(begun.bob));

/** A genuine ordinary message to Bob. */
function ordinary(): EncryptedMessage {
  ({ alice, bob } = pair());
  return send(alice, 'genuine');
}

/** A genuine prekey message to Bob, who has no session yet. */
function prekey(): EncryptedMessage {
  [alice, bob] = [copyOf(begun.alice), copyOf(begun.bob)];
  return send(alice, 'genuine');
}

const EMPTY = new Uint8Array(0);
const KINDS = [
  ['ordinary', ordinary],
  ['prekey', prekey],
] as const;

describe.each(KINDS)('an %s message', (kind, genuine) => {
  let message: EncryptedMessage;
  beforeEach(() => {
    message = genuine();
  });

  test('is malformed at every length but its own', () => {
    for (let length = 0; length < message.bytes.length; length++) {
      rejects(bob, withBytes(message, message.bytes.slice(0, length)), 'malformed');
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  test('is refused with anything appended', () => {
    const codes = kind === 'prekey' ? (['malformed'] as const) : (['malformed', 'bad-mac'] as const);
    for (let byte = 0; byte < 256; byte += inject('backend') === 'node' ? 1 : 5) {
      rejects(bob, withBytes(message, concat(message.bytes, Uint8Array.of(byte))), codes);
    }
    for (const more of [message.bytes, new Uint8Array(8), varintField(99, 1).raw, bytesField(4, EMPTY).raw]) {
      rejects(bob, withBytes(message, concat(message.bytes, more)), codes);
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  test('is refused with any other version byte', () => {
    for (let byte = 0; byte < 256; byte++) {
      if (byte === 0x33 || byte === 0x34) continue;
      const other = new Uint8Array(message.bytes);
      other[0] = byte;
      const error = rejects(
        bob,
        withBytes(message, other),
        byte < 0x30 ? 'legacy-version' : 'unknown-version',
      );
      expect(error.data).toMatchObject({ got: byte });
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  const fieldNumbers = Object.values(kind === 'prekey' ? PREKEY : SIGNAL);
  const FORGED_FIELDS: readonly (readonly [string, (number: number) => Field])[] = [
    ['a varint of eleven bytes', (n) => rawField(n, 0, new Uint8Array(11).fill(0x80))],
    ['a varint of 65 bits', (n) => varintField(n, 1n << 64n)],
    ['a number of 2^32', (n) => varintField(n, 2n ** 32n)],
    ['a length one beyond the end', (n) => rawField(n, 2, varint(MAX_PREKEY_MESSAGE_LENGTH))],
    ['a length of 2^31', (n) => rawField(n, 2, varint(2 ** 31))],
    ['a length of 2^53', (n) => rawField(n, 2, varint(2 ** 53))],
    ['a length of 2^64 - 1', (n) => rawField(n, 2, varint(2n ** 64n - 1n))],
    ['wire type 1', (n) => rawField(n, 1, new Uint8Array(8))],
    ['wire type 3', (n) => rawField(n, 3, EMPTY)],
    ['wire type 4', (n) => rawField(n, 4, EMPTY)],
    ['wire type 5', (n) => rawField(n, 5, new Uint8Array(4))],
    ['wire type 6', (n) => rawField(n, 6, EMPTY)],
    ['wire type 7', (n) => rawField(n, 7, EMPTY)],
  ];
  test.each(FORGED_FIELDS)('is malformed with %s in any known field', (_, forged) => {
    for (const number of fieldNumbers) rejects(bob, forge(message, replace(forged(number))), 'malformed');
    expect(receive(bob, message)).toBe('genuine');
  });

  const FORGED_ADDITIONS: readonly (readonly [string, Field])[] = [
    ['field number 0', varintField(0, 1)],
    ['a field number of 30 bits', rawField(2 ** 29, 0, varint(1))],
    ['an unknown field of wire type 3', rawField(20, 3, EMPTY)],
    ['an unknown field of wire type 4', rawField(20, 4, EMPTY)],
    ['an unknown field of wire type 6', rawField(20, 6, EMPTY)],
    ['an unknown field of wire type 7', rawField(20, 7, EMPTY)],
    ['an unknown field that is longer than the message', rawField(20, 2, varint(2 ** 40))],
    ['an unknown varint that never ends', rawField(20, 0, new Uint8Array(20).fill(0xff))],
  ];
  test.each(FORGED_ADDITIONS)('is malformed with %s', (_, forged) => {
    rejects(bob, forge(message, add(forged)), 'malformed');
    expect(receive(bob, message)).toBe('genuine');
  });

  test('is malformed with any field twice', () => {
    for (const number of fieldNumbers) {
      const twice: Change = (fields) => [...fields, ...fields.filter((field) => field.number === number)];
      rejects(bob, forge(message, twice), 'malformed');
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  const needed =
    kind === 'prekey'
      ? [PREKEY.baseKey, PREKEY.identityKey, PREKEY.message, PREKEY.signedPreKeyId]
      : [SIGNAL.ratchetKey, SIGNAL.counter, SIGNAL.ciphertext];
  test.each(needed)('is malformed without its field %i', (number) => {
    rejects(bob, forge(message, remove(number)), 'malformed');
    expect(receive(bob, message)).toBe('genuine');
  });

  test('is refused as the other kind', () => {
    rejects(bob, { ...message, type: kind === 'prekey' ? 'message' : 'prekey' }, [
      'malformed',
      ...(kind === 'prekey' ? (['no-session'] as const) : []),
    ]);
    expect(receive(bob, message)).toBe('genuine');
  });

  test('is refused as a kind that does not exist', () => {
    const type = 'senderkey' as 'message';
    rejects(bob, { ...message, type }, 'invalid-argument');
    expect(receive(bob, message)).toBe('genuine');
  });

  const limit = kind === 'prekey' ? MAX_PREKEY_MESSAGE_LENGTH : MAX_MESSAGE_LENGTH;
  test('is too large beyond the bound, and read at it', () => {
    const grown = (length: number): EncryptedMessage =>
      withBytes(message, concat(message.bytes, new Uint8Array(length - message.bytes.length)));
    const error = rejects(bob, grown(limit + 1), 'too-large');
    expect(error.data).toMatchObject({ limit, got: limit + 1 });
    rejects(bob, grown(100 * 2 ** 20), 'too-large');
    rejects(bob, grown(limit), 'malformed');
    expect(receive(bob, message)).toBe('genuine');
  });

  test('costs little if it is full of empty unknown fields', () => {
    const empty = bytesField(15, EMPTY).raw;
    const bomb = new Uint8Array(2 * Math.floor((limit - message.bytes.length) / 2));
    for (let offset = 0; offset < bomb.length; offset += 2) bomb.set(empty, offset);
    const before = performance.now();
    rejects(
      bob,
      forge(message, add({ number: 15, raw: bomb, content: EMPTY })),
      kind === 'prekey' ? 'malformed' : 'bad-mac',
    );
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(receive(bob, message)).toBe('genuine');
  });
});

describe('a prekey message', () => {
  let message: EncryptedMessage;
  beforeEach(() => {
    message = prekey();
  });

  test('is malformed with any unknown field, since nothing authenticates it', () => {
    for (const field of [varintField(7, 1), bytesField(8, new Uint8Array(3)), varintField(2 ** 29 - 1, 0)]) {
      rejects(bob, forge(message, add(field)), 'malformed');
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  test('is malformed if the message inside is cut short at any length', () => {
    const inner = contentOf(message, PREKEY.message);
    for (let length = 0; length < inner.length; length++) {
      rejects(
        bob,
        forgeInner(message, (genuine) => withBytes(genuine, inner.slice(0, length))),
        'malformed',
      );
    }
    expect(receive(bob, message)).toBe('genuine');
  });

  test('is too large if the message inside is', () => {
    const inner = concat(contentOf(message, PREKEY.message), new Uint8Array(MAX_MESSAGE_LENGTH));
    const start = inner.subarray(0, MAX_MESSAGE_LENGTH + 1);
    rejects(
      bob,
      forgeInner(message, (genuine) => withBytes(genuine, start)),
      'too-large',
    );
    expect(receive(bob, message)).toBe('genuine');
  });

  test('is refused inside another one', () => {
    rejects(
      bob,
      forgeInner(message, () => message),
      'malformed',
    );
    expect(receive(bob, message)).toBe('genuine');
  });

  test('may have its fields in any order, as libsignal writes them in another than this library', () => {
    expect(
      receive(
        bob,
        forge(message, (fields) => fields.toReversed()),
      ),
    ).toBe('genuine');
  });
});

describe('an authentic message', () => {
  const ODD: readonly (readonly [string, Change])[] = [
    ['its fields in another order', (fields) => fields.toReversed()],
    ['no previous counter', remove(SIGNAL.previousCounter)],
    [
      "unknown fields, such as later releases of libsignal's",
      add(bytesField(5, new Uint8Array(37)), bytesField(6, new Uint8Array(36))),
    ],
    [
      'unknown fields of every wire type',
      add(
        rawField(7, 1, new Uint8Array(8)),
        rawField(8, 5, new Uint8Array(4)),
        varintField(9, 2n ** 64n - 1n),
      ),
    ],
    [
      'a varint that is longer than it must be',
      replace(rawField(SIGNAL.counter, 0, Uint8Array.of(0x81, 0x80, 0x00))),
    ],
  ];
  test.each(ODD)('is read with %s: its MAC is over the bytes that came', (_, change) => {
    const first = ordinary(); // counter 0
    receive(bob, first);
    expect(receive(bob, sendAltered(alice, 'odd', change))).toBe('odd');
  });

  test.each([[0x33], [0x34]])('is read with version byte %i, as its sender wrote it', (version) => {
    ordinary();
    const message = sendAltered(alice, 'genuine', (fields) => fields, version);
    const other = new Uint8Array(message.bytes);
    other[0] = 0x33 + 0x34 - version;
    rejects(bob, withBytes(message, other), 'bad-mac');
    expect(receive(bob, message)).toBe('genuine');
  });
});

describe('bytes of another protocol', () => {
  const uuid = new Uint8Array(16).fill(0xd1);
  const key = concat(Uint8Array.of(5), new Uint8Array(32).fill(9));
  const frame = (...fields: readonly Field[]): Uint8Array =>
    concat(Uint8Array.of(0x33), ...fields.map(({ raw }) => raw));
  const senderKey = frame(
    bytesField(1, uuid),
    varintField(2, 7),
    varintField(3, 0),
    bytesField(4, new Uint8Array(32)),
  );
  const FOREIGN: readonly (readonly [string, Uint8Array])[] = [
    ['a sender-key message', concat(senderKey, new Uint8Array(64))],
    [
      "a sender-key message in WhatsApp's form",
      concat(
        frame(varintField(1, 7), varintField(2, 0), bytesField(3, new Uint8Array(32))),
        new Uint8Array(64),
      ),
    ],
    ['a sender-key distribution message', concat(senderKey, bytesField(5, key).raw)],
  ];

  test.each(FOREIGN)('%s is no message of a session', (_, bytes) => {
    const message = ordinary();
    rejects(bob, { type: 'message', bytes }, 'malformed');
    rejects(bob, { type: 'prekey', bytes }, 'malformed');
    expect(receive(bob, message)).toBe('genuine');
  });

  test('plaintext is of no version', () => {
    const message = ordinary();
    const bytes = new TextEncoder().encode('Hello there, this is not encrypted.');
    rejects(bob, { type: 'message', bytes }, 'unknown-version');
    rejects(bob, { type: 'prekey', bytes }, 'unknown-version');
    expect(receive(bob, message)).toBe('genuine');
  });
});

describe('the size of a plaintext', () => {
  test('is at most 256 KiB and its padding', () => {
    ordinary();
    const now = alice.now;
    const session = sessionOf(alice);
    const largest = new Uint8Array(MAX_RATCHET_PLAINTEXT).fill(7);
    const { message } = encrypt({ session, plaintext: largest, now });
    expect(message.bytes.length).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
    expect(receive(bob, message)).toBe('\u0007'.repeat(MAX_RATCHET_PLAINTEXT));
    const plaintext = new Uint8Array(MAX_RATCHET_PLAINTEXT + 1);
    const error = expectError('too-large', () => encrypt({ session, plaintext, now }));
    expect(error.data).toMatchObject({ limit: MAX_RATCHET_PLAINTEXT, got: MAX_RATCHET_PLAINTEXT + 1 });
  });

  test('may be nothing, and fits into a prekey message at its largest', () => {
    const message = prekey();
    expect(innerOf(message).bytes.length).toBeLessThan(message.bytes.length);
    expect(receive(bob, send(alice, ''))).toBe('');
    const plaintext = new Uint8Array(MAX_RATCHET_PLAINTEXT);
    const largest = encrypt({ session: sessionOf(alice), plaintext, now: alice.now }).message;
    expect(largest.type).toBe('prekey');
    expect(largest.bytes.length).toBeLessThanOrEqual(MAX_PREKEY_MESSAGE_LENGTH);
    expect(receive(bob, largest)).toHaveLength(MAX_RATCHET_PLAINTEXT);
  });
});
