/** One message for many devices: what becomes of each, and that no device harms another. */
import type { Random } from 'polyratchet';
import { encryptFanout, type FanoutDevice, type FanoutOutcome } from 'polyratchet/fanout';
import { sign } from 'polyratchet/identity';
import { COUNTER_LIMIT } from 'polyratchet/ratchet';
import { archiveSession, decrypt, encodeSession, UNACKNOWLEDGED_LIFETIME_MS } from 'polyratchet/session';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import { createDevice, receiveFrom, sendToAll, targetOf, type Device } from '../support/devices.js';
import { expectError } from '../support/errors.js';
import { alterRatchet, contentOf, innerOf, SIGNAL } from '../support/forge.js';
import { bundleOf, createParty, preKeysFor, type Party } from '../support/party.js';

const TEXT = 'hello everybody';
const PLAINTEXT = new TextEncoder().encode(TEXT);

let alice: Device;
let bobs: readonly Device[];
beforeEach(() => {
  alice = createDevice('alice@example.org', 1, 0);
  bobs = ['bob@example.org', 'bob:1@example.org', 'bob:2@example.org'].map((address, i) =>
    createDevice(address, 2 + i, 1),
  );
});

/** Options of a call for some devices. */
function callFor(devices: readonly FanoutDevice[]): Parameters<typeof encryptFanout>[0] {
  const { identity, registrationId, random, now } = alice.party;
  return { identity, registrationId, plaintext: PLAINTEXT, devices, random, now };
}

function withBundles(): FanoutDevice[] {
  return bobs.map((bob) => targetOf(alice, bob, bundleOf(bob.party)));
}

/** All of Bob's devices read what they got. */
function expectRead(outcomes: readonly FanoutOutcome[], text = TEXT): void {
  for (const bob of bobs) {
    const outcome = outcomes.find(({ device }) => device === bob.address);
    if (outcome?.kind !== 'encrypted') throw new Error(`nothing for ${bob.address}`);
    expect(receiveFrom(bob, alice.address, outcome.message)).toBe(text);
  }
}

describe('a device', () => {
  test('gets a prekey message from its bundle, then ordinary ones once it has answered', () => {
    const outcomes = sendToAll(alice, TEXT, withBundles());
    expect(outcomes.map(({ kind, device }) => [kind, device])).toEqual(
      bobs.map(({ address }) => ['encrypted', address]),
    );
    for (const [i, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({
        message: { type: 'prekey' },
        identity: { kind: 'first', key: bobs[i]!.party.identity.publicKey },
      });
    }
    expectRead(outcomes);
    for (const bob of bobs) {
      const [answer] = sendToAll(bob, 'answer', [targetOf(bob, alice)]);
      if (answer?.kind !== 'encrypted') throw new Error('no answer');
      expect(receiveFrom(alice, bob.address, answer.message)).toBe('answer');
    }
    const next = sendToAll(
      alice,
      'and again',
      bobs.map((bob) => targetOf(alice, bob)),
    );
    for (const outcome of next) {
      expect(outcome).toMatchObject({ kind: 'encrypted', message: { type: 'message' } });
      expect(outcome).not.toHaveProperty('identity');
    }
    expectRead(next, 'and again');
  });

  test('gets its own message: no two share a byte of ciphertext', () => {
    const ciphertexts = sendToAll(alice, TEXT, withBundles()).map((outcome) => {
      if (outcome.kind !== 'encrypted') throw new Error('not encrypted');
      return contentOf(innerOf(outcome.message), SIGNAL.ciphertext).join();
    });
    expect(new Set(ciphertexts).size).toBe(bobs.length);
  });

  test('whose session can encrypt needs no bundle, and one that is passed is not used', () => {
    sendToAll(alice, TEXT, withBundles());
    const sessions = bobs.map((bob) => alice.sessions.get(bob.address)!.current!.baseKey);
    const outcomes = sendToAll(alice, TEXT, withBundles());
    expectRead(outcomes);
    expect(bobs.map((bob) => alice.sessions.get(bob.address)!.current!.baseKey)).toEqual(sessions);
  });

  const WITHOUT: readonly (readonly [string, (party: Party) => void, number])[] = [
    [
      'none',
      (party) => {
        party.session = undefined;
      },
      0,
    ],
    [
      'none',
      (party) => {
        party.session = archiveSession({ session: party.session! });
      },
      1,
    ],
    [
      'expired',
      () => {
        alice.party.now += UNACKNOWLEDGED_LIFETIME_MS + 1;
      },
      1,
    ],
    [
      'exhausted',
      (party) =>
        alterRatchet(party, (ratchet) => ({
          ...ratchet,
          sending: { ...ratchet.sending, counter: COUNTER_LIMIT },
        })),
      1,
    ],
  ];
  test.each(WITHOUT)(
    'whose session is %s needs a bundle, and starts anew with one',
    (status, spoil, archived) => {
      sendToAll(alice, TEXT, withBundles());
      const [bob] = bobs;
      const party = { ...alice.party, session: alice.sessions.get(bob!.address) };
      spoil(party);
      const session = party.session;
      const known = session === undefined ? {} : { session };
      const { address } = bob!;
      expect(encryptFanout(callFor([{ device: address, ...known }]))).toEqual([
        { kind: 'needs-bundle', device: address, session: status },
      ]);
      const [outcome] = encryptFanout(callFor([{ device: address, ...known, bundle: bundleOf(bob!.party) }]));
      if (outcome?.kind !== 'encrypted') throw new Error('not encrypted');
      expect(outcome.session.archived).toHaveLength(archived);
      expect(receiveFrom(bob!, alice.address, outcome.message)).toBe(TEXT);
    },
  );
});

describe('a bad device', () => {
  const EMPTY = new Uint8Array(0);
  const BAD: readonly (readonly [string, (device: FanoutDevice) => FanoutDevice, string])[] = [
    ['whose address is empty', (device) => ({ ...device, device: '' }), 'invalid-argument'],
    ['whose address has no server', (device) => ({ ...device, device: 'bob' }), 'invalid-argument'],
    [
      'whose address spells device 0',
      (device) => ({ ...device, device: 'bob:0@example.org' }),
      'invalid-argument',
    ],
    [
      'whose address is a lone surrogate',
      (device) => ({ ...device, device: '\ud800@example.org' }),
      'invalid-argument',
    ],
    [
      'whose address is very long',
      (device) => ({ ...device, device: `${'b'.repeat(1e6)}@x` }),
      'invalid-argument',
    ],
    [
      'whose address is no text',
      (device) => ({ ...device, device: 7 as unknown as string }),
      'invalid-argument',
    ],
    ['whose address is missing', ({ device: _, ...rest }) => rest as FanoutDevice, 'invalid-argument'],
    ['whose bundle is null', (device) => ({ ...device, bundle: null as never }), 'invalid-argument'],
    ['whose bundle is text', (device) => ({ ...device, bundle: 'bundle' as never }), 'invalid-argument'],
    ['whose bundle is empty', (device) => ({ ...device, bundle: {} as never }), 'invalid-argument'],
    [
      'whose bundle has no signed prekey',
      (device) => ({ ...device, bundle: { ...device.bundle!, signedPreKey: undefined as never } }),
      'invalid-argument',
    ],
    [
      'whose bundle has keys of no length',
      (device) => ({ ...device, bundle: { ...device.bundle!, identityKey: EMPTY } }),
      'invalid-key',
    ],
    [
      'whose bundle has a key of low order',
      (device) => ({ ...device, bundle: { ...device.bundle!, identityKey: new Uint8Array(32) } }),
      'invalid-key',
    ],
    [
      'whose signed prekey is signed by another',
      (device) => {
        const { identity, random } = createParty(77, 0);
        const { publicKey } = device.bundle!.signedPreKey;
        const message = Uint8Array.of(5, ...publicKey);
        const signature = sign({ identity, message, random });
        return { ...device, bundle: { ...device.bundle!, signedPreKey: { id: 1, publicKey, signature } } };
      },
      'invalid-signature',
    ],
    [
      'whose identity is not the trusted one',
      (device) => ({ ...device, trustedIdentity: createParty(78, 0).identity.publicKey }),
      'untrusted-identity',
    ],
    ['whose trusted identity is garbage', (device) => ({ ...device, trustedIdentity: EMPTY }), 'invalid-key'],
    ['that has our own identity', (device) => ({ ...device, bundle: bundleOf(alice.party) }), 'invalid-key'],
    ['whose session is null', (device) => ({ ...device, session: null as never }), 'invalid-argument'],
    ['whose session is garbage', (device) => ({ ...device, session: {} as never }), 'invalid-argument'],
    [
      'whose session is of another identity of ours',
      (device) => {
        const other = createDevice('other@example.org', 79, 0);
        sendToAll(other, TEXT, [device]);
        const session = other.sessions.get(device.device)!;
        return { ...device, session: archiveSession({ session }) };
      },
      'invalid-argument',
    ],
  ];

  test.each(BAD)('%s is refused, and the others get theirs', (_, spoil, code) => {
    const victim = createDevice('bad@example.org', 9, 0);
    const bad = spoil(targetOf(alice, victim, bundleOf(victim.party)));
    for (const position of inject('backend') === 'node' ? [0, 1, 3] : [1]) {
      const devices = withBundles();
      devices.splice(position, 0, bad);
      const outcomes = sendToAll(alice, TEXT, devices);
      expect(outcomes).toHaveLength(4);
      expect(outcomes[position]).toMatchObject({ kind: 'refused', error: { code } });
      expectRead(outcomes);
    }
  });

  test('is named in its error, as far as the error has room for it', () => {
    const victim = createDevice('bad@example.org', 9);
    const trustedIdentity = createParty(78, 0).identity.publicKey;
    const [outcome] = sendToAll(alice, TEXT, [
      { ...targetOf(alice, victim, bundleOf(victim.party)), trustedIdentity },
    ]);
    expect(outcome).toMatchObject({
      kind: 'refused',
      device: 'bad@example.org',
      error: {
        data: {
          device: 'bad@example.org',
          expected: trustedIdentity,
          got: victim.party.identity.publicKey,
        },
      },
    });
  });

  test('whose identity changed since its session began is refused, and its session stays as it was', () => {
    sendToAll(alice, TEXT, withBundles());
    const [bob] = bobs;
    const session = alice.sessions.get(bob!.address)!;
    const before = encodeSession(session);
    const trustedIdentity = createParty(78, 0).identity.publicKey;
    const [outcome] = encryptFanout(callFor([{ device: bob!.address, session, trustedIdentity }]));
    expect(outcome).toMatchObject({ kind: 'refused', error: { code: 'untrusted-identity' } });
    expect(encodeSession(session)).toEqual(before);
  });
});

describe('a device that is named twice', () => {
  test('is refused the second time, whatever came of the first', () => {
    const [first, second, third] = withBundles();
    const bare = { device: third!.device };
    const outcomes = sendToAll(alice, TEXT, [first!, bare, first!, second!, bare]);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'encrypted',
      'needs-bundle',
      'refused',
      'encrypted',
      'refused',
    ]);
    expect(outcomes[2]).toMatchObject({ error: { code: 'invalid-argument' } });
  });
});

describe('addresses that are names of Object.prototype', () => {
  test.each(['__proto__@example.org', 'constructor@x', 'toString@x', 'hasOwnProperty:1@x'])(
    '%s',
    (address) => {
      const device = createDevice(address, 9);
      const outcomes = sendToAll(alice, TEXT, [targetOf(alice, device, bundleOf(device.party))]);
      const [outcome] = outcomes;
      if (outcome?.kind !== 'encrypted') throw new Error('not encrypted');
      expect(outcome.device).toBe(address);
      expect(receiveFrom(device, alice.address, outcome.message)).toBe(TEXT);
    },
  );
});

describe('the padding', () => {
  test('has 1 to 16 bytes of its own length, all of which occur, the same for all devices of a call', () => {
    const lengths = new Set<number>();
    const devices = withBundles().slice(0, inject('backend') === 'node' ? 3 : 1);
    const calls = inject('backend') === 'node' ? 200 : 64;
    for (let value = 0; value < calls; value++) {
      let first = true;
      const random: Random = (length) => {
        if (!first) return alice.party.random(length);
        first = false;
        return new Uint8Array(length).fill(value);
      };
      const session = alice.sessions.get(devices[0]!.device);
      const targets = session === undefined ? devices : [{ device: devices[0]!.device, session }];
      const outcomes = encryptFanout({ ...callFor(targets), random });
      const padded = outcomes.map((outcome, i) => {
        if (outcome.kind !== 'encrypted') throw new Error('not encrypted');
        if (value === 0) alice.sessions.set(outcome.device, outcome.session);
        const { party } = bobs[i]!;
        const { identity, random: source } = party;
        const { message } = outcome;
        return decrypt({ identity, message, ...preKeysFor(party, message), random: source }).plaintext;
      });
      for (const plaintext of padded) {
        const padding = plaintext.at(-1)!;
        expect(plaintext.subarray(0, PLAINTEXT.length)).toEqual(PLAINTEXT);
        expect(plaintext.subarray(PLAINTEXT.length)).toEqual(new Uint8Array(padding).fill(padding));
        lengths.add(padding);
      }
      expect(new Set(padded.map(({ length }) => length)).size).toBe(1);
    }
    expect([...lengths].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  });
});

describe('a call that is wrong in itself', () => {
  test('is too large with more than 256 KiB of plaintext, and works with exactly that', () => {
    const devices = withBundles().slice(0, 1);
    const most = 256 * 1024;
    const error = expectError('too-large', () =>
      encryptFanout({ ...callFor(devices), plaintext: new Uint8Array(most + 1) }),
    );
    expect(error.data).toMatchObject({ limit: most, got: most + 1 });
    const [outcome] = encryptFanout({ ...callFor(devices), plaintext: new Uint8Array(most).fill(65) });
    if (outcome?.kind !== 'encrypted') throw new Error('not encrypted');
    expect(receiveFrom(bobs[0]!, alice.address, outcome.message)).toBe('A'.repeat(most));
  });

  test('works for nobody, and with nothing to say', () => {
    expect(encryptFanout(callFor([]))).toEqual([]);
    expectRead(sendToAll(alice, '', withBundles()), '');
  });

  test.each<[string, Record<string, unknown>]>([
    ['no plaintext', { plaintext: undefined }],
    ['a text for plaintext', { plaintext: TEXT }],
    ['a random source that fails', { random: () => new Uint8Array(0) }],
    ['no random source', { random: undefined }],
    ['no devices', { devices: undefined }],
    ['devices that are no list', { devices: { device: 'bob@example.org' } }],
    ['a device that is null', { devices: [null] }],
    ['a device that is text', { devices: ['bob@example.org'] }],
    ['no time', { now: undefined }],
    ['a time that is no integer', { now: NaN }],
    ['a registration id that is no integer', { registrationId: 1.5 }],
    ['no identity', { identity: undefined }],
  ])('with %s throws: no device is to blame', (_, wrong) => {
    const call = { ...callFor(withBundles()), ...wrong };
    expectError('invalid-argument', () => encryptFanout(call));
  });

  test('changes no session', () => {
    sendToAll(alice, TEXT, withBundles());
    const devices = bobs.map((bob) => targetOf(alice, bob));
    const before = devices.map(({ session }) => encodeSession(session!));
    expectError('invalid-argument', () => encryptFanout({ ...callFor(devices), plaintext: null as never }));
    encryptFanout(callFor(devices));
    expect(devices.map(({ session }) => encodeSession(session!))).toEqual(before);
  });
});

test('the plaintext and the devices may be changed after the call, and what came back before it is stored', () => {
  const devices = withBundles();
  const plaintext = new Uint8Array(PLAINTEXT);
  const outcomes = encryptFanout({ ...callFor(devices), plaintext });
  plaintext.fill(0);
  for (const { bundle } of devices) {
    bundle!.signedPreKey.publicKey.fill(0);
    bundle!.signedPreKey.signature.fill(0);
  }
  devices.length = 0;
  expectRead(outcomes);
});

describe('a plaintext of its own', () => {
  const own = new TextEncoder().encode('for you alone');

  test('goes to the device that brings it, and the common one to the others', () => {
    const [first, ...others] = withBundles();
    const outcomes = encryptFanout(callFor([{ ...first!, plaintext: own }, ...others]));
    const texts = outcomes.map((outcome, i) => {
      if (outcome.kind !== 'encrypted') throw new Error(outcome.kind);
      return receiveFrom(bobs[i]!, alice.address, outcome.message);
    });
    expect(texts).toEqual(['for you alone', TEXT, TEXT]);
  });

  test('makes a common one needless, and is missed where there is neither', () => {
    const { plaintext: _, ...call } = callFor([{ ...withBundles()[0]!, plaintext: own }]);
    expect(encryptFanout(call)).toMatchObject([{ kind: 'encrypted' }]);
    expectError('invalid-argument', () => encryptFanout({ ...call, devices: withBundles() }));
  });

  test('that is too long harms its device only', () => {
    const [first, ...others] = withBundles();
    const long = new Uint8Array(256 * 1024 + 1);
    const outcomes = encryptFanout(callFor([{ ...first!, plaintext: long }, ...others]));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'encrypted', 'encrypted']);
    expect(outcomes[0]).toMatchObject({ error: { code: 'too-large' } });
  });
});
