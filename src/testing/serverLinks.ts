/**
 * A server carries the steps of a link between the two ends, each once and in order.
 *
 * @module
 */
import type { LinkExchange } from '../client/index.js';
import { accountOf } from '../core/address.js';
import { expectRefusal, expectSame, expectThat } from './conformance.js';
import { arriveBoth, filled, LABELS, link, type ServerTrial } from './serverSteps.js';

/** Trials of links. */
export const linkTrials: readonly ServerTrial[] = [
  {
    name: 'carries a link by QR code: labels, approval with an address, signatures',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const companion = subject.access.connectUnlinked();
      const ref = await companion.offerLink(LABELS);
      const offered = await alice.fetchLink(ref);
      expectSame(
        'the labels',
        [offered.ref, offered.clientType, offered.name, offered.platform],
        [ref, LABELS.clientType, LABELS.name, LABELS.platform],
      );
      expectSame('the approval before there is one', offered.approval === undefined, true);
      const address = await alice.approveLink({ ref, container: filled(200, 1) });
      expectSame('the account of the address', accountOf(address), subject.alice);
      const { approval } = await companion.fetchLink(ref);
      expectSame('the address that the companion finds', approval?.address, address);
      expectSame('the container', approval?.container, filled(200, 1));
      await companion.completeLink({ ref, signedIdentity: filled(170, 2) });
      expectSame('the signatures', (await alice.fetchLink(ref)).signedIdentity, filled(170, 2));
    },
  },
  {
    name: 'gives each address once, also where a link has not ended or its device is gone',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const companion = subject.access.connectUnlinked();
      const addresses = [(await link(companion, alice, 1)).address];
      const removed = [Number(/:(\d+)@/.exec(addresses[0] ?? '')?.[1])];
      await alice.publishDeviceList({ signedList: filled(90, 1), removed });
      const unended = await companion.offerLink(LABELS);
      addresses.push(await alice.approveLink({ ref: unended, container: filled(200, 1) }));
      addresses.push((await link(companion, alice, 2)).address);
      expectSame('how many addresses', new Set(addresses).size, 3);
      expectThat('an address: expected that of a companion', !addresses.includes(subject.alice));
    },
  },
  {
    name: 'carries a link by code through all its steps',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const companion = subject.access.connectUnlinked();
      const code = { account: subject.alice, wrappedEphemeral: filled(80, 1) };
      const ref = await companion.offerLink({ ...LABELS, code });
      const [offer] = await alice.fetchLinkOffers();
      expectSame('the offer', [offer?.ref, offer?.hello?.wrappedEphemeral], [ref, filled(80, 1)]);
      await alice.answerLink({ ref, wrappedEphemeral: filled(80, 2), primaryIdentity: filled(32, 3) });
      expectSame('the offers once it is answered', (await alice.fetchLinkOffers()).length, 0);
      await companion.finishLink({ ref, bundle: filled(156, 4), companionIdentity: filled(32, 5) });
      await alice.approveLink({ ref, container: filled(200, 6) });
      await companion.completeLink({ ref, signedIdentity: filled(170, 7) });
      for (const exchange of [await alice.fetchLink(ref), await companion.fetchLink(ref)]) {
        expectSame('the whole exchange', stepsOf(exchange), [
          filled(80, 1),
          filled(80, 2),
          filled(32, 3),
          filled(156, 4),
          filled(32, 5),
          filled(200, 6),
          filled(170, 7),
        ]);
      }
    },
  },
  {
    name: 'shows an offer by code to the account that it names, and to no other',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const companion = subject.access.connectUnlinked();
      const code = { account: subject.alice, wrappedEphemeral: filled(80, 1) };
      const refs = [
        await companion.offerLink({ ...LABELS, code }),
        await companion.offerLink({ ...LABELS, code }),
      ];
      await companion.offerLink(LABELS);
      const offers = (await alice.fetchLinkOffers()).map(({ ref }) => ref);
      expectSame('the offers, the oldest first', offers, refs);
      expectSame('the offers to the other account', (await bob.fetchLinkOffers()).length, 0);
    },
  },
  {
    name: 'takes each step of a link once, in its order, and from the right end',
    run: async (subject) => {
      const { alice, bob } = await arriveBoth(subject);
      const companion = subject.access.connectUnlinked();
      const code = { account: subject.alice, wrappedEphemeral: filled(80, 1) };
      const ref = await companion.offerLink({ ...LABELS, code });
      const answer = { ref, wrappedEphemeral: filled(80, 2), primaryIdentity: filled(32, 3) };
      const finish = { ref, bundle: filled(156, 4), companionIdentity: filled(32, 5) };
      const container = filled(200, 6);
      await expectRefusal('an answer of another account', () => bob.answerLink(answer));
      await expectRefusal('the finish before the answer', () => companion.finishLink(finish));
      await alice.answerLink(answer);
      await expectRefusal('a second answer', () => alice.answerLink(answer));
      await expectRefusal('the approval before the finish', () => alice.approveLink({ ref, container }));
      await companion.finishLink(finish);
      await expectRefusal('a second finish', () => companion.finishLink(finish));
      const reply = { ref, signedIdentity: filled(170, 7) };
      await expectRefusal('the signatures before the approval', () => companion.completeLink(reply));
      await expectRefusal('the approval of another account', () => bob.approveLink({ ref, container }));
      await alice.approveLink({ ref, container });
      await expectRefusal('a second approval', () => alice.approveLink({ ref, container }));
      await companion.completeLink(reply);
      await expectRefusal('second signatures', () => companion.completeLink(reply));
    },
  },
  {
    name: 'takes approvals from the primary alone, and knows no link that nobody began',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const companion = subject.access.connectUnlinked();
      const { address } = await link(companion, alice, 1);
      const ref = await companion.offerLink(LABELS);
      const linked = subject.access.connect(address);
      await expectRefusal('an approval by a companion', () =>
        linked.approveLink({ ref, container: filled(200, 1) }),
      );
      await expectRefusal('a link that nobody began', () => alice.fetchLink(`${ref}x`));
    },
  },
  {
    name: 'ends a connection without an address when it is closed, and not its link',
    run: async (subject) => {
      const { alice } = await arriveBoth(subject);
      const companion = subject.access.connectUnlinked();
      const ref = await companion.offerLink(LABELS);
      companion.close();
      await expectRefusal('an offer on a closed connection', () => companion.offerLink(LABELS));
      await alice.approveLink({ ref, container: filled(200, 1) });
      const { approval } = await subject.access.connectUnlinked().fetchLink(ref);
      expectSame('the container', approval?.container, filled(200, 1));
    },
  },
];

function stepsOf({
  hello,
  answer,
  finish,
  approval,
  signedIdentity,
}: LinkExchange): readonly (Uint8Array | undefined)[] {
  return [
    hello?.wrappedEphemeral,
    answer?.wrappedEphemeral,
    answer?.primaryIdentity,
    finish?.bundle,
    finish?.companionIdentity,
    approval?.container,
    signedIdentity,
  ];
}
