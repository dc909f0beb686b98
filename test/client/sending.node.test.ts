import { createClient, PolyratchetError } from 'polyratchet';
import { createMemoryStore } from 'polyratchet/memory';
import { describe, expect, test } from 'vitest';
import { expectRejection } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { type Device } from './device.js';
import { DAY_MS, NO_FAULTS, World } from './world.js';

const ALICE = 'alice@example.org';
const BOB = 'bob@example.org';
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix} ${String(i)}`);

async function pair(): Promise<{ world: World; alice: Device; bob: Device }> {
  const world = new World();
  return { world, alice: await world.register(ALICE), bob: await world.register(BOB) };
}

describe('send', () => {
  test('reaches all devices of both sides, with a copy where it was sent', async () => {
    const world = new World();
    const [alice, laptop] = await world.person(ALICE, 2);
    const [bob, tablet] = await world.person(BOB, 2);
    const { kind, id, devices } = await world.send(alice!, BOB, 'hello');
    expect({ kind, id, devices }).toEqual({
      kind: 'sent',
      id: 'message 0',
      devices: ['bob@example.org', 'bob:1@example.org', 'alice:1@example.org'].map((device) => ({
        kind: 'sealed',
        device,
      })),
    });
    await world.finish();
    expect(await world.faults()).toEqual(NO_FAULTS);
    const chats = [bob, tablet, laptop].map((device) => [...device!.shown.values()][0]?.message.chat);
    expect(chats).toEqual([
      { kind: 'incoming', chat: ALICE },
      { kind: 'incoming', chat: ALICE },
      { kind: 'outgoing', chat: BOB },
    ]);
  });

  test('to the own account is a note to the other devices, and is sent where there are none', async () => {
    const world = new World();
    const [alice, laptop] = await world.person(ALICE, 2);
    await world.send(alice!, ALICE, 'a note');
    await world.finish();
    expect(laptop?.texts).toEqual(['a note']);
    const bob = await world.register(BOB);
    expect((await world.send(bob, BOB, 'for nobody')).kind).toBe('sent');
  });

  test('makes an id of its own, another one each time', async () => {
    const { alice } = await pair();
    const send = () => alice.client.send({ to: BOB, body: body('hello') });
    const [first, second] = [await send(), await send()];
    expect(first.id).toMatch(/^[0-9a-f]{32}$/);
    expect(second.id).not.toBe(first.id);
  });

  test('refuses an account that nobody knows, and has stored nothing', async () => {
    const { alice } = await pair();
    const before = alice.store.size();
    const send = () => alice.client.send({ to: 'carol@example.org', body: body('hello'), id: 'one' });
    const { data } = await expectRejection('device-unverified', send());
    expect(data.why).toBe('no-list');
    await expectRejection('device-unverified', send());
    expect(alice.store.size()).toBe(before);
  });

  test.each([
    ['an address of a device', { to: 'bob:1@example.org' }, 'invalid-argument'],
    ['no address', { to: 'bob' }, 'invalid-argument'],
    ['no body', { body: undefined }, 'invalid-argument'],
    ['text for a body', { body: 'hello' }, 'invalid-argument'],
    ['an empty id', { id: '' }, 'invalid-argument'],
    ['an id of 65 characters', { id: 'x'.repeat(65) }, 'invalid-argument'],
    ['an id beyond ASCII', { id: 'é' }, 'invalid-argument'],
    ['a body that is too long', { body: new Uint8Array(256 * 1024) }, 'too-large'],
  ] as const)('refuses %s', async (_, change, code) => {
    const { alice } = await pair();
    await alice.client.devicesOf(BOB);
    const before = alice.store.size();
    await expectRejection(code, alice.client.send({ to: BOB, body: body('hello'), ...change } as never));
    expect(alice.store.size()).toBe(before);
  });

  test('takes an id of 64 characters, and one with every printable character in it', async () => {
    const { world, alice, bob } = await pair();
    const ids = ['x'.repeat(64), ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'];
    for (const id of ids) await world.send(alice, BOB, 'hello', id);
    await world.settled();
    expect([...bob.shown.values()].map(({ message }) => message.id)).toEqual(ids);
  });

  test('owns what it was given: the caller may write over it at once', async () => {
    const { world, alice, bob } = await pair();
    const bytes = body('hello');
    const sending = alice.client.send({ to: BOB, body: bytes.subarray(0), id: 'one' });
    bytes.fill(0);
    await sending;
    await world.settled();
    expect(bob.texts).toEqual(['hello']);
  });
});

describe('the same id again', () => {
  test('does nothing twice, whatever it is sent with', async () => {
    const { world, alice, bob } = await pair();
    await world.send(alice, BOB, 'hello', 'one');
    await world.settled();
    const encryptions = world.ciphertexts.encryptions('one');
    const again = await alice.client.send({ to: BOB, body: body('something else'), id: 'one' });
    expect(again).toEqual({ kind: 'sent', id: 'one', devices: [] });
    await world.settled();
    expect(world.ciphertexts.encryptions('one')).toBe(encryptions);
    expect(encryptions).toBe(1);
    expect(bob.texts).toEqual(['hello']);
  });

  test('at the same time is encrypted once', async () => {
    const { world, alice, bob } = await pair();
    const results = await Promise.all(
      names('try', 10).map((text) => alice.client.send({ to: BOB, body: body(text), id: 'one' })),
    );
    expect(results.map(({ kind }) => kind)).toEqual(Array.from({ length: 10 }, () => 'sent'));
    await world.settled();
    expect(world.ciphertexts.encryptions('one')).toBe(1);
    expect(bob.texts).toEqual(['try 0']);
  });

  test('is remembered for 30 days', async () => {
    const { world, alice, bob } = await pair();
    await world.send(alice, BOB, 'hello', 'one');
    await world.clock.jump(30 * DAY_MS - 1);
    await world.send(alice, BOB, 'hello', 'one');
    expect(world.ciphertexts.encryptions('one')).toBe(1);
    await world.clock.jump(3_600_000);
    await world.settled();
    expect(await alice.store.list('sent/', '', 10)).toEqual([]);
    await world.send(alice, BOB, 'hello', 'one');
    await world.settled();
    expect(world.ciphertexts.encryptions('one')).toBe(2);
    expect(bob.texts).toEqual(['hello']);
  });
});

describe('without a connection', () => {
  test('messages are queued, and go out in order with the next one', async () => {
    const { world, alice, bob } = await pair();
    await world.send(alice, BOB, 'the first');
    await alice.client.disconnect();
    const texts = names('queued', 12);
    for (const text of texts) {
      const { kind } = await world.send(alice, BOB, text);
      expect(kind).toBe('queued');
    }
    expect(bob.texts).toEqual(['the first']);
    await alice.client.connect();
    await world.settled();
    expect(bob.texts).toEqual(['the first', ...texts]);
    expect(alice.of('sent')).toHaveLength(13);
    expect(await world.faults()).toEqual(NO_FAULTS);
  });

  test('a message to somebody without a session waits unencrypted, and is encrypted when it can be', async () => {
    const { world, alice, bob } = await pair();
    await alice.client.devicesOf(BOB);
    await alice.client.disconnect();
    expect((await world.send(alice, BOB, 'hello')).kind).toBe('queued');
    expect((await world.send(alice, BOB, 'are you there?')).kind).toBe('queued');
    await alice.client.connect();
    await world.settled();
    expect(bob.texts).toEqual(['hello', 'are you there?']);
  });

  test('the queue survives the process', async () => {
    const { world, alice, bob } = await pair();
    await world.send(alice, BOB, 'the first');
    await alice.client.disconnect();
    const texts = names('queued', 5);
    for (const text of texts) await world.send(alice, BOB, text);
    alice.process.kill();
    await alice.process.dead;
    await alice.ready;
    await world.settled();
    expect(bob.texts).toEqual(['the first', ...texts]);
    expect(await world.faults()).toEqual(NO_FAULTS);
  });
});

describe('a server that fails once', () => {
  test('what it did not take goes first when the next message is sent', async () => {
    const { world, alice, bob } = await pair();
    await world.send(alice, BOB, 'the first');
    world.failing.add('send');
    expect((await world.send(alice, BOB, 'the second')).kind).toBe('queued');
    expect((await world.send(alice, BOB, 'the third')).kind).toBe('sent');
    await world.settled();
    expect(bob.texts).toEqual(['the first', 'the second', 'the third']);
  });
});

describe('fifty at a time', () => {
  test('in both directions on one session: all arrive, in order', async () => {
    const { world, alice, bob } = await pair();
    await world.send(alice, BOB, 'hello');
    await world.settled();
    const texts = names('text', 50);
    const all = (device: Device, to: string): Promise<unknown> =>
      Promise.all(texts.map((text) => device.client.send({ to, body: body(text), id: text })));
    await Promise.all([all(alice, BOB), all(bob, ALICE)]);
    await world.settled();
    expect(bob.texts).toEqual(['hello', ...texts]);
    expect(alice.texts).toEqual(texts);
    expect(world.ciphertexts.reused).toBe(0);
    expect(world.server.waiting(ALICE) + world.server.waiting(BOB)).toBe(0);
  });

  test('to somebody new: all arrive, in order', async () => {
    const { world, alice, bob } = await pair();
    const texts = names('text', 50);
    await Promise.all(texts.map((text) => alice.client.send({ to: BOB, body: body(text), id: text })));
    await world.settled();
    expect(bob.texts).toEqual(texts);
  });
});

describe('two clients on one store', () => {
  test('send and receive side by side: nothing is encrypted twice, nothing is lost', async () => {
    const { world, alice, bob } = await pair();
    await world.send(alice, BOB, 'hello');
    await world.settled();
    const second = createClient({
      store: alice.store,
      server: world.access(),
      clock: world.clock,
      random: seededRandom(77),
    });
    const told: string[] = [];
    second.on('message', ({ message }) => told.push(message.id));
    await second.connect();
    const texts = names('text', 30);
    await Promise.all(
      texts.flatMap((text, i) => [
        alice.client.send({ to: BOB, body: body(text), id: text }),
        second.send({ to: BOB, body: body(text), id: i % 2 === 0 ? text : `${text} again` }),
        bob.client.send({ to: ALICE, body: body(text), id: text }),
      ]),
    );
    await world.settled();
    expect(world.ciphertexts.reused).toBe(0);
    for (const text of texts) expect(world.ciphertexts.encryptions(text)).toBe(2); // one in each direction
    expect(new Set(bob.shown.keys()).size).toBe(1 + 30 + 15);
    const heard = new Set([...told, ...[...alice.shown.values()].map(({ message }) => message.id)]);
    expect(heard).toEqual(new Set(texts));
    expect(told.length + alice.of('message').length).toBe(30); // each by the one that has written it
    await second.close();
  });

  test('a store that is always ahead is given up, and nothing was sent', async () => {
    const { world, alice } = await pair();
    await world.send(alice, BOB, 'hello');
    const client = createClient({
      store: { ...alice.store, commit: () => Promise.resolve('conflict' as const) },
      server: world.access(),
      clock: world.clock,
    });
    const before = world.ciphertexts.envelopes.length;
    const error = await expectRejection('store-conflict', client.send({ to: BOB, body: body('hello') }));
    expect(PolyratchetError.is(error)).toBe(true);
    expect(world.ciphertexts.envelopes.length).toBe(before);
    await client.close();
  });
});

describe('whom the server keeps keys from', () => {
  test('a message that no device of its recipient could read is not said to be sent, and can be sent again', async () => {
    const { world, bob } = await pair();
    let hidden = true;
    const access = world.access();
    const client = createClient({
      store: createMemoryStore(),
      clock: world.clock,
      random: seededRandom(7),
      server: {
        connectUnlinked: () => access.connectUnlinked(),
        connect: (device) => {
          const connection = access.connect(device);
          const fetchBundles: typeof connection.fetchBundles = (devices) =>
            hidden ? Promise.resolve(new Map()) : connection.fetchBundles(devices);
          return { ...connection, fetchBundles };
        },
      },
    });
    await world.run(client.register('carol@example.org'));
    const send = () => world.run(client.send({ to: BOB, body: body('hello'), id: 'one' }));
    const { data } = await expectRejection('no-session', send());
    expect(data.device).toBe(BOB);
    hidden = false;
    expect((await send()).kind).toBe('sent');
    await world.finish();
    expect(bob.texts).toEqual(['hello']);
    await world.run(client.close());
  });

  test('fifty first messages to a contact at the same time take one of his one-time prekeys', async () => {
    const { world, alice, bob } = await pair();
    const before = world.server.oneTimePreKeys(BOB);
    const texts = names('first', 50);
    await world.run(Promise.all(texts.map((text) => alice.client.send({ to: BOB, body: body(text) }))));
    expect(before - world.server.oneTimePreKeys(BOB)).toBe(1);
    await world.finish();
    expect(bob.texts).toEqual(texts);
  });
});
