/** A server that lies about links: nobody is linked who was not scanned, and nothing waits without end. */
import { accountOf, type Address, type LinkExchange } from 'polyratchet';
import { LINK_OFFER_LIFETIME_MS } from 'polyratchet/devices';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectRejection } from '../../support/errors.js';
import type { Device } from '../device.js';
import { HOUR_MS } from '../world.js';
import { ALICE, BOB, devicesFor, expectNoHarm, people, type People } from './lyingWorld.js';

const LABELS = { clientType: 'firefox', name: 'Watch', platform: 'Linux' } as const;

interface Attempt {
  readonly companion: Device;
  readonly ref: string;
  readonly qr: string;
  readonly linked: Promise<Address>;
}

describe('a link', () => {
  let all: People;
  beforeAll(async () => {
    all = await people();
  });

  test.each<[string, (exchange: LinkExchange) => LinkExchange]>([
    ['a container that was changed', (exchange) => ({ ...exchange, ...changedApproval(exchange) })],
    [
      'a container of nothing',
      (exchange) => ({
        ...exchange,
        approval: { container: new Uint8Array(0), address: 'alice:9@example.org' },
      }),
    ],
    ['no approval for ever', ({ approval: _, ...exchange }) => exchange],
  ])('with %s links nobody, and is over in time', async (_, change) => {
    const { world, alice } = all;
    const before = await devicesFor(alice, ALICE);
    world.distortLinks = (truth) => ({ fetchLink: async (ref) => change(await truth.fetchLink(ref)) });
    const attempt = await offer(all);
    const began = world.clock.now();
    const outcomes = await world.run(Promise.allSettled([approve(all, attempt), attempt.linked]));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(world.clock.now() - began).toBeLessThanOrEqual(LINK_OFFER_LIFETIME_MS + 60_000);
    await expectUnlinked(all, attempt, before);
  });

  test('with the approval of another links neither', async () => {
    const { world, alice } = all;
    const before = await devicesFor(alice, ALICE);
    const [one, other] = [await offer(all), await offer(all)];
    world.server.lie({ kind: 'swap-approvals', refs: [one.ref, other.ref] });
    const approvals = [one, other].map((attempt) => approve(all, attempt));
    const outcomes = await world.run(Promise.allSettled([...approvals, one.linked, other.linked]));
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'));
    await expectUnlinked(all, one, before);
    await expectUnlinked(all, other, before);
  });

  test('with the reply of another companion is refused by the phone', async () => {
    const { world, alice } = all;
    const before = await devicesFor(alice, ALICE);
    const lists = await world.server.connect(BOB).fetchDeviceLists([ALICE]);
    const signedIdentity = lists.get(ALICE)!.devices[1]!.signedIdentity!;
    world.distort = (truth) => ({
      fetchLink: async (ref) => {
        const exchange = await truth.fetchLink(ref);
        return exchange.signedIdentity === undefined ? exchange : { ...exchange, signedIdentity };
      },
    });
    const attempt = await offer(all);
    const approved = approve(all, attempt).catch((error: unknown) => error);
    await world.run(attempt.linked);
    expect(await world.run(approved)).toBeInstanceOf(Error);
    expect(await devicesFor(alice, ALICE)).toEqual(before);
    // It was the phone that was lied to: with the truth it goes on where it was.
    await expectNoHarm(all);
    expect(await devicesFor(alice, ALICE)).toHaveLength(before.length + 1);
  });

  test('under an address of another account is a device of nobody', async () => {
    const { world, alice, bob } = all;
    const attempt = await offer(all);
    world.server.lie({ kind: 'wrong-address', ref: attempt.ref, address: 'mallory:7@example.org' });
    const approved = approve(all, attempt).catch((error: unknown) => error);
    await world.run(attempt.linked);
    const before = bob.shown.size;
    await world.run(attempt.companion.client.connect());
    await world.run(attempt.companion.client.send({ to: BOB, body: new Uint8Array(1) }));
    await world.settled();
    expect(bob.shown.size).toBe(before);
    expect(await world.run(approved)).toMatchObject({ code: 'link-mismatch' });
    expect(alice.of('linked').map(({ device }) => accountOf(device))).not.toContain('mallory@example.org');
    await world.retire(attempt.companion);
    await expectNoHarm(all);
  });

  test('by code with keys of the server’s is refused', async () => {
    const { world, alice } = all;
    const before = await devicesFor(alice, ALICE);
    world.distort = (truth) => ({
      fetchLinkOffers: async () =>
        (await truth.fetchLinkOffers()).map(({ hello, ...exchange }) => ({
          ...exchange,
          ...(hello === undefined
            ? {}
            : { hello: { ...hello, wrappedEphemeral: hello.wrappedEphemeral.map((byte) => byte ^ 1) } }),
        })),
    });
    const companion = world.device();
    const { code, linked } = await world.run(companion.client.offerLinkByCode({ ...LABELS, account: ALICE }));
    const userConfirmed = { method: 'pin', at: world.clock.now() } as const;
    const approved = alice.client.approveLinkByCode({ code, userConfirmed });
    const outcomes = await world.run(Promise.allSettled([approved, linked]));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expectUnlinked(all, { companion }, before);
  });

  test('by code among a thousand offers that were made up has to be chosen', async () => {
    const { world, alice } = all;
    const made = Array.from({ length: 1_000 }, (_, i) => ({ ...LABELS, ref: `made up ${i}` }));
    const userConfirmed = { method: 'pin', at: world.clock.now() } as const;
    const answering = () => world.run(alice.client.approveLinkByCode({ code: 'ABCD-EFGH', userConfirmed }));
    world.distort = () => ({ fetchLinkOffers: () => Promise.resolve(made) });
    await expectRejection('invalid-argument', answering());
    world.distort = () => ({ fetchLinkOffers: () => Promise.resolve([...made, ...made]) });
    await expectRejection('server-failed', answering());
    await expectNoHarm(all);
  });
});

async function offer({ world }: People): Promise<Attempt> {
  const companion = world.device();
  const { qr, linked } = await world.run(companion.client.offerLink(LABELS));
  return { companion, qr, linked, ref: qr.split(',')[0] ?? '' };
}

function approve({ world, alice }: People, { qr }: Attempt): Promise<Address> {
  return alice.client.approveLink({ qr, userConfirmed: { method: 'pin', at: world.clock.now() } });
}

function changedApproval({ approval }: LinkExchange): Pick<LinkExchange, 'approval'> {
  if (approval === undefined) return {};
  return {
    approval: { ...approval, container: approval.container.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) },
  };
}

/** The account is as it was, and the companion is nobody; with the truth it can be linked. */
async function expectUnlinked(
  all: People,
  { companion }: Pick<Attempt, 'companion'>,
  before: readonly number[],
): Promise<void> {
  const { world, alice } = all;
  expect(await devicesFor(alice, ALICE)).toEqual(before);
  expect(await companion.client.address()).toBeUndefined();
  await world.clock.advance(2 * HOUR_MS);
  await world.retire(companion);
  await expectNoHarm(all);
}
