/** Lies about messages: who sent them, when, how often. */
import type { MailLie } from 'polyratchet/memory';
import { ALICE, BOB, LAPTOP, mailTaken, must, say, shown, times, type Trial } from './world.js';

/** How each is seen through, or how little comes of it. */
export const ABOUT_MAIL: Readonly<Record<MailLie['kind'], readonly Trial[]>> = {
  drop: [
    {
      lie: 'loses a message',
      haveTalked: true,
      play: async ({ server, alicePhone, aliceLaptop, bobPhone }) => {
        const end = server.lie({ kind: 'drop', to: [BOB] });
        await say(alicePhone, BOB, 'one', aliceLaptop);
        end();
        await say(alicePhone, BOB, 'two', bobPhone);
        return 'silence proves nothing; but the next one is read';
      },
    },
  ],
  duplicate: [
    {
      lie: 'delivers everything twice',
      haveTalked: true,
      play: async (world) => {
        const { server, alicePhone, bobPhone } = world;
        server.lie({ kind: 'duplicate' });
        await say(alicePhone, BOB, 'once', bobPhone);
        await mailTaken(world, bobPhone);
        must(times('once', bobPhone) === 1, 'it is shown twice');
        return 'shown once';
      },
    },
  ],
  delay: [
    {
      lie: 'keeps a message, and delivers it later',
      haveTalked: true,
      play: async ({ server, alicePhone, aliceLaptop, bobPhone }) => {
        const end = server.lie({ kind: 'delay', to: [BOB] });
        await say(alicePhone, BOB, 'one', aliceLaptop);
        end();
        await shown('one', bobPhone);
        return 'read when it comes';
      },
    },
  ],
  reorder: [
    {
      lie: 'delivers the last of three first',
      haveTalked: true,
      play: async ({ server, alicePhone, aliceLaptop, bobPhone }) => {
        server.lie({ kind: 'reorder', count: 3, to: [BOB] });
        for (const line of ['one', 'two', 'three']) await say(alicePhone, BOB, line, aliceLaptop);
        await shown('one', bobPhone);
        return `all are read, in the order ${order(bobPhone.screen.slice(-3))}`;
      },
    },
  ],
  impersonate: [
    {
      lie: 'shows a message of Alice’s phone as one of her laptop',
      haveTalked: true,
      play: async (world) => {
        const { server, alicePhone, aliceLaptop, bobPhone } = world;
        server.lie({ kind: 'impersonate', from: [ALICE], to: [BOB], as: LAPTOP });
        await say(alicePhone, BOB, 'it is me', aliceLaptop);
        await mailTaken(world, bobPhone);
        must(!bobPhone.screen.some(({ from }) => from === LAPTOP), 'Bob sees it as the laptop’s');
        return 'unreadable in another session: shown as nobody’s';
      },
    },
  ],
  misdeliver: [
    {
      lie: 'puts a message for Bob into the laptop’s mailbox',
      haveTalked: true,
      play: async (world) => {
        const { server, alicePhone, aliceLaptop } = world;
        server.lie({ kind: 'misdeliver', to: [BOB], into: LAPTOP });
        await say(alicePhone, BOB, 'for Bob', aliceLaptop);
        await mailTaken(world, aliceLaptop);
        must(times('for Bob', aliceLaptop) === 1, 'the laptop shows it twice');
        return 'the laptop cannot read it, and shows its own copy alone';
      },
    },
  ],
  replay: [
    {
      lie: 'delivers all of yesterday’s mail again',
      haveTalked: true,
      play: async (world) => {
        const { server, alicePhone, bobPhone } = world;
        const before = bobPhone.screen.length;
        server.lie({ kind: 'replay', to: [BOB] });
        await mailTaken(world, bobPhone);
        must(bobPhone.screen.length === before, 'Bob sees old messages again');
        await say(alicePhone, BOB, 'good morning', bobPhone);
        return 'nothing is shown again';
      },
    },
  ],
  inject: [
    {
      lie: 'makes a message up',
      haveTalked: true,
      play: async (world) => {
        const { server, bobPhone } = world;
        const before = bobPhone.screen.length;
        const bytes = new Uint8Array(120).fill(0x33);
        const envelope = {
          id: 'made-up',
          from: ALICE,
          to: BOB,
          type: 'message',
          bytes,
          at: Date.now(),
        } as const;
        server.lie({ kind: 'inject', envelope });
        await mailTaken(world, bobPhone);
        must(bobPhone.screen.length === before, 'Bob sees it');
        const [refused] = bobPhone.heard('refused');
        return refused === undefined ? 'not shown' : `refused: ${refused.error.code}`;
      },
    },
    {
      lie: 'delivers a message with one bit flipped, and then the true one',
      haveTalked: true,
      play: async (world) => {
        const { server, wire, alicePhone, aliceLaptop, bobPhone } = world;
        const end = server.lie({ kind: 'delay', to: [BOB] });
        await say(alicePhone, BOB, 'Trust nobody in between.', aliceLaptop);
        const envelope = wire.seen().findLast(({ to }) => to === BOB);
        if (envelope === undefined) throw new Error('it was sent');
        const bytes = envelope.bytes.map((byte, i) => (i === envelope.bytes.length - 20 ? byte ^ 1 : byte));
        server.lie({ kind: 'inject', envelope: { ...envelope, bytes } });
        await mailTaken(world, bobPhone);
        must(times('Trust nobody in between.', bobPhone) === 0, 'Bob sees the damaged one');
        end();
        await shown('Trust nobody in between.', bobPhone);
        await mailTaken(world, bobPhone);
        must(times('Trust nobody in between.', bobPhone) === 1, 'Bob sees it twice');
        return 'the damaged one changes nothing, and the true one is still read';
      },
    },
  ],
  'answer-send': [
    {
      lie: 'answers each send with devices that were forgotten, and with stale ones',
      haveTalked: true,
      play: async (world) => {
        const { server, alicePhone, bobPhone } = world;
        const answer = { missing: ['bob:5@example.org'], stale: [BOB], extra: [LAPTOP] };
        server.lie({ kind: 'answer-send', answer, to: [ALICE] });
        await say(alicePhone, BOB, 'once', bobPhone);
        await mailTaken(world, bobPhone);
        must(times('once', bobPhone) === 1, 'it is shown twice');
        must(server.intercepted().length === 0, 'something was sent to nobody');
        return 'the list is asked for, and says no; the message is shown once';
      },
    },
  ],
};

function order(messages: readonly { readonly body: Uint8Array }[]): string {
  return messages.map(({ body }) => new TextDecoder().decode(body)).join(', ');
}
