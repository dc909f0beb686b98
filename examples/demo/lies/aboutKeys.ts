/** Lies about the keys from which sessions are started. */
import { PolyratchetError } from 'polyratchet/errors';
import type { BundleLie } from 'polyratchet/memory';
import { ALICE, BOB, must, say, type Trial, type World } from './world.js';

/** How each is seen through. */
export const ABOUT_KEYS: Readonly<Record<BundleLie['kind'], readonly Trial[]>> = {
  'swap-bundle': [
    {
      lie: 'gives its own keys for those of Bob’s phone',
      haveTalked: false,
      play: async (world) => {
        world.server.lie({ kind: 'swap-bundle', device: BOB, to: [ALICE] });
        return refusedKeys(world);
      },
    },
  ],
  'swap-prekey': [
    {
      lie: 'puts a signed prekey of its own into Bob’s keys',
      haveTalked: false,
      play: async (world) => {
        world.server.lie({ kind: 'swap-prekey', device: BOB, which: 'signed', to: [ALICE] });
        return refusedKeys(world);
      },
    },
    {
      lie: 'puts a one-time prekey of its own there, which nobody signs',
      haveTalked: false,
      play: async ({ server, alicePhone, bobPhone }) => {
        server.lie({ kind: 'swap-prekey', device: BOB, which: 'one-time', to: [ALICE] });
        await say(alicePhone, BOB, 'hello', bobPhone);
        return 'unreadable for it and for Bob, who asks again, and reads it';
      },
    },
  ],
  'repeat-bundle': [
    {
      lie: 'gives a one-time prekey to two devices',
      haveTalked: false,
      play: async ({ server, alicePhone, aliceLaptop, bobPhone }) => {
        server.lie({ kind: 'repeat-bundle', device: BOB });
        await say(alicePhone, BOB, 'one', bobPhone);
        await say(aliceLaptop, BOB, 'two', bobPhone);
        return 'used once: the second device is asked again, and Bob reads both';
      },
    },
  ],
  'withhold-prekeys': [
    {
      lie: 'keeps the one-time prekeys to itself',
      haveTalked: false,
      play: async ({ server, alicePhone, bobPhone }) => {
        server.lie({ kind: 'withhold-prekeys', device: BOB });
        await say(alicePhone, BOB, 'hello', bobPhone);
        return 'the session starts with the signed one, until Bob answers';
      },
    },
  ],
  'miscount-prekeys': [
    {
      lie: 'says that Bob has no one-time prekeys left',
      haveTalked: false,
      play: async ({ server, bobPhone }) => {
        server.lie({ kind: 'miscount-prekeys', device: BOB, count: 0 });
        const before = server.oneTimePreKeys(BOB);
        await bobPhone.client.disconnect();
        await bobPhone.client.connect();
        const made = server.oneTimePreKeys(BOB) - before;
        must(made <= 100, `his phone makes ${made}`);
        return `his phone makes ${made} more, and says so: prekeys-depleted`;
      },
    },
  ],
};

/** Alice’s phone starts no session with keys that are not Bob’s. */
async function refusedKeys({ server, alicePhone }: World): Promise<string> {
  const sending = alicePhone.client.send({ to: BOB, body: new TextEncoder().encode('a secret') });
  const error: unknown = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  must(PolyratchetError.is(error), 'Alice’s phone has encrypted for them');
  must(server.intercepted().length === 0, 'something was sent to it');
  return PolyratchetError.is(error) ? `${error.code}: nothing is encrypted for them` : '';
}
