/** What a server says of links in progress: nobody reads a field before all of them are what they should be. */
import { createClient, type Address, type Client, type ServerAccess } from 'polyratchet';
import { createMemoryStore } from 'polyratchet/memory';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectRejection } from '../support/errors.js';
import { seededRandom } from '../support/random.js';
import { Breakable, type Fault } from './faults.js';
import { World } from './world.js';

const ALICE: Address = 'alice@example.org';
const LABELS = { clientType: 'firefox', name: 'Laptop', platform: 'Linux' } as const;
const bytes = new Uint8Array(3);
const answer =
  (value: unknown): Fault =>
  () =>
    Promise.resolve(value);

describe('a link in progress with', () => {
  const hello = { ref: 'x', wrappedEphemeral: bytes };
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    ref: [undefined, null, 7],
    clientType: [undefined, null, 7],
    name: [undefined, null, 7],
    platform: [undefined, null, {}],
    hello: [null, 7, 'x', {}, { ...hello, ref: null }, { ...hello, wrappedEphemeral: [1] }],
    answer: [null, hello, { ...hello, primaryIdentity: 'x' }],
    finish: [null, { ref: 'x', bundle: bytes }, { ref: 'x', bundle: null, companionIdentity: bytes }],
    approval: [null, {}, { container: bytes, address: 'nonsense' }, { container: 'x', address: ALICE }],
    signedIdentity: [null, 'x', [1, 2]],
  };
  const right = {
    ...LABELS,
    ref: 'x',
    hello,
    answer: { ...hello, primaryIdentity: bytes },
    finish: { ref: 'x', bundle: bytes, companionIdentity: bytes },
    approval: { container: bytes, address: 'alice:1@example.org' },
    signedIdentity: bytes,
  };
  const cases = Object.entries(wrong).flatMap(([field, values]) =>
    values.map((value) => [field, JSON.stringify(value), { ...right, [field]: value }] as const),
  );
  const breakable = new Breakable<object>({});
  let phone: Client;

  beforeAll(async () => {
    const world = new World();
    const access = world.access();
    const connect = (device: Address): ReturnType<ServerAccess['connect']> =>
      breakable.wrap(access.connect(device));
    const server = { ...access, connect };
    phone = createClient({
      store: createMemoryStore(),
      server,
      clock: world.clock,
      random: seededRandom(34),
    });
    await world.run(phone.register(ALICE));
  });

  test('nothing wrong is shown as it is', async () => {
    const { ref, clientType, name, platform } = right;
    const none = { answer: undefined, finish: undefined, approval: undefined, signedIdentity: undefined };
    const offers = [right, { ref, clientType, name, platform }, { ...right, ...none }];
    breakable.break('fetchLinkOffers', answer(offers));
    expect(await phone.linkOffers()).toEqual(offers);
  });

  test.each(cases)('a wrong %s, %s, is a failure of the server', async (_, __, exchange) => {
    breakable.break('fetchLinkOffers', answer([right, exchange]));
    await expectRejection('server-failed', phone.linkOffers());
  });
});
