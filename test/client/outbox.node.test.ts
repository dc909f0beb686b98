/** The outbox: what cannot go out keeps back its own chat, long rounds go in parts, and two clients do not undo each other. */
import { createClient, type Address, type Client, type ServerAccess, type Store } from 'polyratchet';
import { describe, expect, test } from 'vitest';
import type { Device } from './device.js';
import { act, GroupWorld, say, WITH_GROUPS } from './groups/people.js';
import { DAY_MS, HOUR_MS, NO_FAULTS, World } from './world.js';

const ALICE: Address = 'alice@example.org';
const BOB: Address = 'bob@example.org';
const CAROL: Address = 'carol@example.org';
const DAVE: Address = 'dave@example.org';

/** A world whose server refuses envelopes for some devices. */
class RefusingWorld extends World {
  readonly full = new Set<Address>();
  refusals = 0;

  override access(): ServerAccess {
    const access = super.access();
    return {
      ...access,
      connect: (device) => {
        const connection = access.connect(device);
        return {
          ...connection,
          send: (envelopes, options) => {
            if (!envelopes.some(({ to }) => this.full.has(to))) return connection.send(envelopes, options);
            this.refusals++;
            return Promise.reject(new Error('the mailbox is full'));
          },
        };
      },
    };
  }
}

describe('a send that the server refuses', () => {
  async function people(): Promise<{
    world: RefusingWorld;
    alice: Device;
    bob: Device;
    carol: Device;
    dave: Device;
  }> {
    const world = new RefusingWorld();
    const alice = await world.register(ALICE);
    const bob = await world.register(BOB);
    const carol = await world.register(CAROL);
    const dave = await world.register(DAVE);
    return { world, alice, bob, carol, dave };
  }

  test('keeps back its own chat alone, in order, for as long as it is refused', async () => {
    const { world, alice, bob, carol } = await people();
    world.full.add(CAROL);
    const kinds: string[] = [];
    for (const [to, text] of [
      [CAROL, 'one'],
      [BOB, 'two'],
      [CAROL, 'three'],
      [BOB, 'four'],
    ] as const)
      kinds.push((await world.send(alice, to, text)).kind);
    expect(kinds).toEqual(['queued', 'sent', 'queued', 'sent']);
    await world.clock.jump(3 * DAY_MS);
    await world.run(alice.client.disconnect());
    await world.run(alice.client.connect());
    await world.settled();
    expect(bob.texts).toEqual(['two', 'four']);
    world.full.clear();
    await world.clock.advance(HOUR_MS);
    await world.settled();
    expect(carol.texts).toEqual(['one', 'three']);
    expect(await world.faults()).toEqual(NO_FAULTS);
  });

  test('of three chats is a server that is down: nothing else is tried', async () => {
    const { world, alice, bob, carol, dave } = await people();
    for (const to of [BOB, CAROL, DAVE]) await world.send(alice, to, 'hello');
    await world.run(alice.client.disconnect());
    for (const to of [BOB, CAROL, DAVE]) {
      await world.send(alice, to, 'first');
      await world.send(alice, to, 'second');
    }
    for (const to of [BOB, CAROL, DAVE]) world.full.add(to);
    await world.run(alice.client.connect());
    expect(world.refusals).toBe(3);
    world.full.clear();
    await world.clock.advance(HOUR_MS);
    await world.settled();
    for (const device of [bob, carol, dave]) expect(device.texts).toEqual(['hello', 'first', 'second']);
    expect(await world.faults()).toEqual(NO_FAULTS);
  });
});

describe('an id that was sent', () => {
  test('is sent, also while there is no connection', async () => {
    const world = new World();
    const alice = await world.register(ALICE);
    await world.register(BOB);
    await world.send(alice, BOB, 'hello', 'one');
    await world.run(alice.client.disconnect());
    const again = await alice.client.send({ to: BOB, body: new Uint8Array(1), id: 'one' });
    expect(again).toEqual({ kind: 'sent', id: 'one', devices: [] });
  });

  test('to a group is the same', async () => {
    const world = new GroupWorld();
    const { alice, group } = await world.friends(1);
    const message = { group, body: new Uint8Array(1), id: 'one' };
    expect((await act(world, alice, (groups) => groups.send(message))).kind).toBe('sent');
    await world.run(alice.client.disconnect());
    const again = await act(world, alice, (groups) => groups.send(message));
    expect(again).toEqual({ kind: 'sent', id: 'one', devices: [] });
  });
});

test('a round that is too long for one commit goes out in parts', { timeout: 60_000 }, async () => {
  const world = new GroupWorld();
  const alice = await world.register(ALICE, WITH_GROUPS);
  const bob = await world.register(BOB, WITH_GROUPS);
  const members: Address[] = [BOB];
  while (members.length < 260) {
    const member = `${'x'.repeat(100)}${members.length}@messenger.example`;
    await world.retire(await world.register(member));
    members.push(member);
  }
  // Nobody of the first part can be encrypted for.
  const inOrder = [...members].sort();
  for (const device of inOrder.slice(0, -6)) world.server.lie({ kind: 'swap-bundle', device });
  await act(world, alice, (groups) => groups.create({ members }));
  await world.settled();
  const receivers = (): readonly Address[] =>
    world.ciphertexts.envelopes.filter(({ type }) => type === 'prekey').map(({ to }) => to);
  expect(new Set(receivers())).toEqual(new Set(inOrder.slice(-6)));
  world.server.truth();
  const left = members.map((member) => world.server.oneTimePreKeys(member));
  const { id } = await act(world, alice, (groups) => groups.create({ members }));
  await world.settled();
  expect(new Set(receivers())).toEqual(new Set(members));
  const taken = members.map((member, i) => (left[i] ?? 0) - world.server.oneTimePreKeys(member));
  expect(Math.max(...taken), 'one-time prekeys of one device').toBe(1);
  expect(await alice.store.list('outbox/', '', 10)).toEqual([]);
  await say(world, alice, id, 'to all of you');
  await world.settled();
  expect(bob.texts).toEqual(['to all of you']);
});

test('what is queued for a group is encrypted for nobody who was put out meanwhile', async () => {
  const world = new GroupWorld();
  const { alice, bob, carol, group } = await world.friends(1);
  await say(world, alice, group, 'to both');
  await world.settled();
  await world.run(alice.client.disconnect());
  const queued = act(world, alice, (groups) =>
    groups.send({ group, body: new TextEncoder().encode('before the removal') }),
  );
  expect((await queued).kind).toBe('queued');
  await act(world, alice, (groups) => groups.remove(group, [BOB]));
  const late = await world.link(bob, WITH_GROUPS);
  await world.settled();
  await world.run(alice.client.connect());
  await world.finish();
  expect(carol.texts).toEqual(['to both', 'before the removal']);
  expect(late.texts).toEqual([]);
  const toLate = world.ciphertexts.envelopes.filter(
    ({ from, to }) => from === ALICE && to === 'bob:1@example.org',
  );
  expect(toLate, 'but for the removal itself').toHaveLength(1);
});

describe('two clients on one store', () => {
  test('that both hear the answer to a round: the later one leaves alone what the first has gone on with', async () => {
    const world = new World();
    const phone = await world.register(ALICE);
    const bob = await world.register(BOB);
    await world.send(phone, BOB, 'hello');
    await world.settled();
    await world.retire(phone);
    world.hidden.add(BOB); // Alice has not heard of Bob's tablet
    const tablet = await world.link(bob);
    await world.settled();
    world.hidden.delete(BOB);
    const gates = { answers: [] as (() => void)[], reads: [] as (() => void)[] };
    let writes = 0;
    const client = (slow: keyof typeof gates | undefined, from: Store): Client => {
      const access = world.access();
      const server: ServerAccess = {
        ...access,
        connect: (device) => {
          const connection = access.connect(device);
          return {
            ...connection,
            send: async (envelopes, options) => {
              const answer = await connection.send(envelopes, options);
              if (slow !== undefined) await new Promise<void>((resolve) => gates.answers.push(resolve));
              return answer;
            },
          };
        },
      };
      return createClient({ store: from, server, clock: world.clock });
    };
    const { store } = phone;
    const watched: Store = {
      ...store,
      read: async (names) => {
        const isNext = writes >= 3 && names.some((name) => name.startsWith('outbox/'));
        if (isNext) await new Promise<void>((resolve) => gates.reads.push(resolve));
        return store.read(names);
      },
      commit: async (changes) => {
        const result = await store.commit(changes);
        if (result === 'committed' && changes.some(({ name }) => name.startsWith('outbox/'))) writes++;
        return result;
      },
    };
    const [one, two] = [client('answers', watched), client('answers', store)];
    await one.connect();
    await two.connect();
    const body = new TextEncoder().encode('to both');
    const sending = one.send({ to: BOB, body, id: 'm' });
    await world.settled();
    const again = two.disconnect().then(() => two.connect());
    await world.settled();
    expect(gates.answers).toHaveLength(2);
    gates.answers[0]?.();
    await world.settled();
    expect(writes, 'the second round is sealed').toBe(3);
    gates.answers[1]?.();
    await world.settled();
    const open = (): void => {
      for (const resolve of [...gates.answers.splice(0), ...gates.reads.splice(0)]) resolve();
    };
    for (let i = 0; i < 6; i++) {
      open();
      await world.settled();
    }
    await again;
    expect((await sending).kind).toBe('sent');
    expect([bob, tablet].map((device) => device.texts.at(-1))).toEqual(['to both', 'to both']);
    expect(await store.list('outbox/', '', 10)).toEqual([]);
    await Promise.all([one.close(), two.close()]);
  });
});
