/** A server that lies about messages: nothing is shown twice, nothing in another chat, and nobody asks without end. */
import type { Address, Envelope } from 'polyratchet';
import {
  encodeRetryRequest,
  MAX_FANOUT_ROUNDS,
  MAX_HELD_MESSAGES,
  MAX_RETRY_COUNT,
  type FanoutAnswer,
} from 'polyratchet/fanout';
import { beforeAll, describe, expect, test } from 'vitest';
import { DAY_MS } from '../world.js';
import { expectBounded, namesOf } from './flood.js';
import {
  ALICE,
  BOB,
  chat,
  expectNoHarm,
  LAPTOP,
  people,
  refusals,
  TABLET,
  type People,
} from './lyingWorld.js';

describe('messages', () => {
  let all: People;
  beforeAll(async () => {
    all = await people();
  });
  let lost = 0;

  test('that are dropped are lost, and none besides', async () => {
    const { world, bob } = all;
    world.server.lie({ kind: 'drop', from: [ALICE], to: [BOB] });
    await world.send(all.alice, BOB, 'never comes to the phone');
    world.server.truth();
    await world.send(all.alice, BOB, 'comes');
    await world.settled();
    expect(bob.texts).toContain('comes');
    await expectNoHarm(all, { lost: ++lost });
  });

  test('that come twice are shown once', async () => {
    const { world } = all;
    world.server.lie({ kind: 'duplicate' });
    world.server.lie({ kind: 'duplicate' });
    await chat(all);
    await expectNoHarm(all, { lost });
  });

  test('that come late, and in another order, are shown', async () => {
    const { world, bob } = all;
    world.server.lie({ kind: 'delay', from: [ALICE] });
    world.server.lie({ kind: 'reorder', count: 5 });
    for (let i = 0; i < 4; i++) await chat(all);
    expect((await world.harm()).lost).toBeGreaterThan(0);
    await world.truth();
    expect(bob.of('lost')).toEqual([]);
    await expectNoHarm(all, { lost });
  });

  test.each([
    ['a contact’s other device', LAPTOP],
    ['another device of the receiver', TABLET],
    ['a stranger', 'stranger@example.org'],
    ['a stranger’s companion', 'stranger:1@example.org'],
    ['the receiver', BOB],
  ])('that are shown as from %s are not: the true sender’s chat is the only one', async (_, as) => {
    const { world, bob } = all;
    const before = bob.shown.size;
    world.server.lie({ kind: 'impersonate', from: [ALICE], to: [BOB], as });
    await world.send(all.alice, BOB, `as from ${as}`);
    await world.settled();
    expect(bob.shown.size).toBe(before);
    await expectNoHarm(all, { lost: ++lost });
  });

  test('that are put into another mailbox are refused there', async () => {
    const { world, tablet } = all;
    world.server.lie({ kind: 'misdeliver', to: [BOB], from: [ALICE], into: TABLET });
    const before = tablet.shown.size;
    await world.send(all.alice, BOB, 'for the phone');
    await world.settled();
    expect(tablet.shown.size).toBe(before + 1);
    await expectNoHarm(all, { lost: ++lost });
  });

  test('that are changed on the way are asked for again, and shown once', async () => {
    const { world } = all;
    const flip = ({ bytes, ...envelope }: Envelope): Envelope => {
      const changed = bytes.slice();
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
      return { ...envelope, bytes: envelope.type === 'message' ? changed : bytes };
    };
    let first = true;
    world.tamper = (envelope) => {
      if (!first || envelope.to !== BOB) return envelope;
      first = false;
      return flip(envelope);
    };
    await chat(all);
    world.tamper = (envelope) => envelope;
    await expectNoHarm(all, { lost });
  });

  test.each([
    ['stale', { stale: [BOB, TABLET, LAPTOP, 'nobody@example.org'] }],
    ['missing', { missing: ['bob:7@example.org', 'nobody@example.org', 'nonsense', ALICE] }],
    ['extra', { extra: [BOB, TABLET, LAPTOP, 'nobody@example.org'] }],
    ['unlike those that are known', { participantHash: '2:AAAAAAAA' }],
    ['ten thousand', { missing: Array.from({ length: 10_000 }, (_, i) => `bob:${i + 9}@example.org`) }],
  ] satisfies [string, FanoutAnswer][])(
    'that are answered with devices that are %s end after four rounds',
    async (_, answer) => {
      const { world, alice } = all;
      let sends = 0;
      world.distort = (truth, viewer) => ({
        send: async (envelopes, options) => {
          if (viewer === ALICE && options.participantHash !== undefined) sends++;
          return truth.send(envelopes, options);
        },
      });
      world.server.lie({ kind: 'answer-send', answer });
      const { kind } = await world.send(alice, BOB, 'again and again');
      expect(kind).toBe('sent');
      expect(sends).toBeGreaterThan(0);
      expect(sends).toBeLessThanOrEqual(MAX_FANOUT_ROUNDS);
      await expectNoHarm(all, { lost });
    },
  );

  test('that come again after 44 days are not shown again', async () => {
    const { world, alice, bob, tablet } = all;
    const shown = () =>
      [alice, bob, tablet].map((device) => [...device.shown.values()].map(({ told }) => told));
    const before = shown();
    for (const days of [9, 9, 9, 9, 8]) await world.clock.jump(days * DAY_MS);
    world.server.lie({ kind: 'replay' });
    await world.finish();
    expect(shown()).toEqual(before);
    await expectNoHarm(all, { lost });
  });

  test('that come again after their ids were forgotten cannot be read again', async () => {
    const { world, bob } = all;
    const before = bob.shown.size;
    for (const days of [9, 9, 9, 9, 9, 9]) await world.clock.jump(days * DAY_MS);
    world.server.lie({ kind: 'replay', to: [BOB] });
    await world.finish();
    expect(bob.shown.size).toBe(before);
    await expectNoHarm(all, { lost });
  });
});

test('the first words of a session under a name that nobody knows are refused: they say who wrote them', async () => {
  const { world, bob } = await people();
  const stranger = await world.stranger();
  const from = [await stranger.address()];
  const as = 'mallory@example.org';
  world.server.lie({ kind: 'impersonate', from, to: [BOB], as });
  await world.send(stranger, BOB, 'first words');
  await world.settled();
  expect([...bob.shown.values()].map(({ text }) => text)).not.toContain('first words');
  expect(refusals(bob)).toContain('wrong-chat');
  world.server.truth();
  await world.send(stranger, BOB, 'more words');
  await world.settled();
  const shown = [...bob.shown.values()].find(({ text }) => text === 'more words');
  expect(shown?.message.chat).toEqual({ kind: 'incoming', chat: from[0] });
});

describe('requests for a message that were forged', () => {
  let all: People;
  let id: string;
  beforeAll(async () => {
    all = await people();
    await all.world.send(all.alice, BOB, 'wanted');
    await all.world.settled();
    id = `message ${all.world.sent.length - 1}`;
  });

  test('bring it five times at most, to the device that was sent it', async () => {
    const { world } = all;
    const before = world.ciphertexts.envelopes.length;
    for (let count = 1; count <= 20; count++) await ask(all, { from: TABLET, id, count });
    const sent = world.ciphertexts.envelopes.slice(before);
    expect(sent.map(({ from, to }) => `${from} ${to}`)).toEqual(
      Array.from({ length: MAX_RETRY_COUNT }, () => `${ALICE} ${TABLET}`),
    );
    await expectNoHarm(all);
  });

  test.each(['stranger@example.org', 'bob:7@example.org', 'alice:7@example.org', LAPTOP, ALICE])(
    'bring nothing to %s, which is no recipient or did not ask',
    async (from) => {
      const { world } = all;
      const before = world.ciphertexts.envelopes.length;
      for (let count = 1; count <= 3; count++) await ask(all, { from, id, count });
      const sent = world.ciphertexts.envelopes.slice(before);
      // The laptop was sent a copy, and may ask for it: as often as anybody.
      expect(sent.every(({ to }) => to === LAPTOP && from === LAPTOP)).toBe(true);
      await expectNoHarm(all);
    },
  );

  test('with keys of the server’s bring nothing', async () => {
    const { world } = all;
    world.server.lie({ kind: 'swap-bundle', device: TABLET });
    const bundle = (await world.server.connect(BOB).fetchBundles([TABLET])).get(TABLET)!;
    await world.send(all.alice, BOB, 'another one');
    await world.settled();
    const before = world.ciphertexts.envelopes.length;
    const wanted = `message ${world.sent.length - 1}`;
    for (let count = 1; count <= 5; count++) {
      const bytes = encodeRetryRequest({
        messageId: wanted,
        count,
        reason: 'no-session',
        registrationId: bundle.registrationId,
        bundle,
      });
      world.inject({ id: wanted, from: TABLET, to: ALICE, type: 'retry', bytes, at: world.clock.now() });
      await world.settled();
    }
    expect(world.ciphertexts.envelopes.slice(before)).toEqual([]);
    await expectNoHarm(all);
  });
});

describe('envelopes of accounts and devices that the server has made up', () => {
  test('leave no more behind than the bounds allow, and nothing after a week', async () => {
    const all = await people();
    const { world, bob } = all;
    await expectBounded(all, { already: 990, more: 40 });
    const stranger = await world.stranger();
    await world.send(stranger, BOB, 'a real one among them');
    await world.settled();
    expect(bob.texts).toContain('a real one among them');
    await expectNoHarm(all);
    await world.clock.jump(8 * DAY_MS);
    expect([...(await namesOf(bob, 'held')), ...(await namesOf(bob, 'asked/'))]).toEqual([]);
  });

  test('and of one device no more than a hundred', async () => {
    const all = await people();
    const { world, bob } = all;
    const [sample] = world.ciphertexts.envelopes.filter(({ type, to }) => type === 'prekey' && to === BOB);
    for (let i = 0; i < MAX_HELD_MESSAGES + 20; i++) {
      world.inject({ ...sample!, id: `made up ${i}`, from: 'alice:9@example.org', to: BOB });
    }
    await world.settled();
    expect(await namesOf(bob, 'held-envelope/')).toHaveLength(MAX_HELD_MESSAGES);
    await expectNoHarm(all);
    await world.clock.jump(8 * DAY_MS);
    expect(await namesOf(bob, 'held')).toEqual([]);
  });
});

interface Asking {
  readonly from: Address;
  readonly id: string;
  readonly count: number;
}

async function ask({ world }: People, { from, id, count }: Asking): Promise<void> {
  const bytes = encodeRetryRequest({ messageId: id, count, reason: 'bad-mac', registrationId: 7 });
  world.inject({ id, from, to: ALICE, type: 'retry', bytes, at: world.clock.now() });
  await world.settled();
}
