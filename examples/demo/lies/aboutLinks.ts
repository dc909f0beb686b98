/** Lies about time and links. */
import { PolyratchetError } from 'polyratchet';
import type { OtherLie } from 'polyratchet/memory';
import { consent, LAPTOP, must, type Trial, type World } from './world.js';

const LINKED = 'linked';

const DAY_MS = 24 * 60 * 60 * 1000;

/** How each is seen through. */
export const ABOUT_LINKS: { readonly [Kind in OtherLie['kind']]: readonly Trial[] } = {
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
      lie: 'gives a new device the address of Bob’s account',
      haveTalked: false,
      play: async (world) => {
        const { ref, approve, linked } = await offer(world, 'tablet');
        world.server.lie({ kind: 'wrong-address', ref, address: 'bob:1@example.org' });
        approve();
        const code = await codeOf(linked);
        return code;
      },
    },
  ],
};

/** A device that shows a QR code, and the phone that approves it. */
async function offer(
  { alicePhone, buy }: World,
  name: string,
): Promise<{ ref: string; approve: () => void; linked: Promise<unknown> }> {
  const { client } = buy(name);
  const { qr, linked } = await client.offerLink({ clientType: 'chrome', name, platform: 'Linux' });
  const [ref = ''] = qr.split(',');
  const approve = (): void => {
    // Nobody answers it: it ends with the world.
    alicePhone.client.approveLink({ qr, userConfirmed: consent() }).catch(() => undefined);
  };
  return { ref, approve, linked };
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
