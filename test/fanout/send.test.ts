/** A whole send: who is planned for, what each device gets, and what the server's answer leads to. */
import { assumeDeviceList, LIST_LIFETIME_MS, uniteAliases, type DeviceListRecord } from 'polyratchet/devices';
import {
  composeMessage,
  MAX_FANOUT_ROUNDS,
  participantHash,
  PLAN_LIFETIME_MS,
  planFanout,
  reviewAnswer,
  sealEnvelopes,
  type FanoutPlan,
  type OutgoingMessage,
  type PlanFanoutOptions,
} from 'polyratchet/fanout';
import { archiveSession } from 'polyratchet/session';
import { beforeEach, describe, expect, test } from 'vitest';
import { expectError } from '../support/errors.js';
import {
  BOB,
  aliceAndBob,
  ALICE,
  bodyOf,
  bundlesOf,
  compose,
  envelopeFor,
  format,
  introduce,
  learn,
  NOW,
  open,
  ownOf,
  Person,
  plan,
  seal,
  send,
  text,
  type Member,
} from './people.js';

const GROUP = 'team@groups.example.org';

let alice: Person;
let bob: Person;
let laptop: Member;
let tablet: Member;
beforeEach(() => {
  ({ alice, bob, laptop, tablet } = aliceAndBob());
});

const kinds = ({ recipients, ownDevices }: FanoutPlan) =>
  [...recipients, ...ownDevices].map(({ device, kind }) => `${device} ${kind}`);
const outcomesOf = ({ outcomes }: ReturnType<typeof seal>) =>
  outcomes.map(({ device, kind }) => `${device} ${kind}`);

function options(member: Member, recipients: readonly DeviceListRecord[]): PlanFanoutOptions {
  return { own: ownOf(member), recipients, sessions: member.sessions, now: NOW };
}

describe('a plan', () => {
  test('names every accepted device of both sides but this one', () => {
    const made = plan(laptop, [BOB]);
    expect(made).toMatchObject({ from: 'alice:1@example.org', chat: BOB, fetch: [] });
    expect(made.recipients.map(({ device }) => device)).toEqual([BOB, 'bob:1@example.org']);
    expect(made.ownDevices.map(({ device }) => device)).toEqual([ALICE]);
    expect(made.bundles).toEqual([BOB, 'bob:1@example.org', ALICE]);
    expect(made.participantHash).toBe(participantHash([BOB, 'bob:1@example.org', ALICE]));
    expect(made.metadata).toHaveProperty('recipientKeyHash');
  });

  test('says ready once there are sessions, needs-bundle where one is gone, refused for those that are out', () => {
    send(laptop, [alice, bob], [BOB], '1');
    laptop.sessions.set(BOB, archiveSession({ session: laptop.sessions.get(BOB)! }));
    laptop.plans.clear();
    const known = laptop.lists.get(BOB)!;
    laptop.lists.set(BOB, { ...known, refused: [{ device: 7, why: 'unsigned' }] });
    expect(kinds(plan(laptop, [BOB]))).toEqual([
      'bob@example.org needs-bundle',
      'bob:1@example.org ready',
      'bob:7@example.org refused',
      'alice@example.org ready',
    ]);
  });

  test('of a group has the own account among its members once, and the sender half of the metadata', () => {
    const carol = new Person('carol@example.org', 30);
    introduce(alice, bob, carol);
    const made = plan(laptop, [ALICE, BOB, carol.account], NOW, GROUP);
    expect(made.chat).toBe(GROUP);
    expect(made.recipients.map(({ device }) => device)).toEqual([BOB, 'bob:1@example.org', carol.account]);
    expect(made.ownDevices.map(({ device }) => device)).toEqual([ALICE]);
    expect(made.metadata).not.toHaveProperty('recipientKeyHash');
  });

  test('for nobody, or for ourselves, is for our own other devices', () => {
    for (const recipients of [[], [ALICE]]) {
      laptop.plans.clear();
      expect(plan(laptop, recipients)).toMatchObject({ chat: ALICE, recipients: [] });
    }
  });

  test('knows the own account under its other address, and takes united addresses as one account', () => {
    const lid = { ...laptop.lists.get(ALICE)!, account: '99@lid' };
    const own = { ...ownOf(laptop), aliases: ['99@lid'] };
    const { recipients } = planFanout({ ...options(laptop, [lid, laptop.lists.get(BOB)!]), own });
    expect(recipients.map(({ device }) => device)).toEqual([BOB, 'bob:1@example.org']);
    const bobLid = { ...laptop.lists.get(BOB)!, account: '77@lid' };
    const one = uniteAliases({ record: bobLid, alias: laptop.lists.get(BOB)! });
    expect(planFanout(options(laptop, [one])).recipients.map(({ device }) => device)).toEqual([
      '77@lid',
      '77:1@lid',
    ]);
  });

  test.each<[string, (given: PlanFanoutOptions) => unknown]>([
    [
      'two records of one account',
      (given) => ({ ...given, recipients: [...given.recipients, { ...given.recipients[0]! }] }),
    ],
    [
      'two accounts without a group',
      (given) => ({
        ...given,
        recipients: [
          ...given.recipients,
          assumeDeviceList({ account: 'c@x', primaryIdentity: tablet.party.identity.publicKey, now: NOW }),
        ],
      }),
    ],
    ['a device as the group', (given) => ({ ...given, group: 'a:1@x' })],
    ['no list of recipients', (given) => ({ ...given, recipients: BOB })],
    ['a recipient that is no record', (given) => ({ ...given, recipients: [BOB] })],
    ['no own device', (given) => ({ ...given, own: undefined })],
    ['a device number out of range', (given) => ({ ...given, own: { ...given.own, device: 65_536 } })],
    ['an alias that is a device', (given) => ({ ...given, own: { ...given.own, aliases: ['a:1@x'] } })],
    ['no sessions', (given) => ({ ...given, sessions: undefined })],
    ['no time', (given) => ({ ...given, now: Number.NaN })],
  ])('is refused for %s', (_, spoil) => {
    const given = options(laptop, [laptop.lists.get(BOB)!]);
    expectError('invalid-argument', () => planFanout(spoil(given) as PlanFanoutOptions));
  });

  describe('of before', () => {
    test('comes back as it is while nothing has changed', () => {
      send(laptop, [alice, bob], [BOB], '1');
      const made = plan(laptop, [BOB]);
      expect(kinds(made).every((line) => line.endsWith('ready'))).toBe(true);
      expect(plan(laptop, [BOB], NOW + PLAN_LIFETIME_MS)).toBe(made);
      expect(plan(laptop, [BOB], NOW + PLAN_LIFETIME_MS + 1)).not.toBe(made);
    });

    test('is made anew for other lists, members, clocks and devices', () => {
      const [own, other] = [laptop.lists.get(ALICE)!, laptop.lists.get(BOB)!];
      const base = options(laptop, [other]);
      const previous = planFanout(base);
      expect(planFanout({ ...base, recipients: [other], previous })).toBe(previous);
      for (const change of [
        { recipients: [{ ...other }] },
        { recipients: [] },
        { group: GROUP },
        { own: { ...base.own, record: { ...own } } },
        { own: { ...base.own, device: 0 } },
        { own: { ...base.own, aliases: ['99@lid'] } },
        { hosted: true },
        { now: NOW - 1 },
      ])
        expect(planFanout({ ...base, ...change, previous })).not.toBe(previous);
    });

    test('is not taken for a list that the caller has changed in place', () => {
      const recipients = [laptop.lists.get(BOB)!];
      const previous = planFanout({ ...options(laptop, recipients), group: GROUP });
      recipients.pop();
      const made = planFanout({ ...options(laptop, recipients), group: GROUP, previous });
      expect(made.recipients).toEqual([]);
    });

    test('ends with the life of a list', () => {
      const end = alice.own.timestamp + LIST_LIFETIME_MS; // hers is as old as his
      const late = { ...options(laptop, [laptop.lists.get(BOB)!]), now: end };
      const previous = planFanout(late);
      expect(kinds(previous)).toHaveLength(3);
      expect(previous.basis.validUntil).toBe(end);
      const after = planFanout({ ...late, now: end + 1, previous });
      expect(kinds(after)).toContain('bob:1@example.org refused');
    });

    test('looks again for sessions that it lacks', () => {
      const waiting = plan(laptop, [BOB]);
      laptop.plans.clear();
      send(laptop, [alice, bob], [BOB], '1');
      laptop.plans.set(BOB, waiting);
      expect(plan(laptop, [BOB]).bundles).toEqual([]);
    });
  });
});

describe('a message', () => {
  test('reaches every device of both sides, the own ones as a copy', () => {
    const sealed = send(laptop, [alice, bob], [BOB], '1');
    expect(outcomesOf(sealed)).toEqual([
      'bob@example.org sealed',
      'bob:1@example.org sealed',
      'alice@example.org sealed',
    ]);
    for (const member of [bob.phone, tablet]) {
      const opened = open(member, envelopeFor(sealed, member.address));
      expect(bodyOf(opened)).toBe('hello');
      expect(opened).toMatchObject({
        messageId: '1',
        chat: { kind: 'incoming', chat: ALICE },
        metadata: { sender: { kind: 'agrees' }, recipient: { kind: 'agrees' } },
      });
    }
    expect(open(alice.phone, envelopeFor(sealed, ALICE))).toMatchObject({
      chat: { kind: 'outgoing', chat: BOB },
      content: { deviceSent: { destination: BOB, participantHash: sealed.plan.participantHash } },
      metadata: { sender: { kind: 'agrees' } },
    });
  });

  test('has a device identity beside prekey messages of a companion, and nowhere else', () => {
    const first = send(laptop, [alice, bob], [BOB], '1');
    for (const { type, deviceIdentity } of first.envelopes) {
      expect(type).toBe('prekey');
      expect(deviceIdentity).toEqual(laptop.deviceIdentity);
    }
    open(bob.phone, envelopeFor(first, BOB));
    const answer = send(bob.phone, [alice, bob], [ALICE], '2');
    expect(envelopeFor(answer, ALICE)).not.toHaveProperty('deviceIdentity'); // a prekey message of a primary
    open(laptop, envelopeFor(answer, laptop.address));
    const second = send(laptop, [alice, bob], [BOB], '3');
    expect(envelopeFor(second, BOB)).toMatchObject({
      type: 'message',
      from: laptop.address,
      id: '3',
      at: NOW,
    });
    expect(envelopeFor(second, BOB)).not.toHaveProperty('deviceIdentity');
    expect(envelopeFor(second, tablet.address)).toHaveProperty('deviceIdentity');
  });

  test('to our own devices alone is no copy', () => {
    const sealed = send(laptop, [alice, bob], [], '1', 'note');
    const opened = open(alice.phone, envelopeFor(sealed, ALICE));
    expect(opened).toMatchObject({ chat: { kind: 'incoming', chat: ALICE } });
    expect(opened).not.toHaveProperty('content.deviceSent');
  });

  test('in a group is bound to the group', () => {
    const sealed = send(laptop, [alice, bob], [ALICE, BOB], '1', 'all', GROUP);
    const groups = new Set([GROUP]);
    for (const member of [bob.phone, alice.phone]) {
      const opened = open(member, envelopeFor(sealed, member.address), { groups });
      expect(opened).toMatchObject({
        chat: { kind: 'group', chat: GROUP },
        metadata: { sender: { kind: 'agrees' } },
      });
    }
    expectError('wrong-chat', () => open(tablet, envelopeFor(sealed, tablet.address)));
  });

  test('can have a content for each device, and one more for a device that comes later', () => {
    const made = plan(laptop, [BOB]);
    const content = (device: string) => text(`for ${device}`);
    const message = composeMessage({ plan: made, messageId: '1', format, content });
    const first = seal(laptop, made, message, bundlesOf([alice, bob], made.bundles));
    const watch = bob.link();
    learn(laptop, bob);
    learn(watch, alice);
    const again = plan(laptop, [BOB]);
    const bundles = bundlesOf([alice, bob], again.bundles);
    expect(outcomesOf(seal(laptop, again, first.message, bundles))).toContain(
      `${watch.address} needs-content`,
    );
    const longer = composeMessage({ plan: again, messageId: '1', format, content, message: first.message });
    const second = seal(laptop, again, longer, bundles);
    expect(second.envelopes.map(({ to }) => to)).toEqual([watch.address]);
    for (const [member, sealed] of [
      [tablet, first],
      [watch, second],
    ] as const)
      expect(bodyOf(open(member, envelopeFor(sealed, member.address)))).toBe(`for ${member.address}`);
    expect(bodyOf(open(alice.phone, envelopeFor(first, ALICE)))).toBe(`for ${ALICE}`);
    const other = { plan: again, format, message: longer } as const;
    expectError('invalid-argument', () => composeMessage({ ...other, messageId: '2', content }));
    expectError('invalid-argument', () => composeMessage({ ...other, messageId: '1', content: text('x') }));
    const one = compose(again, '1', text('x'));
    expectError('invalid-argument', () =>
      composeMessage({ ...other, messageId: '1', content, message: one }),
    );
  });

  test('cannot be sealed for another chat', () => {
    const message = compose(plan(laptop, [BOB]), '1');
    expectError('wrong-chat', () => seal(laptop, plan(laptop, []), message, new Map()));
  });

  test('reaches nobody of an account that it was not written to', () => {
    const carol = new Person('carol@example.org', 30);
    introduce(alice, bob, carol);
    const message = compose(plan(laptop, [BOB], NOW, GROUP), '1');
    const wider = plan(laptop, [BOB, carol.account], NOW, GROUP);
    const sealed = seal(laptop, wider, message, bundlesOf([alice, bob, carol], wider.bundles));
    expect(sealed.outcomes).toContainEqual({ kind: 'refused', device: carol.account, why: 'not-addressed' });
    expect(sealed.envelopes.map(({ to }) => to)).not.toContain(carol.account);
  });

  test('of a companion needs its device identity; a bundle of another identity gets nothing', () => {
    const made = plan(laptop, [BOB]);
    const message = compose(made, '1');
    const { identity, registrationId, random } = laptop.party;
    const call = { plan: made, message, identity, registrationId, sessions: new Map(), random, now: NOW };
    expectError('invalid-argument', () => sealEnvelopes(call));
    const wrong = new Map([[BOB, bundlesOf([bob], [tablet.address]).get(tablet.address)!]]);
    const { outcomes, envelopes } = sealEnvelopes({
      ...call,
      bundles: wrong,
      deviceIdentity: laptop.deviceIdentity!,
    });
    expect(outcomes[0]).toMatchObject({ kind: 'failed', error: { code: 'untrusted-identity' } });
    expect(envelopes).toEqual([]);
  });

  test('does not go through the session of a device that had the address before', () => {
    send(laptop, [alice, bob], [BOB], '1');
    bob.unlink(1);
    const next = bob.link(NOW + 2 * 60 * 60 * 1000);
    expect(next.address).toBe(tablet.address);
    learn(laptop, bob);
    learn(next, alice);
    const made = plan(laptop, [BOB]);
    expect(made.bundles).toEqual([next.address]);
    const sealed = send(laptop, [alice, bob], [BOB], '2');
    expect(bodyOf(open(next, envelopeFor(sealed, next.address)))).toBe('hello');
    expect(laptop.sessions.get(next.address)!.archived).toHaveLength(1);
  });

  test('shows nothing of what it says when it is printed', () => {
    const sealed = send(laptop, [alice, bob], [BOB], '1', 'a secret text');
    const { plaintexts, sent } = sealed.message;
    const parts = sent?.parts.map(({ plaintext }) => plaintext);
    expect(JSON.stringify({ plaintexts, parts })).toBe(
      '{"plaintexts":{"kind":"one","plaintext":"[Secret Plaintext]","copy":"[Secret Plaintext]"},"parts":["[Secret Plaintext]","[Secret Plaintext]"]}',
    );
  });

  test('remembers who was sent what, for those who ask again', () => {
    const { message } = send(laptop, [alice, bob], [BOB], '1');
    expect(message.sent?.parts.map(({ devices }) => devices.map(({ device }) => device))).toEqual([
      [BOB, 'bob:1@example.org'],
      [ALICE],
    ]);
  });
});

describe('the server’s answer', () => {
  let first: ReturnType<typeof seal>;
  beforeEach(() => {
    first = send(laptop, [alice, bob], [BOB], '1');
  });
  const review = (answer: object, message: OutgoingMessage = first.message) =>
    reviewAnswer({ plan: first.plan, message, answer, sessions: laptop.sessions });

  test('ends the send if it has nothing to say', () => {
    expect(review({})).toEqual({ kind: 'done' });
    expect(review({ participantHash: first.plan.participantHash })).toEqual({ kind: 'done' });
    expect(
      review({ missing: [laptop.address, BOB, 'carol@example.org', 'nonsense'], extra: ['x@y'] }),
    ).toEqual({ kind: 'done' });
  });

  test('of a missing device leads to its list, and to a second round for it alone', () => {
    const watch = bob.link();
    learn(watch, alice);
    const result = review({ missing: [watch.address] });
    if (result.kind !== 'again') throw new Error(result.kind);
    expect(result.fetch).toEqual([
      { kind: 'list', account: BOB },
      { kind: 'identity', device: watch.address },
    ]);
    // The server's word alone changes nothing.
    const before = seal(laptop, plan(laptop, [BOB]), result.message, bundlesOf([bob], [watch.address]));
    expect(before.envelopes).toEqual([]);
    learn(laptop, bob);
    const made = plan(laptop, [BOB]);
    const second = seal(laptop, made, result.message, bundlesOf([bob], made.bundles));
    expect(outcomesOf(second)).toEqual([
      'bob@example.org sent-before',
      'bob:1@example.org sent-before',
      `${watch.address} sealed`,
      'alice@example.org sent-before',
    ]);
    const opened = open(watch, envelopeFor(second, watch.address));
    expect(opened).toMatchObject({ messageId: '1' });
    expect(bodyOf(opened)).toBe('hello');
  });

  test('of a stale device leads to a new session with the same identity', () => {
    const result = review({ stale: [tablet.address] });
    if (result.kind !== 'again') throw new Error(result.kind);
    expect([...result.sessions.keys()]).toEqual([tablet.address]);
    for (const [device, session] of result.sessions) laptop.sessions.set(device, session);
    const made = plan(laptop, [BOB]);
    const second = seal(laptop, made, result.message, bundlesOf([bob], [tablet.address]));
    expect(second.envelopes.map(({ to }) => to)).toEqual([tablet.address]);
    expect(bodyOf(open(tablet, envelopeFor(second, tablet.address)))).toBe('hello');
  });

  test('of a device too many, or of another participant hash, leads to lists', () => {
    expect(review({ extra: [tablet.address] })).toMatchObject({ fetch: [{ kind: 'list', account: BOB }] });
    expect(review({ participantHash: '2:AAAAAAAA' })).toMatchObject({
      fetch: [
        { kind: 'list', account: ALICE },
        { kind: 'list', account: BOB },
      ],
    });
    expect(review({ participantHash: 'nonsense' })).toEqual({ kind: 'done' });
  });

  test('is given up after some rounds', () => {
    let { message } = first;
    for (let round = 1; round <= MAX_FANOUT_ROUNDS; round++) {
      const result = review({ participantHash: '2:AAAAAAAA' }, message);
      if (result.kind === 'done') throw new Error('done');
      expect(result.kind).toBe(round < MAX_FANOUT_ROUNDS ? 'again' : 'given-up');
      ({ message } = result);
    }
  });

  test('that is no answer is refused', () => {
    expectError('invalid-argument', () => review({ stale: BOB }));
    expectError('invalid-argument', () => review(null as never));
  });

  test('does not make a device that was unlinked meanwhile get it', () => {
    bob.unlink(1);
    learn(laptop, bob);
    const made = plan(laptop, [BOB]);
    expect(made.recipients.map(({ device }) => device)).toEqual([BOB]);
  });
});
