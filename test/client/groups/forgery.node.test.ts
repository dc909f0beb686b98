/** Forged changes and keys, messages in the wrong group, forks, and a server that keeps changes to itself. */
import { accountOf, type Address, type Envelope } from 'polyratchet';
import {
  decodeGroup,
  encodeGroupUpdate,
  groupHash,
  MAX_GROUP_VERSION,
  type GroupChange,
} from 'polyratchet/group';
import {
  createSenderKey,
  decodeReceivedSenderKey as decodeKey,
  senderKeyDistribution,
} from 'polyratchet/senderkey';
import { beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../support/random.js';
import type { Device } from '../device.js';
import { HOUR_MS, NO_FAULTS } from '../world.js';
import { AS_MALLORY, play } from './mallory.js';
import { act, ALICE, BOB, CAROL, DAVE, GroupWorld, say, toldOf, WITH_GROUPS } from './people.js';

let world: GroupWorld;
let alice: Device;
let bob: Device;
let carol: Device;
let group: Address;

async function speak(from: Device, text: string, to = group): Promise<void> {
  await say(world, from, to, text);
  await world.settled();
}

const isText = ({ type }: Envelope): boolean => type === 'senderkey';
const stateOf = (device: Device) => act(world, device, (groups) => groups.get(group));

async function expectSame(...devices: readonly Device[]): Promise<void> {
  const [first, ...others] = await Promise.all(devices.map(stateOf));
  for (const other of others) expect(other).toEqual(first);
}

async function waiting(device: Device): Promise<number> {
  return (await device.store.list('group-envelope/', '', 1_000)).length;
}

describe('Carol, who is no admin, and Dave, who is no member,', () => {
  let dave: Device;
  const others = (): readonly Address[] => [ALICE, BOB];

  beforeEach(async () => {
    world = new GroupWorld();
    alice = await world.register(ALICE, WITH_GROUPS);
    bob = await world.register(BOB, WITH_GROUPS);
    carol = await world.register(CAROL, AS_MALLORY);
    dave = await world.register(DAVE, AS_MALLORY);
    ({ id: group } = await act(world, alice, (groups) => groups.create({ members: [BOB, CAROL] })));
    await world.settled();
  });

  test('change nothing', async () => {
    const before = await stateOf(bob);
    const { version } = before;
    const change = (more: Partial<GroupChange>): Uint8Array =>
      encodeGroupUpdate({
        kind: 'change',
        change: {
          kind: 'remove',
          id: group,
          version: version + 1,
          parent: groupHash(before),
          accounts: [BOB],
          ...more,
        },
      });
    const forged: readonly Uint8Array[] = [
      change({}),
      change({ kind: 'promote', accounts: [CAROL] }),
      change({ kind: 'add', accounts: [DAVE] }),
      change({ parent: new Uint8Array(32) }),
      change({ version: version + 7 }),
      change({ id: 'another@group' }),
      encodeGroupUpdate({ kind: 'state', group: { ...before, version: version + 1, admins: [CAROL] } }),
      encodeGroupUpdate({
        kind: 'state',
        group: { ...before, version: MAX_GROUP_VERSION, members: [BOB, CAROL], admins: [CAROL] },
      }),
      Uint8Array.of(1, 2, 3),
    ];
    for (const mallory of [carol, dave]) {
      for (const groupChange of forged) {
        await play(world, mallory, (tricks) =>
          tricks.say({ chat: group, accounts: others(), content: { groupChange } }),
        );
      }
    }
    expect(await stateOf(bob)).toEqual(before);
    expect(await stateOf(alice)).toEqual(before);
    for (const device of [alice, bob]) expect(device.of('group-changed')).toHaveLength(1);
    await speak(alice, 'as before');
    expect(bob.texts).toEqual(['as before']);
    expect(dave.texts).toEqual([]);
  });

  test('replay a change that was undone: it stays undone', async () => {
    await act(world, alice, (groups) => groups.promote(group, [CAROL]));
    await world.settled();
    await act(world, alice, (groups) => groups.demote(group, [CAROL]));
    await world.settled();
    const state = await stateOf(bob);
    world.server.lie({ kind: 'replay', to: [BOB] })();
    await world.settled();
    expect(await stateOf(bob)).toEqual(state);
    expect(toldOf(bob)).toEqual(['bob added by alice', 'carol promoted by alice', 'carol demoted by alice']);
  });

  test('give keys that are not for this group, or not theirs to give: nobody misses a message', async () => {
    await speak(carol, 'one');
    await speak(alice, 'two');
    const random = seededRandom(5);
    const received = decodeKey(await keyOf(bob, CAROL));
    const distribution = (keyId: number, iteration: number): Uint8Array =>
      senderKeyDistribution({ senderKey: { ...createSenderKey({ random }), keyId, iteration } });
    const keyId = received.states[0]!.keyId;
    const given = [
      { groupId: 'another@group', message: distribution(7, 0) },
      { groupId: group, message: distribution(keyId, 0) }, // the same number, another signing key
      { groupId: group, message: distribution(keyId, 500) },
      { groupId: group, message: Uint8Array.of(3, 3, 3) },
    ];
    for (const mallory of [carol, dave]) {
      for (const senderKeyDistribution of given) {
        await play(world, mallory, (tricks) =>
          tricks.say({ chat: group, accounts: others(), content: { senderKeyDistribution } }),
        );
      }
    }
    await speak(alice, 'three');
    expect(bob.texts).toEqual(['one', 'two', 'three']);
    await speak(carol, 'four'); // what she has given instead of her key is hers to repair
    await world.clock.advance(HOUR_MS);
    expect(bob.texts).toEqual(['one', 'two', 'three', 'four']);
  });

  test('tell a device that was just linked of the group first: what its phone says counts', async () => {
    const TABLET = 'bob:1@example.org';
    const state = await stateOf(bob);
    const answers = world.keep(TABLET, ({ from }) => from === BOB);
    const tablet = await world.link(bob, WITH_GROUPS);
    await world.settled();
    const forged = { ...state, version: MAX_GROUP_VERSION, members: [BOB, CAROL], admins: [CAROL] };
    const content = { groupChange: encodeGroupUpdate({ kind: 'state', group: forged }) };
    await play(world, carol, (tricks) => tricks.say({ chat: group, accounts: [BOB], content }));
    expect(await stateOf(tablet)).toEqual(forged);
    await world.deliver(...answers);
    expect(await stateOf(tablet)).toEqual(state);
    await speak(alice, 'to all');
    expect(tablet.texts).toEqual(['to all']);
    expect(await stateOf(bob)).toEqual(state);
  });

  test('write as somebody else, or without being a member: nothing is shown', async () => {
    await speak(carol, 'mine');
    const own = world.ciphertexts.envelopes.filter((envelope) => isText(envelope) && envelope.from === CAROL);
    const senderKey = createSenderKey({ random: seededRandom(6) });
    const content = {
      senderKeyDistribution: { groupId: group, message: senderKeyDistribution({ senderKey }) },
    };
    await play(world, dave, (tricks) => tricks.say({ chat: group, accounts: others(), content }));
    await play(world, dave, (tricks) =>
      tricks.say({
        chat: group,
        accounts: others(),
        content: { body: new TextEncoder().encode('pairwise') },
      }),
    );
    const lies = [
      ...own.map((envelope) => ({ ...envelope, from: ALICE, to: BOB, id: 'as Alice' })),
      ...own.map((envelope) => ({ ...envelope, from: DAVE, to: BOB, id: 'as Dave' })),
      ...own.map((envelope) => ({ ...envelope, to: BOB, id: 'once more' })),
    ];
    await world.deliver(...lies);
    await world.clock.advance(HOUR_MS);
    expect(bob.texts).toEqual(['mine']);
    expect(alice.texts).toEqual(['mine']);
  });
});

describe('the server', () => {
  beforeEach(async () => {
    world = new GroupWorld();
    ({ alice, bob, carol, group } = await world.friends(1));
  });

  test('shows a message in another group of the same people: it comes where it was written', async () => {
    const other = await act(world, alice, (groups) => groups.create({ members: [BOB, CAROL] }));
    await world.settled();
    await speak(alice, 'a');
    await speak(alice, 'b', other.id);
    world.mail = (envelope) =>
      envelope.type === 'senderkey' && envelope.to === BOB
        ? [{ ...envelope, group: envelope.group === group ? other.id : group }]
        : [envelope];
    await speak(alice, 'in the first');
    await speak(alice, 'in the second', other.id);
    expect(bob.texts).toEqual(['a', 'b']);
    await world.clock.advance(60_000);
    const chats = [...bob.shown.values()].map(({ text, message }) => [text, message.chat.chat]);
    expect(chats.slice(2).sort()).toEqual([
      ['in the first', group],
      ['in the second', other.id],
    ]);
    expect(await world.faults()).toEqual({ ...NO_FAULTS, repeated: expect.any(Number) as number });
  });

  test('keeps a change from somebody: the first message under another state gives it away, and an admin is asked', async () => {
    const kept = world.keep(CAROL);
    const dave = await world.register(DAVE, WITH_GROUPS);
    await act(world, alice, (groups) => groups.add(group, [DAVE]));
    await world.settled();
    world.mail = (envelope) => [envelope];
    expect((await stateOf(carol)).members).not.toContain(DAVE);
    await speak(bob, 'hello, Dave');
    await world.settled();
    expect((await stateOf(carol)).members).toContain(DAVE);
    expect(toldOf(carol)).toEqual(['carol added by alice', 'dave added by alice']);
    await speak(carol, 'hello from me');
    expect(dave.texts).toEqual(['hello, Dave', 'hello from me']);
    expect(kept).toHaveLength(1);
    await expectSame(alice, bob, carol, dave);
  });

  test('keeps a change from somebody, and the first admin does not answer: another one is asked', async () => {
    await act(world, alice, (groups) => groups.promote(group, [BOB]));
    await world.settled();
    await world.run(alice.client.disconnect());
    world.keep(CAROL, ({ from }) => from === BOB);
    const dave = await world.register(DAVE, WITH_GROUPS);
    await act(world, bob, (groups) => groups.add(group, [DAVE]));
    await world.settled();
    world.mail = (envelope) => [envelope];
    await speak(bob, 'one');
    await speak(dave, 'two'); // of whom Carol knows nothing yet
    expect(carol.texts).toEqual(['one']);
    await speak(bob, 'three');
    await world.settled();
    await expectSame(bob, carol, dave);
    expect(carol.texts).toEqual(['one', 'three', 'two']);
  });
});

describe('two admins at the same time', () => {
  const orders = [0, 1, 2, 3];

  test.each(orders)('end in one state, whatever comes first (%i)', async (order) => {
    world = new GroupWorld();
    ({ alice, bob, carol, group } = await world.friends(1));
    const dave = await world.register(DAVE, WITH_GROUPS);
    await act(world, alice, (groups) => groups.promote(group, [BOB]));
    await world.settled();
    const kept: Envelope[] = [];
    world.mail = (envelope) => {
      kept.push(envelope);
      return [];
    };
    await act(world, alice, (groups) => groups.add(group, [DAVE]));
    await act(world, bob, (groups) => groups.remove(group, [CAROL]));
    await world.settled();
    const sorted = [...kept].sort((a, b) => (accountOf(a.from) < accountOf(b.from) ? -1 : 1));
    await world.deliver(...(order % 2 === 0 ? sorted : sorted.reverse()));
    if (order >= 2) await world.deliver(...kept);
    // Alice was an admin before Bob: hers counts.
    await expectSame(alice, bob, carol, dave);
    expect((await stateOf(bob)).members).toEqual([ALICE, BOB, CAROL, DAVE]);
    expect(toldOf(bob).at(-1)).toBe('lost');
    for (const device of [alice, carol, dave]) expect(toldOf(device)).not.toContain('lost');
    await act(world, bob, (groups) => groups.remove(group, [CAROL]));
    await world.settled();
    await speak(bob, 'without Carol');
    await speak(alice, 'the same');
    expect(dave.texts).toEqual(['without Carol', 'the same']);
    expect(carol.texts).toEqual([]);
    expect(await waiting(carol)).toBe(0);
    await world.finish();
    expect(await world.faults()).toEqual(NO_FAULTS);
    expect(
      decodeGroup((await alice.store.read([`group/${group}`])).get(`group/${group}`)!.value).group.members,
    ).toEqual([ALICE, BOB, DAVE]);
  });
});

/** The record of the keys that a device has of another. */
async function keyOf(device: Device, sender: Address): Promise<Uint8Array> {
  const name = `group-received/${sender} ${group}`;
  return (await device.store.read([name])).get(name)!.value;
}
