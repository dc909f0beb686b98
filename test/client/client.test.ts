/** The whole story once, on every backend; the rest of this folder runs on Node.js alone, where keys are cheap. */
import { expect, test } from 'vitest';
import { NO_FAULTS, World } from './world.js';

test('two people, four devices: they link by QR code and by code, talk, compare, and one logs out', async () => {
  const world = new World();
  const [alice, laptop] = await world.person('alice@example.org', 2);
  const bob = await world.register('bob@example.org');
  const tablet = world.device();
  await world.linkByCode(bob, tablet);

  await world.send(laptop!, 'bob@example.org', 'from the laptop');
  await world.settled();
  await world.send(tablet, 'alice@example.org', 'from the tablet');
  await world.settled();
  await alice!.client.disconnect();
  await world.send(bob, 'alice@example.org', 'while the phone is off');
  await world.send(laptop!, 'bob@example.org', 'I have it');
  await world.finish();
  expect(await world.faults()).toEqual(NO_FAULTS);
  expect(alice!.texts).toEqual(['from the laptop', 'from the tablet', 'while the phone is off', 'I have it']);

  const codes = await Promise.all([
    alice!.client.securityCode('bob@example.org'),
    laptop!.client.securityCode('bob@example.org'),
    bob.client.securityCode('alice@example.org'),
    tablet.client.securityCode('alice@example.org'),
  ]);
  expect(new Set(codes.map((code) => (code.kind === 'complete' ? code.code.digits : code))).size).toBe(1);

  await tablet.client.logout();
  await world.settled();
  expect(tablet.store.size()).toBe(0);
  expect(await bob.client.linkedDevices()).toEqual([]);
});
