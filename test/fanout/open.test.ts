/** Opening envelopes: whatever a server hands over, only what verified devices wrote for this chat comes out. */
import { encodeContent, wrapDeviceSent } from 'polyratchet/content';
import {
  decodeSignedDeviceIdentity,
  encodeDeviceList,
  encodeSignedDeviceIdentity,
} from 'polyratchet/devices';
import { encryptFanout, type PairwiseEnvelope } from 'polyratchet/fanout';
import { encodeSession } from 'polyratchet/session';
import { beforeEach, describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import { flipBit } from '../support/forge.js';
import {
  BOB,
  aliceAndBob,
  ALICE,
  bodyOf,
  bundlesOf,
  DAY,
  envelopeFor,
  format,
  HOUR,
  learn,
  NOW,
  open,
  ownOf,
  Person,
  send,
  tryOpen,
  type Member,
} from './people.js';

let alice: Person;
let bob: Person;
let laptop: Member;
let tablet: Member;
beforeEach(() => {
  ({ alice, bob, laptop, tablet } = aliceAndBob());
});

/** Encrypts a plaintext as it is, without a look at what it says. */
function smuggle(from: Member, to: Member, plaintext: Uint8Array): PairwiseEnvelope {
  const { identity, registrationId, random } = from.party;
  const bundle = bundlesOf([to.person], [to.address]).get(to.address)!;
  const devices = [{ device: to.address, bundle }];
  const [outcome] = encryptFanout({ identity, registrationId, plaintext, devices, random, now: NOW });
  if (outcome?.kind !== 'encrypted') throw new Error('not encrypted');
  const { deviceIdentity } = from;
  const vouched = deviceIdentity === undefined ? {} : { deviceIdentity };
  return { id: '1', from: from.address, to: to.address, ...outcome.message, ...vouched, at: NOW };
}

const contentFor = (chat: string): Uint8Array => encodeContent({ format, content: { messageId: '1', chat } });

/** What a device has stored, as bytes. */
const stateOf = (member: Member): string[] => [
  ...[...member.sessions.values()].map((session) => encodeSession(session).join()),
  ...[...member.lists.values()].map((record) => encodeDeviceList(record).join()),
];

/** Everything fails with a code, and nothing has changed. */
function expectUnchanged(member: Member, run: () => unknown): void {
  const before = stateOf(member);
  run();
  expect(stateOf(member)).toEqual(before);
}

describe('a companion that is not in the list that is known', () => {
  let watch: Member;
  let sealed: ReturnType<typeof send>;
  beforeEach(() => {
    watch = alice.link();
    learn(watch, bob);
    sealed = send(watch, [alice, bob], [BOB], '1', 'from a new device');
  });

  test('is believed by the device identity beside its first message', () => {
    const opened = open(bob.phone, envelopeFor(sealed, BOB));
    expect(bodyOf(opened)).toBe('from a new device');
    expect(opened).toMatchObject({ device: { address: watch.address, keyIndex: 2 } });
    expect(bob.phone.lists.get(ALICE)?.companions.map(({ device }) => device)).toEqual([1, 2]);
  });

  const BAD: readonly (readonly [string, string, (good: Uint8Array) => Uint8Array | undefined])[] = [
    ['none', 'unsigned', () => undefined],
    [
      'one without the device signature',
      'unsigned',
      (good) => {
        const { deviceSignature: _, ...half } = decodeSignedDeviceIdentity(good);
        return encodeSignedDeviceIdentity(half);
      },
    ],
    ['a forged one', 'invalid-signature', (good) => flipBit(good, 8 * good.length - 4)],
    ['garbage', 'malformed', () => Uint8Array.of(1, 2, 3)],
    ['that of another companion', 'invalid-signature', () => laptop.deviceIdentity],
    ['that of another account', 'other-primary', () => tablet.deviceIdentity],
  ];
  test.each(BAD)('is held with %s', (_, why, spoil) => {
    const { deviceIdentity, ...bare } = envelopeFor(sealed, BOB);
    const spoilt = spoil(deviceIdentity!);
    const envelope = spoilt === undefined ? bare : { ...bare, deviceIdentity: spoilt };
    expectUnchanged(bob.phone, () => {
      expect(open(bob.phone, envelope)).toEqual({
        kind: 'held',
        device: watch.address,
        why,
        fetch: [
          { kind: 'list', account: ALICE },
          { kind: 'identity', device: watch.address },
        ],
      });
    });
    learn(bob.phone, alice); // the list says what the envelope did not
    expect(bodyOf(open(bob.phone, envelope))).toBe('from a new device');
    expect(open(tablet, envelopeFor(sealed, tablet.address)).kind).toBe('delivered');
  });

  test('is held by a device that has no list at all, until it has one', () => {
    tablet.lists.delete(ALICE);
    const envelope = envelopeFor(sealed, tablet.address);
    expect(tryOpen(tablet, envelope)).toMatchObject({ kind: 'held', why: 'no-list' });
    learn(tablet, alice);
    expect(open(tablet, envelope).kind).toBe('delivered');
  });
});

describe('a device that is known', () => {
  test('goes on without a device identity', () => {
    const { deviceIdentity: _, ...bare } = envelopeFor(send(laptop, [alice, bob], [BOB], '1'), BOB);
    expect(bodyOf(open(bob.phone, bare))).toBe('hello');
  });

  test('is refused once it is known to be unlinked, with a replayed device identity too', () => {
    const envelope = envelopeFor(send(laptop, [alice, bob], [BOB], '1'), BOB);
    alice.unlink(1);
    learn(bob.phone, alice);
    expectUnchanged(bob.phone, () => {
      expectError('device-revoked', () => open(bob.phone, envelope));
    });
  });

  test('is held while its list has expired', () => {
    const envelope = envelopeFor(send(laptop, [alice, bob], [BOB], '1'), BOB);
    expect(tryOpen(bob.phone, envelope, { now: NOW + 40 * DAY })).toMatchObject({
      kind: 'held',
      why: 'expired',
    });
  });

  test('cannot speak for another of its account', () => {
    const envelope = envelopeFor(send(laptop, [alice, bob], [BOB], '1'), BOB);
    expectUnchanged(bob.phone, () => {
      expectError('untrusted-identity', () => open(bob.phone, { ...envelope, from: ALICE }));
      const { deviceIdentity: _, ...bare } = envelope;
      expect(open(bob.phone, { ...bare, from: 'alice:9@example.org' }).kind).toBe('held');
    });
  });
});

describe('an account that was never seen', () => {
  test('is taken from its primary', () => {
    bob.phone.lists.delete(ALICE);
    const opened = open(bob.phone, envelopeFor(send(alice.phone, [alice, bob], [BOB], '1'), BOB));
    expect(opened).toMatchObject({ kind: 'delivered', identity: { kind: 'first' } });
    expect(bob.phone.lists.get(ALICE)?.primaryIdentity).toEqual(alice.phone.party.identity.publicKey);
  });

  test('is pinned by that: another key is refused', () => {
    bob.phone.lists.delete(ALICE);
    open(bob.phone, envelopeFor(send(alice.phone, [alice, bob], [BOB], '1'), BOB));
    const impostor = new Person(ALICE, 40);
    learn(impostor.phone, bob);
    const envelope = envelopeFor(send(impostor.phone, [impostor, bob], [BOB], '2'), BOB);
    expectError('untrusted-identity', () => open(bob.phone, envelope));
  });
});

describe('a copy of a sent message', () => {
  const copy = (): Uint8Array => wrapDeviceSent({ plaintext: contentFor(BOB) });

  test('is taken from our own verified devices', () => {
    expect(open(alice.phone, smuggle(laptop, alice.phone, copy()))).toMatchObject({
      kind: 'delivered',
      chat: { kind: 'outgoing', chat: BOB },
    });
  });

  test('from a stranger is refused', () => {
    const envelope = smuggle(bob.phone, alice.phone, copy());
    expectUnchanged(alice.phone, () => {
      expectError('wrong-chat', () => open(alice.phone, envelope));
    });
  });

  test('from a device that only the server calls ours is held, and never shown', () => {
    const { deviceIdentity, ...envelope } = smuggle(tablet, alice.phone, copy());
    const from = 'alice:7@example.org';
    for (const claim of [{}, { deviceIdentity: deviceIdentity! }, { deviceIdentity: laptop.deviceIdentity! }])
      expect(open(alice.phone, { ...envelope, ...claim, from }).kind).toBe('held');
  });
});

describe('an envelope', () => {
  test('of another chat is refused', () => {
    for (const chat of ['carol@example.org', ALICE]) {
      const envelope = smuggle(laptop, bob.phone, contentFor(chat));
      expectUnchanged(bob.phone, () => {
        expectError('wrong-chat', () => open(bob.phone, envelope));
      });
    }
  });

  test.each<[string, Partial<PairwiseEnvelope>]>([
    ['for another device', { to: 'bob:1@example.org' }],
    ['for another account', { to: ALICE }],
    ['for nobody', { to: '' }],
    ['from this device', { from: BOB }],
    ['from nobody', { from: 'alice' }],
    ['of garbage', { bytes: Uint8Array.of(0x33, 1, 2) }],
  ])('%s is malformed', (_, change) => {
    const envelope = { ...envelopeFor(send(laptop, [alice, bob], [BOB], '1'), BOB), ...change };
    expectUnchanged(bob.phone, () => expectError('malformed', () => open(bob.phone, envelope)));
  });

  test('from an account that is not the sender that was passed is the caller’s mistake', () => {
    const envelope = envelopeFor(send(laptop, [alice, bob], [BOB], '1'), BOB);
    bob.phone.lists.set(ALICE, bob.phone.lists.get(BOB)!);
    expectError('invalid-argument', () => open(bob.phone, envelope));
  });

  test('comes to either address of an account', () => {
    const envelope = envelopeFor(send(laptop, [alice, bob], [BOB], '1'), BOB);
    const own = { ...ownOf(bob.phone), aliases: ['77@lid'] };
    expect(tryOpen(bob.phone, { ...envelope, to: '77@lid' }, { own }).kind).toBe('delivered');
    expectError('malformed', () => tryOpen(bob.phone, { ...envelope, from: '77@lid' }, { own }));
    expectError('malformed', () => tryOpen(bob.phone, { ...envelope, to: '77:1@lid' }, { own }));
  });

  test('is read once: again it is a duplicate, damaged it is refused and harms nothing', () => {
    const first = envelopeFor(send(alice.phone, [alice, bob], [BOB], '1'), BOB);
    const damaged = { ...first, bytes: flipBit(first.bytes, 8 * first.bytes.length - 60) };
    expectUnchanged(bob.phone, () => expectError('bad-mac', () => open(bob.phone, damaged)));
    open(bob.phone, first);
    expectUnchanged(bob.phone, () => expectError('duplicate-message', () => open(bob.phone, first)));
  });
});

test('a message that names a newer list starts its grace, and says what to fetch', () => {
  const watch = alice.link(NOW + HOUR);
  learn(laptop, alice);
  learn(watch, bob);
  const opened = open(tablet, envelopeFor(send(laptop, [alice, bob], [BOB], '1'), tablet.address));
  expect(opened).toMatchObject({
    kind: 'delivered',
    metadata: { sender: { kind: 'newer' } },
    fetch: [{ kind: 'list', account: ALICE }],
  });
  expect(tablet.lists.get(ALICE)?.expected).toMatchObject({ since: NOW });
});
