/** Keys and messages that come early, late, twice or never; and who may ask for a message again. */
import type { Envelope, Store } from 'polyratchet';
import { encodeRetryRequest } from 'polyratchet/fanout';
import { KEY_WAIT_MS } from 'polyratchet/groups';
import { createMemoryStore } from 'polyratchet/memory';
import { MAX_UNKNOWN_ASKED } from '../../../src/client/groups/tell.js';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { DAY_MS, NO_FAULTS } from '../world.js';
import {
  act,
  ALICE,
  BOB,
  CAROL,
  DAVE,
  GroupWorld,
  say,
  toldOf,
  WITH_GROUPS,
  type Friends,
} from './people.js';

let world: GroupWorld;
let friends: Friends;
let alice: Device;
let bob: Device;
let carol: Device;

beforeEach(async () => {
  world = new GroupWorld();
  friends = await world.friends(1);
  ({ alice, bob, carol } = friends);
});

const isKey = ({ type }: Envelope): boolean => type === 'prekey' || type === 'message';
const isText = ({ type }: Envelope): boolean => type === 'senderkey';
const isRetry = ({ type }: Envelope): boolean => type === 'retry';

async function speak(from: Device, text: string): Promise<void> {
  await say(world, from, friends.group, text);
  await world.settled();
}

function retries(): readonly Envelope[] {
  return world.ciphertexts.envelopes.filter(isRetry);
}

/** Days in which devices do what is due eight times a day. */
async function days(count: number): Promise<void> {
  for (let i = 0; i < 8 * count; i++) {
    await world.clock.jump(DAY_MS / 8);
    await world.settled();
  }
}

/** What waits in a device's store. */
async function waiting(device: Device): Promise<number> {
  return (
    (await device.store.list('group-envelope/', '', 10_000)).length +
    (await device.store.list('group-waiting/', '', 10_000)).length
  );
}

async function expectAllWell(): Promise<void> {
  await world.finish();
  expect(await world.faults()).toEqual(NO_FAULTS);
  for (const device of world.devices) {
    expect(device.of('lost')).toEqual([]);
    expect(device.of('refused')).toEqual([]);
    expect(await waiting(device)).toBe(0);
  }
}

describe('a message and its key', () => {
  test('the message first: it waits, survives a restart, and is shown when the key comes', async () => {
    const keys = world.keep(BOB, isKey);
    await speak(alice, 'one');
    await speak(alice, 'two');
    expect(bob.texts).toEqual([]);
    expect(carol.texts).toEqual(['one', 'two']);
    await world.run(bob.client.close());
    await world.run(bob.restart());
    await world.deliver(...keys);
    expect(bob.texts).toEqual(['one', 'two']);
    expect(retries()).toEqual([]);
    await expectAllWell();
  });

  test('in any order, and twice', async () => {
    const kept = world.keep(BOB);
    for (const text of ['one', 'two', 'three']) await speak(alice, text);
    await world.deliver(...[...kept, ...kept].reverse());
    expect([...bob.texts].sort()).toEqual(['one', 'three', 'two']);
    await expectAllWell();
  });

  test('the key never comes: the message is asked for after 10 s, comes by itself, and the key with the next', async () => {
    world.keep(BOB, isKey);
    await speak(alice, 'one');
    await world.clock.advance(KEY_WAIT_MS - 1);
    expect(retries()).toEqual([]);
    world.mail = (envelope) => [envelope];
    await world.clock.advance(1);
    expect(retries().map(({ from, to }) => [from, to])).toEqual([[BOB, ALICE]]);
    expect(bob.texts).toEqual(['one']);
    await speak(alice, 'two');
    await world.clock.advance(60_000);
    expect(bob.texts).toEqual(['one', 'two']);
    expect(retries()).toHaveLength(1);
    await expectAllWell();
    await days(3);
    await expectAllWell();
  });

  test('each of some messages is asked for when it has waited', async () => {
    world.keep(BOB, isKey);
    await speak(alice, 'one');
    await world.clock.advance(KEY_WAIT_MS / 2);
    await speak(alice, 'two');
    world.mail = (envelope) => [envelope];
    await world.clock.advance(KEY_WAIT_MS);
    expect([...bob.texts].sort()).toEqual(['one', 'two']);
    await expectAllWell();
  });

  test('thirty messages without their key: all come', async () => {
    world.keep(BOB, isKey);
    for (let i = 0; i < 30; i++) await speak(alice, `text ${i}`);
    world.mail = (envelope) => [envelope];
    await world.clock.advance(KEY_WAIT_MS);
    expect(bob.texts).toHaveLength(30);
    await expectAllWell();
  });

  test('nobody answers: the message is asked for five times, and lost once', async () => {
    world.keep(BOB, isKey);
    await speak(alice, 'one');
    await world.run(alice.client.disconnect());
    await days(1);
    expect(retries()).toHaveLength(5);
    expect(retries().every(({ id }) => id === 'message 0')).toBe(true);
    expect(bob.of('lost')).toMatchObject([{ id: 'message 0', from: ALICE }]);
    await days(8);
    expect(retries()).toHaveLength(5);
    expect(bob.of('lost')).toHaveLength(1);
    expect(await waiting(bob)).toBe(0);
  });
});

/** Puts a device's request for a message into the mail. */
async function ask(from: Device, to: string, messageId: string): Promise<void> {
  const request = { messageId, count: 1, reason: 'no-session', registrationId: 1 } as const;
  const bytes = encodeRetryRequest(request);
  await world.deliver({
    id: messageId,
    from: await from.address(),
    to,
    type: 'retry',
    bytes,
    at: world.clock.now(),
  });
}

describe('a request for a message', () => {
  test('of a member who was sent it is answered; of nobody else', async () => {
    const dave = await world.register(DAVE, WITH_GROUPS);
    await speak(alice, 'before Dave');
    const [{ id }] = world.ciphertexts.envelopes.filter(isText) as [Envelope];
    const answers = () =>
      world.ciphertexts.envelopes
        .filter((envelope) => envelope.id === id && isKey(envelope))
        .map(({ to }) => to);
    await ask(dave, ALICE, id);
    expect(answers()).toEqual([]);
    await act(world, alice, (groups) => groups.add(friends.group, [DAVE]));
    await world.settled();
    await ask(dave, ALICE, id);
    expect(answers()).toEqual([]);
    await ask(carol, ALICE, id);
    expect(answers()).toEqual([CAROL]);
    await act(world, alice, (groups) => groups.remove(friends.group, [CAROL]));
    await world.settled();
    await ask(carol, ALICE, id);
    await ask(bob, ALICE, id);
    expect(answers()).toEqual([CAROL, BOB]);
    await speak(alice, 'with Dave');
    expect(dave.texts).toEqual(['with Dave']);
    await expectAllWell();
  });

  test('a member who could not read that it was removed is told again', async () => {
    await speak(alice, 'a key for all');
    let isSpoilt = false;
    world.mail = (envelope) => {
      if (isSpoilt || envelope.to !== CAROL) return [envelope];
      isSpoilt = true;
      return [
        {
          ...envelope,
          bytes: envelope.bytes.map((byte, i) => (i === envelope.bytes.length - 1 ? byte ^ 1 : byte)),
        },
      ];
    };
    await act(world, alice, (groups) => groups.remove(friends.group, [CAROL]));
    await world.settled();
    expect(isSpoilt).toBe(true);
    expect(toldOf(carol)).toEqual(['carol added by alice', 'carol removed by alice']);
    await expectAllWell();
  });
});

describe('what comes before the news about the group', () => {
  let dave: Device;

  beforeEach(async () => {
    dave = await world.register(DAVE, WITH_GROUPS);
  });

  test('a new member writes before others know of it', async () => {
    const kept = world.keep(BOB, ({ from }) => from === ALICE);
    await act(world, alice, (groups) => groups.add(friends.group, [DAVE]));
    await world.settled();
    await speak(dave, 'hello');
    expect(carol.texts).toEqual(['hello']);
    expect(bob.texts).toEqual([]);
    await world.deliver(...kept);
    expect(bob.texts).toEqual(['hello']);
    expect(retries()).toEqual([]);
    await expectAllWell();
  });

  test('others write to a new member before it knows of the group', async () => {
    const kept = world.keep(DAVE, ({ from }) => from === ALICE);
    await act(world, alice, (groups) => groups.add(friends.group, [DAVE]));
    await world.settled();
    await speak(bob, 'welcome');
    expect(dave.texts).toEqual([]);
    await world.deliver(...kept);
    expect(dave.texts).toEqual(['welcome']);
    await expectAllWell();
  });

  test('a change comes before the state that it is of', async () => {
    const kept = world.keep(DAVE);
    await act(world, alice, (groups) => groups.add(friends.group, [DAVE]));
    await act(world, alice, (groups) => groups.remove(friends.group, [CAROL]));
    await world.settled();
    await world.deliver(...kept.reverse());
    expect(toldOf(dave)).toEqual(['dave added by alice', 'carol removed by alice']);
    expect((await act(world, dave, (groups) => groups.get(friends.group))).members).toEqual([
      ALICE,
      BOB,
      DAVE,
    ]);
    await speak(dave, 'not for Carol');
    expect(carol.texts).toEqual([]);
    await expectAllWell();
  });

  test('messages of groups that nobody told us of wait, within a bound', async () => {
    await speak(alice, 'real');
    const [text] = world.ciphertexts.envelopes.filter(isText) as [Envelope];
    const before = bob.store.size();
    const made = Array.from({ length: 200 }, (_, i) => ({
      ...text,
      to: BOB,
      id: `made up ${i}`,
      group: `g${i}@group`,
    }));
    await world.deliver(...made);
    await world.settled();
    expect(bob.store.size() - before).toBeLessThan((64 + MAX_UNKNOWN_ASKED) * 6);
    const toAlice = world.ciphertexts.envelopes.filter(({ from, to }) => from === BOB && to === ALICE);
    expect(toAlice).toHaveLength(MAX_UNKNOWN_ASKED); // Alice is said to have written in all of them
    await speak(alice, 'another');
    expect(bob.texts).toEqual(['real', 'another']);
    await days(8);
    expect(await waiting(bob)).toBe(0);
  });
});

describe('lists of devices', () => {
  test('a member who was away for longer than a list lasts reads what its companions wrote', async () => {
    const tablet = await world.link(bob, WITH_GROUPS);
    await world.settled();
    await speak(tablet, 'before');
    await world.run(alice.client.disconnect());
    for (let days = 0; days < 36; days += 6) {
      await world.clock.jump(6 * DAY_MS);
      await world.settled();
      await speak(tablet, `day ${days + 6}`);
    }
    await world.finish();
    expect(alice.texts.at(-1)).toBe('day 36');
    await expectAllWell();
  });

  test('a message whose sender’s list cannot be had waits for it', async () => {
    const dave = await world.register(DAVE, WITH_GROUPS);
    await act(world, alice, (groups) => groups.add(friends.group, [DAVE]));
    await world.settled();
    const tablet = await world.link(dave, WITH_GROUPS);
    await world.settled();
    world.hidden.add(DAVE);
    await speak(tablet, 'from a tablet');
    world.hidden.clear();
    await speak(dave, 'from a phone');
    expect(bob.texts).toEqual(['from a tablet', 'from a phone']);
    await expectAllWell();
  });

  test('an account that nobody knows any more keeps nobody from changing the group', async () => {
    const dave = await world.register(DAVE, WITH_GROUPS);
    world.hidden.add(BOB); // Dave cannot get Bob's list
    await act(world, alice, (groups) => groups.add(friends.group, [DAVE]));
    await act(world, alice, (groups) => groups.promote(friends.group, [DAVE]));
    await world.settled();
    await act(world, dave, (groups) => groups.remove(friends.group, [BOB]));
    await world.settled();
    expect((await act(world, alice, (groups) => groups.get(friends.group))).members).toEqual([
      ALICE,
      CAROL,
      DAVE,
    ]);
    await world.deliver();
    await act(world, dave, (groups) => groups.leave(friends.group));
    await expectAllWell();
  });
});

describe('a store that hangs', () => {
  test('while a device is told of its group: it is told later', async () => {
    const store = createMemoryStore();
    let hangs = true;
    const read: Store['read'] = (names) =>
      hangs && names.some((name) => name.startsWith('group-asked/'))
        ? new Promise(() => undefined)
        : store.read(names);
    const dave = await world.register(DAVE, {
      store,
      client: { ...WITH_GROUPS.client, store: { ...store, read } },
    });
    await act(world, alice, (groups) => groups.add(friends.group, [DAVE]));
    await world.clock.advance(11_000);
    expect(dave.of('disconnected').map(({ error }) => error?.code)).toEqual(['deadline']);
    hangs = false;
    await world.run(dave.client.connect());
    await world.settled();
    expect(toldOf(dave)).toEqual(['dave added by alice']);
    expect(dave.of('refused')).toEqual([]);
  });
});
