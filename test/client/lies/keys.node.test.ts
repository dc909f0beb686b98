/** A server that lies about keys: nothing is encrypted for the wrong ones, and what cannot be read is asked for again. */
import { MAX_RETRY_COUNT } from 'polyratchet/fanout';
import { beforeAll, describe, expect, test } from 'vitest';
import { MAX_KEPT_PREKEYS } from 'polyratchet/identity';
import { expectRejection } from '../../support/errors.js';
import type { Device } from '../device.js';
import { HOUR_MS } from '../world.js';
import { BOB, expectNoHarm, outcomes, people, TABLET, type People } from './lyingWorld.js';

describe('bundles', () => {
  let all: People;
  beforeAll(async () => {
    all = await people();
  });

  test.each([
    ['of a device that the server has made up', undefined],
    ['of another device', 'alice:1@example.org'],
  ])('%s in the place of a companion’s: it gets nothing, and the sender is told', async (_, by) => {
    const { world } = all;
    const stranger = await world.stranger();
    world.server.lie({ kind: 'swap-bundle', device: TABLET, ...(by === undefined ? {} : { by }) });
    const sent = outcomes(await world.send(stranger, BOB, 'to both'));
    expect(sent).toEqual({ [BOB]: 'sealed', [TABLET]: 'untrusted-identity' });
    await expectStillReached(all, stranger, 1);
  });

  test('of another primary: it gets nothing, and the change is told', async () => {
    const { world } = all;
    const stranger = await world.stranger();
    await world.run(stranger.client.devicesOf(BOB));
    world.server.lie({ kind: 'swap-bundle', device: BOB });
    const sent = outcomes(await world.send(stranger, BOB, 'to both'));
    expect(sent).toEqual({ [BOB]: 'untrusted-identity', [TABLET]: 'sealed' });
    expect(stranger.of('identity-changed').at(-1)?.account).toBe(BOB);
    await expectStillReached(all, stranger, 1);
  });

  test('of the only device of somebody: nothing is stored or sent, and the change is told', async () => {
    const { world } = all;
    const stranger = await world.stranger();
    const CAROL = 'carol@example.org';
    const carol = await world.register(CAROL);
    await world.run(stranger.client.devicesOf(CAROL));
    const end = world.server.lie({ kind: 'swap-bundle', device: CAROL });
    const before = stranger.store.size();
    const send = world.run(
      stranger.client.send({ to: CAROL, body: new TextEncoder().encode('for Carol'), id: 'one' }),
    );
    await expectRejection('untrusted-identity', send);
    expect(stranger.of('identity-changed').map(({ account }) => account)).toEqual([CAROL]);
    expect(stranger.store.size()).toBe(before);
    end();
    await world.send(stranger, CAROL, 'for Carol');
    await world.settled();
    expect(carol.texts).toEqual(['for Carol']);
  });

  test('with a signed prekey that the device has not signed are refused', async () => {
    const { world } = all;
    const stranger = await world.stranger();
    world.server.lie({ kind: 'swap-prekey', device: TABLET, which: 'signed' });
    const sent = outcomes(await world.send(stranger, BOB, 'to both'));
    expect(sent).toEqual({ [BOB]: 'sealed', [TABLET]: 'invalid-signature' });
    await expectStillReached(all, stranger, 1);
  });

  test('with a one-time prekey of the server’s: the server cannot read, and the device asks again', async () => {
    const { world, tablet } = all;
    const stranger = await world.stranger();
    world.server.lie({ kind: 'swap-prekey', device: TABLET, which: 'one-time' });
    const sent = outcomes(await world.send(stranger, BOB, 'to both'));
    expect(sent).toEqual({ [BOB]: 'sealed', [TABLET]: 'sealed' });
    await world.settled();
    expect(retries(all, TABLET)).toBeGreaterThan(0);
    expect(retries(all, TABLET)).toBeLessThanOrEqual(MAX_RETRY_COUNT);
    expect(tablet.texts, 'before the lie ends: the request has brought keys').toContain('to both');
    await expectStillReached(all, stranger, 0);
  });

  test('that are given twice, and the one-time prekey with them: who comes second is asked again', async () => {
    const { world } = all;
    const before = retries(all, TABLET);
    const [first, second] = [await world.stranger(), await world.stranger()];
    world.server.lie({ kind: 'repeat-bundle', device: TABLET });
    for (const stranger of [first, second]) {
      const sent = outcomes(await world.send(stranger, BOB, 'with the same prekey'));
      expect(sent).toEqual({ [BOB]: 'sealed', [TABLET]: 'sealed' });
    }
    await world.settled();
    expect(retries(all, TABLET) - before).toBe(1);
    await expectStillReached(all, second, 0);
  });

  test('without one-time prekeys still carry a message', async () => {
    const { world, tablet } = all;
    const stranger = await world.stranger();
    world.server.lie({ kind: 'withhold-prekeys', device: TABLET });
    const sent = outcomes(await world.send(stranger, BOB, 'without a one-time prekey'));
    expect(sent).toEqual({ [BOB]: 'sealed', [TABLET]: 'sealed' });
    await world.settled();
    expect(tablet.texts).toContain('without a one-time prekey');
    await expectStillReached(all, stranger, 0);
  });

  test('that cannot be had for ever: the others get theirs, and the sender is told', async () => {
    const { world } = all;
    const stranger = await world.stranger();
    world.distort = (truth) => ({
      fetchBundles: async (devices) => truth.fetchBundles(devices.filter((device) => device !== TABLET)),
    });
    const sent = outcomes(await world.send(stranger, BOB, 'to both'));
    expect(sent[BOB]).toBe('sealed');
    expect(sent[TABLET]).not.toBe('sealed');
    await expectStillReached(all, stranger, 1);
  });
});

test('a number of one-time prekeys that is too low fills the store no further than a bound', async () => {
  const all = await people();
  const { world, tablet } = all;
  const kept = async () => (await tablet.store.list('one-time-prekey/', '', 100_000)).length;
  world.server.lie({ kind: 'miscount-prekeys', device: TABLET, count: 0 });
  // It throws away what it is given, too: its own mailbox would be full at some time.
  world.distort = () => ({ publishPreKeys: () => Promise.resolve() });
  for (let hours = 0; hours < 12; hours++) await world.clock.jump(HOUR_MS);
  expect(await kept()).toBe(MAX_KEPT_PREKEYS);
  expect(tablet.of('prekeys-depleted').length).toBeGreaterThan(0);
  // The first of them are still at the server, and are gone here: who takes one is asked again.
  world.server.truth();
  world.distort = () => ({});
  const stranger = await world.stranger();
  await world.send(stranger, BOB, 'with a prekey of the first day');
  await world.settled();
  expect(tablet.texts).toContain('with a prekey of the first day');
  await expectNoHarm(all);
});

/** Requests for a message that a device has sent. */
function retries({ world }: People, device: string): number {
  return world.ciphertexts.envelopes.filter(({ type, from }) => type === 'retry' && from === device).length;
}

let lostBefore = 0;

/** The message that a lie has kept from a device stays away; the next one comes. */
async function expectStillReached(all: People, stranger: Device, lost: number): Promise<void> {
  const { world, tablet, bob } = all;
  lostBefore += lost;
  world.server.truth();
  world.distort = () => ({});
  const text = `afterwards, ${world.sent.length}`;
  expect(outcomes(await world.send(stranger, BOB, text))).toEqual({ [BOB]: 'sealed', [TABLET]: 'sealed' });
  await world.settled();
  for (const device of [bob, tablet]) expect(device.texts).toContain(text);
  await expectNoHarm(all, { lost: lostBefore });
}
