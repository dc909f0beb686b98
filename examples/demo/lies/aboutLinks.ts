/** Lies about time and links. */
import { PolyratchetError, type Address } from 'polyratchet';
import type { OtherLie } from 'polyratchet/memory';
import type { Device } from '../device.js';
import { ALICE, BOB, consent, LAPTOP, must, say, type Trial, type World } from './world.js';

const LINKED = 'linked';

const DAY_MS = 24 * 60 * 60 * 1000;

/** How each is seen through. */
export const ABOUT_LINKS: Readonly<Record<OtherLie['kind'], readonly Trial[]>> = {
  'wrong-time': [
    {
      lie: 'says that it is the day before yesterday',
      haveTalked: false,
      play: async ({ server, alicePhone }) => {
        server.lie({ kind: 'wrong-time', ahead: -2 * DAY_MS });
        const code = await codeOf(alicePhone.client.unlink(LAPTOP));
        must(code === 'list-from-future', `her phone says ${code}`);
        return `${code}: no list is signed that others would refuse`;
      },
    },
  ],
  'swap-approvals': [
    {
      lie: 'gives each of two new devices the other’s approval',
      haveTalked: false,
      play: async (world) => {
        const links = [await offer(world, 'tablet'), await offer(world, 'desktop')] as const;
        const [one, other] = links;
        world.server.lie({ kind: 'swap-approvals', refs: [one.ref, other.ref] });
        for (const { approve } of links) approve();
        const code = await Promise.race(links.map(({ linked }) => codeOf(linked)));
        const devices = await world.alicePhone.client.linkedDevices();
        const verified = devices.filter(({ status }) => status.kind === 'verified');
        must(code !== LINKED && verified.length === 1, 'one of them is linked');
        return `${code}: neither is linked`;
      },
    },
  ],
  'wrong-address': [
    {
      lie: 'gives a new device another number than its own',
      haveTalked: true,
      play: async (world) => {
        const { server, bobPhone } = world;
        const { device, ref, approve, linked } = await offer(world, 'tablet');
        server.lie({ kind: 'wrong-address', ref, address: 'alice:9@example.org' });
        approve();
        await device.join(linked);
        await say(device, BOB, 'who am I?', bobPhone);
        const { devices } = await bobPhone.client.devicesOf(ALICE);
        must(devices.length === 3, 'Bob’s phone does not know the tablet');
        return 'numbers are the server’s to give: what counts is the signed key';
      },
    },
  ],
};

interface Offer {
  readonly device: Device;
  readonly ref: string;
  readonly approve: () => void;
  readonly linked: Promise<Address>;
}

/** A device that shows a QR code, and the phone that approves it. */
async function offer({ alicePhone, buy }: World, name: string): Promise<Offer> {
  const device = buy(name);
  const { qr, linked } = await device.client.offerLink({ clientType: 'chrome', name, platform: 'Linux' });
  const [ref = ''] = qr.split(',');
  const approve = (): void => {
    // Nobody answers it: it ends with the world.
    alicePhone.client.approveLink({ qr, userConfirmed: consent() }).catch(() => undefined);
  };
  return { device, ref, approve, linked };
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return LINKED;
  } catch (error) {
    if (PolyratchetError.is(error)) return error.code;
    throw error;
  }
}
