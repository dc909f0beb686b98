/** Who must have our sender key, who must not have it any more, and who may ask for a message again. */
import type { FanoutPlan } from 'polyratchet/fanout';
import {
  addKeyHolders,
  createKeyHolders,
  MAX_KEY_HOLDERS,
  MAX_SENDER_KEY_MESSAGES,
  planDistribution,
  reviewGroupRetry,
  rotationDue,
  SENDER_KEY_LIFETIME_MS,
  type DistributionPlan,
  type GroupKey,
  type GroupSendPlan,
  type RotationReason,
  type SendDevice,
} from 'polyratchet/group';
import { describe, expect, test } from 'vitest';
import { createKey } from '../senderkey/group.js';
import { expectError } from '../support/errors.js';
import {
  ALICE,
  BOB,
  CAROL,
  change,
  changed,
  DAVE,
  GROUP,
  groupOf,
  keyOf,
  NOW,
  planFor,
  ready,
} from './people.js';

const record = groupOf(BOB, CAROL);
const LAPTOP = 'alice:1@example.org';
const TABLET = 'bob:3@example.org';
const everybody = [ready(BOB), ready(TABLET), ready(CAROL)];
const plan = planFor(everybody, [ready(LAPTOP)]);
const senderKey = createKey(1);
const fresh: GroupKey = { senderKey, holders: createKeyHolders({ group: GROUP, senderKey, now: NOW }) };

/** Gives the key to all who lack it. */
function distributed(key: GroupKey, to: GroupSendPlan = plan, inGroup = record): GroupKey {
  const planned = planDistribution({ record: inGroup, plan: to, key, now: NOW });
  if (planned.kind !== 'distribute') return key;
  const sealed = planned.to.map(({ device }) => device);
  return { ...key, holders: addKeyHolders({ holders: key.holders, to: planned.to, sealed }) };
}

const key = distributed(fresh);
const addressesOf = (planned: DistributionPlan) =>
  planned.kind === 'distribute' ? planned.to.map(({ device }) => device) : [];
const due = (
  to: GroupSendPlan,
  rest: Partial<Parameters<typeof rotationDue>[0]> = {},
): readonly RotationReason[] => rotationDue({ record, plan: to, key, now: NOW, ...rest });

describe('distribution', () => {
  test('begins with a key', () => {
    expect(planDistribution({ record, plan, now: NOW })).toMatchObject({
      kind: 'rotate',
      reasons: [{ kind: 'no-key' }],
    });
  });

  test('goes to all who lack the key, our own first, and then to nobody', () => {
    const planned = planDistribution({ record, plan, key: fresh, now: NOW });
    expect(addressesOf(planned)).toEqual([LAPTOP, BOB, TABLET, CAROL]);
    expect(planned).toMatchObject({ unknown: [], left: [] });
    expect(planDistribution({ record, plan, key, now: NOW }).kind).toBe('current');
  });

  test('has a plan of its own for the send', () => {
    const wanting: SendDevice = { kind: 'needs-bundle', device: TABLET, identity: keyOf(TABLET) };
    const whole = {
      ...plan,
      recipients: [ready(BOB), wanting, ready(CAROL)],
      bundles: [TABLET, 'x@y'],
      extra: 1,
    };
    const some = addKeyHolders({
      holders: fresh.holders,
      to: [{ device: BOB, identityKey: keyOf(BOB) }],
      sealed: [BOB],
    });
    const planned = planDistribution({ record, plan: whole, key: { ...fresh, holders: some }, now: NOW });
    expect(planned.kind === 'distribute' && planned.plan).toEqual({
      ...whole,
      recipients: [wanting, ready(CAROL)],
      bundles: [TABLET],
    });
  });

  test('takes the plan of a fanout', () => {
    const take = (of: FanoutPlan): DistributionPlan<FanoutPlan> =>
      planDistribution({ record, plan: of, key, now: NOW });
    expect(take).toBeTypeOf('function'); // that this compiles is the test
  });

  test('leaves those without it for which nothing could be sealed', () => {
    const planned = planDistribution({ record, plan, key: fresh, now: NOW });
    if (planned.kind !== 'distribute') throw new Error(planned.kind);
    const { to } = planned;
    const holders = addKeyHolders({ holders: fresh.holders, to, sealed: [BOB, LAPTOP] });
    expect(holders.devices.map(({ device }) => device)).toEqual([BOB, LAPTOP]);
    expect(addressesOf(planDistribution({ record, plan, key: { ...fresh, holders }, now: NOW }))).toEqual([
      TABLET,
      CAROL,
    ]);
    expectError('invalid-argument', () => addKeyHolders({ holders, to, sealed: [DAVE] }));
  });

  test('of a new member or device is no new key: it begins where the chain stands', () => {
    const more = changed(record, [ALICE, 'add', DAVE]);
    const withDave = planFor([...everybody, ready(DAVE), ready('carol:2@example.org')], [ready(LAPTOP)]);
    const planned = planDistribution({ record: more, plan: withDave, key, now: NOW });
    expect(addressesOf(planned)).toEqual([DAVE, 'carol:2@example.org']);
  });

  test('is for members only, whatever the plan of the send says', () => {
    const stale = planFor([...everybody, ready(DAVE)], [ready(LAPTOP)]);
    expect(addressesOf(planDistribution({ record, plan: stale, key: fresh, now: NOW }))).not.toContain(DAVE);
    const refused: SendDevice = { kind: 'refused', device: TABLET, why: 'unsigned' };
    const without = planFor([ready(BOB), refused, ready(CAROL)]);
    expect(addressesOf(planDistribution({ record, plan: without, key: fresh, now: NOW }))).toEqual([
      BOB,
      CAROL,
    ]);
  });

  test('names the members whose devices are not known', () => {
    const planned = planDistribution({ record, plan: planFor([ready(BOB)]), key: fresh, now: NOW });
    expect(planned.unknown).toEqual([CAROL]);
    expect(planDistribution({ record, plan: planFor(everybody), key: fresh, now: NOW }).unknown).toEqual([]);
  });

  test('keeps to the bound of one key, and says who is left', () => {
    const devices = Array.from({ length: MAX_KEY_HOLDERS }, (_, i) => ready(`bob:${i + 1}@example.org`));
    const full = planFor([...devices, ready(CAROL)]);
    const planned = planDistribution({ record, plan: full, key: fresh, now: NOW });
    expect(planned).toMatchObject({ kind: 'distribute', left: [CAROL] });
    const after = distributed(fresh, full);
    expect(after.holders.devices).toHaveLength(MAX_KEY_HOLDERS);
    expect(planDistribution({ record, plan: full, key: after, now: NOW })).toMatchObject({
      kind: 'current',
      left: [CAROL],
    });
    const to = [{ device: CAROL, identityKey: keyOf(CAROL) }];
    expectError('too-large', () => addKeyHolders({ holders: after.holders, to, sealed: [CAROL] }));
  });

  test('comes back as it was while nothing has changed, and only then', () => {
    const previous = planDistribution({ record, plan, key, now: NOW });
    const next = { ...key, senderKey: { ...senderKey, iteration: 7 } };
    const again = { record, plan: { ...plan }, key: next, previous, now: NOW + 1 };
    expect(planDistribution(again)).toBe(previous);
    const other = [
      { record: change(record, ALICE, 'add', DAVE).record },
      { plan: planFor([...everybody], plan.ownDevices) },
      { plan: planFor(everybody, [ready(LAPTOP)]) },
      { key: { ...key, holders: { ...key.holders } } },
      { now: NOW + SENDER_KEY_LIFETIME_MS },
      { limits: { messages: 7 } },
    ];
    const bob = planFor(plan.recipients, plan.ownDevices);
    expect(planDistribution({ ...again, plan: bob })).toBe(previous);
    for (const changes of other) expect(planDistribution({ ...again, ...changes })).not.toBe(previous);
    expectError('wrong-chat', () =>
      planDistribution({ ...again, plan: { ...plan, chat: 'x@groups.example.org' } }),
    );
  });
});

describe('a new key is due', () => {
  const without = (...gone: readonly string[]) =>
    planFor(
      everybody.filter(({ device }) => !gone.includes(device)),
      [ready(LAPTOP)].filter(({ device }) => !gone.includes(device)),
    );

  test('not as long as all who have it may read', () => {
    expect(due(plan)).toEqual([]);
  });

  test.each([
    ['member-left', CAROL, change(record, CAROL, 'leave').record, plan],
    ['member-left', CAROL, change(record, ALICE, 'remove', CAROL).record, without(CAROL)],
    ['device-removed', TABLET, record, without(TABLET)],
    ['own-device-removed', LAPTOP, record, without(LAPTOP)],
    ['identity-changed', BOB, record, planFor([ready(BOB, 1), ready(TABLET), ready(CAROL)], [ready(LAPTOP)])],
    ['identity-changed', LAPTOP, record, planFor(everybody, [ready(LAPTOP, 1)])],
    ...(['expired', 'newer-list-expected'] as const).map(
      (why) =>
        [
          'list-expired',
          TABLET,
          record,
          planFor([ready(BOB), { kind: 'refused', device: TABLET, why }, ready(CAROL)], [ready(LAPTOP)]),
        ] as const,
    ),
    [
      'device-removed',
      TABLET,
      record,
      planFor(
        [ready(BOB), { kind: 'refused', device: TABLET, why: 'revoked' }, ready(CAROL)],
        [ready(LAPTOP)],
      ),
    ],
  ] as const)('%s: %s', (kind, device, inGroup, to) => {
    const reasons = [{ kind, device }];
    expect(due(to, { record: inGroup })).toEqual(reasons);
    expect(planDistribution({ record: inGroup, plan: to, key, now: NOW })).toMatchObject({
      kind: 'rotate',
      reasons,
    });
  });

  test('after its time, also if the clock was set back', () => {
    expect(due(plan, { now: NOW + SENDER_KEY_LIFETIME_MS - 1 })).toEqual([]);
    expect(due(plan, { now: NOW + SENDER_KEY_LIFETIME_MS })).toEqual([{ kind: 'too-old' }]);
    expect(due(plan, { now: NOW - SENDER_KEY_LIFETIME_MS })).toEqual([{ kind: 'too-old' }]);
    expect(due(plan, { now: NOW + 1, limits: { lifetime: 1 } })).toEqual([{ kind: 'too-old' }]);
  });

  test('after its messages', () => {
    const after = (iteration: number) => ({ key: { ...key, senderKey: { ...senderKey, iteration } } });
    expect(due(plan, after(MAX_SENDER_KEY_MESSAGES - 1))).toEqual([]);
    expect(due(plan, after(MAX_SENDER_KEY_MESSAGES))).toEqual([{ kind: 'too-many-messages' }]);
    expect(due(plan, { ...after(3), limits: { messages: 3 } })).toEqual([{ kind: 'too-many-messages' }]);
  });

  test('for a device that lost the key before it was removed as well', () => {
    const { holders } = reviewGroupRetry({ record, plan, holders: key.holders, device: CAROL });
    expect(due(without(CAROL), { key: { ...key, holders } })).toEqual([
      { kind: 'device-removed', device: CAROL },
    ]);
  });

  test('with all its reasons', () => {
    const kinds = due(without(TABLET, LAPTOP), { now: 0, record: change(record, BOB, 'leave').record });
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'own-device-removed',
      'member-left',
      'member-left',
      'too-old',
    ]);
  });

  test('is never the same key for a device with another identity', () => {
    const to = [{ device: BOB, identityKey: keyOf(BOB, 1) }];
    expectError('invalid-argument', () => addKeyHolders({ holders: key.holders, to, sealed: [BOB] }));
  });

  test.each([
    ['plan', 'invalid-argument', { plan: null as never }],
    ['plan of another chat', 'wrong-chat', { plan: { ...plan, chat: BOB } }],
    ['key of another group', 'wrong-chat', { key: { ...key, holders: { ...key.holders, group: 'x@y' } } }],
    [
      'holders of another key',
      'invalid-argument',
      { key: { ...key, holders: { ...key.holders, keyId: 1 } } },
    ],
    ['holders', 'invalid-argument', { key: { ...key, holders: {} as never } }],
    ['time', 'invalid-argument', { now: -1 }],
    ['lifetime', 'invalid-argument', { limits: { lifetime: 0 } }],
    ['number of messages', 'invalid-argument', { limits: { messages: 0.5 } }],
    ['record', 'invalid-argument', { record: undefined as never }],
  ] as const)('a wrong %s is refused', (_, code, wrong) => {
    expectError(code, () => due(plan, wrong));
    expectError(code, () => planDistribution({ record, plan, key, now: NOW, ...wrong }));
  });

  test('we must be a member, by one of our addresses', () => {
    const left = change(changed(record, [ALICE, 'promote', BOB]), ALICE, 'leave').record;
    const { data } = expectError('membership-conflict', () => due(plan, { record: left }));
    expect(data).toEqual({ group: GROUP, version: 3, why: 'not-a-member' });
    const byOther = { ...plan, from: '4711@lid.example.org', basis: { aliases: [ALICE] } };
    expect(due(byOther)).toEqual([]);
  });
});

describe('a retry', () => {
  const review = (device: string, to = plan) =>
    reviewGroupRetry({ record, plan: to, holders: key.holders, device });

  test('of an accepted device of a member is allowed, and it is given the key again, once', () => {
    const { kind, holders } = review(TABLET);
    expect(kind).toBe('allowed');
    const again = { ...key, holders };
    expect(addressesOf(planDistribution({ record, plan, key: again, now: NOW }))).toEqual([TABLET]);
    expect(planDistribution({ record, plan, key: distributed(again), now: NOW }).kind).toBe('current');
    expect(review(LAPTOP).kind).toBe('allowed');
  });

  test('of somebody else is refused, and changes nothing', () => {
    expect(review(DAVE)).toEqual({ kind: 'refused', why: 'not-a-member', holders: key.holders });
    const stale = planFor([...everybody, ready(DAVE)]);
    expect(review(DAVE, stale)).toMatchObject({ kind: 'refused', why: 'not-a-member' });
  });

  test.each([
    ['a member’s', 'carol:7@example.org', plan],
    ['our own', 'alice:7@example.org', plan],
    [
      'a refused',
      TABLET,
      planFor([ready(BOB), { kind: 'refused', device: TABLET, why: 'revoked' }, ready(CAROL)]),
    ],
  ] as const)(
    'of %s device that nothing vouches for is refused, and the key is not used any more',
    (_, device, to) => {
      const refused = review(device, to);
      expect(refused).toMatchObject({ kind: 'refused', why: 'not-accepted' });
      expect(due(plan, { key: { ...key, holders: refused.holders } })).toEqual([
        { kind: 'unknown-device', device },
      ]);
    },
  );

  test('with wrong arguments is a mistake', () => {
    expectError('invalid-argument', () => review('nobody'));
    expectError('wrong-chat', () => review(BOB, { ...plan, chat: BOB }));
  });
});

describe('new holders', () => {
  test.each([
    ['group', { group: 'alice:1@example.org' }],
    ['senderKey', { senderKey: null as never }],
    ['now', { now: 0.5 }],
  ])('are refused with a wrong %s', (name, wrong) => {
    const call = { group: GROUP, senderKey, now: NOW, ...wrong };
    expect(expectError('invalid-argument', () => createKeyHolders(call)).data.name).toBe(name);
  });
});
