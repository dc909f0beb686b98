import { createClient, PolyratchetError, type Address, type Client, type ServerAccess } from 'polyratchet';
import { createMemoryStore } from 'polyratchet/memory';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectRejection } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import type { Device } from './device.js';
import { Breakable, faultsWith, WRONG_ANSWERS, type Fault } from './faults.js';
import { NO_FAULTS, World } from './world.js';

const ALICE: Address = 'alice@example.org';
const BOB: Address = 'bob@example.org';
const LABELS = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;
const bytes = new Uint8Array(3);
const answer =
  (value: unknown): Fault =>
  () =>
    Promise.resolve(value);

/** The right answer but for some fields. */
const besides =
  (strange: object): Fault =>
  async (right) => ({ ...((await right()) as object), ...strange });

function confirmed(world: World): { method: 'pin'; at: number } {
  return { method: 'pin', at: world.clock.now() };
}

function expectTyped(error: unknown): void {
  expect(PolyratchetError.is(error) ? 'typed' : error, 'the error').toBe('typed');
}

const caught = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a link', () => {
  test.each(['linkByQr', 'linkByCode'] as const)('%s: both sides know the address, and talk', async (how) => {
    const world = new World();
    const alice = await world.register(ALICE);
    const bob = await world.register(BOB);
    const laptop = world.device();
    await world[how](alice, laptop);
    await world.send(laptop, BOB, 'from the laptop');
    await world.settled();
    await world.send(bob, ALICE, 'to both');
    await world.finish();
    expect(await world.faults()).toEqual(NO_FAULTS);
  });

  test('by code shows whom it asks, with the labels that it was given', async () => {
    const world = new World();
    const alice = await world.register(ALICE);
    const laptop = world.device();
    const { code, linked } = await laptop.client.offerLinkByCode({
      ...LABELS,
      account: ALICE,
      code: 'ABCD1234',
    });
    expect(code).toBe('ABCD-1234');
    const [offer, ...others] = await alice.client.linkOffers();
    expect(offer).toMatchObject(LABELS);
    expect(others).toEqual([]);
    const approve = (typed: string): Promise<Address> =>
      world.run(alice.client.approveLinkByCode({ code: typed, userConfirmed: confirmed(world) }));
    const [address] = await Promise.all([world.run(linked), approve('abcd 1234')]);
    expect(address).toBe('alice:1@example.org');
    await expectRejection('link-expired', approve('ABCD1234'));
  });

  test('by another code fails on both sides', async () => {
    const world = new World();
    const alice = await world.register(ALICE);
    const { linked } = await world
      .device()
      .client.offerLinkByCode({ ...LABELS, account: ALICE, code: 'ABCD1234' });
    const approving = caught(
      alice.client.approveLinkByCode({ code: 'ABCD1235', userConfirmed: confirmed(world) }),
    );
    expectTyped(await world.run(caught(linked)));
    expectTyped(await world.run(approving));
    expect(await alice.client.linkedDevices()).toEqual([]);
  });

  test('of several by code needs the ref of one', async () => {
    const world = new World();
    const alice = await world.register(ALICE);
    const [first, second] = [world.device(), world.device()];
    const offers = [first, second].map((device) =>
      device.client.offerLinkByCode({ ...LABELS, account: ALICE, code: 'ABCD1234' }),
    );
    const pending = await Promise.all(offers);
    const userConfirmed = confirmed(world);
    const approve = (by: { readonly ref?: string }): Promise<Address> =>
      alice.client.approveLinkByCode({ code: 'ABCD1234', ...by, userConfirmed });
    const { data } = await expectRejection('invalid-argument', approve({}));
    expect(data.name).toBe('ref');
    expect(data.expected).toContain('one of the 2 offers');
    await expectRejection('link-expired', approve({ ref: 'of none' }));
    const ref = (await alice.client.linkOffers())[1]?.ref ?? '';
    const approved = approve({ ref });
    expect(await world.run(pending[1]!.linked)).toBe('alice:1@example.org');
    expect(await world.run(approved)).toBe('alice:1@example.org');
    await expectRejection('link-expired', world.run(pending[0]!.linked));
  });

  test('is over after five minutes, and where the client is closed', async () => {
    const world = new World();
    const started = world.clock.now();
    const device = world.device();
    const { linked } = await device.client.offerLink(LABELS);
    await expectRejection('link-expired', world.run(linked));
    expect(world.clock.now() - started).toBe(5 * 60_000);
    const again = await device.client.offerLink(LABELS);
    await device.client.close();
    await expectRejection('closed', world.run(again.linked));
    expect(world.clock.waiting).toBe(0);
  });

  test('takes copies of what it was given', async () => {
    const world = new World();
    const alice = await world.register(ALICE);
    const transportKey = new Uint8Array(32).fill(7);
    const offering = world.device().client.offerLink({ ...LABELS, transportKey });
    transportKey.fill(0);
    const { qr } = await offering;
    expect(qr).toContain(btoa('\x07'.repeat(32)));
    const userConfirmed = confirmed(world);
    const approving = alice.client.approveLink({ qr, userConfirmed });
    await world.settled();
    void caught(approving);
  });

  test.each([
    ['an old consent', { userConfirmed: { method: 'pin', at: 0 } }, 'not-confirmed'],
    ['no consent', { userConfirmed: undefined }, 'not-confirmed'],
    ['a text that is none', { qr: 'hello' }, 'malformed'],
    ['no text', { qr: undefined }, 'invalid-argument'],
  ] as const)('with %s is refused, and leaves nothing behind', async (_, change, code) => {
    const world = new World();
    const alice = await world.register(ALICE);
    const { qr } = await world.device().client.offerLink(LABELS);
    const size = alice.store.size();
    const options = { qr, userConfirmed: confirmed(world), ...change } as never;
    await expectRejection(code, alice.client.approveLink(options));
    expect(alice.store.size()).toBe(size);
  });

  test.each([
    ['no name', { name: undefined }],
    ['a name that is too long', { name: 'x'.repeat(1_000) }],
    ['a transport key of 31 bytes', { transportKey: new Uint8Array(31) }],
    ['another client type', { clientType: 'teapot' }],
  ])('that is offered with %s is refused', async (_, change) => {
    const { client, store } = new World().device();
    await expectRejection('invalid-argument', client.offerLink({ ...LABELS, ...change } as never));
    await expectRejection(
      'invalid-argument',
      client.offerLinkByCode({ ...LABELS, account: ALICE, ...change } as never),
    );
    expect(store.size()).toBe(0);
  });

  test('of a device that is somebody is refused', async () => {
    const world = new World();
    const alice = await world.register(ALICE);
    await expectRejection('invalid-argument', alice.client.offerLink(LABELS));
    await expectRejection('invalid-argument', alice.client.offerLinkByCode({ ...LABELS, account: BOB }));
    await expectRejection('invalid-argument', alice.client.register(BOB));
    expect(await alice.client.address()).toBe(ALICE);
  });
});

describe('a companion that answers with a lie', () => {
  test('is not linked, and keeps the phone from nothing', async () => {
    const world = new World();
    const alice = await world.register(ALICE);
    const bob = await world.register(BOB);
    const liar = createClient({
      store: createMemoryStore(),
      clock: world.clock,
      random: seededRandom(44),
      server: {
        ...world.access(),
        connectUnlinked: () => {
          const connection = world.server.connectUnlinked();
          return {
            ...connection,
            completeLink: ({ ref }) => connection.completeLink({ ref, signedIdentity: new Uint8Array(40) }),
          };
        },
      },
    });
    const { qr, linked } = await liar.offerLink(LABELS);
    const approving = caught(alice.client.approveLink({ qr, userConfirmed: confirmed(world) }));
    await world.run(caught(linked));
    expectTyped(await world.run(approving));
    const status = (await alice.client.linkedDevices()).map((device) => device.status.kind);
    expect(status).not.toContain('verified');
    await alice.client.disconnect();
    await alice.client.connect();
    await world.send(bob, ALICE, 'hello');
    await world.finish();
    expect(alice.texts).toEqual(['hello']);
    const laptop = await world.link(alice);
    expect(await laptop.client.address()).toBe('alice:2@example.org');
  });
});

/** Calls of a link, and who makes them. */
const methods = {
  fetchLink: 'both',
  approveLink: 'phone',
  answerLink: 'phone',
  fetchLinkOffers: 'phone',
  fetchTime: 'phone',
  publishDeviceList: 'phone',
  offerLink: 'companion',
  finishLink: 'companion',
  completeLink: 'companion',
} as const;

/** Those of a link by code alone. It costs a tenth of a second on each side, so it is tried only where it differs. */
const byCode: readonly string[] = ['answerLink', 'fetchLinkOffers', 'finishLink'];

/** Those that have an answer: each of them gets some of the wrong ones. */
const WITH_ANSWERS = ['fetchLink', 'approveLink', 'offerLink'] as const;

const exchanges: readonly object[] = [
  { approval: 7 },
  { approval: {} },
  { approval: { container: 'x', address: 'alice:1@example.org' } },
  { approval: { container: bytes, address: 7 } },
  { approval: { container: bytes, address: 'alice:1@example.org' } },
  { approval: { container: bytes, address: ALICE }, signedIdentity: 'x' },
  { approval: { address: 'nonsense' }, signedIdentity: bytes },
  { answer: 7 },
  { answer: { ref: 7, wrappedEphemeral: 7, primaryIdentity: 7 } },
  { finish: 7 },
  { finish: { ref: 'x', bundle: bytes, companionIdentity: bytes } },
  { name: 7, platform: {} },
  { approval: null, signedIdentity: null },
  { approval: {}, signedIdentity: bytes },
  { approval: { container: 1, address: 7 }, signedIdentity: bytes },
  { approval: { container: bytes, address: null }, signedIdentity: bytes },
  { approval: 7, signedIdentity: 8 },
];

const faults: readonly (readonly [keyof typeof methods, string, Fault])[] = [
  ...(Object.keys(methods) as (keyof typeof methods)[]).flatMap((method) =>
    faultsWith(
      {},
      byCode.includes(method) ? ['hangs'] : ['throws at once', 'hangs', 'does it, and rejects'],
    ).map(([name, fault]) => [method, name, fault] as const),
  ),
  ...Object.entries(WRONG_ANSWERS).map(
    ([name, value], i) => [WITH_ANSWERS[i % 3] ?? 'fetchLink', `answers ${name}`, answer(value)] as const,
  ),
  ...exchanges.map(
    (exchange, i) => ['fetchLink', `says strange thing ${String(i)}`, besides(exchange)] as const,
  ),
  [
    'fetchLinkOffers',
    'says a strange thing',
    answer([{ ref: 'x', hello: { ref: 'x', wrappedEphemeral: bytes } }]),
  ],
];

describe('a server in the middle of a link whose', () => {
  let world: World;
  let alice: Device;
  let phone: Client;
  const breakable = new Breakable<object>({});

  function breakableAccess(): ServerAccess {
    const access = world.access();
    return {
      connect: (device) => breakable.wrap(access.connect(device)),
      connectUnlinked: () => breakable.wrap(access.connectUnlinked()),
    };
  }

  beforeAll(async () => {
    world = new World();
    alice = await world.register(ALICE);
    await world.retire(alice);
    phone = createClient({
      store: alice.store,
      server: breakableAccess(),
      clock: world.clock,
      random: seededRandom(33),
    });
    await phone.connect();
  });

  const cases = faults.map(([method, name, fault]) => {
    const isByCode = byCode.includes(method) || /thing ([789]|10)/.test(name);
    return [isByCode ? 'code' : 'QR code', method, name, fault] as const;
  });

  test.each(cases)(
    'by %s: %s %s: typed errors or none, and the next link works',
    async (how, method, __, fault) => {
      const attempt = async (by: string): Promise<unknown[]> => {
        const companion = createClient({
          store: createMemoryStore(),
          server: breakableAccess(),
          clock: world.clock,
          random: seededRandom(world.clock.now() % 65_536),
        });
        const userConfirmed = confirmed(world);
        const errors: unknown[] = [];
        if (by === 'code') {
          const offer = await world.run(
            companion.offerLinkByCode({ ...LABELS, account: ALICE }).catch((error: unknown) => ({ error })),
          );
          if ('error' in offer) errors.push(offer.error);
          else {
            const { ref = '' } = (await world.run(phone.linkOffers().catch(() => []))).at(-1) ?? {};
            const approving = caught(phone.approveLinkByCode({ code: offer.code, ref, userConfirmed }));
            errors.push(...(await world.run(Promise.all([caught(offer.linked), approving]))));
          }
        } else {
          const offer = await world.run(companion.offerLink(LABELS).catch((error: unknown) => ({ error })));
          if ('error' in offer) errors.push(offer.error);
          else {
            const approving = caught(phone.approveLink({ qr: offer.qr, userConfirmed }));
            errors.push(...(await world.run(Promise.all([caught(offer.linked), approving]))));
          }
        }
        await world.run(companion.close());
        return errors.filter((error) => error !== undefined);
      };
      breakable.break(method, fault);
      for (const error of await attempt(how)) expectTyped(error);
      expect(breakable.hits, 'calls of the broken method').toBeGreaterThan(0);
      breakable.mend();
      await world.run(phone.unlinkAll());
      // An exchange of the broken attempt may still be there: it is over after a while.
      await world.clock.jump(11 * 60_000);
      await world.run(phone.connect());
      expect(await attempt('QR code')).toEqual([]);
      expect(await phone.linkedDevices()).toHaveLength(1);
      await world.run(phone.unlinkAll());
      await world.settled();
    },
  );
});
