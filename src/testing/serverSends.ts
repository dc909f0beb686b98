/**
 * A send counts once, and its answer says which devices the sender misses.
 *
 * @module
 */
import { participantHash } from '../fanout/index.js';
import { expectSame } from './conformance.js';
import { arriveBoth, arriveLinked, envelopeTo, marksOf, take, type ServerTrial } from './serverSteps.js';

/** Trials of sends. */
export const sendTrials: readonly ServerTrial[] = [
  {
    name: 'delivers a send of the same id once, also on another connection and at the same time',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const again = subject.access.connect(subject.alice);
      await alice.send([envelopeTo(subject.bob, 1)], { id: 'a' });
      await alice.send([envelopeTo(subject.bob, 1)], { id: 'a' });
      await Promise.all(
        [again, alice, again].map((server) => server.send([envelopeTo(subject.bob, 1)], { id: 'a' })),
      );
      await Promise.all(
        [again, alice].map((server) => server.send([envelopeTo(subject.bob, 2)], { id: 'b' })),
      );
      await alice.send([envelopeTo(subject.bob, 3)], { id: 'c' });
      expectSame('what came', marksOf(await take(subject, bob, 3)), [1, 2, 3]);
    },
  },
  {
    name: 'counts the ids of each device for itself',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const { server } = await arriveLinked(subject, alice, 21);
      await alice.send([envelopeTo(subject.bob, 1)], { id: 'a' });
      await server.send([envelopeTo(subject.bob, 2)], { id: 'a' });
      expectSame('what came', marksOf(await take(subject, bob, 2)), [1, 2]);
    },
  },
  {
    name: 'delivers to the devices that it knows, and names the others as extra',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const unknown = 'nobody@example.org';
      const answer = await alice.send([envelopeTo(unknown, 1), envelopeTo(subject.bob, 2)], { id: 'a' });
      expectSame('the extra ones', answer.extra, [unknown]);
      expectSame('what came', marksOf(await take(subject, bob, 1)), [2]);
      expectSame(
        'an answer without any',
        (await alice.send([envelopeTo(subject.bob, 3)], { id: 'b' })).extra ?? [],
        [],
      );
    },
  },
  {
    name: 'names no missing device where the participant hash is that of the devices that it knows',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const { address } = await arriveLinked(subject, alice, 21);
      const envelopes = [envelopeTo(subject.bob, 1), envelopeTo(address, 1)];
      const hash = participantHash([subject.bob, address]);
      const answer = await alice.send(envelopes, { id: 'a', participantHash: hash });
      expectSame('the missing ones', answer.missing ?? [], []);
      expectSame('the hash', answer.participantHash ?? hash, hash);
    },
  },
  {
    name: 'names the missing devices where the participant hash is another, and its own hash',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const { address } = await arriveLinked(subject, alice, 21);
      const stated = participantHash([subject.bob]);
      const answer = await alice.send([envelopeTo(subject.bob, 1)], { id: 'a', participantHash: stated });
      expectSame('the missing ones', answer.missing, [address]);
      expectSame('the hash', answer.participantHash, participantHash([subject.bob, address]));
    },
  },
  {
    name: 'names no missing device where there is no participant hash',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      await arriveLinked(subject, alice, 21);
      const answer = await alice.send([envelopeTo(subject.bob, 1)], { id: 'a' });
      expectSame('the answer', [answer.missing ?? [], answer.participantHash], [[], undefined]);
    },
  },
  {
    name: 'answers a send that comes again as it was answered the first time',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const stated = participantHash([subject.bob]);
      const send = async () => alice.send([envelopeTo(subject.bob, 1)], { id: 'a', participantHash: stated });
      expectSame('the missing ones', (await send()).missing ?? [], []);
      await arriveLinked(subject, alice, 21);
      const again = await send();
      expectSame('the missing ones of the same send', again.missing ?? [], []);
      const other = await alice.send([], { id: 'b', participantHash: stated });
      expectSame('those of another send', (other.missing ?? []).length, 1);
    },
  },
];
