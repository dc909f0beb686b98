/** Stored sessions: what is written is read again, everything else is refused by a typed error, and none grows large. */
import { PolyratchetError } from 'polyratchet/errors';
import { MAX_RECEIVING_CHAINS, MAX_SKIPPED_KEYS } from 'polyratchet/ratchet';
import {
  archiveSession,
  decodeSession,
  decrypt,
  encodeSession,
  encrypt,
  MAX_ACCEPTED_ROOTS,
  MAX_ARCHIVED_STATES,
  type Session,
} from 'polyratchet/session';
import { describe, expect, inject, test } from 'vitest';
import { concat, toHex } from '../../src/core/bytes.js';
import { reveal, Secret } from '../../src/core/secret.js';
import { expectError } from '../support/errors.js';
import {
  alterRatchet,
  bytesField,
  currentOf,
  fieldsOf,
  flipBit,
  sessionOf,
  varintField,
} from '../support/forge.js';
import { bundleOf, createParty, pair, receive, send, start, type Party } from '../support/party.js';
import { caught } from '../support/rejects.js';

/** Sessions of every shape: each phase, skipped and dropped keys, archived states, none. */
const SESSIONS: readonly (readonly [string, () => Session])[] = [
  [
    'unacknowledged',
    () => {
      const alice = createParty(1);
      start(alice, bundleOf(createParty(2)));
      return sessionOf(alice);
    },
  ],
  [
    'unacknowledged, without a one-time prekey',
    () => {
      const alice = createParty(1);
      start(alice, bundleOf(createParty(2, 0)));
      return sessionOf(alice);
    },
  ],
  ['acknowledged', () => sessionOf(pair().alice)],
  ['accepted', () => sessionOf(pair().bob)],
  [
    'with five chains and skipped keys in each',
    () => {
      const { alice, bob } = pair();
      for (let turn = 0; turn < 7; turn++) {
        for (let i = 0; i < 3; i++) send(alice, 'lost');
        receive(bob, send(alice, 'message'));
        receive(alice, send(bob, 'answer'));
      }
      return sessionOf(bob);
    },
  ],
  [
    'with archived states',
    () => {
      const { alice, bob } = pair();
      for (let i = 0; i < 3; i++) {
        start(alice, bundleOf(bob, false));
        receive(bob, send(alice, 'anew'));
      }
      return sessionOf(bob);
    },
  ],
  ['archived', () => archiveSession({ session: sessionOf(pair().bob) })],
  ['empty', () => ({ localIdentity: pair().bob.identity.publicKey, archived: [], acceptedRoots: [] })],
];

describe.each(SESSIONS)('a session that is %s', (_, make) => {
  const session = make();
  const record = encodeSession(session);

  test('is read as it was written', () => {
    const again = decodeSession(record);
    expect(shown(again)).toEqual(shown(session));
    expect(encodeSession(again)).toEqual(record);
  });

  test('is malformed at every length but its own', () => {
    for (let length = 0; length < record.length; length++) {
      const cut = caught(() => decodeSession(record.slice(0, length)));
      // Records of archived states and marks may be cut between two of them: detecting that is the store's business.
      if (cut === undefined)
        expect(encodeSession(decodeSession(record.slice(0, length)))).toHaveLength(length);
      else expect(PolyratchetError.is(cut, 'malformed') || cut).toBe(true);
    }
  });

  test('is refused with anything appended that is not a part of it', () => {
    for (const more of [
      Uint8Array.of(0),
      varintField(5, 1).raw,
      varintField(1, 1).raw,
      bytesField(99, record).raw,
    ]) {
      expectError('malformed', () => decodeSession(concat(record, more)));
    }
  });

  test('is refused with a version that is not 1', () => {
    for (let version = 0; version < 256; version++) {
      if (version === 1) continue;
      const other = concat(Uint8Array.of(version), record.subarray(1));
      expectError(version === 0 ? 'malformed' : 'newer-format', () => decodeSession(other));
    }
  });

  test('is refused, or read as another, with any bit turned; never is there another error', () => {
    const stride = inject('backend') === 'node' && record.length < 500 ? 1 : 7;
    let refused = 0;
    for (let bit = 0; bit < 8 * record.length; bit += stride) {
      const error = caught(() => encodeSession(decodeSession(flipBit(record, bit))));
      if (error === undefined) continue;
      if (!PolyratchetError.is(error)) throw new Error(`an untyped error at bit ${bit}`, { cause: error });
      expect(['malformed', 'newer-format', 'invalid-key']).toContain(error.code);
      refused++;
    }
    expect(refused).toBeGreaterThan(0);
  });
});

test('a session with a bit turned fails with typed errors only when it is used', () => {
  const stride = inject('backend') === 'node' ? 3 : 61;
  const { alice, bob } = pair();
  const message = send(alice, 'genuine');
  const record = encodeSession(sessionOf(bob));
  const { identity, random } = bob;
  let used = 0;
  for (let bit = 0; bit < 8 * record.length; bit += stride) {
    let session: Session;
    try {
      session = decodeSession(flipBit(record, bit));
    } catch {
      continue;
    }
    for (const step of [
      () => encrypt({ session, plaintext: new Uint8Array(3), now: 1 }),
      () => decrypt({ identity, message, session, random }),
    ]) {
      const error = caught(step);
      if (error !== undefined && !PolyratchetError.is(error))
        throw new Error(`an untyped error at bit ${bit}`, { cause: error });
      used++;
    }
  }
  expect(used).toBeGreaterThan(10);
  expect(receive(bob, message)).toBe('genuine');
});

describe('a record', () => {
  /** The session record of Bob with its current state's ratchet (field 6 of field 2) changed. */
  function withRatchet(change: (fields: readonly Uint8Array[]) => readonly Uint8Array[]): Uint8Array {
    const record = encodeSession(sessionOf(pair().bob));
    return rebuild(record, [2, 6], change);
  }

  test('holds at most five receiving chains', () => {
    const [chain] = fieldsOf(contentAt(encodeSession(sessionOf(pair().bob)), [2, 6])).filter(
      ({ number }) => number === 7,
    );
    const chains = (count: number): Uint8Array =>
      withRatchet((fields) => [...fields.slice(0, 6), ...Array.from({ length: count }, () => chain!.raw)]);
    expect(currentIn(decodeSession(chains(MAX_RECEIVING_CHAINS))).ratchet.receiving).toHaveLength(5);
    expectError('malformed', () => decodeSession(chains(MAX_RECEIVING_CHAINS + 1)));
  });

  test('holds at most 40 archived states and 1,000 marks', () => {
    const session = sessionOf(pair().bob);
    const current = currentIn(session);
    const [mark] = session.acceptedRoots;
    const full = (states: number, marks: number): Uint8Array =>
      encodeSession({
        ...session,
        archived: Array.from({ length: states }, () => current),
        acceptedRoots: Array.from({ length: marks }, () => mark!),
      });
    expect(decodeSession(full(MAX_ARCHIVED_STATES, MAX_ACCEPTED_ROOTS)).archived).toHaveLength(40);
    expectError('malformed', () => decodeSession(full(MAX_ARCHIVED_STATES + 1, 1)));
    expectError('malformed', () => decodeSession(full(1, MAX_ACCEPTED_ROOTS + 1)));
  });

  test('holds skipped keys in ascending order, below the counter of their chain, and 2,000 at most', () => {
    const key = (counter: number): number[] => [
      0,
      0,
      counter >> 8,
      counter & 0xff,
      ...new Array<number>(32).fill(7),
    ];
    const chain = (
      counter: number,
      counters: readonly number[],
      extra: readonly number[] = [],
    ): Uint8Array => {
      const numbers = [0, 0, counter >> 8, counter & 0xff, 0, 0, 0, 0];
      const { ratchetKey, chainKey } = currentIn(sessionOf(pair().bob)).ratchet.receiving[0]!;
      const packed = Uint8Array.from([...numbers, ...counters.flatMap(key), ...extra]);
      const content = concat(ratchetKey, reveal(chainKey), packed);
      return withRatchet((fields) => [...fields.slice(0, 6), bytesField(7, content).raw]);
    };
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
    expect(currentIn(decodeSession(chain(9, [2, 5, 8]))).ratchet.receiving).toHaveLength(1);
    decodeSession(chain(4000, upTo(MAX_SKIPPED_KEYS)));
    for (const wrong of [
      chain(9, [5, 2]),
      chain(9, [5, 5]),
      chain(9, [9]),
      chain(4000, upTo(MAX_SKIPPED_KEYS + 1)),
      chain(9, [2], [0]),
      chain(9, [2], new Array<number>(35).fill(0)),
    ]) {
      expectError('malformed', () => decodeSession(wrong));
    }
  });

  test('names one side that started, or none', () => {
    const record = encodeSession(sessionOf(pair().bob));
    const unacknowledged = bytesField(4, concat(...[1, 2, 4].map((number) => varintField(number, 1).raw)));
    expectError('malformed', () =>
      decodeSession(rebuild(record, [2], (fields) => [...fields, unacknowledged.raw])),
    );
  });

  test('is refused if a field comes twice, at every level', () => {
    const record = encodeSession(sessionOf(pair().bob));
    for (const path of [[], [2], [2, 6]]) {
      const twice = rebuild(record, path, (fields) => [...fields, fields[0]!]);
      expectError('malformed', () => decodeSession(twice));
    }
  });
});

describe('the size of a record', () => {
  const sizeOf = (party: Party): number => encodeSession(sessionOf(party)).length;

  test('is at most 500 bytes with one receiving chain, and 72 more with each other one', () => {
    const { alice, bob } = pair();
    const sizes = [sizeOf(bob)];
    expect(currentOf(bob).ratchet.receiving).toHaveLength(1);
    for (let turn = 0; turn < 8; turn++) {
      receive(bob, send(alice, 'message'));
      receive(alice, send(bob, 'answer'));
      sizes.push(sizeOf(bob));
    }
    console.log(
      `encoded session (${inject('backend')}): ${sizes[0]!} B with one chain, ${sizes.at(-1)!} B with five`,
    );
    expect(currentOf(bob).ratchet.receiving).toHaveLength(5);
    expect(sizes[0]).toBeLessThanOrEqual(500);
    for (const [i, size] of sizes.entries()) {
      if (i > 0) expect(size - sizes[i - 1]!).toBeLessThanOrEqual(i < MAX_RECEIVING_CHAINS ? 72 : 0);
    }
    expect(sizeOf(alice)).toBeLessThanOrEqual(500 + 4 * 72);
  });

  test('is at most 500 bytes before the peer has answered', () => {
    const alice = createParty(1);
    start(alice, bundleOf(createParty(2)));
    expect(sizeOf(alice)).toBeLessThanOrEqual(500);
  });

  test.each([[1], [10], [500], [MAX_SKIPPED_KEYS]])(
    'grows by at most 40 bytes a skipped key, of %i',
    (skipped) => {
      const { alice, bob } = pair();
      receive(bob, send(alice, 'on time'));
      const before = sizeOf(bob);
      for (let i = 0; i < skipped; i++) send(alice, 'overtaken');
      receive(bob, send(alice, 'ahead'));
      expect(sizeOf(bob) - before).toBeLessThanOrEqual(40 * skipped + 4);
      expect(sizeOf(bob) - before).toBeGreaterThanOrEqual(32 * skipped);
    },
  );

  test('goes back when skipped keys are used', () => {
    const { alice, bob } = pair();
    receive(bob, send(alice, 'on time'));
    const before = sizeOf(bob);
    const late = [send(alice, '1'), send(alice, '2')];
    receive(bob, send(alice, 'ahead'));
    for (const message of late) receive(bob, message);
    expect(sizeOf(bob)).toBe(before);
  });

  test('does not grow with the number of messages', () => {
    const { alice, bob } = pair();
    receive(bob, send(alice, 'first'));
    const before = sizeOf(bob);
    for (let i = 0; i < 100; i++) receive(bob, send(alice, 'next'));
    expect(sizeOf(bob)).toBe(before);
    alterRatchet(alice, (ratchet) => ({ ...ratchet, previousCounter: 2 ** 32 - 1 }));
    expect(sizeOf(alice)).toBeLessThanOrEqual(500);
  });
});

/** A value in which secrets are their bytes, so that two of them can be compared. */
function shown(value: unknown): unknown {
  if (value instanceof Secret) return toHex(reveal(value as Secret));
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shown(part)]));
}

function currentIn({ current }: Session): NonNullable<Session['current']> {
  if (current === undefined) throw new Error('the session has no current state');
  return current;
}

/** The content of a nested message of a record. */
function contentAt(record: Uint8Array, path: readonly number[]): Uint8Array {
  return path.reduce(
    (bytes, number) => fieldsOf(bytes).find((field) => field.number === number)!.content,
    record.subarray(1),
  );
}

/** A record in which the fields of a nested message are changed. */
function rebuild(
  record: Uint8Array,
  path: readonly number[],
  change: (fields: readonly Uint8Array[]) => readonly Uint8Array[],
): Uint8Array {
  const inside = (bytes: Uint8Array, [number, ...rest]: readonly number[]): Uint8Array => {
    const fields = fieldsOf(bytes);
    if (number === undefined) return concat(...change(fields.map(({ raw }) => raw)));
    return concat(
      ...fields.map((field) =>
        field.number === number ? bytesField(number, inside(field.content, rest)).raw : field.raw,
      ),
    );
  };
  return concat(record.subarray(0, 1), inside(record.subarray(1), path));
}
