/** What a contact says of our own devices: it makes us ask the server, and nothing else. */
import type { Address, Envelope, SentMessageResult } from 'polyratchet';
import type { Feature } from 'polyratchet/client';
import { MAX_LIST_AHEAD_MS, NEWER_LIST_GRACE_MS } from 'polyratchet/devices';
import { describe, expect, test } from 'vitest';
import { loadSelf, type Core } from '../../src/client/core.js';
import { Fetched, planChat, sealStep } from '../../src/client/seal.js';
import { compose } from '../../src/client/send.js';
import type { Device } from './device.js';
import { HOUR_MS, World } from './world.js';
import { BYSTANDER } from './bystander.js';

const ALICE: Address = 'alice@example.org';
const BOB: Address = 'bob@example.org';
const MALLORY: Address = 'mallory@example.org';
const LAPTOP: Address = 'alice:1@example.org';
const TABLET: Address = 'alice:2@example.org';

/** A client that says what it likes of the devices of whom it writes to. */
class Gossip {
  #core: Core | undefined;

  readonly feature: Feature = {
    name: 'gossip',
    extensions: {},
    attach: (core) => {
      this.#core = core;
      return {
        methods: {},
        ...BYSTANDER,
      };
    },
  };

  /** Writes to an account, and says that its list is of this time. */
  async write(to: Address, recipientTimestamp: number): Promise<void> {
    const core = this.#core;
    if (core === undefined) throw new Error('not attached');
    const envelopes = await core.transactor.run(async (tx): Promise<readonly Envelope[]> => {
      const self = await loadSelf(tx);
      const plan = await planChat(core, tx, self, { chat: to, accounts: [to] });
      const { recipientKeyHash: _, recipientKeyIndexes: __, ...metadata } = plan.metadata;
      const gossip = { ...plan, metadata: { ...metadata, recipientTimestamp } };
      const message = compose(core, gossip, {
        id: 'gossip',
        content: { body: new TextEncoder().encode('gossip') },
      });
      return (await sealStep(core, tx, self, gossip, message, new Fetched())).envelopes;
    });
    await core.connection()?.send(envelopes, { id: 'gossip' });
  }
}

interface Scene {
  readonly world: World;
  readonly phone: Device;
  readonly laptop: Device;
  readonly tablet: Device;
  readonly bob: Device;
  readonly gossip: Gossip;
}

/** Alice’s phone is off; her companions, Bob and Mallory have all talked. */
async function scene(): Promise<Scene> {
  const world = new World();
  const [phone, laptop, tablet] = (await world.person(ALICE, 3)) as [Device, Device, Device];
  const bob = await world.register(BOB);
  const gossip = new Gossip();
  const mallory = await world.register(MALLORY, { client: { features: [gossip.feature] } });
  for (const from of [mallory, bob]) await world.send(from, ALICE, 'hello');
  for (const from of [laptop, tablet]) await world.send(from, BOB, 'hello');
  await world.settled();
  await world.run(phone.client.disconnect());
  await world.clock.advance(2 * HOUR_MS);
  return { world, phone, laptop, tablet, bob, gossip };
}

const reached = ({ devices }: SentMessageResult): readonly Address[] =>
  devices.filter(({ kind }) => kind === 'sealed').map(({ device }) => device);

async function accepted({ client }: Device): Promise<readonly Address[]> {
  return (await client.devicesOf(ALICE)).devices.map(({ address }) => address);
}

describe('a contact that says that our list is newer than it is', () => {
  test.each([
    ['as far ahead as may be', MAX_LIST_AHEAD_MS - HOUR_MS],
    ['of now', 0],
    ['from a future that is not believed', 2 * MAX_LIST_AHEAD_MS],
  ])('%s, while the phone is off, cuts our companions off from nobody', async (_, ahead) => {
    const { world, laptop, tablet, bob, gossip } = await scene();
    const at = world.clock.now() + ahead;
    await world.run(gossip.write(ALICE, at - (at % 1_000)));
    await world.settled();
    for (const device of [laptop, tablet]) expect(device.texts).toContain('gossip');
    await world.clock.advance(NEWER_LIST_GRACE_MS + HOUR_MS);
    for (const device of [laptop, tablet, bob])
      expect(await accepted(device)).toEqual([ALICE, LAPTOP, TABLET]);
    const sent = reached(await world.send(laptop, BOB, 'from the laptop'));
    await world.settled();
    expect([...sent].sort()).toEqual([TABLET, ALICE, BOB].sort());
    expect(tablet.texts).toContain('from the laptop');
    expect(bob.texts).toContain('from the laptop');
  });
});

test('one of our own devices that says so is believed: what it knows of is hidden from us', async () => {
  const { world, phone, laptop, tablet } = await scene();
  world.hidden.add(ALICE);
  await world.run(phone.client.connect());
  await world.link(phone);
  await world.send(phone, BOB, 'my list is newer');
  await world.settled();
  await world.run(phone.client.disconnect());
  await world.clock.advance(NEWER_LIST_GRACE_MS + HOUR_MS);
  for (const device of [laptop, tablet]) expect(await accepted(device)).toEqual([ALICE]);
});
