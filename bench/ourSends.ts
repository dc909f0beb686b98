/** Whole sends, and the encrypt batch within them: made ready to be timed in turns. */
import { deviceAddress, systemRandom as random, type Address } from 'polyratchet';
import { encodeContent, wrapDeviceSent } from 'polyratchet/content';
import {
  composeMessage,
  encryptFanout,
  planFanout,
  sealEnvelopes,
  type FanoutPlan,
} from 'polyratchet/fanout';
import type { Session } from 'polyratchet/session';
import { accountOf, sessionWith } from './ourAccounts.js';
import type { Send } from './subject.js';

const NOW = 1_000_000;
const COMPANIONS = 4;
const GROUP = 'group@bench';
const MESSAGE_ID = '3EB0C431C26A1916E07A';
const format = { form: 'payload' } as const;
const body = new Uint8Array(100).fill(65);

/** Sends from an account of five devices to so many accounts of five; several are a group. */
export function sendTo(accounts: number): Send {
  const alice = accountOf('alice@bench', COMPANIONS, NOW);
  const bob = accountOf('bob@bench', COMPANIONS, NOW);
  const recipients = Array.from({ length: accounts }, (_, i) => ({
    ...bob.record,
    account: `bob${i}@bench`,
  }));
  const [identity, ...companions] = alice.identities;
  const sessions = new Map<Address, Session>();
  const toBob = bob.identities.map((peer) => sessionWith(identity, peer, NOW).ours);
  for (const { account } of recipients) {
    for (const [i, session] of toBob.entries()) sessions.set(deviceAddress(account, i), session);
  }
  for (const [i, peer] of companions.entries()) {
    sessions.set(deviceAddress('alice@bench', 1 + i), sessionWith(identity, peer, NOW).ours);
  }

  const group = accounts > 1 ? { group: GROUP } : {};
  const own = { record: alice.record, device: 0 };
  const sender = { identity, registrationId: 1, random, now: NOW };
  const planned = (previous?: FanoutPlan): FanoutPlan => {
    const before = previous === undefined ? {} : { previous };
    return planFanout({ own, recipients, ...group, sessions, ...before, now: NOW });
  };
  let plan = planned();
  if (plan.bundles.length > 0) throw new Error('every device must have a session');
  const { chat, metadata, participantHash } = plan;
  const content = { messageId: MESSAGE_ID, chat, body, deviceListMetadata: metadata };
  const message = encodeContent({ format, content });
  const copy = wrapDeviceSent({ plaintext: message, participantHash });
  const targets = [
    ...plan.recipients.map(({ device }) => ({ device, plaintext: message })),
    ...plan.ownDevices.map(({ device }) => ({ device, plaintext: copy })),
  ];
  return {
    devices: targets.length,
    batch() {
      const devices = targets.map(({ device, plaintext }) => {
        return { device, plaintext, session: found(sessions.get(device)) };
      });
      for (const outcome of encryptFanout({ ...sender, devices })) {
        if (outcome.kind !== 'encrypted') throw new Error(`${outcome.device}: ${outcome.kind}`);
        sessions.set(outcome.device, outcome.session);
      }
    },
    whole() {
      plan = planned(plan);
      const outgoing = composeMessage({ plan, messageId: MESSAGE_ID, format, content: { body } });
      const sealed = sealEnvelopes({ plan, message: outgoing, ...sender, sessions });
      if (sealed.envelopes.length !== targets.length) throw new Error('every device must get its envelope');
      for (const [device, session] of sealed.sessions) sessions.set(device, session);
    },
    plan() {
      if (planned(plan) !== plan) throw new Error('nothing has changed');
    },
  };
}

function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('no session');
  return value;
}
