/** Lies about which devices an account has, and whose it is. */
import type { Forgery, ListLie } from 'polyratchet/memory';
import { ALICE, BOB, LAPTOP, heard, lookAgain, must, say, type Trial } from './world.js';

const FORGERIES: Readonly<Record<Forgery, string>> = {
  unsigned: 'without signatures',
  forged: 'with forged signatures',
  borrowed: 'with the signatures of her laptop',
  'other-primary': 'signed by another phone',
};

/** A device that nobody has signed for gets nothing. */
const addDevice = Object.entries(FORGERIES).map(([forgery, how]): Trial => ({
  lie: `adds a device to Alice’s account, ${how}`,
  haveTalked: true,
  play: async (world) => {
    const { server, bobPhone } = world;
    server.lie({ kind: 'add-device', account: ALICE, forgery: forgery as Forgery });
    await lookAgain(world, bobPhone, ALICE);
    await say(bobPhone, ALICE, 'a secret', world.alicePhone, world.aliceLaptop);
    const { devices, excluded } = await bobPhone.client.devicesOf(ALICE);
    must(devices.length === 2, 'Bob’s phone believes in it');
    must(server.intercepted().length === 0, 'something was sent to it');
    const [refused] = bobPhone.heard('list-refused');
    return `left out: ${refused?.error.code ?? excluded[0]?.why ?? 'nobody has seen it'}`;
  },
}));

/** How each is seen through. */
export const ABOUT_DEVICES: Readonly<Record<ListLie['kind'], readonly Trial[]>> = {
  'add-device': addDevice,
  'replace-account': [
    {
      lie: 'puts a phone of its own in the place of Alice’s',
      haveTalked: true,
      play: async (world) => {
        const { server, bobPhone } = world;
        server.lie({ kind: 'replace-account', account: ALICE, to: [BOB] });
        const before = await bobPhone.client.devicesOf(ALICE);
        await lookAgain(world, bobPhone, ALICE);
        await heard(bobPhone, 'identity-changed');
        const after = await bobPhone.client.devicesOf(ALICE);
        must(
          after.devices[0]?.identity.join() === before.devices[0]?.identity.join(),
          'Bob’s phone believes it',
        );
        return 'identity-changed: for Bob to decide, and nothing is sent under the new key';
      },
    },
  ],
  'withhold-list': [
    {
      lie: 'keeps it from Bob that Alice has unlinked her laptop',
      haveTalked: true,
      play: async (world) => {
        const { server, alicePhone, bobPhone } = world;
        server.lie({ kind: 'withhold-list', account: ALICE, to: [BOB] });
        await alicePhone.client.unlink(LAPTOP);
        await say(alicePhone, BOB, 'just me now', bobPhone);
        const { devices } = await bobPhone.client.devicesOf(ALICE);
        must(devices.length === 1, 'Bob’s phone still believes in the laptop');
        return 'her phone says so itself, inside its next message';
      },
    },
  ],
  'roll-back-list': [
    {
      lie: 'shows the list from before that again',
      haveTalked: true,
      play: async (world) => {
        const { server, alicePhone, aliceLaptop, bobPhone } = world;
        await alicePhone.client.unlink(LAPTOP);
        await heard(aliceLaptop, 'logged-out');
        await say(bobPhone, ALICE, 'just you?', alicePhone);
        server.lie({ kind: 'roll-back-list', account: ALICE, steps: 1, to: [BOB] });
        await lookAgain(world, bobPhone, ALICE);
        const { error } = await heard(bobPhone, 'list-refused');
        const { devices } = await bobPhone.client.devicesOf(ALICE);
        must(devices.length === 1, 'Bob’s phone believes in the laptop again');
        return `${error.code}: what was known still counts`;
      },
    },
  ],
  'fork-list': [
    {
      lie: 'shows Bob an older list than others, from the beginning',
      haveTalked: false,
      play: async (world) => {
        const { server, alicePhone, aliceLaptop, bobPhone } = world;
        server.lie({ kind: 'fork-list', account: ALICE, to: [BOB] });
        await say(bobPhone, ALICE, 'hello', alicePhone);
        await say(aliceLaptop, BOB, 'hello from the laptop', bobPhone);
        await say(bobPhone, ALICE, 'hello laptop', aliceLaptop);
        return 'the laptop shows both signatures itself, and is believed';
      },
    },
  ],
  'hide-device': [
    {
      lie: 'leaves the laptop out of its answers',
      haveTalked: true,
      play: async (world) => {
        const { server, aliceLaptop, bobPhone } = world;
        server.lie({ kind: 'hide-device', device: LAPTOP });
        await lookAgain(world, bobPhone, ALICE);
        await say(bobPhone, ALICE, 'still there?', aliceLaptop);
        return 'the laptop gets its mail: only a signed list removes a device';
      },
    },
  ],
  unlink: [
    {
      lie: 'says to the laptop that it was unlinked',
      haveTalked: true,
      play: async ({ server, aliceLaptop, bobPhone }) => {
        const end = server.lie({ kind: 'unlink', device: LAPTOP });
        const { error } = await heard(aliceLaptop, 'disconnected');
        must(aliceLaptop.store.size() > 0, 'the laptop has erased itself');
        end();
        await aliceLaptop.client.connect();
        await say(bobPhone, ALICE, 'back?', aliceLaptop);
        return `${error?.code ?? 'disconnected'}, and nothing is erased: its phone has not signed that`;
      },
    },
  ],
  'claim-last-used': [
    {
      lie: 'claims that a seventh device of Alice’s was used just now',
      haveTalked: true,
      play: async ({ server, alicePhone }) => {
        const device = 'alice:7@example.org';
        server.lie({ kind: 'claim-last-used', device, lastUsed: Date.now() });
        const rows = await alicePhone.client.linkedDevices();
        const status = rows.find(({ address }) => address === device)?.status.kind;
        must(status === 'flagged', `her phone shows it as ${String(status)}`);
        return 'her phone shows it as flagged: it has signed no such device';
      },
    },
  ],
};
