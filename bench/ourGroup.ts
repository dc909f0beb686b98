/** A group of ours with all its devices, at the level of the pure rules: whom the key is for, and a message under it. */
import { deviceAddress, systemRandom as random, type Address } from 'polyratchet';
import { decodeContent, type ContentFormat } from 'polyratchet/content';
import {
  composeMessage,
  decryptFrom,
  planFanout,
  sealEnvelopes,
  type FanoutPlan,
  type OutgoingContent,
  type PairwiseEnvelope,
} from 'polyratchet/fanout';
import {
  acceptGroupKey,
  addKeyHolders,
  createGroup,
  createKeyHolders,
  encryptGroupMessage,
  groupExtensions,
  MAX_SENDER_KEY_MESSAGES,
  openGroupMessage,
  planDistribution,
  type DistributionPlan,
  type GroupExtensions,
  type GroupKey,
} from 'polyratchet/group';
import { createSenderKey, senderKeyDistribution, type ReceivedSenderKey } from 'polyratchet/senderkey';
import type { Session } from 'polyratchet/session';
import { accountOf, sessionWith } from './ourAccounts.js';
import type { GroupSender } from './subject.js';

const NOW = 1_000_000;
const GROUP = 'group@bench';
const ALICE = 'alice@bench';
const MESSAGE_ID = '3EB0C431C26A1916E07A';
const format: ContentFormat<GroupExtensions> = { form: 'payload', extensions: groupExtensions };

/** Our key, and what was planned for it. */
interface Sending {
  readonly key: GroupKey;
  readonly distribution: DistributionPlan<FanoutPlan>;
}

/** A phone in a group of so many people with so many devices each; there are sessions with all of them. */
export function createGroupSender(people: number, devicesEach: number): GroupSender<Uint8Array> {
  const alice = accountOf(ALICE, devicesEach - 1, NOW);
  const bob = accountOf('bob@bench', devicesEach - 1, NOW);
  const recipients = Array.from({ length: people - 1 }, (_, i) => ({
    ...bob.record,
    account: `bob${i}@bench`,
  }));
  const [identity, ...companions] = alice.identities;
  const [reader] = bob.identities;
  const toBob = bob.identities.map((peer) => sessionWith(identity, peer, NOW));
  const sessions = new Map<Address, Session>();
  for (const { account } of recipients) {
    for (const [i, { ours }] of toBob.entries()) sessions.set(deviceAddress(account, i), ours);
  }
  for (const [i, peer] of companions.entries()) {
    sessions.set(deviceAddress(ALICE, 1 + i), sessionWith(identity, peer, NOW).ours);
  }
  let { theirs: fromAlice } = found(toBob[0]);
  let received: ReceivedSenderKey | undefined;

  const { record } = createGroup({
    id: GROUP,
    creator: ALICE,
    members: recipients.map(({ account }) => account),
  });
  const own = { record: alice.record, device: 0 };
  let plan = planFanout({ own, recipients, group: GROUP, sessions, now: NOW });
  let unused = createSenderKey({ random });
  let sending: Sending | undefined;

  /** Seals what carries the key for those who lack it; the sessions are written. */
  const seal = (to: FanoutPlan, content: OutgoingContent): readonly PairwiseEnvelope[] => {
    const message = composeMessage({ plan: to, messageId: MESSAGE_ID, format, content });
    const sealed = sealEnvelopes({
      plan: to,
      message,
      identity,
      registrationId: 1,
      sessions,
      random,
      now: NOW,
    });
    for (const [device, session] of sealed.sessions) sessions.set(device, session);
    return sealed.envelopes;
  };
  const encrypt = ({ key, distribution }: Sending, body: Uint8Array): Uint8Array => {
    const { metadata } = plan;
    const about = { record, distribution, messageId: MESSAGE_ID, format, metadata, random };
    const encrypted = encryptGroupMessage({ ...about, key, content: { body } });
    sending = { key: encrypted.key, distribution };
    return encrypted.message;
  };

  return {
    distribute(body) {
      plan = planFanout({ own, recipients, group: GROUP, sessions, previous: plan, now: NOW });
      const senderKey = createSenderKey({ random });
      unused = senderKey;
      const holders = createKeyHolders({ group: GROUP, senderKey, now: NOW });
      const distribution = planDistribution({ record, plan, key: { senderKey, holders }, now: NOW });
      if (distribution.kind !== 'distribute') throw new Error('the key must be given to somebody');
      const message = senderKeyDistribution({ senderKey });
      const envelopes = seal(distribution.plan, {
        senderKeyDistribution: { groupId: GROUP, message },
      });
      if (envelopes.length !== people * devicesEach - 1) throw new Error('every device must get the key');
      const { to } = distribution;
      const sealed = envelopes.map(({ to: device }) => device);
      const key = { senderKey, holders: addKeyHolders({ holders, to, sealed }) };
      return { key: found(envelopes[0]), message: encrypt({ key, distribution }, body) };
    },
    send(body) {
      const { key: used, distribution: previous } = found(sending);
      const isWorn = used.senderKey.iteration >= MAX_SENDER_KEY_MESSAGES;
      const key = isWorn ? { ...used, senderKey: unused } : used; // here a key may begin again
      plan = planFanout({ own, recipients, group: GROUP, sessions, previous: plan, now: NOW });
      const distribution = planDistribution({ record, plan, key, previous, now: NOW });
      if (distribution.kind !== 'current') throw new Error('everybody must have the key');
      return encrypt({ key, distribution }, body);
    },
    accept(message) {
      const opened = decryptFrom({ device: ALICE, identity: reader, session: fromAlice, message, random });
      fromAlice = opened.session;
      const content = decodeContent({ format, plaintext: opened.plaintext });
      const distribution = found(content.senderKeyDistribution);
      const accepted = acceptGroupKey({ record, distribution, sender: ALICE });
      if (accepted.kind === 'refused') throw new Error('the key must be accepted');
      received = accepted.received;
    },
    /** Always with the key as it came, so that ours may begin again. */
    read(bytes) {
      const opened = openGroupMessage({
        envelope: { id: MESSAGE_ID, from: ALICE, bytes },
        record,
        sender: alice.record,
        own: ['bob0@bench'],
        received: found(received),
        format,
        now: NOW,
      });
      if (opened.kind !== 'delivered') throw new Error(`the message is ${opened.kind}`);
      return found(opened.content.body);
    },
  };
}

function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('something is missing');
  return value;
}
