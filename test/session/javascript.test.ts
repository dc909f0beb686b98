/** What JavaScript allows callers to do with arguments and results: shared, changed, detached and odd values. */
import type { Random } from 'polyratchet';
import { PolyratchetError } from 'polyratchet/errors';
import { createBundle, decodeIdentity, encodeIdentity, type PreKeyBundle } from 'polyratchet/identity';
import {
  archiveSession,
  createSession,
  decodeSession,
  decrypt,
  encodeSession,
  encrypt,
  forgetSignedPreKey,
  peekPreKeyMessage,
  type DecryptOptions,
  type EncryptedMessage,
} from 'polyratchet/session';
import { beforeEach, describe, expect, test } from 'vitest';
import { concat } from '../../src/core/bytes.js';
import { expectError } from '../support/errors.js';
import { sessionOf } from '../support/forge.js';
import {
  bundleOf,
  copyOf,
  createParty,
  pair,
  preKeysFor,
  receive,
  send,
  start,
  type Party,
} from '../support/party.js';
import { caught } from '../support/rejects.js';

const begun = { alice: createParty(1), bob: createParty(2) };
start(begun.alice, bundleOf(begun.bob));
const first = send(begun.alice, 'genuine');
const TEXT = new TextEncoder().encode('genuine');

let alice: Party;
let bob: Party;
let message: EncryptedMessage;
beforeEach(() => {
  [alice, bob] = [separate(pair().alice), separate(pair().bob)];
  message = send(alice, 'genuine');
});

/** Options of each call that works, with fresh byte strings: nothing that a test does to them reaches another. */
const options = {
  create: () => {
    const { registrationId, random, now } = begun.alice;
    const identity = decodeIdentity(encodeIdentity(begun.alice.identity));
    const trustedIdentity = new Uint8Array(begun.bob.identity.publicKey);
    return {
      identity,
      registrationId,
      bundle: copyBundle(bundleOf(begun.bob)),
      trustedIdentity,
      random,
      now,
    };
  },
  encrypt: () => ({
    session: decodeSession(encodeSession(sessionOf(alice))),
    plaintext: new Uint8Array(TEXT),
    trustedIdentity: new Uint8Array(bob.identity.publicKey),
    now: alice.now,
  }),
  decrypt: () => ({
    identity: decodeIdentity(encodeIdentity(bob.identity)),
    session: decodeSession(encodeSession(sessionOf(bob))),
    message: { type: message.type, bytes: new Uint8Array(message.bytes) },
    trustedIdentity: new Uint8Array(alice.identity.publicKey),
    random: bob.random,
  }),
  accept: () => ({
    identity: decodeIdentity(encodeIdentity(begun.bob.identity)),
    message: { type: first.type, bytes: new Uint8Array(first.bytes) },
    trustedIdentity: new Uint8Array(begun.alice.identity.publicKey),
    ...preKeysFor(begun.bob, first),
    random: begun.bob.random,
  }),
};

describe('bytes that the caller changes after the call', () => {
  type Case = readonly [string, () => { inputs: readonly Uint8Array[]; shown: () => unknown }];
  const CASES: readonly Case[] = [
    [
      'a bundle and a trusted identity of a session that was started',
      () => {
        const { bundle, ...rest } = options.create();
        const { session } = createSession({ bundle, ...rest });
        const { identityKey, signedPreKey, oneTimePreKey } = bundle;
        return {
          inputs: [
            identityKey,
            signedPreKey.publicKey,
            signedPreKey.signature,
            oneTimePreKey!.publicKey,
            rest.trustedIdentity,
          ],
          shown: () => encodeSession(session),
        };
      },
    ],
    [
      'an identity key of a session that was started',
      () => {
        const created = options.create();
        const { session } = createSession(created);
        return { inputs: [created.identity.publicKey], shown: () => encodeSession(session) };
      },
    ],
    [
      'a plaintext and a trusted identity',
      () => {
        const input = options.encrypt();
        const result = encrypt(input);
        return {
          inputs: [input.plaintext, input.trustedIdentity],
          shown: () => [encodeSession(result.session), new Uint8Array(result.message.bytes)],
        };
      },
    ],
    [
      'an ordinary message',
      () => {
        const input = options.decrypt();
        const result = decrypt(input);
        return {
          inputs: [input.message.bytes, input.trustedIdentity],
          shown: () => [encodeSession(result.session), new Uint8Array(result.plaintext)],
        };
      },
    ],
    [
      'a prekey message, and the prekeys and the identity that accepted it',
      () => {
        const input = options.accept();
        const result = decrypt(input);
        return {
          inputs: [input.message.bytes, input.trustedIdentity, input.identity.publicKey],
          shown: () => [encodeSession(result.session), new Uint8Array(result.plaintext)],
        };
      },
    ],
    [
      'a prekey message that was looked at',
      () => {
        const { bytes } = options.accept().message;
        const info = peekPreKeyMessage(bytes);
        return {
          inputs: [bytes],
          shown: () => [new Uint8Array(info.baseKey), new Uint8Array(info.identityKey)],
        };
      },
    ],
    [
      'a record',
      () => {
        const record = encodeSession(sessionOf(pair().bob));
        const session = decodeSession(record);
        return { inputs: [record], shown: () => encodeSession(session) };
      },
    ],
  ];

  test.each(CASES)('%s: the result stays', (_, run) => {
    const { inputs, shown } = run();
    const before = shown();
    for (const bytes of inputs) bytes.fill(0xee);
    expect(shown()).toEqual(before);
  });
});

describe('bytes that the caller changes in a result', () => {
  test.each<[string, () => { outputs: readonly Uint8Array[]; shown: () => Uint8Array }]>([
    [
      'of starting a session',
      () => {
        const { session, identity } = createSession(options.create());
        return { outputs: [identity.key], shown: () => encodeSession(session) };
      },
    ],
    [
      'of encrypting',
      () => {
        const { session, message: sent } = encrypt(options.encrypt());
        return { outputs: [sent.bytes], shown: () => encodeSession(session) };
      },
    ],
    [
      'of decrypting an ordinary message',
      () => {
        const { session, plaintext, identity } = decrypt(options.decrypt());
        return { outputs: [plaintext, identity.key], shown: () => encodeSession(session) };
      },
    ],
    [
      'of decrypting a prekey message',
      () => {
        const { session, plaintext, identity } = decrypt(options.accept());
        return { outputs: [plaintext, identity.key], shown: () => encodeSession(session) };
      },
    ],
    [
      'of encoding a session',
      () => {
        const session = sessionOf(alice);
        return { outputs: [encodeSession(session)], shown: () => encodeSession(session) };
      },
    ],
    [
      'of refusing an identity',
      () => {
        const session = sessionOf(alice);
        const { trustedIdentity: _, ...rest } = options.create();
        const identity = alice.identity;
        const bundle = bundleOf(createParty(8));
        const { data } = expectError('untrusted-identity', () =>
          createSession({ ...rest, identity, bundle, session }),
        );
        return { outputs: [data.expected, data.got], shown: () => encodeSession(session) };
      },
    ],
    [
      'of making a bundle',
      () => {
        const { identity } = options.create();
        const [signedPreKey] = begun.bob.signedPreKeys.values();
        const bundle = createBundle({ identity, registrationId: 1, signedPreKey: signedPreKey! });
        return { outputs: [bundle.identityKey], shown: () => new Uint8Array(identity.publicKey) };
      },
    ],
  ])('%s: the state stays', (_, run) => {
    const { outputs, shown } = run();
    const before = shown();
    for (const bytes of outputs) bytes.fill(0xee);
    expect(shown()).toEqual(before);
  });
});

describe('bytes of the caller', () => {
  test('are never changed or wiped by the library', () => {
    const created = options.create();
    const { identityKey, signedPreKey, oneTimePreKey } = created.bundle;
    const [encrypted, decrypted, accepted] = [options.encrypt(), options.decrypt(), options.accept()];
    const record = encodeSession(sessionOf(alice));
    const inputs = [
      identityKey,
      signedPreKey.publicKey,
      signedPreKey.signature,
      oneTimePreKey!.publicKey,
      created.trustedIdentity,
      encrypted.plaintext,
      decrypted.message.bytes,
      accepted.message.bytes,
      accepted.signedPreKey!.publicKey,
      accepted.identity.publicKey,
      record,
    ];
    const before = inputs.map((bytes) => new Uint8Array(bytes));
    createSession(created);
    encrypt(encrypted);
    decrypt(decrypted);
    decrypt(accepted);
    decodeSession(record);
    expect(inputs).toEqual(before);
  });

  test('that a source of randomness hands out are copied and left alone', () => {
    const handed: Uint8Array[] = [];
    const { random: source, ...rest } = options.create();
    const random: Random = (length) => {
      const bytes = source(length);
      handed.push(bytes);
      return bytes;
    };
    const { session } = createSession({ ...rest, random });
    const before = encodeSession(session);
    expect(handed.length).toBeGreaterThan(1);
    for (const bytes of handed) {
      expect(bytes.some((byte) => byte !== 0)).toBe(true);
      bytes.fill(0);
    }
    expect(encodeSession(session)).toEqual(before);
  });

  test('may change while a source of randomness is asked, which comes after the decryption', () => {
    const input = options.decrypt();
    const random: Random = (length) => {
      input.message.bytes.fill(0);
      input.trustedIdentity.fill(0);
      return bob.random(length);
    };
    const result = caught(() => decrypt({ ...input, random }));
    if (result !== undefined) expect(PolyratchetError.is(result)).toBe(true);
    expect(receive(bob, message)).toBe('genuine');
  });
});

test('a plaintext is a plain array of its own memory, and no part of a larger one', () => {
  for (const { plaintext } of [decrypt(options.decrypt()), decrypt(options.accept())]) {
    expect(Object.getPrototypeOf(plaintext)).toBe(Uint8Array.prototype);
    expect([plaintext.byteOffset, plaintext.buffer.byteLength]).toEqual([0, plaintext.length]);
  }
});

/** The same bytes in another kind of memory. */
const MEMORIES: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
  [
    'a view into the middle of a larger buffer',
    (bytes) => {
      const larger = concat(new Uint8Array(5).fill(0xaa), bytes, new Uint8Array(7).fill(0xbb));
      return larger.subarray(5, 5 + bytes.length);
    },
  ],
  [
    'shared memory, where there is any',
    (bytes) => {
      if (typeof SharedArrayBuffer === 'undefined') return bytes; // a page that is not isolated has none
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 3), 2, bytes.length);
      shared.set(bytes);
      return shared;
    },
  ],
  [
    'a buffer that can grow',
    (bytes) => {
      const Growing = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
      const grown = new Uint8Array(new Growing(bytes.length, { maxByteLength: 10 * bytes.length }));
      grown.set(bytes);
      return grown;
    },
  ],
  [
    'a subclass of Uint8Array',
    (bytes) => {
      class Special extends Uint8Array {}
      return new Special(bytes);
    },
  ],
];

describe.each(MEMORIES)('bytes in %s', (_, place) => {
  test('are taken everywhere', () => {
    const { bundle, ...created } = options.create();
    const { session } = createSession({
      ...created,
      trustedIdentity: place(created.trustedIdentity),
      bundle: copyBundle(bundle, place),
    });
    expect(session.current?.remoteIdentity).toEqual(begun.bob.identity.publicKey);

    const encrypted = options.encrypt();
    const { message: sent } = encrypt({ ...encrypted, plaintext: place(encrypted.plaintext) });
    const bytes = place(sent.bytes);
    expect(receive(copyOf(bob), { ...sent, bytes })).toBe('genuine');

    const accepted = options.accept();
    const moved = { type: 'prekey', bytes: place(accepted.message.bytes) } as const;
    expect(peekPreKeyMessage(moved.bytes)).toEqual(peekPreKeyMessage(first.bytes));
    expect(decrypt({ ...accepted, message: moved }).plaintext).toEqual(TEXT);

    const record = encodeSession(sessionOf(bob));
    expect(encodeSession(decodeSession(place(record)))).toEqual(record);
  });

  test('do not lie under results', () => {
    const input = options.decrypt();
    const bytes = place(input.message.bytes);
    const result = decrypt({ ...input, message: { type: 'message', bytes } });
    const before = encodeSession(result.session);
    bytes.fill(0);
    expect(result.plaintext).toEqual(TEXT);
    expect(encodeSession(result.session)).toEqual(before);
  });
});

const DETACHED = new Uint8Array(32);
structuredClone(DETACHED.buffer, { transfer: [DETACHED.buffer] });

/** Values that are no bytes. */
const NO_BYTES: readonly unknown[] = [
  null,
  true,
  7,
  1n,
  'text',
  Symbol('symbol'),
  [1, 2, 3],
  {},
  { length: 32 },
  () => new Uint8Array(32),
  new ArrayBuffer(32),
  new DataView(new ArrayBuffer(32)),
  new Uint16Array(32),
  new Int8Array(32),
  new Uint8ClampedArray(32),
  Object.create(Uint8Array.prototype),
  new Proxy(new Uint8Array(32), {}),
  DETACHED,
];

describe('an argument that must be bytes and is not', () => {
  const BYTES: readonly (readonly [string, (value: never) => unknown])[] = [
    ['createSession bundle.identityKey', (identityKey) => createWith({ identityKey })],
    ['createSession bundle.signedPreKey.publicKey', (publicKey) => createWithSigned({ publicKey })],
    ['createSession bundle.signedPreKey.signature', (signature) => createWithSigned({ signature })],
    [
      'createSession bundle.oneTimePreKey.publicKey',
      (publicKey) => createWith({ oneTimePreKey: { id: 1, publicKey } }),
    ],
    ['encrypt plaintext', (plaintext) => encrypt({ ...options.encrypt(), plaintext })],
    [
      'decrypt message.bytes',
      (bytes) => decrypt({ ...options.decrypt(), message: { type: 'message', bytes } }),
    ],
    [
      'decrypt prekey message.bytes',
      (bytes) => decrypt({ ...options.accept(), message: { type: 'prekey', bytes } }),
    ],
    ['peekPreKeyMessage', (bytes) => peekPreKeyMessage(bytes)],
    ['decodeSession', (bytes) => decodeSession(bytes)],
  ];
  const OPTIONAL_BYTES: typeof BYTES = [
    [
      'createSession trustedIdentity',
      (trustedIdentity) => createSession({ ...options.create(), trustedIdentity }),
    ],
    ['encrypt trustedIdentity', (trustedIdentity) => encrypt({ ...options.encrypt(), trustedIdentity })],
    ['decrypt trustedIdentity', (trustedIdentity) => decrypt({ ...options.decrypt(), trustedIdentity })],
  ];

  test.each([...BYTES, ...OPTIONAL_BYTES])('%s is refused', (_, call) => {
    for (const value of NO_BYTES) expectError('invalid-argument', () => call(value as never));
  });

  test.each(BYTES)('%s is refused where it is missing', (_, call) => {
    expectError('invalid-argument', () => call(undefined as never));
  });
});

describe('an argument that must be an integer and is not', () => {
  const WRONG = [undefined, null, NaN, -0, -1, 1.5, 2 ** 53, Infinity, 1n, '1', [1], new Date(), true];
  const valueOf = { valueOf: (): number => 1, [Symbol.toPrimitive]: (): number => 1 };
  test.each<[string, (value: never) => unknown]>([
    [
      'createSession registrationId',
      (registrationId) => createSession({ ...options.create(), registrationId }),
    ],
    ['createSession now', (now) => createSession({ ...options.create(), now })],
    ['createSession bundle.registrationId', (registrationId) => createWith({ registrationId })],
    ['createSession bundle.signedPreKey.id', (id) => createWithSigned({ id })],
    ['encrypt now', (now) => encrypt({ ...options.encrypt(), now })],
  ])('%s is refused', (_, call) => {
    for (const value of [...WRONG, valueOf]) expectError('invalid-argument', () => call(value as never));
  });
});

describe('an argument that must be an object or a function and is not', () => {
  const PRIMITIVES = [null, true, 7, 1n, 'text', Symbol('symbol')];
  const typed = (run: () => unknown): string => {
    const error = caught(run);
    if (PolyratchetError.is(error)) return error.code;
    return error instanceof Error ? `${error.name}: ${error.message}` : 'no error';
  };
  const CALLS: readonly (readonly [string, (value: never) => unknown, boolean])[] = [
    ['createSession', (value) => createSession(value), true],
    ['createSession identity', (identity) => createSession({ ...options.create(), identity }), true],
    ['createSession bundle', (bundle) => createSession({ ...options.create(), bundle }), true],
    ['createSession bundle.signedPreKey', (signedPreKey) => createWith({ signedPreKey }), true],
    ['createSession bundle.oneTimePreKey', (oneTimePreKey) => createWith({ oneTimePreKey }), false],
    ['createSession session', (session) => createSession({ ...options.create(), session }), false],
    ['createSession random', (random) => createSession({ ...options.create(), random }), true],
    ['encrypt', (value) => encrypt(value), true],
    ['encrypt session', (session) => encrypt({ ...options.encrypt(), session }), true],
    ['decrypt', (value) => decrypt(value), true],
    ['decrypt identity', (identity) => decrypt({ ...options.decrypt(), identity }), true],
    ['decrypt message', (wrong) => decrypt({ ...options.decrypt(), message: wrong }), true],
    ['decrypt session', (session) => decrypt({ ...options.decrypt(), session }), false],
    ['decrypt signedPreKey', (signedPreKey) => decrypt({ ...options.accept(), signedPreKey }), false],
    ['decrypt oneTimePreKey', (oneTimePreKey) => decrypt({ ...options.accept(), oneTimePreKey }), false],
    ['decrypt random', (random) => decrypt({ ...options.decrypt(), random }), true],
    ['encodeSession', (session) => encodeSession(session), true],
    ['archiveSession', (value) => archiveSession(value), true],
    ['archiveSession session', (session) => archiveSession({ session }), true],
    ['forgetSignedPreKey session', (session) => forgetSignedPreKey({ session, signedPreKeyId: 1 }), true],
  ];

  test.each(CALLS)('%s is refused by a typed error', (_, call, required) => {
    const values = required ? [undefined, ...PRIMITIVES] : PRIMITIVES;
    const got = values.map((value) => typed(() => call(value as never)));
    const expected = values.map((): unknown => expect.stringMatching(/^(invalid-argument|no-prekey)$/));
    expect(got).toEqual(expected);
  });

  test('as the kind of a message, names of Object.prototype among them, is refused', () => {
    for (const type of [undefined, null, 2, 'toString', '__proto__', 'constructor', 'PREKEY', ['prekey']]) {
      const wrong = { ...options.accept().message, type: type as 'prekey' };
      expectError('invalid-argument', () => decrypt({ ...options.accept(), message: wrong }));
    }
  });
});

describe('options that are odd objects', () => {
  test('may have no prototype, be frozen, be proxies, or have getters', () => {
    const plain = options.decrypt();
    const getters: DecryptOptions = Object.defineProperties(
      {} as DecryptOptions,
      Object.fromEntries(
        Object.entries(plain).map(([key, value]: [string, unknown]) => [
          key,
          { enumerable: true, get: () => value },
        ]),
      ),
    );
    for (const odd of [
      Object.assign(Object.create(null) as typeof plain, plain),
      Object.freeze({ ...plain, message: Object.freeze(plain.message) }),
      new Proxy(plain, {}),
      getters,
    ]) {
      expect(decrypt(odd).plaintext).toEqual(TEXT);
    }
  });

  test('that give another value each time give one result or a typed error, never a broken state', () => {
    const forged = new Uint8Array(message.bytes).fill(0, 10);
    let reads = 0;
    const shifting = {
      type: message.type,
      get bytes() {
        return reads++ === 0 ? message.bytes : forged;
      },
    };
    expect(decrypt({ ...options.decrypt(), message: shifting }).plaintext).toEqual(TEXT);

    const { bundle, ...rest } = options.create();
    const other = bundleOf(createParty(9));
    let turns = 0;
    const twoFaced: PreKeyBundle = {
      ...bundle,
      get identityKey() {
        return turns++ === 0 ? bundle.identityKey : other.identityKey;
      },
    };
    const { session } = createSession({ ...rest, bundle: twoFaced });
    expect(session.current?.remoteIdentity).toEqual(bundle.identityKey);
  });
});

/** A copy of a party that shares no bytes with it. */
function separate(party: Party): Party {
  return {
    ...copyOf(party),
    identity: decodeIdentity(encodeIdentity(party.identity)),
    session: decodeSession(encodeSession(sessionOf(party))),
  };
}

function createWith(part: Partial<Record<keyof PreKeyBundle, unknown>>): unknown {
  const { bundle, ...rest } = options.create();
  return createSession({ ...rest, bundle: { ...bundle, ...part } as PreKeyBundle });
}

function createWithSigned(part: Partial<Record<keyof PreKeyBundle['signedPreKey'], unknown>>): unknown {
  return createWith({ signedPreKey: { ...options.create().bundle.signedPreKey, ...part } });
}

function copyBundle(
  { registrationId, identityKey, signedPreKey, oneTimePreKey }: PreKeyBundle,
  copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes),
): PreKeyBundle {
  return {
    registrationId,
    identityKey: copy(identityKey),
    signedPreKey: {
      id: signedPreKey.id,
      publicKey: copy(signedPreKey.publicKey),
      signature: copy(signedPreKey.signature),
    },
    oneTimePreKey: { id: oneTimePreKey!.id, publicKey: copy(oneTimePreKey!.publicKey) },
  };
}
