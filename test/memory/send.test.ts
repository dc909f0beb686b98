import type { Server } from 'polyratchet';
import { participantHash } from 'polyratchet/fanout';
import {
  MAX_ENVELOPES,
  MAX_REMEMBERED_SENDS,
  MAX_SEND_LENGTH,
  MAX_SIGNED_LENGTH,
  MAX_TEXT_LENGTH,
  MAX_WAITING,
  MAX_WAITING_LENGTH,
  type MemoryServer,
} from 'polyratchet/memory';
import { describe, expect, test } from 'vitest';
import { expectRejection } from '../support/errors.js';
import {
  ALICE,
  BOB,
  envelopeTo as to,
  filled,
  keysOf,
  numbers,
  start,
  take,
  type Started,
} from './connections.js';

const LAPTOP = 'alice:1@example.org';
const TABLET = 'bob:1@example.org';
const LONGEST = 256 * 1024 + 2_048;

describe('sending', () => {
  test('the same id again delivers nothing twice, and another id does', async () => {
    const { server, alice } = await start();
    await alice.send([to(BOB, 1)], { id: 'a' });
    await alice.send([to(BOB, 1)], { id: 'a' });
    await Promise.all([alice.send([to(BOB, 1)], { id: 'a' }), alice.send([to(BOB, 1)], { id: 'b' })]);
    expect(server.waiting(BOB)).toBe(2);
  });

  test('an id counts for its own device: another one may use it too', async () => {
    const { server, alice, bob } = await start();
    await bob.send([to(BOB, 1)], { id: 'a' });
    await alice.send([to(BOB, 2)], { id: 'a' });
    expect(server.waiting(BOB)).toBe(2);
  });

  test('an id still counts after the device has connected anew', async () => {
    const { server, alice } = await start();
    await alice.send([to(BOB, 1)], { id: 'a' });
    alice.close();
    await server.connect(ALICE).send([to(BOB, 1)], { id: 'a' });
    expect(server.waiting(BOB)).toBe(1);
  });

  test('to unknown devices names them as extra, and delivers to the others', async () => {
    const { server, alice } = await start();
    server.connect('bob:9@example.org');
    const targets = ['nobody@example.org', BOB, 'bob:9@example.org', '__proto__@example.org'];
    const receipt = await alice.send(
      targets.map((device) => to(device, 1)),
      { id: 'a' },
    );
    expect(receipt).toEqual({ extra: ['nobody@example.org', 'bob:9@example.org', '__proto__@example.org'] });
    expect(targets.map((device) => server.waiting(device))).toEqual([0, 1, 0, 0]);
    expect(await alice.send([to(BOB, 2)], { id: 'b' })).toEqual({});
  });
});

describe('a participant hash', () => {
  test('of the devices that the server knows is answered with nothing', async () => {
    const { alice } = await startLinked();
    expect(await alice.send([], { id: 'a', participantHash: participantHash([LAPTOP]) })).toEqual({});
    const envelopes = [to(BOB, 1), to(TABLET, 1), to(LAPTOP, 1)];
    const hash = participantHash([TABLET, LAPTOP, BOB]);
    expect(await alice.send(envelopes, { id: 'b', participantHash: hash })).toEqual({});
    const written = hash.replaceAll('+', '-').replaceAll('/', '_');
    expect(await alice.send(envelopes, { id: 'c', participantHash: written })).toEqual({});
  });

  test('of others is answered with those that got nothing, and with the hash of all', async () => {
    const { alice } = await startLinked();
    const stated = participantHash([BOB]);
    expect(await alice.send([to(BOB, 1)], { id: 'a', participantHash: stated })).toEqual({
      missing: [LAPTOP, TABLET],
      participantHash: participantHash([BOB, TABLET, LAPTOP]),
    });
  });

  test('of one device too many is answered without a missing one', async () => {
    const { alice } = await startLinked();
    const envelopes = [BOB, TABLET, LAPTOP, 'bob:7@example.org'].map((device) => to(device, 1));
    const stated = participantHash(envelopes.map((envelope) => envelope.to));
    expect(await alice.send(envelopes, { id: 'a', participantHash: stated })).toEqual({
      extra: ['bob:7@example.org'],
      participantHash: participantHash([BOB, TABLET, LAPTOP]),
    });
  });

  test('that is absent, as where a device is sent something of its own, is not asked about', async () => {
    const { alice } = await startLinked();
    expect(await alice.send([to(BOB, 1)], { id: 'a' })).toEqual({});
  });

  test('leaves out the sender, those who have no keys, and other accounts', async () => {
    const { server, alice, phone } = await startLinked();
    await linkTo(server, phone);
    await server.connect('carol@example.org').publishPreKeys(...keysOf());
    const hash = participantHash([LAPTOP, BOB, TABLET]);
    const envelopes = [to(BOB, 1), to(TABLET, 1), to(LAPTOP, 1)];
    expect(await alice.send(envelopes, { id: 'a', participantHash: hash })).toEqual({});
  });

  test('of a form that nobody knows says nothing about the devices', async () => {
    const { alice } = await startLinked();
    const answer = await alice.send([to(BOB, 1)], { id: 'a', participantHash: '9:?' });
    expect(answer.missing).toEqual([LAPTOP, TABLET]);
  });

  test('is answered the same way when the send comes again, whatever has changed', async () => {
    const { server, alice, phone } = await startLinked();
    const sending = [[to(BOB, 1)], { id: 'a', participantHash: participantHash([BOB]) }] as const;
    const first = await alice.send(...sending);
    await phone.publishDeviceList({ signedList: filled(90), removed: [1] });
    (first.missing as string[]).push('changed@example.org');
    const again = await alice.send(...sending);
    expect(again.missing).toEqual([LAPTOP, TABLET]);
    expect(server.waiting(BOB)).toBe(1);
    expect((await alice.send([to(BOB, 2)], { ...sending[1], id: 'b' })).missing).toEqual([TABLET]);
  });
});

describe('bounds', () => {
  test('a mailbox holds so many envelopes; a send with one more delivers nothing to anybody', async () => {
    const { server, alice, bob } = await start();
    const many = Array.from({ length: 5_000 }, () => to(BOB, 1, { bytes: filled(1) }));
    for (let i = 0; i < MAX_WAITING / many.length; i++) await alice.send(many, { id: String(i) });
    expect(server.waiting(BOB)).toBe(MAX_WAITING);
    const error = await expectRejection('too-large', alice.send([to(ALICE, 1), to(BOB, 2)], { id: 'z' }));
    expect(error.data).toEqual({ what: 'mailbox', limit: MAX_WAITING, got: MAX_WAITING + 1 });
    expect([server.waiting(ALICE), server.waiting(BOB)]).toEqual([0, MAX_WAITING]);
    const [first] = await take(bob, 1);
    await bob.acknowledge([first!.id]);
    expect(await alice.send([to(ALICE, 1), to(BOB, 2)], { id: 'z' })).toEqual({});
    expect([server.waiting(ALICE), server.waiting(BOB)]).toEqual([1, MAX_WAITING]);
  });

  test('a mailbox holds so many bytes', async () => {
    const { server, alice, bob } = await start();
    const envelope = to(BOB, 1, { bytes: filled(LONGEST) });
    const fitting = Math.floor(MAX_WAITING_LENGTH / LONGEST);
    for (let left = fitting, i = 0; left > 0; left -= 90, i++) {
      await alice.send(
        Array.from({ length: Math.min(left, 90) }, () => envelope),
        { id: String(i) },
      );
    }
    const rest = MAX_WAITING_LENGTH - fitting * LONGEST;
    await alice.send([to(BOB, 2, { bytes: filled(rest) })], { id: 'rest' });
    const error = await expectRejection(
      'too-large',
      alice.send([to(BOB, 3, { bytes: filled(1) })], { id: 'more' }),
    );
    expect(error.data).toEqual({
      what: 'bytes of a mailbox',
      limit: MAX_WAITING_LENGTH,
      got: MAX_WAITING_LENGTH + 1,
    });
    const [first] = await take(bob, 1);
    await bob.acknowledge([first!.id, first!.id]);
    await alice.send([to(BOB, 3, { bytes: filled(LONGEST) })], { id: 'more' });
    expect(server.waiting(BOB)).toBe(fitting + 1);
  });

  test('a send has so many envelopes and bytes', async () => {
    const { alice } = await start();
    const many = Array.from({ length: MAX_ENVELOPES }, () => to('nobody@example.org', 1));
    expect((await alice.send(many, { id: 'a' })).extra).toHaveLength(MAX_ENVELOPES);
    await expectRejection('too-large', alice.send([...many, to(BOB, 1)], { id: 'b' }));
    const count = Math.floor(MAX_SEND_LENGTH / LONGEST);
    const long = Array.from({ length: count }, () => to('nobody@example.org', 1, { bytes: filled(LONGEST) }));
    const rest = MAX_SEND_LENGTH - count * LONGEST;
    await alice.send([...long, to(BOB, 1, { bytes: filled(rest) })], { id: 'c' });
    const error = await expectRejection(
      'too-large',
      alice.send([...long, to(BOB, 1, { bytes: filled(rest + 1) })], { id: 'd' }),
    );
    expect(error.data).toEqual({
      what: 'bytes of envelopes',
      limit: MAX_SEND_LENGTH,
      got: MAX_SEND_LENGTH + 1,
    });
  });

  test('the answers of the latest sends are remembered, and the oldest is forgotten', async () => {
    const { server, alice } = await start();
    await alice.send([to(BOB, 1)], { id: 'first' });
    for (let i = 1; i < MAX_REMEMBERED_SENDS; i++) await alice.send([], { id: String(i) });
    await alice.send([to(BOB, 1)], { id: 'first' });
    expect(server.waiting(BOB)).toBe(1);
    await alice.send([], { id: 'one more' });
    await alice.send([to(BOB, 1)], { id: 'first' });
    expect(server.waiting(BOB)).toBe(2);
  });

  test('a mailbox of ten thousand is read in the time of ten thousand', async () => {
    const { alice, bob } = await start();
    for (let i = 0; i < 10; i++) {
      await alice.send(
        Array.from({ length: 1_000 }, () => to(BOB, i)),
        { id: String(i) },
      );
    }
    const received = await take(bob, 10_000);
    expect(numbers(received)[9_999]).toBe(9);
    await bob.acknowledge(received.map(({ id }) => id));
  });
});

describe('bad input', () => {
  test('of a send is refused, and delivers nothing', async () => {
    const { server, alice } = await start();
    const wrong: unknown[] = [
      undefined,
      to(BOB, 1),
      [undefined],
      [to('bob', 1)],
      [to(BOB, 1, { id: undefined as never })],
      [to(BOB, 1, { id: 'x'.repeat(MAX_TEXT_LENGTH + 1) })],
      [to(BOB, 1, { type: 'letter' as never })],
      [to(BOB, 1, { type: 'toString' as never })],
      [to(BOB, 1, { bytes: 'bytes' as never })],
      [to(BOB, 1, { deviceIdentity: null as never })],
      [to(BOB, 1), to(BOB, 2, { bytes: undefined as never })],
    ];
    for (const envelopes of wrong)
      await expectRejection('invalid-argument', alice.send(envelopes as never, { id: 'a' }));
    for (const options of [undefined, {}, { id: 7 }, { id: 'a', participantHash: 7 }])
      await expectRejection('invalid-argument', alice.send([to(BOB, 1)], options as never));
    const deviceIdentity = filled(MAX_SIGNED_LENGTH + 1);
    await expectRejection('too-large', alice.send([to(BOB, 1, { deviceIdentity })], { id: 'a' }));
    const bytes = filled(LONGEST + 1);
    await expectRejection('too-large', alice.send([to(BOB, 1, { bytes })], { id: 'a' }));
    expect(server.waiting(BOB)).toBe(0);
    await alice.send([to(BOB, 1)], { id: 'a' });
    expect(server.waiting(BOB)).toBe(1);
  });

  test('of an acknowledgement is refused, and forgets nothing', async () => {
    const { server, alice, bob } = await start();
    await alice.send([to(BOB, 1)], { id: 'a' });
    const [delivery] = await take(bob, 1);
    for (const ids of [undefined, delivery!.id, [delivery!.id, 7]])
      await expectRejection('invalid-argument', bob.acknowledge(ids as never));
    const tooMany = Array.from({ length: MAX_WAITING + 1 }, () => delivery!.id);
    await expectRejection('too-large', bob.acknowledge(tooMany));
    expect(server.waiting(BOB)).toBe(1);
  });
});

describe('the devices of the own account', () => {
  test('come with the time when each was last connected', async () => {
    const { server, alice, clock } = await startLinked();
    clock.time = 7_000;
    const laptop = server.connect(LAPTOP);
    clock.time = 8_000;
    expect(await alice.fetchLastUsed()).toEqual([
      { device: 0, lastUsed: 8_000 },
      { device: 1, lastUsed: 7_000 },
    ]);
    clock.time = 9_000;
    await laptop.fetchTime();
    laptop.close();
    clock.time = 10_000;
    await expectRejection('closed', laptop.fetchTime());
    expect((await alice.fetchLastUsed())[1]).toEqual({ device: 1, lastUsed: 9_000 });
  });

  test('are those that are linked, also if they never came', async () => {
    const { server, phone, alice } = await startLinked();
    await linkTo(server, phone);
    server.connect('alice:9@example.org');
    expect((await alice.fetchLastUsed()).map(({ device }) => device)).toEqual([0, 1, 2]);
    expect((await alice.fetchLastUsed())[2]).toEqual({ device: 2 });
    await phone.publishDeviceList({ signedList: filled(90), removed: [1] });
    expect((await alice.fetchLastUsed()).map(({ device }) => device)).toEqual([0, 2]);
  });
});

/** Two accounts with a companion each. */
async function startLinked(): Promise<Started & { readonly phone: Server }> {
  const started = await start();
  const { server, alice, bob } = started;
  for (const phone of [alice, bob]) {
    const companion = server.connect(await linkTo(server, phone));
    await companion.publishPreKeys(...keysOf());
  }
  return { ...started, phone: alice };
}

async function linkTo(server: MemoryServer, phone: Server): Promise<string> {
  const companion = server.connectUnlinked();
  const ref = await companion.offerLink({ clientType: 'firefox', name: 'Laptop', platform: 'Linux' });
  const address = await phone.approveLink({ ref, container: filled(200) });
  await companion.completeLink({ ref, signedIdentity: filled(170) });
  return address;
}
