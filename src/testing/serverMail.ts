/**
 * A mailbox keeps envelopes as they are, in order, until its device acknowledges them.
 *
 * @module
 */
import type { EnvelopeType } from '../fanout/index.js';
import { expectRefusal, expectSame, expectThat } from './conformance.js';
import {
  arriveBoth,
  arriveLinked,
  envelopeTo,
  filled,
  keysOf,
  marksOf,
  take,
  within,
  type ServerTrial,
} from './serverSteps.js';

const TYPES: readonly EnvelopeType[] = ['prekey', 'message', 'senderkey', 'retry'];

/** Trials of mailboxes. */
export const mailTrials: readonly ServerTrial[] = [
  {
    name: 'delivers envelopes of every type as they are, in the order in which they were sent',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const sent = TYPES.map((type, i) => envelopeTo(subject.bob, i, { type }));
      const deviceIdentity = filled(170, 9);
      await alice.send(sent, { id: 'a' });
      await alice.send([envelopeTo(subject.bob, 9, { type: 'prekey', deviceIdentity })], { id: 'b' });
      const received = (await take(subject, bob, 5)).map(({ envelope }) => envelope);
      expectSame(
        'the bytes',
        received.map(({ bytes }) => bytes),
        [0, 1, 2, 3, 9].map((mark) => filled(40, mark)),
      );
      expectSame(
        'the types',
        received.map(({ type }) => type),
        [...TYPES, 'prekey'],
      );
      const ids = [0, 1, 2, 3, 9].map((mark) => `message ${mark}`);
      expectSame(
        'the ids of the messages',
        received.map(({ id }) => id),
        ids,
      );
      expectSame('the device identity', received[4]?.deviceIdentity, deviceIdentity);
      expectSame('a device identity that nobody has sent', received[0]?.deviceIdentity, undefined);
    },
  },
  {
    name: 'says itself who has sent an envelope and when, whatever the envelope says',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const start = await alice.fetchTime();
      await alice.send([envelopeTo(subject.bob, 1, { from: 'mallory@example.org', at: 1 })], { id: 'a' });
      const [delivery] = await take(subject, bob, 1);
      expectSame('the sender', delivery?.envelope.from, subject.alice);
      expectSame('the receiver', delivery?.envelope.to, subject.bob);
      const at = delivery?.envelope.at ?? 0;
      expectThat(`the time: expected at least ${start}, got ${at}`, at >= start);
    },
  },
  {
    name: 'wakes a reader that waits',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const reading = take(subject, bob, 2);
      await alice.send([envelopeTo(subject.bob, 1)], { id: 'a' });
      await bob.fetchTime();
      await alice.send([envelopeTo(subject.bob, 2)], { id: 'b' });
      expectSame('what came', marksOf(await reading), [1, 2]);
    },
  },
  {
    name: 'forgets what was acknowledged, and gives the rest again to the next connection, in order',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const sent = [1, 2, 3, 4].map((mark) => envelopeTo(subject.bob, mark));
      await alice.send(sent, { id: 'a' });
      const received = await take(subject, bob, 4);
      expectSame('how many ids', new Set(received.map(({ id }) => id)).size, 4);
      await bob.acknowledge([received[0]?.id ?? '', received[2]?.id ?? '']);
      bob.close();
      const again = subject.access.connect(subject.bob);
      await alice.send([envelopeTo(subject.bob, 5)], { id: 'b' });
      const rest = await take(subject, again, 3);
      expectSame('what is left', marksOf(rest), [2, 4, 5]);
      expectSame('their ids', [rest[0]?.id, rest[1]?.id], [received[1]?.id, received[3]?.id]);
      await again.acknowledge([...rest.map(({ id }) => id), 'unknown']);
      await alice.send([envelopeTo(subject.bob, 6)], { id: 'c' });
      expectSame(
        'what comes then',
        marksOf(await take(subject, subject.access.connect(subject.bob), 1)),
        [6],
      );
    },
  },
  {
    name: 'keeps the mail of each device apart, and lets none acknowledge that of another',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const { address, server } = await arriveLinked(subject, alice, 21);
      await bob.send([envelopeTo(subject.alice, 1), envelopeTo(address, 2)], { id: 'a' });
      const [mine] = await take(subject, alice, 1);
      expectSame('what came', mine?.envelope.bytes, filled(40, 1));
      await server.acknowledge([mine?.id ?? '']);
      const again = await take(subject, subject.access.connect(subject.alice), 1);
      expectSame('what comes again', marksOf(again), [1]);
    },
  },
  {
    name: 'keeps mail for a device that is not connected',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      bob.close();
      await alice.send([envelopeTo(subject.bob, 1)], { id: 'a' });
      await alice.send([envelopeTo(subject.bob, 2)], { id: 'b' });
      const received = await take(subject, subject.access.connect(subject.bob), 2);
      expectSame('what came', marksOf(received), [1, 2]);
    },
  },
  {
    name: 'copies envelopes on the way in and on the way out',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const envelope = envelopeTo(subject.bob, 1);
      const sending = alice.send([envelope], { id: 'a' });
      envelope.bytes.fill(0);
      await sending;
      const [first] = await take(subject, bob, 1);
      expectSame('what came', first?.envelope.bytes, filled(40, 1));
      first?.envelope.bytes.fill(0);
      const [again] = await take(subject, subject.access.connect(subject.bob), 1);
      expectSame('what comes again', again?.envelope.bytes, filled(40, 1));
    },
  },
  {
    name: 'ends the readers of a connection that is closed',
    run: async (subject) => {
      const { bob } = await arriveBoth(subject);
      const next = bob.receive()[Symbol.asyncIterator]().next();
      const end = next.then(
        ({ done }) => done === true,
        () => true,
      );
      await bob.fetchTime();
      bob.close();
      expectThat('the reader: expected an end', await within(subject, 'the end of the reader', end));
    },
  },
  {
    name: 'refuses every call on a connection that is closed, and may be closed twice',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      alice.close();
      alice.close();
      await expectRefusal('the time', () => alice.fetchTime());
      await expectRefusal('keys', () => alice.publishPreKeys(keysOf(5), { id: 'late' }));
      await expectRefusal('a count', () => alice.countOneTimePreKeys());
      await expectRefusal('a list', () => alice.publishDeviceList({ signedList: filled(90, 1) }));
      await expectRefusal('a send', () => alice.send([envelopeTo(subject.bob, 1)], { id: 'a' }));
      await expectRefusal('an acknowledgement', () => alice.acknowledge([]));
      const again = subject.access.connect(subject.alice);
      await again.send([envelopeTo(subject.bob, 2)], { id: 'b' });
      expectSame('what was sent', marksOf(await take(subject, bob, 1)), [2]);
    },
  },
];
