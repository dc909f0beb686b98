/**
 * A server says which devices an account has, lets out those that were unlinked, and tells the time.
 *
 * @module
 */
import type { Server } from '../client/index.js';
import type { Address } from '../core/address.js';
import type { DeviceListAnswer } from '../devices/index.js';
import { expectRefusal, expectSame, expectThat } from './conformance.js';
import {
  arriveBoth,
  arriveLinked,
  bundleOf,
  envelopeTo,
  filled,
  keysOf,
  take,
  within,
  type ServerTrial,
} from './serverSteps.js';

/** Trials of device lists and of devices that go. */
export const deviceTrials: readonly ServerTrial[] = [
  {
    name: 'tells the time in milliseconds',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const [before, time, after] = [subject.clock.now(), await alice.fetchTime(), subject.clock.now()];
      expectThat(`the time: expected whole milliseconds, got ${time}`, Number.isSafeInteger(time));
      const isNear = time > before - 86_400_000 && time < after + 86_400_000;
      expectThat(`the time: expected one within a day of ${before}, got ${time}`, isNear);
    },
  },
  {
    name: 'gives out the list that the primary has published last, and none of an account that it does not know',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      await alice.publishDeviceList({ signedList: filled(90, 1) });
      await alice.publishDeviceList({ signedList: filled(95, 2) });
      const lists = await bob.fetchDeviceLists([subject.alice, 'nobody@example.org']);
      expectSame('whose lists came', [...lists.keys()], [subject.alice]);
      expectSame('the signed list', lists.get(subject.alice)?.signedList, filled(95, 2));
    },
  },
  {
    name: 'names the devices of an account with their identity keys and signatures',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const { address } = await arriveLinked(subject, alice, 21);
      const { devices } = await listOf(bob, subject.alice);
      expectSame(
        'the device numbers',
        devices.map(({ device }) => device).sort((a, b) => a - b),
        [0, numberOf(address)],
      );
      const [primary, companion] = [0, numberOf(address)].map((number) =>
        devices.find(({ device }) => device === number),
      );
      expectSame('the identity of the primary', primary?.identity, filled(32, 1));
      expectSame('the identity of the companion', companion?.identity, filled(32, 21));
      expectSame('the signatures of the companion', companion?.signedIdentity, filled(170, 21));
    },
  },
  {
    name: 'takes a list from the primary alone',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const { server } = await arriveLinked(subject, alice, 21);
      await expectRefusal('a list from a companion', () =>
        server.publishDeviceList({ signedList: filled(90, 3) }),
      );
      expectSame('the list', (await listOf(alice, subject.alice)).signedList, filled(90, 21));
    },
  },
  {
    name: 'copies lists on the way in and on the way out',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const signedList = filled(90, 1);
      const publishing = alice.publishDeviceList({ signedList });
      signedList.fill(0);
      await publishing;
      (await listOf(bob, subject.alice)).signedList?.fill(0);
      expectSame('the list', (await listOf(bob, subject.alice)).signedList, filled(90, 1));
    },
  },
  {
    name: 'says when each device of the own account was last connected',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const start = await alice.fetchTime();
      const { address } = await arriveLinked(subject, alice, 21);
      const claims = await alice.fetchLastUsed();
      const lastUsed = claims.find(({ device }) => device === numberOf(address))?.lastUsed;
      expectThat(
        `the time: expected at least ${start}, got ${lastUsed}`,
        lastUsed !== undefined && lastUsed >= start,
      );
      const others = claims.filter(({ device }) => device !== 0 && device !== numberOf(address));
      expectSame('how many devices of others it names', others.length, 0);
    },
  },
  {
    name: 'lets a device that was unlinked do nothing any more but ask for the list of its account',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const { address, server } = await arriveLinked(subject, alice, 21);
      await alice.publishDeviceList({ signedList: filled(90, 2), removed: [numberOf(address)] });
      const again = subject.access.connect(address);
      for (const connection of [server, again]) {
        await expectRefusal('keys', () => connection.publishPreKeys(keysOf(22), { id: 'late' }));
        await expectRefusal('a send', () => connection.send([envelopeTo(subject.bob, 1)], { id: 'late' }));
        await expectRefusal('a question for bundles', () => connection.fetchBundles([subject.bob]));
        await expectRefusal('the list of another account', () => connection.fetchDeviceLists([subject.bob]));
      }
      expectSame('the list of its account', (await listOf(again, subject.alice)).signedList, filled(90, 2));
    },
  },
  {
    name: 'ends the mail of a device that was unlinked, and forgets what was left of it',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const { address, server } = await arriveLinked(subject, alice, 21);
      const reader = server.receive()[Symbol.asyncIterator]();
      const next = reader.next().then(
        ({ done }) => done === true,
        () => true,
      );
      await alice.publishDeviceList({ signedList: filled(90, 2), removed: [numberOf(address)] });
      expectThat('its reader: expected an end', await within(subject, 'the end of its reader', next));
      expectSame('its bundle', (await bundleOf(bob, address)) === undefined, true);
      expectSame('who is missed', (await bob.send([envelopeTo(address, 1)], { id: 'late' })).extra, [
        address,
      ]);
      const { devices } = await listOf(bob, subject.alice);
      expectSame(
        'the devices',
        devices.map(({ device }) => device),
        [0],
      );
    },
  },
  {
    name: 'lets the others of the account go on when one is unlinked',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const [gone, kept] = [await arriveLinked(subject, alice, 21), await arriveLinked(subject, alice, 31)];
      await alice.publishDeviceList({ signedList: filled(90, 2), removed: [numberOf(gone.address)] });
      await bob.send([envelopeTo(kept.address, 7)], { id: 'a' });
      const [delivery] = await take(subject, kept.server, 1);
      expectSame('what came', delivery?.envelope.bytes, filled(40, 7));
    },
  },
];

async function listOf(server: Server, account: Address): Promise<DeviceListAnswer> {
  const answer = (await server.fetchDeviceLists([account])).get(account);
  expectThat(`the list of ${account}: expected an answer`, answer !== undefined);
  return answer ?? { devices: [] };
}

/** The number in the address of a companion. */
function numberOf(address: Address): number {
  return Number(/:(\d+)@/.exec(address)?.[1] ?? 0);
}
